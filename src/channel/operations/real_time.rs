//! Writes that headquarters performs. From the call on such a write runs to its end in a task of its own, whatever
//! its caller does, and what headquarters has made of it becomes the channel's base.

use std::{sync::Arc, time::Duration};

use crate::{
    channel::{
        operations::{Unit, in_flight::Entry},
        realtime::CallError,
        writer::Slot,
    },
    domain::{
        error::{Error, Result, Unavailable},
        revision::Draft,
        routing::{Operation, after_communication_failure},
        write::{Answer, Execution, Method, Mode, Verdict, Write},
    },
    runtime::{clock::monotonic, task::Task},
};

/// What is to be asked of headquarters.
pub(super) enum Errand {
    /// To perform the write.
    Perform,
    /// Whether it remembers the write, which is refused now. A unit that ended between headquarters' commit and its
    /// own leaves such a write behind: it is completed then, and else refused as given.
    Recall(Error),
}

impl Unit {
    /// Goes to headquarters with a write, in one call of at most `budget`, or joins another one that has.
    pub(super) async fn at_headquarters(
        self: &Arc<Self>,
        write: Write,
        errand: Errand,
        budget: Duration,
    ) -> Result<Answer> {
        loop {
            match self.in_flight.enter(write.request_id, write.request_hash) {
                Entry::Join(joined) => {
                    if let Some(outcome) = joined.outcome(&write.request_hash).await {
                        return outcome;
                    }
                }
                Entry::Lead(lead) => {
                    let unit = Arc::clone(self);
                    let running = self.tasks.run_to_end(Task::Operation, async move {
                        let outcome = unit.run(write, errand, budget).await;
                        lead.finish(&outcome);
                        outcome
                    });
                    // Without an answer the write may have been performed.
                    return running.await.unwrap_or(Err(Error::Unavailable(Unavailable::Stopping)));
                }
            }
        }
    }

    async fn run(&self, write: Write, errand: Errand, budget: Duration) -> Result<Answer> {
        // Before headquarters is called, so that a full unit can't come between its commit and ours.
        let slot = self.writer.reserve()?;
        if let Errand::Recall(refusal) = errand {
            return self.recall(slot, write, refusal, budget).await;
        }
        let record = self.store.request_record(write.request_id).await?;
        let known = self.store.customers(&[write.customer_id]).await?.pop();
        match write.judge(record.as_ref(), known.as_ref()) {
            Ok(Verdict::Append(draft)) => self.call(slot, write, &draft, budget).await,
            Ok(Verdict::Replay(answer)) => Ok(*answer),
            // It was performed: only its record is missing.
            Ok(Verdict::Nothing | Verdict::Adopt(_)) => slot.write(write).await,
            Err(error @ Error::EtagMismatch) => self.recall(slot, write, error, budget).await,
            Err(error) => Err(error),
        }
    }

    async fn call(
        &self,
        slot: Slot,
        mut write: Write,
        draft: &Draft,
        budget: Duration,
    ) -> Result<Answer> {
        let started = monotonic();
        let called = self.realtime.perform(&write, draft, budget).await;
        write.execution.headquarters_duration = Some(monotonic() - started);
        match called {
            Ok(base) => write.performed = Some(Box::new(base)),
            Err(CallError::Word(word)) => return Err(Error::Headquarters(word)),
            Err(CallError::Communication(_)) => {
                let reason = after_communication_failure(operation(write.method()))
                    .map_err(Error::Refused)?;
                write.execution.mode = Mode::Async(reason);
            }
        }
        slot.write(write).await.map_err(after_the_call)
    }

    /// Completes a write that headquarters remembers; the answer to any other is `refusal`.
    async fn recall(
        &self,
        slot: Slot,
        mut write: Write,
        refusal: Error,
        budget: Duration,
    ) -> Result<Answer> {
        let started = monotonic();
        let Ok(Some(remembered)) = self.realtime.look_up(write.request_id, budget).await else {
            return Err(refusal);
        };
        if remembered.request_hash != write.request_hash {
            return Err(Error::RequestIdReused(write.request_id));
        }
        let Some(execution) = Execution::of(&remembered.decision) else {
            return Err(refusal);
        };
        let headquarters_duration = Some(monotonic() - started);
        write.execution = Execution { headquarters_duration, ..execution };
        write.performed = Some(Box::new(remembered.base));
        slot.write(write).await.map_err(after_the_call)
    }
}

/// From the moment on in which headquarters may have the write, nothing may say that it was not performed.
fn after_the_call(error: Error) -> Error {
    match error {
        Error::Unavailable(_) | Error::DeadlineExceeded => error,
        other => {
            tracing::warn!(error = %other, "a write that headquarters may have is not in the channel yet");
            Error::Unavailable(Unavailable::Headquarters)
        }
    }
}

pub(super) const fn operation(method: Method) -> Operation {
    match method {
        Method::CreateCustomer => Operation::CreateCustomer,
        Method::UpdateCustomer => Operation::UpdateCustomer,
        Method::AddAddress => Operation::AddAddress,
    }
}
