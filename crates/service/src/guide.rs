//! Guides for hosts, by task. This module exists in the documentation only.

#[doc = include_str!("guide/json_api.md")]
pub mod json_api {}

#[doc = include_str!("guide/events.md")]
pub mod events {}

#[cfg(any(not(doctest), feature = "attachments"))]
#[doc = include_str!("guide/attachments.md")]
pub mod attachments {}

#[doc = include_str!("guide/auth.md")]
pub mod auth {}

#[cfg(any(not(doctest), feature = "conformance"))]
#[doc = include_str!("guide/own_store.md")]
pub mod own_store {}

#[cfg(any(not(doctest), all(feature = "mock", feature = "testing")))]
#[doc = include_str!("guide/testing.md")]
pub mod testing {}

#[doc = include_str!("guide/processes.md")]
pub mod processes {}

#[cfg(any(not(doctest), all(feature = "attachments", feature = "mongodb")))]
#[doc = include_str!("guide/scheduled_work.md")]
pub mod scheduled_work {}

#[cfg(any(not(doctest), feature = "testing"))]
#[doc = include_str!("guide/sla_recipes.md")]
pub mod sla_recipes {}

#[doc = include_str!("guide/error_codes.md")]
pub mod error_codes {}

#[cfg(any(not(doctest), feature = "mongodb"))]
#[doc = include_str!("guide/from_prisma.md")]
pub mod from_prisma {}
