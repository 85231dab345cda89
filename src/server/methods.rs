//! The methods that a server has, read from their descriptors: what the layers do with a call
//! depends on its method, and only names in this table become labels, whatever paths callers make
//! up.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use anyhow::{Context as _, ensure};
use prost::Message as _;
use prost_types::{FileDescriptorSet, MethodDescriptorProto};

use crate::{proto, server::layers::observe::Meters};

/// Descriptors of all that reflection shows, its own aside. Google's errors are among them, as
/// grpcurl shows an error's details only if reflection knows their types.
pub const DESCRIPTORS: [&[u8]; 3] = [
    proto::FILE_DESCRIPTOR_SET,
    tonic_types::pb::FILE_DESCRIPTOR_SET,
    tonic_health::pb::FILE_DESCRIPTOR_SET,
];

const REFLECTION_DESCRIPTORS: [&[u8]; 2] = [
    tonic_reflection::pb::v1::FILE_DESCRIPTOR_SET,
    tonic_reflection::pb::v1alpha::FILE_DESCRIPTOR_SET,
];

/// Packages of the services that every server has: health and reflection.
const INFRASTRUCTURE: &str = "grpc.";

/// What kind of call a method is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// One request, one answer.
    Unary,
    /// A stream in at least one direction, which may go on for hours.
    Streaming,
    /// Health and reflection: they answer when nothing else does, and are no news in the log.
    Infrastructure,
}

/// A method that is served, or the one that stands for all unknown ones.
#[derive(Debug)]
pub struct Method {
    /// Full name of its service.
    pub service: Arc<str>,
    /// Its name.
    pub name: Arc<str>,
    /// What kind of call it is.
    pub kind: Kind,
    /// Counts its calls.
    pub meters: Meters,
}

/// All methods that a server has.
#[derive(Debug)]
pub struct Methods {
    by_path: HashMap<String, Arc<Method>>,
    unknown: Arc<Method>,
}

impl Methods {
    /// The methods of `services` (full names), and those of health and reflection. Their metrics
    /// exist from now on, so the recorder has to be installed before.
    ///
    /// # Errors
    /// A service that no descriptor has.
    pub fn of(services: &[&str]) -> anyhow::Result<Self> {
        let mut by_path = HashMap::new();
        let mut missing: HashSet<&str> = services.iter().copied().collect();
        for encoded in DESCRIPTORS.iter().chain(&REFLECTION_DESCRIPTORS) {
            let set = FileDescriptorSet::decode(*encoded).context("a descriptor set is broken")?;
            for file in &set.file {
                for service in &file.service {
                    let name = format!("{}.{}", file.package(), service.name());
                    if missing.remove(name.as_str()) || name.starts_with(INFRASTRUCTURE) {
                        add_methods(&mut by_path, &name.into(), &service.method);
                    }
                }
            }
        }
        ensure!(missing.is_empty(), "no descriptor has the services {missing:?}");
        let unknown = Method::new("unknown".into(), "unknown".into(), Kind::Unary);
        Ok(Self { by_path, unknown })
    }

    /// The method that `path` (`/package.Service/Method`) calls; `None` if there is none.
    #[must_use]
    pub fn known(&self, path: &str) -> Option<&Arc<Method>> {
        self.by_path.get(path)
    }

    /// Stands for a method that is not served.
    #[must_use]
    pub const fn unknown(&self) -> &Arc<Method> {
        &self.unknown
    }
}

impl Method {
    fn new(service: Arc<str>, name: Arc<str>, kind: Kind) -> Arc<Self> {
        let meters = Meters::new(&service, &name, kind);
        Arc::new(Self { service, name, kind, meters })
    }
}

fn add_methods(
    by_path: &mut HashMap<String, Arc<Method>>,
    service: &Arc<str>,
    methods: &[MethodDescriptorProto],
) {
    for method in methods {
        let kind = if service.starts_with(INFRASTRUCTURE) {
            Kind::Infrastructure
        } else if method.client_streaming() || method.server_streaming() {
            Kind::Streaming
        } else {
            Kind::Unary
        };
        let path = format!("/{service}/{}", method.name());
        by_path.insert(path, Method::new(Arc::clone(service), method.name().into(), kind));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_come_from_the_descriptors() {
        let methods = Methods::of(&["commerce.channel.v1.CustomerService"]).unwrap();
        let kind = |path: &str| methods.known(path).map(|method| method.kind);
        assert_eq!(kind("/commerce.channel.v1.CustomerService/GetCustomer"), Some(Kind::Unary));
        assert_eq!(kind("/grpc.health.v1.Health/Check"), Some(Kind::Infrastructure));
        for version in ["v1", "v1alpha"] {
            let path = format!("/grpc.reflection.{version}.ServerReflection/ServerReflectionInfo");
            assert_eq!(kind(&path), Some(Kind::Infrastructure));
        }
    }

    #[test]
    fn only_what_is_served_is_known() {
        let methods = Methods::of(&["commerce.channel.v1.CustomerService"]).unwrap();
        for path in [
            "/commerce.channel.v1.ChannelService/ExplainRoute",
            "/commerce.channel.v1.CustomerService/NoSuchMethod",
            "/",
            "",
        ] {
            assert!(methods.known(path).is_none(), "{path}");
        }
        assert!(Methods::of(&["commerce.channel.v2.CustomerService"]).is_err());
    }
}
