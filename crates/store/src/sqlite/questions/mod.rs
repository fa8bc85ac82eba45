//! What is not known for certain: the methods of [`Questions`].

mod charges;
mod drifts;
mod evidence;
mod unconfirmed;

use async_trait::async_trait;
use panelgate_domain::evidence::Evidence;
use panelgate_domain::ids::{Currency, OrderId, PanelName, UpstreamId};
use panelgate_domain::money::Money;
use panelgate_domain::time::Timestamp;

use super::SqliteStore;
use crate::api::Result;
use crate::model::{Causes, Drift, Neighbours, OtherCharge, Polled, Question};
use crate::questions::Questions;

pub(super) use self::evidence::of_order;

#[async_trait]
impl Questions for SqliteStore {
    async fn questions(&self, limit: u64) -> Result<Vec<Question>> {
        self.read(move |c| unconfirmed::all(c, limit)).await
    }
    async fn oldest_questions(&self) -> Result<Vec<(PanelName, Timestamp)>> {
        self.read(unconfirmed::oldest).await
    }
    async fn neighbours(
        &self,
        question: &Question,
        settled: Timestamp,
        until: Timestamp,
    ) -> Result<Neighbours> {
        let question = question.clone();
        self.read(move |c| unconfirmed::neighbours(c, &question, settled, until))
            .await
    }
    async fn known_at(&self, panel: &PanelName, ids: Vec<UpstreamId>) -> Result<Vec<UpstreamId>> {
        let panel = panel.clone();
        self.read(move |c| unconfirmed::known(c, &panel, ids)).await
    }
    async fn keep_evidence(&self, order: OrderId, evidence: Evidence) -> Result<bool> {
        self.write(move |c| evidence::keep(c, order, &evidence))
            .await
    }
    async fn evidence(&self, orders: Vec<OrderId>) -> Result<Vec<(OrderId, Evidence)>> {
        self.read(move |c| evidence::of(c, &orders)).await
    }

    async fn standing(&self, panel: &PanelName, currency: &Currency) -> Result<Option<Money>> {
        let (panel, currency) = (panel.clone(), currency.clone());
        self.read(move |c| drifts::standing(c, &panel, &currency))
            .await
    }
    async fn keep_drift(&self, polled: Polled) -> Result<()> {
        self.write(move |c| drifts::keep(c, &polled)).await
    }
    async fn drifts(&self, panel: Option<PanelName>, since: Timestamp) -> Result<Vec<Drift>> {
        self.read(move |c| drifts::since(c, panel.as_ref(), since))
            .await
    }
    async fn causes(&self, panel: &PanelName, from: Timestamp, to: Timestamp) -> Result<Causes> {
        let panel = panel.clone();
        self.read(move |c| charges::causes(c, &panel, from, to))
            .await
    }
    async fn other_charges(
        &self,
        panel: Option<PanelName>,
        since: Timestamp,
    ) -> Result<Vec<OtherCharge>> {
        self.read(move |c| charges::other(c, panel.as_ref(), since))
            .await
    }
    async fn overcharges(&self, since: Timestamp) -> Result<Vec<(PanelName, Currency, Money)>> {
        self.read(move |c| charges::over(c, since)).await
    }
}
