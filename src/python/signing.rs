//! `sign_request`: the headers that sign any request to Huawei Cloud's API gateway.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use http::{HeaderName, HeaderValue, Method};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyString};
use reqwest::Url;

use super::arguments::type_name;
use super::credentials;
use super::errors::configuration;
use super::settings::text;
use crate::identity::{Identity, Proof};
use crate::secret::ExposeSecret;
use crate::signing::{self, Algorithm, DATE_HEADER, ToSign, UNSIGNED_PAYLOAD};

/// Sign a request to any API of Huawei Cloud.
///
/// Args:
///     method: The HTTP method.
///     url: The whole URL; its path and query as they will be sent.
///     headers: Headers of the request, all of which are signed, but those with an underscore in their name.
///     body: The body, as bytes or text.
///     credentials: The `AkSk` that signs.
///     date: When the request is signed, an aware `datetime`; now by default. The gateway accepts 15 minutes.
///     signing: The algorithm: `SDK-HMAC-SHA256` (the default), `V11-HMAC-SHA256`, `SDK-HMAC-SM3`,
///         `SDK-ECDSA-P256-SHA256` or `SDK-SM2-SM3`.
///     region: The region that `V11-HMAC-SHA256` derives its key for.
///     service: The service that `V11-HMAC-SHA256` derives its key for.
///
/// Returns:
///     The given headers with those that sign the request: `Host`, `X-Sdk-Date`, `Authorization`,
///     `X-Security-Token` for a temporary key, and `X-Sdk-Content-Sha256` (or `-Sm3`) where the body is neither JSON
///     nor BSON and therefore not signed.
///
/// Raises:
///     ConfigurationError: An argument cannot be used.
///
/// See "AK/SK Signing and Authentication Algorithm" of the API signing guide.
#[pyfunction]
#[pyo3(signature = (method, url, *, headers=None, body=None, credentials, date=None, signing="SDK-HMAC-SHA256", region=None,
        service="oms"),
    text_signature = "(method, url, *, headers=None, body=b'', credentials, date=None, signing='SDK-HMAC-SHA256', region=None, service='oms')")]
#[allow(clippy::too_many_arguments, reason = "they are the request's")]
pub(super) fn sign_request<'py>(
    py: Python<'py>,
    method: &Bound<'py, PyAny>,
    url: &Bound<'py, PyAny>,
    headers: Option<&Bound<'py, PyAny>>,
    body: Option<&Bound<'py, PyAny>>,
    credentials: &Bound<'py, PyAny>,
    date: Option<&Bound<'py, PyAny>>,
    signing: &str,
    region: Option<&str>,
    service: &str,
) -> PyResult<Bound<'py, PyDict>> {
    let signed = PyDict::new(py);
    copy_headers(headers, &signed)
        .and_then(|()| Algorithm::named(signing, region, service))
        .and_then(|algorithm| sign(&signed, method, url, body, credentials, date, &algorithm))
        .map_err(|message| configuration(py, format!("sign_request: {message}")))?;
    Ok(signed)
}

/// Adds to `headers` what signs the request.
fn sign(
    headers: &Bound<'_, PyDict>,
    method: &Bound<'_, PyAny>,
    url: &Bound<'_, PyAny>,
    body: Option<&Bound<'_, PyAny>>,
    credentials: &Bound<'_, PyAny>,
    date: Option<&Bound<'_, PyAny>>,
    algorithm: &Algorithm,
) -> Result<(), String> {
    let credentials = credentials::extract(credentials)?;
    let identity = Identity::new("AkSk", credentials, algorithm).map_err(str::to_owned)?;
    let Some(Proof::Signature {
        access_key,
        security_token,
        signer,
    }) = identity.proof()
    else {
        return Err(
            "credentials must be AkSk(...): a token is sent as X-Auth-Token, and signs nothing"
                .to_owned(),
        );
    };
    let method = Method::from_bytes(text("method", method)?.to_uppercase().as_bytes())
        .map_err(|_| "method must be an HTTP method, like GET")?;
    let url =
        Url::parse(&text("url", url)?).map_err(|error| format!("url cannot be read: {error}"))?;
    let host = url.host_str().ok_or("url must name a host")?;
    let host = url
        .port()
        .map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"));
    let body = body.map(bytes_of).transpose()?.unwrap_or_default();
    let mut all = text_headers(headers)?;
    let is_unsigned = value_of(&all, "content-type").is_some_and(is_left_unsigned);
    let mut add = |name: &str, value: String| {
        if !all
            .iter()
            .any(|(known, _)| known.eq_ignore_ascii_case(name))
        {
            all.push((name.to_owned(), value.clone()));
            headers.set_item(name, value).map_err(|e| e.to_string())?;
        }
        Ok::<(), String>(())
    };
    add("Host", host)?;
    add("X-Sdk-Date", signing::format_date(time_of(date)?))?;
    if let Some(token) = security_token {
        add("X-Security-Token", token.expose_secret().to_owned())?;
    }
    let content_header = algorithm.hash().content_header();
    if is_unsigned {
        add(content_header, UNSIGNED_PAYLOAD.to_owned())?;
    }
    let mut lowered: Vec<(String, String)> = all
        .into_iter()
        .map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()))
        .filter(|(name, _)| !name.contains('_'))
        .collect();
    lowered.sort_unstable();
    let date = value_of(&lowered, DATE_HEADER).ok_or("there is no date")?;
    let body_hash = match value_of(&lowered, content_header) {
        Some(declared) if !body.is_empty() => declared.to_owned(),
        _ => signer.body_hash(&body),
    };
    let to_sign: Vec<(&str, &str)> = lowered
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect();
    let request = ToSign {
        method: method.as_str(),
        path: url.path(),
        query: url.query().unwrap_or_default(),
        headers: &to_sign,
        body_hash: &body_hash,
    };
    let authorization = signer.authorization(access_key.expose_secret(), &request, date);
    headers
        .set_item("Authorization", authorization)
        .map_err(|error| error.to_string())
}

/// Bodies other than JSON and BSON are not signed, as in the vendor's SDK; a header tells the gateway.
fn is_left_unsigned(content_type: &str) -> bool {
    !content_type.is_empty()
        && !content_type.starts_with("application/json")
        && !content_type.starts_with("application/bson")
}

fn value_of<'h>(headers: &'h [(String, String)], name: &str) -> Option<&'h str> {
    headers
        .iter()
        .find(|(known, _)| known.eq_ignore_ascii_case(name))
        .map(|(_, value)| value.trim())
}

/// Copies the given headers. An `Authorization` among them makes way for the new one.
fn copy_headers(
    headers: Option<&Bound<'_, PyAny>>,
    copy: &Bound<'_, PyDict>,
) -> Result<(), String> {
    let Some(headers) = headers.filter(|headers| !headers.is_none()) else {
        return Ok(());
    };
    copy.call_method1("update", (headers,))
        .map_err(|_| format!("headers must be a mapping, not {}", type_name(headers)))?;
    let old: Vec<_> = text_headers(copy)?
        .into_iter()
        .map(|(name, _)| name)
        .filter(|name| name.eq_ignore_ascii_case("authorization"))
        .collect();
    old.iter()
        .try_for_each(|name| copy.del_item(name))
        .map_err(|error| error.to_string())
}

/// The headers as they will be sent: each once, and nothing in them that would begin another.
fn text_headers(headers: &Bound<'_, PyDict>) -> Result<Vec<(String, String)>, String> {
    let mut found: Vec<(String, String)> = Vec::with_capacity(headers.len() + 4);
    for (name, value) in headers.iter() {
        let name = text("headers: a name", &name)?;
        let value = text("headers: a value", &value)?;
        if HeaderName::from_bytes(name.as_bytes()).is_err() {
            return Err(format!("headers: '{}' is no name", name.escape_debug()));
        }
        if HeaderValue::from_bytes(value.as_bytes()).is_err() {
            return Err(format!(
                "headers: the value of {name} must be one line of text"
            ));
        }
        if value_of(&found, &name).is_some() {
            return Err(format!("headers: {name} is there twice"));
        }
        found.push((name, value));
    }
    Ok(found)
}

fn bytes_of(body: &Bound<'_, PyAny>) -> Result<Vec<u8>, String> {
    if let Ok(bytes) = body.cast::<PyBytes>() {
        Ok(bytes.as_bytes().to_vec())
    } else if let Ok(text) = body.cast::<PyString>() {
        text.to_str()
            .map(|text| text.as_bytes().to_vec())
            .map_err(|_| "body must be Unicode text without lone surrogates".to_owned())
    } else {
        Err(format!(
            "body must be bytes or text, not {}",
            type_name(body)
        ))
    }
}

/// The moment of an aware `datetime`; now where none is given.
fn time_of(date: Option<&Bound<'_, PyAny>>) -> Result<SystemTime, String> {
    let Some(date) = date.filter(|date| !date.is_none()) else {
        return Ok(SystemTime::now());
    };
    let refusal = || "date must be an aware datetime (one with a time zone)".to_owned();
    let offset = date.call_method0("utcoffset").map_err(|_| refusal())?;
    let seconds: f64 = date
        .call_method0("timestamp")
        .and_then(|seconds| seconds.extract())
        .map_err(|_| refusal())?;
    if offset.is_none() {
        return Err(refusal());
    }
    let distance = Duration::try_from_secs_f64(seconds.abs().floor()).map_err(|_| refusal())?;
    let time = if seconds < 0.0 {
        UNIX_EPOCH.checked_sub(distance)
    } else {
        UNIX_EPOCH.checked_add(distance)
    };
    time.ok_or_else(refusal)
}
