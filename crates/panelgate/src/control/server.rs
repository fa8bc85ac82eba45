//! The server's end of the control socket.

use std::future::Future;
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use panelgate_domain::ids::{OrderId, PanelName};
use panelgate_domain::money::Money;
use panelgate_engine::{Engine, PanelReport};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

use super::protocol::{PanelRow, Request, Response, decision};
use super::socket_path;

/// What the socket asks the rest of the server to do.
pub(crate) trait Reload: Send + Sync + 'static {
    /// Reads the configuration again, and says what came of it.
    fn reload(&self) -> impl Future<Output = Response> + Send;
}

/// The control socket; removed when dropped.
pub(crate) struct ControlSocket {
    path: PathBuf,
    stop: CancellationToken,
}

impl ControlSocket {
    /// Listens beside the store. The store's lock guarantees that no other server does.
    pub(crate) fn start(
        store: &Path,
        engine: Engine,
        reload: Arc<impl Reload>,
    ) -> io::Result<Self> {
        let path = socket_path(store);
        match std::fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let listener = UnixListener::bind(&path)?;
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600))?;
        let stop = CancellationToken::new();
        tokio::spawn(accept(listener, engine, reload, stop.clone()));
        Ok(Self { path, stop })
    }
}

impl Drop for ControlSocket {
    fn drop(&mut self) {
        self.stop.cancel();
        // Nothing depends on it: a left-over socket is taken away at the next start.
        _ = std::fs::remove_file(&self.path);
    }
}

async fn accept(
    listener: UnixListener,
    engine: Engine,
    reload: Arc<impl Reload>,
    stop: CancellationToken,
) {
    let room = Arc::new(Semaphore::new(COMMANDS_AT_ONCE));
    loop {
        let Ok(place) = Arc::clone(&room).acquire_owned().await else {
            return;
        };
        let stream = tokio::select! {
            () = stop.cancelled() => return,
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => stream,
                Err(error) => {
                    tracing::warn!(%error, "a control connection could not be accepted");
                    continue;
                }
            },
        };
        let (engine, reload) = (engine.clone(), Arc::clone(&reload));
        tokio::spawn(async move {
            if let Err(error) = converse(stream, &engine, reload.as_ref()).await {
                tracing::debug!(%error, "a control connection ended early");
            }
            drop(place);
        });
    }
}

async fn converse(mut stream: UnixStream, engine: &Engine, reload: &impl Reload) -> io::Result<()> {
    let (read, mut write) = stream.split();
    let mut line = String::new();
    BufReader::new(read.take(REQUEST_BYTES))
        .read_line(&mut line)
        .await?;
    let response = match serde_json::from_str(&line) {
        Ok(request) => handle(engine, reload, request)
            .await
            .unwrap_or_else(Response::failed),
        Err(error) => Response::failed(vec![format!(
            "this server does not know the command: {error}"
        )]),
    };
    let mut answer = serde_json::to_vec(&response)?;
    answer.push(b'\n');
    write.write_all(&answer).await
}

async fn handle(
    engine: &Engine,
    reload: &impl Reload,
    request: Request,
) -> Result<Response, Vec<String>> {
    match request {
        Request::Sync { panel } => sync(engine, panel).await,
        Request::Reload {} => Ok(reload.reload().await),
        Request::CheckOnline {} => check_online(engine).await,
        Request::Panels {} => Ok(Response::Panels(
            engine.panels().into_iter().map(panel_row).collect(),
        )),
        Request::Pause { panel, paused } => {
            let panel = panel.map(PanelName::new);
            engine
                .set_pause(panel.clone(), paused)
                .await
                .map_err(text)?;
            let what = panel.map_or_else(
                || "all panels".to_owned(),
                |panel| format!("panel `{panel}`"),
            );
            Ok(Response::Done(vec![format!(
                "{what}: {}",
                if paused { "paused" } else { "resumed" }
            )]))
        }
        Request::Resolve {
            order,
            placed,
            reason,
        } => {
            let decision = decision(order, reason);
            let order = match placed {
                Some(id) => engine.resolve_placed(decision, id.as_str().into()).await,
                None => engine.resolve_not_placed(decision).await,
            };
            order
                .map(|order| done(order.id, order.state.word()))
                .map_err(text)
        }
        Request::Settle {
            order,
            refund,
            reason,
        } => {
            let refund = Money::parse(&refund).map_err(text)?;
            let order = engine
                .settle(decision(order, reason), refund)
                .await
                .map_err(text)?;
            Ok(done(order.id, &format!("{} given back", refund)))
        }
        Request::Cancel { order, reason } => {
            let order = engine
                .cancel_unsent(decision(order, reason))
                .await
                .map_err(text)?;
            Ok(done(order.id, order.word().word()))
        }
    }
}

async fn sync(engine: &Engine, panel: Option<String>) -> Result<Response, Vec<String>> {
    let panels = match panel {
        Some(panel) => vec![PanelName::new(panel)],
        None => engine
            .panels()
            .into_iter()
            .map(|report| report.panel)
            .collect(),
    };
    let (mut done, mut failed) = (Vec::new(), Vec::new());
    for panel in panels {
        let began = Instant::now();
        match engine.sync(&panel).await {
            Ok(report) => done.push(format!(
                "{panel}: {} offers; {} services sold, {} entries skipped; {} ms",
                report.offers,
                report.services,
                report.skipped,
                began.elapsed().as_millis()
            )),
            Err(error) => failed.push(error.to_string()),
        }
    }
    if failed.is_empty() {
        Ok(Response::Done(done))
    } else {
        Err([done, failed].concat())
    }
}

async fn check_online(engine: &Engine) -> Result<Response, Vec<String>> {
    let (mut done, mut failed) = (Vec::new(), Vec::new());
    for report in engine.panels() {
        let panel = report.panel;
        match engine.balance_at(&panel).await {
            Ok(Ok(balance)) => done.push(format!("{panel}: balance {}", balance.amount)),
            Ok(Err(error)) => failed.push(format!("{panel}: no balance: {error}")),
            Err(error) => failed.push(error.to_string()),
        }
        match engine.sync(&panel).await {
            Ok(report) => done.push(format!("{panel}: {} offers", report.offers)),
            Err(error) => failed.push(error.to_string()),
        }
    }
    if failed.is_empty() {
        Ok(Response::Done(done))
    } else {
        Err([done, failed].concat())
    }
}

fn panel_row(report: PanelReport) -> PanelRow {
    let desk = report.desk;
    PanelRow {
        panel: report.panel.to_string(),
        state: desk.state(),
        currency: report.currency.to_string(),
        balance: desk.balance.map(|balance| balance.to_string()),
        offers: report.offers,
        in_flight: desk.in_flight as usize,
        queued: desk.waiting.iter().map(|(_, calls)| calls).sum(),
        unconfirmed: desk.unconfirmed as usize,
    }
}

fn done(order: OrderId, what: &str) -> Response {
    Response::Done(vec![format!("order {order}: {what}")])
}

fn text(error: impl std::fmt::Display) -> Vec<String> {
    vec![error.to_string()]
}

/// Bound of one request line.
const REQUEST_BYTES: u64 = 64 * 1024;

/// Bound of the commands that are answered side by side.
const COMMANDS_AT_ONCE: usize = 16;
