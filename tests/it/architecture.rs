//! Which way the arrows point: what each part of `src/` may not mention, and why.

use std::{
    fs,
    path::{Path, PathBuf},
};

mod paths;
mod rules;

use paths::paths;
use rules::{RULES, Rule};

/// A file longer than this holds a concept that has not been named yet.
const MOST_LINES: usize = 400;

impl Rule {
    fn holds_in(&self, file: &str) -> bool {
        let lies_in = |part: &&str| {
            file.strip_prefix(*part)
                .is_some_and(|rest| part.is_empty() || rest.is_empty() || rest.starts_with('/'))
        };
        self.within.iter().any(lies_in) && !self.except.iter().any(lies_in)
    }

    fn forbids(&self, path: &[String]) -> Option<&'static str> {
        self.forbidden.iter().copied().find(|forbidden| {
            if let Some(part) = forbidden.strip_prefix("..") {
                let part: Vec<_> = part.split("::").collect();
                path.windows(part.len()).any(|window| window == part)
            } else {
                let mut path = path.iter();
                forbidden.split("::").all(|segment| path.next().is_some_and(|it| it == segment))
            }
        })
    }
}

/// What the source text of one file breaks, in sentences.
fn offences<'a>(rules: impl IntoIterator<Item = &'a Rule>, file: &str, text: &str) -> Vec<String> {
    let paths = paths(file, text);
    rules
        .into_iter()
        .filter(|rule| rule.holds_in(file))
        .flat_map(|rule| {
            paths.iter().filter_map(|(line, path)| {
                let forbidden = rule.forbids(path)?;
                let path = path.join("::");
                Some(format!("src/{file}:{line} mentions {path} ({forbidden}): {}", rule.why))
            })
        })
        .collect()
}

/// All Rust files under `src/`, by their path from there, with their text.
fn sources() -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut folders = vec![root.clone()];
    let mut sources = Vec::new();
    while let Some(folder) = folders.pop() {
        for path in entries(&folder) {
            let name =
                path.strip_prefix(&root).unwrap_or(&path).to_string_lossy().replace('\\', "/");
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                sources.push((name, fs::read_to_string(&path).unwrap_or_default()));
            }
        }
    }
    sources.sort();
    sources
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path()).collect()
}

#[test]
fn imports_point_one_way() {
    let sources = sources();
    assert!(sources.iter().any(|(file, _)| file == "domain/routing.rs"), "the sources were found");
    let offences: Vec<_> =
        sources.iter().flat_map(|(file, text)| offences(RULES, file, text)).collect();
    assert!(offences.is_empty(), "{}", offences.join("\n"));
}

#[test]
fn every_rule_finds_who_breaks_it() {
    for rule in RULES {
        for (file, text) in rule.offences {
            let found = offences([rule], file, text);
            assert_eq!(
                found.len(),
                1,
                "src/{file} with {text:?} against \"{}\": {found:?}",
                rule.why
            );
            assert!(found[0].contains(rule.why) && found[0].starts_with(&format!("src/{file}:")));
            // What is said and not done breaks nothing.
            let said = format!("// {text}\n/* /* {text} */ */\nconst A: &str = r#\"{text}\"#;")
                .replace("\n    ", " ")
                .replace("\n}", " }");
            assert_eq!(offences([rule], file, &said), [""; 0]);
        }
    }
}

#[test]
fn rules_speak_of_parts_that_are_there() {
    let sources = sources();
    for rule in RULES {
        for part in rule.within.iter().chain(rule.except) {
            let there = sources.iter().any(|(file, _)| {
                file == part || file.starts_with(&format!("{part}/")) || part.is_empty()
            });
            assert!(there, "there is no src/{part}: {}", rule.why);
        }
    }
}

#[test]
fn files_stay_short() {
    let long: Vec<_> = sources()
        .into_iter()
        .map(|(file, text)| (file, text.lines().count()))
        .filter(|(_, lines)| *lines > MOST_LINES)
        .collect();
    assert!(long.is_empty(), "longer than {MOST_LINES} lines: {long:?}");
}
