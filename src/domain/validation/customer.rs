//! New customers and changes of them.

use crate::domain::{
    customer::customer_type,
    error::{FieldReason, Result, Violation},
    field::{CustomerField, Field as _, Fields, Patch},
    id::RequestId,
    limits::{MAX_ADDRESSES, MAX_CONTACTS},
    routing::{AsyncReason, Route},
    validation::{AddressInput, Checker, Choice, ContactInput, address::address, contact, text},
    write::{NewAddress, NewCustomer},
};

/// A customer as it came in. `texts` holds raw values of all fields but the choices.
#[derive(Debug, Clone, Default)]
pub struct CustomerInput {
    pub texts: Fields<CustomerField>,
    pub customer_type: Choice,
    pub receipt_option: Choice,
    pub contacts: Vec<ContactInput>,
    pub addresses: Vec<AddressInput>,
}

/// Checks a new customer, completes it with the default customer's values, and mints its ids. `route` decides
/// which fields an async create may have.
pub fn new_customer(
    mut checker: Checker<'_>,
    input: CustomerInput,
    route: Route,
    request_id: RequestId,
) -> Result<NewCustomer> {
    const PATH: &str = "customer";
    let mut fields = Fields::default();
    let chosen = checker.choice("customer.type", input.customer_type);
    fields.set(CustomerField::Type, chosen);
    fields.set_default(CustomerField::Type, customer_type::PERSON);
    for (field, raw) in input.texts.iter() {
        let value = canonical(&mut checker, PATH, field, raw);
        fields.set(field, value);
    }
    let receipt_option = checker.choice("customer.receipt_option", input.receipt_option);
    fields.set(CustomerField::ReceiptOption, receipt_option);
    inherit(&checker, &mut fields);
    if !matches!(input.customer_type, Choice::Unknown(_)) {
        // By what was typed: a name that is too long is not missing as well.
        let mut typed: Fields<_> =
            input.texts.iter().map(|(field, raw)| (field, raw.trim().to_owned())).collect();
        typed.set(CustomerField::Type, fields.get(CustomerField::Type));
        checker.extend(names(&typed, PATH));
    }

    let flags = checker.configuration.flags;
    if input.contacts.len() <= MAX_CONTACTS
        && route == Route::Async(AsyncReason::ProfileAsyncCreate)
        && !flags.enhanced_async_customer_creation
    {
        checker.extend(contact::refuse_secondary("customer.contacts", &input.contacts));
    }
    let contacts = contact::contacts(
        &mut checker,
        "customer.contacts",
        input.contacts,
        request_id,
        &mut fields,
    );
    let organization = fields.get(CustomerField::Type) == customer_type::ORGANIZATION;
    let addresses = addresses(&mut checker, &input.addresses, organization, request_id);
    checker.finish(NewCustomer { fields, contacts, addresses })
}

/// Checks the new values of the fields in an update mask.
pub fn customer_patch(
    mut checker: Checker<'_>,
    mask: &[CustomerField],
    input: &CustomerInput,
) -> Result<Patch<CustomerField>> {
    let mut patch = Patch::default();
    for field in mask {
        let value = match field {
            CustomerField::ReceiptOption => {
                checker.choice("customer.receipt_option", input.receipt_option).to_owned()
            }
            _ => canonical(&mut checker, "customer", *field, input.texts.get(*field)),
        };
        if value.is_empty() && inherited(*field) && !has(&checker, *field) {
            checker.add(
                format!("customer.{}", field.name()),
                FieldReason::Required,
                "can be changed but not cleared",
            );
        }
        patch.set(*field, value);
    }
    checker.finish(patch)
}

/// Whether a violation of this field is noted already, so that it is not reported twice.
fn has(checker: &Checker<'_>, field: CustomerField) -> bool {
    let path = format!("customer.{}", field.name());
    checker.violations.iter().any(|violation| violation.field == path)
}

/// Rules across the name fields: a person needs a first or last name, an organization its own.
pub fn names(fields: &Fields<CustomerField>, path: &str) -> Vec<Violation> {
    let given = |field| !fields.get(field).is_empty();
    let mut violations = Vec::new();
    let mut add = |field: CustomerField, reason, text: &str| {
        violations.push(Violation::new(format!("{path}.{}", field.name()), reason, text));
    };
    if fields.get(CustomerField::Type) == customer_type::ORGANIZATION {
        if !given(CustomerField::OrganizationName) {
            add(
                CustomerField::OrganizationName,
                FieldReason::Required,
                "an organization needs a name",
            );
        }
        for field in [CustomerField::FirstName, CustomerField::MiddleName, CustomerField::LastName]
        {
            if given(field) {
                add(field, FieldReason::NotAllowedForType, "an organization has no such name");
            }
        }
    } else {
        if !given(CustomerField::FirstName) && !given(CustomerField::LastName) {
            add(
                CustomerField::FirstName,
                FieldReason::Required,
                "a person needs a first or a last name",
            );
        }
        if given(CustomerField::OrganizationName) {
            add(
                CustomerField::OrganizationName,
                FieldReason::NotAllowedForType,
                "a person has no such name",
            );
        }
    }
    violations
}

fn addresses(
    checker: &mut Checker<'_>,
    inputs: &[AddressInput],
    organization: bool,
    request_id: RequestId,
) -> Vec<NewAddress> {
    const PATH: &str = "customer.addresses";
    if inputs.len() > MAX_ADDRESSES {
        checker.add(
            PATH,
            FieldReason::TooManyAddresses,
            format!("at most {MAX_ADDRESSES} are allowed"),
        );
        return Vec::new();
    }
    if inputs.iter().filter(|input| input.primary).count() > 1 {
        checker.add(PATH, FieldReason::MultiplePrimaryAddresses, "only one address can be primary");
    }
    inputs
        .iter()
        .enumerate()
        .map(|(index, input)| NewAddress {
            id: request_id.address_id(index),
            fields: address(checker, &format!("{PATH}[{index}]"), input, organization),
            primary: input.primary,
        })
        .collect()
}

fn canonical(checker: &mut Checker<'_>, path: &str, field: CustomerField, raw: &str) -> String {
    let limit = checker.configuration.limits.customer(field);
    let value = match field {
        CustomerField::Language => text::language(raw),
        CustomerField::Currency => text::currency(raw),
        CustomerField::ReceiptEmail => text::email(raw, limit),
        CustomerField::CustomerGroup => customer_group(checker, raw),
        _ => text::plain(raw, limit),
    };
    checker.take(&format!("{path}.{}", field.name()), value)
}

fn customer_group(checker: &Checker<'_>, raw: &str) -> text::Checked {
    let code = raw.trim();
    if code.is_empty() || checker.configuration.customer_groups.contains(code) {
        Ok(code.to_owned())
    } else {
        Err((FieldReason::UnknownCode, "headquarters has no such customer group".to_owned()))
    }
}

/// Fields that a customer always has, because the default customer fills them.
const fn inherited(field: CustomerField) -> bool {
    matches!(
        field,
        CustomerField::Language
            | CustomerField::CustomerGroup
            | CustomerField::Currency
            | CustomerField::ReceiptOption
    )
}

fn inherit(checker: &Checker<'_>, fields: &mut Fields<CustomerField>) {
    let default = &checker.configuration.default_customer;
    fields.set_default(CustomerField::Language, &default.language);
    fields.set_default(CustomerField::CustomerGroup, &default.customer_group);
    fields.set_default(CustomerField::Currency, &default.currency);
    fields.set_default(CustomerField::ReceiptOption, &default.receipt_option);
}
