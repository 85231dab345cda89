//! The generated parts of `docs/routing.md`: `UPDATE_DOCS=1 cargo test --test it routing` rewrites them.

use std::{fmt::Write as _, fs};

use super::{COLUMNS, Line, Route, TABLE, outcome, parse, reasons};

const DOCUMENT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/routing.md");

/// Headings of the columns after the operation, for people.
const HEADINGS: [&str; COLUMNS.len() - 1] =
    ["Till", "HQ", "Time left", "Customer", "Address", "Edits wait", "F0", "F1", "F2", "F3", "X"];

/// One table for each set of operations that go alike.
fn tables(lines: &[Line]) -> String {
    let mut groups: Vec<(Vec<&str>, Vec<&Line>)> = Vec::new();
    for name in COLUMNS[0].1 {
        let rows: Vec<_> = lines.iter().filter(|line| line.cells[0] == *name).collect();
        match groups.iter_mut().find(|(_, known)| alike(known, &rows)) {
            Some((names, _)) => names.push(name),
            None => groups.push((vec![name], rows)),
        }
    }
    groups.iter().map(|(names, rows)| table(names, rows)).collect::<Vec<_>>().join("\n")
}

fn alike(one: &[&Line], other: &[&Line]) -> bool {
    let said = |line: &Line| (line.cells[1..].join(" "), line.outcome.clone());
    one.iter().map(|line| said(line)).eq(other.iter().map(|line| said(line)))
}

/// Shows only the columns that matter to the operation; an empty cell is any value.
fn table(operations: &[&str], rows: &[&Line]) -> String {
    let columns: Vec<_> = (1..COLUMNS.len())
        .filter(|column| rows.iter().any(|row| row.cells[*column] != "*"))
        .collect();
    let mut headings: Vec<_> =
        columns.iter().map(|column| HEADINGS[column - 1].to_owned()).collect();
    headings.extend(["Way".to_owned(), "Reason".to_owned()]);
    let mut text = format!("### {}\n\n", in_words(operations));
    text.push_str(&row(&headings));
    text.push_str(&row(&vec!["---".to_owned(); headings.len()]));
    for line in rows {
        let cell = |column: &usize| match line.cells[*column] {
            "*" => String::new(),
            value => value.replace('-', " "),
        };
        let mut cells: Vec<_> = columns.iter().map(cell).collect();
        let (way, reason) = line.outcome.split_once(' ').unwrap_or_default();
        cells.extend([format!("**{way}**"), format!("`{reason}`")]);
        text.push_str(&row(&cells));
    }
    text
}

/// `EditAddress` and `RemoveAddress` as "Edit address, remove address".
fn in_words(operations: &[&str]) -> String {
    let mut words = String::new();
    for (position, letter) in operations.join(",").char_indices() {
        if letter.is_uppercase() && position > 0 {
            words.push(' ');
            words.extend(letter.to_lowercase());
        } else {
            words.push(letter);
        }
    }
    words
}

fn reason_table() -> String {
    let mut text = row(&["Way", "Reason", "In words"].map(str::to_owned));
    text.push_str(&row(&["---"; 3].map(str::to_owned)));
    for route in reasons() {
        let explanation = match route {
            Route::RealTime(reason) => reason.explanation(),
            Route::Async(reason) => reason.explanation(),
            Route::Refused(reason) => reason.explanation(),
        };
        let outcome = outcome(route);
        let (way, reason) = outcome.split_once(' ').unwrap_or_default();
        text.push_str(&row(&[format!("**{way}**"), format!("`{reason}`"), explanation.to_owned()]));
    }
    text
}

fn row(cells: &[String]) -> String {
    let mut text = String::from("|");
    for cell in cells {
        let _ = if cell.is_empty() { write!(text, " |") } else { write!(text, " {cell} |") };
    }
    text.push('\n');
    text
}

#[expect(clippy::disallowed_methods, reason = "the caller of the tests asks by the environment")]
fn asked_to_rewrite() -> bool {
    std::env::var_os("UPDATE_DOCS").is_some()
}

/// The document with what stands between the section's markers replaced.
fn with_section(document: &str, name: &str, content: &str) -> Result<String, String> {
    let begin = format!("<!-- generated: {name} -->\n");
    let end = format!("<!-- end of {name} -->");
    let (before, rest) =
        document.split_once(&begin).ok_or(format!("docs/routing.md lacks {begin}"))?;
    let (_, after) = rest.split_once(&end).ok_or(format!("docs/routing.md lacks {end}"))?;
    Ok(format!("{before}{begin}\n{content}\n{end}{after}"))
}

fn generated(document: &str) -> Result<String, String> {
    let document = with_section(document, "table", &tables(&parse(TABLE)?))?;
    with_section(&document, "reasons", &reason_table())
}

#[test]
fn the_document_shows_the_table_that_is_tested() {
    let written = fs::read_to_string(DOCUMENT).unwrap_or_default().replace("\r\n", "\n");
    let generated = generated(&written);
    if let (Ok(generated), true) = (&generated, asked_to_rewrite()) {
        assert!(fs::write(DOCUMENT, generated).is_ok(), "can't write {DOCUMENT}");
        return;
    }
    let rewrite = "`UPDATE_DOCS=1 cargo test --test it routing` rewrites it";
    let generated = generated.unwrap_or_else(|error| format!("{error}; {rewrite}"));
    let lines = |text: &str| text.lines().map(str::to_owned).collect::<Vec<_>>();
    for (one, other) in lines(&written).iter().zip(&lines(&generated)) {
        assert_eq!(one, other, "docs/routing.md differs from the table or the reasons; {rewrite}");
    }
    assert_eq!(written, generated, "docs/routing.md differs at its end; {rewrite}");
}

#[test]
fn a_section_is_replaced_between_its_markers_only() {
    let document = "a\n<!-- generated: x -->\nold\n<!-- end of x -->\nb\n";
    let replaced = "a\n<!-- generated: x -->\n\nnew\n\n<!-- end of x -->\nb\n";
    assert_eq!(with_section(document, "x", "new\n").as_deref(), Ok(replaced));
    assert_eq!(with_section(replaced, "x", "new\n").as_deref(), Ok(replaced));
    assert!(with_section(document, "y", "new").is_err());
}
