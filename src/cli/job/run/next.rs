//! What to do after a run that did not reach everyone.

use crate::{
    cli::{
        job::show,
        output::{clean, shell_word},
    },
    proto::headquarters::{Run, RunStatus, Session, SessionStatus},
};

/// More sessions of a kind than so many are not told one by one.
const MOST_TOLD: usize = 5;
const NOTHING_TO_RUN: [&str; 0] = [];

/// A sentence, with the commands to run.
#[derive(Debug, PartialEq, Eq)]
pub struct Step {
    sentence: String,
    commands: Vec<String>,
}

/// Nothing for a run that has done all.
pub fn steps(run: &Run) -> Vec<Step> {
    if matches!(run.status(), RunStatus::Succeeded | RunStatus::NoData) {
        return Vec::new();
    }
    let again = || format!("csu job run {}", shell_word(&run.job));
    let mut steps: Vec<_> = of_kind(run, is_suspended).map(suspended).take(MOST_TOLD).collect();
    let left_out = of_kind(run, is_suspended).count().saturating_sub(MOST_TOLD);
    if left_out > 0 {
        steps.push(Step::new(
            format!("{left_out} more sessions are suspended."),
            ["csu job sessions --open"],
        ));
    }
    if let Some(names) = names(of_kind(run, is_away)) {
        steps.push(Step::new(
            format!("Not connected, and served when it comes: {names}."),
            NOTHING_TO_RUN,
        ));
    }
    if let Some(names) = names(of_kind(run, is_slow)) {
        let sentence = format!("Not through with it yet: {names}. How far it is:");
        steps.push(Step::new(sentence, ["csu job sessions --open".to_owned()]));
    }
    if let Some(names) = names(of_kind(run, has_failed)) {
        let sentence = format!("Failed: {names}. When the cause is gone, run it again:");
        steps.push(Step::new(sentence, [again()]));
    }
    if steps.is_empty() {
        steps.push(of_run(run, again()));
    }
    steps
}

/// Where no session says more.
fn of_run(run: &Run, again: String) -> Step {
    match run.status() {
        RunStatus::Canceled => {
            Step::new("What is done stays done. The rest is done by:".to_owned(), [again])
        }
        RunStatus::Failed => {
            let sentence = "Headquarters' log says more. When the cause is gone, run it again:";
            Step::new(sentence.to_owned(), [again])
        }
        _ => {
            let history = format!("csu job history {}", shell_word(&run.job));
            Step::new("It is not over. What becomes of it:".to_owned(), [history])
        }
    }
}

fn suspended(session: &Session) -> Step {
    let Session { id, database, try_count, error, .. } = session;
    let why = if error.is_empty() { String::new() } else { format!(" ({error})") };
    let sentence = format!(
        "Session {id} of {database} is suspended after {try_count} tries{why}, and those after it wait. When the \
         cause is gone, offer it again, or cancel it, so that the next begins at what the database has:"
    );
    Step::new(sentence, [format!("csu job retry {id}"), format!("csu job cancel-session {id}")])
}

fn of_kind(run: &Run, is_of_kind: fn(&Session) -> bool) -> impl Iterator<Item = &Session> {
    run.sessions.iter().filter(move |session| is_of_kind(session))
}

fn is_suspended(session: &Session) -> bool {
    session.status() == SessionStatus::Suspended
}

fn is_away(session: &Session) -> bool {
    waits(session) && !session.database_connected
}

fn is_slow(session: &Session) -> bool {
    waits(session) && session.database_connected
}

fn waits(session: &Session) -> bool {
    show::is_open(session.status()) && !is_suspended(session)
}

fn has_failed(session: &Session) -> bool {
    matches!(session.status(), SessionStatus::CreateFailed | SessionStatus::UploadFailed)
}

/// Their databases; `None`: there are none.
fn names<'a>(sessions: impl Iterator<Item = &'a Session>) -> Option<String> {
    let names: Vec<_> = sessions.map(|session| session.database.as_str()).collect();
    let told = names.iter().take(MOST_TOLD).copied().collect::<Vec<_>>().join(", ");
    match names.len() {
        0 => None,
        1..=MOST_TOLD => Some(told),
        all => Some(format!("{told} and {} more", all - MOST_TOLD)),
    }
}

impl Step {
    fn new<C: Into<String>>(sentence: String, commands: impl IntoIterator<Item = C>) -> Self {
        Self { sentence, commands: commands.into_iter().map(Into::into).collect() }
    }

    /// `command` makes a command of ours one to the same headquarters.
    pub fn text(&self, command: impl Fn(&str) -> String) -> String {
        let mut lines = vec![clean(&self.sentence)];
        lines.extend(self.commands.iter().map(|line| format!("  {}", command(line))));
        lines.join("\n")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn session(id: i64, status: SessionStatus, database_connected: bool) -> Session {
        let (database, status) = (format!("store-{id}"), status.into());
        Session { id, database, status, database_connected, try_count: 3, ..Session::default() }
    }

    fn text(status: RunStatus, sessions: impl IntoIterator<Item = Session>) -> String {
        let sessions = sessions.into_iter().collect();
        let job = "1010".to_owned();
        let run = Run { job, status: status.into(), sessions, ..Run::default() };
        let texts: Vec<_> = steps(&run).iter().map(|step| step.text(str::to_owned)).collect();
        texts.join("\n")
    }

    #[test]
    fn whoever_is_through_needs_nothing() {
        let applied = || [session(1, SessionStatus::Applied, false)];
        for status in [RunStatus::Succeeded, RunStatus::NoData] {
            assert_eq!(text(status, applied()), "");
        }
    }

    #[test]
    fn each_session_that_is_left_says_what_it_needs() {
        let said = text(
            RunStatus::Incomplete,
            [
                session(1, SessionStatus::Applied, true),
                session(2, SessionStatus::Available, false),
                session(3, SessionStatus::Requested, true),
                Session {
                    error: "too large".to_owned(),
                    ..session(4, SessionStatus::Suspended, true)
                },
                session(5, SessionStatus::CreateFailed, true),
            ],
        );
        for part in [
            "served when it comes: store-2.",
            "Not through with it yet: store-3.",
            "Session 4 of store-4 is suspended after 3 tries (too large)",
            "\n  csu job retry 4\n  csu job cancel-session 4\n",
            "Failed: store-5.",
            "\n  csu job run 1010",
        ] {
            assert!(said.contains(part), "{part} is not in: {said}");
        }
        assert!(!said.contains("store-1"), "{said}");
    }

    #[test]
    fn hundreds_of_databases_are_counted() {
        let away = (1..=9).map(|id| session(id, SessionStatus::Available, false));
        let said = text(RunStatus::Incomplete, away);
        assert!(said.ends_with("store-4, store-5 and 4 more."), "{said}");
        let suspended = (1..=9).map(|id| session(id, SessionStatus::Suspended, true));
        let said = text(RunStatus::Incomplete, suspended);
        assert!(
            said.ends_with("4 more sessions are suspended.\n  csu job sessions --open"),
            "{said}"
        );
    }

    #[test]
    fn a_run_without_sessions_says_how_to_go_on() {
        for status in [RunStatus::Failed, RunStatus::Canceled] {
            assert!(text(status, []).ends_with("\n  csu job run 1010"), "{status:?}");
        }
        assert!(text(RunStatus::Incomplete, []).ends_with("\n  csu job history 1010"));
    }
}
