//! Settings of a command that calls a running process.

use std::time::Duration;

use http::Uri;

use crate::cli::settings::{Reader, Settings, kind};

/// Of a command that calls a unit or headquarters.
#[derive(Debug, Clone)]
pub struct ClientSettings {
    pub server: Uri,
    pub headquarters: Uri,
    pub timeout: Duration,
}

impl Settings for ClientSettings {
    fn read(&mut self, reader: &mut Reader<'_>) {
        reader.set("client.server", &mut self.server, &kind::SERVER);
        reader.set("client.headquarters", &mut self.headquarters, &kind::SERVER);
        reader.set("client.timeout", &mut self.timeout, &kind::POSITIVE_DURATION);
    }
}

impl Default for ClientSettings {
    fn default() -> Self {
        Self {
            server: Uri::from_static("http://127.0.0.1:50051"),
            headquarters: Uri::from_static("http://127.0.0.1:50052"),
            timeout: Duration::from_secs(10),
        }
    }
}
