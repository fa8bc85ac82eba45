//! Both ends of the gateway on raw sockets: panels that break off, lie and flood in every way that TCP and HTTP allow, and
//! customers who do the same.

#[path = "../support/mod.rs"]
mod support;

mod adds;
mod ends;
mod keeping;
mod panel;
mod script;
mod shop;
mod slow;
mod smuggling;
