//! What may stand in an entry of the setup.

use std::collections::BTreeMap;

use crate::domain::{
    error::{Error, FieldReason, Result, Violation},
    validation,
};

/// Canonical names of the receipt options.
const RECEIPT_OPTIONS: &[&str] = &["STANDARD", "EMAIL", "STANDARD_AND_EMAIL", "NONE"];

/// Collects what is wrong with the fields of one entry.
pub(super) struct Fields {
    of: &'static str,
    violations: Vec<Violation>,
}

impl Fields {
    pub(super) const fn of(entry: &'static str) -> Self {
        Self { of: entry, violations: Vec::new() }
    }

    pub(super) fn add(&mut self, field: &str, reason: FieldReason, text: &str) {
        self.violations.push(Violation::new(format!("{}.{field}", self.of), reason, text));
    }

    /// A name for machines, which stands in command lines, file names and metrics.
    pub(super) fn code(&mut self, field: &str, code: &str) {
        let plain = |letter: char| letter.is_ascii_alphanumeric() || "-_.".contains(letter);
        if code.is_empty() {
            self.add(field, FieldReason::Required, "is required");
        } else if code.len() > 60 || !code.chars().all(plain) {
            let text = "is no code: 1 to 60 letters, digits, `-`, `_` and `.`";
            self.add(field, FieldReason::InvalidName, text);
        }
    }

    /// A name for people.
    pub(super) fn name(&mut self, field: &str, name: &str) {
        if name.chars().count() > 100 {
            self.add(field, FieldReason::TooLong, "has more than 100 characters");
        } else if name.chars().any(char::is_control) {
            self.add(field, FieldReason::ControlCharacter, "has a control character");
        }
    }

    pub(super) fn reference<T>(&mut self, field: &str, code: &str, entries: &BTreeMap<String, T>) {
        if code.is_empty() {
            self.add(field, FieldReason::Required, "is required");
        } else if !entries.contains_key(code) {
            let known: Vec<_> = entries.keys().take(20).map(String::as_str).collect();
            let text = format!("is not set up; there are: {}", known.join(", "));
            self.add(field, FieldReason::UnknownCode, &text);
        }
    }

    /// A value in the form that it is compared in.
    pub(super) fn canonical(
        &mut self,
        field: &str,
        value: &str,
        canonical: impl Fn(&str) -> validation::Checked,
    ) {
        if value.is_empty() {
            return self.add(field, FieldReason::Required, "is required");
        }
        match canonical(value) {
            Ok(canonical) if canonical == value => {}
            Ok(canonical) => {
                self.add(field, FieldReason::InvalidName, &format!("is written {canonical}"));
            }
            Err((reason, text)) => self.add(field, reason, &text),
        }
    }

    pub(super) fn finish(self) -> Result<()> {
        if self.violations.is_empty() { Ok(()) } else { Err(Error::InvalidFields(self.violations)) }
    }
}

/// One of the receipt options.
pub(super) fn receipt_option(name: &str) -> validation::Checked {
    if RECEIPT_OPTIONS.contains(&name) {
        return Ok(name.to_owned());
    }
    let text = format!("is none of {}", RECEIPT_OPTIONS.join(", "));
    Err((FieldReason::InvalidEnumValue, text))
}
