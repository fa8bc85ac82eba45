//! `services …`: what is sold and what is not, as the store's lists and the configuration have it now.

use std::collections::HashMap;
use std::path::Path;

use panelgate_domain::catalogue::{Basis, Catalogue, Definitions, ImportKey, Service};
use panelgate_domain::exchange::Exchange;
use panelgate_domain::ids::{Currency, ServiceId};
use panelgate_domain::markup::Buyer;
use panelgate_domain::offer::OfferList;
use panelgate_domain::quote;
use panelgate_domain::sync::view;
use panelgate_store::Store;

use super::{explain, operate, sheet};
use crate::cli::Services;
use crate::clock;
use crate::config::{Config, Keys};
use crate::control::protocol::Request;
use crate::output::{self, Cell, Form, Listing};
use crate::store::{Missing, with_store};

/// Does what the command says.
pub(crate) async fn run(path: &Path, command: Services) -> anyhow::Result<()> {
    if let Services::Sync { panel } = command {
        let config = Config::load(path, Keys::Read)?;
        return operate::run(&config, Request::Sync { panel }, Form::Text).await;
    }
    let config = Config::load(path, Keys::Leave)?;
    match command {
        Services::Diff { fetch, as_json } => {
            let form = Form::json_if(as_json.json);
            return operate::run(&config, Request::Diff { fetch }, form).await;
        }
        Services::Approve {
            services, panel, ..
        } => {
            let actor = super::actor();
            let request = Request::Approve {
                services,
                panel,
                actor,
            };
            return operate::run(&config, request, Form::Text).await;
        }
        _ => {}
    }
    with_store(&config, Missing::Refuse, async |store| {
        let command = match command {
            Services::Export { format } => {
                return sheet::export(&config, store, format.form()).await;
            }
            Services::Import { file, dry_run } => {
                return sheet::import(path, &config, store, &file, dry_run).await;
            }
            other => other,
        };
        let market = Market::load(&config, store).await?;
        match command {
            Services::List {
                skipped,
                notes,
                as_json,
            } => {
                let form = Form::json_if(as_json.json);
                let listing = match (skipped, notes) {
                    (true, _) => skipped_listing(&market.catalogue),
                    (_, true) => notes_listing(&market.catalogue),
                    _ => listing(&config, &market, form),
                };
                output::list(&listing, form)?;
                Ok(())
            }
            Services::Sync { .. }
            | Services::Diff { .. }
            | Services::Approve { .. }
            | Services::Export { .. }
            | Services::Import { .. } => {
                unreachable!("it was done above, without a market of its own")
            }
            Services::Explain {
                id,
                customer,
                quantity,
            } => explain::run(&config, store, &market, id, customer, quantity).await,
        }
    })
    .await
}

/// Costs, mapping and exchange rates at one moment.
pub(super) struct Market {
    /// What is sold.
    pub(super) catalogue: Catalogue,
    /// What panels' currencies are worth.
    pub(super) exchange: Exchange,
}

/// What a catalogue is built from beside definitions, at one moment: as many as are wanted can be built and compared.
pub(super) struct Supply {
    /// The panels' lists, as they are sold.
    pub(super) lists: Vec<OfferList>,
    /// What imports are called.
    pub(super) ids: HashMap<ImportKey, ServiceId>,
    /// What prices are made from while costs wait for approval.
    pub(super) held: HashMap<ImportKey, Basis>,
    /// What panels' currencies are worth.
    pub(super) exchange: Exchange,
}

impl Market {
    /// As the configuration defines it.
    pub(super) async fn load(config: &Config, store: &dyn Store) -> anyhow::Result<Self> {
        let supply = Supply::load(config, store).await?;
        Ok(Self {
            catalogue: supply.catalogue(&config.definitions),
            exchange: supply.exchange,
        })
    }
}

impl Supply {
    /// From the panels' lists as the last sync stored them, in the currencies that are configured now, as a server takes them.
    /// A list that stays the same is not stored again, so the stored currency may be an older one. Gives out no ids: what has
    /// none yet is not sold yet.
    pub(super) async fn load(config: &Config, store: &dyn Store) -> anyhow::Result<Self> {
        let mut lists = store.offers().await?;
        lists.retain(|list| config.panels.iter().any(|panel| panel.name == list.panel));
        let baselines = store.baselines().await?;
        let mut held = HashMap::new();
        for list in &mut lists {
            let panel = list.panel.clone();
            list.currency = currency_of(config, list);
            let known = baselines.get(&panel).cloned().unwrap_or_default();
            let view = view(list, &known, &config.sync.policy);
            let costs = view.held.into_iter();
            held.extend(costs.map(|(offer, basis)| ((panel.clone(), offer), basis)));
            *list = view.list;
        }
        Ok(Self {
            lists,
            ids: store.assign_services(Vec::new(), Vec::new()).await?,
            held,
            exchange: config.money.exchange_at(clock::now()),
        })
    }

    /// What these definitions sell of it.
    pub(super) fn catalogue(&self, definitions: &Definitions) -> Catalogue {
        Catalogue::build(definitions, &self.lists, &self.ids, &self.exchange)
            .holding(&self.held, &self.exchange)
    }
}

/// The currency of a list is the one that is configured now.
pub(super) fn currency_of(config: &Config, list: &OfferList) -> Currency {
    let mut panels = config.panels.iter();
    let panel = panels.find(|panel| panel.name == list.panel);
    panel.map_or_else(|| list.currency.clone(), |panel| panel.currency.clone())
}

/// A customer without a group that no rule names.
pub(super) const ANYBODY: Buyer<'_> = Buyer {
    customer: "",
    group: None,
};

fn listing(config: &Config, market: &Market, form: Form) -> Listing {
    // Descriptions are too long for a table.
    let whole = form == Form::Json;
    let rows = market.catalogue.services().map(|service| {
        let pricing = quote::sold(service, &config.markup, ANYBODY, &market.exchange);
        let mut cells = vec![
            service.id.0.into(),
            service.name.as_str().into(),
            service.category.as_str().into(),
            service.service_type.name().into(),
            pricing.map(|pricing| pricing.rate.to_string()).into(),
            count(service.min),
            count(service.max),
            service.refill.into(),
            service.cancel.into(),
            routes(service).into(),
        ];
        if whole {
            cells.push(service.strategy.word().into());
            cells.push(service.description.clone().into());
        }
        cells
    });
    let headings = &[
        "service",
        "name",
        "category",
        "type",
        "rate",
        "min",
        "max",
        "refill",
        "cancel",
        "routes",
        "strategy",
        "description",
    ];
    let shown = if whole { headings.len() } else { 10 };
    Listing::new(&headings[..shown], rows)
}

fn notes_listing(catalogue: &Catalogue) -> Listing {
    let rows = catalogue
        .notes()
        .iter()
        .map(|note| vec![note.about.to_string().into(), note.what.to_string().into()]);
    Listing::new(&["about", "note"], rows)
}

fn skipped_listing(catalogue: &Catalogue) -> Listing {
    let rows = catalogue.skipped().iter().map(|skipped| {
        vec![
            skipped.panel.as_str().into(),
            skipped.offer.as_str().into(),
            skipped.name.as_str().into(),
            skipped.reason.to_string().into(),
        ]
    });
    Listing::new(&["panel", "offer", "name", "reason"], rows)
}

fn routes(service: &Service) -> String {
    let routes = service.routes.iter();
    let routes: Vec<String> = routes
        .map(|route| format!("{}:{}", route.panel, route.offer))
        .collect();
    routes.join(" ")
}

fn count(number: u64) -> Cell {
    i64::try_from(number).map_or_else(|_| number.to_string().into(), Cell::from)
}
