//! The ports of a process. They come before everything else: that one is taken is what is likeliest to fail, and a
//! start that fails leaves nothing half made.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use tokio::net::TcpListener;

use crate::{cli::settings::ServeSettings, server::connections::bind};

/// Of one part of the process.
pub struct Listeners {
    pub grpc: TcpListener,
    pub http: TcpListener,
    pub addresses: Addresses,
}

/// Where one part is served.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Addresses {
    pub grpc: SocketAddr,
    pub http: SocketAddr,
}

/// Of the parts that the role has.
pub struct AllListeners {
    pub channel: Option<Listeners>,
    pub headquarters: Option<Listeners>,
}

/// An address, and the flag that sets it.
type Wanted = (SocketAddr, &'static str);

impl AllListeners {
    pub async fn bind(settings: &ServeSettings) -> anyhow::Result<Self> {
        let mut all = Self { channel: None, headquarters: None };
        if settings.role.has_channel() {
            let part = &settings.channel;
            let grpc = (part.listen, "--channel-listen");
            let http = (part.http_listen, "--channel-http-listen");
            all.channel = Some(Listeners::bind(grpc, http).await?);
        }
        if settings.role.has_headquarters() {
            let part = &settings.headquarters;
            let grpc = (part.listen, "--headquarters-listen");
            let http = (part.http_listen, "--headquarters-http-listen");
            all.headquarters = Some(Listeners::bind(grpc, http).await?);
        }
        Ok(all)
    }
}

impl Listeners {
    async fn bind(grpc: Wanted, http: Wanted) -> anyhow::Result<Self> {
        let (grpc, http) = (bind(grpc.0, grpc.1).await?, bind(http.0, http.1).await?);
        let addresses = Addresses { grpc: grpc.local_addr()?, http: http.local_addr()? };
        Ok(Self { grpc, http, addresses })
    }
}

/// Where this machine reaches what listens on `address`.
pub fn reachable(address: SocketAddr) -> SocketAddr {
    let ip = match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    SocketAddr::new(ip, address.port())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_address_can_be_called() {
        for (address, called) in [
            ("0.0.0.0:1", "127.0.0.1:1"),
            ("[::]:1", "[::1]:1"),
            ("127.0.0.1:1", "127.0.0.1:1"),
            ("10.1.2.3:1", "10.1.2.3:1"),
        ] {
            let address: SocketAddr = address.parse().unwrap();
            assert_eq!(reachable(address).to_string(), called);
        }
    }
}
