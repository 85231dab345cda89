//! `csu customer create`

use clap::Args;

use crate::{
    cli::{
        Exit, Outcome,
        customer::{
            Customers,
            fields::{AddressFlags, Fields, contacts},
            request_id, show,
        },
        flags::ClientFlags,
    },
    proto::channel::{CreateCustomerRequest, Customer, CustomerType},
};

/// Create a customer
///
/// Prints the customer and which way it went. When it is not known whether it was created, the message says the
/// request id: the same command with --request-id ID creates it once, or prints what was created.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  csu customer create --channel SEATTLE --first-name Ada --last-name Birch --phone '206 555 0100'
  csu customer create --channel HOUSTON --organization-name 'Birch & Sons' --email office@birch.example \\
      --street 'Main Street' --street-number 1 --city Houston --state TX --postal-code 77002
  csu customer create --channel SEATTLE --first-name Ada --validate-only --output json")]
pub struct Create {
    /// Operating unit number of the channel; may be left out where the unit serves one
    #[arg(long, value_name = "NUMBER")]
    channel: Option<String>,
    #[command(flatten)]
    fields: Fields,
    /// A phone number, with country code or as dialled in the channel's country; may be repeated
    #[arg(long, value_name = "NUMBER")]
    phone: Vec<String>,
    /// An e-mail address; may be repeated
    #[arg(long, value_name = "ADDRESS")]
    email: Vec<String>,
    /// Id that the customer shall have [default: computed from the request id]
    #[arg(long, value_name = "UUID")]
    customer_id: Option<String>,
    /// What the write is known by; repeat one in doubt with the same [default: a new one]
    #[arg(long, value_name = "UUID")]
    request_id: Option<String>,
    /// Check everything and write nothing
    #[arg(long)]
    validate_only: bool,
    #[command(flatten)]
    address: AddressFlags,
    #[command(flatten)]
    client: ClientFlags,
}

pub async fn run(create: Create) -> Outcome {
    let customers = Customers::connect(&create.client).await?;
    let request = create.request();
    let (request_id, validated) = (request.request_id.clone(), request.validate_only);
    let answer = customers
        .connection
        .call(request, async |request| customers.service().create_customer(request).await)
        .await
        .map_err(|error| customers.failed(error.of_write(&request_id)))?;
    let written = show::Written {
        request_id: &request_id,
        customer: answer.customer.as_ref(),
        execution: answer.execution.as_ref(),
        only_validated: validated,
    };
    written.print(customers.output)?;
    Ok(Exit::Done)
}

impl Create {
    fn request(self) -> CreateCustomerRequest {
        let organization =
            self.fields.organization_name.as_ref().is_some_and(|name| !name.is_empty());
        let r#type = if organization { CustomerType::Organization } else { CustomerType::Person };
        let (customer, _) = self.fields.customer();
        CreateCustomerRequest {
            request_id: request_id(self.request_id),
            channel: self.channel.unwrap_or_default(),
            customer: Some(Customer {
                r#type: r#type.into(),
                contacts: contacts(self.phone, self.email),
                addresses: self.address.address().into_iter().collect(),
                ..customer
            }),
            customer_id: self.customer_id.unwrap_or_default(),
            validate_only: self.validate_only,
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;
    use crate::proto::channel::{AddressPurpose, ContactKind};

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        create: Create,
    }

    fn request(line: &str) -> CreateCustomerRequest {
        Line::try_parse_from(line.split(' '))
            .unwrap_or_else(|error| panic!("{error}"))
            .create
            .request()
    }

    #[test]
    fn a_person_by_default_with_all_contacts_and_no_address() {
        let request = request(
            "create --first-name Ada --email a@b.example --phone 1 --phone 2 --receipt-option none",
        );
        let customer = request.customer.unwrap();
        assert_eq!(customer.r#type(), CustomerType::Person);
        let contacts: Vec<_> =
            customer.contacts.iter().map(|it| (it.kind(), it.value.as_str())).collect();
        let (phone, email) = (ContactKind::Phone, ContactKind::Email);
        assert_eq!(contacts, [(phone, "1"), (phone, "2"), (email, "a@b.example")]);
        assert!(customer.addresses.is_empty());
        assert_eq!(uuid::Uuid::parse_str(&request.request_id).unwrap().get_version_num(), 7);
    }

    #[test]
    fn an_organization_with_its_address_under_a_given_id() {
        let request =
            request("create --organization-name Birch --purpose invoice --city X --request-id r");
        let customer = request.customer.unwrap();
        assert_eq!(customer.r#type(), CustomerType::Organization);
        assert_eq!(customer.addresses.len(), 1);
        assert_eq!(customer.addresses[0].purpose(), AddressPurpose::Invoice);
        assert_eq!(request.request_id, "r");
    }
}
