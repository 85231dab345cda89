//! Says what became of a write.

use crate::{
    channel::operations::{Unit, write::parse_request_id},
    domain::{
        error::{Error, Result},
        write::Answer,
    },
};

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LookedUp {
    Completed(Box<Answer>),
    InProgress,
    /// No proof: another replica may be at it.
    NotSeen,
}

/// # Errors
/// `InvalidFields`, `Unavailable`.
pub async fn lookup_request(unit: &Unit, request_id: &str) -> Result<LookedUp> {
    let id =
        parse_request_id(request_id).map_err(|violation| Error::InvalidFields(vec![violation]))?;
    // In this order: what ends between the two questions is found by the second.
    if unit.writer.is_running(id) {
        return Ok(LookedUp::InProgress);
    }
    Ok(match unit.store.request_record(id).await? {
        Some(record) => LookedUp::Completed(Box::new(record.answer)),
        None => LookedUp::NotSeen,
    })
}
