//! `refill_status`.

use std::collections::HashMap;
use std::time::Duration;

use panelgate_domain::ids::UpstreamId;
use panelgate_domain::status::RefillWord;
use panelgate_wire::answer::{self, Http};
use panelgate_wire::call::Call;

use super::merge::{self, Group};
use super::{Blame, CallError, MAX_IDS};
use crate::desk::Desk;
use crate::desk::admission::{NotAdmitted, Permit};
use crate::desk::class::Class;

/// How refills are doing, by the panel's ids for them.
type Refills = HashMap<UpstreamId, Result<RefillWord, String>>;

/// What became of the question about one refill; `None` if the panel's answer leaves it out.
pub(crate) type Answered = Result<Option<Result<RefillWord, String>>, CallError>;

impl Desk {
    /// How refills are doing. Questions of all callers within `gather` share calls of up to 100 ids. Ids that the panel leaves
    /// out are not in the map.
    ///
    /// # Errors
    /// One of the calls that these ids were in failed, or had no permit `within` this time; those that worked do not count.
    pub async fn refill_status(
        &self,
        ids: Vec<UpstreamId>,
        within: Duration,
    ) -> Result<Refills, CallError> {
        let asked = ids.len();
        let answers = self.refill_looks().ask(ids, within).await;
        if answers.len() < asked {
            return Err(NotAdmitted::QueueFull.into());
        }
        let mut refills = Refills::new();
        for (id, answer) in answers {
            if let Some(word) = answer? {
                refills.insert(id, word);
            }
        }
        Ok(refills)
    }

    async fn look_at_refills(self, permit: Permit, mut group: Group<Answered>) {
        let setup = self.setup();
        let asked = group.ids.clone();
        let parse = move |http: &Http<'_>| answer::refill_status(http, &asked);
        let call = Call::RefillStatus(&group.ids);
        match self.look(permit, &call, Blame::Panel, parse).await {
            Ok(mut words) => {
                for id in group.ids.clone() {
                    let word = words.remove(&id);
                    let redacted = word.map(|word| word.map_err(|text| setup.redactor.raw(&text)));
                    group.tell(&id, &Ok(redacted));
                }
            }
            Err(error) => group.tell_all(&Err(error)),
        }
    }
}

/// Sends the looks at refills of a desk until it closes.
pub(crate) async fn run(desk: Desk) {
    let late = |why: NotAdmitted| Err(why.into());
    let most = |_: &Desk| MAX_IDS;
    merge::run(
        desk,
        Class::Upkeep,
        Desk::refill_looks,
        most,
        late,
        Desk::look_at_refills,
    )
    .await;
}
