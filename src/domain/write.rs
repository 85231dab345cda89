//! What an operation asks the writer to make durable, and whether it may be.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::domain::{
    base::Base,
    caller::Caller,
    configuration::ConfigurationVersion,
    customer::Contact,
    error::{Error, Result},
    etag,
    field::{AddressField, CustomerField, Fields, Patch},
    id::{AddressId, CustomerId, RequestId},
    known::KnownCustomer,
    limits::MAX_ADDRESSES,
    revision::{Change, Counter, Draft, Revision},
    routing::{AsyncReason, RealTimeReason},
    submission::Decision,
    sync::{self, SyncProgress, WaitingRevision},
    time::Timestamp,
    validation, view,
};

/// Keyed hash over method, channel and content of a request: tells a repetition from a reuse of its id.
pub type RequestHash = [u8; 32];

/// How long a repetition of a request gets its first answer.
pub const REQUEST_RECORDS_KEPT: Duration = Duration::from_hours(7 * 24);

/// One write, checked as far as that goes without the database.
#[derive(Debug, Clone)]
pub struct Write {
    pub request_id: RequestId,
    pub request_hash: RequestHash,
    pub customer_id: CustomerId,
    pub channel: String,
    pub caller: Caller,
    pub command: Command,
    pub execution: Execution,
    /// What headquarters made of it. `None`: the channel performs it, or nobody has yet.
    pub performed: Option<Box<Base>>,
}

#[derive(Debug, Clone)]
pub enum Command {
    CreateCustomer(NewCustomer),
    UpdateCustomer { patch: Patch<CustomerField>, etag: Option<String> },
    AddAddress { id: AddressId, fields: Fields<AddressField>, primary: bool },
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewCustomer {
    pub fields: Fields<CustomerField>,
    pub contacts: Vec<Contact>,
    pub addresses: Vec<NewAddress>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewAddress {
    pub id: AddressId,
    pub fields: Fields<AddressField>,
    pub primary: bool,
}

/// RPCs that write.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Method {
    CreateCustomer,
    UpdateCustomer,
    AddAddress,
}

/// Which way a write went, why, and by which configuration.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Execution {
    pub mode: Mode,
    pub configuration_version: ConfigurationVersion,
    pub configuration_age: Duration,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub headquarters_duration: Option<Duration>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Mode {
    RealTime(RealTimeReason),
    Async(AsyncReason),
}

/// What a write was answered; a repetition gets it again, word for word.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answer {
    pub method: Method,
    pub known: KnownCustomer,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub address_id: Option<AddressId>,
    pub execution: Execution,
}

/// The memory of a performed write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestRecord {
    pub request_id: RequestId,
    pub request_hash: RequestHash,
    pub answer: Answer,
}

/// What becomes of a write, given what is known under its locks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// It was performed before.
    Replay(Box<Answer>),
    /// It is new, and changes something: here, or at headquarters if that is its way.
    Append(Draft),
    /// Headquarters has performed it: its base, which is newer than the one here, is to be taken over.
    Adopt(Box<Base>),
    /// It is new, and everything is as it asks already.
    Nothing,
}

impl Execution {
    /// As headquarters was told; `None`: by a newer program.
    pub fn of(decision: &Decision) -> Option<Self> {
        Some(Self {
            mode: Mode::from_reason(&decision.reason)?,
            configuration_version: decision.configuration_version,
            configuration_age: decision.configuration_age,
            headquarters_duration: None,
        })
    }

    /// As headquarters is told.
    pub fn decision(&self) -> Decision {
        Decision {
            reason: self.mode.reason().to_owned(),
            configuration_version: self.configuration_version,
            configuration_age: self.configuration_age,
        }
    }
}

impl Answer {
    /// To a write that headquarters has performed, of a customer that is known so now; `None`: decided by a newer
    /// program.
    pub fn of_performed(
        request_id: RequestId,
        method: Method,
        decision: &Decision,
        known: KnownCustomer,
    ) -> Option<Self> {
        Some(Self {
            method,
            known,
            address_id: (method == Method::AddAddress).then(|| request_id.address_id(0)),
            execution: Execution::of(decision)?,
        })
    }
}

impl Mode {
    pub const fn reason(self) -> &'static str {
        match self {
            Self::RealTime(reason) => reason.as_str(),
            Self::Async(reason) => reason.as_str(),
        }
    }

    /// The reverse of [`Self::reason`]; `None` for one of a newer program.
    pub fn from_reason(text: &str) -> Option<Self> {
        let real_time = RealTimeReason::ALL.iter().find(|reason| reason.as_str() == text);
        let asynchronous = AsyncReason::ALL.iter().find(|reason| reason.as_str() == text);
        real_time
            .map(|reason| Self::RealTime(*reason))
            .or(asynchronous.map(|reason| Self::Async(*reason)))
    }
}

impl Method {
    pub const fn name(self) -> &'static str {
        match self {
            Self::CreateCustomer => "CreateCustomer",
            Self::UpdateCustomer => "UpdateCustomer",
            Self::AddAddress => "AddAddress",
        }
    }

    /// The reverse of [`Self::name`]; `None` for one of a newer program.
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::CreateCustomer, Self::UpdateCustomer, Self::AddAddress]
            .into_iter()
            .find(|method| method.name() == name)
    }
}

impl Write {
    pub const fn method(&self) -> Method {
        match self.command {
            Command::CreateCustomer(_) => Method::CreateCustomer,
            Command::UpdateCustomer { .. } => Method::UpdateCustomer,
            Command::AddAddress { .. } => Method::AddAddress,
        }
    }

    /// Rows of contacts and addresses that it brings.
    pub const fn rows(&self) -> usize {
        match &self.command {
            Command::CreateCustomer(new) => new.contacts.len() + new.addresses.len(),
            Command::UpdateCustomer { .. } => 0,
            Command::AddAddress { .. } => 1,
        }
    }

    /// Decides what becomes of the write. `record` is the memory of its request id, `known` its customer, both
    /// read under the locks of the writing transaction.
    pub fn judge(
        &self,
        record: Option<&RequestRecord>,
        known: Option<&KnownCustomer>,
    ) -> Result<Verdict> {
        if let Some(record) = record {
            return if record.request_hash == self.request_hash {
                Ok(Verdict::Replay(Box::new(record.answer.clone())))
            } else {
                Err(Error::RequestIdReused(self.request_id))
            };
        }
        if let Some(base) = &self.performed {
            let is_here = known.is_some_and(|known| known.version >= Some(base.version));
            return Ok(if is_here { Verdict::Nothing } else { Verdict::Adopt(base.clone()) });
        }
        match (&self.command, known) {
            (Command::CreateCustomer(new), None) => Ok(self.append(None, new.changes())),
            (Command::CreateCustomer(_), Some(known)) => self.meet(known),
            (_, None) => Err(Error::CustomerNotFound { customers_applied_at: None }),
            (Command::UpdateCustomer { patch, etag }, Some(known)) => {
                self.update(known, patch, etag.as_deref())
            }
            (Command::AddAddress { id, fields, primary }, Some(known)) => {
                // The id is computed from the request id: it is here only if this request was performed, even
                // when the record of it has been pruned.
                if known.address_standing(*id).is_some() {
                    return Ok(Verdict::Nothing);
                }
                if known.customer.addresses.len() >= MAX_ADDRESSES {
                    return Err(Error::AddressLimit { limit: MAX_ADDRESSES });
                }
                let change =
                    Change::AddAddress { id: *id, fields: fields.as_patch(), primary: *primary };
                Ok(self.append(Some(known), vec![change]))
            }
        }
    }

    /// The answer to a write that is in force: `known` as it was, with the revision if there is one.
    pub fn answer(
        &self,
        known: Option<KnownCustomer>,
        revision: Option<&Revision>,
    ) -> Option<Answer> {
        let known = match revision {
            Some(revision) => advance(known, revision)?,
            None => known?,
        };
        Some(self.answer_with(known))
    }

    /// The answer to a write whose customer is known so now.
    pub fn answer_with(&self, known: KnownCustomer) -> Answer {
        Answer {
            method: self.method(),
            known,
            address_id: match self.command {
                Command::AddAddress { id, .. } => Some(id),
                _ => None,
            },
            execution: self.execution,
        }
    }

    /// A create that meets its own request replays, even when the record of it has been pruned; another
    /// customer under this id is never merged with.
    fn meet(&self, known: &KnownCustomer) -> Result<Verdict> {
        if known.customer.created_by == self.request_id {
            Ok(Verdict::Nothing)
        } else {
            Err(Error::CustomerExists(self.customer_id))
        }
    }

    fn update(
        &self,
        known: &KnownCustomer,
        patch: &Patch<CustomerField>,
        etag: Option<&str>,
    ) -> Result<Verdict> {
        if etag.is_some_and(|etag| !etag::matches(&known.customer, etag)) {
            return Err(Error::EtagMismatch);
        }
        // Headquarters may have other values than this view, so it is told all that the caller wants.
        let mask = match self.execution.mode {
            Mode::RealTime(_) => patch.clone(),
            Mode::Async(_) => patch.differing_from(&known.customer.fields),
        };
        if mask.is_empty() {
            return Ok(Verdict::Nothing);
        }
        let mut merged = known.customer.fields.clone();
        merged.apply(&mask);
        let violations = validation::names(&merged, "customer");
        if !violations.is_empty() {
            return Err(Error::InvalidFields(violations));
        }
        Ok(self.append(Some(known), vec![Change::UpdateCustomer { fields: mask }]))
    }

    fn append(&self, known: Option<&KnownCustomer>, changes: Vec<Change>) -> Verdict {
        Verdict::Append(Draft {
            request_id: self.request_id,
            customer_id: self.customer_id,
            base_version: known.and_then(|known| known.version),
            changes,
        })
    }
}

impl NewCustomer {
    fn changes(&self) -> Vec<Change> {
        let customer = Change::CreateCustomer { fields: self.fields.as_patch() };
        let contacts =
            self.contacts.iter().map(|contact| Change::AddContact { contact: contact.clone() });
        let addresses = self.addresses.iter().map(|address| Change::AddAddress {
            id: address.id,
            fields: address.fields.as_patch(),
            primary: address.primary,
        });
        std::iter::once(customer).chain(contacts).chain(addresses).collect()
    }
}

impl Revision {
    /// The revision as states see it, just captured.
    pub fn as_waiting(&self) -> WaitingRevision {
        WaitingRevision {
            counter: self.counter,
            customer: self.changes.iter().any(|change| change.address().is_none()),
            addresses: self.changes.iter().filter_map(Change::address).collect(),
            progress: SyncProgress { captured_at: self.captured_at, ..SyncProgress::default() },
        }
    }
}

/// Appends a captured revision to what is known.
pub fn advance(known: Option<KnownCustomer>, revision: &Revision) -> Option<KnownCustomer> {
    let (customer, version, mut waiting, synced_addresses) = match known {
        Some(known) => (Some(known.customer), known.version, known.waiting, known.synced_addresses),
        None => (None, None, Vec::new(), Vec::new()),
    };
    let customer = view::fold(customer, revision)?;
    waiting.push(revision.as_waiting());
    sync::keep_oldest(&mut waiting);
    Some(KnownCustomer { customer, version, waiting, synced_addresses })
}

/// Puts a new base under what is known. `waiting`: all revisions of the customer without outcome, in the order of
/// their counters.
pub fn rebase(known: Option<KnownCustomer>, base: Base, waiting: &[Revision]) -> KnownCustomer {
    let synced_addresses = base.customer.addresses.iter().map(|address| address.id).collect();
    let Base { customer, version } = base;
    let customer = view::fold_all(Some(customer.clone()), waiting).unwrap_or(customer);
    let waiting = known.map(|known| known.waiting).unwrap_or_default();
    KnownCustomer { customer, version: Some(version), waiting, synced_addresses }
}

/// The revision that a draft would be, for showing what it would do. It is not stored, and nobody else has its
/// counter.
pub fn rehearsed(known: Option<&KnownCustomer>, draft: Draft, now: Timestamp) -> Revision {
    let last = known.and_then(|known| known.waiting.last()).map_or(0, |last| last.counter.0);
    draft.captured(Counter(last + 1), now)
}

#[cfg(test)]
#[path = "write_tests.rs"]
mod tests;
