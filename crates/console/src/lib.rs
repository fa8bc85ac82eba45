//! The operators' HTTP listener: metrics and health
