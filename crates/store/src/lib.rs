//! The durable truth: one method, one transaction
