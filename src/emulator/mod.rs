//! The local OMS.
