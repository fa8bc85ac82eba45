//! The customers' HTTP listener
