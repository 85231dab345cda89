//! Both versions of reflection tell the same. grpcurl asks the newer one and can't be told to ask the older, which
//! other tools know alone; so they are asked here by their own clients.

use std::collections::BTreeSet;

use prost::Message as _;
use prost_types::FileDescriptorProto;
use tonic::transport::Endpoint;

use super::{CHANNEL, CUSTOMERS, HEALTH};
use crate::harness::{Engine, World};

/// Asks one version for the services, and for the files that declare the symbols.
macro_rules! ask {
    ($version:ident, $channel:expr, $symbols:expr) => {{
        use tonic_reflection::pb::$version::{
            ServerReflectionRequest, server_reflection_client::ServerReflectionClient,
            server_reflection_request::MessageRequest, server_reflection_response::MessageResponse,
        };
        let ask = |message| ServerReflectionRequest {
            message_request: Some(message),
            ..ServerReflectionRequest::default()
        };
        let by_symbol = |symbol: &&str| MessageRequest::FileContainingSymbol((*symbol).to_owned());
        let requests: Vec<_> = std::iter::once(MessageRequest::ListServices(String::new()))
            .chain($symbols.iter().map(by_symbol))
            .map(ask)
            .collect();
        let asked = tokio_stream::iter(requests);
        let answers = ServerReflectionClient::new($channel).server_reflection_info(asked).await;
        let mut answers = answers.unwrap().into_inner();
        let (mut services, mut files) = (BTreeSet::new(), Vec::new());
        while let Some(answer) = answers.message().await.unwrap() {
            match answer.message_response.unwrap() {
                MessageResponse::ListServicesResponse(list) => {
                    services.extend(list.service.into_iter().map(|service| service.name));
                }
                MessageResponse::FileDescriptorResponse(found) => {
                    files.extend(found.file_descriptor_proto);
                }
                other => panic!("{other:?}"),
            }
        }
        (services, files)
    }};
}

fn comments(file: &[u8]) -> usize {
    let file = FileDescriptorProto::decode(file).expect("a descriptor");
    let info = file.source_code_info.unwrap_or_default();
    info.location.iter().filter(|location| location.leading_comments.is_some()).count()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn v1_and_v1alpha_tell_the_same() {
    let world = World::new(Engine::Sqlite).await;
    let address = format!("http://{}", world.replica().address);
    let channel = Endpoint::from_shared(address).unwrap().connect().await.unwrap();
    // Ours with their comments, and the types of error details, which no file of ours imports.
    let symbols = [
        CUSTOMERS,
        CHANNEL,
        HEALTH,
        "commerce.channel.v1.Customer",
        "google.rpc.ErrorInfo",
        "google.rpc.BadRequest",
        "google.rpc.RetryInfo",
        "google.rpc.PreconditionFailure",
        "google.rpc.LocalizedMessage",
    ];
    let (v1, files) = ask!(v1, channel.clone(), symbols);
    let (v1alpha, files_of_v1alpha) = ask!(v1alpha, channel, symbols);
    // Each lists itself besides.
    let listed = |itself| [CHANNEL, CUSTOMERS, HEALTH, itself].map(str::to_owned);
    assert_eq!(v1, BTreeSet::from(listed("grpc.reflection.v1.ServerReflection")));
    assert_eq!(v1alpha, BTreeSet::from(listed("grpc.reflection.v1alpha.ServerReflection")));
    assert_eq!(files.len(), symbols.len());
    assert!(files == files_of_v1alpha, "the same descriptors");
    assert!(comments(&files[0]) > 30, "the comments of customer_service.proto");
    world.close().await;
}
