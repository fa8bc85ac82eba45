//! `balance`, `services`, `refill_status`.

use std::collections::HashMap;
use std::time::Duration;

use panelgate_domain::ids::UpstreamId;
use panelgate_domain::offer::OfferList;
use panelgate_domain::status::RefillWord;
use panelgate_wire::answer::{self, Balance, Http};
use panelgate_wire::call::Call;

use super::{CallError, MAX_IDS};
use crate::desk::Desk;
use crate::desk::class::Class;

type Refills = HashMap<UpstreamId, Result<RefillWord, String>>;

impl Desk {
    /// What we can spend at the panel. A balance that has risen ends the rest for lack of funds.
    ///
    /// # Errors
    /// No permit `within` this time, no answer, or none that makes sense.
    pub async fn balance(&self, within: Duration) -> Result<Balance, CallError> {
        let permit = self.admit(Class::Upkeep, within).await?;
        let balance = self.look(permit, &Call::Balance, answer::balance).await?;
        self.balance_polled(&balance);
        Ok(balance)
    }

    /// The panel's whole list of offers. Success ends the rests of all routes.
    ///
    /// # Errors
    /// No permit `within` this time, no answer, or none that makes sense.
    pub async fn services(&self, within: Duration) -> Result<OfferList, CallError> {
        let permit = self.admit(Class::Upkeep, within).await?;
        let settings = self.settings();
        let parse =
            move |http: &Http<'_>| answer::services(http, &settings.name, &settings.currency);
        let list = self.look(permit, &Call::Services, parse).await?;
        self.services_read();
        Ok(list)
    }

    /// How refills are doing, asked in calls of up to 100 ids. Ids that the panel leaves out are not in the map.
    ///
    /// # Errors
    /// Those of the first call that failed.
    pub async fn refill_status(
        &self,
        ids: Vec<UpstreamId>,
        within: Duration,
    ) -> Result<Refills, CallError> {
        let setup = self.setup();
        let mut refills = Refills::new();
        for ids in ids.chunks(MAX_IDS) {
            let permit = self.admit(Class::Upkeep, within).await?;
            let asked = ids.to_vec();
            let parse = move |http: &Http<'_>| answer::refill_status(http, &asked);
            let words = self.look(permit, &Call::RefillStatus(ids), parse).await?;
            let redacted = |(id, word): (_, Result<_, String>)| {
                (id, word.map_err(|text| setup.redactor.raw(&text)))
            };
            refills.extend(words.into_iter().map(redacted));
        }
        Ok(refills)
    }
}
