//! Links between the Markdown documents lead somewhere.

use std::{
    fs,
    path::{Path, PathBuf},
};

fn documents() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut folders = vec![root.join("docs")];
    let mut documents = Vec::new();
    for entry in fs::read_dir(root).expect("the folder").flatten() {
        documents.push(entry.path());
    }
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).expect("the folder").flatten() {
            let path = entry.path();
            if path.is_dir() { folders.push(path) } else { documents.push(path) }
        }
    }
    documents.retain(|path| path.extension().is_some_and(|extension| extension == "md"));
    documents.sort();
    documents
}

/// The text without its fenced blocks and code, where brackets are no links.
fn prose(markdown: &str) -> String {
    let mut prose = String::new();
    let mut fenced = false;
    for line in markdown.lines() {
        if line.trim_start().starts_with("```") {
            fenced = !fenced;
        } else if !fenced {
            // What stands between backticks is every second part.
            prose.extend(line.split('`').step_by(2));
            prose.push('\n');
        }
    }
    prose
}

fn targets(markdown: &str) -> Vec<String> {
    let prose = prose(markdown);
    let after = prose.split("](").skip(1);
    after.filter_map(|rest| rest.split_once(')').map(|(target, _)| target.to_owned())).collect()
}

/// Headings as anchors: lower case, spaces as hyphens, without punctuation.
fn anchors(markdown: &str) -> Vec<String> {
    let mut fenced = false;
    let headings = markdown.lines().filter_map(|line| {
        fenced ^= line.starts_with("```");
        let heading = line.strip_prefix('#')?.trim_start_matches('#').strip_prefix(' ')?;
        (!fenced).then_some(heading)
    });
    let anchor = |heading: &str| {
        let kept = heading.to_lowercase().replace(' ', "-");
        kept.chars().filter(|it| it.is_alphanumeric() || "-_".contains(*it)).collect()
    };
    headings.map(anchor).collect()
}

/// What is wrong with a link, if anything is.
fn broken(document: &Path, target: &str) -> Option<String> {
    if target.starts_with("https://") {
        return None;
    }
    let (file, anchor) = target.split_once('#').unwrap_or((target, ""));
    let path = match file {
        "" => document.to_owned(),
        file => document.parent().expect("a folder").join(file),
    };
    if !path.exists() {
        return Some(format!("{}: there is no {target}", document.display()));
    }
    let there = || fs::read_to_string(&path).map(|text| anchors(&text)).unwrap_or_default();
    (!anchor.is_empty() && !there().iter().any(|it| it == anchor))
        .then(|| format!("{}: {file} has no heading {anchor}", document.display()))
}

#[test]
fn every_link_leads_to_something_that_is_there() {
    let documents = documents();
    let names: Vec<_> = documents.iter().filter_map(|path| path.file_name()?.to_str()).collect();
    for expected in ["README.md", "CONTRIBUTING.md", "architecture.md", "routing.md"] {
        assert!(names.contains(&expected), "{expected} in {names:?}");
    }
    let mut links = 0;
    let mut failures = Vec::new();
    for document in &documents {
        for target in targets(&fs::read_to_string(document).expect("a text")) {
            links += 1;
            failures.extend(broken(document, &target));
        }
    }
    assert!(links > 20, "the links were found: {links}");
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[test]
fn broken_links_are_noticed() {
    let readme = Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md");
    for target in ["docs/nowhere.md", "docs/routing.md#nowhere", "#nowhere"] {
        assert!(broken(&readme, target).is_some(), "{target}");
    }
    for target in ["docs/routing.md#the-table", "docs", "LICENSE", "https://example.com/"] {
        assert_eq!(broken(&readme, target), None);
    }
    let markdown = "[a](b) and `[c](d)`\n```\n[e](f)\n```\n[`g`](h#i)";
    assert_eq!(targets(markdown), ["b", "h#i"]);
}
