//! Whoever explores the API with `describe` reads what every element is for.

use csu::proto::FILE_DESCRIPTOR_SET;
use prost::Message as _;
use prost_types::{DescriptorProto, FileDescriptorProto, FileDescriptorSet};

use super::{CHANNEL, CUSTOMERS, Grpcurl, HEALTH};
use crate::harness::{Engine, World};

/// Full names of all that our protos declare and that can be described by itself.
fn symbols() -> Vec<String> {
    let files = FileDescriptorSet::decode(FILE_DESCRIPTOR_SET).expect("descriptors").file;
    let ours = files.iter().filter(|file| file.package().starts_with("commerce."));
    let mut symbols: Vec<_> = ours.flat_map(declared).collect();
    symbols.sort();
    assert!(symbols.len() > 30, "the protos were found: {symbols:?}");
    symbols
}

fn declared(file: &FileDescriptorProto) -> Vec<String> {
    let package = file.package();
    let mut symbols = Vec::new();
    for service in &file.service {
        let service_name = format!("{package}.{}", service.name());
        symbols.extend(service.method.iter().map(|it| format!("{service_name}.{}", it.name())));
        symbols.push(service_name);
    }
    symbols.extend(file.enum_type.iter().map(|it| format!("{package}.{}", it.name())));
    file.message_type.iter().for_each(|message| nested(package, message, &mut symbols));
    symbols
}

fn nested(scope: &str, message: &DescriptorProto, symbols: &mut Vec<String>) {
    let name = format!("{scope}.{}", message.name());
    symbols.extend(message.enum_type.iter().map(|it| format!("{name}.{}", it.name())));
    message.nested_type.iter().for_each(|inner| nested(&name, inner, symbols));
    symbols.push(name);
}

/// Lines of a description that declare something without a comment before them.
fn without_comment(description: &str) -> Vec<&str> {
    // The first line is grpcurl's own: "… is a message:".
    let lines: Vec<_> = description.lines().skip(1).map(str::trim).collect();
    let declares = |line: &str| {
        !line.starts_with("//")
            && (line.ends_with(';') || line.ends_with('{') || line.ends_with("{}"))
    };
    let uncommented = lines.iter().enumerate().filter(|(position, line)| {
        let before = position.checked_sub(1).map_or("", |before| lines[before]);
        declares(line) && !before.starts_with("//")
    });
    uncommented.map(|(_, line)| *line).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_element_is_described_with_a_comment() {
    let world = World::new(Engine::Sqlite).await;
    let grpcurl = Grpcurl::at(world.replica());
    for symbol in symbols() {
        let description = grpcurl.text(&["describe", &symbol]);
        let kind = description.lines().next().unwrap_or_default();
        assert!(kind.starts_with(&format!("{symbol} is a")), "{description}");
        let bare = without_comment(&description);
        assert!(bare.is_empty(), "without a comment: {bare:?} in\n{description}");
    }
    world.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn everything_that_is_served_is_listed() {
    let world = World::new(Engine::Sqlite).await;
    let grpcurl = Grpcurl::at(world.replica());
    let listed = grpcurl.text(&["list"]);
    let services = [CHANNEL, CUSTOMERS, HEALTH, "grpc.reflection.v1.ServerReflection"];
    assert_eq!(listed.lines().collect::<Vec<_>>(), services);
    let methods = grpcurl.text(&["list", CUSTOMERS]);
    let methods: Vec<_> = methods.lines().filter_map(|line| line.rsplit('.').next()).collect();
    assert_eq!(
        methods,
        [
            "AddAddress",
            "CreateCustomer",
            "GetCustomer",
            "LookupRequest",
            "SearchCustomers",
            "UpdateCustomer"
        ]
    );
    world.close().await;
}

#[test]
fn a_missing_comment_is_noticed() {
    let description = "a.B is a message:\n// What it is.\nmessage B {\n  // One.\n  string one = 1;\n  string two = 2;\n}\n";
    assert_eq!(without_comment(description), ["string two = 2;"]);
    assert_eq!(without_comment("a.B is a message:\nmessage B {\n}\n"), ["message B {"]);
}
