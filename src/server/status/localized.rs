//! What a person at the till is told, in US English: the `LocalizedMessage`. Other languages are other
//! functions like this one.

use std::borrow::Cow;

use crate::domain::error::Error;

pub(super) fn text(error: &Error) -> Cow<'static, str> {
    Cow::Borrowed(match error {
        Error::InvalidFields(_) => "Please correct the marked fields.",
        Error::InvalidFieldMask(_) => "This can't be changed.",
        Error::InvalidPageToken => "Please start the search from the beginning.",
        Error::ChannelNotConfigured { .. } => "This store isn't set up here. Please call support.",
        Error::CustomerNotFound { .. } => {
            "The customer wasn't found. One created elsewhere may not have arrived yet."
        }
        Error::AddressNotFound => "The customer has no such address.",
        Error::CustomerExists(_) => "This customer exists already.",
        Error::RequestIdReused(_) => "Something else was saved like this. Please start again.",
        Error::EtagMismatch => {
            "Someone has changed this customer. Please look at the changes and try again."
        }
        Error::StoreConflict => "Someone was saving the same at this moment. Please try again.",
        Error::Refused(refusal) => return Cow::Owned(sentence(refusal.explanation())),
        Error::AddressLimit { limit } => {
            return Cow::Owned(format!("A customer can have {limit} addresses at most."));
        }
        Error::CustomerGroupNotFound { .. } => {
            "This customer group doesn't exist any more. Please choose another one."
        }
        Error::Headquarters(_)
        | Error::FeatureNotFound { .. }
        | Error::FeaturePrerequisitesMissing { .. }
        | Error::FeatureRequiredByOthers { .. }
        | Error::FeatureMandatory { .. }
        | Error::CodeNotFound { .. }
        | Error::InUse { .. }
        | Error::JobNotFound { .. }
        | Error::DatabaseNotFound { .. }
        | Error::RunNotFound(_)
        | Error::RunEnded(_)
        | Error::SessionNotFound(_)
        | Error::SessionEnded(_)
        | Error::SessionNotSuspended(_)
        | Error::OperationNotFound => return Cow::Owned(sentence(&error.to_string())),
        Error::DatabaseNotConfigured { .. }
        | Error::DatabaseNameInUse { .. }
        | Error::DatabaseNotRegistered
        | Error::FormatNotSupported { .. }
        | Error::HeadquartersRestored { .. }
        | Error::SessionNotOpen(_)
        | Error::ChannelOfAnotherDatabase { .. } => {
            "This store isn't set up at headquarters. Please call support."
        }
        Error::UploadGap { .. } | Error::OriginDiverged { .. } => {
            "Headquarters can't take what this store has saved. Please call support."
        }
        Error::Overloaded => "Busy. Please try again in a moment.",
        Error::Unavailable(_) => {
            "Not available right now. Please try again: nothing is saved twice."
        }
        Error::DeadlineExceeded => "This took too long. Please try again: nothing is saved twice.",
        Error::Internal => "Something went wrong here. Please call support if it happens again.",
    })
}

/// An explanation as a sentence: with a capital letter and a full stop.
fn sentence(explanation: &str) -> String {
    let mut letters = explanation.chars();
    let first = letters.next().into_iter().flat_map(char::to_uppercase);
    first.chain(letters).chain(['.']).collect()
}
