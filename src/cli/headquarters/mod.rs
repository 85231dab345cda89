//! What the commands of a running headquarters have in common.

pub mod json;
pub mod show;

use std::time::Duration;

use tonic::{Code, Request, Response, Status, Streaming, transport::Channel};

use crate::{
    cli::{
        Failure,
        client::{CallError, Callee, Connection, MAX_ANSWER_BYTES, Refusal},
        flags::{HeadquartersFlags, Output},
        output::shell_word,
    },
    proto::headquarters::{
        self as proto, channel_setup_service_client::ChannelSetupServiceClient,
        customer_sync_service_client::CustomerSyncServiceClient,
        feature_service_client::FeatureServiceClient,
        scheduler_service_client::SchedulerServiceClient,
    },
};

/// A connection to the headquarters that the flags name.
pub struct Headquarters {
    pub output: Output,
    connection: Connection,
    /// As it was given by a flag, so that commands which are shown go to the same.
    flag: Option<String>,
}

impl Headquarters {
    pub async fn connect(flags: &HeadquartersFlags) -> Result<Self, Failure> {
        let (settings, _) = flags.layers()?.client()?;
        let output = flags.output();
        let opening =
            Connection::open(Callee::Headquarters, &settings.headquarters, settings.timeout);
        match opening.await {
            Ok(connection) => Ok(Self { output, connection, flag: flags.headquarters.clone() }),
            Err(error) => Err(Failure::Call(Box::new(error), output)),
        }
    }

    /// The same for answers that may take so much longer.
    #[must_use]
    pub fn patient(mut self, longer: Duration) -> Self {
        self.connection = self.connection.patient(longer);
        self
    }

    pub fn features(&self) -> FeatureServiceClient<Channel> {
        FeatureServiceClient::new(self.connection.channel.clone())
            .max_decoding_message_size(MAX_ANSWER_BYTES)
    }

    pub fn setup(&self) -> ChannelSetupServiceClient<Channel> {
        ChannelSetupServiceClient::new(self.connection.channel.clone())
            .max_decoding_message_size(MAX_ANSWER_BYTES)
    }

    pub fn scheduler(&self) -> SchedulerServiceClient<Channel> {
        SchedulerServiceClient::new(self.connection.channel.clone())
            .max_decoding_message_size(MAX_ANSWER_BYTES)
    }

    pub fn customer_sync(&self) -> CustomerSyncServiceClient<Channel> {
        CustomerSyncServiceClient::new(self.connection.channel.clone())
            .max_decoding_message_size(MAX_ANSWER_BYTES)
    }

    /// Waits for an answer to `message`, within the timeout.
    pub async fn call<M, A>(
        &self,
        message: M,
        rpc: impl AsyncFnOnce(Request<M>) -> Result<Response<A>, Status>,
    ) -> Result<A, Failure> {
        let answer = self.connection.call(message, rpc).await;
        answer.map_err(|error| self.failed(error.advised(|refusal| self.run_first(refusal))))
    }

    /// Waits for the next answer of a stream, within the timeout; `None`: there is no more.
    pub async fn next<A>(&self, answers: &mut Streaming<A>) -> Result<Option<A>, Failure> {
        self.connection.next(answers).await.map_err(|error| self.failed(error))
    }

    pub async fn channels(&self) -> Result<Vec<proto::Channel>, Failure> {
        let request = proto::ListChannelsRequest {};
        let call = async |request| self.setup().list_channels(request).await;
        Ok(self.call(request, call).await?.channels)
    }

    pub async fn profiles(&self) -> Result<Vec<proto::FunctionalityProfile>, Failure> {
        let request = proto::ListFunctionalityProfilesRequest {};
        let call = async |request| self.setup().list_functionality_profiles(request).await;
        Ok(self.call(request, call).await?.functionality_profiles)
    }

    /// What headquarters' answers say against the command.
    pub fn refused(&self, refusal: Refusal) -> Failure {
        self.failed(self.connection.refused(refusal))
    }

    /// That there is no such thing, and what there is.
    pub fn not_found(&self, reason: &str, message: String, known: &[&str]) -> Failure {
        let known = if known.is_empty() { "none".to_owned() } else { known.join(",") };
        self.refused(Refusal::by_us(Code::NotFound, reason, message).with("known", &known))
    }

    /// A command of ours to the same headquarters.
    pub fn command(&self, command: &str) -> String {
        match &self.flag {
            Some(url) => format!("{command} --headquarters {}", shell_word(url)),
            None => command.to_owned(),
        }
    }

    fn failed(&self, error: CallError) -> Failure {
        Failure::Call(Box::new(error), self.output)
    }

    /// Commands after which it would not be refused.
    fn run_first(&self, refusal: &Refusal) -> Vec<String> {
        let (command, keys) = match refusal.reason.as_str() {
            "FEATURE_PREREQUISITES_MISSING" => ("csu feature enable", refusal.list("missing")),
            "FEATURE_REQUIRED_BY_OTHERS" => ("csu feature disable", refusal.list("required_by")),
            _ => return Vec::new(),
        };
        let keys: Vec<_> = keys.into_iter().map(shell_word).collect();
        vec![self.command(&format!("{command} {}", keys.join(" ")))]
    }
}
