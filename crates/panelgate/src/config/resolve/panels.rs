//! `[panels.NAME]`: where orders go.

use std::collections::BTreeSet;
use std::net::IpAddr;
use std::time::Duration;

use panelgate_domain::family::Share;
use panelgate_domain::ids::PanelName;
use panelgate_upstream::is_public;
use secrecy::SecretString;
use url::{Host, Url};

use super::scope::{Scope, flag};
use super::server::rate;
use crate::config::diagnostic::Span;
use crate::config::raw::{self, Keeper, Maybe, Secret};
use crate::config::source::Sources;
use crate::config::spanned::Spanned;
use crate::config::value::{self, Read, Wrong};
use crate::config::{Keys, Money, Panel, Refusals};

/// All names that are written, also of panels that are wrong in themselves: whoever refers to one is not wrong too.
pub(super) fn names(main: &raw::Main) -> BTreeSet<PanelName> {
    let names = main.panels.keys();
    names
        .map(|name| PanelName::from(name.get_ref().as_str()))
        .collect()
}

pub(super) fn resolve(
    main: &raw::Main,
    money: &Money,
    sources: &Sources,
    keys: Keys,
    scope: &mut Scope<'_>,
) -> Vec<Panel> {
    if main.panels.is_empty() {
        scope.warn_file(
            "there is no panel",
            "nothing can be sold: add a [panels.NAME] table with url, key and currency",
        );
    }
    let panels = main.panels.iter().filter_map(|(name, raw)| {
        let panel = panel(name, raw, sources, keys, scope)?;
        warn_without_exchange(&panel, raw, money, scope);
        warn_without_evidence(&panel, raw, scope);
        Some(panel)
    });
    panels.collect()
}

fn panel(
    name: &Spanned<String>,
    spanned: &Spanned<raw::Panel>,
    sources: &Sources,
    keys: Keys,
    scope: &mut Scope<'_>,
) -> Option<Panel> {
    let (place, raw) = (spanned.span(), spanned.get_ref());
    let allow_private = flag(&raw.allow_private, false);
    let name = scope.read_one(name, value::panel_name);
    let url = scope
        .require(&place, "url", &raw.url, r#"add url = "https://…/api/v2""#)
        .and_then(|written| url(written, allow_private, scope));
    let currency = scope
        .require(
            &place,
            "currency",
            &raw.currency,
            r#"add the currency of its prices: currency = "USD""#,
        )
        .and_then(|currency| scope.read_one(currency, value::currency));
    let key = key(&place, &raw.key, sources, keys, scope);
    let timeout = scope.read(&raw.timeout, value::lasting);
    let back_off = scope.read(&raw.back_off, value::lasting);
    let rest = Panel {
        name: name.unwrap_or_else(|| PanelName::from("")),
        url: url?,
        key: key?,
        currency: currency?,
        orders: flag(&raw.orders, true),
        requests_per_second: rate(&raw.requests_per_second, 10, scope),
        max_in_flight: scope.whole(&raw.max_in_flight, 1..=1_000, 8),
        timeout: timeout.unwrap_or(TIMEOUT),
        back_off: back_off.unwrap_or(BACK_OFF),
        status_batch: scope.whole(&raw.status_batch, 1..=100, 100),
        max_unconfirmed: scope.whole(&raw.max_unconfirmed, 1..=1_000_000, 20),
        max_unconfirmed_money: scope.read(&raw.max_unconfirmed_money, value::amount),
        probe_ids: scope.whole(&raw.probe_ids, 0..=10_000, 0),
        resolve_by_evidence: flag(&raw.resolve_by_evidence, false),
        posts: scope.read(&raw.subscriptions, posts).unwrap_or(Share::Post),
        allow_private,
        refusals: refusals(&raw.refusals, scope),
    };
    Some(rest)
}

fn posts(text: &str) -> Read<Share> {
    match text {
        "each_post" => Ok(Share::Post),
        "all_posts" => Ok(Share::EqualPost),
        _ => Err(Wrong {
            title: format!("`{text}` says nothing about how subscriptions are charged"),
            expected: "expected \"each_post\" or \"all_posts\"",
            mend: "\"each_post\" if the panel charges a post when it makes an order for it, \"all_posts\" if it charges all at once"
                .into(),
        }),
    }
}

fn url(written: &Spanned<String>, allow_private: bool, scope: &mut Scope<'_>) -> Option<Url> {
    let url = scope.read_one(written, |text| url_of(text, allow_private))?;
    if url.username().is_empty() && url.password().is_none() {
        return Some(url);
    }
    scope.error(
        &written.span(),
        "a URL with credentials in it",
        "expected the address alone",
        "take out user and password; the key belongs to `key`",
    );
    None
}

fn url_of(text: &str, allow_private: bool) -> Read<Url> {
    let wrong = |title: &str, mend: &str| Wrong {
        title: title.to_owned(),
        expected: "expected the address of a panel's API",
        mend: mend.to_owned(),
    };
    let url = Url::parse(text).map_err(|why| {
        let title = format!("not a URL: {why}"); // Its text may hold a secret.
        wrong(&title, "write for example \"https://alpha.example/api/v2\"")
    })?;
    match url.scheme() {
        "https" => {}
        "http" if allow_private => {}
        "http" => {
            return Err(wrong(
                "http would show the key to everyone on the way",
                "write https, or allow_private = true for a panel in your own network",
            ));
        }
        _ => return Err(wrong("neither https nor http", "write https://…")),
    }
    if url.fragment().is_some() {
        return Err(wrong(
            "a URL with a fragment",
            "take out the # and what follows: it is never sent",
        ));
    }
    if !allow_private && url.host().is_none_or(|host| is_private(&host)) {
        return Err(wrong(
            "a private address",
            "write allow_private = true if that panel is in your own network",
        ));
    }
    Ok(url)
}

/// Whether a host is private by its very name; what a name resolves to is checked when it is called.
fn is_private(host: &Host<&str>) -> bool {
    match host {
        Host::Domain(name) => *name == "localhost" || name.ends_with(".localhost"),
        Host::Ipv4(address) => !is_public(IpAddr::V4(*address)),
        Host::Ipv6(address) => !is_public(IpAddr::V6(*address)),
    }
}

/// The key, `Some(None)` if it is not to be read, `None` if something is wrong with it.
fn key(
    panel: &Span,
    written: &Maybe<Secret>,
    sources: &Sources,
    keys: Keys,
    scope: &mut Scope<'_>,
) -> Option<Option<SecretString>> {
    let secret = scope.require(panel, "key", written, KEEP_SECRETS)?;
    let Secret::Kept(keeper) = secret.get_ref() else {
        scope.error(
            &secret.span(),
            "a key in the file itself",
            "expected where the key is kept",
            KEEP_SECRETS,
        );
        return None;
    };
    let value = match keeper {
        Keeper {
            env: Some(name),
            file: None,
        } => (keys == Keys::Read).then(|| scope.read_one(name, value::secret_in_environment)),
        Keeper {
            env: None,
            file: Some(path),
        } => (keys == Keys::Read)
            .then(|| scope.read_one(path, |path| value::secret_in_file(sources.folder(), path))),
        _ if scope.blames(&secret.span()) => return None,
        _ => {
            scope.error(
                &secret.span(),
                "not one place for the key",
                "expected exactly one of `env` and `file`",
                KEEP_SECRETS,
            );
            return None;
        }
    };
    match value {
        None => Some(None),
        Some(read) => read.map(Some),
    }
}

fn refusals(raw: &Maybe<raw::Refusals>, scope: &mut Scope<'_>) -> Refusals {
    let Some(raw) = raw else {
        return Refusals::default();
    };
    let mut texts = |list: &raw::List<String>| {
        let list = list.as_ref().filter(|list| !list.get_ref().is_empty());
        let texts = list.into_iter().flat_map(|list| list.get_ref());
        let read = texts.filter_map(|text| scope.read_one(text, value::not_blank));
        read.collect()
    };
    let raw = raw.get_ref();
    Refusals {
        order: texts(&raw.order),
        panel: texts(&raw.panel),
        throttled: texts(&raw.throttled),
    }
}

fn warn_without_exchange(
    panel: &Panel,
    raw: &Spanned<raw::Panel>,
    money: &Money,
    scope: &mut Scope<'_>,
) {
    let currency = &panel.currency;
    if *currency == money.currency || money.rates.contains_key(currency) {
        return;
    }
    if let Some(written) = &raw.get_ref().currency {
        scope.warn(
            &written.span(),
            format!("there is no exchange rate for {currency}"),
            format!("we sell in {}", money.currency),
            format!(
                "nothing of this panel is sold: add exchange = {{ {currency} = \"…\" }} to [money]"
            ),
        );
    }
}

fn warn_without_evidence(panel: &Panel, raw: &Spanned<raw::Panel>, scope: &mut Scope<'_>) {
    if let Some(written) = &raw.get_ref().resolve_by_evidence
        && panel.resolve_by_evidence
        && panel.probe_ids == 0
    {
        scope.warn(
            &written.span(),
            "evidence is to decide, and none is looked for",
            "nothing is found out with probe_ids = 0",
            "add probe_ids = 200 to let the panel be asked about ids between known orders",
        );
    }
}

const TIMEOUT: Duration = Duration::from_secs(20);
const BACK_OFF: Duration = Duration::from_secs(10);
const KEEP_SECRETS: &str = r#"write key = { env = "ALPHA_KEY" } or key = { file = "alpha.key" }"#;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_travel_by_https_unless_the_panel_is_next_door() {
        assert!(url_of("https://alpha.example/api/v2?x=1", false).is_ok());
        assert!(url_of("http://127.0.0.1:9101/api/v2", true).is_ok());
        for bad in [
            "http://alpha.example/api/v2",
            "https://127.0.0.1/",
            "https://10.1.2.3/",
            "https://[::1]/",
            "https://[::ffff:192.168.0.1]/",
            "https://[::127.0.0.1]/",
            "https://[64:ff9b::a00:1]/",
            "https://0x7f.1/",
            "https://100.64.0.1/",
            "https://localhost/",
            "https://alpha.example/#x",
            "ftp://alpha.example/",
            "alpha.example/api/v2",
        ] {
            assert!(url_of(bad, false).is_err(), "{bad}");
        }
    }
}
