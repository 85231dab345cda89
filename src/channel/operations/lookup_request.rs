//! Says what became of a write.

use crate::{
    channel::{
        operations::{Context, Unit, write::parse_request_id},
        realtime::{CallError, Remembered},
    },
    domain::{
        error::{Error, Result},
        id::RequestId,
        routing::{Connectivity, Refusal},
        write::{self, Answer},
    },
};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LookedUp {
    pub found: Found,
    pub headquarters_asked: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found {
    Completed(Box<Answer>),
    InProgress,
    /// No proof: another replica may be at it.
    Nothing,
}

/// # Errors
/// `InvalidFields`, `Unavailable`; `Refused` where nothing is known here and headquarters can't be asked.
pub async fn lookup_request(unit: &Unit, context: &Context, request_id: &str) -> Result<LookedUp> {
    let id =
        parse_request_id(request_id).map_err(|violation| Error::InvalidFields(vec![violation]))?;
    let here = |found| Ok(LookedUp { found, headquarters_asked: false });
    // In this order: what ends between the two questions is found by the second.
    if unit.writer.is_running(id) || unit.in_flight.contains(id) {
        return here(Found::InProgress);
    }
    if let Some(record) = unit.store.request_record(id).await? {
        return here(Found::Completed(Box::new(record.answer)));
    }
    match unit.connectivity {
        // Never calls headquarters, and so left nothing there.
        Connectivity::Offline => here(Found::Nothing),
        Connectivity::Online => at_headquarters(unit, context, id).await,
    }
}

async fn at_headquarters(unit: &Unit, context: &Context, id: RequestId) -> Result<LookedUp> {
    let budget = unit.budget(context).ok_or(Error::Refused(Refusal::TooLittleTime))?;
    if !unit.may_call() {
        return Err(Error::Refused(Refusal::HqUnreachable));
    }
    let found = match unit.realtime.look_up(id, budget).await {
        Ok(Some(remembered)) => {
            answer(id, remembered).map_or(Found::Nothing, |answer| Found::Completed(answer.into()))
        }
        Ok(None) => Found::Nothing,
        Err(CallError::Word(word)) => return Err(Error::Headquarters(word)),
        Err(CallError::Communication(_)) => return Err(Error::Refused(Refusal::HqUnreachable)),
    };
    Ok(LookedUp { found, headquarters_asked: true })
}

/// The answer that the write would get here now; `None` if a newer program has written it.
fn answer(id: RequestId, remembered: Remembered) -> Option<Answer> {
    let Remembered { method, decision, base, .. } = remembered;
    Answer::of_performed(id, method, &decision, write::rebase(None, base, &[]))
}
