//! Size of pages.

use ventanilla_domain::{Explain, Locale};

/// Largest number of rows of a page: 1 to 100, by default 20.
///
/// ```
/// use ventanilla_storage::PageSize;
///
/// assert_eq!(PageSize::default().get(), 20);
/// assert_eq!(PageSize::new(0).unwrap_err().value(), 0);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PageSize(u8);

impl PageSize {
    /// Number of rows of the largest page.
    pub const MAX: u32 = 100;

    pub(crate) const LARGEST: Self = Self(Self::MAX as u8);

    /// Creates the size of so many rows.
    ///
    /// # Errors
    ///
    /// [`InvalidPageSize`] if it is not between 1 and 100.
    pub fn new(rows: u32) -> Result<Self, InvalidPageSize> {
        match u8::try_from(rows) {
            Ok(size) if (1..=Self::MAX).contains(&rows) => Ok(Self(size)),
            _ => Err(InvalidPageSize { value: rows }),
        }
    }

    /// Returns the number of rows.
    #[must_use]
    pub const fn get(self) -> usize {
        self.0 as usize
    }
}

impl Default for PageSize {
    fn default() -> Self {
        Self(20)
    }
}

/// Number of rows that no page may have; its code is `invalid_page_size`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", self.explain(Locale::En))]
pub struct InvalidPageSize {
    value: u32,
}

impl InvalidPageSize {
    /// Returns the offending number.
    #[must_use]
    pub const fn value(&self) -> u32 {
        self.value
    }
}

impl Explain for InvalidPageSize {
    fn code(&self) -> &'static str {
        "invalid_page_size"
    }

    fn explain(&self, locale: Locale) -> String {
        let value = self.value;
        match locale {
            Locale::Es => format!("Una página tiene entre 1 y 100 filas, no {value}."),
            Locale::En => format!("A page has between 1 and 100 rows, not {value}."),
        }
    }
}
