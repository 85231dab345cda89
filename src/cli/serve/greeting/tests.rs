use super::{unit::Channel, *};

fn addresses(grpc: &str, http: &str) -> Addresses {
    Addresses { grpc: grpc.parse().unwrap(), http: http.parse().unwrap() }
}

fn unit(role: Role, channels: &[(&str, bool)], more_channels: usize) -> Unit {
    let channel = |(number, in_async_mode): &(&str, bool)| Channel {
        number: (*number).to_owned(),
        in_async_mode: *in_async_mode,
    };
    Unit {
        role,
        database_name: "store-1".to_owned(),
        database: "sqlite:./data/channel.db".to_owned(),
        addresses: addresses("0.0.0.0:50051", "[::]:8081"),
        headquarters: "http://127.0.0.1:50052".to_owned(),
        channels: channels.iter().map(channel).collect(),
        more_channels,
        request_id: "0195e9f4-0000-7000-8000-000000000000".to_owned(),
    }
}

fn headquarters(grpc: &str) -> Headquarters {
    let database = "sqlite:./data/headquarters.db".to_owned();
    Headquarters { database, addresses: addresses(grpc, "127.0.0.1:8080") }
}

const DEMO: &[(&str, bool)] = &[("HOUSTON", false), ("SEATTLE", true)];

#[test]
fn it_says_what_runs_where_and_what_to_try() {
    let unit = Some(unit(Role::All, DEMO, 0));
    let headquarters = Some(headquarters("127.0.0.1:50052"));
    let text = Greeting { role: Role::All, unit, headquarters }.to_string();
    let expected = format!(
        "\
csu {} is serving (role all). Ctrl-C stops it.

scale unit
  database      sqlite:./data/channel.db (store-1)
  gRPC          0.0.0.0:50051 (with reflection and health)
  metrics       http://[::1]:8081/metrics
  headquarters  http://127.0.0.1:50052, in this process
  channels      HOUSTON, real-time profile: customers are created at headquarters, async while it can't be reached
                SEATTLE, async profile: customers are created here and sent to headquarters later

headquarters
  database  sqlite:./data/headquarters.db
  gRPC      127.0.0.1:50052 (with reflection and health)
  metrics   http://127.0.0.1:8080/metrics

Try next, in another terminal:

  grpcurl",
        env!("CARGO_PKG_VERSION")
    );
    assert!(text.starts_with(&expected), "{text}");
    let example = text.lines().last().unwrap();
    assert!(example.contains(r#""channel":"SEATTLE""#) && example.contains(" 127.0.0.1:50051 "));
}

#[test]
fn headquarters_alone_is_asked_for_its_channels() {
    let example = |grpc| {
        let headquarters = Some(headquarters(grpc));
        let text = Greeting { role: Role::Headquarters, unit: None, headquarters }.to_string();
        assert!(!text.contains("scale unit") && !text.contains("grpcurl"), "{text}");
        text.lines().last().unwrap().trim().to_owned()
    };
    assert_eq!(example("0.0.0.0:50052"), "csu channels list");
    assert_eq!(example("127.0.0.1:6000"), "csu channels list --headquarters http://127.0.0.1:6000");
}

#[test]
fn an_offline_unit_does_not_promise_headquarters() {
    let unit = Some(unit(Role::Offline, DEMO, 0));
    let text = Greeting { role: Role::Offline, unit, headquarters: None }.to_string();
    assert!(text.contains("http://127.0.0.1:50052, for configuration only"), "{text}");
    assert!(text.contains("HOUSTON, real-time profile: customers are created here"), "{text}");
}

#[test]
fn many_channels_or_none_are_no_trouble() {
    let text = |channels, more| {
        let unit = Some(unit(Role::Channel, channels, more));
        Greeting { role: Role::Channel, unit, headquarters: None }.to_string()
    };
    let many = text(&[("HOUSTON", false)], 15);
    assert!(many.contains("\n                and 15 more\n"), "{many}");
    assert!(many.contains(r#""channel":"HOUSTON""#), "{many}");
    let none = text(&[], 0);
    assert!(none.contains("none yet: csu channels add NUMBER --database store-1"), "{none}");
    assert!(!none.contains("grpcurl"), "{none}");
}
