//! What a process goes by. Defaults, then the file, the environment and the flags, each over the one before; every
//! bad one is named at once, with who said it.

mod client;
mod kind;
mod layers;
mod serve;
#[cfg(test)]
mod tests;

use std::{collections::BTreeSet, fmt};

pub use client::ClientSettings;
use kind::Kind;
pub use layers::{Flag, Layers, Said};
use serde::Serialize;
pub use serve::{CHANNEL_DATABASE, HEADQUARTERS_DATABASE, HEADQUARTERS_URL, Role, ServeSettings};

/// Who said what nobody said.
pub const DEFAULT: &str = "default";

/// A setting as it counts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Row {
    pub key: &'static str,
    /// Without secrets.
    pub value: String,
    /// Flag, variable or file; `default`.
    pub source: String,
}

/// All that is wrong, one sentence each.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct SettingsError(Vec<String>);

/// Reads settings key by key, so that one bad value hides no other.
struct Reader<'a> {
    layers: Option<&'a Layers>,
    rows: Vec<Row>,
    problems: Vec<String>,
}

/// Settings that can be read. What is listed here is what there is.
trait Settings: Default {
    fn read(&mut self, reader: &mut Reader<'_>);
}

impl Layers {
    /// # Errors
    /// All that is wrong for a process that serves.
    pub fn serve(&self) -> Result<(ServeSettings, Vec<Row>), SettingsError> {
        self.settings()
    }

    /// # Errors
    /// All that is wrong for a command that calls one.
    pub fn client(&self) -> Result<(ClientSettings, Vec<Row>), SettingsError> {
        self.settings()
    }

    fn settings<S: Settings>(&self) -> Result<(S, Vec<Row>), SettingsError> {
        let problems = self.problems.clone();
        let mut reader = Reader { layers: Some(self), rows: Vec::new(), problems };
        let mut settings = S::default();
        settings.read(&mut reader);
        if reader.problems.is_empty() {
            Ok((settings, reader.rows))
        } else {
            Err(SettingsError(reader.problems))
        }
    }
}

/// All keys that there are.
fn keys() -> BTreeSet<&'static str> {
    let mut reader = Reader { layers: None, rows: Vec::new(), problems: Vec::new() };
    ServeSettings::default().read(&mut reader);
    ClientSettings::default().read(&mut reader);
    reader.rows.into_iter().map(|row| row.key).collect()
}

impl Row {
    pub fn is_default(&self) -> bool {
        self.source == DEFAULT
    }
}

impl Reader<'_> {
    fn set<T>(&mut self, key: &'static str, target: &mut T, kind: &Kind<T>) {
        let found = self.layers.and_then(|layers| layers.find(key));
        let source = found.as_ref().map_or_else(|| DEFAULT.to_owned(), |it| it.source.clone());
        if let Some(found) = found {
            let read = found.text.ok_or_else(|| "it is no text".to_owned());
            match read.and_then(|text| (kind.read)(&text)) {
                Ok(value) => *target = value,
                Err(problem) => self.problems.push(format!("{key}: {problem} ({source})")),
            }
        }
        self.rows.push(Row { key, value: (kind.show)(target), source });
    }

    fn refuse(&mut self, key: &str, problem: &str) {
        let source = self.rows.iter().find(|row| row.key == key).map(|row| row.source.as_str());
        self.problems.push(format!("{key}: {problem} ({})", source.unwrap_or_default()));
    }
}

impl SettingsError {
    fn one(problem: String) -> Self {
        Self(vec![problem])
    }

    /// Of two sets of settings from the same layers, each thing once.
    #[must_use]
    pub fn and(mut self, other: Self) -> Self {
        for problem in other.0 {
            if !self.0.contains(&problem) {
                self.0.push(problem);
            }
        }
        self
    }
}

impl fmt::Display for SettingsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.as_slice() {
            [one] => f.write_str(one),
            many => {
                write!(f, "{} settings can't be used:", many.len())?;
                many.iter().try_for_each(|problem| write!(f, "\n  {problem}"))
            }
        }
    }
}
