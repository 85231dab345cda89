//! Hears from headquarters what there is to do. A stream that breaks or falls silent is begun again, and each begins
//! with all that is wanted: where streams don't pass, this is polling.

use std::{sync::Arc, time::Duration};

use tokio::sync::watch;

use crate::{
    domain::configuration::ConfigurationVersion,
    exchange::agent::{Agent, EXCHANGE, ExchangeError, Wanted, answered, refusal},
    proto::exchange::SubscribeSessionsRequest,
    wire,
};

/// Headquarters says something every few seconds: who hears nothing for so long is not connected.
const SILENCE_LIMIT: Duration = Duration::from_secs(15);
/// What headquarters says of a database that it does not know.
const NOT_REGISTERED: &str = "DATABASE_NOT_REGISTERED";

impl Agent {
    /// Keeps `wanted` up to date, for ever.
    pub(super) async fn subscribe(&self, wanted: &watch::Sender<Wanted>) {
        let mut delays = EXCHANGE.jittered();
        let mut last_error = String::new();
        loop {
            let mut heard = false;
            let ended = self.hear(wanted, &mut heard).await;
            // What was wanted may be done by another replica meanwhile.
            wanted.send_replace(None);
            if heard {
                delays = EXCHANGE.jittered();
            }
            if let Err(error) = ended {
                let text = error.to_string();
                if text == last_error {
                    tracing::debug!(error = text, "no subscription yet");
                } else {
                    tracing::warn!(
                        error = text,
                        "the subscription to sessions has ended; trying again"
                    );
                }
                last_error = text;
                if matches!(&error, ExchangeError::Refused { reason, .. } if reason == NOT_REGISTERED)
                {
                    let _ = self.register().await;
                }
            }
            tokio::time::sleep(delays.next().unwrap_or(EXCHANGE.cap)).await;
        }
    }

    /// Until the stream ends; `heard`: whether it has said anything.
    async fn hear(
        &self,
        wanted: &watch::Sender<Wanted>,
        heard: &mut bool,
    ) -> Result<(), ExchangeError> {
        let origin = Some(wire::origin_message(self.identity.origin));
        let request = SubscribeSessionsRequest { origin, applied: self.applied_messages().await? };
        let mut service = self.service.clone();
        let mut stream = answered(service.subscribe_sessions(request)).await?.into_inner();
        loop {
            let message = tokio::time::timeout(SILENCE_LIMIT, stream.message()).await;
            let Ok(message) = message else { return Ok(()) };
            let Some(message) = message.map_err(|status| refusal(&status))? else { return Ok(()) };
            *heard = true;
            self.realtime.note_versions(ConfigurationVersion {
                channel_configuration: message.channel_configuration,
                global_configuration: message.global_configuration,
            });
            wanted.send_replace(Some(Arc::new(message)));
        }
    }
}
