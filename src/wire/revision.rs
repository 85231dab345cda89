//! Revisions on their way to headquarters.

use std::time::Duration;

use crate::{
    domain::{
        configuration::ConfigurationVersion,
        id::RequestId,
        origin::Origin,
        revision::{Change, Counter, Draft},
        submission::{Capture, CapturedRevision, Decision, Submission},
        write::{Method, Write},
    },
    proto::exchange as proto,
    wire::{
        Malformed,
        customer::{
            contact, contact_row, put_address_fields, put_customer_fields, take_address_fields,
            take_customer_fields,
        },
        duration, id, time, timestamp,
    },
};

/// Longest name of a channel or caller.
const LONGEST_NAME: usize = 200;

pub fn origin_message(origin: Origin) -> proto::Origin {
    proto::Origin {
        database_id: origin.database_id.hyphenated().to_string(),
        incarnation: origin.incarnation,
    }
}

/// # Errors
/// It is missing or none.
pub fn origin(message: Option<proto::Origin>) -> Result<Origin, Malformed> {
    let message = message.ok_or(Malformed("origin"))?;
    if message.incarnation < 1 {
        return Err(Malformed("origin.incarnation"));
    }
    let database_id = id(&message.database_id, "origin.database_id")?;
    Ok(Origin { database_id, incarnation: message.incarnation })
}

/// What a write asks headquarters to do.
pub fn revision(write: &Write, draft: &Draft) -> proto::Revision {
    proto::Revision {
        request_id: write.request_id.to_string(),
        request_hash: write.request_hash.to_vec(),
        customer_id: write.customer_id.to_string(),
        channel: write.channel.clone(),
        caller: write.caller.name.clone(),
        base_version: draft.base_version.unwrap_or(0),
        decision: Some(decision_message(&write.execution.decision())),
        changes: draft.changes.iter().map(change_message).collect(),
    }
}

/// A write that headquarters is asked to perform by `method`.
///
/// # Errors
/// What is missing, or can't be read, or does not belong into a call of this method.
pub fn submission(
    method: Method,
    origin: Origin,
    revision: Option<proto::Revision>,
) -> Result<Submission, Malformed> {
    let revision = revision.ok_or(Malformed("revision"))?;
    let changes: Vec<_> = revision.changes.into_iter().map(change).collect::<Result<_, _>>()?;
    if !belong(method, &changes) {
        return Err(Malformed("revision.changes"));
    }
    if revision.base_version < 0 {
        return Err(Malformed("revision.base_version"));
    }
    for (name, field) in
        [(&revision.channel, "revision.channel"), (&revision.caller, "revision.caller")]
    {
        if name.is_empty() || name.len() > LONGEST_NAME || name.contains('\0') {
            return Err(Malformed(field));
        }
    }
    let draft = Draft {
        request_id: request_id(&revision.request_id)?,
        customer_id: id(&revision.customer_id, "revision.customer_id")?,
        base_version: (revision.base_version > 0).then_some(revision.base_version),
        changes,
    };
    Ok(Submission {
        origin,
        draft,
        method,
        request_hash: revision
            .request_hash
            .try_into()
            .map_err(|_| Malformed("revision.request_hash"))?,
        channel: revision.channel,
        caller: revision.caller,
        decision: decision(revision.decision)?,
        require_unchanged: false,
        capture: None,
    })
}

/// An async write that a unit uploads.
pub fn uploaded_revision(captured: &CapturedRevision) -> proto::UploadedRevision {
    let CapturedRevision { revision, request_hash, channel, caller, decision } = captured;
    proto::UploadedRevision {
        counter: revision.counter.0,
        id: revision.id.to_string(),
        capture_time: Some(timestamp(revision.captured_at)),
        revision: Some(proto::Revision {
            request_id: revision.request_id.to_string(),
            request_hash: request_hash.to_vec(),
            customer_id: revision.customer_id.to_string(),
            channel: channel.clone(),
            caller: caller.clone(),
            base_version: revision.base_version.unwrap_or(0),
            decision: Some(decision_message(decision)),
            changes: revision.changes.iter().map(change_message).collect(),
        }),
    }
}

/// The reverse of [`uploaded_revision`], at headquarters.
///
/// # Errors
/// What is missing, or can't be read, or is no revision of one of the methods.
pub fn uploaded_submission(
    origin: Origin,
    uploaded: proto::UploadedRevision,
) -> Result<Submission, Malformed> {
    use proto::change::Change as Kind;
    if uploaded.counter < 1 {
        return Err(Malformed("revisions.counter"));
    }
    let capture = Capture {
        revision_id: id(&uploaded.id, "revisions.id")?,
        counter: Counter(uploaded.counter),
        at: time(uploaded.capture_time, "revisions.capture_time")?,
    };
    let first = uploaded.revision.as_ref().and_then(|revision| revision.changes.first());
    let method = match first.and_then(|change| change.change.as_ref()) {
        Some(Kind::CreateCustomer(_)) => Method::CreateCustomer,
        Some(Kind::UpdateCustomer(_)) => Method::UpdateCustomer,
        Some(Kind::AddAddress(_)) => Method::AddAddress,
        Some(Kind::AddContact(_)) | None => return Err(Malformed("revision.changes")),
    };
    let submission = submission(method, origin, uploaded.revision)?;
    Ok(Submission { capture: Some(capture), ..submission })
}

/// # Errors
/// It is no UUID, or one that stands for nothing.
pub fn request_id(text: &str) -> Result<RequestId, Malformed> {
    let id: RequestId = id(text, "request_id")?;
    if id.0.is_nil() || id.0.is_max() { Err(Malformed("request_id")) } else { Ok(id) }
}

pub fn decision_message(decision: &Decision) -> proto::Decision {
    proto::Decision {
        reason: decision.reason.clone(),
        channel_configuration: decision.configuration_version.channel_configuration,
        global_configuration: decision.configuration_version.global_configuration,
        configuration_age: Some(duration(decision.configuration_age)),
    }
}

/// # Errors
/// It is missing or none.
pub fn decision(message: Option<proto::Decision>) -> Result<Decision, Malformed> {
    let message = message.ok_or(Malformed("revision.decision"))?;
    let age = message.configuration_age.unwrap_or_default();
    if message.reason.is_empty() || message.reason.len() > LONGEST_NAME {
        return Err(Malformed("revision.decision.reason"));
    }
    Ok(Decision {
        reason: message.reason,
        configuration_version: ConfigurationVersion {
            channel_configuration: message.channel_configuration,
            global_configuration: message.global_configuration,
        },
        configuration_age: Duration::new(
            u64::try_from(age.seconds).unwrap_or(0),
            u32::try_from(age.nanos).unwrap_or(0).min(999_999_999),
        ),
    })
}

/// Whether a call of this method may bring these changes.
fn belong(method: Method, changes: &[Change]) -> bool {
    match (method, changes) {
        (Method::CreateCustomer, [Change::CreateCustomer { .. }, rest @ ..]) => rest
            .iter()
            .all(|change| matches!(change, Change::AddContact { .. } | Change::AddAddress { .. })),
        (Method::UpdateCustomer, [Change::UpdateCustomer { .. }])
        | (Method::AddAddress, [Change::AddAddress { .. }]) => true,
        _ => false,
    }
}

fn change_message(change: &Change) -> proto::Change {
    use proto::change::Change as Kind;
    let kind = match change {
        Change::CreateCustomer { fields } => Kind::CreateCustomer(proto::CreateCustomer {
            fields: Some(put_customer_fields(fields.iter())),
        }),
        Change::UpdateCustomer { fields } => Kind::UpdateCustomer(proto::UpdateCustomer {
            fields: Some(put_customer_fields(fields.iter())),
        }),
        Change::AddContact { contact } => {
            Kind::AddContact(proto::AddContact { contact: Some(contact_row(contact)) })
        }
        Change::AddAddress { id, fields, primary } => Kind::AddAddress(proto::AddAddress {
            id: id.to_string(),
            fields: Some(put_address_fields(fields.iter())),
            primary: *primary,
        }),
    };
    proto::Change { change: Some(kind) }
}

fn change(message: proto::Change) -> Result<Change, Malformed> {
    use proto::change::Change as Kind;
    Ok(match message.change.ok_or(Malformed("revision.changes"))? {
        Kind::CreateCustomer(create) => {
            Change::CreateCustomer { fields: take_customer_fields(create.fields)? }
        }
        Kind::UpdateCustomer(update) => {
            Change::UpdateCustomer { fields: take_customer_fields(update.fields)? }
        }
        Kind::AddContact(add) => Change::AddContact {
            contact: contact(
                add.contact.ok_or(Malformed("revision.changes.add_contact.contact"))?,
            )?,
        },
        Kind::AddAddress(add) => Change::AddAddress {
            id: id(&add.id, "revision.changes.add_address.id")?,
            fields: take_address_fields(add.fields)?,
            primary: add.primary,
        },
    })
}
