//! `sign_request`: the headers that sign any request to Huawei Cloud's API gateway.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyString};
use reqwest::Url;

use super::arguments::type_name;
use super::credentials;
use super::errors::configuration;
use crate::credentials::Credentials;
use crate::secret::ExposeSecret;
use crate::signing::{self, DATE_HEADER, ToSign, UNSIGNED_PAYLOAD};

/// Sign a request to any API of Huawei Cloud with SDK-HMAC-SHA256.
///
/// Args:
///     method: The HTTP method.
///     url: The whole URL; its path and query as they will be sent.
///     headers: Headers of the request, all of which are signed, but those with an underscore in their name.
///     body: The body, as bytes or text.
///     credentials: The `AkSk` that signs.
///     date: When the request is signed, an aware `datetime`; now by default. The gateway accepts 15 minutes.
///
/// Returns:
///     The given headers with those that sign the request: `Host`, `X-Sdk-Date`, `Authorization`, and
///     `X-Security-Token` for a temporary key.
///
/// Raises:
///     ConfigurationError: An argument cannot be used.
///
/// See "AK/SK Signing and Authentication Algorithm" of the API signing guide.
#[pyfunction]
#[pyo3(signature = (method, url, *, headers=None, body=None, credentials, date=None),
    text_signature = "(method, url, *, headers=None, body=b'', credentials, date=None)")]
pub(super) fn sign_request<'py>(
    py: Python<'py>,
    method: &str,
    url: &str,
    headers: Option<&Bound<'py, PyAny>>,
    body: Option<&Bound<'py, PyAny>>,
    credentials: &Bound<'py, PyAny>,
    date: Option<&Bound<'py, PyAny>>,
) -> PyResult<Bound<'py, PyDict>> {
    let signed = PyDict::new(py);
    if let Some(headers) = headers {
        signed.call_method1("update", (headers,))?;
    }
    sign(&signed, method, url, body, credentials, date)
        .map_err(|message| configuration(py, format!("sign_request: {message}")))?;
    Ok(signed)
}

/// Adds to `headers` what signs the request.
fn sign(
    headers: &Bound<'_, PyDict>,
    method: &str,
    url: &str,
    body: Option<&Bound<'_, PyAny>>,
    credentials: &Bound<'_, PyAny>,
    date: Option<&Bound<'_, PyAny>>,
) -> Result<(), String> {
    let Credentials::AkSk {
        access_key,
        security_token,
        signing_key,
        ..
    } = credentials::extract(credentials)?
    else {
        return Err(
            "credentials must be AkSk(...): a token is sent as X-Auth-Token, and signs nothing"
                .to_owned(),
        );
    };
    let url = Url::parse(url).map_err(|error| format!("url cannot be read: {error}"))?;
    let host = url.host_str().ok_or("url must name a host")?;
    let host = url
        .port()
        .map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"));
    let body = body.map(bytes_of).transpose()?.unwrap_or_default();
    let mut all = text_headers(headers)?;
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
    if let Some(token) = &security_token {
        add("X-Security-Token", token.expose_secret().to_owned())?;
    }
    let mut lowered: Vec<(String, String)> = all
        .into_iter()
        .map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()))
        .filter(|(name, _)| !name.contains('_') && name != "authorization")
        .collect();
    lowered.sort_unstable();
    let to_sign: Vec<(&str, &str)> = lowered
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect();
    let value_of = |name: &str| to_sign.iter().find(|(n, _)| *n == name).map(|(_, v)| *v);
    let date = value_of(DATE_HEADER).ok_or("there is no date")?;
    let body_hash = body_hash(value_of("content-type"), &body);
    let request = ToSign {
        method: &method.to_uppercase(),
        path: url.path(),
        query: url.query().unwrap_or_default(),
        headers: &to_sign,
        body_hash: &body_hash,
    };
    let signature = signing_key.sign(&request, date);
    let authorization = signing::authorization(access_key.expose_secret(), &to_sign, &signature);
    headers
        .set_item("Authorization", authorization)
        .map_err(|error| error.to_string())
}

/// Bodies other than JSON and BSON are not signed, as in the vendor's SDK.
fn body_hash(content_type: Option<&str>, body: &[u8]) -> String {
    match content_type {
        Some(kind)
            if !kind.starts_with("application/json") && !kind.starts_with("application/bson") =>
        {
            UNSIGNED_PAYLOAD.to_owned()
        }
        _ => signing::body_hash(body),
    }
}

fn text_headers(headers: &Bound<'_, PyDict>) -> Result<Vec<(String, String)>, String> {
    headers
        .iter()
        .map(|(name, value)| {
            let text = |part: &Bound<'_, PyAny>| {
                part.cast::<PyString>()
                    .ok()
                    .and_then(|text| text.to_str().ok().map(str::to_owned))
            };
            match (text(&name), text(&value)) {
                (Some(name), Some(value)) if !value.contains(['\r', '\n']) => Ok((name, value)),
                _ => Err("headers must map text to text without line ends".to_owned()),
            }
        })
        .collect()
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
