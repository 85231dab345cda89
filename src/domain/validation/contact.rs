//! Phones and e-mail addresses.

use crate::domain::{
    configuration::ChannelConfiguration,
    customer::{Contact, ContactKind},
    error::{Error, FieldReason, Result, Violation},
    field::{CustomerField, Fields},
    id::{ContactId, RequestId},
    limits::MAX_CONTACTS,
    search,
    validation::{Checker, Choice, text},
};

/// A contact as it came in; `kind` is `PHONE` or `EMAIL`.
#[derive(Debug, Clone, Default)]
pub struct ContactInput {
    pub kind: Choice,
    pub value: String,
    pub primary: bool,
}

impl ContactInput {
    /// Of kinds that mean something, so that one without a kind is reported for that alone.
    fn is_same_kind(&self, other: &Self) -> bool {
        self.kind == other.kind && matches!(self.kind, Choice::Known(_))
    }
}

/// Checks the contacts of a new customer and notes the primary ones in `fields`.
pub(super) fn contacts(
    checker: &mut Checker<'_>,
    path: &str,
    inputs: Vec<ContactInput>,
    request_id: RequestId,
    fields: &mut Fields<CustomerField>,
) -> Vec<Contact> {
    if inputs.len() > MAX_CONTACTS {
        checker.add(
            path,
            FieldReason::TooManyContacts,
            format!("at most {MAX_CONTACTS} are allowed"),
        );
        return Vec::new();
    }
    checker.extend(several_primaries(path, &inputs));
    let mut contacts = Vec::with_capacity(inputs.len());
    for (index, input) in inputs.into_iter().enumerate() {
        let path = format!("{path}[{index}]");
        let Some(contact) = contact(checker, &path, &input, request_id.contact_id(index)) else {
            continue;
        };
        if input.primary {
            fields.set(primary_field(contact.kind), contact.id.to_string());
        }
        contacts.push(contact);
    }
    contacts
}

fn several_primaries(path: &str, contacts: &[ContactInput]) -> Vec<Violation> {
    let primaries = contacts.iter().enumerate().filter(|(_, contact)| contact.primary);
    primaries
        .filter(|(index, contact)| {
            contacts[..*index].iter().any(|other| other.primary && other.is_same_kind(contact))
        })
        .map(|(index, _)| {
            Violation::new(
                format!("{path}[{index}].primary"),
                FieldReason::MultiplePrimaryContacts,
                "another contact of its kind is primary",
            )
        })
        .collect()
}

fn contact(
    checker: &mut Checker<'_>,
    path: &str,
    input: &ContactInput,
    id: ContactId,
) -> Option<Contact> {
    let value_path = format!("{path}.value");
    let limits = &checker.configuration.limits;
    let kind_path = format!("{path}.kind");
    let (kind, value) = match input.kind {
        Choice::Known("PHONE") => (
            ContactKind::Phone,
            text::phone(&input.value, &checker.configuration.country, limits.phone),
        ),
        Choice::Known("EMAIL") => (ContactKind::Email, text::email(&input.value, limits.email)),
        Choice::Unset => {
            checker.add(
                kind_path,
                FieldReason::Required,
                "say whether it is a phone or an e-mail address",
            );
            return None;
        }
        other => {
            checker.choice(&kind_path, other);
            return None;
        }
    };
    let value = match value {
        Ok(value) if value.is_empty() => {
            checker.add(value_path, FieldReason::Required, "is required");
            return None;
        }
        Ok(value) => value,
        Err((reason, description)) => {
            checker.add(value_path, reason, description);
            return None;
        }
    };
    let typed = input.value.trim();
    let typed = if typed == value { String::new() } else { typed.to_owned() };
    Some(Contact { id, kind, value, typed })
}

/// Without F1, a create that the profile made async keeps one phone and one e-mail address: the others are
/// refused by name, as dropping them would lose what was typed.
pub(super) fn refuse_secondary(path: &str, contacts: &[ContactInput]) -> Vec<Violation> {
    contacts
        .iter()
        .enumerate()
        .filter(|(index, contact)| {
            contacts[..*index].iter().any(|other| other.is_same_kind(contact))
        })
        .map(|(index, _)| {
            Violation::new(
                format!("{path}[{index}]"),
                FieldReason::FieldNotAllowedInAsyncCreate,
                "secondary contacts need the feature \"enable enhanced async customer creation\"",
            )
        })
        .collect()
}

const fn primary_field(kind: ContactKind) -> CustomerField {
    match kind {
        ContactKind::Phone => CustomerField::PrimaryPhone,
        ContactKind::Email => CustomerField::PrimaryEmail,
    }
}

/// A phone number searched for, in the form that is stored.
pub fn search_phone(raw: &str, configuration: &ChannelConfiguration) -> Result<String> {
    searched("phone", text::phone(raw, &configuration.country, configuration.limits.phone))
}

/// An e-mail address searched for, in the form that is stored.
pub fn search_email(raw: &str) -> Result<String> {
    /// Longer than any that can be stored.
    const LONGEST: u32 = 1_000;
    searched("email", text::email(raw, LONGEST)).map(|email| search::fold(&email))
}

/// A final number or temporary GUID searched for, in the form that is stored.
pub fn search_account_number(raw: &str) -> Result<String> {
    /// Longer than any that headquarters gives.
    const LONGEST: u32 = 64;
    searched("account_number", text::plain(raw, LONGEST)).map(|number| search::fold(&number))
}

fn searched(path: &str, checked: text::Checked) -> Result<String> {
    checked.map_err(|(reason, text)| Error::InvalidFields(vec![Violation::new(path, reason, text)]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{
        sample::configuration,
        validation::tests::{expected, found},
    };

    #[test]
    fn what_is_searched_for_takes_the_form_that_is_stored() {
        let configuration = configuration();
        assert_eq!(search_phone("713 555 0142", &configuration).as_deref(), Ok("+17135550142"));
        assert_eq!(search_email(" ANNA@Example.com").as_deref(), Ok("anna@example.com"));
        assert_eq!(
            found(search_phone("call me", &configuration)),
            expected([("phone", FieldReason::InvalidPhone)])
        );
    }
}
