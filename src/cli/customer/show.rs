//! Customers for eyes, or as JSON.

use crate::{
    cli::{
        customer::json,
        flags::Output,
        output::{self, clean, words},
    },
    proto::channel::{Address, ContactKind, Customer, Execution, ExecutionMode, SyncState},
};

/// What a write was answered.
pub struct Written<'a> {
    pub request_id: &'a str,
    pub customer: Option<&'a Customer>,
    pub execution: Option<&'a Execution>,
    pub only_validated: bool,
}

impl Written<'_> {
    pub fn print(&self, output: Output) -> anyhow::Result<()> {
        match output {
            Output::Json => output::print_json(&json::Written {
                request_id: self.request_id,
                customer: self.customer.map(json::Customer::from),
                execution: self.execution.map(json::Execution::from),
            }),
            Output::Table => {
                let mut facts = self.customer.map(facts).unwrap_or_default();
                facts.extend(self.execution.map(|execution| fact("Went", way(execution))));
                facts.push(fact("Request id", self.request_id.to_owned()));
                output::print(&output::columns(facts))?;
                if self.only_validated {
                    output::note("Nothing was written: it was only checked.");
                }
                Ok(())
            }
        }
    }
}

pub fn print_customer(customer: Option<&Customer>, output: Output) -> anyhow::Result<()> {
    match output {
        Output::Json => {
            output::print_json(&json::Shown { customer: customer.map(json::Customer::from) })
        }
        Output::Table => output::print(&output::columns(customer.map(facts).unwrap_or_default())),
    }
}

pub fn print_found(found: &[Customer], next_page: &str, output: Output) -> anyhow::Result<()> {
    match output {
        Output::Json => {
            let customers = found.iter().map(json::Customer::from).collect();
            return output::print_json(&json::Found { customers, next_page_token: next_page });
        }
        Output::Table if found.is_empty() => output::note("No customer found."),
        Output::Table => {
            let header = ["ACCOUNT", "NAME", "PHONE", "E-MAIL", "STATE", "CUSTOMER"];
            output::print(&output::table(header, found.iter().map(row)))?;
        }
    }
    if !next_page.is_empty() {
        output::note(&format!("There is more: --page-token {}", clean(next_page)));
    }
    Ok(())
}

fn row(customer: &Customer) -> [String; 6] {
    [
        customer.account_number_display.clone(),
        customer.display_name.clone(),
        first_contact(customer, ContactKind::Phone),
        first_contact(customer, ContactKind::Email),
        state(customer.sync_state()),
        customer.name.clone(),
    ]
}

/// Everything that is not empty.
fn facts(customer: &Customer) -> Vec<[String; 2]> {
    let receipts = words(customer.receipt_option().as_str_name(), "RECEIPT_OPTION_");
    let mut facts = vec![
        fact("Customer", customer.name.clone()),
        fact("Account number", customer.account_number_display.clone()),
        fact("Type", words(customer.r#type().as_str_name(), "CUSTOMER_TYPE_")),
        fact("Name", customer.display_name.clone()),
    ];
    for contact in &customer.contacts {
        let label = match contact.kind() {
            ContactKind::Phone => "Phone",
            ContactKind::Email => "E-mail",
            ContactKind::Unspecified => "Contact",
        };
        let primary = if contact.primary { " (primary)" } else { "" };
        facts.push(fact(label, format!("{}{primary}", contact.value)));
    }
    facts.extend(customer.addresses.iter().map(|address| fact("Address", one_line(address))));
    facts.extend([
        fact("Language", customer.language.clone()),
        fact("Customer group", customer.customer_group.clone()),
        fact("Currency", customer.currency.clone()),
        fact("Receipts", receipts),
        fact("Receipt e-mail", customer.receipt_email.clone()),
        fact("Identification", customer.identification_number.clone()),
        fact("State", state_with_error(customer)),
        fact("Etag", customer.etag.clone()),
        fact("Created", time(customer.create_time.as_ref())),
        fact("Changed", time(customer.update_time.as_ref())),
    ]);
    facts.retain(|[_, value]| !value.is_empty());
    facts
}

fn fact(label: &str, value: String) -> [String; 2] {
    [label.to_owned(), value]
}

fn first_contact(customer: &Customer, kind: ContactKind) -> String {
    let mut of_kind = customer.contacts.iter().filter(|contact| contact.kind() == kind);
    let first = of_kind.clone().find(|contact| contact.primary).or_else(|| of_kind.next());
    first.map(|contact| contact.value.clone()).unwrap_or_default()
}

fn one_line(address: &Address) -> String {
    let joined = |parts: [&str; 2]| {
        parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ")
    };
    let parts = [
        joined([&address.street, &address.street_number]),
        address.building.clone(),
        address.district.clone(),
        address.city.clone(),
        address.county.clone(),
        joined([&address.state, &address.postal_code]),
        address.country.clone(),
    ];
    let parts: Vec<_> = parts.into_iter().filter(|part| !part.is_empty()).collect();
    let mut marks = vec![words(address.purpose().as_str_name(), "ADDRESS_PURPOSE_")];
    marks.extend(address.primary.then(|| "primary".to_owned()));
    marks.push(state(address.sync_state()));
    marks.retain(|mark| !mark.is_empty());
    format!("{} ({})", parts.join(", "), marks.join(", "))
}

fn way(execution: &Execution) -> String {
    let mode = match execution.mode() {
        ExecutionMode::RealTime => "real-time",
        ExecutionMode::Async => "async",
        ExecutionMode::Unspecified => "",
    };
    let version = execution.configuration_version.unwrap_or_default();
    let age = execution.configuration_age.map_or(0, |age| age.seconds);
    let asked = execution.headquarters_duration.map_or_else(String::new, |spent| {
        let millis = spent.seconds * 1_000 + i64::from(spent.nanos) / 1_000_000;
        format!("; headquarters {millis} ms")
    });
    format!(
        "{mode}, {}; configuration 1070/{} 1110/{}, {age}s old{asked}",
        execution.reason, version.channel_configuration, version.global_configuration
    )
}

fn state(state: SyncState) -> String {
    words(state.as_str_name(), "SYNC_STATE_")
}

fn state_with_error(customer: &Customer) -> String {
    let state = state(customer.sync_state());
    match customer.sync_progress.as_ref().map(|progress| progress.error_reason.as_str()) {
        Some(reason) if !reason.is_empty() => format!("{state}: {reason}"),
        _ => state,
    }
}

fn time(time: Option<&prost_types::Timestamp>) -> String {
    time.and_then(output::time).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::proto::channel::{AddressPurpose, Contact};

    #[test]
    fn only_what_is_there_is_shown() {
        let customer = Customer {
            name: "customers/1".to_owned(),
            account_number: "1".to_owned(),
            account_number_display: "Pending sync".to_owned(),
            display_name: "Ada Birch".to_owned(),
            sync_state: SyncState::PendingUpload.into(),
            contacts: ["+12", "+13"]
                .map(|value| Contact {
                    kind: ContactKind::Phone.into(),
                    value: value.to_owned(),
                    primary: value == "+13",
                    ..Contact::default()
                })
                .into(),
            addresses: vec![Address {
                street: "Main Street".to_owned(),
                street_number: "1".to_owned(),
                postal_code: "98101".to_owned(),
                purpose: AddressPurpose::Home.into(),
                primary: true,
                ..Address::default()
            }],
            ..Customer::default()
        };
        assert_eq!(
            output::columns(facts(&customer)),
            "Customer        customers/1\n\
             Account number  Pending sync\n\
             Name            Ada Birch\n\
             Phone           +12\n\
             Phone           +13 (primary)\n\
             Address         Main Street 1, 98101 (home, primary)\n\
             State           pending upload"
        );
        assert_eq!(row(&customer)[2..5], ["+13", "", "pending upload"]);
    }
}
