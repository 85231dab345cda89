//! A call that came to nothing: what to tell a person, a program and the exit code.

use std::{collections::BTreeMap, time::Duration};

use humantime::format_duration;
use serde_json::json;
use tonic::Code;

use crate::{
    cli::{
        Exit,
        client::refusal::Refusal,
        flags::Output,
        output::{self, clean},
    },
    server::status::code_name,
};

/// Why there is no answer.
#[derive(Debug)]
pub enum CallError {
    /// Nothing was sent.
    NotConnected { server: String, reason: String },
    Refused {
        server: String,
        timeout: Duration,
        /// Of a write.
        request_id: Option<String>,
        refusal: Refusal,
    },
}

impl CallError {
    /// The same of a write, which the user may have to repeat under its id.
    #[must_use]
    pub fn of_write(mut self, id: &str) -> Self {
        if let Self::Refused { request_id, .. } = &mut self {
            *request_id = Some(id.to_owned());
        }
        self
    }

    /// Says what happened, and what that means for a script.
    pub fn report(&self, form: Output) -> Exit {
        match form {
            Output::Table => output::error(&self.text()),
            // As the result would be, on the other stream.
            Output::Json => output::note(&self.json().to_string()),
        }
        self.exit()
    }

    fn exit(&self) -> Exit {
        match self {
            Self::NotConnected { .. } => Exit::NotReachable,
            Self::Refused { refusal, .. } => refusal.exit(),
        }
    }

    /// What happened, in a sentence.
    fn message(&self) -> String {
        match self {
            Self::NotConnected { server, reason } => format!("{server} can't be reached: {reason}"),
            Self::Refused { server, timeout, refusal, .. } => match &refusal.message {
                Some(message) => message.clone(),
                None if refusal.code == Code::DeadlineExceeded => {
                    format!("no answer from {server} within {}", format_duration(*timeout))
                }
                None => format!("no proper answer from {server}: {}", refusal.broken),
            },
        }
    }

    fn text(&self) -> String {
        let message = self.message();
        let Self::Refused { refusal, request_id, .. } = self else {
            return format!(
                "{message}\n\
                 Start a unit with `csu serve`, or name a running one with --server or CSU__CLIENT__SERVER."
            );
        };
        let untold = refusal.metadata.iter().filter(|(_, value)| !message.contains(value.as_str()));
        let untold = untold.map(|(key, value)| format!("  {}: {}", clean(key), clean(value)));
        let mut lines = vec![format!("{message} ({})", refusal.label())];
        lines.extend(untold);
        if !refusal.fields.is_empty() {
            lines.push(output::columns(refusal.fields.iter().map(|violation| {
                let field = format!("  {}:", violation.field);
                [field, format!("{}:", violation.reason), violation.description.clone()]
            })));
        }
        if let (Exit::NotReachable, Some(delay)) = (self.exit(), refusal.retry_after) {
            lines.push(format!("Try again in {}.", format_duration(delay)));
        }
        match request_id {
            Some(id) if refusal.leaves_doubt() => lines.push(format!(
                "It may have been performed all the same. Repeat it with the same id, and it is performed once:\n  \
                 --request-id {id}"
            )),
            Some(id) => lines.push(format!("Request id: {id}")),
            None => {}
        }
        lines.join("\n")
    }

    fn json(&self) -> serde_json::Value {
        let unsent = Refusal::new(Code::Unavailable);
        let (refusal, request_id) = match self {
            Self::NotConnected { .. } => (&unsent, None),
            Self::Refused { refusal, request_id, .. } => (refusal, request_id.as_deref()),
        };
        let fields = refusal.fields.iter().map(|violation| {
            json!({
                "field": violation.field,
                "reason": violation.reason,
                "description": violation.description,
            })
        });
        json!({ "error": {
            "code": code_name(refusal.code),
            "reason": refusal.reason,
            "message": self.message(),
            "domain": refusal.domain,
            "metadata": refusal.metadata.iter().cloned().collect::<BTreeMap<_, _>>(),
            "field_violations": fields.collect::<Vec<_>>(),
            "retry_delay_ms": refusal.retry_after.map(|delay| delay.as_millis()),
            "request_id": request_id,
            "in_doubt": request_id.is_some() && refusal.leaves_doubt(),
        } })
    }
}

#[cfg(test)]
mod tests;
