//! Where settings come from, one layer over the other: defaults, file, environment, flags. Values are texts here,
//! and each remembers who said it.

use std::{
    collections::BTreeSet,
    ffi::OsString,
    fs, io,
    ops::Range,
    path::{Path, PathBuf},
};

use figment::{
    Figment, Metadata, Profile, Provider,
    providers::{Format as _, Toml},
    util::nest,
    value::{Dict, Map, Value},
};

use crate::cli::settings::{self, SettingsError};

/// Read when it is there and no other is named.
const DEFAULT_FILE: &str = "csu.toml";
const PREFIX: &str = "CSU__";

/// A flag that was given.
#[derive(Debug, Clone)]
pub struct Flag {
    pub key: &'static str,
    /// As it is typed, `--channel-listen`.
    pub name: &'static str,
    pub value: String,
}

/// What was said outside the program.
#[derive(Debug, Default)]
pub struct Said {
    /// `--config`
    pub file: Option<PathBuf>,
    pub environment: Vec<(OsString, OsString)>,
    pub flags: Vec<Flag>,
}

/// The layers over the defaults, and what is wrong with them whatever is read.
pub struct Layers {
    figment: Figment,
    pub problems: Vec<String>,
}

/// A value and who said it.
pub struct Found {
    /// `None`: a list or a table, which no setting is.
    pub text: Option<String>,
    pub source: String,
}

/// Values of one source.
struct Layer {
    source: String,
    values: Dict,
}

impl Provider for Layer {
    fn metadata(&self) -> Metadata {
        Metadata::named(self.source.clone())
    }

    fn data(&self) -> figment::Result<Map<Profile, Dict>> {
        Ok(Map::from([(Profile::Default, self.values.clone())]))
    }
}

impl Layers {
    /// # Errors
    /// The file can't be read or is no TOML.
    pub fn new(said: Said) -> Result<Self, SettingsError> {
        let known = settings::keys();
        let mut layers = Self { figment: Figment::new(), problems: Vec::new() };
        if let Some(file) = file(said.file.as_deref())? {
            layers.add_file(file, &known);
        }
        for (name, value) in said.environment {
            layers.add_variable(&name.to_string_lossy(), value, &known);
        }
        for flag in said.flags {
            layers.add(flag.name.to_owned(), flag.key, flag.value);
        }
        Ok(layers)
    }

    /// The topmost value of `key`; `None`: nobody said anything.
    pub fn find(&self, key: &str) -> Option<Found> {
        let value = self.figment.find_value(key).ok()?;
        let source =
            self.figment.get_metadata(value.tag()).map(|metadata| metadata.name.to_string());
        Some(Found { text: text(&value), source: source.unwrap_or_default() })
    }

    fn add_file(&mut self, file: Layer, known: &BTreeSet<&'static str>) {
        let unknown =
            leaves("", &file.values).into_iter().filter(|key| !known.contains(key.as_str()));
        let problems =
            unknown.map(|key| format!("{key}: {} ({})", advice(&key, known), file.source));
        self.problems.extend(problems);
        self.figment = std::mem::take(&mut self.figment).merge(file);
    }

    /// An empty variable says nothing: that is how charts and compose files leave one out.
    fn add_variable(&mut self, name: &str, value: OsString, known: &BTreeSet<&'static str>) {
        let Some(key) = name.strip_prefix(PREFIX) else { return };
        let key = key.to_lowercase().replace("__", ".");
        match value.into_string() {
            Ok(value) if value.is_empty() => {}
            _ if !known.contains(key.as_str()) => {
                self.problems.push(format!("{key}: {} ({name})", advice(&key, known)));
            }
            Ok(value) => self.add(name.to_owned(), &key, value),
            Err(_) => self.problems.push(format!("{key}: it is no text ({name})")),
        }
    }

    fn add(&mut self, source: String, key: &str, value: String) {
        let values = nest(key, Value::from(value)).into_dict().unwrap_or_default();
        self.figment = std::mem::take(&mut self.figment).merge(Layer { source, values });
    }
}

fn file(named: Option<&Path>) -> Result<Option<Layer>, SettingsError> {
    let path = named.unwrap_or(Path::new(DEFAULT_FILE));
    let source = path.display().to_string();
    let content = match fs::read_to_string(path) {
        Ok(content) => content,
        Err(error) if error.kind() == io::ErrorKind::NotFound && named.is_none() => {
            return Ok(None);
        }
        Err(error) => return Err(SettingsError::one(format!("{source} can't be read: {error}"))),
    };
    match Toml::from_str(&content) {
        Ok(values) => Ok(Some(Layer { source, values })),
        // Without the line itself: it may hold a password.
        Err(error) => Err(SettingsError::one(format!(
            "{source}{} is no TOML: {}",
            error.span().map(|span| position(&content, &span)).unwrap_or_default(),
            error.message().trim().replace('\n', ", ")
        ))),
    }
}

/// `:LINE:COLUMN`
fn position(content: &str, span: &Range<usize>) -> String {
    let before = content.get(..span.start).unwrap_or(content);
    let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
    let column = before[line_start..].chars().count() + 1;
    format!(":{}:{column}", before.matches('\n').count() + 1)
}

fn leaves(prefix: &str, values: &Dict) -> Vec<String> {
    values
        .iter()
        .flat_map(|(name, value)| match value {
            Value::Dict(_, inner) => leaves(&format!("{prefix}{name}."), inner),
            _ => vec![format!("{prefix}{name}")],
        })
        .collect()
}

fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(_, text) => Some(text.clone()),
        Value::Char(_, letter) => Some(letter.to_string()),
        Value::Bool(_, value) => Some(value.to_string()),
        Value::Num(_, number) => number
            .to_i128()
            .map(|number| number.to_string())
            .or_else(|| number.to_f64().map(|number| number.to_string())),
        Value::Empty(..) | Value::Dict(..) | Value::Array(..) => None,
    }
}

/// What could have been meant by an unknown key.
fn advice(key: &str, known: &BTreeSet<&'static str>) -> String {
    let section = key.split_once('.').map_or(key, |(section, _)| section);
    let inside = known.iter().filter_map(|key| key.strip_prefix(section)?.strip_prefix('.'));
    let inside: Vec<_> = inside.collect();
    if !inside.is_empty() {
        return format!("there is no such setting; {section} has {}", inside.join(", "));
    }
    let mut sections: Vec<_> = known.iter().filter_map(|key| key.split('.').next()).collect();
    sections.dedup();
    format!("there is no such setting; there are {}", sections.join(", "))
}
