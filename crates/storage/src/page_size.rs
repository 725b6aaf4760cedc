//! Size of pages.

use std::str::FromStr;

use ventanilla_domain::{Explain, Locale, excerpt};

/// Largest number of rows of a page: 1 to 100, by default 20. Its text form is the number.
///
/// ```
/// use ventanilla_storage::PageSize;
///
/// assert_eq!(PageSize::default().get(), 20);
/// assert_eq!("50".parse(), PageSize::new(50));
/// assert_eq!(PageSize::new(0).unwrap_err().value(), "0");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PageSize(u8);

impl PageSize {
    /// Number of rows of the largest page.
    pub const MAX: u32 = 100;

    /// The largest size.
    pub const LARGEST: Self = Self(Self::MAX as u8);

    /// Creates the size of so many rows.
    ///
    /// # Errors
    ///
    /// [`InvalidPageSize`] if it is not between 1 and 100.
    pub fn new(rows: u32) -> Result<Self, InvalidPageSize> {
        match u8::try_from(rows) {
            Ok(size) if (1..=Self::MAX).contains(&rows) => Ok(Self(size)),
            _ => Err(InvalidPageSize::new(&rows.to_string())),
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

impl FromStr for PageSize {
    type Err = InvalidPageSize;

    /// Reads the number of rows.
    fn from_str(rows: &str) -> Result<Self, InvalidPageSize> {
        let size = rows.parse().ok().and_then(|rows| Self::new(rows).ok());
        size.ok_or_else(|| InvalidPageSize::new(rows))
    }
}

/// Number of rows that no page may have, or text that is no number; its code is `invalid_page_size`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", self.explain(Locale::En))]
pub struct InvalidPageSize {
    value: Box<str>,
}

impl InvalidPageSize {
    fn new(value: &str) -> Self {
        Self { value: excerpt(value) }
    }

    /// Returns the start of the offending value: 64 characters, and `…` if it is longer.
    #[must_use]
    pub const fn value(&self) -> &str {
        &self.value
    }
}

impl Explain for InvalidPageSize {
    fn code(&self) -> &'static str {
        "invalid_page_size"
    }

    fn explain(&self, locale: Locale) -> String {
        let value = &self.value;
        match locale {
            Locale::Es => format!("Una página tiene entre 1 y 100 filas: {value:?}."),
            Locale::En => format!("A page has between 1 and 100 rows: {value:?}."),
        }
    }
}
