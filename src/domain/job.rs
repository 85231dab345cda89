//! The jobs by which headquarters and channel databases exchange data, under the numbers that the field knows.

use crate::domain::{named::named, time::Timestamp};

/// All of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Job {
    Download(DownloadJob),
    /// P-0001: brings async writes to headquarters.
    ChannelTransactions,
    /// The batch that makes customers of what was uploaded.
    Synchronize,
}

named! {
    /// A job whose packages channel databases apply.
    DownloadJob {
        /// Customers with their account numbers, and outcomes.
        Customers = "1010",
        /// Channels, profiles, default customers, code lists.
        ChannelConfiguration = "1070",
        /// Features and limits.
        GlobalConfiguration = "1110",
    }
}

named! {
    /// What sets a run off.
    Trigger {
        Manual = "MANUAL",
        Recurrence = "RECURRENCE",
        /// There was something to do.
        Continuous = "CONTINUOUS",
        /// A database has no data yet, or can't go on from what it has.
        Initial = "INITIAL",
    }
}

named! {
    /// How a run stands.
    RunStatus {
        Running = "RUNNING",
        Succeeded = "SUCCEEDED",
        NoData = "NO_DATA",
        /// It has done its part, and some database has not.
        Incomplete = "INCOMPLETE",
        Failed = "FAILED",
        Canceled = "CANCELED",
    }
}

named! {
    /// What makes jobs run by themselves.
    JobMode {
        /// Work wakes them.
        Continuous = "continuous",
        /// Their recurrences.
        Scheduled = "scheduled",
        /// Nothing does.
        Manual = "manual",
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RunId(pub i64);

/// A run of a job, or several that came by themselves one upon the other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Run {
    /// 0: it has no number yet.
    pub id: RunId,
    pub job: Job,
    pub trigger: Trigger,
    /// Name of the one database for which it runs; `None`: all.
    pub database: Option<String>,
    /// It brings everything.
    pub full: bool,
    pub status: RunStatus,
    pub started_at: Timestamp,
    pub ended_at: Option<Timestamp>,
    pub rows: u64,
    pub bytes: u64,
    /// What happened, in a sentence without personal data.
    pub summary: String,
    /// How many it stands for. From 1.
    pub count: u32,
    /// Somebody wants it to end.
    pub cancel_requested: bool,
}

impl Run {
    /// One that begins now, for all databases.
    pub const fn new(job: Job, trigger: Trigger, now: Timestamp) -> Self {
        Self {
            id: RunId(0),
            job,
            trigger,
            database: None,
            full: false,
            status: RunStatus::Running,
            started_at: now,
            ended_at: None,
            rows: 0,
            bytes: 0,
            summary: String::new(),
            count: 1,
            cancel_requested: false,
        }
    }
}

/// The version that a database has applied of each download job; `None`: the job was never applied.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct AppliedVersions {
    pub customers: Option<i64>,
    pub channel_configuration: Option<i64>,
    pub global_configuration: Option<i64>,
}

impl AppliedVersions {
    pub const fn of(&self, job: DownloadJob) -> Option<i64> {
        match job {
            DownloadJob::Customers => self.customers,
            DownloadJob::ChannelConfiguration => self.channel_configuration,
            DownloadJob::GlobalConfiguration => self.global_configuration,
        }
    }

    pub const fn set(&mut self, job: DownloadJob, version: Option<i64>) {
        match job {
            DownloadJob::Customers => self.customers = version,
            DownloadJob::ChannelConfiguration => self.channel_configuration = version,
            DownloadJob::GlobalConfiguration => self.global_configuration = version,
        }
    }
}

impl Job {
    pub const ALL: &[Self] = &[
        Self::Download(DownloadJob::Customers),
        Self::Download(DownloadJob::ChannelConfiguration),
        Self::Download(DownloadJob::GlobalConfiguration),
        Self::ChannelTransactions,
        Self::Synchronize,
    ];

    /// As stored and sent.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Download(job) => job.as_str(),
            Self::ChannelTransactions => "P-0001",
            Self::Synchronize => "synchronize",
        }
    }

    pub const fn display_name(self) -> &'static str {
        match self {
            Self::Download(DownloadJob::Customers) => "Customers",
            Self::Download(DownloadJob::ChannelConfiguration) => "Channel configuration",
            Self::Download(DownloadJob::GlobalConfiguration) => "Global configuration",
            Self::ChannelTransactions => "Channel transactions",
            Self::Synchronize => "Synchronize customers and channel requests",
        }
    }

    /// The reverse of [`Self::code`], in any case. The batch is also known by its name, and by its older one,
    /// *Synchronize customers and business partners from async mode*.
    pub fn parse(text: &str) -> Option<Self> {
        let folded: String = text
            .chars()
            .map(|char| if char == ' ' { '-' } else { char.to_ascii_lowercase() })
            .collect();
        match folded.as_str() {
            "p-job" | "p0001" => Some(Self::ChannelTransactions),
            "synchronize-customers-and-channel-requests"
            | "synchronize-customers-and-business-partners-from-async-mode" => {
                Some(Self::Synchronize)
            }
            code => Self::ALL.iter().copied().find(|job| job.code().eq_ignore_ascii_case(code)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn jobs_are_known_by_their_codes_and_older_names() {
        for job in Job::ALL {
            assert_eq!(Job::parse(job.code()), Some(*job));
            assert_eq!(Job::parse(&job.code().to_lowercase()), Some(*job));
        }
        for name in [
            "Synchronize customers and channel requests",
            "synchronize-customers-and-business-partners-from-async-mode",
        ] {
            assert_eq!(Job::parse(name), Some(Job::Synchronize));
        }
        assert_eq!(Job::parse("P-job"), Some(Job::ChannelTransactions));
        for unknown in ["", "1011", "10 10", "9999", "synchronise"] {
            assert_eq!(Job::parse(unknown), None, "{unknown}");
        }
    }
}
