//! Desks against panels that are made of a TCP listener and misbehave as told.

mod support;

mod add;
mod ask;
mod calls;
mod rests;
