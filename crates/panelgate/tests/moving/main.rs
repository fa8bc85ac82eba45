//! Another panel's customers come here, with all that is theirs.

#[path = "../support/mod.rs"]
mod support;

mod guide;
mod house;
mod kept;
mod whole;
mod wrong;
