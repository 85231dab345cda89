//! A status taken apart: what a unit says by google.rpc's details, or what became of the way to it.

use std::{error::Error, time::Duration};

use prost::Message;
use tonic::{Code, Status};
use tonic_types::pb;

use crate::{
    cli::{Exit, output::clean},
    server::status::code_name,
};

/// What a call was answered instead of what was asked for.
#[derive(Debug)]
pub struct Refusal {
    pub code: Code,
    /// Of the unit; `None`: none of its word, and the way to it is to blame.
    pub message: Option<String>,
    /// The innermost error of the way.
    pub broken: String,
    pub reason: String,
    pub domain: String,
    pub metadata: Vec<(String, String)>,
    pub fields: Vec<pb::bad_request::FieldViolation>,
    pub retry_after: Option<Duration>,
}

impl From<Status> for Refusal {
    fn from(status: Status) -> Self {
        let broken = status.source().map_or_else(|| clean(status.message()), innermost);
        let mut refusal = Self { broken, ..Self::new(status.code()) };
        for detail in pb::Status::decode(status.details()).unwrap_or_default().details {
            let (_, name) = detail.type_url.rsplit_once('/').unwrap_or_default();
            refusal.read(name, &detail.value, status.message());
        }
        if refusal.message.is_none() && refusal.code == Code::Cancelled {
            // tonic's clock has its own opinion of what a passed deadline is.
            refusal.code = Code::DeadlineExceeded;
        }
        refusal
    }
}

impl Refusal {
    /// Nobody's word yet.
    pub const fn new(code: Code) -> Self {
        Self {
            code,
            message: None,
            broken: String::new(),
            reason: String::new(),
            domain: String::new(),
            metadata: Vec::new(),
            fields: Vec::new(),
            retry_after: None,
        }
    }

    /// Found by the command line itself, from what it was answered.
    pub fn by_us(code: Code, reason: &str, message: String) -> Self {
        Self { message: Some(message), reason: reason.to_owned(), ..Self::new(code) }
    }

    #[must_use]
    pub fn with(mut self, key: &str, value: &str) -> Self {
        self.metadata.push((key.to_owned(), value.to_owned()));
        self
    }

    /// A fact that is a list; empty if it isn't told.
    pub fn list(&self, key: &str) -> Vec<&str> {
        let fact = self.metadata.iter().find(|(name, _)| name == key);
        let parts = fact.map(|(_, value)| value.split(',')).into_iter().flatten();
        parts.filter(|part| !part.is_empty()).collect()
    }

    /// One detail; those for others are passed over.
    fn read(&mut self, name: &str, value: &[u8], message: &str) {
        match name {
            "google.rpc.ErrorInfo" => {
                let info = pb::ErrorInfo::decode(value).unwrap_or_default();
                self.message = Some(clean(message));
                (self.reason, self.domain) = (info.reason, info.domain);
                self.metadata = info.metadata.into_iter().collect();
                self.metadata.sort();
            }
            "google.rpc.BadRequest" => {
                self.fields = pb::BadRequest::decode(value).unwrap_or_default().field_violations;
            }
            "google.rpc.RetryInfo" => {
                let delay = pb::RetryInfo::decode(value).ok().and_then(|info| info.retry_delay);
                self.retry_after = delay.and_then(|delay| delay.try_into().ok());
            }
            _ => {}
        }
    }

    /// What it means for a script.
    pub fn exit(&self) -> Exit {
        match self.code {
            Code::NotFound => Exit::NotFound,
            // The etag that was sent is as wrong the next time.
            Code::Aborted if self.reason == "ETAG_MISMATCH" => Exit::Refused,
            Code::Unavailable | Code::DeadlineExceeded | Code::Cancelled | Code::Aborted => {
                Exit::NotReachable
            }
            Code::Unknown | Code::Internal if self.message.is_none() => Exit::NotReachable,
            Code::ResourceExhausted if self.retry_after.is_some() => Exit::NotReachable,
            Code::InvalidArgument
            | Code::FailedPrecondition
            | Code::AlreadyExists
            | Code::OutOfRange
            | Code::ResourceExhausted
            | Code::PermissionDenied
            | Code::Unauthenticated => Exit::Refused,
            Code::Ok | Code::Unknown | Code::Unimplemented | Code::Internal | Code::DataLoss => {
                Exit::Failed
            }
        }
    }

    /// Whether a write may have been performed. Only the unit can rule it out.
    pub fn leaves_doubt(&self) -> bool {
        let open = [Code::Unavailable, Code::DeadlineExceeded, Code::Cancelled];
        self.message.is_none() || open.contains(&self.code)
    }

    /// Code and reason, once where they are the same.
    pub fn label(&self) -> String {
        let code = code_name(self.code);
        if self.reason.is_empty() || self.reason == code {
            code.to_owned()
        } else {
            format!("{code}, {}", clean(&self.reason))
        }
    }
}

/// The cause of all causes, which says most.
pub fn innermost(error: &(dyn Error + 'static)) -> String {
    let mut innermost = error;
    while let Some(source) = innermost.source() {
        innermost = source;
    }
    clean(&innermost.to_string())
}
