//! What can be said of a customer on the command line.

use clap::{Args, ValueEnum};

use crate::proto::channel::{
    Address, AddressPurpose, Contact, ContactKind, Customer, ReceiptOption,
};

/// Fields that can be given at the creation and changed later.
#[derive(Debug, Args)]
pub struct Fields {
    /// Given name of a person
    #[arg(long, value_name = "NAME")]
    first_name: Option<String>,
    /// Middle name of a person
    #[arg(long, value_name = "NAME")]
    middle_name: Option<String>,
    /// Family name of a person
    #[arg(long, value_name = "NAME")]
    last_name: Option<String>,
    /// Name of an organization; makes a new customer one
    #[arg(long, value_name = "NAME")]
    pub organization_name: Option<String>,
    /// Language of receipts and mails, such as en-US
    #[arg(long, value_name = "BCP47")]
    language: Option<String>,
    /// Customer group known at headquarters
    #[arg(long, value_name = "CODE")]
    customer_group: Option<String>,
    /// Currency, such as USD
    #[arg(long, value_name = "ISO4217")]
    currency: Option<String>,
    /// How receipts are handed out: standard, email, standard-and-email or none
    #[arg(long, value_name = "OPTION", value_parser = receipt_option)]
    receipt_option: Option<ReceiptOption>,
    /// Where receipts are mailed
    #[arg(long, value_name = "ADDRESS")]
    receipt_email: Option<String>,
    /// Identification number, such as a national id or a membership
    #[arg(long, value_name = "NUMBER")]
    identification_number: Option<String>,
}

/// One address of a new customer.
#[derive(Debug, Args)]
#[command(next_help_heading = "Address")]
pub struct AddressFlags {
    /// Street
    #[arg(long)]
    street: Option<String>,
    /// Number in the street
    #[arg(long, value_name = "NUMBER")]
    street_number: Option<String>,
    /// Building, floor, flat
    #[arg(long)]
    building: Option<String>,
    /// District
    #[arg(long)]
    district: Option<String>,
    /// City
    #[arg(long)]
    city: Option<String>,
    /// County
    #[arg(long)]
    county: Option<String>,
    /// State or province
    #[arg(long)]
    state: Option<String>,
    /// Postal code
    #[arg(long, value_name = "CODE")]
    postal_code: Option<String>,
    /// Country, such as US [default: the channel's]
    #[arg(long, value_name = "ISO3166")]
    country: Option<String>,
    /// What the address is for [default: home for a person, business for an organization]
    #[arg(long, value_enum)]
    purpose: Option<Purpose>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Purpose {
    Home,
    Business,
    Delivery,
    Invoice,
    Other,
}

impl Fields {
    /// A customer with these fields, and the names of those that were given, if only to be empty.
    pub fn customer(self) -> (Customer, Vec<String>) {
        let mut paths = Vec::new();
        let mut text = |path: &str, value: Option<String>| {
            paths.extend(value.is_some().then(|| path.to_owned()));
            value.unwrap_or_default()
        };
        let customer = Customer {
            first_name: text("first_name", self.first_name),
            middle_name: text("middle_name", self.middle_name),
            last_name: text("last_name", self.last_name),
            organization_name: text("organization_name", self.organization_name),
            language: text("language", self.language),
            customer_group: text("customer_group", self.customer_group),
            currency: text("currency", self.currency),
            receipt_email: text("receipt_email", self.receipt_email),
            identification_number: text("identification_number", self.identification_number),
            receipt_option: self.receipt_option.unwrap_or_default().into(),
            ..Customer::default()
        };
        paths.extend(self.receipt_option.is_some().then(|| "receipt_option".to_owned()));
        (customer, paths)
    }
}

impl AddressFlags {
    /// `None`: nothing was said of an address.
    pub fn address(self) -> Option<Address> {
        let purpose = self.purpose.map_or(AddressPurpose::Unspecified, |purpose| match purpose {
            Purpose::Home => AddressPurpose::Home,
            Purpose::Business => AddressPurpose::Business,
            Purpose::Delivery => AddressPurpose::Delivery,
            Purpose::Invoice => AddressPurpose::Invoice,
            Purpose::Other => AddressPurpose::Other,
        });
        let address = Address {
            purpose: purpose.into(),
            street: self.street.unwrap_or_default(),
            street_number: self.street_number.unwrap_or_default(),
            building: self.building.unwrap_or_default(),
            district: self.district.unwrap_or_default(),
            city: self.city.unwrap_or_default(),
            county: self.county.unwrap_or_default(),
            state: self.state.unwrap_or_default(),
            postal_code: self.postal_code.unwrap_or_default(),
            country: self.country.unwrap_or_default(),
            ..Address::default()
        };
        (address != Address::default()).then_some(address)
    }
}

/// Phones, then e-mail addresses.
pub fn contacts(phones: Vec<String>, emails: Vec<String>) -> Vec<Contact> {
    let contact =
        |kind: ContactKind| move |value| Contact { kind: kind.into(), value, ..Contact::default() };
    let phones = phones.into_iter().map(contact(ContactKind::Phone));
    phones.chain(emails.into_iter().map(contact(ContactKind::Email))).collect()
}

/// Empty: none of its own.
fn receipt_option(text: &str) -> Result<ReceiptOption, String> {
    match text {
        "" => Ok(ReceiptOption::Unspecified),
        "standard" => Ok(ReceiptOption::Standard),
        "email" => Ok(ReceiptOption::Email),
        "standard-and-email" => Ok(ReceiptOption::StandardAndEmail),
        "none" => Ok(ReceiptOption::None),
        _ => Err("it is none of standard, email, standard-and-email, none".to_owned()),
    }
}
