//! Creates that come at a fixed rate, whatever becomes of those before.

use std::{
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

use anyhow::Context as _;
use csu::{
    proto::channel::{
        Address, Contact, ContactKind, CreateCustomerRequest, Customer, ExecutionMode,
        customer_service_client::CustomerServiceClient,
    },
    runtime::{
        clock::{SystemClock, monotonic},
        ids,
    },
};
use hdrhistogram::Histogram;
use tokio::{task::JoinSet, time::Instant};
use tokio_util::sync::CancellationToken;
use tonic::transport::Channel;

/// Latencies in microseconds, to three digits.
pub(crate) type Latencies = Histogram<u64>;

pub(crate) struct Load {
    pub(crate) customers: CustomerServiceClient<Channel>,
    /// Creates a second.
    pub(crate) rate: u32,
}

/// A create that is answered.
struct Answered {
    took: Duration,
    is_measured: bool,
}

impl Load {
    /// Until `stop`. What is due while `measuring` counts.
    pub(crate) async fn run(
        &self,
        measuring: &AtomicBool,
        stop: &CancellationToken,
    ) -> anyhow::Result<Latencies> {
        let mut latencies = Latencies::new(3)?;
        let mut calls = JoinSet::new();
        let (start, interval) = (monotonic(), Duration::from_secs(1) / self.rate);
        for number in 0.. {
            let due = start + interval * number;
            if stop.run_until_cancelled(tokio::time::sleep_until(due)).await.is_none() {
                break;
            }
            let is_measured = measuring.load(Ordering::SeqCst);
            calls.spawn(create(self.customers.clone(), number, due, is_measured));
            while let Some(answered) = calls.try_join_next() {
                record(&mut latencies, &answered??)?;
            }
        }
        while let Some(answered) = calls.join_next().await {
            record(&mut latencies, &answered??)?;
        }
        Ok(latencies)
    }
}

fn record(latencies: &mut Latencies, answered: &Answered) -> anyhow::Result<()> {
    if answered.is_measured {
        latencies.record(u64::try_from(answered.took.as_micros())?)?;
    }
    Ok(())
}

async fn create(
    mut customers: CustomerServiceClient<Channel>,
    number: u32,
    due: Instant,
    is_measured: bool,
) -> anyhow::Result<Answered> {
    let answer = customers.create_customer(request(number)).await.context("a create")?;
    let took = monotonic() - due;
    let mode = answer.into_inner().execution.map(|execution| execution.mode());
    anyhow::ensure!(mode == Some(ExecutionMode::Async), "a create is async here, not {mode:?}");
    Ok(Answered { took, is_measured })
}

fn request(number: u32) -> CreateCustomerRequest {
    let contact = |kind: ContactKind, value: String| Contact {
        kind: kind.into(),
        value,
        ..Contact::default()
    };
    let address = Address {
        street: format!("{} Pike Place", number % 900 + 1),
        city: "Seattle".to_owned(),
        state: "WA".to_owned(),
        postal_code: "98101".to_owned(),
        ..Address::default()
    };
    CreateCustomerRequest {
        request_id: ids::new_request_id(&SystemClock).to_string(),
        channel: "SEATTLE".to_owned(),
        customer: Some(Customer {
            first_name: "Karen".to_owned(),
            last_name: format!("Berg {number}"),
            contacts: vec![
                contact(ContactKind::Phone, format!("(425) 555-{:04}", number % 10_000)),
                contact(ContactKind::Email, format!("karen{number}@example.com")),
            ],
            addresses: vec![address],
            ..Customer::default()
        }),
        ..CreateCustomerRequest::default()
    }
}
