//! Judges a world at its end, by three accounts that know nothing of each other: the gateway's store, the panels' books, and what
//! the clients remember. It computes every sum itself, and shares no code with the engine.

use std::collections::BTreeMap;

use panelgate_domain::ids::{CustomerId, OrderId, PanelName};
use panelgate_domain::order::{Order, OrderState};
use panelgate_domain::status::StatusWord;
use panelgate_simpanel::{Books, SimOrder};
use panelgate_store::Store;
use panelgate_store::model::{OrderFilter, OrderStory};
use panelgate_store::sqlite::SqliteStore;

use crate::history::{Attempt, Heard, History};
use crate::world::{KEY, World, link_of};

/// Everything that is judged.
struct Case<'a> {
    history: &'a History,
    stories: BTreeMap<OrderId, OrderStory>,
    books: BTreeMap<PanelName, Books>,
}

/// What is wrong with a world that has come to rest; nothing, if all is well.
pub(crate) async fn judge(world: &World, store: &SqliteStore) -> Vec<String> {
    let history = std::mem::take(&mut *world.history.lock());
    let mut stories = BTreeMap::new();
    let all = store.list_orders(OrderFilter::default()).await;
    for order in all.expect("readable") {
        stories.insert(order.id, store.story(order.id).await.expect("readable"));
    }
    let books = world.panels.iter();
    let books = books
        .map(|(name, panel)| (name.clone(), panel.books()))
        .collect();
    let case = Case {
        history: &history,
        stories,
        books,
    };
    let mut wrongs = history.complaints.clone();
    let violations = store.verify().await.expect("readable").into_iter();
    wrongs.extend(violations.map(|violation| format!("verify: {violation:?}")));
    wrongs.extend(case.nothing_is_sent_twice());
    wrongs.extend(case.every_panel_order_is_known());
    wrongs.extend(case.customers_find_what_they_were_told());
    wrongs.extend(case.nothing_is_left_over());
    wrongs.extend(case.no_key_is_kept());
    wrongs.extend(case.ends_are_priced_by_the_formula());
    for row in store.customers().await.expect("readable") {
        let account = (row.account.available.micros(), row.account.held.micros());
        wrongs.extend(case.account_is_what_was_paid_and_taken(row.customer.id, account));
    }
    wrongs
}

/// Balances that a gateway would have answered at its end, other than its books have them.
pub(crate) async fn false_balances(store: &SqliteStore) -> Vec<String> {
    let mut wrongs = Vec::new();
    for row in store.customers().await.expect("readable") {
        let (id, booked) = (row.customer.id, row.account);
        let known = store.known_account(id).filter(|known| *known != booked);
        wrongs.extend(known.map(|known| {
            format!("customer {id} would be told of {known:?}, and the books have {booked:?}")
        }));
    }
    wrongs
}

impl Case<'_> {
    /// The orders of ours for a link, oldest first.
    fn orders_for<'a>(&'a self, link: &'a str) -> impl Iterator<Item = &'a OrderStory> {
        self.stories
            .values()
            .filter(move |story| link_of(story) == link)
    }

    /// Orders of ours are at most as many as attempts, panels have at most one for each, and each placement was one request.
    fn nothing_is_sent_twice(&self) -> Vec<String> {
        let mut attempts: BTreeMap<&str, usize> = BTreeMap::new();
        for attempt in &self.history.attempts {
            *attempts.entry(&attempt.link).or_default() += 1;
        }
        let mut wrongs = Vec::new();
        for (link, asked) in attempts {
            let ours: Vec<&OrderStory> = self.orders_for(link).collect();
            let (mut requests, mut accepted) = (0, 0);
            for books in self.books.values() {
                requests += books.adds_for(link).len();
                accepted += books.orders_with_link(link).len();
            }
            let placements: usize = ours.iter().map(|story| story.placements.len()).sum();
            if ours.len() > asked || accepted > ours.len() || requests > placements {
                wrongs.push(format!(
                    "{link}: {asked} attempts, {} orders, {placements} placements, {requests} requests, {accepted} at panels",
                    ours.len()
                ));
            }
        }
        wrongs
    }

    /// Nothing that is known of an order holds our key, which panels repeat in what they say.
    fn no_key_is_kept(&self) -> Vec<String> {
        let told = self.stories.iter();
        told.filter(|(_, story)| format!("{story:?}").contains(KEY))
            .map(|(order, _)| format!("order {order:?} holds our key"))
            .collect()
    }

    /// Every order at a panel is one of ours, which knows it by its id.
    fn every_panel_order_is_known(&self) -> Vec<String> {
        let mut known: BTreeMap<(&str, &str), Vec<OrderId>> = BTreeMap::new();
        for order in self.orders() {
            if let (Some(panel), Some(id)) = (&order.panel, &order.upstream_id) {
                known
                    .entry((panel.as_str(), id.as_str()))
                    .or_default()
                    .push(order.id);
            }
        }
        let mut wrongs = Vec::new();
        for (panel, books) in &self.books {
            for order in books.orders() {
                let id = order.id.to_string();
                let ours = known.get(&(panel.as_str(), id.as_str()));
                let links: Vec<&str> = ours
                    .into_iter()
                    .flatten()
                    .map(|id| link_of(&self.stories[id]))
                    .collect();
                if links != [order.link()] {
                    wrongs.push(format!(
                        "{panel} has {id} for {}; ours: {links:?}",
                        order.link()
                    ));
                }
            }
        }
        wrongs
    }

    /// Who saw an order finds it; who saw an error has no order that lives or that cost anything.
    fn customers_find_what_they_were_told(&self) -> Vec<String> {
        let mut wrongs = Vec::new();
        for attempt in &self.history.attempts {
            match attempt.heard {
                Heard::Ordered(id) if !self.is_found(id, attempt) => {
                    wrongs.push(format!("{id} was promised: {attempt:?}"));
                }
                Heard::Refused(_) if self.costs(attempt) => {
                    wrongs.push(format!("refused, and it costs: {attempt:?}"));
                }
                Heard::Ordered(_) | Heard::Refused(_) | Heard::Nothing => {}
            }
        }
        wrongs
    }

    fn is_found(&self, id: OrderId, attempt: &Attempt) -> bool {
        self.stories.get(&id).is_some_and(|story| {
            let order = &story.order.order;
            order.customer == attempt.customer
                && link_of(story) == attempt.link
                && order.service.0 == attempt.sold.id()
                && order.quantity.total() == attempt.quantity
        })
    }

    /// Attempts for a link of which none but refused ones are known.
    fn costs(&self, refused: &Attempt) -> bool {
        let same = self.history.attempts.iter();
        let mut same = same.filter(|attempt| attempt.link == refused.link);
        let all_refused = same.all(|attempt| matches!(attempt.heard, Heard::Refused(_)));
        let costs = |story: &OrderStory| {
            let order = &story.order.order;
            order.state != OrderState::Closed || order.taken.is_none_or(|taken| taken.micros() != 0)
        };
        all_refused && self.orders_for(&refused.link).any(costs)
    }

    /// Everything has ended, or is on the operators' list.
    fn nothing_is_left_over(&self) -> Vec<String> {
        self.orders()
            .filter(|order| order.state != OrderState::Closed && order.flag.is_none())
            .map(|order| {
                format!(
                    "{} is still {}: {:?}",
                    order.id,
                    order.state.word(),
                    order.fact
                )
            })
            .collect()
    }

    /// What an order took is what its panel delivered, to the last digit.
    fn ends_are_priced_by_the_formula(&self) -> Vec<String> {
        let mut wrongs = Vec::new();
        for order in self.orders() {
            let Some(taken) = order.taken.filter(|_| order.flag.is_none()) else {
                continue;
            };
            let price = order.price.micros();
            let due = match self.at_panel(order) {
                Some((books, at_panel)) => due(books, at_panel, price),
                None => Some(0),
            };
            if due.is_some_and(|due| due != taken.micros()) {
                wrongs.push(format!(
                    "{} of {price} took {} instead of {due:?}: {:?}, {:?}",
                    order.id,
                    taken.micros(),
                    order.fact,
                    self.at_panel(order).map(|(books, order)| (
                        order.status(books.now()),
                        order.remains(books.now())
                    )),
                ));
            }
        }
        wrongs
    }

    fn at_panel(&self, order: &Order) -> Option<(&Books, &SimOrder)> {
        let books = self.books.get(order.panel.as_ref()?)?;
        let id: i64 = order.upstream_id.as_ref()?.as_str().parse().ok()?;
        Some((books, books.order(id)?))
    }

    /// Paid in − taken − held is what is there.
    fn account_is_what_was_paid_and_taken(
        &self,
        customer: CustomerId,
        account: (i64, i64),
    ) -> Option<String> {
        let paid: i64 = self
            .history
            .top_ups
            .iter()
            .filter(|top_up| top_up.customer == customer)
            .map(|top_up| top_up.amount.micros())
            .sum();
        let (mut taken, mut held) = (0, 0);
        for order in self.orders().filter(|order| order.customer == customer) {
            match order.taken {
                Some(amount) => taken += amount.micros(),
                None => held += order.price.micros(),
            }
        }
        (account != (paid - taken - held, held)).then(|| {
            format!(
                "customer {customer} has {account:?}, paid {paid}, of which {taken} were taken and {held} are held"
            )
        })
    }

    fn orders(&self) -> impl Iterator<Item = &Order> {
        self.stories.values().map(|story| &story.order.order)
    }
}

/// What a panel delivered of an order that costs `price`; `None` while it delivers.
fn due(books: &Books, order: &SimOrder, price: i64) -> Option<i64> {
    let (remains, quantity) = (order.remains(books.now()), order.quantity());
    match order.status(books.now()) {
        StatusWord::Completed => Some(price),
        StatusWord::Canceled => Some(0),
        StatusWord::Partial => {
            let back = i128::from(price) * i128::from(remains) / i128::from(quantity);
            Some(price - i64::try_from(back).expect("a part of the price"))
        }
        _ => None,
    }
}
