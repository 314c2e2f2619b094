//! Settings in made-up surroundings.

use std::collections::HashMap;
use std::io;

use proptest::prelude::*;

use super::*;
use crate::credentials::Credentials;
use crate::place::{ENDPOINT, REGION};
use crate::source::profile::FILE_VARIABLE;
use std::path::PathBuf;

/// A process with these variables, and at most one file.
#[derive(Default)]
struct World {
    variables: HashMap<String, String>,
    file: Option<(PathBuf, String)>,
}

impl World {
    fn new(variables: &[(&str, &str)]) -> Self {
        let variables = variables.iter().map(|(n, v)| ((*n).into(), (*v).into()));
        Self {
            variables: variables.collect(),
            file: None,
        }
    }

    fn with_file(mut self, path: &str, text: &str) -> Self {
        self.file = Some((PathBuf::from(path), text.to_owned()));
        self
    }
}

impl Surroundings for World {
    fn variable(&self, name: &str) -> Option<String> {
        self.variables.get(name).filter(|v| !v.is_empty()).cloned()
    }

    fn read(&self, path: &Path) -> io::Result<String> {
        match &self.file {
            Some((known, text)) if known == path => Ok(text.clone()),
            _ => Err(io::Error::from(io::ErrorKind::NotFound)),
        }
    }
}

fn behaviour() -> Behaviour {
    Behaviour {
        timeout: Duration::from_secs(60),
        retry: RetryPolicy::default(),
        transport: TransportSettings {
            connect_timeout: Duration::from_secs(10),
            proxy: None,
            ca_bundle: None,
            allow_http: false,
        },
        signing: None,
    }
}

fn given(region: Option<&str>, endpoint: Option<&str>) -> Given {
    Given {
        region: region.map(str::to_owned),
        endpoint: endpoint.map(str::to_owned),
        project_id: Some("p".to_owned()),
        source: Some(Arc::new(source::Given {
            name: "Token",
            credentials: Credentials::token("t".into()).expect("a token"),
        })),
        ..Given::default()
    }
}

/// The keys where they stay as they are, else who is asked for them.
fn keys(settings: &ClientSettings) -> Vec<&str> {
    match &settings.source {
        Prepared::Fixed { credentials, .. } => credentials.secrets(),
        Prepared::Live(fetch) => vec![fetch.name()],
    }
}

fn project_of(settings: &ClientSettings) -> &str {
    match &settings.project {
        Project::Id(id) => id,
        Project::Lookup(_) => "to be looked up",
    }
}

const HOME_FILE: &str = "/home/me/.huaweicloud/credentials";
const PROFILE: &str = "[basic]\nak = profile-ak\nsk = profile-sk\nproject_id = profile-project\n";

#[test]
fn a_place_is_found_by_argument_then_environment() {
    const OWN: &str = "https://own.example.com";
    let environment: &[(&str, &str)] =
        &[(REGION, "cn-east-3"), (ENDPOINT, "https://e.example.com")];
    let overridden: &[(&str, &str)] = &[
        (REGION, "cn-east-3"),
        (
            "HUAWEICLOUD_SDK_REGION_OMS_CN_EAST_3",
            "https://o.example.com",
        ),
    ];
    for (region, endpoint, variables, expected, is_explicit) in [
        (None, Some(OWN), environment, OWN, true),
        (Some("cn-south-1"), Some(OWN), environment, OWN, true),
        (Some("elsewhere-1"), Some(OWN), environment, OWN, true),
        (
            Some("cn-south-1"),
            None,
            environment,
            "https://oms.cn-south-1.myhuaweicloud.com",
            false,
        ),
        (None, None, environment, "https://e.example.com", true),
        (None, None, overridden, "https://o.example.com", true),
        (
            Some("cn-east-3"),
            None,
            overridden,
            "https://o.example.com",
            true,
        ),
        (
            None,
            None,
            &[(REGION, "cn-east-3"), (ENDPOINT, "")],
            "https://oms.cn-east-3.myhuaweicloud.com",
            false,
        ),
    ] {
        let settings = resolve(given(region, endpoint), behaviour(), &World::new(variables));
        let settings = settings.expect("usable");
        assert_eq!(settings.endpoints[0].as_str(), expected);
        assert_eq!(settings.endpoint_is_explicit, is_explicit, "{expected}");
    }
}

#[test]
fn an_endpoint_of_the_environment_is_checked_like_any_other() {
    for variables in [
        [(REGION, "x"), (ENDPOINT, "http://oms.example.com")],
        [
            (REGION, "x-1"),
            ("HUAWEICLOUD_SDK_REGION_OMS_X_1", "http://oms.example.com"),
        ],
    ] {
        let told = resolve(given(None, None), behaviour(), &World::new(&variables));
        assert!(told.expect_err("refused").contains("https://"));
    }
}

#[test]
fn keys_and_project_are_found_by_argument_then_environment_then_profile() {
    let from = |given: Given, world: &World| resolve(given, behaviour(), world).expect("usable");
    let nothing = || Given {
        project_id: None,
        source: None,
        ..given(Some("cn-north-4"), None)
    };
    let home: &[(&str, &str)] = &[("HOME", "/home/me")];
    let vendor = [
        ("HOME", "/home/me"),
        ("HUAWEICLOUD_SDK_AK", "vendor-ak"),
        ("HUAWEICLOUD_SDK_SK", "vendor-sk"),
        ("HUAWEICLOUD_SDK_SECURITY_TOKEN", "vendor-token"),
        ("CLOUD_SDK_AK", "sample-ak"),
        ("CLOUD_SDK_SK", "sample-sk"),
        (PROJECT_ID, "variable-project"),
    ];
    for (variables, project, expected) in [
        (home, "profile-project", &["ProfileCredentials"][..]),
        (
            &vendor,
            "variable-project",
            &["vendor-ak", "vendor-sk", "vendor-token"],
        ),
        (
            &vendor[4..],
            "variable-project",
            &["sample-ak", "sample-sk"],
        ),
    ] {
        let world = World::new(variables).with_file(HOME_FILE, PROFILE);
        let settings = from(nothing(), &world);
        assert_eq!(
            (project_of(&settings), &keys(&settings)[..]),
            (project, expected)
        );
        let settings = from(given(Some("cn-north-4"), None), &world);
        assert_eq!((project_of(&settings), keys(&settings)), ("p", vec!["t"]));
    }
}

#[test]
fn the_profile_is_where_the_environment_says() {
    for (variables, path) in [
        (&[("HOME", "/home/me")][..], HOME_FILE),
        (&[("USERPROFILE", "/home/me")], HOME_FILE),
        (
            &[("HOME", "/home/me"), ("USERPROFILE", "/elsewhere")],
            HOME_FILE,
        ),
        (
            &[("HOME", "/home/me"), (FILE_VARIABLE, "/etc/keys")],
            "/etc/keys",
        ),
    ] {
        let world = World::new(variables).with_file(path, PROFILE);
        let settings = resolve(
            given(Some("cn-north-4"), None).without_keys(),
            behaviour(),
            &world,
        );
        assert_eq!(
            project_of(&settings.expect("usable")),
            "profile-project",
            "{path}"
        );
    }
}

#[test]
fn what_is_missing_is_told_with_where_it_was_looked_for() {
    let told = resolve(
        Given::default(),
        behaviour(),
        &World::new(&[("HOME", "/home/me")]),
    );
    let told = told.expect_err("nothing to use");
    for part in [
        REGION,
        ENDPOINT,
        PROJECT_ID,
        "HUAWEICLOUD_SDK_AK",
        "HUAWEICLOUD_SDK_SK",
        "[basic]",
        HOME_FILE,
    ] {
        assert!(told.contains(part), "{part} is not in: {told}");
    }
    let told =
        resolve(Given::default(), behaviour(), &World::default()).expect_err("nothing to use");
    assert!(told.contains("there is no home directory"), "{told}");
}

#[test]
fn half_a_key_is_never_made_whole_from_elsewhere() {
    for (ak, sk) in [
        ("HUAWEICLOUD_SDK_AK", "HUAWEICLOUD_SDK_SK"),
        ("CLOUD_SDK_AK", "CLOUD_SDK_SK"),
    ] {
        for (there, missing) in [(ak, sk), (sk, ak)] {
            let world =
                World::new(&[("HOME", "/home/me"), (there, "half")]).with_file(HOME_FILE, PROFILE);
            let told = resolve(
                given(Some("cn-north-4"), None).without_keys(),
                behaviour(),
                &world,
            );
            assert_eq!(
                told.err(),
                Some(format!(
                    "EnvironmentCredentials: {there} is set, but {missing} is not"
                ))
            );
        }
    }
}

#[test]
fn the_variables_that_settings_come_from_are_known() {
    let world = World::new(&[(REGION, "my-own-1")]);
    let names = variables(&world);
    for name in [
        REGION,
        ENDPOINT,
        PROJECT_ID,
        FILE_VARIABLE,
        "HOME",
        "CLOUD_SDK_SK",
        "HUAWEICLOUD_SDK_SECURITY_TOKEN",
        "HUAWEICLOUD_SDK_REGION_OMS_MY_OWN_1",
    ] {
        assert!(names.iter().any(|known| known == name), "{name}");
    }
}

proptest! {
    #[test]
    fn reading_a_profile_never_panics_and_never_tells_its_content(text in "(\\[basic\\]\n)?(\\PC|[\n\r=\\[\\];#]){0,200}") {
        let world = World::new(&[("HOME", "/home/me")]).with_file(HOME_FILE, &format!("{text}\nq9Zx7"));
        if let Err(told) = resolve(given(Some("cn-north-4"), None).without_keys(), behaviour(), &world) {
            prop_assert!(!told.contains("q9Zx7"), "{told}");
            prop_assert!(!told.contains('\n'), "{told}");
        }
    }
}

impl Given {
    fn without_keys(self) -> Self {
        Self {
            project_id: None,
            source: None,
            ..self
        }
    }
}
