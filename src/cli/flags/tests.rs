use clap::{Args as _, Command, FromArgMatches as _};

use super::*;

/// Value that the help of each flag calls its default.
fn documented_defaults(command: &Command) -> Vec<(String, String)> {
    let default = |arg: &clap::Arg| {
        let help = arg.get_help()?.to_string();
        let (_, after) = help.split_once("[default: ")?;
        let (default, _) = after.split_once(']')?;
        Some((format!("--{}", arg.get_long()?), default.to_owned()))
    };
    command.get_arguments().filter_map(default).filter(|(_, it)| !it.contains(' ')).collect()
}

fn rows(said: Said) -> Vec<(String, String)> {
    let layers = Layers::new(said).unwrap();
    let (_, serve) = layers.serve().unwrap();
    let (_, client) = layers.client().unwrap();
    serve.into_iter().chain(client).map(|row| (row.key.to_owned(), row.value)).collect()
}

/// That a command which is given all defaults that its help says, so many, does what it does without.
fn assert_documented<F: clap::Args>(count: usize, said: impl Fn(F) -> Said) {
    let command = F::augment_args(Command::new("csu"));
    let defaults = documented_defaults(&command);
    assert_eq!(defaults.len(), count, "{defaults:?}");
    let line = ["csu".to_owned()].into_iter().chain(defaults.into_iter().flat_map(|(a, b)| [a, b]));
    let matches = command.get_matches_from(line);
    assert_eq!(rows(said(F::from_arg_matches(&matches).unwrap())), rows(Said::default()));
}

#[test]
fn defaults_are_what_the_help_says() {
    assert_documented(16, |flags: ServeFlags| flags.said());
    assert_documented(2, |flags: ClientFlags| flags.said());
    assert_documented(2, |flags: HeadquartersFlags| flags.said());
}

#[test]
fn every_flag_sets_a_setting() {
    let command = ServeFlags::augment_args(Command::new("csu"));
    let names = command.get_arguments().filter_map(clap::Arg::get_long);
    let line: Vec<_> = names.flat_map(|name| [format!("--{name}"), "x".to_owned()]).collect();
    let matches = command
        .clone()
        .get_matches_from(["csu".to_owned()].into_iter().chain(line.iter().cloned()));
    let said = ServeFlags::from_arg_matches(&matches).unwrap().said();
    // All but --config.
    assert_eq!(said.flags.len(), line.len() / 2 - 1);
    for flag in &said.flags {
        assert!(line.contains(&flag.name.to_owned()), "{}", flag.name);
    }
}
