//! `csu sync list`

use clap::{Args, ValueEnum};

use crate::{
    cli::{
        Exit, Outcome,
        flags::{HeadquartersFlags, Output},
        headquarters::{
            Headquarters,
            show::{note_more, time},
        },
        output,
        sync::{json, show},
    },
    domain::id::CustomerId,
    proto::headquarters::{ListOperationsRequest, Operation, OperationStatus},
};

/// List async operations, those that headquarters received last first
///
/// Several filters narrow the list; several statuses widen it. Finding none is no failure.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  csu sync list --status failed --status parked
  csu sync list --channel SEATTLE --limit 10
  csu sync list --customer 0195e9f4-0000-7000-8000-000000000000
  csu sync list --status pending --output json | jq '.operations | length'")]
pub struct List {
    /// What became of it; may be repeated [default: whatever did]
    #[arg(long, value_enum, value_name = "STATUS", value_delimiter = ',')]
    status: Vec<Status>,
    /// Name of the channel database
    #[arg(long, value_name = "NAME")]
    database: Option<String>,
    /// Operating unit number of the channel
    #[arg(long, value_name = "NUMBER")]
    channel: Option<String>,
    /// Resource name or UUID of the customer
    #[arg(long, value_name = "CUSTOMER")]
    customer: Option<String>,
    /// Most operations to show, up to 500
    #[arg(long, value_name = "COUNT", default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=500))]
    limit: u32,
    /// Go on where another page ended
    #[arg(long, value_name = "TOKEN")]
    page_token: Option<String>,
    #[command(flatten)]
    client: HeadquartersFlags,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Status {
    /// It waits for the batch
    Pending,
    /// It is in force
    Synchronized,
    /// Somebody has to edit it, or discard it
    Failed,
    /// An earlier operation of its customer has failed
    Parked,
    /// Done, and later values of others are in force where it differs
    Superseded,
}

pub async fn run(list: &List) -> Outcome {
    let headquarters = Headquarters::connect(&list.client).await?;
    let call = async |request| headquarters.customer_sync().list_operations(request).await;
    let found = headquarters.call(list.request(), call).await?;
    match headquarters.output {
        Output::Json => {
            let operations = found.operations.iter().map(json::Operation::from).collect();
            let next_page_token = &found.next_page_token;
            output::print_json(&json::Operations { operations, next_page_token })?;
        }
        Output::Table if found.operations.is_empty() => output::note("No operation found."),
        Output::Table => {
            let header = [
                "OPERATION",
                "METHOD",
                "STATUS",
                "DATABASE",
                "CHANNEL",
                "ACCOUNT",
                "CAPTURED",
                "ERROR",
            ];
            output::print(&output::table(header, found.operations.iter().map(row)))?;
            note_more(&found.next_page_token);
        }
    }
    Ok(Exit::Done)
}

impl List {
    /// What is no customer is headquarters' to refuse.
    fn request(&self) -> ListOperationsRequest {
        let customer = self.customer.clone().unwrap_or_default();
        let customer = customer.parse().map_or(customer, CustomerId::resource_name);
        ListOperationsRequest {
            statuses: self.status.iter().map(|status| status.message().into()).collect(),
            database: self.database.clone().unwrap_or_default(),
            channel: self.channel.clone().unwrap_or_default(),
            customer,
            page_size: self.limit,
            page_token: self.page_token.clone().unwrap_or_default(),
        }
    }
}

impl Status {
    const fn message(self) -> OperationStatus {
        match self {
            Self::Pending => OperationStatus::Pending,
            Self::Synchronized => OperationStatus::Synchronized,
            Self::Failed => OperationStatus::Failed,
            Self::Parked => OperationStatus::Parked,
            Self::Superseded => OperationStatus::Superseded,
        }
    }
}

fn row(operation: &Operation) -> [String; 8] {
    [
        operation.name.clone(),
        operation.method.clone(),
        show::status(operation),
        operation.database.clone(),
        operation.channel.clone(),
        operation.account_number.clone(),
        time(operation.capture_time.as_ref()),
        operation.error_reason.clone(),
    ]
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        list: List,
    }

    fn request(line: &str) -> ListOperationsRequest {
        let line = Line::try_parse_from(format!("list {line}").trim().split(' '));
        line.unwrap_or_else(|error| panic!("{error}")).list.request()
    }

    #[test]
    fn filters_are_what_was_typed() {
        let id = "0195e9f4-0000-7000-8000-000000000000";
        let name = format!("customers/{id}");
        let asked = request(&format!("--status failed,parked --status superseded --customer {id}"));
        assert_eq!((asked.statuses, asked.customer), (vec![3, 4, 5], name.clone()));
        assert_eq!(request(&format!("--customer {name}")).customer, name);
        assert_eq!(request("--customer C-0000001").customer, "C-0000001");
        let asked = request("");
        assert!(asked.statuses.is_empty() && asked.customer.is_empty() && asked.page_size == 50);
        for line in ["list --limit 0", "list --limit 501", "list --status done"] {
            assert!(Line::try_parse_from(line.split(' ')).is_err(), "{line}");
        }
    }

    #[test]
    fn every_status_can_be_typed() {
        for status in Status::value_variants() {
            let typed = status.to_possible_value().unwrap();
            let name = format!("OPERATION_STATUS_{}", typed.get_name().to_uppercase());
            assert_eq!(status.message().as_str_name(), name);
        }
    }
}
