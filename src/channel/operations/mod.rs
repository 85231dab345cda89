//! What a channel can do, one operation a file, apart from wire and database: find the configuration, let the
//! routing decide, and go that way.

mod add_address;
mod channel_configuration;
mod create_customer;
mod explain_route;
mod get_customer;
mod in_flight;
mod lookup_request;
mod real_time;
mod route;
mod search_customers;
mod update_customer;
mod write;

use std::time::Duration;

pub use add_address::{AddAddress, add_address};
pub use channel_configuration::{ChannelConfigurations, channel_configuration};
pub use create_customer::{CreateCustomer, create_customer};
pub use explain_route::{ExplainRoute, ExplainedRoute, explain_route};
pub use get_customer::{CustomerKey, get_customer};
pub use in_flight::InFlight;
pub use lookup_request::{Found, LookedUp, lookup_request};
pub use search_customers::{SearchCustomers, SearchPage, search_customers};
pub use update_customer::{UpdateCustomer, update_customer};
pub use write::Envelope;

use crate::{
    channel::{
        configuration::ConfigurationCache, realtime::RealTime, store::SharedStore, writer::Writer,
    },
    domain::{
        caller::Caller,
        error::{Error, Result},
        id::CustomerId,
        job::DownloadJob,
        known::KnownCustomer,
        routing::{Connectivity, Headquarters},
    },
    runtime::{
        clock::{Deadline, SharedClock},
        task::Tasks,
    },
};

/// All that the operations of one scale unit work with.
pub struct Unit {
    pub store: SharedStore,
    pub writer: Writer,
    pub configuration: ConfigurationCache,
    pub clock: SharedClock,
    /// Offline: the unit of a till without connection. It never calls headquarters.
    pub connectivity: Connectivity,
    pub realtime: RealTime,
    pub call_budget: CallBudget,
    /// Real-time writes under way.
    pub in_flight: InFlight,
    /// Operations that outlive their callers run in these.
    pub tasks: Tasks,
    /// Key of the request hashes, from the database.
    pub request_hash_key: [u8; 32],
}

/// When there is time for a call to headquarters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CallBudget {
    /// Longest call.
    pub headquarters_timeout: Duration,
    /// A call with less is not begun.
    pub minimum: Duration,
    /// What stays for the two commits around it.
    pub reserve: Duration,
}

/// On whose behalf an operation runs, and until when.
#[derive(Debug, Clone)]
pub struct Context {
    pub caller: Caller,
    pub deadline: Deadline,
}

impl Default for CallBudget {
    fn default() -> Self {
        Self {
            headquarters_timeout: Duration::from_secs(3),
            minimum: Duration::from_millis(100),
            reserve: Duration::from_millis(50),
        }
    }
}

impl CallBudget {
    /// Time for a call; `None`: too little.
    pub fn of(&self, time_left: Duration) -> Option<Duration> {
        let budget = time_left.saturating_sub(self.reserve).min(self.headquarters_timeout);
        (budget >= self.minimum).then_some(budget)
    }
}

impl Unit {
    /// Whether headquarters takes calls, as far as is known.
    pub fn headquarters(&self) -> Headquarters {
        self.realtime.headquarters()
    }

    /// Whether headquarters may be asked anything.
    fn may_call(&self) -> bool {
        self.connectivity == Connectivity::Online && self.headquarters() == Headquarters::Reachable
    }

    /// Time for a call to headquarters that leaves the caller an answer; `None`: too little.
    fn budget(&self, context: &Context) -> Option<Duration> {
        self.call_budget.of(context.deadline.time_left())
    }

    async fn customer(&self, id: CustomerId) -> Result<KnownCustomer> {
        match self.store.customers(&[id]).await?.pop() {
            Some(known) => Ok(known),
            None => Err(self.customer_not_found().await),
        }
    }

    /// Says when 1010 came last: the customer may be on its way.
    async fn customer_not_found(&self) -> Error {
        match self.store.applied(DownloadJob::Customers).await {
            Ok(applied) => {
                Error::CustomerNotFound { customers_applied_at: applied.map(|applied| applied.at) }
            }
            Err(error) => error.into(),
        }
    }
}
