//! Sessions: what brings one job's data to one channel database, or from it. Those of a job and database are applied
//! in their order, each once.

use crate::domain::{
    job::{DownloadJob, Job, RunId},
    named::named,
    origin::Origin,
    time::Timestamp,
};

/// How often a session may fail before it waits for somebody.
pub const MOST_TRIES: u32 = 3;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SessionId(pub i64);

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PackageId(pub i64);

named! {
    SessionStatus {
        /// Its package is being built, or its upload was asked for.
        Started = "STARTED",
        /// It waits for its database.
        Available = "AVAILABLE",
        Requested = "REQUESTED",
        Downloaded = "DOWNLOADED",
        Applied = "APPLIED",
        Canceled = "CANCELED",
        CreateFailed = "CREATE_FAILED",
        /// Its database tries again.
        DownloadFailed = "DOWNLOAD_FAILED",
        /// Its database tries again.
        ApplyFailed = "APPLY_FAILED",
        NoData = "NO_DATA",
        /// It was tried too often. It and those after it wait for somebody.
        Suspended = "SUSPENDED",
        UploadFailed = "UPLOAD_FAILED",
    }
}

/// What its database says of a session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Report {
    Downloaded,
    Applied,
    DownloadFailed(String),
    ApplyFailed(String),
    /// Its database has not the version that it goes on from.
    NotApplicable,
    Uploaded {
        rows: u64,
        bytes: u64,
    },
    UploadFailed(String),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// 0: it has no number yet.
    pub id: SessionId,
    pub job: Job,
    /// Name of the channel database.
    pub database: String,
    pub origin: Origin,
    pub run: RunId,
    /// It brings the database from this version, or uploads revisions above this counter …
    pub from: i64,
    /// … to this one.
    pub to: i64,
    pub full: bool,
    pub status: SessionStatus,
    pub try_count: u32,
    /// That of the job, shared by several databases.
    pub package: Option<PackageId>,
    /// 1010: outcomes of the origin.
    pub outcomes: Option<PackageId>,
    pub rows: u64,
    pub bytes: u64,
    /// Why it failed last, or was canceled.
    pub error: Option<String>,
    pub created_at: Timestamp,
    pub available_at: Option<Timestamp>,
    pub downloaded_at: Option<Timestamp>,
    pub ended_at: Option<Timestamp>,
}

/// What a run of a download job has to do for one database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// Sessions that the new one takes the place of.
    pub replaced: Vec<SessionId>,
    pub next: Next,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// This open session brings all that there is.
    OnItsWay(SessionId),
    /// The database has all that there is.
    NoData,
    Session {
        from: i64,
        full: bool,
    },
}

impl SessionStatus {
    pub const fn is_open(self) -> bool {
        !matches!(
            self,
            Self::Applied | Self::Canceled | Self::CreateFailed | Self::NoData | Self::UploadFailed
        )
    }

    /// Whether its database has begun with it.
    pub const fn is_begun(self) -> bool {
        self.is_open() && !matches!(self, Self::Started | Self::Available)
    }

    /// Whether its database may download and apply it, if it is its turn.
    pub const fn is_offered(self) -> bool {
        matches!(
            self,
            Self::Available
                | Self::Requested
                | Self::Downloaded
                | Self::DownloadFailed
                | Self::ApplyFailed
        )
    }
}

impl Session {
    /// One that is begun now. It goes nowhere yet: `from` and `to` are 0.
    pub fn new(job: Job, (database, origin): (String, Origin), run: RunId, now: Timestamp) -> Self {
        Self {
            id: SessionId(0),
            job,
            database,
            origin,
            run,
            from: 0,
            to: 0,
            full: false,
            status: SessionStatus::Started,
            try_count: 0,
            package: None,
            outcomes: None,
            rows: 0,
            bytes: 0,
            error: None,
            created_at: now,
            available_at: None,
            downloaded_at: None,
            ended_at: None,
        }
    }

    /// Takes a report over; `false`: it has ended, or the report says nothing new.
    pub fn report(&mut self, report: &Report, now: Timestamp) -> bool {
        if !self.status.is_open() {
            return false;
        }
        let before = self.clone();
        match report {
            Report::Downloaded if self.status != SessionStatus::Suspended => {
                self.status = SessionStatus::Downloaded;
                self.downloaded_at = Some(now);
            }
            Report::Downloaded => {}
            Report::Applied => self.end(SessionStatus::Applied, now),
            Report::DownloadFailed(error) => {
                self.fail(SessionStatus::DownloadFailed, error);
            }
            Report::ApplyFailed(error) => self.fail(SessionStatus::ApplyFailed, error),
            Report::NotApplicable => {
                let text = "the database has another version than this one goes on from";
                self.cancel(text, now);
            }
            Report::Uploaded { rows: 0, .. } => self.end(SessionStatus::NoData, now),
            Report::Uploaded { rows, bytes } => {
                (self.rows, self.bytes) = (*rows, *bytes);
                self.end(SessionStatus::Applied, now);
            }
            Report::UploadFailed(error) => {
                self.error = Some(error.clone());
                self.try_count += 1;
                self.end(SessionStatus::UploadFailed, now);
            }
        }
        *self != before
    }

    /// Its database has begun to download it.
    pub fn request(&mut self) -> bool {
        let begins = self.status.is_offered() && self.status != SessionStatus::Requested;
        if begins {
            self.status = SessionStatus::Requested;
        }
        begins
    }

    /// Offers a suspended session again; `false`: it is not suspended.
    pub fn retry(&mut self) -> bool {
        let suspended = self.status == SessionStatus::Suspended;
        if suspended {
            self.status = SessionStatus::Available;
            self.try_count = 0;
        }
        suspended
    }

    /// `false`: it has ended.
    pub fn cancel(&mut self, why: &str, now: Timestamp) -> bool {
        let is_open = self.status.is_open();
        if is_open {
            self.error = Some(why.to_owned());
            self.end(SessionStatus::Canceled, now);
        }
        is_open
    }

    pub fn end(&mut self, status: SessionStatus, now: Timestamp) {
        self.status = status;
        self.ended_at = Some(now);
    }

    fn fail(&mut self, status: SessionStatus, error: &str) {
        if self.status == SessionStatus::Suspended {
            return;
        }
        self.error = Some(error.to_owned());
        self.try_count += 1;
        self.status = if self.try_count >= MOST_TRIES { SessionStatus::Suspended } else { status };
    }
}

/// What a run has to do for a database that has `version` of the job (`None`: it was never applied), while
/// headquarters is at `target`. `open`: sessions of the job and database, in their order. `full`: everything is
/// wanted, whatever the database has.
///
/// What nobody has begun with gives way to a session that brings more: a database that was away for long gets one
/// session, and not all that it has missed.
pub fn plan(open: &[Session], version: Option<i64>, target: i64, full: bool) -> Plan {
    if full {
        let replaced = open.iter().map(|session| session.id).collect();
        return Plan { replaced, next: Next::Session { from: 0, full: true } };
    }
    let begun = open.iter().take_while(|session| session.status.is_begun()).count();
    let (begun, waiting) = open.split_at(begun);
    // One that was left half built is built anew.
    let brings_all = |last: &Session| last.to >= target && last.status != SessionStatus::Started;
    if let Some(last) = open.last().filter(|last| brings_all(last)) {
        return Plan { replaced: Vec::new(), next: Next::OnItsWay(last.id) };
    }
    let replaced: Vec<_> = waiting.iter().map(|session| session.id).collect();
    let was_full = waiting.iter().any(|session| session.full);
    let reached = begun.last().map(|last| last.to).or(version);
    let next = match reached {
        None => Next::Session { from: 0, full: true },
        Some(_) if was_full && begun.is_empty() => Next::Session { from: 0, full: true },
        Some(reached) if reached >= target => Next::NoData,
        Some(from) => Next::Session { from, full: false },
    };
    Plan { replaced, next }
}

/// Of the sessions of a database, each download job's that is its turn: the earliest open one, if it may be
/// downloaded. `open` is in the order of their numbers.
pub fn turns(open: &[Session]) -> Vec<&Session> {
    let first = |job: &DownloadJob| {
        let mut of_job = open.iter().filter(|session| session.job == Job::Download(*job));
        of_job.next().filter(|session| session.status.is_offered())
    };
    DownloadJob::ALL.iter().filter_map(first).collect()
}
