//! The client core of Huawei Cloud's Object Storage Migration Service (OMS), without Python.
//!
//! A call goes one way: [`operation`] says what exists, [`validation`] turns what was asked into a [`request`],
//! [`client`] signs it ([`signing`]) and sends it ([`transport`]), [`classify`] says what the [`answer`] means, and
//! [`start`] makes a result or an [`error`] of it, trying again ([`retry`]) or looking ([`settle`]) where that is right.

pub mod answer;
pub mod ask;
mod attempts;
pub mod classify;
pub mod client;
pub mod clock;
pub mod credentials;
pub mod endpoint;
pub mod error;
pub mod identity;
pub mod journal;
pub mod many;
pub mod operation;
pub mod pace;
mod place;
pub mod project;
pub mod region;
pub mod request;
pub mod retry;
pub mod secret;
pub mod settings;
pub mod settle;
pub mod signing;
pub mod source;
pub mod start;
pub mod tls;
pub mod transport;
mod unsigned;
pub mod validation;
pub mod verdict;
pub mod wait;

#[cfg(feature = "emulator")]
pub mod emulator;
#[cfg(feature = "python")]
mod python;
