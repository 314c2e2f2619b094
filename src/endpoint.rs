//! Where requests go: an endpoint that was checked once.

use std::net::IpAddr;

use reqwest::Url;

/// The scheme, host and port that every request of a client goes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint {
    /// `https://host` or `https://host:port`, without a slash at the end.
    base: String,
    /// The same, ready to be given a path.
    url: Url,
    /// The `Host` header.
    authority: String,
    is_plain: bool,
}

impl Endpoint {
    /// Checks an endpoint. Plain HTTP is for loopback hosts only, unless `allow_http`: the bodies carry keys.
    ///
    /// # Errors
    ///
    /// What is wrong with it and what is allowed.
    pub fn parse(text: &str, allow_http: bool) -> Result<Self, String> {
        let url = Url::parse(text)
            .map_err(|error| format!("endpoint must be a URL like https://host: {error}"))?;
        if !url.username().is_empty() || url.password().is_some() {
            return Err("endpoint must not hold a user name or password".to_owned());
        }
        if url.path() != "/" || url.query().is_some() || url.fragment().is_some() {
            return Err(
                "endpoint must be scheme and host only, without a path or query".to_owned(),
            );
        }
        let host = url.host_str().unwrap_or_default();
        let is_plain = match url.scheme() {
            "https" => false,
            "http" if allow_http || is_loopback(host) => true,
            "http" => {
                return Err(
                    "endpoint must begin with https://, because requests carry access keys (allow_http=True \
                     overrides this)"
                        .to_owned(),
                );
            }
            _ => return Err("endpoint must begin with https://".to_owned()),
        };
        let authority = url
            .port()
            .map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"));
        Ok(Self {
            base: format!("{}://{authority}", url.scheme()),
            authority,
            is_plain,
            url,
        })
    }

    /// The endpoint as text, without a slash at the end.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.base
    }

    /// The `Host` header.
    #[must_use]
    pub fn authority(&self) -> &str {
        &self.authority
    }

    /// Whether requests travel unencrypted.
    #[must_use]
    pub const fn is_plain(&self) -> bool {
        self.is_plain
    }

    /// The URL of a path whose segments are percent-encoded; `None` if a URL parser would change the path.
    #[must_use]
    pub fn url(&self, path: &str) -> Option<Url> {
        let mut url = self.url.clone();
        url.set_path(path);
        (url.path() == path).then_some(url)
    }
}

/// Whether a URL's host is this machine.
#[must_use]
pub fn is_loopback(host: &str) -> bool {
    host.eq_ignore_ascii_case("localhost")
        || host
            .trim_start_matches('[')
            .trim_end_matches(']')
            .parse::<IpAddr>()
            .is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::signing::percent_encode;
    use proptest::prelude::*;

    #[test]
    fn plain_http_stays_on_the_machine() {
        for here in [
            "http://127.0.0.1:8080",
            "http://localhost",
            "http://[::1]:1",
            "http://127.9.9.9",
        ] {
            assert!(Endpoint::parse(here, false).is_ok(), "{here}");
        }
        for away in [
            "http://10.0.0.1",
            "http://oms.example.com",
            "http://localhost.example.com",
        ] {
            assert!(Endpoint::parse(away, false).is_err(), "{away}");
            assert!(Endpoint::parse(away, true).is_ok(), "{away}");
        }
    }

    #[test]
    fn an_endpoint_is_a_host_only() {
        for bad in [
            "",
            "oms",
            "ftp://h",
            "https://h/v2",
            "https://h?x",
            "https://u:p@h",
            "https://h#f",
            "https://",
        ] {
            assert!(Endpoint::parse(bad, true).is_err(), "{bad}");
        }
        let endpoint = Endpoint::parse("https://OMS.example.com:443/", false).expect("valid");
        assert_eq!(endpoint.as_str(), "https://oms.example.com");
        assert_eq!(endpoint.authority(), "oms.example.com");
    }

    proptest! {
        #[test]
        fn whatever_a_segment_holds_the_path_stays(segment in "[^/\\\\\\pC]{1,40}") {
            prop_assume!(segment != "." && segment != "..");
            let endpoint = Endpoint::parse("https://h", false).expect("valid");
            let path = format!("/v2/p/tasks/{}/start", percent_encode(&segment));
            let url = endpoint.url(&path);
            prop_assert_eq!(url.as_ref().map(Url::path), Some(path.as_str()));
        }
    }
}
