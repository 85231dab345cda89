//! What all writes have in common.

use std::sync::Arc;

use crate::{
    channel::{
        configuration::Aged,
        operations::{Context, Unit, real_time::Errand},
    },
    domain::{
        error::{Error, FieldReason, Result, Violation},
        id::{CustomerId, RequestId},
        request_hash::request_hash,
        routing::{AsyncReason, Refusal, Route},
        validation::Checker,
        write::{self, Answer, Command, Execution, Method, Mode, RequestHash, Verdict, Write},
    },
};

/// The part of a write request that is the same for all.
#[derive(Debug, Clone, Default)]
pub struct Envelope {
    pub request_id: String,
    /// Empty: the only channel of the unit.
    pub channel: String,
    pub validate_only: bool,
    /// The message in canonical form, for the request hash.
    pub content: Vec<u8>,
}

/// A write request with what is found out before its own checks.
pub(super) struct Admitted {
    pub aged: Aged,
    /// A nil id where it is missing or malformed; then `violations` says so, and the checks go on to find all.
    pub request_id: RequestId,
    pub violations: Vec<Violation>,
    request_hash: RequestHash,
    validate_only: bool,
}

/// A write that is in order as far as its unit can tell, and the way that it shall go.
pub(super) struct Prepared {
    pub customer_id: CustomerId,
    pub command: Command,
    pub route: Route,
}

/// What a write request meets first.
pub(super) enum Admission {
    /// It is to be checked and performed.
    Open(Admitted),
    /// It was performed, before its channel was taken from this unit.
    Replay(Box<Answer>),
}

impl Unit {
    pub(super) async fn admit(&self, method: Method, envelope: &Envelope) -> Result<Admission> {
        let parsed = parse_request_id(&envelope.request_id);
        let hash = |channel: &str| {
            request_hash(&self.request_hash_key, method, channel, &envelope.content)
        };
        let aged = match (self.configuration.get(&envelope.channel).await, &parsed) {
            (Ok(aged), _) => aged,
            (Err(error @ Error::ChannelNotConfigured { .. }), Ok(id))
                if !envelope.validate_only =>
            {
                let recalled = self.recall_or(*id, &hash(&envelope.channel), error).await?;
                return Ok(Admission::Replay(Box::new(recalled)));
            }
            (Err(error), _) => return Err(error),
        };
        let (request_id, violations) = match parsed {
            Ok(id) => (id, Vec::new()),
            Err(violation) => (RequestId(uuid::Uuid::nil()), vec![violation]),
        };
        let request_hash = hash(&aged.configuration.channel);
        let validate_only = envelope.validate_only;
        Ok(Admission::Open(Admitted { aged, request_id, violations, request_hash, validate_only }))
    }

    /// Performs a write that is in order, or says of one that is not what was answered when it was: a repetition
    /// gets its first answer, whatever has changed in the configuration since.
    pub(super) async fn finish(
        self: &Arc<Self>,
        context: &Context,
        admitted: &Admitted,
        prepared: Result<Prepared>,
    ) -> Result<Answer> {
        let answer = match prepared {
            Ok(prepared) => self.go(context, admitted, prepared).await,
            Err(error) if !admitted.violations.is_empty() || admitted.validate_only => Err(error),
            Err(error) => self.recall_or(admitted.request_id, &admitted.request_hash, error).await,
        };
        match answer {
            Err(Error::CustomerNotFound { .. }) => Err(self.customer_not_found().await),
            answer => answer,
        }
    }

    /// Goes the way that the routing said.
    async fn go(
        self: &Arc<Self>,
        context: &Context,
        admitted: &Admitted,
        prepared: Prepared,
    ) -> Result<Answer> {
        let route = prepared.route;
        let write = |mode| admitted.write(context, prepared, mode);
        match route {
            Route::Async(reason) if admitted.validate_only => {
                self.rehearse(&write(Mode::Async(reason))).await
            }
            Route::Async(reason) => self.writer.write(write(Mode::Async(reason))).await,
            Route::RealTime(reason) if admitted.validate_only => {
                self.rehearse(&write(Mode::RealTime(reason))).await
            }
            Route::RealTime(reason) => {
                let budget = self.budget(context).unwrap_or(self.call_budget.minimum);
                let write = write(Mode::RealTime(reason));
                self.at_headquarters(write, Errand::Perform, budget).await
            }
            Route::Refused(refusal) if admitted.validate_only => Err(Error::Refused(refusal)),
            Route::Refused(refusal) => {
                // The mode is that of the write as it was performed, if it was.
                let mode = Mode::Async(AsyncReason::HqUnreachable);
                self.refuse(context, refusal, write(mode)).await
            }
        }
    }

    /// Refuses a write, unless it was performed when the state that is now against it was another.
    async fn refuse(
        self: &Arc<Self>,
        context: &Context,
        refusal: Refusal,
        write: Write,
    ) -> Result<Answer> {
        let error = Error::Refused(refusal);
        let local = self.recall_or(write.request_id, &write.request_hash, error.clone()).await;
        let of_state = matches!(
            refusal,
            Refusal::CustomerPendingSync | Refusal::AddressPendingSync | Refusal::EditsWaiting
        );
        match (&local, self.budget(context)) {
            (Err(refused), Some(budget)) if *refused == error && of_state && self.may_call() => {
                self.at_headquarters(write, Errand::Recall(error), budget).await
            }
            _ => local,
        }
    }

    async fn recall_or(&self, id: RequestId, hash: &RequestHash, error: Error) -> Result<Answer> {
        match self.store.request_record(id).await? {
            Some(record) if record.request_hash == *hash => Ok(record.answer),
            Some(_) => Err(Error::RequestIdReused(id)),
            None => Err(error),
        }
    }

    /// What the write would be answered; nothing is stored.
    async fn rehearse(&self, write: &Write) -> Result<Answer> {
        let record = self.store.request_record(write.request_id).await?;
        let known = self.store.customers(&[write.customer_id]).await?.pop();
        let revision = match write.judge(record.as_ref(), known.as_ref())? {
            Verdict::Replay(answer) => return Ok(*answer),
            Verdict::Nothing | Verdict::Adopt(_) => None,
            Verdict::Append(draft) => {
                Some(write::rehearsed(known.as_ref(), draft, self.clock.now()))
            }
        };
        write.answer(known, revision.as_ref()).ok_or(Error::Internal)
    }
}

impl Admitted {
    /// A checker that already knows what is wrong with the envelope.
    pub(super) fn checker(&self) -> Checker<'_> {
        let mut checker = Checker::new(&self.aged.configuration);
        checker.extend(self.violations.clone());
        checker
    }

    fn write(&self, context: &Context, prepared: Prepared, mode: Mode) -> Write {
        Write {
            request_id: self.request_id,
            request_hash: self.request_hash,
            customer_id: prepared.customer_id,
            channel: self.aged.configuration.channel.clone(),
            caller: context.caller.clone(),
            command: prepared.command,
            execution: Execution {
                mode,
                configuration_version: self.aged.configuration.version,
                configuration_age: self.aged.age,
                headquarters_duration: None,
            },
            performed: None,
        }
    }
}

pub(super) fn parse_request_id(text: &str) -> Result<RequestId, Violation> {
    let violation = |reason, text: &str| Violation::new("request_id", reason, text);
    if text.is_empty() {
        return Err(violation(
            FieldReason::Required,
            "is required: a UUID that names this write for ever",
        ));
    }
    match text.parse::<RequestId>() {
        Ok(id) if !id.0.is_nil() && !id.0.is_max() => Ok(id),
        _ => Err(violation(FieldReason::InvalidId, "is no UUID")),
    }
}

/// The customer that a field names; a violation where it doesn't.
pub(super) fn parse_customer(field: &str, name: &str) -> Result<CustomerId, Violation> {
    let violation = |reason, text: &str| Violation::new(field, reason, text);
    if name.is_empty() {
        return Err(violation(FieldReason::Required, "is required: customers/{uuid}"));
    }
    CustomerId::from_resource_name(name)
        .ok_or_else(|| violation(FieldReason::InvalidName, "is no resource name: customers/{uuid}"))
}
