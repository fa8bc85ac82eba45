//! Known bugs that a proof can let loose, to show that it would find them. Only with the feature `canary`, which the product is
//! never built with, can there be one at all.

/// A bug that gateways of this kind really have. One at a time sings, on the thread that it was released on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Canary {
    /// An `add` whose outcome is not known is sent again.
    ResendOnTimeout,
    /// What a dead process was sending is sent again by the next one.
    ResendAfterCrash,
    /// A connection that was lost after the request had left counts as one that was never made.
    LostIsNotSent,
    /// An outcome that is not known is a refusal, and the money goes back.
    UnknownIsRefused,
    /// An error of the panel that says nothing about the order refuses it, although the answer holds an order id as well.
    ErrorAndIdIsRefused,
    /// Funds are compared when a request comes in, and not again in the transaction that takes them.
    CheckThenDeduct,
    /// A hold that was resolved is resolved again.
    HoldReleasedTwice,
    /// What goes back is rounded up.
    RefundRoundedUp,
    /// What goes back goes to somebody else.
    RefundToAnother,
    /// A panel that takes note of a wish to cancel has canceled the order.
    RefundOnCancelAnswer,
    /// The answers about two orders of one call are swapped.
    SwappedBatchKeys,
    /// Orders are found whoever asks.
    MissingOwnerFilter,
    /// Whoever has to wait for an answer is told that there is no order.
    ErrorThoughOrdered,
    /// A payment that is booked twice counts twice.
    TopUpTwice,
    /// A final word is shown when it is heard, before the order is closed.
    FinalWordTooEarly,
    /// An order of unknown outcome is taken for whatever its panel charges the same for.
    ChargesDecide,
    /// A balance that was answered once is answered for ever.
    BalanceStandsStill,
}

impl Canary {
    /// All of them.
    pub const ALL: [Self; 17] = [
        Self::ResendOnTimeout,
        Self::ResendAfterCrash,
        Self::LostIsNotSent,
        Self::UnknownIsRefused,
        Self::ErrorAndIdIsRefused,
        Self::CheckThenDeduct,
        Self::HoldReleasedTwice,
        Self::RefundRoundedUp,
        Self::RefundToAnother,
        Self::RefundOnCancelAnswer,
        Self::SwappedBatchKeys,
        Self::MissingOwnerFilter,
        Self::ErrorThoughOrdered,
        Self::TopUpTwice,
        Self::FinalWordTooEarly,
        Self::ChargesDecide,
        Self::BalanceStandsStill,
    ];

    /// Whether this bug is in the program.
    #[cfg(not(feature = "canary"))]
    #[must_use]
    #[inline]
    pub const fn sings(self) -> bool {
        false
    }

    /// Whether this bug is in the program.
    #[cfg(feature = "canary")]
    #[must_use]
    pub fn sings(self) -> bool {
        LOOSE.get() == Some(self)
    }

    /// Lets a bug into what runs on this thread, or none.
    #[cfg(feature = "canary")]
    pub fn release(canary: Option<Self>) {
        LOOSE.set(canary);
    }
}

#[cfg(feature = "canary")]
std::thread_local! {
    static LOOSE: std::cell::Cell<Option<Canary>> = const { std::cell::Cell::new(None) };
}
