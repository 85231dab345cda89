//! The API as a newcomer meets it: real grpcurl, which knows nothing but what reflection tells it.

mod comments;
mod reflection;
mod stories;

use std::{
    net::SocketAddr,
    process::{Command, Output},
};

use serde_json::Value;

use crate::harness::{Replica, tools};

const CUSTOMERS: &str = "commerce.channel.v1.CustomerService";
const CHANNEL: &str = "commerce.channel.v1.ChannelService";
const HEALTH: &str = "grpc.health.v1.Health";

/// grpcurl with the address of a unit.
struct Grpcurl(SocketAddr);

impl Grpcurl {
    fn at(replica: &Replica) -> Self {
        Self(replica.address)
    }

    /// `flags` come before the address, `words` after it.
    fn run(&self, flags: &[&str], words: &[&str]) -> Output {
        Command::new(tools::grpcurl())
            .args(["-plaintext", "-connect-timeout", "10", "-max-time", "30"])
            .args(flags)
            .arg(self.0.to_string())
            .args(words)
            .output()
            .expect("grpcurl runs")
    }

    /// What it prints of a run that succeeds.
    fn text(&self, words: &[&str]) -> String {
        let output = self.run(&[], words);
        let failure = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "grpcurl {words:?}: {failure}");
        String::from_utf8(output.stdout).expect("text")
    }

    /// The answer of a method, or the status that it failed with.
    fn try_call(&self, flags: &[&str], method: &str, request: &Value) -> Result<Value, Value> {
        let request = request.to_string();
        let flags = [flags, &["-format-error", "-d", &request]].concat();
        let output = self.run(&flags, &[method]);
        let parse = |bytes: &[u8]| {
            serde_json::from_slice(bytes).unwrap_or_else(|error| {
                panic!("{method} {request}: {error}: {}", String::from_utf8_lossy(bytes))
            })
        };
        if output.status.success() { Ok(parse(&output.stdout)) } else { Err(parse(&output.stderr)) }
    }

    fn call(&self, method: &str, request: &Value) -> Value {
        self.try_call(&[], method, request).unwrap_or_else(|status| panic!("{method}: {status:#}"))
    }

    fn fail(&self, flags: &[&str], method: &str, request: &Value) -> Value {
        self.try_call(flags, method, request).expect_err("it fails")
    }
}

/// The detail of this type in a status, as grpcurl decodes it.
fn detail<'a>(status: &'a Value, name: &str) -> &'a Value {
    let wanted = format!("type.googleapis.com/google.rpc.{name}");
    let details = status["details"].as_array().expect("details");
    let found = details.iter().find(|detail| detail["@type"] == wanted.as_str());
    found.unwrap_or_else(|| panic!("a {name} in {status:#}"))
}

fn method(service: &str, name: &str) -> String {
    format!("{service}/{name}")
}
