//! One SQLite file under several processes, some of which are killed or have no room left.

#![allow(clippy::unwrap_used, reason = "a test fails loudly")]

mod sqlite {
    pub(crate) mod killed;
    pub(crate) mod no_room;
    pub(crate) mod process;
    pub(crate) mod together;
    pub(crate) mod work;
}
