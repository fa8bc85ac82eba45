//! One desk per panel: limits, batching and the HTTP client
