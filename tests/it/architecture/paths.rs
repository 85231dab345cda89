//! Reads the paths that Rust source text mentions, wherever they stand: imports (groups taken apart), types,
//! calls and macros. Comments and literals mention nothing.

/// A part of the text that matters here.
#[derive(Debug, PartialEq)]
enum Token {
    Word(String),
    /// `::`
    Join,
    Open,
    Close,
    Other,
}

/// What a brace opened.
enum Scope {
    Block,
    Module(String),
    /// `prefix::{`
    Group(Vec<String>),
}

/// All paths with their lines. `self` and `super` are resolved by the place of `file` under `src/`.
pub fn paths(file: &str, text: &str) -> Vec<(usize, Vec<String>)> {
    let mut reader =
        Reader { module: module_of(file), scopes: Vec::new(), path: Vec::new(), found: Vec::new() };
    let mut joined = false;
    let mut module = None;
    for (line, token) in tokens(text) {
        match token {
            Token::Word(word) => {
                if !joined {
                    let declared = reader.path == ["mod"];
                    reader.end_path(line);
                    module = declared.then(|| word.clone());
                }
                reader.path.push(word);
            }
            Token::Open if joined => {
                let prefix = reader.full_path();
                reader.path.clear();
                reader.scopes.push(Scope::Group(prefix));
            }
            Token::Open => {
                reader.end_path(line);
                reader.scopes.push(module.take().map_or(Scope::Block, Scope::Module));
            }
            Token::Close => {
                reader.end_path(line);
                reader.scopes.pop();
            }
            Token::Join => {
                joined = true;
                continue;
            }
            Token::Other => reader.end_path(line),
        }
        joined = false;
    }
    reader.end_path(text.lines().count());
    reader.found
}

/// `channel/store/mod.rs` is `crate::channel::store`.
fn module_of(file: &str) -> Vec<String> {
    let segments = file.trim_end_matches(".rs").split('/');
    let names = segments.filter(|name| !["mod", "lib", "main"].contains(name));
    std::iter::once("crate").chain(names).map(str::to_owned).collect()
}

struct Reader {
    module: Vec<String>,
    scopes: Vec<Scope>,
    path: Vec<String>,
    found: Vec<(usize, Vec<String>)>,
}

impl Reader {
    fn end_path(&mut self, line: usize) {
        if !self.path.is_empty() {
            let path = self.resolved(self.full_path());
            self.found.push((line, path));
            self.path.clear();
        }
    }

    fn full_path(&self) -> Vec<String> {
        match self.scopes.last() {
            Some(Scope::Group(prefix)) => prefix.iter().chain(&self.path).cloned().collect(),
            _ => self.path.clone(),
        }
    }

    fn resolved(&self, path: Vec<String>) -> Vec<String> {
        if !["self", "super"].contains(&path[0].as_str()) {
            return path;
        }
        let inner = self.scopes.iter().filter_map(|scope| match scope {
            Scope::Module(name) => Some(name),
            _ => None,
        });
        let mut resolved: Vec<_> = self.module.iter().chain(inner).cloned().collect();
        for segment in path {
            match segment.as_str() {
                "self" => {}
                "super" => drop(resolved.pop()),
                _ => resolved.push(segment),
            }
        }
        resolved
    }
}

fn tokens(text: &str) -> Vec<(usize, Token)> {
    let mut tokens = Vec::new();
    let (mut rest, mut line) = (text, 1);
    while let Some(first) = rest.chars().next() {
        let (length, token) = match first {
            '/' if rest.starts_with("//") => (rest.find('\n').unwrap_or(rest.len()), None),
            '/' if rest.starts_with("/*") => (block_comment(rest), None),
            '"' => (string(rest, 0), None),
            '\'' => (quote(rest), None),
            ':' if rest.starts_with("::") => (2, Some(Token::Join)),
            '{' => (1, Some(Token::Open)),
            '}' => (1, Some(Token::Close)),
            _ if is_word(first) => word(rest),
            _ if first.is_whitespace() => (first.len_utf8(), None),
            _ => (first.len_utf8(), Some(Token::Other)),
        };
        tokens.extend(token.map(|token| (line, token)));
        line += rest[..length].matches('\n').count();
        rest = &rest[length..];
    }
    tokens
}

fn is_word(letter: char) -> bool {
    letter.is_alphanumeric() || letter == '_'
}

fn word_length(text: &str) -> usize {
    text.find(|letter| !is_word(letter)).unwrap_or(text.len())
}

/// A name, or the literal whose prefix looks like one (`br#"…"#`).
fn word(text: &str) -> (usize, Option<Token>) {
    let length = word_length(text);
    let (name, rest) = text.split_at(length);
    let hashes = rest.len() - rest.trim_start_matches('#').len();
    let quoted = rest[hashes..].starts_with('"');
    match name {
        "r" | "br" | "cr" if quoted => {
            let end = format!("\"{}", "#".repeat(hashes));
            let content = &rest[hashes + 1..];
            let closed = content.find(&end).map_or(content.len(), |at| at + end.len());
            (length + hashes + 1 + closed, None)
        }
        "b" | "c" if hashes == 0 && quoted => (string(text, length), None),
        "b" if rest.starts_with('\'') => (length + quote(rest), None),
        "r" if hashes == 1 => (length + 1, None),
        _ => (length, Some(Token::Word(name.to_owned()))),
    }
}

/// Length of a string that begins after `prefix` bytes, with those.
fn string(text: &str, prefix: usize) -> usize {
    let mut escaped = false;
    for (at, letter) in text.char_indices().skip_while(|(at, _)| *at <= prefix) {
        match letter {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return at + 1,
            _ => {}
        }
    }
    text.len()
}

/// Length of a character literal or a lifetime.
fn quote(text: &str) -> usize {
    let mut letters = text.char_indices().skip(1);
    match (letters.next(), letters.next()) {
        (Some((_, '\\')), Some((escaped, letter))) => {
            let after = escaped + letter.len_utf8();
            text[after..].find('\'').map_or(text.len(), |at| after + at + 1)
        }
        (Some(_), Some((end, '\''))) => end + 1,
        _ => 1 + word_length(&text[1..]),
    }
}

fn block_comment(text: &str) -> usize {
    let (mut depth, mut at) = (0_usize, 0);
    while at < text.len() {
        if text[at..].starts_with("/*") {
            (depth, at) = (depth + 1, at + 2);
        } else if text[at..].starts_with("*/") {
            (depth, at) = (depth - 1, at + 2);
            if depth == 0 {
                return at;
            }
        } else {
            at += text[at..].chars().next().map_or(1, char::len_utf8);
        }
    }
    text.len()
}

#[test]
fn paths_are_found_wherever_they_stand() {
    let text = r##"
use std::{self, collections::{BTreeMap as Map, HashMap}, fmt::*};
use super::{sqlite, super::grpc};
mod inner { use super::super::rows; use self::own; }
fn f<'a>(it: &'a str) -> ::tonic::Result<()> {
    let c = ['"', '\'', '\u{41}', b'"', '/'];
    tokio::select! { _ = a::b() => {} }
    /* one::no /* two::no */ three::no */ let s = "four::no \" five::no"; // six::no
    let r = (r#"seven::no " eight::no"#, br"nine::no\", b"ten::no", r#type::yes, 'x', "//");
    match m { E::V { field: g::H } if 1.0 < x::Y => z() }
}"##;
    let found: Vec<_> = paths("channel/store/mod.rs", text)
        .into_iter()
        .filter(|(_, path)| path.len() > 1)
        .map(|(line, path)| format!("{line} {}", path.join("::")))
        .collect();
    assert_eq!(
        found,
        [
            "2 std::self",
            "2 std::collections::BTreeMap",
            "2 std::collections::as",
            "2 std::collections::Map",
            "2 std::collections::HashMap",
            "2 std::fmt",
            "3 crate::channel::sqlite",
            "3 crate::grpc",
            "4 crate::channel::rows",
            "4 crate::channel::store::inner::own",
            "5 tonic::Result",
            "7 tokio::select",
            "7 a::b",
            "9 type::yes",
            "10 E::V",
            "10 g::H",
            "10 x::Y",
        ]
    );
}
