//! Customers as headquarters has them.

use crate::{
    domain::{
        base::Base,
        customer::{Address, Contact, ContactKind, Customer},
        field::{AddressField, CustomerField, Fields, Patch},
        time::Timestamp,
    },
    proto::exchange::{AddressFields, AddressRow, ContactRow, CustomerFields, CustomerRow},
    wire::{Malformed, id, text, time, timestamp},
};

macro_rules! fields {
    ($message:ident, $field:ident, $put:ident, $take:ident, { $($name:ident: $variant:ident),* $(,)? }) => {
        /// The fields that there are; an empty one of a patch clears.
        pub(super) fn $put<'a>(fields: impl Iterator<Item = ($field, &'a str)>) -> $message {
            let mut message = $message::default();
            for (field, value) in fields {
                match field {
                    $($field::$variant => message.$name = Some(value.to_owned())),*
                }
            }
            message
        }

        pub(super) fn $take(message: Option<$message>) -> Result<Patch<$field>, Malformed> {
            let message = message.unwrap_or_default();
            [$(($field::$variant, message.$name)),*]
                .into_iter()
                .filter_map(|(field, value)| Some((field, value?)))
                .map(|(field, value)| Ok((field, text(value, "fields")?)))
                .collect()
        }
    };
}

fields!(CustomerFields, CustomerField, put_customer_fields, take_customer_fields, {
    r#type: Type,
    first_name: FirstName,
    middle_name: MiddleName,
    last_name: LastName,
    organization_name: OrganizationName,
    language: Language,
    customer_group: CustomerGroup,
    currency: Currency,
    receipt_option: ReceiptOption,
    receipt_email: ReceiptEmail,
    identification_number: IdentificationNumber,
    primary_phone: PrimaryPhone,
    primary_email: PrimaryEmail,
});

fields!(AddressFields, AddressField, put_address_fields, take_address_fields, {
    purpose: Purpose,
    street: Street,
    street_number: StreetNumber,
    building: Building,
    district: District,
    city: City,
    county: County,
    state: State,
    postal_code: PostalCode,
    country: Country,
});

pub fn customer_row(base: &Base) -> CustomerRow {
    let customer = &base.customer;
    CustomerRow {
        id: customer.id.to_string(),
        version: base.version,
        account_number: customer.account_number.clone().unwrap_or_default(),
        created_by: customer.created_by.to_string(),
        fields: Some(put_customer_fields(customer.fields.iter())),
        contacts: customer.contacts.iter().map(contact_row).collect(),
        primary_address: customer.primary_address.map(|id| id.to_string()).unwrap_or_default(),
        addresses: customer.addresses.iter().map(address_row).collect(),
        create_time: Some(timestamp(customer.created_at)),
        update_time: Some(timestamp(customer.updated_at)),
    }
}

/// # Errors
/// A row that is none: without id, number or version, or with what can't be read.
pub fn base(row: CustomerRow) -> Result<Base, Malformed> {
    if row.version < 1 {
        return Err(Malformed("version"));
    }
    if row.account_number.is_empty() {
        return Err(Malformed("account_number"));
    }
    let primary_address = match row.primary_address.as_str() {
        "" => None,
        address => Some(id(address, "primary_address")?),
    };
    let customer = Customer {
        id: id(&row.id, "id")?,
        account_number: Some(row.account_number),
        created_by: id(&row.created_by, "created_by")?,
        fields: populated(&take_customer_fields(row.fields)?),
        contacts: row.contacts.into_iter().map(contact).collect::<Result<_, _>>()?,
        primary_address,
        addresses: row.addresses.into_iter().map(address).collect::<Result<_, _>>()?,
        created_at: time(row.create_time, "create_time")?,
        updated_at: time(row.update_time, "update_time")?,
    };
    Ok(Base { customer, version: row.version })
}

fn populated<F: crate::domain::field::Field>(patch: &Patch<F>) -> Fields<F> {
    let mut fields = Fields::default();
    fields.apply(patch);
    fields
}

pub(super) fn contact_row(contact: &Contact) -> ContactRow {
    let kind = match contact.kind {
        ContactKind::Phone => "PHONE",
        ContactKind::Email => "EMAIL",
    };
    ContactRow {
        id: contact.id.to_string(),
        kind: kind.to_owned(),
        value: contact.value.clone(),
        typed: contact.typed.clone(),
    }
}

pub(super) fn contact(row: ContactRow) -> Result<Contact, Malformed> {
    let kind = match row.kind.as_str() {
        "PHONE" => ContactKind::Phone,
        "EMAIL" => ContactKind::Email,
        _ => return Err(Malformed("contacts.kind")),
    };
    Ok(Contact {
        id: id(&row.id, "contacts.id")?,
        kind,
        value: text(row.value, "contacts.value")?,
        typed: text(row.typed, "contacts.typed")?,
    })
}

fn address_row(address: &Address) -> AddressRow {
    AddressRow {
        id: address.id.to_string(),
        fields: Some(put_address_fields(address.fields.iter())),
        create_time: Some(timestamp(address.created_at)),
    }
}

fn address(row: AddressRow) -> Result<Address, Malformed> {
    let created_at: Timestamp = time(row.create_time, "addresses.create_time")?;
    Ok(Address {
        id: id(&row.id, "addresses.id")?,
        fields: populated(&take_address_fields(row.fields)?),
        created_at,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::sample::{anna, synced};

    fn sent() -> Base {
        Base { customer: synced(anna()).customer, version: 7 }
    }

    #[test]
    fn a_customer_comes_over_whole() {
        let mut sent = sent();
        sent.customer.primary_address = Some(sent.customer.addresses[1].id);
        assert_eq!(base(customer_row(&sent)), Ok(sent));
    }

    #[test]
    fn what_is_no_customer_is_refused_by_field() {
        let refused = |change: fn(&mut CustomerRow)| {
            let mut row = customer_row(&sent());
            change(&mut row);
            base(row).unwrap_err().0
        };
        assert_eq!(refused(|row| row.version = 0), "version");
        assert_eq!(refused(|row| row.account_number.clear()), "account_number");
        assert_eq!(refused(|row| row.id = "C-1".to_owned()), "id");
        assert_eq!(refused(|row| row.created_by.clear()), "created_by");
        assert_eq!(refused(|row| row.create_time = None), "create_time");
        assert_eq!(refused(|row| row.contacts[0].kind = "FAX".to_owned()), "contacts.kind");
        assert_eq!(refused(|row| row.addresses[0].id.clear()), "addresses.id");
        assert_eq!(refused(|row| row.contacts[0].value.push('\0')), "contacts.value");
        let nul = |row: &mut CustomerRow| {
            row.fields.as_mut().unwrap().last_name = Some("Ro\0ssi".to_owned());
        };
        assert_eq!(refused(nul), "fields");
    }
}
