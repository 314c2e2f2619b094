//! The body fields of the operations: every name and limit, written down once.

use std::fmt;

/// A body field of an operation: its name on the wire and in Python, and what it may hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Field {
    /// The name in the JSON body, which is the argument's name too.
    pub name: &'static str,
    /// What the field may hold.
    pub kind: Kind,
}

/// What a field may hold. Lengths are in characters (Unicode scalar values), both ends included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A key, token or other credential: never shown, whatever happens.
    Secret {
        /// The least number of characters.
        min: usize,
        /// The greatest number of characters.
        max: usize,
    },
    /// Text that may be shown.
    Text {
        /// The least number of characters.
        min: usize,
        /// The greatest number of characters.
        max: usize,
    },
    /// One of a few words.
    OneOf(&'static [&'static str]),
    /// `true` or `false`.
    Flag,
    /// A whole number.
    Integer {
        /// The least.
        min: i64,
        /// The greatest.
        max: i64,
    },
    /// A state that travels as a number and has a name; numbers that this version does not know are taken too.
    Status(&'static [Status]),
    /// A moment, in Unix milliseconds; the present one where none is given.
    Moment,
}

/// A state's name and its number.
pub type Status = (&'static str, i64);

/// No state is or will be numbered higher than this.
pub(crate) const HIGHEST_STATUS: i64 = 99;

/// Whether an operation insists on a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Need {
    /// The service refuses a body without it.
    Required,
    /// It may be left out; it is then left out of the body too, never sent as `null`.
    Optional,
}

impl Field {
    const fn secret(name: &'static str, min: usize, max: usize) -> Self {
        Self {
            name,
            kind: Kind::Secret { min, max },
        }
    }

    const fn crypto_type(name: &'static str) -> Self {
        Self {
            name,
            kind: Kind::OneOf(&["DEFAULT", "KMS"]),
        }
    }

    const fn kms_key_id(name: &'static str) -> Self {
        Self {
            name,
            kind: Kind::Text { min: 36, max: 36 },
        }
    }

    /// Whether the field's value is a secret.
    #[must_use]
    pub const fn is_secret(&self) -> bool {
        matches!(self.kind, Kind::Secret { .. })
    }
}

impl fmt::Display for Kind {
    /// What is allowed, as a sentence goes on: "a string of 1 to 100 characters".
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Secret { min, max } | Self::Text { min, max } => write_length(f, *min, *max),
            Self::OneOf(words) => write!(f, "{}", words.join(" or ")),
            Self::Flag => f.write_str("a boolean (True or False)"),
            Self::Integer { min, max } if *max == i64::MAX => {
                write!(f, "an integer of at least {min}")
            }
            Self::Integer { min, max } => write!(f, "an integer from {min} to {max}"),
            Self::Status(statuses) => {
                f.write_str("a status, by name or number:")?;
                for (at, (name, number)) in statuses.iter().enumerate() {
                    write!(f, "{} {name} ({number})", if at == 0 { "" } else { "," })?;
                }
                Ok(())
            }
            Self::Moment => f.write_str("an aware datetime, or Unix milliseconds"),
        }
    }
}

/// "a string of 1 to 100 characters", "a string of at most 255 characters".
pub(crate) fn write_length(f: &mut impl fmt::Write, min: usize, max: usize) -> fmt::Result {
    match (min, max) {
        (0, max) => write!(f, "a string of at most {max} characters"),
        (min, max) if min == max => write!(f, "a string of exactly {max} characters"),
        (min, max) => write!(f, "a string of {min} to {max} characters"),
    }
}

/// The access key of the source account; left out for URL lists.
pub const SRC_AK: Field = Field::secret("src_ak", 1, 100);
/// The secret key of the source account; left out for URL lists.
pub const SRC_SK: Field = Field::secret("src_sk", 1, 100);
/// The token of a temporary source key.
pub const SRC_SECURITY_TOKEN: Field = Field::secret("src_security_token", 0, 16_384);
/// The connection string of an Azure Blob source.
pub const CONNECTION_STRING: Field = Field::secret("connection_string", 0, 2048);
/// The content of the key file of a Google Cloud Storage source.
pub const JSON_AUTH_FILE: Field = Field::secret("json_auth_file", 0, 65_535);
/// The access key of the destination account.
pub const DST_AK: Field = Field::secret("dst_ak", 1, 100);
/// The secret key of the destination account.
pub const DST_SK: Field = Field::secret("dst_sk", 1, 100);
/// The token of a temporary destination key.
pub const DST_SECURITY_TOKEN: Field = Field::secret("dst_security_token", 0, 16_384);
/// The key that signs requests to the source's CDN.
pub const SOURCE_CDN_AUTHENTICATION_KEY: Field =
    Field::secret("source_cdn_authentication_key", 0, 255);
/// `true` sends only the objects that failed, `false` everything again.
pub const MIGRATE_FAILED_OBJECT: Field = Field {
    name: "migrate_failed_object",
    kind: Kind::Flag,
};
/// How the source's keys are encrypted.
pub const SRC_CRYPTO_TYPE: Field = Field::crypto_type("src_crypto_type");
/// The KMS key that encrypts the source's keys.
pub const SRC_KMS_KEY_ID: Field = Field::kms_key_id("src_kms_key_id");
/// How the destination's keys are encrypted.
pub const DST_CRYPTO_TYPE: Field = Field::crypto_type("dst_crypto_type");
/// The KMS key that encrypts the destination's keys.
pub const DST_KMS_KEY_ID: Field = Field::kms_key_id("dst_kms_key_id");
/// How the CDN authentication key is encrypted.
pub const SOURCE_CDN_CRYPTO_TYPE: Field = Field::crypto_type("source_cdn_crypto_type");
/// The KMS key that encrypts the CDN authentication key.
pub const SOURCE_CDN_KMS_KEY_ID: Field = Field::kms_key_id("source_cdn_kms_key_id");
/// Lists only the tasks of a group.
pub const GROUP_ID: Field = Field {
    name: "group_id",
    kind: Kind::Text { min: 1, max: 1024 },
};
/// How many a page holds; the service's own default is 10.
pub const LIMIT: Field = Field {
    name: "limit",
    kind: Kind::Integer { min: 1, max: 100 },
};
/// How many are left out at the beginning.
pub const OFFSET: Field = Field {
    name: "offset",
    kind: Kind::Integer {
        min: 0,
        max: i64::MAX,
    },
};
/// Lists only tasks whose name holds this.
pub const TASK_NAME: Field = Field {
    name: "task_name",
    kind: Kind::Text { min: 0, max: 255 },
};
/// Which month a synchronization task's counts are of.
pub const QUERY_TIME: Field = Field {
    name: "query_time",
    kind: Kind::Moment,
};
