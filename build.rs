//! Compiles the protos without protoc and keeps their comments for reflection.

#![expect(clippy::disallowed_methods, reason = "cargo speaks to build scripts by the environment")]

use std::{env, error::Error, fs, path::PathBuf};

use prost::Message as _;

const PROTOS: &[&str] = &[
    "proto/commerce/channel/v1/channel_service.proto",
    "proto/commerce/channel/v1/customer_service.proto",
    "proto/commerce/exchange/v1/exchange_service.proto",
    "proto/commerce/exchange/v1/package.proto",
    "proto/commerce/headquarters/v1/channel_setup_service.proto",
    "proto/commerce/headquarters/v1/customer_sync_service.proto",
    "proto/commerce/headquarters/v1/feature_service.proto",
    "proto/commerce/headquarters/v1/realtime_service.proto",
    "proto/commerce/headquarters/v1/scheduler_service.proto",
];

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo:rerun-if-changed=proto");
    println!("cargo:rerun-if-changed=migrations");
    let descriptors = protox::compile(PROTOS, ["proto"])?;
    let out = PathBuf::from(env::var("OUT_DIR")?).join("descriptors.bin");
    fs::write(out, descriptors.encode_to_vec())?;
    tonic_prost_build::configure().compile_fds(descriptors)?;
    Ok(())
}
