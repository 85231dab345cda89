//! The commands of a Markdown document with what it shows of their answers.

use super::shown::Shown;

/// Its steps, in order.
pub struct Document(pub Vec<Step>);

/// A block of commands, and the block behind it.
pub struct Step {
    /// Of the first command.
    pub line: usize,
    pub script: String,
    pub run: Run,
    pub shown: Shown,
}

/// As an HTML comment on the line before the block says it.
#[derive(Debug, PartialEq, Eq)]
pub enum Run {
    Once,
    /// `<!-- run twice -->`: both times with the same answer.
    Twice,
    /// `<!-- not run: REASON -->`
    Not {
        reason: String,
    },
}

struct Block<'a> {
    language: &'a str,
    /// The line before it.
    before: &'a str,
    line: usize,
    text: String,
}

impl Document {
    /// # Panics
    /// At a block of a language that nobody runs or compares.
    pub fn parse(markdown: &str) -> Self {
        let mut steps: Vec<Step> = Vec::new();
        let mut answered = true;
        for block in blocks(markdown) {
            let place = format!("line {}", block.line);
            match block.language {
                "sh" => steps.push(Step {
                    line: block.line,
                    run: Run::parse(block.before),
                    script: block.text.trim_end().to_owned(),
                    shown: Shown::Nothing,
                }),
                "json" | "text" => {
                    assert!(!answered, "{place}: shown without a command before it");
                    let step = steps.last_mut().expect("a command before it");
                    step.shown = Shown::parse(block.language, &block.text);
                }
                other => panic!("{place}: a block of {other:?}, not sh, json or text"),
            }
            answered = block.language != "sh";
        }
        Self(steps)
    }
}

impl Run {
    fn parse(before: &str) -> Self {
        let comment = before.strip_prefix("<!--").and_then(|rest| rest.strip_suffix("-->"));
        match comment.map(str::trim) {
            None => Self::Once,
            Some("run twice") => Self::Twice,
            Some(comment) => {
                let reason = comment.strip_prefix("not run:").map(str::trim);
                let reason = reason.unwrap_or_else(|| panic!("what does <!-- {comment} --> mean?"));
                Self::Not { reason: reason.to_owned() }
            }
        }
    }
}

fn blocks(markdown: &str) -> Vec<Block<'_>> {
    let mut blocks = Vec::new();
    let mut lines = markdown.lines().zip(1..);
    let mut before = "";
    while let Some((line, number)) = lines.next() {
        if let Some(language) = line.strip_prefix("```") {
            let inside = lines.by_ref().map(|(line, _)| line).take_while(|line| *line != "```");
            let text = inside.fold(String::new(), |text, line| text + line + "\n");
            blocks.push(Block { language, before, line: number + 1, text });
        }
        before = line;
    }
    blocks
}

#[test]
fn a_document_is_read_in_steps() {
    let markdown = "# A\n\n<!-- not run: why -->\n```sh\none\n```\n\n```sh\ntwo \\\n  three\n```\n\nSo:\n\n```json\n{}\n```\n<!-- run twice -->\n```sh\nfour\n```\n";
    let Document(steps) = Document::parse(markdown);
    let read: Vec<_> = steps.iter().map(|step| (step.line, step.script.as_str())).collect();
    assert_eq!(read, [(5, "one"), (9, "two \\\n  three"), (20, "four")]);
    let run: Vec<_> = steps.iter().map(|step| &step.run).collect();
    assert_eq!(run, [&Run::Not { reason: "why".to_owned() }, &Run::Once, &Run::Twice]);
    assert!(matches!(steps[0].shown, Shown::Nothing));
    assert!(matches!(steps[1].shown, Shown::Json(_)));
}
