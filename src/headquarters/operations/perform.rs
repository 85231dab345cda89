//! Performs a write of a scale unit.

use crate::{
    domain::{
        base::Base,
        error::{Error, Result},
        submission::Submission,
    },
    headquarters::{operations::Headquarters, store::Standing},
    runtime::clock::Deadline,
};

/// Answers with the customer, durable. A write that was performed before is answered, whatever has become of its
/// origin or channel since.
///
/// # Errors
/// See `RealtimeService` in `realtime_service.proto`.
pub async fn perform(
    headquarters: &Headquarters,
    submission: Submission,
    deadline: Deadline,
) -> Result<Base> {
    let standing = headquarters.store.standing(submission.origin, &submission.channel).await?;
    match check(standing, &submission.channel) {
        Ok(()) => headquarters.writer.perform(submission, deadline).await,
        Err(refused) => recall_or(headquarters, &submission, refused).await,
    }
}

fn check(standing: Standing, channel: &str) -> Result<()> {
    match (standing.registered_as, standing.channel_served_by) {
        (None, _) => Err(Error::DatabaseNotRegistered),
        (Some(database), Some(served_by)) if database == served_by => Ok(()),
        (Some(_), _) => Err(Error::ChannelOfAnotherDatabase { channel: channel.to_owned() }),
    }
}

async fn recall_or(
    headquarters: &Headquarters,
    submission: &Submission,
    error: Error,
) -> Result<Base> {
    let request_id = submission.draft.request_id;
    match headquarters.store.performed(request_id).await? {
        Some((memory, record)) if memory.request_hash == submission.request_hash => Ok(record.base),
        Some(_) => Err(Error::RequestIdReused(request_id)),
        None => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_registered_database_of_a_channel_writes_for_it() {
        let check = |registered_as: Option<&str>, channel_served_by: Option<&str>| {
            let standing = Standing {
                registered_as: registered_as.map(ToOwned::to_owned),
                channel_served_by: channel_served_by.map(ToOwned::to_owned),
            };
            check(standing, "SEATTLE")
        };
        let foreign = || Err(Error::ChannelOfAnotherDatabase { channel: "SEATTLE".to_owned() });
        assert_eq!(check(Some("store-1"), Some("store-1")), Ok(()));
        assert_eq!(check(Some("store-1"), Some("store-2")), foreign());
        assert_eq!(check(Some("store-1"), None), foreign());
        assert_eq!(check(None, Some("store-1")), Err(Error::DatabaseNotRegistered));
        assert_eq!(check(None, None), Err(Error::DatabaseNotRegistered));
    }
}
