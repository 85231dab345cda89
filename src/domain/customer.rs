//! A customer with its contacts and addresses, as read and as stored.

use serde::{Deserialize, Serialize};

use crate::domain::{
    field::{AddressField, CustomerField, Fields},
    id::{AddressId, ContactId, CustomerId, RequestId},
    time::Timestamp,
};

/// Values of `CustomerField::Type`.
pub mod customer_type {
    pub const PERSON: &str = "PERSON";
    pub const ORGANIZATION: &str = "ORGANIZATION";
}

/// What headquarters sent (a base), or that with the waiting revisions on top (a view).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Customer {
    pub id: CustomerId,
    /// Final number from headquarters; `None` while pending.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub account_number: Option<String>,
    /// The write that created it. A create that meets its own request replays; any other is `CUSTOMER_EXISTS`.
    pub created_by: RequestId,
    pub fields: Fields<CustomerField>,
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub contacts: Vec<Contact>,
    /// The address wanted as primary; see [`Self::primary_address`].
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub primary_address: Option<AddressId>,
    /// Live ones, oldest first. Rows of their own in the store.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub addresses: Vec<Address>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ContactKind {
    Phone,
    Email,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contact {
    pub id: ContactId,
    pub kind: ContactKind,
    /// E.164 for a phone.
    pub value: String,
    /// What was typed, where it differs.
    #[serde(skip_serializing_if = "String::is_empty", default)]
    pub typed: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Address {
    pub id: AddressId,
    pub fields: Fields<AddressField>,
    pub created_at: Timestamp,
}

impl Customer {
    pub fn is_organization(&self) -> bool {
        self.fields.get(CustomerField::Type) == customer_type::ORGANIZATION
    }

    /// First, middle and last name with single spaces, or the organization's name.
    pub fn display_name(&self) -> String {
        if self.is_organization() {
            return self.fields.get(CustomerField::OrganizationName).to_owned();
        }
        [CustomerField::FirstName, CustomerField::MiddleName, CustomerField::LastName]
            .map(|field| self.fields.get(field))
            .join(" ")
            .split_whitespace()
            .collect::<Vec<_>>()
            .join(" ")
    }

    /// The contact to use first among its kind: the one named, or the oldest if that is gone.
    pub fn primary_contact(&self, kind: ContactKind) -> Option<ContactId> {
        let named = self.fields.get(match kind {
            ContactKind::Phone => CustomerField::PrimaryPhone,
            ContactKind::Email => CustomerField::PrimaryEmail,
        });
        let mut of_kind = self.contacts.iter().filter(|contact| contact.kind == kind);
        let oldest = of_kind.clone().next();
        of_kind.find(|contact| contact.id.to_string() == named).or(oldest).map(|contact| contact.id)
    }

    /// The primary address: the one named, or the oldest live one if that is gone.
    pub fn primary_address(&self) -> Option<AddressId> {
        self.addresses
            .iter()
            .find(|address| Some(address.id) == self.primary_address)
            .or(self.addresses.first())
            .map(|address| address.id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::sample::{anna, fields, request};

    #[test]
    fn a_name_is_shown_with_single_spaces() {
        let named = |first, middle, last| Customer {
            fields: fields([
                (CustomerField::FirstName, first),
                (CustomerField::MiddleName, middle),
                (CustomerField::LastName, last),
            ]),
            ..anna()
        };
        for (customer, shown) in [
            (named("Anna", "", "Rossi"), "Anna Rossi"),
            (named("Anna", "Maria", "Rossi"), "Anna Maria Rossi"),
            (named("Anna  Maria", "", "de  Rossi"), "Anna Maria de Rossi"),
            (named("", "", "Rossi"), "Rossi"),
            (named("Anna", "", ""), "Anna"),
        ] {
            assert_eq!(customer.display_name(), shown);
        }
        let organization = Customer {
            fields: fields([
                (CustomerField::Type, customer_type::ORGANIZATION),
                (CustomerField::OrganizationName, "Contoso"),
            ]),
            ..anna()
        };
        assert_eq!(organization.display_name(), "Contoso");
    }

    #[test]
    fn the_oldest_is_primary_until_another_is_chosen_and_again_when_that_is_gone() {
        let mut customer = anna();
        let (first, second, phone) =
            (customer.contacts[0].id, customer.contacts[1].id, customer.contacts[2].id);
        assert_eq!(customer.primary_contact(ContactKind::Email), Some(first));
        assert_eq!(customer.primary_contact(ContactKind::Phone), Some(phone));
        customer.fields.set(CustomerField::PrimaryEmail, second.to_string());
        assert_eq!(customer.primary_contact(ContactKind::Email), Some(second));
        assert_eq!(customer.primary_contact(ContactKind::Phone), Some(phone));
        customer.fields.set(CustomerField::PrimaryPhone, second.to_string());
        assert_eq!(customer.primary_contact(ContactKind::Phone), Some(phone), "of another kind");
        customer.contacts.remove(1);
        assert_eq!(customer.primary_contact(ContactKind::Email), Some(first));
        customer.contacts.clear();
        assert_eq!(customer.primary_contact(ContactKind::Email), None);

        let (roma, ostia) = (customer.addresses[0].id, customer.addresses[1].id);
        assert_eq!(customer.primary_address(), Some(roma));
        customer.primary_address = Some(ostia);
        assert_eq!(customer.primary_address(), Some(ostia));
        customer.primary_address = Some(request(99).address_id(0));
        assert_eq!(customer.primary_address(), Some(roma));
        customer.addresses.clear();
        assert_eq!(customer.primary_address(), None);
    }

    #[test]
    fn it_is_stored_and_read_back_whole() {
        let mut customer = anna();
        let mut text = serde_json::to_string(&customer).unwrap();
        assert_eq!(serde_json::from_str::<Customer>(&text).unwrap(), customer);
        assert!(
            text.contains(r#""first_name":"Anna""#) && !text.contains("account_number"),
            "{text}"
        );

        customer.account_number = Some("C-0000042".to_owned());
        customer.primary_address = Some(customer.addresses[1].id);
        text = serde_json::to_string(&customer).unwrap();
        assert_eq!(serde_json::from_str::<Customer>(&text).unwrap(), customer);
    }
}
