use std::fs;

use super::*;
use crate::domain::{job::JobMode, routing::Connectivity};

fn flag(key: &'static str, name: &'static str, value: &str) -> Flag {
    Flag { key, name, value: value.to_owned() }
}

fn environment(variables: &[(&str, &str)]) -> Said {
    let environment =
        variables.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect();
    Said { environment, ..Said::default() }
}

/// The layers over a file with this content, whose folder lives as long as the first of the two.
fn with_file(content: &str, said: Said) -> (tempfile::TempDir, Result<Layers, SettingsError>) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("unit.toml");
    fs::write(&path, content).unwrap();
    (folder, Layers::new(Said { file: Some(path), ..said }))
}

fn serve(said: Said) -> (ServeSettings, Vec<Row>) {
    Layers::new(said).unwrap().serve().unwrap()
}

fn problems(layers: &Layers) -> Vec<String> {
    layers.serve().unwrap_err().0
}

fn row<'a>(rows: &'a [Row], key: &str) -> (&'a str, &'a str) {
    let row = rows.iter().find(|row| row.key == key).unwrap();
    (&row.value, &row.source)
}

#[test]
fn a_flag_wins_over_the_environment_over_the_file_over_the_default() {
    let file = "[channel]\nlisten = '127.0.0.1:1'\nhttp_listen = '127.0.0.1:2'\nwriter_queue = 7\n";
    let said = Said {
        flags: vec![flag("channel.listen", "--channel-listen", "127.0.0.1:5")],
        ..environment(&[
            ("CSU__CHANNEL__LISTEN", "127.0.0.1:3"),
            ("CSU__CHANNEL__HTTP_LISTEN", "127.0.0.1:4"),
            ("CSU_TEST_POSTGRES", "of the tests"),
            ("PATH", "/bin"),
        ])
    };
    let (folder, layers) = with_file(file, said);
    let (settings, rows) = layers.unwrap().serve().unwrap();
    assert_eq!(settings.channel.listen.port(), 5);
    assert_eq!(settings.channel.http_listen.port(), 4);
    assert_eq!(settings.channel.writer_queue, 7);
    let path = folder.path().join("unit.toml").display().to_string();
    assert_eq!(row(&rows, "channel.listen"), ("127.0.0.1:5", "--channel-listen"));
    assert_eq!(row(&rows, "channel.http_listen"), ("127.0.0.1:4", "CSU__CHANNEL__HTTP_LISTEN"));
    assert_eq!(row(&rows, "channel.writer_queue"), ("7", path.as_str()));
    assert_eq!(row(&rows, "data"), ("./data", "default"));
}

#[test]
fn the_database_lies_in_the_data_folder_unless_told_otherwise() {
    let (settings, rows) = serve(environment(&[("CSU__DATA", "/srv/csu")]));
    assert_eq!(settings.channel.database.to_string(), "sqlite:/srv/csu/channel.db");
    assert_eq!(row(&rows, "channel.database"), ("sqlite:/srv/csu/channel.db", "default"));
    let database = ("CSU__CHANNEL__DATABASE", "postgres://csu:secret@db/csu");
    let (_, rows) = serve(environment(&[("CSU__DATA", "/srv/csu"), database]));
    let shown = row(&rows, "channel.database");
    assert_eq!(shown, ("postgres://csu@db:5432/csu", "CSU__CHANNEL__DATABASE"));
}

#[test]
fn the_databases_and_the_demo_go_by_the_role() {
    for (role, database, demo) in [
        ("all", "channel.db", "true"),
        ("channel", "channel.db", "false"),
        ("headquarters", "channel.db", "false"),
        ("offline", "offline.db", "false"),
    ] {
        let (settings, rows) = serve(environment(&[("CSU__ROLE", role), ("CSU__DATA", "/srv")]));
        assert_eq!(settings.role.name(), role);
        assert_eq!(row(&rows, "channel.database").0, format!("sqlite:/srv/{database}"));
        assert_eq!(row(&rows, "headquarters.database").0, "sqlite:/srv/headquarters.db");
        assert_eq!(row(&rows, "headquarters.demo"), (demo, "default"));
    }
    let said = environment(&[("CSU__ROLE", "headquarters"), ("CSU__HEADQUARTERS__DEMO", "true")]);
    assert!(serve(said).0.headquarters.demo);
    let offline = |role| serve(environment(&[("CSU__ROLE", role)])).0.of_channel().connectivity;
    assert_eq!(offline("offline"), Connectivity::Offline);
    assert_eq!(offline("channel"), Connectivity::Online);
}

#[test]
fn parts_that_a_role_does_not_have_are_in_nobody_s_way() {
    let listen = ("CSU__HEADQUARTERS__LISTEN", "127.0.0.1:50051");
    let problem = "headquarters.listen: 127.0.0.1:50051 is channel.listen already \
                   (CSU__HEADQUARTERS__LISTEN)";
    assert_eq!(problems(&Layers::new(environment(&[listen])).unwrap()), [problem]);
    for role in ["channel", "offline", "headquarters"] {
        serve(environment(&[listen, ("CSU__ROLE", role)]));
    }
    let databases = environment(&[
        ("CSU__CHANNEL__DATABASE", "sqlite:one.db"),
        ("CSU__HEADQUARTERS__DATABASE", "sqlite:one.db"),
    ]);
    let problems = problems(&Layers::new(databases).unwrap());
    assert!(
        problems[0].starts_with("headquarters.database: it is channel.database"),
        "{problems:?}"
    );
}

#[test]
fn a_name_is_compared_only_when_it_was_given() {
    assert_eq!(serve(Said::default()).0.channel.database_name, None);
    // Also one that another reader would take for a number.
    let (settings, _) = serve(environment(&[("CSU__CHANNEL__DATABASE_NAME", "0042")]));
    assert_eq!(settings.channel.database_name.as_deref(), Some("0042"));
}

#[test]
fn an_empty_variable_says_nothing() {
    let (settings, rows) = serve(environment(&[("CSU__CHANNEL__LISTEN", ""), ("CSU__NONE", "")]));
    assert_eq!(settings.channel.listen.port(), 50_051);
    assert_eq!(row(&rows, "channel.listen").1, "default");
}

#[test]
fn everything_wrong_is_named_at_once_with_who_said_it() {
    let file = "date = 'x'\n[channel]\nlisten = 'localhost'\ndrain_limit = 20\nqueue = 1\n[log]\nformat = []\n";
    let said = Said {
        flags: vec![flag("headquarters.timeout", "--headquarters-timeout", "0s")],
        ..environment(&[("CSU__CHANNEL__TTL", "1s"), ("CSU__LOG__FILTER", "=,=")])
    };
    let (folder, layers) = with_file(file, said);
    let path = folder.path().join("unit.toml").display().to_string();
    let sections = "there are channel, client, data, headquarters, log, role";
    let inside = "channel has concurrent_calls, configuration_ttl, database, database_name, drain_limit, \
                  http_listen, listen, writer_queue";
    assert_eq!(
        problems(&layers.unwrap()),
        [
            format!("channel.queue: there is no such setting; {inside} ({path})"),
            format!("date: there is no such setting; {sections} ({path})"),
            format!("channel.ttl: there is no such setting; {inside} (CSU__CHANNEL__TTL)"),
            format!(
                "channel.listen: \"localhost\" is no IP address with port, such as 127.0.0.1:50051 or \
                 [::]:50051 ({path})"
            ),
            format!("channel.drain_limit: \"20\" is no duration, such as 60s or 100ms ({path})"),
            "headquarters.timeout: it must be longer than 0 (--headquarters-timeout)".to_owned(),
            "log.filter: \"=,=\" is no log filter, such as info or csu=debug,sqlx=warn (CSU__LOG__FILTER)"
                .to_owned(),
            format!("log.format: it is no text ({path})"),
        ]
    );
}

#[test]
fn a_section_is_no_setting_and_a_setting_no_section() {
    let (_folder, layers) = with_file("channel = 5\n[data]\nfolder = 'x'\n", Said::default());
    let problems = problems(&layers.unwrap());
    assert!(
        problems[0].starts_with("channel: there is no such setting; channel has "),
        "{problems:?}"
    );
    assert!(problems[1].starts_with("data.folder: there is no such setting"), "{problems:?}");
}

#[test]
fn settings_that_contradict_each_other_are_refused() {
    let said = environment(&[
        ("CSU__CHANNEL__LISTEN", "127.0.0.1:8081"),
        ("CSU__HEADQUARTERS__MINIMUM_CALL_BUDGET", "4s"),
    ]);
    let text = Layers::new(said).unwrap().serve().unwrap_err().to_string();
    assert_eq!(
        text,
        "2 settings can't be used:\
         \n  channel.http_listen: 127.0.0.1:8081 is channel.listen already (default)\
         \n  headquarters.minimum_call_budget: it is longer than headquarters.timeout, so that no call would be \
         made (CSU__HEADQUARTERS__MINIMUM_CALL_BUDGET)"
    );
}

#[test]
fn a_client_does_not_mind_the_settings_of_a_unit() {
    let layers = Layers::new(environment(&[
        ("CSU__CHANNEL__LISTEN", "nowhere"),
        ("CSU__CLIENT__SERVER", "http://unit:50051"),
    ]));
    let layers = layers.unwrap();
    let (settings, _) = layers.client().unwrap();
    assert_eq!(settings.server.host(), Some("unit"));
    assert_eq!(problems(&layers).len(), 1);
}

#[test]
fn a_broken_file_is_told_by_its_place_and_not_by_its_text() {
    let (folder, layers) =
        with_file("data = 'x'\n  database = \"postgres://csu:secret@db", Said::default());
    let text = layers.err().unwrap().to_string();
    let path = folder.path().join("unit.toml").display().to_string();
    assert!(text.starts_with(&format!("{path}:2:")) && text.contains("is no TOML"), "{text}");
    assert!(!text.contains("secret"), "{text}");

    let named = Said { file: Some(folder.path().join("none.toml")), ..Said::default() };
    let text = Layers::new(named).err().unwrap().to_string();
    assert!(text.contains("none.toml can't be read"), "{text}");
}

#[test]
fn jobs_run_continuously_unless_told_otherwise() {
    assert_eq!(serve(Said::default()).0.of_headquarters().jobs, JobMode::Continuous);
    let flags = vec![flag("headquarters.jobs", "--jobs", "manual")];
    let (settings, rows) =
        serve(Said { flags, ..environment(&[("CSU__HEADQUARTERS__JOBS", "scheduled")]) });
    assert_eq!(settings.of_headquarters().jobs, JobMode::Manual);
    assert_eq!(row(&rows, "headquarters.jobs"), ("manual", "--jobs"));
    let layers = Layers::new(environment(&[("CSU__HEADQUARTERS__JOBS", "never")])).unwrap();
    let problem = "headquarters.jobs: \"never\" is none of continuous, scheduled, manual \
                   (CSU__HEADQUARTERS__JOBS)";
    assert_eq!(problems(&layers), [problem]);
}
