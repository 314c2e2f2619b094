//! Keys in the vendor's profile file, an INI file.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use ini::{Ini, ParseOption};

use super::federated::Federated;
use super::{Context, Fault, Fetch, Fetching, Issued, Memory, Net, Prepared, Source};
use crate::credentials::Credentials;
use crate::secret::{ExposeSecret, SecretString};
use crate::settings::{Process, Surroundings};

const NAME: &str = "ProfileCredentials";

/// The variable that names the file.
pub const FILE_VARIABLE: &str = "HUAWEICLOUD_SDK_CREDENTIALS_FILE";

/// The section that is read where none is named.
pub const DEFAULT_SECTION: &str = "basic";

/// How often the file is read again: whoever rotates a key writes the new one there.
const RECHECK: Duration = Duration::from_secs(60);

/// A section of the profile file.
#[derive(Debug, Default)]
pub struct Profile {
    /// Its name; `basic` where none is given.
    pub section: Option<String>,
    /// The file; the environment's, or `~/.huaweicloud/credentials`, where none is given.
    pub path: Option<PathBuf>,
}

/// What a section holds that matters here.
#[derive(Debug)]
pub struct Section {
    ak: Option<SecretString>,
    sk: Option<SecretString>,
    security_token: Option<SecretString>,
    idp: Option<(String, String)>,
    /// The project.
    pub project_id: Option<String>,
    /// Where IAM answers.
    pub iam_endpoint: Option<String>,
}

/// The home directory's `.huaweicloud`, where the vendor's SDK keeps its files.
pub(crate) fn home(surroundings: &dyn Surroundings) -> Option<PathBuf> {
    let home = surroundings
        .variable("HOME")
        .or_else(|| surroundings.variable("USERPROFILE"))?;
    Some(Path::new(&home).join(".huaweicloud"))
}

impl Profile {
    fn section(&self) -> &str {
        self.section.as_deref().unwrap_or(DEFAULT_SECTION)
    }

    fn located(&self, surroundings: &dyn Surroundings) -> Option<PathBuf> {
        self.path
            .clone()
            .or_else(|| surroundings.variable(FILE_VARIABLE).map(PathBuf::from))
            .or_else(|| Some(home(surroundings)?.join("credentials")))
    }

    /// Where the file is, for a message.
    pub fn shown(&self, surroundings: &dyn Surroundings) -> String {
        self.located(surroundings).map_or_else(
            || "~/.huaweicloud/credentials".to_owned(),
            |path| path.display().to_string(),
        )
    }

    /// Reads the section.
    ///
    /// # Errors
    ///
    /// Why it cannot be read. Nothing of the file is quoted: it holds keys.
    pub fn read(&self, surroundings: &dyn Surroundings) -> Result<Section, Fault> {
        let path = self
            .located(surroundings)
            .ok_or_else(|| Fault::not_configured(NAME, "there is no home directory"))?;
        let shown = path.display();
        let text = match surroundings.read(&path) {
            Ok(text) => SecretString::from(text),
            Err(error)
                if error.kind() == std::io::ErrorKind::NotFound && !self.is_named(surroundings) =>
            {
                let message = format!("cannot read {shown}: {error}");
                return Err(Fault::not_configured(NAME, message));
            }
            Err(error) => {
                return Err(Fault::misconfigured(
                    NAME,
                    format!("cannot read {shown}: {error}"),
                ));
            }
        };
        self.parse(&text).map_err(|mut fault| {
            fault.message = format!("{shown}: {}", fault.message);
            fault
        })
    }

    /// Whether somebody said that there is a file.
    fn is_named(&self, surroundings: &dyn Surroundings) -> bool {
        self.path.is_some() || surroundings.variable(FILE_VARIABLE).is_some()
    }

    fn parse(&self, text: &SecretString) -> Result<Section, Fault> {
        let option = ParseOption {
            enabled_quote: false,
            enabled_escape: false,
            ..ParseOption::default()
        };
        let file = Ini::load_from_str_opt(text.expose_secret(), option).map_err(|error| {
            Fault::misconfigured(NAME, format!("not an INI file, line {}", error.line + 1))
        })?;
        let name = self.section();
        let section = file.section(Some(name)).ok_or_else(|| {
            let message = format!("no section [{name}] there");
            if self.section.is_some() {
                Fault::misconfigured(NAME, message)
            } else {
                Fault::not_configured(NAME, message)
            }
        })?;
        let find = |name: &str| {
            section
                .iter()
                .find(|(key, _)| key.trim().eq_ignore_ascii_case(name))
                .map(|(_, value)| value.trim())
                .filter(|value| !value.is_empty())
        };
        let owned = |name: &str| find(name).map(str::to_owned);
        Ok(Section {
            ak: find("ak").map(Into::into),
            sk: find("sk").map(Into::into),
            security_token: find("security_token").map(Into::into),
            idp: owned("idp_id").zip(owned("id_token_file")),
            project_id: owned("project_id"),
            iam_endpoint: owned("iam_endpoint"),
        })
    }

    fn credentials(&self, section: Section) -> Result<Credentials, Fault> {
        let name = self.section();
        match (section.ak, section.sk) {
            (Some(ak), Some(sk)) => {
                Credentials::ak_sk(ak, sk, section.security_token).map_err(|message| {
                    Fault::misconfigured(NAME, format!("section [{name}]: {message}"))
                })
            }
            (None, None) if self.section.is_none() => Err(Fault::not_configured(
                NAME,
                format!("section [{name}] has no ak and sk"),
            )),
            (ak, sk) => {
                let missing = match (ak.is_none(), sk.is_none()) {
                    (true, true) => "ak and sk",
                    (true, false) => "ak",
                    _ => "sk",
                };
                Err(Fault::misconfigured(
                    NAME,
                    format!("section [{name}] has no {missing}"),
                ))
            }
        }
    }
}

impl Source for Profile {
    fn name(&self) -> &'static str {
        NAME
    }

    fn prepare(&self, context: &Context<'_>) -> Result<Prepared, Fault> {
        let mut section = self.read(context.surroundings)?;
        if let Some((idp_id, file)) = section.idp.take() {
            return Federated::prepare(NAME, idp_id, file, section.iam_endpoint, context);
        }
        let shown = self.shown(context.surroundings);
        self.credentials(section).map_err(|mut fault| {
            fault.message = format!("{shown}: {}", fault.message);
            fault
        })?;
        Ok(Prepared::Live(Arc::new(Located(Self {
            section: self.section.clone(),
            path: self.located(context.surroundings),
        }))))
    }
}

/// A section whose file is known.
#[derive(Debug)]
struct Located(Profile);

impl Fetch for Located {
    fn name(&self) -> &'static str {
        NAME
    }

    fn fetch<'a>(&'a self, _: &'a Net, _: &'a mut Memory) -> Fetching<'a> {
        // A file of a few lines: reading it takes microseconds.
        let outcome = self
            .0
            .read(&Process)
            .and_then(|section| self.0.credentials(section))
            .map(|credentials| Issued {
                recheck: Some(RECHECK),
                ..Issued::lasting(NAME, credentials)
            });
        Box::pin(std::future::ready(outcome))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_section_is_read_as_the_vendor_writes_it() {
        for text in [
            "[basic]\nak=a\"k\nsk=s\\k\n",
            "[basic]\r\n  AK = a\"k  \r\n\tSk =\ts\\k\r\n",
            "; comment\n[global]\nak = other\n\n[basic]\n# comment\nak = a\"k\nsk = s\\k\nsecurity_token =\n",
        ] {
            let section = Profile::default().parse(&text.into()).expect("usable");
            let shown = |value: Option<SecretString>| value.map(|v| v.expose_secret().to_owned());
            assert_eq!(shown(section.ak).as_deref(), Some("a\"k"), "{text}");
            assert_eq!(shown(section.sk).as_deref(), Some("s\\k"), "{text}");
            assert!(section.security_token.is_none());
        }
    }
}
