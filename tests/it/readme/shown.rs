//! What a document shows of an answer, and whether it is in it.

use serde_json::{Deserializer, Value};

/// Stands for anything but nothing.
const ANYTHING: char = '…';

pub enum Shown {
    Nothing,
    /// One value for each answer, or one that each answer meets: every field shown is there with its value.
    Json(Vec<Value>),
    /// Lines that are there in this order, whatever stands between them and however columns are spaced.
    Text(Vec<String>),
}

impl Shown {
    pub fn parse(language: &str, text: &str) -> Self {
        if language == "json" {
            return Self::Json(values(text).unwrap_or_else(|error| panic!("{error}:\n{text}")));
        }
        Self::Text(text.lines().map(spaced).filter(|line| !line.is_empty()).collect())
    }

    /// An error with its code: the command that answers it fails.
    pub fn is_error(&self) -> bool {
        matches!(self, Self::Json(values) if values.iter().any(|value| value["code"].is_number()))
    }

    /// What is shown and not there, in sentences.
    pub fn compare(&self, answer: &str) -> Vec<String> {
        match self {
            Self::Nothing => Vec::new(),
            Self::Json(shown) => compare_json(shown, answer),
            Self::Text(lines) => compare_text(lines, answer),
        }
    }
}

fn values(text: &str) -> serde_json::Result<Vec<Value>> {
    Deserializer::from_str(text).into_iter().collect()
}

fn compare_json(shown: &[Value], answer: &str) -> Vec<String> {
    let answers = match values(answer) {
        Ok(answers) => answers,
        Err(error) => return vec![format!("the answer is no JSON: {error}")],
    };
    let shown: Vec<_> = match shown {
        [one] => answers.iter().map(|_| one).collect(),
        many => many.iter().collect(),
    };
    if answers.is_empty() || shown.len() != answers.len() {
        return vec![format!("{} values are shown, {} answered", shown.len(), answers.len())];
    }
    let mut failures = Vec::new();
    for (shown, answer) in shown.into_iter().zip(&answers) {
        compare("", shown, answer, &mut failures);
    }
    failures
}

fn compare(path: &str, shown: &Value, answer: &Value, failures: &mut Vec<String>) {
    match (shown, answer) {
        (Value::Object(shown), Value::Object(answer)) => {
            for (key, value) in shown {
                let path = format!("{path}.{key}");
                match answer.get(key) {
                    Some(answer) => compare(&path, value, answer, failures),
                    None => failures.push(format!("{path} is shown and not there")),
                }
            }
        }
        (Value::Array(shown), Value::Array(answer)) if shown.len() == answer.len() => {
            for (index, (shown, answer)) in shown.iter().zip(answer).enumerate() {
                compare(&format!("{path}[{index}]"), shown, answer, failures);
            }
        }
        (Value::String(shown), Value::String(answer)) if fits(shown, answer) => {}
        (shown, answer) if shown == answer => {}
        _ => failures.push(format!("{path} is shown as {shown} and is {answer}")),
    }
}

fn compare_text(lines: &[String], answer: &str) -> Vec<String> {
    let mut answered = answer.lines().map(spaced);
    let missing = lines.iter().find(|line| !answered.any(|answered| fits(line, &answered)));
    missing
        .map(|line| format!("{line:?} is shown and not there, or not in this order"))
        .into_iter()
        .collect()
}

/// With one space between words.
fn spaced(line: &str) -> String {
    line.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn fits(shown: &str, text: &str) -> bool {
    let Some((before, after)) = shown.split_once(ANYTHING) else { return shown == text };
    let Some(rest) = text.strip_prefix(before) else { return false };
    let ends = rest.char_indices().map(|(start, letter)| start + letter.len_utf8());
    ends.into_iter().any(|end| fits(after, &rest[end..]))
}

#[test]
fn dots_stand_for_anything_but_nothing() {
    for (shown, text) in [
        ("a", "a"),
        ("…", "anything"),
        ("customers/…", "customers/1"),
        ("…s", "0.5s"),
        ("a…b…c", "a-b-b-c"),
        ("…", "é"),
    ] {
        assert!(fits(shown, text), "{shown} {text}");
    }
    for (shown, text) in [("a", "ab"), ("…", ""), ("customers/…", "customers/"), ("a…b", "a-c")]
    {
        assert!(!fits(shown, text), "{shown} {text}");
    }
}

#[test]
fn every_field_shown_is_compared_and_no_other() {
    let failures = |shown: &str, answer: &str| Shown::parse("json", shown).compare(answer).len();
    let answer = r#"{"a": 1, "b": {"c": [{"d": "x", "e": 2}]}}"#;
    for shown in ["{}", r#"{"a": 1}"#, r#"{"b": {"c": [{"d": "…"}]}}"#] {
        assert_eq!(failures(shown, answer), 0, "{shown}");
    }
    for shown in [
        "1",
        r#"{"a": 2}"#,
        r#"{"f": "…"}"#,
        r#"{"b": {"c": []}}"#,
        r#"{"b": {"c": [{"d": "y"}]}}"#,
    ] {
        assert_eq!(failures(shown, answer), 1, "{shown}");
    }
    assert_eq!(failures("{}", ""), 1, "no answer");
    assert_eq!(failures(r#"{"a": 1}"#, r#"{"a": 1} {"a": 2}"#), 1, "each answer is compared");
    assert_eq!(failures(r#"{"a": 1} {"a": 2}"#, r#"{"a": 1} {"a": 2}"#), 0);
    assert_eq!(failures(r#"{"a": 1} {"a": 2}"#, r#"{"a": 1}"#), 1);
}

#[test]
fn lines_are_looked_for_in_their_order() {
    let failures = |shown: &str| Shown::parse("text", shown).compare("A  B\nsomething\nC\n").len();
    assert_eq!(failures("A B\nC"), 0);
    assert_eq!(failures("A …\nC"), 0);
    assert_eq!(failures("C\nA B"), 1);
    assert_eq!(failures("A"), 1, "a line is compared as a whole");
}
