//! Update masks.

use crate::domain::{
    error::{Error, FieldReason, Result, Violation},
    field::{CustomerField, Field as _},
};

/// Fields that an update may name.
const WRITABLE: &[CustomerField] = &[
    CustomerField::FirstName,
    CustomerField::MiddleName,
    CustomerField::LastName,
    CustomerField::OrganizationName,
    CustomerField::Language,
    CustomerField::CustomerGroup,
    CustomerField::Currency,
    CustomerField::ReceiptOption,
    CustomerField::ReceiptEmail,
    CustomerField::IdentificationNumber,
];

/// Most paths read: more than there are fields, so that a mask of thousands is not answered path by path.
const MOST_PATHS: usize = 100;

const OUTPUT_ONLY: &[&str] = &[
    "name",
    "account_number",
    "account_number_display",
    "display_name",
    "sync_state",
    "sync_progress",
    "etag",
    "create_time",
    "update_time",
];

/// The fields that the paths of an update mask name, each once, or everything that is wrong with it. `None` and
/// an empty mask are refused: an update says what it changes.
pub fn customer_mask<'a>(
    paths: Option<impl IntoIterator<Item = &'a str>>,
) -> Result<Vec<CustomerField>> {
    let mut fields = Vec::new();
    let mut violations = Vec::new();
    for path in paths.into_iter().flatten().take(MOST_PATHS) {
        match field(path) {
            Ok(field) if !fields.contains(&field) => fields.push(field),
            Ok(_) => {}
            Err((reason, text)) => violations.push(Violation::new("update_mask", reason, text)),
        }
    }
    if fields.is_empty() && violations.is_empty() {
        violations.push(Violation::new(
            "update_mask",
            FieldReason::Required,
            "name the fields to change",
        ));
    }
    if violations.is_empty() { Ok(fields) } else { Err(Error::InvalidFieldMask(violations)) }
}

fn field(path: &str) -> Result<CustomerField, (FieldReason, String)> {
    if let Some(field) = WRITABLE.iter().find(|field| field.name() == path) {
        return Ok(*field);
    }
    let head = path.split('.').next().unwrap_or_default();
    Err(match head {
        _ if OUTPUT_ONLY.contains(&head) => {
            (FieldReason::OutputOnly, format!("`{head}` is output only"))
        }
        "type" => (FieldReason::Immutable, "`type` cannot be changed after creation".to_owned()),
        "addresses" => (FieldReason::NotEditableYet, "add addresses with AddAddress".to_owned()),
        "contacts" => {
            (FieldReason::NotEditableYet, "contacts can only be given on create so far".to_owned())
        }
        _ => {
            let shown: String = path.chars().filter(char::is_ascii_graphic).take(60).collect();
            (FieldReason::UnknownField, format!("`{shown}` is no field of a customer"))
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn violations(paths: &[&str]) -> Vec<(FieldReason, String)> {
        match customer_mask(Some(paths.iter().copied())) {
            Err(Error::InvalidFieldMask(violations)) => violations
                .into_iter()
                .inspect(|violation| assert_eq!(violation.field, "update_mask"))
                .map(|violation| (violation.reason, violation.description))
                .collect(),
            other => panic!("{paths:?} gave {other:?}"),
        }
    }

    #[test]
    fn a_mask_names_each_field_once_in_the_order_given() {
        let paths = ["last_name", "first_name", "last_name", "receipt_option"];
        let fields =
            [CustomerField::LastName, CustomerField::FirstName, CustomerField::ReceiptOption];
        assert_eq!(customer_mask(Some(paths)), Ok(fields.to_vec()));
        for field in WRITABLE {
            assert_eq!(customer_mask(Some([field.name()])), Ok(vec![*field]));
        }
    }

    #[test]
    fn an_update_without_a_mask_says_nothing_and_is_refused() {
        let none = customer_mask(None::<[&str; 0]>);
        assert_eq!(none, customer_mask(Some([])));
        assert_eq!(violations(&[])[0].0, FieldReason::Required);
    }

    #[test]
    fn everything_wrong_is_said_at_once() {
        let paths = [
            "shoe_size",
            "first_name",
            "account_number",
            "sync_progress.error_reason",
            "type",
            "addresses.street",
            "contacts",
            "*",
            "primary_phone",
            "first_name.de",
            "",
        ];
        let reasons: Vec<_> = violations(&paths).into_iter().map(|(reason, _)| reason).collect();
        let expected = [
            FieldReason::UnknownField,
            FieldReason::OutputOnly,
            FieldReason::OutputOnly,
            FieldReason::Immutable,
            FieldReason::NotEditableYet,
            FieldReason::NotEditableYet,
            FieldReason::UnknownField,
            FieldReason::UnknownField,
            FieldReason::UnknownField,
            FieldReason::UnknownField,
        ];
        assert_eq!(reasons, expected);
    }

    #[test]
    fn what_is_shown_of_a_path_is_short_and_printable() {
        let (_, text) = violations(&[&format!("\u{1b}[31m{}", "x".repeat(999))]).remove(0);
        assert!(text.len() < 100 && !text.contains('\u{1b}'), "{text}");
    }
}
