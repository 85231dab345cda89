//! The setup as rows, one an entry, and back, alike for both engines. Kinds and codes are those of the setup's own
//! JSON, so that whatever is added to it is stored.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::{
    domain::{configuration::ConfigurationVersion, setup::Setup},
    headquarters::store::VersionedSetup,
    storage::{StoreError, StoreResult, parse},
};

/// An entry with the versions of all, as the statement of either engine returns it: versions of 1070 and 1110,
/// kind, code, content. Without a kind: there is no entry.
pub(super) type SetupTuple = (i64, i64, Option<String>, Option<String>, Option<String>);

/// Contents by kind and code.
type Entries = BTreeMap<String, BTreeMap<String, Value>>;

/// What to write so that one setup becomes another.
pub(super) struct Difference {
    /// Entries that are new or have another content.
    pub put: Vec<Value>,
    /// Entries that went.
    pub removed: Vec<Value>,
}

/// Puts the setup together from one snapshot of its rows.
pub(super) fn assemble(rows: Vec<SetupTuple>) -> StoreResult<VersionedSetup> {
    let Some(&(channel_configuration, global_configuration, ..)) = rows.first() else {
        return Err(StoreError::inconsistent("configuration_version", "id", 1, "no such row"));
    };
    let mut entries = Entries::new();
    for (_, _, kind, code, content) in rows {
        if let (Some(kind), Some(code), Some(content)) = (kind, code, content) {
            let content = parse("setup", "content", format_args!("{kind} {code}"), &content)?;
            entries.entry(kind).or_default().insert(code, content);
        }
    }
    let setup = understand(&entries).ok_or_else(|| not_understood(&entries))?;
    let version = ConfigurationVersion { channel_configuration, global_configuration };
    Ok(VersionedSetup { setup, version })
}

/// Kinds that this program does not know are of a newer one: they are neither read nor removed.
pub(super) fn difference(before: &Setup, after: &Setup) -> StoreResult<Difference> {
    let (before, after) = (entries(before)?, entries(after)?);
    let missing = |from: &Entries, kind: &str, code: &str| {
        from.get(kind).is_none_or(|codes| !codes.contains_key(code))
    };
    let mut difference = Difference { put: Vec::new(), removed: Vec::new() };
    for (kind, code, content) in each(&after) {
        if before.get(kind).and_then(|codes| codes.get(code)) != Some(content) {
            let content = content.to_string();
            difference.put.push(json!({ "kind": kind, "code": code, "content": content }));
        }
    }
    for (kind, code, _) in each(&before).filter(|(kind, code, _)| missing(&after, kind, code)) {
        difference.removed.push(json!({ "kind": kind, "code": code }));
    }
    Ok(difference)
}

/// A failure must not pass for an empty setup, which would remove all that is there.
fn entries(setup: &Setup) -> StoreResult<Entries> {
    serde_json::to_value(setup)
        .and_then(serde_json::from_value)
        .map_err(|_| StoreError::Refused("the setup is no object of objects".to_owned()))
}

fn each(entries: &Entries) -> impl Iterator<Item = (&str, &str, &Value)> {
    entries.iter().flat_map(|(kind, codes)| {
        codes.iter().map(move |(code, content)| (kind.as_str(), code.as_str(), content))
    })
}

fn understand(entries: &Entries) -> Option<Setup> {
    serde_json::to_value(entries).and_then(serde_json::from_value).ok()
}

/// Finds the row to blame: the one that can't be understood alone.
fn not_understood(entries: &Entries) -> StoreError {
    let alone = |kind: &str, code: &str, content: &Value| {
        let codes = BTreeMap::from([(code.to_owned(), content.clone())]);
        understand(&Entries::from([(kind.to_owned(), codes)]))
    };
    let row = each(entries)
        .find(|(kind, code, content)| alone(kind, code, content).is_none())
        .map_or_else(String::new, |(kind, code, _)| format!("{kind} {code}"));
    StoreError::inconsistent("setup", "content", row, "not what its kind has")
}
