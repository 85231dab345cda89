//! Operations as JSON: the keys and values of the protos' own JSON form, with every key there always.

use serde::Serialize;

use crate::{cli::output::time, proto::headquarters as proto};

#[derive(Serialize)]
pub struct Operations<'a> {
    pub operations: Vec<Operation<'a>>,
    pub next_page_token: &'a str,
}

#[derive(Serialize)]
pub struct OneOperation<'a> {
    pub operation: Option<Operation<'a>>,
}

#[derive(Serialize)]
pub struct Operation<'a> {
    name: &'a str,
    method: &'a str,
    status: &'a str,
    database: &'a str,
    counter: String,
    channel: &'a str,
    caller: &'a str,
    request_id: &'a str,
    customer: &'a str,
    account_number: &'a str,
    capture_time: Option<String>,
    upload_time: Option<String>,
    process_time: Option<String>,
    deliver_time: Option<String>,
    error_reason: &'a str,
    error_text: &'a str,
    superseded: Vec<SupersededField<'a>>,
}

#[derive(Serialize)]
struct SupersededField<'a> {
    field: &'a str,
    lost: &'a str,
    kept: &'a str,
}

impl<'a> From<&'a proto::Operation> for Operation<'a> {
    fn from(operation: &'a proto::Operation) -> Self {
        Self {
            name: &operation.name,
            method: &operation.method,
            status: operation.status().as_str_name(),
            database: &operation.database,
            counter: operation.counter.to_string(),
            channel: &operation.channel,
            caller: &operation.caller,
            request_id: &operation.request_id,
            customer: &operation.customer,
            account_number: &operation.account_number,
            capture_time: operation.capture_time.as_ref().and_then(time),
            upload_time: operation.upload_time.as_ref().and_then(time),
            process_time: operation.process_time.as_ref().and_then(time),
            deliver_time: operation.deliver_time.as_ref().and_then(time),
            error_reason: &operation.error_reason,
            error_text: &operation.error_text,
            superseded: operation.superseded.iter().map(SupersededField::from).collect(),
        }
    }
}

impl<'a> From<&'a proto::SupersededField> for SupersededField<'a> {
    fn from(field: &'a proto::SupersededField) -> Self {
        let proto::SupersededField { field, lost, kept } = field;
        Self { field, lost, kept }
    }
}
