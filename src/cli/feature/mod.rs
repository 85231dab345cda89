//! `csu feature`: the features of a running headquarters.

mod list;
mod switch;

use clap::Subcommand;

use crate::{
    cli::{
        EXIT_CODES, Outcome,
        flags::Output,
        headquarters::{json, show},
        one_thread, output,
    },
    proto::headquarters as proto,
};

/// List, enable and disable the features of headquarters
#[derive(Debug, Subcommand)]
#[command(after_help = EXIT_CODES)]
pub enum Feature {
    List(list::List),
    Enable(switch::Enable),
    Disable(switch::Disable),
}

pub fn run(feature: &Feature) -> Outcome {
    one_thread()?.block_on(async {
        match feature {
            Feature::List(list) => list::run(list).await,
            Feature::Enable(enable) => switch::enable(enable).await,
            Feature::Disable(disable) => switch::disable(disable).await,
        }
    })
}

fn print(features: &[proto::Feature], form: Output) -> anyhow::Result<()> {
    match form {
        Output::Json => {
            let features = features.iter().map(json::Feature::from).collect();
            output::print_json(&json::Features { features })
        }
        Output::Table => output::print(&output::table(
            ["KEY", "STATE", "NEEDS", "NAME"],
            features.iter().map(row),
        )),
    }
}

fn row(feature: &proto::Feature) -> [String; 4] {
    let state = if feature.mandatory { "always on" } else { show::switch(feature.enabled) };
    [
        feature.key.clone(),
        state.to_owned(),
        feature.prerequisites.join(", "),
        feature.display_name.clone(),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_says_state_and_needs() {
        let feature = proto::Feature {
            key: "a".to_owned(),
            display_name: "Name".to_owned(),
            enabled: true,
            prerequisites: vec!["b".to_owned(), "c".to_owned()],
            ..proto::Feature::default()
        };
        assert_eq!(row(&feature), ["a", "on", "b, c", "Name"]);
        assert_eq!(row(&proto::Feature { mandatory: true, ..feature.clone() })[1], "always on");
        assert_eq!(row(&proto::Feature { enabled: false, ..feature })[1], "off");
    }
}
