//! Operations as messages, and their names.

use uuid::Uuid;

use crate::{
    domain::{merge::Superseded, origin::Origin, revision::Counter, time::Timestamp},
    headquarters::operations::{self, OperationStatus, Place},
    proto::headquarters::{self as proto, Operation, SupersededField},
    wire::timestamp,
};

const COLLECTION: &str = "operations/";

/// Of a position in a list: a time, a database, an incarnation, a counter.
pub(super) const POSITION_BYTES: usize = 8 + 16 + 8 + 8;

pub(super) fn operation(operation: operations::Operation) -> Operation {
    let status = OperationStatus::of(&operation);
    let database_id = operation.place.origin.database_id;
    Operation {
        name: name(operation.place),
        method: operation.method.name().to_owned(),
        status: status_message(status).into(),
        database: operation.database.unwrap_or_else(|| database_id.hyphenated().to_string()),
        counter: operation.place.counter.0,
        channel: operation.channel,
        caller: operation.caller,
        request_id: operation.request_id.to_string(),
        customer: operation.customer_id.resource_name(),
        account_number: operation.account_number.unwrap_or_default(),
        capture_time: Some(timestamp(operation.captured_at)),
        upload_time: Some(timestamp(operation.received_at)),
        process_time: operation.processed_at.map(timestamp),
        deliver_time: operation.delivered_at.map(timestamp),
        error_reason: operation.error_reason.unwrap_or_default(),
        error_text: operation.error_text.unwrap_or_default(),
        superseded: operation.superseded.into_iter().map(superseded).collect(),
    }
}

fn superseded(field: Superseded) -> SupersededField {
    let Superseded { field, lost, kept } = field;
    SupersededField { field, lost, kept }
}

const fn status_message(status: OperationStatus) -> proto::OperationStatus {
    match status {
        OperationStatus::Pending => proto::OperationStatus::Pending,
        OperationStatus::Synchronized => proto::OperationStatus::Synchronized,
        OperationStatus::Failed => proto::OperationStatus::Failed,
        OperationStatus::Parked => proto::OperationStatus::Parked,
        OperationStatus::Superseded => proto::OperationStatus::Superseded,
    }
}

/// `None`: not given.
pub(super) const fn known_status(status: proto::OperationStatus) -> Option<OperationStatus> {
    match status {
        proto::OperationStatus::Unspecified => None,
        proto::OperationStatus::Pending => Some(OperationStatus::Pending),
        proto::OperationStatus::Synchronized => Some(OperationStatus::Synchronized),
        proto::OperationStatus::Failed => Some(OperationStatus::Failed),
        proto::OperationStatus::Parked => Some(OperationStatus::Parked),
        proto::OperationStatus::Superseded => Some(OperationStatus::Superseded),
    }
}

fn name(place: Place) -> String {
    let Place { origin: Origin { database_id, incarnation }, counter: Counter(counter) } = place;
    format!("{COLLECTION}{}.{incarnation}.{counter}", database_id.hyphenated())
}

/// The reverse of [`name`]; `None` for anything else.
pub(super) fn place(text: &str) -> Option<Place> {
    let mut parts = text.strip_prefix(COLLECTION)?.splitn(3, '.');
    let database_id = Uuid::try_parse(parts.next()?).ok()?;
    let incarnation = parts.next()?.parse().ok()?;
    let counter = Counter(parts.next()?.parse().ok()?);
    let place = Place { origin: Origin { database_id, incarnation }, counter };
    // Other spellings of a number, or of an id, would pass for other operations.
    name(place).eq_ignore_ascii_case(text).then_some(place)
}

pub(super) fn position_bytes(operation: &operations::Operation) -> [u8; POSITION_BYTES] {
    let Place { origin, counter } = operation.place;
    let mut bytes = [0; POSITION_BYTES];
    bytes[..8].copy_from_slice(&operation.received_at.millis().to_be_bytes());
    bytes[8..24].copy_from_slice(origin.database_id.as_bytes());
    bytes[24..32].copy_from_slice(&origin.incarnation.to_be_bytes());
    bytes[32..].copy_from_slice(&counter.0.to_be_bytes());
    bytes
}

/// The reverse of [`position_bytes`].
pub(super) fn position(bytes: &[u8; POSITION_BYTES]) -> (Timestamp, Place) {
    let number = |at: usize| {
        let mut number = [0; 8];
        number.copy_from_slice(&bytes[at..at + 8]);
        i64::from_be_bytes(number)
    };
    let mut database_id = [0; 16];
    database_id.copy_from_slice(&bytes[8..24]);
    let origin = Origin { database_id: Uuid::from_bytes(database_id), incarnation: number(24) };
    (Timestamp(number(0)), Place { origin, counter: Counter(number(32)) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{
        conclusion::RevisionStatus,
        id::{CustomerId, RequestId},
        write::Method,
    };

    const DATABASE: &str = "0195e9f4-0000-7000-8000-00000000000a";

    fn parked() -> operations::Operation {
        operations::Operation {
            place: place(&format!("operations/{DATABASE}.2.17")).unwrap(),
            database: None,
            request_id: RequestId(Uuid::from_u128(1)),
            method: Method::AddAddress,
            channel: "HOUSTON".to_owned(),
            caller: "anonymous".to_owned(),
            customer_id: CustomerId(Uuid::from_u128(2)),
            account_number: None,
            captured_at: Timestamp(1_500),
            received_at: Timestamp(2_000),
            processed_at: Some(Timestamp(3_000)),
            delivered_at: None,
            status: RevisionStatus::Parked,
            superseded: Vec::new(),
            error_reason: Some("EARLIER_REVISION_FAILED".to_owned()),
            error_text: Some("waits".to_owned()),
        }
    }

    #[test]
    fn an_operation_says_what_is_known_of_it() {
        let message = operation(parked());
        assert_eq!(message.name, format!("operations/{DATABASE}.2.17"));
        assert_eq!((message.database.as_str(), message.counter), (DATABASE, 17));
        assert_eq!(message.status(), proto::OperationStatus::Parked);
        assert_eq!((message.method.as_str(), message.error_text.as_str()), ("AddAddress", "waits"));
        assert_eq!(message.capture_time.map(|time| time.nanos), Some(500_000_000));
        assert_eq!((message.account_number.as_str(), message.deliver_time), ("", None));
    }

    #[test]
    fn what_lost_against_later_values_is_superseded() {
        let lost = Superseded {
            field: "last_name".to_owned(),
            lost: "Birch".to_owned(),
            kept: "Oak".to_owned(),
        };
        let status = RevisionStatus::Synchronized;
        let done = operations::Operation { status, ..parked() };
        assert_eq!(operation(done.clone()).status(), proto::OperationStatus::Synchronized);
        let message = operation(operations::Operation { superseded: vec![lost], ..done });
        assert_eq!(message.status(), proto::OperationStatus::Superseded);
        assert_eq!(message.superseded[0].kept, "Oak");
    }

    #[test]
    fn statuses_come_back() {
        for number in 1..=5 {
            let message = proto::OperationStatus::try_from(number).unwrap();
            assert_eq!(known_status(message).map(status_message), Some(message));
        }
    }

    #[test]
    fn names_and_positions_come_back() {
        let parked = parked();
        assert_eq!(place(&name(parked.place)), Some(parked.place));
        assert_eq!(place(&name(parked.place).replace("00a", "00A")), Some(parked.place));
        let (received_at, found) = position(&position_bytes(&parked));
        assert_eq!((received_at, found), (parked.received_at, parked.place));
        for text in ["", "1", "1.2.3", "1.-", "+1.2", "01.2", "1.2x", " 1.2"] {
            assert_eq!(place(&format!("operations/{DATABASE}.{text}")), None, "{text}");
        }
        let simple = DATABASE.replace('-', "");
        for text in ["", "operations/", &format!("operations/{simple}.1.2"), "operation/x.1.2"] {
            assert_eq!(place(text), None, "{text}");
        }
    }
}
