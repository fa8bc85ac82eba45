//! `balance` and `services`.

use std::time::Duration;

use panelgate_domain::offer::OfferList;
use panelgate_wire::answer::{self, Balance, Http};
use panelgate_wire::call::Call;

use super::{Blame, CallError};
use crate::desk::Desk;
use crate::desk::class::Class;

impl Desk {
    /// What we can spend at the panel. A balance that has risen ends the rest for lack of funds.
    ///
    /// # Errors
    /// No permit `within` this time, no answer, or none that makes sense.
    pub async fn balance(&self, within: Duration) -> Result<Balance, CallError> {
        let permit = self.admit(Class::Upkeep, within).await?;
        let balance = self
            .look(permit, &Call::Balance, Blame::Panel, answer::balance)
            .await?;
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
        let list = self
            .look(permit, &Call::Services, Blame::Panel, parse)
            .await?;
        self.services_read();
        Ok(list)
    }
}
