//! Property tests over everything that reads what others wrote: nothing panics, nothing is misread.

#![allow(
    clippy::expect_used,
    missing_docs,
    reason = "what is wrong in a test may end it"
)]

use std::path::Path;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use http::HeaderMap;
use http::header::{DATE, HeaderName, HeaderValue, RETRY_AFTER};
use huaweicloud_oms::answer::{Answer, parse_message};
use huaweicloud_oms::classify::{Fate, classify};
use huaweicloud_oms::clock::Window;
use huaweicloud_oms::endpoint::{Endpoint, is_loopback};
use huaweicloud_oms::operation::{Action, SYNC_TASK, TASK, TASK_GROUP};
use huaweicloud_oms::retry::RetryPolicy;
use huaweicloud_oms::settings::{Behaviour, Given, Surroundings, resolve};
use huaweicloud_oms::settle::{Seen, Settled, settle};
use huaweicloud_oms::transport::TransportSettings;
use proptest::prelude::*;
use serde_json::{Value as Json, json};

fn answer(status: u16, headers: &[(HeaderName, Vec<u8>)], body: Vec<u8>, whole: bool) -> Answer {
    let headers: HeaderMap = headers
        .iter()
        .filter_map(|(name, value)| Some((name.clone(), HeaderValue::from_bytes(value).ok()?)))
        .collect();
    Answer {
        status,
        headers,
        body,
        whole,
    }
}

/// Any JSON, with the names that mean something in between.
fn any_json() -> impl Strategy<Value = Json> {
    let name = prop_oneof![
        Just("status".to_owned()),
        Just("start_time".to_owned()),
        Just("last_start_time".to_owned()),
        Just("error_code".to_owned()),
        Just("error_msg".to_owned()),
        Just("error".to_owned()),
        ".{0,8}",
    ];
    let leaf = prop_oneof![
        Just(Json::Null),
        any::<bool>().prop_map(Json::from),
        any::<i64>().prop_map(Json::from),
        any::<f64>().prop_map(Json::from),
        ".{0,12}".prop_map(Json::from),
        Just(Json::from("STOPPED")),
        (0..12_i64).prop_map(Json::from),
    ];
    leaf.prop_recursive(4, 32, 6, move |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..5).prop_map(Json::from),
            proptest::collection::btree_map(name.clone(), inner, 0..6)
                .prop_map(|members| members.into_iter().collect()),
        ]
    })
}

/// The world, of one profile file and no environment.
struct OnlyFile(String);

impl Surroundings for OnlyFile {
    fn variable(&self, name: &str) -> Option<String> {
        (name == "HOME").then(|| "/home".to_owned())
    }

    fn read(&self, _: &Path) -> std::io::Result<String> {
        Ok(self.0.clone())
    }
}

/// What is wrong with the settings that a profile file makes; `None` if nothing is.
fn profile_fault(text: &str) -> Option<String> {
    let given = Given {
        endpoint: Some("https://oms.example.com".to_owned()),
        ..Given::default()
    };
    let behaviour = Behaviour {
        timeout: Duration::from_secs(1),
        retry: RetryPolicy::default(),
        transport: TransportSettings {
            connect_timeout: Duration::from_secs(1),
            proxy: None,
            ca_bundle: None,
            allow_http: false,
        },
        signing: None,
    };
    resolve(given, behaviour, &OnlyFile(text.to_owned())).err()
}

proptest! {
    #[test]
    fn any_json_makes_one_line_of_text(json in any_json()) {
        let message = parse_message(json.to_string().as_bytes());
        prop_assert!(!message.text.contains(['\n', '\r']));
        prop_assert!(!message.code.unwrap_or_default().contains(['\n', '\r']));
    }

    #[test]
    fn any_answer_has_a_fate_and_only_a_2xx_is_done(
        status in 100..1000_u16,
        body in prop_oneof![proptest::collection::vec(any::<u8>(), 0..60), any_json().prop_map(|j| j.to_string().into_bytes())],
        whole: bool,
        value in proptest::collection::vec(any::<u8>(), 0..30),
    ) {
        let headers = [(RETRY_AFTER, value.clone()), (DATE, value)];
        let said = answer(status, &headers, body.clone(), whole);
        for action in [Action::Start, Action::Show, Action::Stop] {
            match classify(action, Ok(said.clone())) {
                Fate::Done(_) => prop_assert!((200..300).contains(&status)),
                Fate::Refused(_) => prop_assert!((300..500).contains(&status) && status != 408 && status != 429),
                // Only the service's word, or its gateway's, that nothing was carried out lets a start be sent again.
                Fate::NotCarriedOut(_) => prop_assert!(status == 429 || (status >= 500 && body.windows(3).any(|w| w == b"API"))),
                Fate::Unsettled(_) => prop_assert!(!(300..500).contains(&status) || status == 408),
            }
        }
    }

    #[test]
    fn retry_after_in_seconds_is_read_back(seconds in 0..1_000_000_u32) {
        let said = answer(429, &[(RETRY_AFTER, seconds.to_string().into_bytes())], Vec::new(), true);
        prop_assert_eq!(said.retry_after(UNIX_EPOCH), Some(Duration::from_secs(u64::from(seconds))));
    }

    #[test]
    fn retry_after_as_a_date_is_read_by_the_services_clock(
        now in 1_000_000_000..4_000_000_000_u64, ahead in 0..100_000_u64, ours in 0..4_000_000_000_u64,
    ) {
        let date = |at| httpdate::fmt_http_date(UNIX_EPOCH + Duration::from_secs(at)).into_bytes();
        let headers = [(RETRY_AFTER, date(now + ahead)), (DATE, date(now))];
        let said = answer(429, &headers, Vec::new(), true);
        prop_assert_eq!(said.date(), Some(UNIX_EPOCH + Duration::from_secs(now)));
        let wait = said.retry_after(UNIX_EPOCH + Duration::from_secs(ours));
        prop_assert_eq!(wait, Some(Duration::from_secs(ahead)));
    }

    #[test]
    fn any_bytes_in_the_headers_are_borne(value in proptest::collection::vec(any::<u8>(), 0..60)) {
        let headers = [(RETRY_AFTER, value.clone()), (DATE, value)];
        let said = answer(429, &headers, Vec::new(), true);
        let _ = (said.retry_after(SystemTime::now()), said.date(), said.request_id(), said.is_html());
    }

    #[test]
    fn any_answer_to_a_look_is_read_or_not_and_never_settles_wrongly(
        json in any_json(), earliest in any::<i32>().prop_map(i64::from), width in 0..5000_i64, is_sharp: bool,
    ) {
        let sent = Window { earliest, latest: earliest + width, is_sharp };
        for resource in [&TASK, &TASK_GROUP, &SYNC_TASK] {
            let Some(seen) = Seen::read(resource, &json) else { continue };
            let has_started_before = seen.started_at.is_none_or(|at| at < earliest);
            if settle(&seen, Some(sent)) == Settled::NotStarted {
                prop_assert!(has_started_before, "{seen:?}");
            }
            if settle(&seen, None) == Settled::NotStarted {
                prop_assert!(seen.started_at.is_none(), "{seen:?}");
            }
        }
    }

    /// Every state, every start time: "not started" is only ever said of what can be told, and "started" of what
    /// goes on or was started since.
    #[test]
    fn the_table_holds_for_every_state_and_time(
        status in -2..14_i64, started_at in -5000..5000_i64, earliest in -2000..2000_i64, width in 0..2000_i64, is_sharp: bool,
    ) {
        let sent = Window { earliest, latest: earliest + width, is_sharp };
        for resource in [&TASK, &TASK_GROUP] {
            let json = json!({"status": status, "start_time": started_at});
            let seen = Seen::read(resource, &json).expect("readable");
            let known = (started_at > 0).then_some(started_at);
            prop_assert_eq!(seen.started_at, known);
            match settle(&seen, Some(sent)) {
                Settled::NotStarted => prop_assert!(known.is_none_or(|at| at < earliest)),
                Settled::LookAgain => prop_assert!(known.is_none_or(|at| at <= sent.latest)),
                Settled::Started => {}
            }
        }
    }

    #[test]
    fn any_text_is_an_endpoint_or_is_not_and_plain_http_stays_here(text in "(https?://)?.{0,40}") {
        if let Ok(endpoint) = Endpoint::parse(&text, false) {
            let host = endpoint.authority().rsplit_once(':').map_or(endpoint.authority(), |(host, _)| host);
            prop_assert!(!endpoint.is_plain() || is_loopback(host) || is_loopback(endpoint.authority()), "{text:?}");
            prop_assert!(!endpoint.as_str().ends_with('/'));
            let again = Endpoint::parse(endpoint.as_str(), false);
            prop_assert_eq!(again.as_ref(), Ok(&endpoint));
        }
    }

    #[test]
    fn any_profile_file_is_borne_and_its_content_never_told(text in "(\\[basic\\]\n)?(.{0,30}\n?){0,6}", secret in "[A-Z]{24}") {
        let text = format!("{text}\n[other\nsk = {secret}\n{secret}");
        if let Some(fault) = profile_fault(&text) {
            prop_assert!(!fault.contains(&secret), "{fault}");
        }
    }

    #[test]
    fn a_good_profile_file_is_read_whatever_its_spacing(
        ak in "[A-Z0-9]{20}", // A backslash at the very end would join two lines, as INI files have it.
        sk in "[A-Za-z0-9+/=;#\"\\\\]{39}[A-Za-z0-9+/=]", space in "[ \t]{0,3}", end in "\r?\n",
    ) {
        let text = format!("[basic]{end}{space}ak{space}={space}{ak}{end}sk={space}{sk}{space}{end}project_id = p{end}");
        prop_assert_eq!(profile_fault(&text), None);
    }
}
