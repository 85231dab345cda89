//! Stored rows as the statements of both engines return them, and what they mean.

use uuid::Uuid;

use crate::{
    domain::{
        id::{CustomerId, RequestId},
        job::AppliedVersions,
        merge::Record,
        origin::Origin,
        setup::Channel,
        submission::PerformedRequest,
        time::Timestamp,
    },
    headquarters::store::{Identity, RegisteredDatabase, Standing, TakenNumbers},
    storage::{StoreError, StoreResult, bytes_32, parse},
};

pub(super) mod revision;
pub(super) mod scheduler;

/// Database id, incarnation, key of the request hashes.
pub(super) type IdentityTuple = (Uuid, i64, Vec<u8>);
/// Id, record.
pub(super) type RecordTuple = (Uuid, String);
/// Request id, hash, method, customer id, decision.
pub(super) type MemoryTuple = (Uuid, Vec<u8>, String, Uuid, String);
/// As [`MemoryTuple`], and the customer's record.
pub(super) type PerformedTuple = (Uuid, Vec<u8>, String, Uuid, String, Option<String>);
/// Name under which the origin is registered, setup of the channel.
pub(super) type StandingTuple = (Option<String>, Option<String>);
/// Name, database id, incarnation, program version, registered at, last seen at; applied versions of 1010, 1070 and
/// 1110; connected until.
pub(super) type DatabaseTuple =
    (String, Uuid, i64, String, i64, i64, Option<i64>, Option<i64>, Option<i64>, i64);

/// The row of `headquarters`.
pub(super) fn identity(
    (database_id, incarnation, hash_key): IdentityTuple,
) -> StoreResult<Identity> {
    let request_hash_key = bytes_32("headquarters", "request_hash_key", 1, hash_key)?;
    Ok(Identity { database_id, incarnation, request_hash_key })
}

/// A row of `customer`.
pub(super) fn record((id, record): RecordTuple) -> StoreResult<Record> {
    parse("customer", "record", id, &record)
}

/// A row of `revision` that has performed its request.
pub(super) fn memory(
    (id, hash, method, customer_id, decision): MemoryTuple,
) -> StoreResult<(RequestId, PerformedRequest)> {
    let memory = PerformedRequest {
        request_hash: bytes_32("revision", "request_hash", id, hash)?,
        method: revision::method(id, &method)?,
        customer_id: CustomerId(customer_id),
        decision: parse("revision", "decision", id, &decision)?,
    };
    Ok((RequestId(id), memory))
}

/// A row of `revision` that has performed its request, and its customer.
pub(super) fn performed(
    (id, hash, method, customer_id, decision, found): PerformedTuple,
) -> StoreResult<(PerformedRequest, Record)> {
    let (_, memory) = memory((id, hash, method, customer_id, decision))?;
    let found = found.ok_or_else(|| {
        StoreError::inconsistent("revision", "customer_id", id, "no such customer")
    })?;
    Ok((memory, record((customer_id, found))?))
}

/// What an origin may do for a channel.
pub(super) fn standing(
    channel: &str,
    (registered_as, setup): StandingTuple,
) -> StoreResult<Standing> {
    let setup: Option<Channel> = setup
        .map(|setup| parse("setup", "content", format_args!("channels {channel}"), &setup))
        .transpose()?;
    Ok(Standing { registered_as, channel_served_by: setup.map(|channel| channel.database) })
}

/// A row of `registered_database`.
pub(super) fn database(row: DatabaseTuple) -> RegisteredDatabase {
    let (name, database_id, incarnation, program_version, registered_at, last_seen_at, ..) = row;
    let (.., customers, channel_configuration, global_configuration, connected_until) = row;
    RegisteredDatabase {
        name,
        origin: Origin { database_id, incarnation },
        program_version,
        registered_at: Timestamp(registered_at),
        last_seen_at: Timestamp(last_seen_at),
        applied: AppliedVersions { customers, channel_configuration, global_configuration },
        connected_until: Timestamp(connected_until),
    }
}

/// What was taken, given the last number after it.
pub(super) fn taken((format, last): (String, i64), count: u32) -> TakenNumbers {
    TakenNumbers { format, first: first(last, count) }
}

/// The first of so many numbers of which this is the last.
pub(super) fn first(last: i64, count: u32) -> i64 {
    last - i64::from(count) + 1
}
