//! `csu sync show`

use clap::Args;

use crate::{
    cli::{
        Exit, Outcome,
        flags::{HeadquartersFlags, Output},
        headquarters::{
            Headquarters,
            show::{fact, time},
        },
        output,
        sync::json,
    },
    proto::headquarters::{GetOperationRequest, Operation},
};

const COLLECTION: &str = "operations/";

/// Show one async operation with all that is known of it
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  csu sync show operations/0195e9f4-0000-7000-8000-00000000000a.1.17
  csu sync show 0195e9f4-0000-7000-8000-00000000000a.1.17 --output json | jq -r .operation.error_text")]
pub struct Show {
    /// Its name, as `csu sync list` shows it
    #[arg(value_name = "OPERATION")]
    operation: String,
    #[command(flatten)]
    client: HeadquartersFlags,
}

pub async fn run(show: &Show) -> Outcome {
    let headquarters = Headquarters::connect(&show.client).await?;
    let request = GetOperationRequest { name: name(&show.operation) };
    let call = async |request| headquarters.customer_sync().get_operation(request).await;
    let operation = headquarters.call(request, call).await?.operation;
    match headquarters.output {
        Output::Json => {
            let operation = operation.as_ref().map(json::Operation::from);
            output::print_json(&json::OneOperation { operation })?;
        }
        Output::Table => output::print(&output::columns(operation.iter().flat_map(facts)))?,
    }
    Ok(Exit::Done)
}

/// What is no name is headquarters' to refuse.
fn name(text: &str) -> String {
    if text.contains('/') { text.to_owned() } else { format!("{COLLECTION}{text}") }
}

/// What became of it, in a word.
pub fn status(operation: &Operation) -> String {
    output::words(operation.status().as_str_name(), "OPERATION_STATUS_")
}

/// Everything that is not empty.
fn facts(operation: &Operation) -> Vec<[String; 2]> {
    let mut facts = vec![
        fact("Operation", operation.name.as_str()),
        fact("Method", operation.method.as_str()),
        fact("Status", status(operation)),
        fact("Error", error(operation)),
        fact("Database", operation.database.as_str()),
        fact("Counter", operation.counter.to_string()),
        fact("Channel", operation.channel.as_str()),
        fact("Caller", operation.caller.as_str()),
        fact("Request id", operation.request_id.as_str()),
        fact("Customer", operation.customer.as_str()),
        fact("Account number", operation.account_number.as_str()),
        fact("Captured", time(operation.capture_time.as_ref())),
        fact("Uploaded", time(operation.upload_time.as_ref())),
        fact("Processed", time(operation.process_time.as_ref())),
        fact("Delivered", time(operation.deliver_time.as_ref())),
    ];
    // Both values are there for whoever has to choose between them.
    facts.extend(operation.superseded.iter().map(|field| {
        let text = format!("{}: {:?} lost against {:?}", field.field, field.lost, field.kept);
        fact("Superseded", text)
    }));
    facts.retain(|[_, value]| !value.is_empty());
    facts
}

fn error(operation: &Operation) -> String {
    let Operation { error_reason, error_text, .. } = operation;
    if error_text.is_empty() {
        error_reason.clone()
    } else {
        format!("{error_reason}: {error_text}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::proto::headquarters::{OperationStatus, SupersededField};

    #[test]
    fn only_what_is_known_is_shown() {
        let time = |seconds| Some(prost_types::Timestamp { seconds, nanos: 0 });
        let text = str::to_owned;
        let failed = Operation {
            name: text("operations/d.1.17"),
            method: text("CreateCustomer"),
            status: OperationStatus::Failed.into(),
            database: text("store-1"),
            counter: 17,
            channel: text("SEATTLE"),
            caller: text("anonymous"),
            request_id: text("r"),
            customer: text("customers/c"),
            capture_time: time(1_700_000_000),
            upload_time: time(1_700_000_001),
            process_time: time(1_700_000_002),
            error_reason: text("CUSTOMER_GROUP_NOT_FOUND"),
            error_text: text("headquarters has no customer group \"31\""),
            ..Operation::default()
        };
        assert_eq!(
            output::columns(facts(&failed)),
            "\
Operation   operations/d.1.17
Method      CreateCustomer
Status      failed
Error       CUSTOMER_GROUP_NOT_FOUND: headquarters has no customer group \"31\"
Database    store-1
Counter     17
Channel     SEATTLE
Caller      anonymous
Request id  r
Customer    customers/c
Captured    2023-11-14T22:13:20Z
Uploaded    2023-11-14T22:13:21Z
Processed   2023-11-14T22:13:22Z"
        );
        let lost = SupersededField { field: text("language"), lost: text("de"), kept: text("it") };
        let superseded = Operation {
            status: OperationStatus::Superseded.into(),
            superseded: vec![lost],
            error_reason: String::new(),
            error_text: String::new(),
            ..failed
        };
        let shown = output::columns(facts(&superseded));
        assert!(shown.ends_with("language: \"de\" lost against \"it\""), "{shown}");
        assert!(!shown.contains("Error"), "{shown}");
    }

    #[test]
    fn a_name_may_be_cut_to_what_tells() {
        assert_eq!(name("d.1.17"), "operations/d.1.17");
        assert_eq!(name("operations/d.1.17"), "operations/d.1.17");
        assert_eq!(name("customers/c"), "customers/c");
    }
}
