//! Where a client's requests go: region and endpoints, of OMS and of IAM.

use std::path::PathBuf;

use saphyr::{LoadableYamlNode, Yaml};

use crate::endpoint::Endpoint;
use crate::region;
use crate::settings::Surroundings;
use crate::source::profile;

pub(crate) const REGION: &str = "HUAWEICLOUD_REGION";
pub(crate) const ENDPOINT: &str = "HUAWEICLOUD_OMS_ENDPOINT";
pub(crate) const IAM_ENDPOINT: &str = "HUAWEICLOUD_SDK_IAM_ENDPOINT";
pub(crate) const REGIONS_FILE: &str = "HUAWEICLOUD_SDK_REGIONS_FILE";

/// What a caller gave; everything may be missing.
#[derive(Debug, Default)]
pub(crate) struct Wanted {
    /// `region=`
    pub region: Option<String>,
    /// `endpoint=`; several are separated by commas.
    pub endpoint: Option<String>,
    /// `domain=`
    pub domain: Option<String>,
    /// `iam_endpoint=`; several are separated by commas.
    pub iam_endpoint: Option<String>,
    /// Whether plain HTTP may leave the machine.
    pub allow_http: bool,
}

/// Where to call.
#[derive(Debug)]
pub(crate) struct Place {
    /// The endpoints, in the order in which they are tried; at least one.
    pub endpoints: Vec<Endpoint>,
    /// The region, if it is known.
    pub region: Option<String>,
    /// Whether the endpoints were given rather than made from the region.
    pub is_explicit: bool,
    /// Where IAM answers, or why that is not known.
    pub iam: Result<Vec<String>, String>,
}

/// Finds out where to call. A region or an endpoint that was given goes before both of the environment's.
///
/// # Errors
///
/// What is missing or cannot be used.
pub(crate) fn resolve(wanted: Wanted, surroundings: &dyn Surroundings) -> Result<Place, String> {
    let Wanted {
        region,
        endpoint,
        domain,
        iam_endpoint,
        allow_http,
    } = wanted;
    let (region, endpoint) = match (region, endpoint) {
        (None, None) => (
            surroundings.variable(REGION),
            surroundings.variable(ENDPOINT),
        ),
        given => given,
    };
    if let Some(domain) = &domain {
        check_name("domain", domain)?;
        region
            .as_deref()
            .map_or(Ok(()), |region| check_name("region", region))?;
    }
    let override_of = |service| match &region {
        Some(region) => overridden(service, region, surroundings),
        None => Ok(None),
    };
    let explicit = match endpoint {
        Some(endpoint) => Some(list(&endpoint)),
        None => override_of("OMS")?,
    };
    let is_explicit = explicit.is_some();
    let endpoints = match (explicit, &region, &domain) {
        (Some(endpoints), _, _) => endpoints,
        (None, Some(region), Some(domain)) => vec![format!("https://oms.{region}.{domain}")],
        (None, Some(region), None) => {
            vec![region::endpoint_of(region).ok_or_else(|| unknown_region(region))?]
        }
        (None, None, _) => {
            return Err(format!(
                "no region: pass region= or endpoint=, or set {REGION} or {ENDPOINT}"
            ));
        }
    };
    let endpoints = endpoints
        .iter()
        .map(|text| Endpoint::parse(text, allow_http))
        .collect::<Result<Vec<_>, _>>()?;
    let first = endpoints.first().ok_or("endpoint must name a host")?;
    if endpoints
        .iter()
        .any(|other| other.is_plain() != first.is_plain())
    {
        return Err("endpoints must all begin with https://, or all with http://".to_owned());
    }
    let iam = match (iam_endpoint, surroundings.variable(IAM_ENDPOINT)) {
        (Some(given), _) | (None, Some(given)) => Ok(list(&given)),
        (None, None) => match override_of("IAM")? {
            Some(endpoints) => Ok(endpoints),
            None => derived_iam(region.as_deref(), domain.as_deref(), first, is_explicit),
        },
    };
    Ok(Place {
        endpoints,
        region,
        is_explicit,
        iam,
    })
}

/// Where IAM answers, where nobody said so: beside OMS.
fn derived_iam(
    region: Option<&str>,
    domain: Option<&str>,
    oms: &Endpoint,
    is_explicit: bool,
) -> Result<Vec<String>, String> {
    let beside = oms.authority().strip_prefix("oms.");
    match (region, domain, beside) {
        (Some(region), Some(domain), _) => Ok(vec![format!("https://iam.{region}.{domain}")]),
        (_, _, Some(beside)) if is_explicit => Ok(vec![format!("https://iam.{beside}")]),
        (Some(region), None, _) => region::iam_endpoint_of(region)
            .map(|endpoint| vec![endpoint])
            .ok_or_else(|| no_iam(&format!("of region '{region}'"))),
        _ => Err(no_iam("without a region")),
    }
}

fn no_iam(why: &str) -> String {
    format!("IAM's endpoint is not known {why}: pass iam_endpoint= or set {IAM_ENDPOINT}")
}

/// The endpoints that replace a service's in a region: the environment's, else the regions file's.
fn overridden(
    service: &str,
    region: &str,
    surroundings: &dyn Surroundings,
) -> Result<Option<Vec<String>>, String> {
    if let Some(endpoints) = surroundings.variable(&variable(service, region)) {
        return Ok(Some(list(&endpoints)));
    }
    let Some(path) = regions_file(surroundings) else {
        return Ok(None);
    };
    let text = match surroundings.read(&path) {
        Ok(text) => text,
        Err(error)
            if error.kind() == std::io::ErrorKind::NotFound
                && surroundings.variable(REGIONS_FILE).is_none() =>
        {
            return Ok(None);
        }
        Err(error) => return Err(format!("cannot read {}: {error}", path.display())),
    };
    in_file(&text, service, region).map_err(|told| format!("{}: {told}", path.display()))
}

fn regions_file(surroundings: &dyn Surroundings) -> Option<PathBuf> {
    surroundings
        .variable(REGIONS_FILE)
        .map(PathBuf::from)
        .or_else(|| Some(profile::home(surroundings)?.join("regions.yaml")))
}

/// A service's endpoints in the vendor's regions file: a list of regions under each service's name, each with an `id`
/// and an `endpoint` or `endpoints`.
fn in_file(text: &str, service: &str, region: &str) -> Result<Option<Vec<String>>, String> {
    let documents = Yaml::load_from_str(text)
        .map_err(|error| format!("not YAML, line {}", error.marker().line()))?;
    let Some(services) = documents.first().and_then(Yaml::as_mapping) else {
        return match documents.first() {
            None => Ok(None),
            Some(document) if document.is_null() => Ok(None),
            Some(_) => Err("must map services to lists of regions".to_owned()),
        };
    };
    for (name, regions) in services {
        if !name
            .as_str()
            .is_some_and(|name| name.eq_ignore_ascii_case(service))
        {
            continue;
        }
        let regions = regions
            .as_sequence()
            .ok_or_else(|| format!("{service} must be a list of regions"))?;
        for entry in regions {
            let member = |name: &str| entry.as_mapping_get(name);
            if member("id").and_then(Yaml::as_str) != Some(region) {
                continue;
            }
            let several = member("endpoints").and_then(Yaml::as_sequence);
            let endpoints: Vec<String> = several
                .into_iter()
                .flatten()
                .chain(member("endpoint"))
                .filter_map(Yaml::as_str)
                .map(str::to_owned)
                .collect();
            return Ok((!endpoints.is_empty()).then_some(endpoints));
        }
    }
    Ok(None)
}

/// The vendor's name for an endpoint that replaces a service's in a region.
pub(crate) fn variable(service: &str, region: &str) -> String {
    let region = region.replace('-', "_").to_uppercase();
    format!("HUAWEICLOUD_SDK_REGION_{service}_{region}")
}

fn list(endpoints: &str) -> Vec<String> {
    endpoints
        .split(',')
        .map(|endpoint| endpoint.trim().to_owned())
        .collect()
}

/// A region or domain becomes part of a host's name.
fn check_name(what: &str, name: &str) -> Result<(), String> {
    let is_label = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    if name.is_empty() || !name.bytes().all(is_label) {
        return Err(format!(
            "{what} '{}' must be a name of letters, digits, '-' and '.'",
            name.escape_debug()
        ));
    }
    Ok(())
}

fn unknown_region(region: &str) -> String {
    format!(
        "region '{}' is not known: pass endpoint= or domain= for another site, or one of {}",
        region.escape_debug(),
        region::REGIONS.join(", ")
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_vendors_regions_file_is_read() {
        let text = "# endpoints\nOMS:\n  - id: r-1\n    endpoint: https://a\n  - id: 'r-2'\n    endpoints:\n      \
                    - https://b\n      - https://c\niam: [{id: r-1, endpoint: https://d}]\n";
        let found = |service, region| in_file(text, service, region).expect("a file");
        assert_eq!(found("OMS", "r-1"), Some(vec!["https://a".to_owned()]));
        assert_eq!(
            found("OMS", "r-2"),
            Some(vec!["https://b".to_owned(), "https://c".to_owned()])
        );
        assert_eq!(found("IAM", "r-1"), Some(vec!["https://d".to_owned()]));
        assert_eq!(found("OMS", "r-3"), None);
        assert_eq!(in_file("", "OMS", "r-1"), Ok(None));
        for bad in ["[", "a: b: c", "- x", "OMS: x"] {
            assert!(in_file(bad, "OMS", "r-1").is_err(), "{bad}");
        }
    }
}
