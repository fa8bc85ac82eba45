//! The server's end of the control socket.

use std::fs::Permissions;
use std::future::Future;
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use panelgate_domain::ids::{OrderId, PanelName};
use panelgate_domain::routing::Share;
use panelgate_engine::{Engine, PanelReport, Rules, unbooked};
use panelgate_store::StoreError;
use panelgate_store::model::PanelAccount;
use panelgate_upstream::DeskSnapshot;
use prometheus::proto::MetricFamily;
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

use super::protocol::{ALL_PAUSED, PanelRow, Request, Response, decision, prepaid, refund, speaks};
use super::{diff, socket_path, status};
use crate::logging;

/// What the socket asks the rest of the server to do.
pub(crate) trait Reload: Send + Sync + 'static {
    /// Reads the configuration again, and says what came of it.
    fn reload(&self) -> impl Future<Output = Response> + Send;
    /// The rules that the files hold now; none if they are in force already.
    fn written(&self) -> impl Future<Output = Result<Option<Rules>, Vec<String>>> + Send;
    /// What `/metrics` shows.
    fn shown(&self) -> Vec<MetricFamily>;
}

/// The control socket; removed when dropped.
pub(crate) struct ControlSocket {
    path: PathBuf,
    stop: CancellationToken,
}

impl ControlSocket {
    /// Listens beside the store. The store's lock guarantees that no other server does, so a socket that is there already is
    /// a dead one's. It is made where only its owner can go, and moved when only its owner may use it.
    pub(crate) fn start(
        store: &Path,
        engine: Engine,
        reload: Arc<impl Reload>,
    ) -> io::Result<Self> {
        let path = socket_path(store);
        let folder = path.parent().filter(|path| !path.as_os_str().is_empty());
        let private = tempfile::Builder::new()
            .prefix(".s") // Paths of sockets are short: see the configuration.
            .permissions(Permissions::from_mode(0o700))
            .tempdir_in(folder.unwrap_or(Path::new(".")))?;
        let made = private.path().join("s");
        let listener = UnixListener::bind(&made)?;
        std::fs::set_permissions(&made, Permissions::from_mode(0o600))?;
        std::fs::rename(&made, &path)?;
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
    let line = read_line(read).await?;
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

/// One line, bounded in length and time: who says nothing must not keep the others out.
async fn read_line(from: impl AsyncRead + Unpin) -> io::Result<String> {
    let mut line = String::new();
    let mut from = BufReader::new(from.take(REQUEST_BYTES));
    tokio::time::timeout(REQUEST_WITHIN, from.read_line(&mut line)).await??;
    Ok(line)
}

async fn handle(
    engine: &Engine,
    reload: &impl Reload,
    request: Request,
) -> Result<Response, Vec<String>> {
    match request {
        Request::Sync { panel } => sync(engine, panel).await,
        Request::Health {} => {
            engine.check_writable().await.map_err(text)?;
            Ok(Response::Done(vec!["ready".to_owned()]))
        }
        Request::Written {} => {
            engine.see_foreign_commits().await;
            Ok(Response::Done(Vec::new()))
        }
        Request::Reload {} => Ok(reload.reload().await),
        Request::Diff { fetch } => diff::run(engine, reload.written().await?, fetch).await,
        Request::Approve {
            services,
            panel,
            actor,
        } => {
            let chosen = diff::chosen(services, panel);
            let approved = engine.approve(chosen, &actor).await.map_err(text)?;
            Ok(diff::approved(approved))
        }
        Request::CheckOnline { panels } => check_online(engine, panels).await,
        Request::Status {} => {
            let status = status::look(engine, &reload.shown()).await.map_err(text)?;
            Ok(Response::Status(Box::new(status)))
        }
        Request::LogLevel { levels } => {
            logging::change(&levels).map_err(|why| vec![why])?;
            Ok(Response::Done(vec![format!("logs: {levels}")]))
        }
        Request::Panels {} => {
            let rows = panel_rows(engine).await.map_err(text)?;
            Ok(Response::Panels(rows))
        }
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
            actor,
            reason,
        } => {
            let decision = decision(order, actor, reason).map_err(text)?;
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
            refund: amount,
            actor,
            reason,
        } => {
            let amount = refund(&amount).map_err(text)?;
            let decision = decision(order, actor, reason).map_err(text)?;
            let order = engine.settle(decision, amount).await.map_err(text)?;
            Ok(done(order.id, &format!("{amount} given back")))
        }
        Request::Cancel {
            order,
            actor,
            reason,
        } => {
            let decision = decision(order, actor, reason).map_err(text)?;
            let order = engine.cancel_unsent(decision).await.map_err(text)?;
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
                "{panel}: {} offers; {} services sold, {} entries skipped; {}{} ms",
                report.offers,
                report.services,
                report.skipped,
                wait_for_approval(report.flagged),
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

fn wait_for_approval(flagged: usize) -> String {
    match flagged {
        0 => String::new(),
        flagged => format!("{flagged} wait for approval; "),
    }
}

async fn check_online(engine: &Engine, panels: Vec<String>) -> Result<Response, Vec<String>> {
    let (mut done, mut failed) = (Vec::new(), Vec::new());
    for panel in panels.into_iter().map(PanelName::new) {
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

/// The panels and their desks.
pub(super) async fn panel_rows(engine: &Engine) -> Result<Vec<PanelRow>, StoreError> {
    let all_paused = engine.is_paused();
    let accounts = engine.panel_accounts().await?;
    let panels = engine.panels().into_iter();
    let rows = panels.map(|report| panel_row(report, &accounts, all_paused));
    Ok(rows.collect())
}

fn panel_row(report: PanelReport, accounts: &[PanelAccount], all_paused: bool) -> PanelRow {
    let desk = report.desk;
    let state = match (all_paused, desk.rests.is_empty()) {
        (false, _) => desk.state(),
        (true, true) => ALL_PAUSED.to_owned(),
        (true, false) => format!("{ALL_PAUSED}, {}", desk.state()),
    };
    let balance = desk.balance;
    let unbooked =
        balance.and_then(|balance| unbooked(accounts, &report.panel, &report.currency, balance));
    let percent = |share: Share| share.percent().map(|percent| format!("{percent} %"));
    let state = match report.doubt {
        Some(doubt) => format!("{state}, list not believed: {}", doubt.word()),
        None => state,
    };
    PanelRow {
        prepaid: prepaid(accounts, &report.panel, &report.currency),
        unbooked: unbooked.map(|amount| amount.to_string()),
        days_left: report
            .tenths_of_days_left
            .map(|tenths| format!("{}.{}", tenths / 10, tenths % 10)),
        refused: percent(report.health.refused),
        canceled: percent(report.health.canceled),
        partial: percent(report.health.partial),
        panel: report.panel.to_string(),
        state,
        currency: report.currency.to_string(),
        balance: desk.balance.map(|balance| balance.to_string()),
        offers: report.offers,
        in_flight: desk.in_flight as usize,
        queued: desk.waiting.iter().map(|(_, calls)| calls).sum(),
        unconfirmed: desk.unconfirmed as usize,
        unconfirmed_money: desk.unconfirmed_money.to_string(),
        orders: report.orders,
        oldest_fact: report.oldest_fact.map(|age| age.as_secs()),
        ids_per_call: ids_per_call(&desk),
        rate_used: Some(rate_used(&desk)),
        speaks: speaks(desk.traits.iter().copied()),
        flagged: report.flagged,
    }
}

fn ids_per_call(desk: &DeskSnapshot) -> Option<String> {
    let (ids, calls) = (desk.usage.status_ids, desk.usage.status_calls);
    let tenths = (u64::from(ids) * 10).checked_div(u64::from(calls))?;
    Some(format!("{}.{}", tenths / 10, tenths % 10))
}

fn rate_used(desk: &DeskSnapshot) -> String {
    let possible = u64::from(desk.requests_per_second.get()) * 60;
    format!("{} %", u64::from(desk.usage.calls) * 100 / possible)
}

fn done(order: OrderId, what: &str) -> Response {
    Response::Done(vec![format!("order {order}: {what}")])
}

fn text(error: impl std::fmt::Display) -> Vec<String> {
    vec![error.to_string()]
}

/// Bound of one request line.
const REQUEST_BYTES: u64 = 64 * 1024;

/// Longest wait for the rest of it.
const REQUEST_WITHIN: Duration = Duration::from_secs(10);

/// Bound of the commands that are answered side by side.
const COMMANDS_AT_ONCE: usize = 16;

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn half_a_command_is_not_waited_for_for_ever() {
        let (mut client, server) = tokio::io::duplex(64);
        client.write_all(b"{\"command\"").await.expect("sent");
        let error = read_line(server).await.expect_err("the rest never comes");
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);

        let (mut client, server) = tokio::io::duplex(64);
        client.write_all(b"{}\nmore").await.expect("sent");
        assert_eq!(read_line(server).await.expect("a line"), "{}\n");
    }
}
