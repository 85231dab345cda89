//! `ListOperations`.

use std::collections::BTreeSet;

use crate::{
    domain::{
        error::{Error, FieldReason, Result, Violation},
        id::CustomerId,
    },
    headquarters::{
        grpc::{
            customer_sync::convert,
            page::{self, Page},
        },
        operations::{self, Headquarters, ListOperations, OperationStatus},
    },
    proto::headquarters::{self as proto, ListOperationsRequest, ListOperationsResponse},
};

pub(super) async fn list(
    headquarters: &Headquarters,
    request: ListOperationsRequest,
) -> Result<ListOperationsResponse> {
    let (mut wanted, size) = check(&request)?;
    let page = page(&request, &wanted.statuses, size)?;
    wanted.after = page.after.map(|bytes| convert::position(&bytes));
    wanted.limit = page.limit();
    let mut found = operations::list_operations(headquarters, wanted).await?;
    let next_page_token = page.cut(&mut found, convert::position_bytes);
    let operations = found.into_iter().map(convert::operation).collect();
    Ok(ListOperationsResponse { operations, next_page_token })
}

fn page(
    request: &ListOperationsRequest,
    statuses: &BTreeSet<OperationStatus>,
    size: u32,
) -> Result<Page<{ convert::POSITION_BYTES }>> {
    let statuses = format!("{statuses:?}");
    let filters = [&statuses, &request.database, &request.channel, &request.customer];
    Page::new("operations", &filters.map(String::as_str), size, &request.page_token)
}

/// What is asked for, and the size of a page.
fn check(request: &ListOperationsRequest) -> Result<(ListOperations, u32)> {
    let mut violations = Vec::new();
    let mut wanted = ListOperations::default();
    for (index, number) in request.statuses.iter().enumerate() {
        match proto::OperationStatus::try_from(*number).ok().and_then(convert::known_status) {
            Some(status) => _ = wanted.statuses.insert(status),
            None => violations.push(Violation::new(
                format!("statuses[{index}]"),
                FieldReason::InvalidEnumValue,
                "is no status of an operation",
            )),
        }
    }
    wanted.database = text("database", &request.database, &mut violations);
    wanted.channel = text("channel", &request.channel, &mut violations);
    if !request.customer.is_empty() {
        wanted.customer = CustomerId::from_resource_name(&request.customer);
        if wanted.customer.is_none() {
            let text = "is no resource name: customers/{uuid}";
            violations.push(Violation::new("customer", FieldReason::InvalidName, text));
        }
    }
    let size = page::size(request.page_size).map_err(|violation| violations.push(violation));
    match size {
        Ok(size) if violations.is_empty() => Ok((wanted, size)),
        _ => Err(Error::InvalidFields(violations)),
    }
}

/// A text to look for; `None`: it is empty. No database holds a control character in one.
fn text(field: &str, text: &str, violations: &mut Vec<Violation>) -> Option<String> {
    if text.chars().any(char::is_control) {
        let reason = FieldReason::ControlCharacter;
        violations.push(Violation::new(field, reason, "has a control character"));
    }
    Some(text.to_owned()).filter(|text| !text.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_bad_field_is_named_at_once() {
        let request = ListOperationsRequest {
            statuses: vec![2, 0, 99],
            database: "a\0".to_owned(),
            channel: "\n".to_owned(),
            customer: "C-0000001".to_owned(),
            page_size: 501,
            ..ListOperationsRequest::default()
        };
        let Err(Error::InvalidFields(violations)) = check(&request) else { panic!("refused") };
        let fields: Vec<_> = violations.iter().map(|violation| violation.field.as_str()).collect();
        assert_eq!(
            fields,
            ["statuses[1]", "statuses[2]", "database", "channel", "customer", "page_size"]
        );
    }

    #[test]
    fn what_is_empty_is_not_looked_for() {
        let (wanted, size) = check(&ListOperationsRequest::default()).unwrap();
        assert!(wanted.statuses.is_empty() && wanted.customer.is_none());
        assert_eq!((wanted.database, wanted.channel, size), (None, None, 50));
    }

    #[test]
    fn the_order_of_the_statuses_makes_no_other_list() {
        let request = |statuses: [i32; 3]| {
            let request =
                ListOperationsRequest { statuses: statuses.to_vec(), ..Default::default() };
            let (wanted, size) = check(&request).unwrap();
            page(&request, &wanted.statuses, size).unwrap()
        };
        assert_eq!(request([1, 2, 1]), request([2, 1, 2]));
        assert_ne!(request([1, 2, 1]), request([1, 1, 1]));
    }
}
