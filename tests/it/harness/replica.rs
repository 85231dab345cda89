//! A scale unit in this process, with clients that reach it over TCP.

use std::{net::SocketAddr, ops::Deref, sync::Arc, time::Duration};

use csu::{
    channel::store::SharedStore,
    proto::channel::{
        channel_service_client::ChannelServiceClient,
        customer_service_client::CustomerServiceClient,
    },
    roles::channel::{self, ChannelSettings, Parts, ServingChannel},
    runtime::clock::TestClock,
    server::telemetry,
};
use http::Uri;
use tokio::net::TcpListener;
use tonic::transport::{Channel, Endpoint};

pub struct Replica {
    pub serving: ServingChannel,
    pub address: SocketAddr,
    clients: Clients,
}

/// Clients that share one connection.
#[derive(Clone)]
pub struct Clients(Channel);

impl Replica {
    pub async fn start(
        store: SharedStore,
        clock: Arc<TestClock>,
        mut settings: ChannelSettings,
        headquarters: Uri,
    ) -> Self {
        // Nobody polls this unit's health, so nobody needs time to see it change.
        settings.server.drain_delay = Duration::ZERO;
        let (grpc, http) = (listener().await, listener().await);
        let address = grpc.local_addr().expect("an address");
        let parts = Parts {
            store,
            clock,
            headquarters,
            grpc,
            http,
            metrics: telemetry::metrics().expect("metrics"),
        };
        let serving = channel::start(parts, settings).await.expect("the unit starts");
        Self { serving, address, clients: Clients::connect(address).await }
    }

    pub async fn stop(self) {
        drop(self.clients);
        assert!(self.serving.stop(Duration::from_secs(30)).await, "everything ends by itself");
    }
}

impl Deref for Replica {
    type Target = Clients;

    fn deref(&self) -> &Clients {
        &self.clients
    }
}

impl Clients {
    /// Clients with a connection of their own.
    pub async fn connect(address: SocketAddr) -> Self {
        let endpoint = Endpoint::from_shared(format!("http://{address}")).expect("a URL");
        Self(endpoint.connect().await.expect("the unit takes connections"))
    }

    /// Clients of whoever serves there, which connect anew for each call that finds them without a connection.
    pub fn towards(address: SocketAddr) -> Self {
        let endpoint = Endpoint::from_shared(format!("http://{address}")).expect("a URL");
        Self(endpoint.connect_lazy())
    }

    pub fn customers(&self) -> CustomerServiceClient<Channel> {
        CustomerServiceClient::new(self.0.clone())
    }

    pub fn channel(&self) -> ChannelServiceClient<Channel> {
        ChannelServiceClient::new(self.0.clone())
    }
}

async fn listener() -> TcpListener {
    TcpListener::bind("127.0.0.1:0").await.expect("a free port")
}
