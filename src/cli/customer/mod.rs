//! `csu customer`: customers of a running unit.

mod create;
mod fields;
mod get;
mod json;
mod search;
mod show;
mod update;

use clap::Subcommand;

use crate::{
    cli::{
        EXIT_CODES, Failure, Outcome,
        client::{CallError, Callee, Connection, MAX_ANSWER_BYTES},
        flags::{ClientFlags, Output},
        one_thread,
    },
    proto::channel::customer_service_client::CustomerServiceClient,
    runtime::{clock::SystemClock, ids},
};

/// Create, change and find customers of a running unit
#[derive(Debug, Subcommand)]
#[command(after_help = EXIT_CODES)]
pub enum Customer {
    Create(Box<create::Create>),
    Update(Box<update::Update>),
    Get(get::Get),
    Search(search::Search),
}

pub fn run(customer: Customer) -> Outcome {
    one_thread()?.block_on(async {
        match customer {
            Customer::Create(create) => create::run(*create).await,
            Customer::Update(update) => update::run(*update).await,
            Customer::Get(get) => get::run(get).await,
            Customer::Search(search) => search::run(search).await,
        }
    })
}

/// A connection to the unit that the flags name.
struct Customers {
    connection: Connection,
    output: Output,
}

impl Customers {
    async fn connect(flags: &ClientFlags) -> Result<Self, Failure> {
        let (settings, _) = flags.layers()?.client()?;
        let output = flags.output();
        match Connection::open(Callee::Unit, &settings.server, settings.timeout).await {
            Ok(connection) => Ok(Self { connection, output }),
            Err(error) => Err(Failure::Call(Box::new(error), output)),
        }
    }

    fn service(&self) -> CustomerServiceClient<tonic::transport::Channel> {
        CustomerServiceClient::new(self.connection.channel.clone())
            .max_decoding_message_size(MAX_ANSWER_BYTES)
    }

    fn failed(&self, error: CallError) -> Failure {
        Failure::Call(Box::new(error), self.output)
    }
}

/// What a write is known by: as given, or new.
fn request_id(given: Option<String>) -> String {
    given.unwrap_or_else(|| ids::new_request_id(&SystemClock).to_string())
}
