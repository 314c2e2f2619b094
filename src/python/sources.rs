//! The sources of credentials, as Python classes.

use std::path::PathBuf;
use std::sync::Arc;

use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::PyTuple;

use super::arguments::{positive_seconds, type_name};
use super::credentials::{self, CredentialsSource, secret, use_threads};
use super::errors::configuration;
use super::function::Function;
use crate::source::{
    Chain, Environment, IamPassword, Oidc, PodIdentity, Profile, ServerMetadata, Source,
};

/// A new object: what all sources share, and nothing more.
type New<T> = PyClassInitializer<T>;

/// Keys in environment variables, read when the client is made.
///
/// `HUAWEICLOUD_SDK_AK`, `HUAWEICLOUD_SDK_SK` and, for a temporary key, `HUAWEICLOUD_SDK_SECURITY_TOKEN`; else
/// `CLOUD_SDK_AK` and `CLOUD_SDK_SK`. Where `HUAWEICLOUD_SDK_IDP_ID` and `HUAWEICLOUD_SDK_ID_TOKEN_FILE` are set, a
/// temporary key for the identity token in that file.
#[pyclass(frozen, extends = CredentialsSource, module = "huaweicloud_oms")]
pub(super) struct EnvironmentCredentials;

#[pymethods]
impl EnvironmentCredentials {
    #[new]
    fn new() -> New<Self> {
        CredentialsSource::of(Environment).add_subclass(Self)
    }
}

/// A section of the vendor's profile file: `ak`, `sk` and `security_token`, or `idp_id` and `id_token_file`.
///
/// A client in use reads the file again every minute, so that a key can be rotated by writing the new one there.
///
/// Args:
///     section: The section's name, `basic` by default.
///     path: The file; by default the one that `HUAWEICLOUD_SDK_CREDENTIALS_FILE` names, else
///         `~/.huaweicloud/credentials`.
#[pyclass(frozen, extends = CredentialsSource, module = "huaweicloud_oms")]
pub(super) struct ProfileCredentials;

#[pymethods]
impl ProfileCredentials {
    #[new]
    #[pyo3(signature = (section=None, path=None))]
    fn new(section: Option<String>, path: Option<PathBuf>) -> New<Self> {
        CredentialsSource::of(Profile { section, path }).add_subclass(Self)
    }
}

/// The temporary key of the agency of the server that this runs on, from the cloud's metadata service.
///
/// Args:
///     endpoint: Where the service answers, by default the one that `HUAWEICLOUD_METADATA_ENDPOINT` names, else
///         `http://169.254.169.254`. Plain HTTP is for this machine and link-local addresses only.
#[pyclass(frozen, extends = CredentialsSource, module = "huaweicloud_oms")]
pub(super) struct ServerMetadataCredentials;

#[pymethods]
impl ServerMetadataCredentials {
    #[new]
    #[pyo3(signature = (*, endpoint=None))]
    fn new(endpoint: Option<String>) -> New<Self> {
        CredentialsSource::of(ServerMetadata { endpoint }).add_subclass(Self)
    }
}

/// The temporary key of the agency of the pod that this runs in.
///
/// Args:
///     uri: Where keys are given; by default `HC_CONTAINER_CREDENTIALS_FULL_URI`. Plain HTTP is for this machine and
///         link-local addresses only.
///     token_file: The file that holds the pod's token, read again for every key; by default
///         `HC_CONTAINER_AUTHORIZATION_TOKEN_FILE`.
#[pyclass(frozen, extends = CredentialsSource, module = "huaweicloud_oms")]
pub(super) struct PodIdentityCredentials;

#[pymethods]
impl PodIdentityCredentials {
    #[new]
    #[pyo3(signature = (*, uri=None, token_file=None))]
    fn new(uri: Option<String>, token_file: Option<PathBuf>) -> New<Self> {
        let token_file = token_file.map(|path| path.display().to_string());
        CredentialsSource::of(PodIdentity { uri, token_file }).add_subclass(Self)
    }
}

/// A temporary key of an agency that an identity provider's token lets one assume.
///
/// What is not given comes from the environment, under the names of the vendor's SDK.
///
/// Args:
///     provider_urn: The identity provider's URN; `HUAWEICLOUD_OIDC_PROVIDER_URN`.
///     agency_urn: The agency's URN; `HUAWEICLOUD_OIDC_AGENCY_URN`.
///     id_token: The identity token; `HUAWEICLOUD_OIDC_ID_TOKEN`.
///     id_token_file: The file that holds it, read again for every key; `HUAWEICLOUD_OIDC_TOKEN_FILE`.
///     session_name: The session's name; `HUAWEICLOUD_OIDC_SESSION_NAME`, else `oidc-sts-session`.
///     duration_seconds: How long a key is to be good for; `HUAWEICLOUD_OIDC_DURATION_SECONDS`, else 3600.
///     policy: A policy that narrows the agency's rights; `HUAWEICLOUD_OIDC_POLICY`.
///     policy_ids: Ids of policies that narrow them; `HUAWEICLOUD_OIDC_POLICY_IDS`, separated by commas.
///     sts_endpoint: Where the token service answers; `HUAWEICLOUD_SDK_STS_ENDPOINT`, else the region's.
#[pyclass(frozen, extends = CredentialsSource, module = "huaweicloud_oms")]
pub(super) struct OidcCredentials;

#[pymethods]
impl OidcCredentials {
    #[new]
    #[pyo3(signature = (*, provider_urn=None, agency_urn=None, id_token=None, id_token_file=None, session_name=None,
        duration_seconds=None, policy=None, policy_ids=None, sts_endpoint=None))]
    #[allow(clippy::too_many_arguments, reason = "they are the request's")]
    fn new(
        provider_urn: Option<String>,
        agency_urn: Option<String>,
        id_token: Option<&Bound<'_, PyAny>>,
        id_token_file: Option<PathBuf>,
        session_name: Option<String>,
        duration_seconds: Option<u32>,
        policy: Option<String>,
        policy_ids: Option<Vec<String>>,
        sts_endpoint: Option<String>,
    ) -> PyResult<New<Self>> {
        let source = Oidc {
            provider_urn,
            agency_urn,
            id_token: id_token
                .map(|token| secret("id_token", token))
                .transpose()?,
            id_token_file: id_token_file.map(|path| path.display().to_string()),
            session_name,
            duration_seconds,
            policy,
            policy_ids,
            sts_endpoint,
        };
        Ok(CredentialsSource::of(source).add_subclass(Self))
    }
}

/// An IAM user's token, got with the user's password and renewed before it expires (after 24 hours).
///
/// Args:
///     user: The user's name.
///     password: The user's password.
///     domain: The name of the account that the user belongs to.
///     project: The name of the project that the token is for; by default the client's `project_id`, else the project
///         of its region.
///     iam_endpoint: Where IAM answers; by default where the client's region has it.
#[pyclass(frozen, extends = CredentialsSource, module = "huaweicloud_oms")]
pub(super) struct IamPasswordCredentials;

#[pymethods]
impl IamPasswordCredentials {
    #[new]
    #[pyo3(signature = (user, password, domain, *, project=None, iam_endpoint=None))]
    fn new(
        user: String,
        password: &Bound<'_, PyAny>,
        domain: String,
        project: Option<String>,
        iam_endpoint: Option<String>,
    ) -> PyResult<New<Self>> {
        let source = IamPassword {
            user,
            password: secret("password", password)?,
            domain,
            project,
            iam_endpoint,
        };
        Ok(CredentialsSource::of(source).add_subclass(Self))
    }
}

/// Credentials that a function of yours gives: from a vault, for example.
///
/// It is called without arguments, never twice at the same time for one client, and returns `AkSk` or `Token`, or a
/// pair of one of them and its expiry (an aware `datetime`). It is called again before the expiry; without one, when
/// the service says that the credentials have expired.
///
/// A function runs in a thread of its own. A coroutine function runs on the event loop of the `AsyncClient` that uses
/// it, or in a thread with a loop of its own.
///
/// Args:
///     function: The function, or coroutine function.
///     timeout: How long it may take, in seconds.
///
/// Raises:
///     TypeError: It cannot be called.
///     ConfigurationError: `timeout` is out of range.
#[pyclass(frozen, extends = CredentialsSource, module = "huaweicloud_oms")]
pub(super) struct FunctionCredentials;

#[pymethods]
impl FunctionCredentials {
    #[new]
    #[pyo3(signature = (function, *, timeout=None), text_signature = "(function, *, timeout=30.0)")]
    fn new(function: &Bound<'_, PyAny>, timeout: Option<&Bound<'_, PyAny>>) -> PyResult<New<Self>> {
        const LIMIT: std::time::Duration = std::time::Duration::from_secs(30);
        let py = function.py();
        if !function.is_callable() {
            return Err(PyTypeError::new_err(format!(
                "function must be callable, not {}",
                type_name(function)
            )));
        }
        use_threads(py)?;
        let limit = timeout
            .map_or(Ok(LIMIT), positive_seconds)
            .map_err(|message| configuration(py, format!("timeout {message}")))?;
        let function = Function::new(function, limit)?;
        Ok(CredentialsSource::of(function).add_subclass(Self))
    }
}

/// Sources one after the other: the first that is configured serves.
///
/// A source that is half configured is an error: to act as somebody else would be worse. `ServerMetadataCredentials`
/// and `PodIdentityCredentials` have to be tried; where they fail, the next one's turn comes. Who has served goes on
/// serving.
///
/// Args:
///     sources: The sources in their order; by default that of the vendor's SDK: `OidcCredentials`,
///         `EnvironmentCredentials`, `ProfileCredentials`, `ServerMetadataCredentials`, `PodIdentityCredentials`.
///
/// Raises:
///     ConfigurationError: A value is no source of credentials.
#[pyclass(frozen, extends = CredentialsSource, module = "huaweicloud_oms")]
pub(super) struct CredentialChain;

#[pymethods]
impl CredentialChain {
    #[new]
    #[pyo3(signature = (*sources))]
    fn new(sources: &Bound<'_, PyTuple>) -> PyResult<New<Self>> {
        let py = sources.py();
        let sources: Vec<Arc<dyn Source>> = sources
            .iter()
            .map(|value| credentials::source(&value))
            .collect::<Result<_, _>>()
            .map_err(|message| configuration(py, message))?;
        let chain = if sources.is_empty() {
            Chain::default()
        } else {
            Chain::new(sources)
        };
        Ok(CredentialsSource::of(chain).add_subclass(Self))
    }
}
