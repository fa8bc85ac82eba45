//! How long commits take, how many jobs share one, and how large the log becomes.

use prometheus::{Histogram, HistogramOpts, IntGauge, Registry, exponential_buckets};

/// The store's metrics; clones count into the same ones.
#[derive(Clone, Debug)]
pub struct StoreMetrics {
    /// Seconds from BEGIN to the end of COMMIT.
    pub(crate) commit_seconds: Histogram,
    /// Jobs that shared one commit.
    pub(crate) batch_size: Histogram,
    /// Bytes of the write-ahead log after the last commit.
    pub(crate) wal_bytes: IntGauge,
}

impl StoreMetrics {
    /// Metrics that the registry shows.
    ///
    /// # Errors
    /// The registry has metrics of these names already.
    pub fn register(registry: &Registry) -> Result<Self, prometheus::Error> {
        let metrics = Self::unregistered();
        registry.register(Box::new(metrics.commit_seconds.clone()))?;
        registry.register(Box::new(metrics.batch_size.clone()))?;
        registry.register(Box::new(metrics.wal_bytes.clone()))?;
        Ok(metrics)
    }

    /// Metrics that nobody looks at: for the CLI beside a server.
    #[must_use]
    pub fn unregistered() -> Self {
        Self {
            commit_seconds: histogram(
                "panelgate_store_commit_seconds",
                "Seconds from BEGIN to the end of COMMIT.",
                0.000_25,
                14,
            ),
            batch_size: histogram(
                "panelgate_store_batch_size",
                "Jobs that shared one commit.",
                1.0,
                11,
            ),
            wal_bytes: IntGauge::new(
                "panelgate_store_wal_bytes",
                "Bytes of the write-ahead log after the last commit.",
            )
            .expect("the name is valid"),
        }
    }
}

/// Buckets double from `first`.
fn histogram(name: &str, help: &str, first: f64, count: usize) -> Histogram {
    let buckets = exponential_buckets(first, 2.0, count).expect("first > 0, factor > 1, count > 0");
    Histogram::with_opts(HistogramOpts::new(name, help).buckets(buckets))
        .expect("the names are valid")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_registry_shows_all_of_them() {
        let registry = Registry::new();
        let metrics = StoreMetrics::register(&registry).expect("fresh");
        metrics.batch_size.observe(3.0);
        let shown = registry.gather();
        let names: Vec<&str> = shown.iter().map(|family| family.name()).collect();
        assert_eq!(
            names,
            [
                "panelgate_store_batch_size",
                "panelgate_store_commit_seconds",
                "panelgate_store_wal_bytes"
            ]
        );
        assert!(StoreMetrics::register(&registry).is_err());
    }
}
