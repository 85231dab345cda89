//! How a setting of each kind is read from text, and shown.

use std::{net::SocketAddr, path::PathBuf, time::Duration};

use clap::ValueEnum as _;
use http::{Uri, uri::Scheme};
use tracing_subscriber::EnvFilter;

use crate::{
    cli::settings::Role, domain::job::JobMode, server::telemetry::LogFormat, storage::DatabaseUrl,
};

/// More is a slip of the pen: nothing here waits or lasts a day.
const LONGEST: Duration = Duration::from_hours(24);
/// More would not fit into memory.
const MOST: usize = 1_000_000;
const MOST_FEW: u32 = 1_000;

/// One kind of setting. What `read` refuses it says in words, without a text that may hold a password.
pub struct Kind<T> {
    pub read: fn(&str) -> Result<T, String>,
    pub show: fn(&T) -> String,
}

pub const FOLDER: Kind<PathBuf> = Kind {
    read: |text| non_empty(text).map(PathBuf::from),
    show: |path| path.display().to_string(),
};

pub const ROLE: Kind<Role> = Kind {
    read: |text| {
        Role::from_str(text, false)
            .map_err(|_| format!("{text:?} is none of all, channel, headquarters, offline"))
    },
    show: |role| role.name().to_owned(),
};

pub const SWITCH: Kind<bool> = Kind {
    read: |text| text.parse().map_err(|_| format!("{text:?} is neither true nor false")),
    show: ToString::to_string,
};

pub const JOB_MODE: Kind<JobMode> = Kind {
    read: |text| {
        JobMode::parse(text)
            .ok_or_else(|| format!("{text:?} is none of continuous, scheduled, manual"))
    },
    show: |mode| mode.as_str().to_owned(),
};

pub const ADDRESS: Kind<SocketAddr> = Kind {
    read: |text| {
        text.parse().map_err(|_| {
            format!("{text:?} is no IP address with port, such as 127.0.0.1:50051 or [::]:50051")
        })
    },
    show: ToString::to_string,
};

pub const DATABASE: Kind<DatabaseUrl> = Kind {
    read: |text| text.parse().map_err(|error| format!("{error}")),
    show: ToString::to_string,
};

pub const OPTIONAL_NAME: Kind<Option<String>> = Kind {
    read: |text| non_empty(text).map(|name| Some(name.to_owned())),
    show: |name| name.clone().unwrap_or_default(),
};

/// From 0 on.
pub const DURATION: Kind<Duration> = Kind {
    read: |text| {
        let duration = humantime::parse_duration(text)
            .map_err(|_| format!("{text:?} is no duration, such as 60s or 100ms"))?;
        if duration > LONGEST {
            Err(format!("{text:?} is longer than a day"))
        } else {
            Ok(duration)
        }
    },
    show: |duration| humantime::format_duration(*duration).to_string(),
};

pub const POSITIVE_DURATION: Kind<Duration> = Kind {
    read: |text| match (DURATION.read)(text)? {
        Duration::ZERO => Err("it must be longer than 0".to_owned()),
        duration => Ok(duration),
    },
    show: DURATION.show,
};

pub const COUNT: Kind<usize> = Kind {
    read: |text| {
        text.parse()
            .ok()
            .filter(|count| (1..=MOST).contains(count))
            .ok_or_else(|| format!("{text:?} is no number from 1 to {MOST}"))
    },
    show: ToString::to_string,
};

/// The same, where nobody wants many.
pub const FEW: Kind<u32> = Kind {
    read: |text| {
        let few = text.parse().ok().filter(|count| (1..=MOST_FEW).contains(count));
        few.ok_or_else(|| format!("{text:?} is no number from 1 to {MOST_FEW}"))
    },
    show: ToString::to_string,
};

pub const LOG_FILTER: Kind<String> = Kind {
    read: |text| {
        EnvFilter::try_new(non_empty(text)?)
            .map(|_| text.to_owned())
            .map_err(|_| format!("{text:?} is no log filter, such as info or csu=debug,sqlx=warn"))
    },
    show: Clone::clone,
};

pub const LOG_FORMAT: Kind<LogFormat> = Kind {
    read: |text| {
        LogFormat::from_str(text, false).map_err(|_| format!("{text:?} is neither human nor json"))
    },
    show: |format| {
        format.to_possible_value().map_or_else(String::new, |value| value.get_name().to_owned())
    },
};

/// `http://HOST:PORT` and nothing more.
pub const SERVER: Kind<Uri> = Kind {
    read: |text| {
        let invalid = || format!("{text:?} is no server, such as http://127.0.0.1:50051");
        let uri: Uri = text.parse().map_err(|_| invalid())?;
        match uri.scheme() {
            Some(scheme) if *scheme == Scheme::HTTPS => {
                Err("https is not there yet; use http:// in a network that you trust".to_owned())
            }
            Some(scheme)
                if *scheme == Scheme::HTTP && uri.path() == "/" && uri.query().is_none() =>
            {
                Ok(uri)
            }
            _ => Err(invalid()),
        }
    },
    show: |uri| uri.to_string().trim_end_matches('/').to_owned(),
};

fn non_empty(text: &str) -> Result<&str, String> {
    if text.trim().is_empty() { Err("it is empty".to_owned()) } else { Ok(text) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_have_a_unit_and_an_end() {
        assert_eq!((DURATION.read)("1m 30s"), Ok(Duration::from_secs(90)));
        assert_eq!((DURATION.read)("0s"), Ok(Duration::ZERO));
        for text in ["", "60", "-1s", "soon", "25h", "99999999999999999999y"] {
            assert!((DURATION.read)(text).is_err(), "{text}");
        }
        assert!((POSITIVE_DURATION.read)("0ms").is_err());
    }

    #[test]
    fn servers_are_reached_by_http() {
        let server = (SERVER.read)("http://localhost:50051").unwrap();
        assert_eq!((SERVER.show)(&server), "http://localhost:50051");
        for text in
            ["", "localhost:50051", "http://", "https://host", "http://host/path", "ftp://h"]
        {
            assert!((SERVER.read)(text).is_err(), "{text}");
        }
    }

    #[test]
    fn what_is_shown_can_be_read() {
        for format in LogFormat::value_variants() {
            assert_eq!((LOG_FORMAT.read)(&(LOG_FORMAT.show)(format)), Ok(*format));
        }
        for role in Role::value_variants() {
            assert_eq!((ROLE.read)(&(ROLE.show)(role)), Ok(*role));
        }
        for mode in JobMode::ALL {
            assert_eq!((JOB_MODE.read)(&(JOB_MODE.show)(mode)), Ok(*mode));
            assert!((JOB_MODE.read)("").unwrap_err().contains(mode.as_str()));
        }
        for switch in [true, false] {
            assert_eq!((SWITCH.read)(&(SWITCH.show)(&switch)), Ok(switch));
        }
        for text in ["", "All", "hq", "yes"] {
            assert!((ROLE.read)(text).is_err() && (SWITCH.read)(text).is_err(), "{text}");
        }
        for text in ["sqlite:data/channel.db", "postgres://csu@localhost:5432/csu"] {
            assert_eq!((DATABASE.read)(text).map(|url| (DATABASE.show)(&url)), Ok(text.to_owned()));
        }
        for text in ["0", "1000001", "-1", "many"] {
            assert!((COUNT.read)(text).is_err() && (FEW.read)(text).is_err(), "{text}");
        }
    }

    #[test]
    fn passwords_are_not_shown() {
        let url = (DATABASE.read)("postgres://csu:secret@localhost/csu").unwrap();
        assert!(!(DATABASE.show)(&url).contains("secret"));
        let refused = (DATABASE.read)("mysql://csu:secret@localhost/csu").unwrap_err();
        assert!(!refused.contains("secret"), "{refused}");
    }
}
