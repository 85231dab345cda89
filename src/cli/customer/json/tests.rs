use prost_types::Timestamp;

use super::*;

#[test]
fn it_is_the_json_form_of_the_protos() {
    let customer = proto::Customer {
        name: "customers/1".to_owned(),
        r#type: proto::CustomerType::Person.into(),
        create_time: Some(Timestamp { seconds: 1_700_000_000, nanos: 123_000_000 }),
        contacts: vec![proto::Contact {
            kind: proto::ContactKind::Phone.into(),
            value: "+12065550100".to_owned(),
            primary: true,
            ..proto::Contact::default()
        }],
        ..proto::Customer::default()
    };
    let execution = proto::Execution {
        mode: proto::ExecutionMode::Async.into(),
        reason: "PROFILE_ASYNC_CREATE".to_owned(),
        configuration_version: Some(proto::ConfigurationVersion {
            channel_configuration: 7,
            global_configuration: 8,
        }),
        configuration_age: Some(Duration { seconds: 1, nanos: 500_000_000 }),
        headquarters_duration: None,
    };
    let written = Written {
        request_id: "r",
        customer: Some((&customer).into()),
        execution: Some((&execution).into()),
    };
    insta::assert_snapshot!(serde_json::to_string_pretty(&written).unwrap(), @r#"
    {
      "request_id": "r",
      "customer": {
        "name": "customers/1",
        "account_number": "",
        "account_number_display": "",
        "type": "CUSTOMER_TYPE_PERSON",
        "first_name": "",
        "middle_name": "",
        "last_name": "",
        "organization_name": "",
        "display_name": "",
        "language": "",
        "customer_group": "",
        "currency": "",
        "receipt_option": "RECEIPT_OPTION_UNSPECIFIED",
        "receipt_email": "",
        "contacts": [
          {
            "id": "",
            "kind": "CONTACT_KIND_PHONE",
            "value": "+12065550100",
            "typed_value": "",
            "primary": true
          }
        ],
        "addresses": [],
        "identification_number": "",
        "sync_state": "SYNC_STATE_UNSPECIFIED",
        "sync_progress": null,
        "etag": "",
        "create_time": "2023-11-14T22:13:20.123Z",
        "update_time": null
      },
      "execution": {
        "mode": "EXECUTION_MODE_ASYNC",
        "reason": "PROFILE_ASYNC_CREATE",
        "configuration_version": {
          "channel_configuration": "7",
          "global_configuration": "8"
        },
        "configuration_age": "1.5s",
        "headquarters_duration": null
      }
    }
    "#);
}

#[test]
fn durations_are_exact() {
    let cases =
        [((0, 0), "0s"), ((60, 0), "60s"), ((0, 1_000), "0.000001s"), ((-1, -1), "-1.000000001s")];
    for ((whole, nanos), text) in cases {
        assert_eq!(seconds(&Duration { seconds: whole, nanos }), text);
    }
}
