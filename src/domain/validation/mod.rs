//! Checks input at capture and brings it into canonical form. Every bad field is reported, all at once.

mod address;
mod contact;
mod customer;
mod text;

pub use address::{AddressInput, address};
pub use contact::{ContactInput, search_account_number, search_email, search_phone};
pub use customer::{CustomerInput, customer_patch, names, new_customer};
pub use text::{
    Checked, country as canonical_country, currency as canonical_currency,
    language as canonical_language,
};

use crate::domain::{
    configuration::ChannelConfiguration,
    error::{Error, FieldReason, Result, Violation},
};

/// Loads the tables that the checks need, which takes some 10 ms once in a process.
pub fn prepare() {
    // Whatever it says of this number.
    let _ = text::phone("+1 425 555 0100", "US", 20);
}

/// An enum value as it came in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Choice {
    #[default]
    Unset,
    /// By its canonical name.
    Known(&'static str),
    /// A number that has no meaning.
    Unknown(i32),
}

/// Collects violations while it checks one request.
pub struct Checker<'a> {
    pub configuration: &'a ChannelConfiguration,
    violations: Vec<Violation>,
}

impl<'a> Checker<'a> {
    pub fn new(configuration: &'a ChannelConfiguration) -> Self {
        Self { configuration, violations: Vec::new() }
    }

    pub fn add(
        &mut self,
        field: impl Into<String>,
        reason: FieldReason,
        description: impl Into<String>,
    ) {
        self.violations.push(Violation::new(field, reason, description));
    }

    pub fn extend(&mut self, violations: Vec<Violation>) {
        self.violations.extend(violations);
    }

    /// The value if nothing was wrong, all violations otherwise.
    pub fn finish<T>(self, value: T) -> Result<T> {
        if self.violations.is_empty() { Ok(value) } else { Err(self.into_error()) }
    }

    /// All violations so far.
    pub fn into_error(self) -> Error {
        Error::InvalidFields(self.violations)
    }

    /// Canonical name of a choice; empty if unset.
    fn choice(&mut self, path: &str, choice: Choice) -> &'static str {
        match choice {
            Choice::Unset => "",
            Choice::Known(name) => name,
            Choice::Unknown(number) => {
                self.add(
                    path,
                    FieldReason::InvalidEnumValue,
                    format!("{number} is no value of this enum"),
                );
                ""
            }
        }
    }

    /// Takes a checked value, or notes its violation and takes an empty one.
    fn take(&mut self, path: &str, checked: text::Checked) -> String {
        match checked {
            Ok(value) => value,
            Err((reason, description)) => {
                self.add(path, reason, description);
                String::new()
            }
        }
    }
}

#[cfg(test)]
mod tests;
