//! `csu customer update`

use clap::Args;
use prost_types::FieldMask;

use crate::{
    cli::{
        Exit, Failure, Outcome,
        customer::{Customers, fields::Fields, request_id, show},
        flags::ClientFlags,
    },
    domain::id::CustomerId,
    proto::channel::{Customer, UpdateCustomerRequest},
};

/// Change fields of a customer
///
/// Only the fields named by a flag change; one that is given as '' is cleared.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  csu customer update customers/0195e9f4-0000-7000-8000-000000000000 --channel SEATTLE --last-name Oak
  csu customer update 0195e9f4-0000-7000-8000-000000000000 --channel SEATTLE --receipt-email '' --etag ETAG")]
pub struct Update {
    /// Resource name of the customer, or the UUID in it
    #[arg(value_name = "NAME_OR_ID")]
    customer: String,
    /// Operating unit number of the channel; may be left out where the unit serves one
    #[arg(long, value_name = "NUMBER")]
    channel: Option<String>,
    #[command(flatten)]
    fields: Fields,
    /// Refuse the change if the customer has another etag by now
    #[arg(long)]
    etag: Option<String>,
    /// What the write is known by; repeat one in doubt with the same [default: a new one]
    #[arg(long, value_name = "UUID")]
    request_id: Option<String>,
    /// Check everything and write nothing
    #[arg(long)]
    validate_only: bool,
    #[command(flatten)]
    client: ClientFlags,
}

pub async fn run(update: Update) -> Outcome {
    let name = resource_name(&update.customer).ok_or_else(|| {
        Failure::Usage(format!(
            "{:?} is neither customers/UUID nor a UUID; `csu customer get` finds it by account number",
            update.customer
        ))
    })?;
    let client = update.client.clone();
    let request = update.request(name)?;
    let customers = Customers::connect(&client).await?;
    let (request_id, validated) = (request.request_id.clone(), request.validate_only);
    let answer = customers
        .connection
        .call(request, async |request| customers.service().update_customer(request).await)
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

impl Update {
    fn request(self, name: String) -> Result<UpdateCustomerRequest, Failure> {
        let (customer, paths) = self.fields.customer();
        if paths.is_empty() {
            let text = "there is nothing to change: name a field, as in --last-name Oak";
            return Err(Failure::Usage(text.to_owned()));
        }
        Ok(UpdateCustomerRequest {
            request_id: request_id(self.request_id),
            channel: self.channel.unwrap_or_default(),
            customer: Some(Customer { name, ..customer }),
            update_mask: Some(FieldMask { paths }),
            etag: self.etag.unwrap_or_default(),
            validate_only: self.validate_only,
        })
    }
}

/// The resource name that is meant, if one is.
pub fn resource_name(text: &str) -> Option<String> {
    let id = CustomerId::from_resource_name(text).or_else(|| text.parse().ok())?;
    Some(id.resource_name())
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        update: Update,
    }

    fn request(line: &[&str]) -> Result<UpdateCustomerRequest, Failure> {
        let line = Line::try_parse_from(line).unwrap_or_else(|error| panic!("{error}"));
        line.update.request("customers/x".to_owned())
    }

    #[test]
    fn the_mask_is_what_was_given() {
        let flags = ["--last-name", "Oak", "--receipt-email", "", "--receipt-option", ""];
        let request = request(&[["update", "x"].as_slice(), &flags].concat()).unwrap();
        assert_eq!(
            request.update_mask.unwrap().paths,
            ["last_name", "receipt_email", "receipt_option"]
        );
        let customer = request.customer.unwrap();
        assert_eq!((customer.name.as_str(), customer.last_name.as_str()), ("customers/x", "Oak"));
    }

    #[test]
    fn nothing_to_change_is_said_before_anyone_is_called() {
        let refused = request(&["update", "x", "--channel", "SEATTLE"]);
        assert!(matches!(refused, Err(Failure::Usage(text)) if text.contains("nothing to change")));
    }

    #[test]
    fn a_uuid_stands_for_its_resource() {
        let id = "0195e9f4-0000-7000-8000-000000000000";
        let name = format!("customers/{id}");
        assert_eq!(resource_name(id), Some(name.clone()));
        assert_eq!(resource_name(&name), Some(name));
        assert_eq!(resource_name("C-0000001"), None);
    }
}
