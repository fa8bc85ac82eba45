//! Why a transaction did not happen.

use panelgate_domain::family::Unresolved;
use panelgate_domain::ids::OrderId;
use panelgate_domain::order::OrderState;

/// A failed store operation. Unless said otherwise, nothing was written.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The hold would bring `available` below −credit limit.
    #[error("not enough funds")]
    NotEnoughFunds,
    /// As many orders wait in `open` as may.
    #[error("{0} orders are waiting already")]
    TooManyWaiting(u64),
    /// The order is not in a state that allows this step: somebody else was faster.
    #[error("order {order} is {found}, which does not allow this")]
    WrongState {
        /// The order.
        order: OrderId,
        /// Its state.
        found: OrderState,
    },
    /// A later look at a closed order gives its customer nothing more than they have.
    #[error("order {0} is settled: a later look gives its customer nothing more")]
    NothingMore(OrderId),
    /// A subscription has ended, and its hold cannot be resolved yet.
    #[error("order {0} cannot be closed: {1}; its history names them")]
    Unresolved(OrderId, Unresolved),
    /// The order is archived: nothing about it changes any more.
    #[error("order {0} is archived: nothing about it changes any more")]
    Archived(OrderId),
    /// A file that is there cannot be added to.
    #[error("{file} cannot be added to: {why}")]
    NoArchive {
        /// Which.
        file: String,
        /// Why not.
        why: String,
    },
    /// The panel gave out this id before.
    #[error("the panel gave the id {0} to another order")]
    DuplicateUpstreamId(String),
    /// No such row.
    #[error("there is no {what} `{name}`")]
    NotFound {
        /// What was looked for.
        what: &'static str,
        /// Under which name.
        name: String,
    },
    /// The name, prefix or reference is taken by something else.
    #[error("{what} `{name}` exists already")]
    Exists {
        /// What.
        what: &'static str,
        /// The name.
        name: String,
    },
    /// An amount that this operation does not take.
    #[error("{0}")]
    BadAmount(String),
    /// The write queue is full; only new orders are refused for this.
    #[error("the store is busy")]
    Busy,
    /// The file is in use by another serving process.
    #[error("another process is serving {0}")]
    Locked(String),
    /// The file is an older copy of the store that was here.
    #[error(
        "{0} is an older copy of the store that was here: it does not know orders that customers and panels have. `panelgate restore` makes a store of it"
    )]
    OlderCopy(String),
    /// The file was written by a newer version.
    #[error("the store has schema {found}, this program knows {known}: use the newer program")]
    NewerSchema {
        /// Of the file.
        found: u32,
        /// Of this program.
        known: u32,
    },
    /// The database failed.
    #[error("the store failed: {0}")]
    Database(String),
    /// A broken invariant inside the store: a bug.
    #[error("the books are wrong: {0}")]
    Corrupt(String),
}
