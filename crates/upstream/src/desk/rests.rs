//! Why a panel takes no order now: what it refused before, what the operator wants, what is still open.

use std::collections::HashSet;
use std::fmt;
use std::time::Duration;

use panelgate_domain::ids::OfferId;
use panelgate_domain::money::Money;
use panelgate_domain::placement::PanelTrouble;
use tokio::time::Instant;

/// Why no order goes to a panel, or over one of its routes, now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Rest {
    /// The operator paused it; ends with `resume`.
    Paused,
    /// `orders = false`; ends with another configuration.
    OrdersOff,
    /// It does not know our key; ends with another key or URL.
    Key,
    /// Our balance there is too low; ends after a minute, or when a polled balance has risen.
    Funds,
    /// It refuses orders for a reason of its own that has no better name; ends after a minute.
    Refuses,
    /// This one offer is off; ends with the next successful `services`.
    Route,
    /// Too many orders whose outcome is unknown; ends when some of them are known.
    TooManyUnconfirmed,
    /// Too much money is held for orders whose outcome is unknown; ends when some of them are known.
    TooMuchUnconfirmed,
    /// Too many calls in a row failed; ends with the next one that does not.
    Breaker,
}

/// What is remembered. Pure: whoever drives it says what time it is.
#[derive(Debug, Default)]
pub(crate) struct Rests {
    paused: bool,
    key: bool,
    funds_until: Option<Instant>,
    refuses_until: Option<Instant>,
    routes: HashSet<OfferId>,
    unconfirmed: u32,
    stake: Money,
    balance: Option<Money>,
}

/// How much may be unknown at a panel before it gets no new order.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bounds {
    /// Orders.
    pub(crate) orders: u32,
    /// What is held for them, in the gateway's currency; `None`: whatever it is.
    pub(crate) stake: Option<Money>,
}

/// How long a panel rests that has not enough of our money.
const FUNDS_REST: Duration = Duration::from_secs(60);
/// How long a panel rests that refused for a reason of its own: waiting orders must not ask it every second.
const REFUSAL_REST: Duration = Duration::from_secs(60);
/// Most routes that are remembered as off. What is forgotten is refused by the panel once more.
const MAX_ROUTES: usize = 10_000;

impl Rests {
    /// The reasons that hold for the whole panel.
    pub(crate) fn of_panel(
        &self,
        now: Instant,
        bounds: Bounds,
    ) -> impl Iterator<Item = Rest> + use<> {
        let lasts = |until: Option<Instant>| until.is_some_and(|until| now < until);
        [
            (self.paused, Rest::Paused),
            (self.key, Rest::Key),
            (lasts(self.funds_until), Rest::Funds),
            (lasts(self.refuses_until), Rest::Refuses),
            (self.unconfirmed >= bounds.orders, Rest::TooManyUnconfirmed),
            (
                bounds.stake.is_some_and(|most| self.stake >= most),
                Rest::TooMuchUnconfirmed,
            ),
        ]
        .into_iter()
        .filter_map(|(holds, rest)| holds.then_some(rest))
    }

    /// Whether this offer is off.
    pub(crate) fn of_route(&self, offer: &OfferId) -> Option<Rest> {
        self.routes.contains(offer).then_some(Rest::Route)
    }

    /// When the next rest ends by itself.
    pub(crate) fn next_end(&self, now: Instant) -> Option<Instant> {
        let ends = [self.funds_until, self.refuses_until].into_iter().flatten();
        ends.filter(|until| now < *until).min()
    }

    /// The operator pauses or resumes.
    pub(crate) const fn set_paused(&mut self, paused: bool) {
        self.paused = paused;
    }

    /// The panel refused an order, and it is not the order's fault.
    pub(crate) fn refused(&mut self, trouble: PanelTrouble, offer: &OfferId, now: Instant) {
        match trouble {
            PanelTrouble::Funds => self.funds_until = Some(now + FUNDS_REST),
            PanelTrouble::Key => self.key = true,
            PanelTrouble::ServiceOff if self.routes.len() < MAX_ROUTES => {
                self.routes.insert(offer.clone());
            }
            // A list of off routes that is full forgets; the panel says it once more.
            PanelTrouble::ServiceOff => {}
            PanelTrouble::Other => self.refuses_until = Some(now + REFUSAL_REST),
        }
    }

    /// A balance was polled.
    pub(crate) fn polled(&mut self, balance: Money) {
        if self.balance.is_some_and(|last| balance > last) {
            self.funds_until = None;
        }
        self.balance = Some(balance);
    }

    /// The list of offers was read anew.
    pub(crate) fn synced(&mut self) {
        self.routes.clear();
    }

    /// Another key or URL: what the panel said before was about somebody else.
    pub(crate) fn moved(&mut self) {
        self.key = false;
        self.funds_until = None;
        self.refuses_until = None;
        self.balance = None;
        self.routes.clear();
    }

    /// The outcome of an order is unknown for which so much is held.
    pub(crate) fn question_opened(&mut self, stake: Money) {
        self.unconfirmed = self.unconfirmed.saturating_add(1);
        // A sum that overflows is beyond every bound already.
        self.stake = self.stake.checked_add(stake).unwrap_or(self.stake);
    }

    /// One of those outcomes is known now.
    pub(crate) fn question_closed(&mut self, stake: Money) {
        self.unconfirmed = self.unconfirmed.saturating_sub(1);
        let left = self.stake.checked_sub(stake).unwrap_or(Money::ZERO);
        self.stake = left.max(Money::ZERO);
    }

    /// Open questions.
    pub(crate) const fn unconfirmed(&self) -> u32 {
        self.unconfirmed
    }

    /// What is held for the orders behind them.
    pub(crate) const fn stake(&self) -> Money {
        self.stake
    }

    /// Routes that rest.
    pub(crate) fn routes(&self) -> usize {
        self.routes.len()
    }

    /// The last polled balance.
    pub(crate) const fn balance(&self) -> Option<Money> {
        self.balance
    }
}

impl Rest {
    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::Paused,
        Self::OrdersOff,
        Self::Key,
        Self::Funds,
        Self::Refuses,
        Self::Route,
        Self::TooManyUnconfirmed,
        Self::TooMuchUnconfirmed,
        Self::Breaker,
    ];

    /// The word in metrics and tables.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Paused => "paused",
            Self::OrdersOff => "orders_off",
            Self::Key => "key",
            Self::Funds => "funds",
            Self::Refuses => "refuses",
            Self::Route => "service_off",
            Self::TooManyUnconfirmed => "unconfirmed",
            Self::TooMuchUnconfirmed => "unconfirmed_money",
            Self::Breaker => "breaker",
        }
    }
}

/// The operator's text.
impl fmt::Display for Rest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Paused => "the panel is paused",
            Self::OrdersOff => "the panel's configuration says `orders = false`",
            Self::Key => "the panel does not know our key",
            Self::Refuses => "the panel refuses orders for a reason of its own",
            Self::Funds => "our balance at the panel is too low",
            Self::Route => "the panel has switched the service off",
            Self::TooManyUnconfirmed => "too many orders at the panel have an unknown outcome",
            Self::TooMuchUnconfirmed => {
                "too much money is held for orders at the panel with an unknown outcome"
            }
            Self::Breaker => "too many calls to the panel failed in a row",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BOUNDS: Bounds = Bounds {
        orders: 2,
        stake: Some(Money::from_micros(10_000_000)),
    };

    fn of_panel(rests: &Rests, now: Instant) -> Option<Rest> {
        rests.of_panel(now, BOUNDS).next()
    }

    fn money(units: i64) -> Money {
        Money::from_micros(units * 1_000_000)
    }

    #[test]
    fn lack_of_funds_rests_a_minute_or_until_the_balance_has_risen() {
        let (now, offer) = (Instant::now(), OfferId::from("1"));
        let mut rests = Rests::default();
        rests.polled(money(5));
        rests.refused(PanelTrouble::Funds, &offer, now);
        assert_eq!(of_panel(&rests, now), Some(Rest::Funds));
        assert_eq!(rests.next_end(now), Some(now + FUNDS_REST));
        assert_eq!(of_panel(&rests, now + FUNDS_REST), None);
        rests.polled(money(4));
        assert_eq!(of_panel(&rests, now), Some(Rest::Funds));
        rests.polled(money(6));
        assert_eq!(of_panel(&rests, now), None);
    }

    #[test]
    fn a_refusal_without_a_better_name_rests_a_minute() {
        let (mut rests, now) = (Rests::default(), Instant::now());
        rests.refused(PanelTrouble::Other, &"1".into(), now);
        assert_eq!(of_panel(&rests, now), Some(Rest::Refuses));
        assert_eq!(rests.next_end(now), Some(now + REFUSAL_REST));
        assert_eq!(of_panel(&rests, now + REFUSAL_REST), None);
    }

    #[test]
    fn a_first_balance_is_no_rise() {
        let now = Instant::now();
        let mut rests = Rests::default();
        rests.refused(PanelTrouble::Funds, &"1".into(), now);
        rests.polled(money(6));
        assert_eq!(of_panel(&rests, now), Some(Rest::Funds));
    }

    #[test]
    fn an_offer_that_is_off_rests_alone_until_the_next_sync() {
        let (now, offer) = (Instant::now(), OfferId::from("1"));
        let mut rests = Rests::default();
        rests.refused(PanelTrouble::ServiceOff, &offer, now);
        assert_eq!(rests.of_route(&offer), Some(Rest::Route));
        assert_eq!(rests.of_route(&"2".into()), None);
        assert_eq!(of_panel(&rests, now), None);
        rests.synced();
        assert_eq!(rests.of_route(&offer), None);
    }

    #[test]
    fn an_unknown_key_rests_until_the_panel_moves() {
        let now = Instant::now();
        let mut rests = Rests::default();
        rests.refused(PanelTrouble::Key, &"1".into(), now);
        rests.synced();
        assert_eq!(of_panel(&rests, now + FUNDS_REST * 100), Some(Rest::Key));
        rests.moved();
        assert_eq!(of_panel(&rests, now), None);
    }

    #[test]
    fn open_questions_are_counted_down_too() {
        let now = Instant::now();
        let mut rests = Rests::default();
        rests.question_closed(money(1));
        rests.question_opened(money(1));
        assert_eq!(of_panel(&rests, now), None);
        rests.question_opened(money(1));
        assert_eq!(of_panel(&rests, now), Some(Rest::TooManyUnconfirmed));
        rests.question_closed(money(1));
        assert_eq!(of_panel(&rests, now), None);
    }

    #[test]
    fn so_is_what_is_held_for_them() {
        let now = Instant::now();
        let mut rests = Rests::default();
        rests.question_opened(money(9));
        assert_eq!(of_panel(&rests, now), None);
        rests.question_closed(money(9));
        rests.question_opened(money(10));
        assert_eq!(of_panel(&rests, now), Some(Rest::TooMuchUnconfirmed));
        let without = Bounds {
            stake: None,
            ..BOUNDS
        };
        assert_eq!(rests.of_panel(now, without).next(), None);
        rests.question_closed(money(10));
        assert_eq!(of_panel(&rests, now), None);
    }
}
