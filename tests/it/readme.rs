//! Runs the commands of the README as they stand there, in order, and holds what they answer to what it shows.

mod document;
mod session;
mod shown;

use document::{Document, Run};
use session::Session;

const README: &str = include_str!("../../README.md");

/// Every other command is run.
const NOT_RUN: [&str; 2] = ["cargo run --release", "tests/run"];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn its_commands_answer_what_it_shows() {
    let document = Document::parse(README);
    let mut session = Session::begin().await;
    for step in &document.0 {
        let times = match step.run {
            Run::Not { .. } => 0,
            Run::Once => 1,
            Run::Twice => 2,
        };
        let mut first = None;
        for _ in 0..times {
            let answer = session.perform(step).await;
            let failures = step.shown.compare(&answer);
            assert!(
                failures.is_empty(),
                "README.md:{}:\n{}\n{}\nanswered:\n{answer}",
                step.line,
                step.script,
                failures.join("\n")
            );
            let first = first.get_or_insert_with(|| answer.clone());
            assert_eq!(*first, answer, "README.md:{}: it is said to answer the same", step.line);
        }
    }
    session.end().await;
}

#[test]
fn only_what_starts_everything_is_not_run() {
    let document = Document::parse(README);
    let not_run = document.0.iter().filter_map(|step| match &step.run {
        Run::Not { reason } => Some((step.script.as_str(), reason.as_str())),
        _ => None,
    });
    let (scripts, reasons): (Vec<_>, Vec<_>) = not_run.unzip();
    assert_eq!(scripts, NOT_RUN);
    assert!(reasons.iter().all(|reason| !reason.is_empty()), "{reasons:?}");
}
