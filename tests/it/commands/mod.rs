//! Commands of operators, run as they would: against a headquarters that serves, by their output and exit code.

mod by_hand;
mod channels;
mod features;
mod jobs;
mod profiles;
mod sync;
mod unreachable;

use serde_json::Value;

use crate::harness::{
    Database, Engine,
    process::{self, Ended, Process, csu},
};

const FAILED: i32 = 1;
const USAGE: i32 = 2;
/// Invalid, or against the rules.
const REFUSED: i32 = 3;
const NOT_FOUND: i32 = 4;
const NOT_REACHABLE: i32 = 5;

/// A headquarters of the demo company.
struct Headquarters {
    database: Database,
    process: Process,
}

/// Who runs commands against the headquarters that serves at this URL.
struct Operator(String);

impl Headquarters {
    async fn start(engine: Engine) -> Self {
        let database = Database::new_headquarters(engine).await;
        let process = Process::start(process::serve_headquarters(&database.url)).await;
        Self { database, process }
    }

    /// Runs a command, which ends with this exit code.
    async fn run(&self, code: i32, line: &str) -> Ended {
        self.operator().run(code, line).await
    }

    /// What a command prints that succeeds.
    async fn done(&self, line: &str) -> String {
        self.operator().done(line).await
    }

    /// What a command says that does not.
    async fn fails(&self, code: i32, line: &str) -> String {
        self.operator().fails(code, line).await
    }

    /// What a command prints for programs.
    async fn json(&self, line: &str) -> Value {
        self.operator().json(line).await
    }

    /// What a command says for programs that does not succeed.
    async fn json_error(&self, code: i32, line: &str) -> Value {
        self.operator().json_error(code, line).await
    }

    fn operator(&self) -> Operator {
        Operator(self.process.headquarters_url())
    }

    async fn stop(self) {
        self.process.stop().await;
        self.database.remove().await;
    }
}

impl Operator {
    /// Runs a command, which ends with this exit code. It is told where headquarters is by the environment. What is
    /// between apostrophes is one word.
    async fn run(&self, code: i32, line: &str) -> Ended {
        let mut command = csu();
        for (index, part) in line.split('\'').enumerate() {
            if index % 2 == 1 {
                command.arg(part);
            } else {
                command.args(part.split(' ').filter(|word| !word.is_empty()));
            }
        }
        command.env("CSU__CLIENT__HEADQUARTERS", &self.0);
        let ended = process::run(command).await;
        assert_eq!(ended.status.code(), Some(code), "csu {line}: {ended:?}");
        ended
    }

    /// What a command prints that succeeds.
    async fn done(&self, line: &str) -> String {
        self.run(0, line).await.stdout
    }

    /// What a command says that does not.
    async fn fails(&self, code: i32, line: &str) -> String {
        let ended = self.run(code, line).await;
        assert_eq!(ended.stdout, "", "csu {line}");
        ended.stderr
    }

    /// What a command prints for programs.
    async fn json(&self, line: &str) -> Value {
        let printed = self.done(&format!("{line} --output json")).await;
        serde_json::from_str(&printed).unwrap_or_else(|error| panic!("{line}: {error}: {printed}"))
    }

    /// What a command says for programs that does not succeed.
    async fn json_error(&self, code: i32, line: &str) -> Value {
        let said = self.fails(code, &format!("{line} --output json")).await;
        let mut said: Value = serde_json::from_str(&said).expect("JSON");
        said["error"].take()
    }
}

/// The commands that a refusal says to run first, without the program's name.
fn run_first(said: &str) -> Vec<&str> {
    let (_, commands) = said.split_once("Run this first:\n").expect("a command to run first");
    commands.lines().map(|line| line.trim().strip_prefix("csu ").expect("one of ours")).collect()
}

/// Whether one line has all of these words, in this order.
fn has_row(table: &str, words: &[&str]) -> bool {
    table.lines().any(|line| {
        let mut rest = line;
        words.iter().all(|word| match rest.split_once(word) {
            Some((_, after)) => {
                rest = after;
                true
            }
            None => false,
        })
    })
}
