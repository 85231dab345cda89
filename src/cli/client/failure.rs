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

/// Who is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Callee {
    Unit,
    Headquarters,
}

/// Why there is no answer.
#[derive(Debug)]
pub enum CallError {
    /// Nothing was sent.
    NotConnected { callee: Callee, server: String, reason: String },
    Refused {
        server: String,
        timeout: Duration,
        /// Of a write.
        request_id: Option<String>,
        refusal: Box<Refusal>,
        /// Commands of ours after which it would not be refused.
        run_first: Vec<String>,
    },
}

impl Callee {
    /// What to do where there is nobody.
    const fn advice(self) -> &'static str {
        match self {
            Self::Unit => {
                "Start a unit with `csu serve`, or name a running one with --server or CSU__CLIENT__SERVER."
            }
            Self::Headquarters => {
                "Start one with `csu serve` or `csu serve --role headquarters`, or name a running one with \
                 --headquarters or CSU__CLIENT__HEADQUARTERS."
            }
        }
    }
}

impl CallError {
    pub fn refused(server: &str, timeout: Duration, refusal: Refusal) -> Self {
        let (server, refusal) = (server.to_owned(), Box::new(refusal));
        Self::Refused { server, timeout, request_id: None, refusal, run_first: Vec::new() }
    }

    /// The same with the commands that have to be run before it can succeed.
    #[must_use]
    pub fn advised(mut self, commands: impl FnOnce(&Refusal) -> Vec<String>) -> Self {
        if let Self::Refused { refusal, run_first, .. } = &mut self {
            *run_first = commands(refusal);
        }
        self
    }

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
            Self::NotConnected { server, reason, .. } => {
                format!("{server} can't be reached: {reason}")
            }
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
        let (refusal, request_id, run_first) = match self {
            Self::NotConnected { callee, .. } => return format!("{message}\n{}", callee.advice()),
            Self::Refused { refusal, request_id, run_first, .. } => {
                (refusal, request_id, run_first)
            }
        };
        // A list is told where all that is on it is told.
        let is_told = |value: &str| value.split(',').all(|part| message.contains(part));
        let untold = refusal.metadata.iter().filter(|(_, value)| !is_told(value));
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
        if !run_first.is_empty() {
            lines.push("Run this first:".to_owned());
            lines.extend(run_first.iter().map(|command| format!("  {command}")));
        }
        lines.join("\n")
    }

    fn json(&self) -> serde_json::Value {
        let unsent = Box::new(Refusal::new(Code::Unavailable));
        let (refusal, request_id, run_first) = match self {
            Self::NotConnected { .. } => (&unsent, None, [].as_slice()),
            Self::Refused { refusal, request_id, run_first, .. } => {
                (refusal, request_id.as_deref(), run_first.as_slice())
            }
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
            "run_first": run_first,
        } })
    }
}

#[cfg(test)]
mod tests;
