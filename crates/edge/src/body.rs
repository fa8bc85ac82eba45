//! Reads a body within its limits of size and time, and all of them together within one bound of memory.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::BodyExt;
use hyper::body::Body;
use prometheus::IntGauge;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::settings::Settings;

/// Why there is no body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BodyError {
    /// Larger than allowed.
    TooLarge,
    /// Not whole in time.
    TooSlow,
    /// The connection ended before the body did.
    Cut,
    /// Too much of others' bodies is in memory.
    NoRoom,
}

/// What reads bodies.
///
/// The first [`FREE`] bytes of a body are its own: they are no more than its connection may take for a head, and nearly every
/// request is smaller, so whatever others send, it is read. What a body takes beyond that comes out of one budget for all, as its
/// bytes arrive (announcing a large body takes nothing), and goes back when the body is dropped. Nobody waits for room: bodies
/// that wait for each other's would end together, at their deadline.
pub(crate) struct Bodies {
    time: Duration,
    largest: usize,
    budget: Arc<Semaphore>,
    /// What is taken of the budget, as operators see it.
    held: IntGauge,
}

/// A whole body.
#[derive(Debug)]
pub(crate) struct Whole {
    pub(crate) bytes: Bytes,
    _share: Share,
}

/// What a body has of the budget.
#[derive(Debug)]
struct Share {
    taken: Option<OwnedSemaphorePermit>,
    held: IntGauge,
}

impl Bodies {
    pub(crate) fn new(settings: &Settings, held: IntGauge) -> Self {
        Self {
            time: settings.body,
            largest: settings.body_bytes,
            budget: Arc::new(Semaphore::new(settings.bodies_bytes)),
            held,
        }
    }

    /// Reads all of it. Dropped, it gives back what it has taken.
    pub(crate) async fn read<B: Body<Data = Bytes> + Unpin>(
        &self,
        body: B,
    ) -> Result<Whole, BodyError> {
        let reading = tokio::time::timeout(self.time, self.collect(body));
        reading.await.unwrap_or(Err(BodyError::TooSlow))
    }

    async fn collect<B: Body<Data = Bytes> + Unpin>(
        &self,
        mut body: B,
    ) -> Result<Whole, BodyError> {
        let announced = usize::try_from(body.size_hint().lower()).unwrap_or(usize::MAX);
        if announced > self.largest {
            return Err(BodyError::TooLarge);
        }
        let (mut read, mut share) = (Vec::new(), Share::nothing(&self.held));
        while let Some(frame) = body.frame().await {
            // Trailers mean nothing here.
            let Ok(data) = frame.map_err(|_| BodyError::Cut)?.into_data() else {
                continue;
            };
            if read.is_empty() && data.len() <= FREE && body.is_end_stream() {
                return Ok(Whole {
                    bytes: data,
                    _share: share,
                });
            }
            let length = read.len() + data.len();
            if length > self.largest {
                return Err(BodyError::TooLarge);
            }
            // Bytes are copied together: a body in a million pieces would take far more than its size otherwise.
            if length > read.capacity() {
                let size = length.max(read.capacity() * 2).min(self.largest);
                if !share.grow(&self.budget, size) {
                    return Err(BodyError::NoRoom);
                }
                read.reserve_exact(size - read.len());
            }
            read.extend_from_slice(&data);
        }
        Ok(Whole {
            bytes: read.into(),
            _share: share,
        })
    }
}

impl Share {
    fn nothing(held: &IntGauge) -> Self {
        Self {
            taken: None,
            held: held.clone(),
        }
    }

    fn size(&self) -> usize {
        self.taken
            .as_ref()
            .map_or(0, OwnedSemaphorePermit::num_permits)
    }

    /// Whether there was enough left for a body of this size.
    fn grow(&mut self, budget: &Arc<Semaphore>, size: usize) -> bool {
        let more = size.saturating_sub(FREE).saturating_sub(self.size());
        let permits = u32::try_from(more).ok();
        let Some(Ok(permits)) =
            permits.map(|permits| Arc::clone(budget).try_acquire_many_owned(permits))
        else {
            return false;
        };
        match &mut self.taken {
            Some(taken) => taken.merge(permits),
            none => *none = Some(permits),
        }
        self.held.add(gauged(more));
        true
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        let size = self.size();
        // Nobody sees room that is not there yet.
        self.taken = None;
        self.held.sub(gauged(size));
    }
}

fn gauged(bytes: usize) -> i64 {
    i64::try_from(bytes).unwrap_or(i64::MAX)
}

/// So much of each body is not counted.
const FREE: usize = 16 * 1024;

#[cfg(test)]
mod tests;
