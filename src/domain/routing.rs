//! Which way an operation goes: the decision table of the product, in one pure function. Nothing else in the
//! program decides a path; `ExplainRoute` runs this very function.

use crate::domain::configuration::RoutingFlags;

/// Operations with a row in the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Operation {
    CreateCustomer,
    /// A customer with its contacts, affiliations and attributes.
    UpdateCustomer,
    AddAddress,
    EditAddress,
    RemoveAddress,
    IssueLoyaltyCard,
}

/// Whether the caller's till is connected to a scale unit (an offline unit never is).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Connectivity {
    Online,
    Offline,
}

/// Whether headquarters takes calls, as the breaker sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Headquarters {
    Reachable,
    Unreachable,
}

/// Whether the caller's deadline leaves enough for a call to headquarters and two commits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TimeLeft {
    Enough,
    TooLittle,
}

/// Whether a customer or address has its final number (id) from headquarters in this database.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Standing {
    Pending,
    Synced,
}

/// All that the decision depends on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Inputs {
    pub operation: Operation,
    pub connectivity: Connectivity,
    pub headquarters: Headquarters,
    pub time_left: TimeLeft,
    /// Of the customer written; ignored for a create.
    pub customer: Standing,
    /// Of the address edited or removed; ignored otherwise.
    pub address: Standing,
    /// Whether the entity written (the customer, or the one address) has revisions without outcome.
    pub edits_waiting: bool,
    /// As cached.
    pub flags: RoutingFlags,
}

/// The way, with its reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Route {
    RealTime(RealTimeReason),
    Async(AsyncReason),
    Refused(Refusal),
}

macro_rules! reasons {
    ($(#[$doc:meta])* $name:ident { $($variant:ident = $text:literal: $explanation:literal),* $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
        pub enum $name { $(#[serde(rename = $text)] $variant),* }

        impl $name {
            pub const ALL: &[Self] = &[$(Self::$variant),*];

            /// Stable, in `UPPER_SNAKE`: the `reason` on the wire.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text),* }
            }

            pub const fn explanation(self) -> &'static str {
                match self { $(Self::$variant => $explanation),* }
            }
        }
    };
}

reasons! {
    /// Why an operation calls headquarters.
    RealTimeReason {
        ProfileRealTime = "PROFILE_REAL_TIME": "the functionality profile creates customers in real time",
        AsyncEditOff = "ASYNC_EDIT_OFF": "editing customers in asynchronous mode is off",
        AsyncAddressOff = "ASYNC_ADDRESS_OFF": "asynchronous creation of customer addresses is off",
        LoyaltyRealTime = "LOYALTY_REAL_TIME": "loyalty cards are issued by headquarters",
    }
}

reasons! {
    /// Why an operation is written in the channel.
    AsyncReason {
        ProfileAsyncCreate = "PROFILE_ASYNC_CREATE": "the functionality profile creates customers in async mode",
        PosOffline = "POS_OFFLINE": "the till is offline",
        HqUnreachable = "HQ_UNREACHABLE": "headquarters can't be reached",
        TooLittleTime = "TOO_LITTLE_TIME": "the deadline leaves too little time to call headquarters",
        AsyncEdit = "ASYNC_EDIT": "editing customers in asynchronous mode is on",
        AsyncAddress = "ASYNC_ADDRESS": "asynchronous creation of customer addresses is on",
    }
}

reasons! {
    /// Why an operation is not performed.
    Refusal {
        CustomersFilteredOffline = "CUSTOMERS_FILTERED_OFFLINE":
            "shared customer data is filtered from offline databases, so customers can't be created offline",
        CustomerPendingSync = "CUSTOMER_PENDING_SYNC":
            "the customer is pending until headquarters' number arrives; it can be changed then",
        AddressPendingSync = "ADDRESS_PENDING_SYNC":
            "the address is pending until headquarters has it; it can be changed then",
        EditsWaiting = "EDITS_WAITING":
            "earlier async edits wait for headquarters; this can be changed when they are synchronized",
        PosOffline = "POS_OFFLINE": "this needs headquarters, and the till is offline; repeat it when online",
        HqUnreachable = "HQ_UNREACHABLE": "this needs headquarters, which can't be reached; repeat it later",
        TooLittleTime = "TOO_LITTLE_TIME":
            "this needs headquarters, and the deadline leaves too little time; repeat it with a longer one",
        LoyaltyRequiresSyncedCustomer = "LOYALTY_REQUIRES_SYNCED_CUSTOMER":
            "loyalty cards are issued to customers that have their number from headquarters",
    }
}

/// Decides the way. The order of the questions is the product's; each operation's own line is its row of the
/// table in `docs/routing.md`.
pub fn decide(inputs: &Inputs) -> Route {
    let flags = inputs.flags;
    match inputs.operation {
        Operation::CreateCustomer => create(inputs),
        Operation::UpdateCustomer | Operation::EditAddress | Operation::RemoveAddress
            if flags.async_customer_editing =>
        {
            Route::Async(AsyncReason::AsyncEdit)
        }
        Operation::UpdateCustomer | Operation::EditAddress | Operation::RemoveAddress => {
            edit_refusal(inputs)
                .map_or(Route::RealTime(RealTimeReason::AsyncEditOff), Route::Refused)
        }
        Operation::AddAddress if flags.async_address_creation => {
            Route::Async(AsyncReason::AsyncAddress)
        }
        Operation::AddAddress => pending_customer(inputs, Refusal::CustomerPendingSync)
            .or_else(|| connection_refusal(inputs))
            .map_or(Route::RealTime(RealTimeReason::AsyncAddressOff), Route::Refused),
        Operation::IssueLoyaltyCard => {
            pending_customer(inputs, Refusal::LoyaltyRequiresSyncedCustomer)
                .or_else(|| connection_refusal(inputs))
                .map_or(Route::RealTime(RealTimeReason::LoyaltyRealTime), Route::Refused)
        }
    }
}

/// The way of an operation whose call to headquarters failed by communication: a create is taken async in the
/// same request, anything else is refused.
///
/// # Errors
/// The refusal.
pub const fn after_communication_failure(operation: Operation) -> Result<AsyncReason, Refusal> {
    match operation {
        Operation::CreateCustomer => Ok(AsyncReason::HqUnreachable),
        _ => Err(Refusal::HqUnreachable),
    }
}

fn create(inputs: &Inputs) -> Route {
    let offline = inputs.connectivity == Connectivity::Offline;
    if offline && inputs.flags.filter_shared_customer_data_tables {
        Route::Refused(Refusal::CustomersFilteredOffline)
    } else if inputs.flags.create_customer_in_async_mode {
        Route::Async(AsyncReason::ProfileAsyncCreate)
    } else if offline {
        Route::Async(AsyncReason::PosOffline)
    } else if inputs.headquarters == Headquarters::Unreachable {
        Route::Async(AsyncReason::HqUnreachable)
    } else if inputs.time_left == TimeLeft::TooLittle {
        Route::Async(AsyncReason::TooLittleTime)
    } else {
        Route::RealTime(RealTimeReason::ProfileRealTime)
    }
}

fn edit_refusal(inputs: &Inputs) -> Option<Refusal> {
    let edits_address = inputs.operation != Operation::UpdateCustomer;
    pending_customer(inputs, Refusal::CustomerPendingSync)
        .or_else(|| {
            (edits_address && inputs.address == Standing::Pending)
                .then_some(Refusal::AddressPendingSync)
        })
        .or_else(|| inputs.edits_waiting.then_some(Refusal::EditsWaiting))
        .or_else(|| connection_refusal(inputs))
}

fn pending_customer(inputs: &Inputs, refusal: Refusal) -> Option<Refusal> {
    (inputs.customer == Standing::Pending).then_some(refusal)
}

fn connection_refusal(inputs: &Inputs) -> Option<Refusal> {
    if inputs.connectivity == Connectivity::Offline {
        Some(Refusal::PosOffline)
    } else if inputs.headquarters == Headquarters::Unreachable {
        Some(Refusal::HqUnreachable)
    } else if inputs.time_left == TimeLeft::TooLittle {
        Some(Refusal::TooLittleTime)
    } else {
        None
    }
}
