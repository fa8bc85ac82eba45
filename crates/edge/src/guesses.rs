//! How many wrong keys an address may try. Whoever has a right key is never counted and never refused here, whatever others at
//! the same address do.

use std::net::{IpAddr, Ipv6Addr};
use std::num::NonZeroU32;
use std::sync::Arc;

use governor::clock::{Clock, DefaultClock};
use governor::middleware::NoOpMiddleware;
use governor::state::{InMemoryState, NotKeyed};
use governor::{Quota, RateLimiter};
use moka::policy::EvictionPolicy;
use moka::sync::Cache;

/// The budgets of addresses that tried wrong keys lately.
pub(crate) struct Guesses<C: Clock = DefaultClock> {
    quota: Quota,
    clock: C,
    addresses: Cache<IpAddr, Arc<Budget<C>>>,
}

type Budget<C> = RateLimiter<NotKeyed, InMemoryState, C, NoOpMiddleware<<C as Clock>::Instant>>;

impl Guesses {
    pub(crate) fn new(per_minute: NonZeroU32) -> Self {
        Self::with_clock(per_minute, DefaultClock::default())
    }
}

impl<C: Clock + Clone + Send + Sync + 'static> Guesses<C>
where
    C::Instant: Send + Sync,
{
    fn with_clock(per_minute: NonZeroU32, clock: C) -> Self {
        // Whoever comes pushes out the address that was quiet for longest, which gets its whole budget back.
        let addresses = Cache::builder()
            .max_capacity(REMEMBERED)
            .eviction_policy(EvictionPolicy::lru())
            .build();
        Self {
            quota: Quota::per_minute(per_minute),
            clock,
            addresses,
        }
    }

    /// Counts a wrong key; answers whether its address had one left.
    pub(crate) fn allow(&self, address: IpAddr) -> bool {
        let budget = self.addresses.get_with(neighbours(address), || {
            Arc::new(RateLimiter::direct_with_clock(
                self.quota,
                self.clock.clone(),
            ))
        });
        budget.check().is_ok()
    }
}

/// All addresses that one client can choose from: an IPv4 address, however it is written, or the /64 of an IPv6 one.
pub(crate) fn neighbours(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0).into()
        }
        address @ IpAddr::V4(_) => address,
    }
}

/// Bound of the memory: addresses.
const REMEMBERED: u64 = 10_000;

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use governor::clock::FakeRelativeClock;

    use super::*;

    fn guesses(per_minute: u32) -> (Guesses<FakeRelativeClock>, FakeRelativeClock) {
        let clock = FakeRelativeClock::default();
        let per_minute = NonZeroU32::new(per_minute).expect("not 0");
        (Guesses::with_clock(per_minute, clock.clone()), clock)
    }

    fn address(text: &str) -> IpAddr {
        text.parse().expect("an address")
    }

    #[test]
    fn an_address_has_so_many_a_minute() {
        let (guesses, clock) = guesses(3);
        let tried = |text: &str| guesses.allow(address(text));
        assert!(tried("192.0.2.1") && tried("192.0.2.1") && tried("192.0.2.1"));
        assert!(!tried("192.0.2.1") && !tried("192.0.2.1"));
        assert!(tried("192.0.2.2"), "another address has its own");
        clock.advance(Duration::from_secs(20));
        assert!(tried("192.0.2.1") && !tried("192.0.2.1"));
        clock.advance(Duration::from_secs(600));
        assert!(tried("192.0.2.1") && tried("192.0.2.1") && tried("192.0.2.1"));
        assert!(!tried("192.0.2.1"), "what is not used is not saved up");
    }

    #[test]
    fn what_one_client_can_choose_from_is_one_address() {
        let (guesses, _clock) = guesses(1);
        let tried = |text: &str| guesses.allow(address(text));
        assert!(tried("2001:db8:0:1::1"));
        assert!(!tried("2001:db8:0:1:ffff::2"));
        assert!(tried("2001:db8:0:2::1"));
        assert!(tried("192.0.2.1"));
        assert!(!tried("::ffff:192.0.2.1"));
    }

    #[test]
    fn memory_is_bounded_and_the_newest_stay() {
        let (guesses, _clock) = guesses(1);
        let numbers = 0..u32::try_from(REMEMBERED).expect("small") * 2;
        for number in numbers.clone() {
            assert!(guesses.allow(IpAddr::V4(number.into())));
        }
        guesses.addresses.run_pending_tasks();
        assert!(guesses.addresses.entry_count() <= REMEMBERED);
        let last = numbers.end - 1;
        assert!(!guesses.allow(IpAddr::V4(last.into())));
    }
}
