//! Holds `domain::routing::decide` and `docs/routing.md` to `tests/routing_table.txt`.

use std::{collections::BTreeSet, fmt::Write as _};

use csu::domain::{
    configuration::RoutingFlags,
    routing::{
        AsyncReason, Connectivity, Headquarters, Inputs, Operation, RealTimeReason, Refusal, Route,
        Standing, TimeLeft, after_communication_failure, decide,
    },
};

mod document;

const TABLE: &str = include_str!("../routing_table.txt");

/// The inputs with all their values.
const COLUMNS: [(&str, &[&str]); 12] = [
    (
        "operation",
        &[
            "CreateCustomer",
            "UpdateCustomer",
            "EditAddress",
            "RemoveAddress",
            "AddAddress",
            "IssueLoyaltyCard",
        ],
    ),
    ("connectivity", &["online", "offline"]),
    ("headquarters", &["reachable", "unreachable"]),
    ("time", &["enough", "too-little"]),
    ("customer", &["pending", "synced"]),
    ("address", &["pending", "synced"]),
    ("waiting", &["yes", "no"]),
    ("F0", &["on", "off"]),
    ("F1", &["on", "off"]),
    ("F2", &["on", "off"]),
    ("F3", &["on", "off"]),
    ("X", &["on", "off"]),
];

type Cells<'a> = [&'a str; COLUMNS.len()];

/// One line of the table.
#[derive(Clone)]
struct Line<'a> {
    number: usize,
    cells: Cells<'a>,
    /// `refused POS_OFFLINE`
    outcome: String,
}

impl Line<'_> {
    fn matches(&self, combination: &Cells) -> bool {
        self.cells.iter().zip(combination).all(|(cell, value)| *cell == "*" || cell == value)
    }
}

/// The lines, or what can't be read.
fn parse(table: &str) -> Result<Vec<Line<'_>>, String> {
    let mut rows = table
        .lines()
        .enumerate()
        .map(|(index, text)| (index + 1, text.split_whitespace().collect::<Vec<_>>()))
        .filter(|(_, words)| words.first().is_some_and(|word| !word.starts_with('#')));
    let names: Vec<_> = COLUMNS.iter().map(|(name, _)| *name).chain(["->", "outcome"]).collect();
    if rows.next().is_none_or(|(_, header)| header != names) {
        return Err(format!("the first line must name the columns: {}", names.join(" ")));
    }
    rows.map(|(number, words)| {
        line(number, &words).map_err(|error| format!("line {number}: {error}"))
    })
    .collect()
}

fn line<'a>(number: usize, words: &[&'a str]) -> Result<Line<'a>, String> {
    let (cells, outcome) = words.split_first_chunk().ok_or("cells are missing")?;
    for ((name, values), cell) in COLUMNS.iter().zip(cells) {
        if *cell != "*" && !values.contains(cell) {
            return Err(format!("{name} can't be {cell}; it is * or one of {}", values.join(", ")));
        }
    }
    let ["->", way @ ("real-time" | "async" | "refused"), reason] = *outcome else {
        return Err("after the cells comes: -> real-time|async|refused REASON".to_owned());
    };
    Ok(Line { number, cells: *cells, outcome: format!("{way} {reason}") })
}

/// All values of all inputs with each other.
fn combinations() -> Vec<Cells<'static>> {
    COLUMNS.iter().enumerate().fold(vec![[""; COLUMNS.len()]], |so_far, (column, (_, values))| {
        so_far
            .iter()
            .flat_map(|cells| {
                values.iter().map(move |value| {
                    let mut cells = *cells;
                    cells[column] = value;
                    cells
                })
            })
            .collect()
    })
}

fn inputs(cells: &Cells) -> Option<Inputs> {
    let [
        operation,
        connectivity,
        headquarters,
        time,
        customer,
        address,
        waiting,
        f0,
        f1,
        f2,
        f3,
        x,
    ] = *cells;
    let standing = |value| if value == "pending" { Standing::Pending } else { Standing::Synced };
    Some(Inputs {
        operation: match operation {
            "CreateCustomer" => Operation::CreateCustomer,
            "UpdateCustomer" => Operation::UpdateCustomer,
            "EditAddress" => Operation::EditAddress,
            "RemoveAddress" => Operation::RemoveAddress,
            "AddAddress" => Operation::AddAddress,
            "IssueLoyaltyCard" => Operation::IssueLoyaltyCard,
            _ => return None,
        },
        connectivity: match connectivity {
            "offline" => Connectivity::Offline,
            _ => Connectivity::Online,
        },
        headquarters: match headquarters {
            "unreachable" => Headquarters::Unreachable,
            _ => Headquarters::Reachable,
        },
        time_left: if time == "too-little" { TimeLeft::TooLittle } else { TimeLeft::Enough },
        customer: standing(customer),
        address: standing(address),
        edits_waiting: waiting == "yes",
        flags: RoutingFlags {
            create_customer_in_async_mode: f0 == "on",
            enhanced_async_customer_creation: f1 == "on",
            async_address_creation: f2 == "on",
            async_customer_editing: f3 == "on",
            filter_shared_customer_data_tables: x == "on",
        },
    })
}

fn outcome(route: Route) -> String {
    match route {
        Route::RealTime(reason) => format!("real-time {}", reason.as_str()),
        Route::Async(reason) => format!("async {}", reason.as_str()),
        Route::Refused(reason) => format!("refused {}", reason.as_str()),
    }
}

/// What is wrong with the table or with the code, a line for each combination.
fn problems(table: &str) -> Result<Vec<String>, String> {
    let lines = parse(table)?;
    let mut problems = Vec::new();
    for combination in combinations() {
        let matching: Vec<_> = lines.iter().filter(|line| line.matches(&combination)).collect();
        let decided = inputs(&combination).map(|inputs| outcome(decide(&inputs)));
        let problem = match matching[..] {
            [] => "no line matches".to_owned(),
            [line] if Some(&line.outcome) == decided.as_ref() => continue,
            [line] => format!(
                "line {} says {}, decide says {}",
                line.number,
                line.outcome,
                decided.unwrap_or_default()
            ),
            [one, other, ..] => format!("lines {} and {} both match", one.number, other.number),
        };
        let mut described = format!("{problem}:");
        for ((name, _), value) in COLUMNS.iter().zip(combination) {
            let _ = write!(described, " {name}={value}");
        }
        problems.push(described);
    }
    Ok(problems)
}

#[test]
fn decide_answers_every_combination_as_the_table_says() {
    let problems = problems(TABLE).unwrap_or_else(|error| vec![error]);
    let shown = problems.iter().take(12).cloned().collect::<Vec<_>>().join("\n");
    assert!(
        problems.is_empty(),
        "{} of {} combinations fail. The first are:\n{shown}",
        problems.len(),
        combinations().len()
    );
    assert_eq!(combinations().len(), 6 << 11);
}

#[test]
fn the_check_finds_gaps_overlaps_differences_and_typing_errors() {
    let without = |part: &str| -> String {
        TABLE.split_inclusive('\n').filter(|line| !line.contains(part)).collect()
    };
    let first = |table: String| problems(&table).map(|problems| problems.first().cloned());
    let begins = |found: Result<Option<String>, String>, text: &str| {
        assert!(matches!(&found, Ok(Some(problem)) if problem.contains(text)), "{found:?}");
    };
    begins(first(without("LOYALTY_REAL_TIME")), "no line matches: operation=IssueLoyaltyCard");
    begins(
        first(format!("{TABLE}\nAddAddress * * * * * * * * on * * -> async ASYNC_ADDRESS")),
        "both match",
    );
    begins(
        first(TABLE.replace("-> real-time ASYNC_EDIT_OFF", "-> async     ASYNC_EDIT_OFF")),
        "says async ASYNC_EDIT_OFF, decide says real-time ASYNC_EDIT_OFF",
    );
    for (from, to) in
        [("too-little", "little"), ("-> async ", "-> asinc "), ("enough ", " "), ("F3", "F4")]
    {
        assert!(problems(&TABLE.replace(from, to)).is_err(), "{from} as {to}");
    }
}

#[test]
fn every_reason_has_its_place_in_the_table() {
    let in_table: BTreeSet<_> =
        parse(TABLE).unwrap_or_default().into_iter().map(|line| line.outcome).collect();
    let in_code: BTreeSet<_> = reasons().map(outcome).collect();
    assert_eq!(in_table, in_code);
}

#[test]
fn after_a_communication_failure_a_create_goes_async_and_the_rest_can_be_repeated() {
    for combination in combinations() {
        let Some(Inputs { operation, .. }) = inputs(&combination) else { continue };
        let expected = match operation {
            Operation::CreateCustomer => "async HQ_UNREACHABLE",
            Operation::UpdateCustomer
            | Operation::AddAddress
            | Operation::EditAddress
            | Operation::RemoveAddress
            | Operation::IssueLoyaltyCard => "refused HQ_UNREACHABLE",
        };
        let route =
            after_communication_failure(operation).map_or_else(Route::Refused, Route::Async);
        assert_eq!(outcome(route), expected, "{operation:?}");
    }
}

fn reasons() -> impl Iterator<Item = Route> {
    let real_time = RealTimeReason::ALL.iter().map(|reason| Route::RealTime(*reason));
    let asynchronous = AsyncReason::ALL.iter().map(|reason| Route::Async(*reason));
    let refusals = Refusal::ALL.iter().map(|reason| Route::Refused(*reason));
    real_time.chain(asynchronous).chain(refusals)
}
