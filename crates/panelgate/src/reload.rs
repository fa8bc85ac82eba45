//! Reload: `markup.toml`, `services.toml`, the `[panels]` of `panelgate.toml` and the files of `[server.tls]` while the gateway
//! runs. Validated first, swapped whole; a bad file changes nothing and says why.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use panelgate_edge::Tls;
use panelgate_engine::{Engine, Metrics, ReloadError, Rules};
use panelgate_store::Store;
use prometheus::Registry;
use prometheus::proto::MetricFamily;
use tokio::sync::Mutex;

use crate::assemble;
use crate::clock;
use crate::config::{self, Config, Keys};
use crate::control::diff;
use crate::control::protocol::Response;
use crate::control::server::Reload;
use crate::wiring::{self, Gateway};

/// Takes new configurations over, one at a time.
pub(crate) struct Reloader {
    config_path: PathBuf,
    engine: Engine,
    store: Arc<dyn Store>,
    metrics: Metrics,
    registry: Registry,
    /// What customers are shown, if they are served over TLS.
    tls: Option<Tls>,
    known: Mutex<Known>,
}

/// What is known of the files.
struct Known {
    /// What the process was started with: some of it stays in force until the next start.
    started: Config,
    /// What was taken over last.
    running: Config,
    /// What the files held at the last look, and whether it was taken over or refused already.
    seen: Content,
    settled: bool,
    /// The certificate that customers are shown.
    shown: Option<[u8; 32]>,
}

/// What files hold, by SHA-256.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Content {
    configuration: [u8; 32],
    /// Of the certificate and its key. A new one is no new revision of the rules.
    pair: Option<[u8; 32]>,
}

impl Content {
    /// What was loaded.
    fn of(config: &Config) -> Self {
        Self {
            configuration: config.digest,
            pair: config.tls.as_ref().map(config::Tls::digest),
        }
    }
}

impl Reloader {
    /// For a gateway that runs with `running`.
    pub(crate) fn new(config_path: &Path, running: Config, gateway: &Gateway) -> Self {
        let seen = Content::of(&running);
        Self {
            config_path: config_path.to_owned(),
            engine: gateway.engine.clone(),
            store: Arc::clone(&gateway.store),
            metrics: gateway.metrics.clone(),
            registry: gateway.registry.clone(),
            tls: gateway.tls().cloned(),
            known: Mutex::new(Known {
                shown: seen.pair,
                started: running.clone(),
                running,
                seen,
                settled: true,
            }),
        }
    }

    /// SIGHUP: reload now, and say in the log what came of it.
    pub(crate) async fn hung_up(&self) {
        let mut known = self.known.lock().await;
        log(&self.take_over(&mut known).await);
    }

    /// Looks at the files: new content that stands for two looks is taken over, so that nothing is read while it is
    /// being written.
    pub(crate) async fn saved(&self) {
        let Ok(configuration) = Config::digest(&self.config_path) else {
            return;
        };
        let mut known = self.known.lock().await;
        let pair = known.running.tls.as_ref().map(config::Tls::digest_now);
        let seen = Content {
            configuration,
            pair,
        };
        if seen != known.seen {
            known.seen = seen;
            known.settled = seen == Content::of(&known.running);
            if known.settled {
                // What was wrong has been put back as it was.
                self.metrics.config_last_reload_successful.set(1);
            }
        } else if !known.settled {
            known.settled = true;
            log(&self.take_over(&mut known).await);
        }
    }

    async fn take_over(&self, known: &mut Known) -> Response {
        let outcome = self.try_take_over(known).await;
        let successful = matches!(outcome, Response::Done(_));
        self.metrics
            .config_last_reload_successful
            .set(successful.into());
        outcome
    }

    async fn try_take_over(&self, known: &mut Known) -> Response {
        let config = match Config::load(&self.config_path, Keys::Read) {
            Ok(config) => config,
            Err(wrong) => return bad_configuration(&wrong.render(false)),
        };
        if let Some(why) = forbidden(known, &config) {
            return bad_configuration(&why);
        }
        let rules =
            match wiring::rules(self.store.as_ref(), assemble::market(&config, clock::now())).await
            {
                Ok(rules) => rules,
                Err(error) => return Response::failed(vec![format!("{error:#}")]),
            };
        let revision = rules.revision;
        let before = self.engine.market();
        match self.engine.reload(rules, assemble::panels(&config)).await {
            Ok(()) => {}
            Err(ReloadError::Store(error)) => return Response::failed(vec![error.to_string()]),
            Err(error) => return bad_configuration(&error.to_string()),
        }
        let catalogue = &self.engine.market().catalogue;
        let (sold, skipped) = (catalogue.services().len(), catalogue.skipped().len());
        let mut said = vec![format!(
            "revision {revision}: {sold} services sold, {skipped} entries skipped"
        )];
        let notes = catalogue.notes().len();
        if notes > 0 {
            said.push(format!(
                "{notes} things are not as services.toml says: `panelgate services list --notes`"
            ));
        }
        match self.engine.moved_since(&before).await {
            Ok(moves) => said.extend(diff::summary(&moves)),
            Err(error) => tracing::warn!(%error, "what changed could not be compared"),
        }
        said.extend(known.started.needs_restart(&config));
        said.extend(self.renew(known, &config));
        known.seen = Content::of(&config);
        known.settled = true;
        known.running = config;
        Response::Done(said)
    }

    /// Hands a certificate that has changed to the listener, and says so.
    fn renew(&self, known: &mut Known, config: &Config) -> Option<String> {
        let (tls, new) = (self.tls.as_ref()?, config.tls.as_ref()?);
        let certificate = new.certificate.as_ref()?;
        if known.shown.replace(new.digest()) == Some(new.digest()) {
            return None;
        }
        tls.renew(certificate);
        let until = certificate.valid_until();
        let is_over = until < clock::now();
        Some(format!(
            "new connections get another certificate, {} {}",
            if is_over { "expired at" } else { "valid until" },
            clock::text(until)
        ))
    }
}

impl Reload for Reloader {
    async fn reload(&self) -> Response {
        let mut known = self.known.lock().await;
        let outcome = self.take_over(&mut known).await;
        log(&outcome);
        outcome
    }

    async fn written(&self) -> Result<Option<Rules>, Vec<String>> {
        let lines = |text: String| text.lines().map(str::to_owned).collect::<Vec<_>>();
        let config = Config::load(&self.config_path, Keys::Leave)
            .map_err(|wrong| lines(wrong.render(false)))?;
        if config.digest == self.known.lock().await.running.digest {
            return Ok(None);
        }
        let market = assemble::market(&config, clock::now());
        // It is only looked at: a revision is given when it is taken over.
        Ok(Some(Rules {
            revision: 0,
            markup: market.markup,
            definitions: market.definitions,
            exchange: market.exchange,
        }))
    }

    fn shown(&self) -> Vec<MetricFamily> {
        self.registry.gather()
    }
}

/// What a valid configuration may not do to a running gateway.
fn forbidden(known: &Known, new: &Config) -> Option<String> {
    if new.money.currency != known.started.money.currency {
        return Some("[money] currency: the currency of a store is for ever".to_owned());
    }
    let sells = |config: &Config| {
        !config.definitions.imports.is_empty() || !config.definitions.hand_made.is_empty()
    };
    if sells(&known.running) && !sells(new) {
        // A file that is just being replaced looks like this, and customers' clients would drop every service.
        return Some("services.toml: nothing would be sold any more; stop the gateway if that is what you want".to_owned());
    }
    None
}

fn bad_configuration(why: &str) -> Response {
    Response::Failed {
        why: why.lines().map(str::to_owned).collect(),
        bad_configuration: true,
    }
}

fn log(outcome: &Response) {
    match outcome {
        Response::Failed { why, .. } => {
            tracing::error!("the reload changed nothing");
            why.iter()
                .for_each(|line| tracing::error!("reload: {line}"));
        }
        Response::Done(said) => said
            .iter()
            .for_each(|line| tracing::info!("reload: {line}")),
        Response::Status(_) | Response::Panels(_) | Response::Diff(_) => {}
    }
}
