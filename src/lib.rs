//! The client core of Huawei Cloud's Object Storage Migration Service (OMS), without Python.
//!
//! A call goes one way: [`operation`] says what exists, [`validation`] turns what was asked into a [`request`],
//! [`signing`] signs it.

pub mod operation;
pub mod region;
pub mod request;
pub mod secret;
pub mod signing;
pub mod validation;

#[cfg(feature = "emulator")]
pub mod emulator;
#[cfg(feature = "python")]
mod python;
