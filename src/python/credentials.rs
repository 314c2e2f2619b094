//! `AkSk` and `Token`: credentials as Python holds them. They cannot be shown, compared by value or pickled.

use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::PyString;

use super::arguments::type_name;
use super::errors::configuration;
use crate::credentials::Credentials;
use crate::secret::SecretString;

/// An access key with its secret key; a temporary one comes with a security token.
///
/// Args:
///     ak: The access key.
///     sk: The secret access key.
///     security_token: The token of a temporary key, up to 16384 characters.
///
/// Raises:
///     ConfigurationError: A value is empty, no string, or cannot stand in an HTTP header.
///
/// See "AK/SK Signing and Authentication Algorithm" of the API signing guide.
#[pyclass(frozen, module = "huaweicloud_oms")]
pub(super) struct AkSk(Credentials);

#[pymethods]
impl AkSk {
    #[new]
    #[pyo3(signature = (ak, sk, security_token=None))]
    fn new(
        ak: &Bound<'_, PyAny>,
        sk: &Bound<'_, PyAny>,
        security_token: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<Self> {
        let py = ak.py();
        let token = security_token
            .map(|token| secret("security_token", token))
            .transpose()?;
        Credentials::ak_sk(secret("ak", ak)?, secret("sk", sk)?, token)
            .map(Self)
            .map_err(|message| configuration(py, message))
    }

    fn __repr__(&self) -> String {
        format!("{:?}", self.0)
    }

    fn __reduce__(&self) -> PyResult<Py<PyAny>> {
        refuse_pickling()
    }
}

/// An IAM token, sent as `X-Auth-Token` instead of a signature.
///
/// Args:
///     token: The token, 1 to 16384 characters.
///
/// Raises:
///     ConfigurationError: It is empty, no string, or cannot stand in an HTTP header.
#[pyclass(frozen, module = "huaweicloud_oms")]
pub(super) struct Token(Credentials);

#[pymethods]
impl Token {
    #[new]
    fn new(token: &Bound<'_, PyAny>) -> PyResult<Self> {
        Credentials::token(secret("token", token)?)
            .map(Self)
            .map_err(|message| configuration(token.py(), message))
    }

    fn __repr__(&self) -> String {
        format!("{:?}", self.0)
    }

    fn __reduce__(&self) -> PyResult<Py<PyAny>> {
        refuse_pickling()
    }
}

/// The core's credentials in a Python object, if it is one of the classes here.
pub(super) fn extract(value: &Bound<'_, PyAny>) -> Result<Credentials, String> {
    if let Ok(key) = value.cast::<AkSk>() {
        Ok(key.get().0.clone())
    } else if let Ok(token) = value.cast::<Token>() {
        Ok(token.get().0.clone())
    } else {
        Err(format!(
            "credentials must be AkSk(...) or Token(...), not {}",
            type_name(value)
        ))
    }
}

fn secret(name: &str, value: &Bound<'_, PyAny>) -> PyResult<SecretString> {
    let py = value.py();
    let text = value.cast::<PyString>().map_err(|_| {
        configuration(
            py,
            format!("{name} must be a string, not {}", type_name(value)),
        )
    })?;
    let text = text.to_str().map_err(|_| {
        configuration(
            py,
            format!("{name} must be Unicode text without lone surrogates"),
        )
    })?;
    Ok(SecretString::from(text))
}

fn refuse_pickling() -> PyResult<Py<PyAny>> {
    Err(PyTypeError::new_err(
        "credentials are not pickled: a pickle would hold the keys. Make them where they are used",
    ))
}
