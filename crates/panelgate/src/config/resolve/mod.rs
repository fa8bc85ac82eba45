//! From the raw form to the [`Config`]: every value read, every reference followed, every complaint collected.
//!
//! A value that is wrong is reported and a stand-in takes its place, so that the rest can be looked at too. No stand-in
//! ever leaves this module: with a single error there is no [`Config`].

mod markup;
mod money;
mod overrides;
mod panels;
mod retention;
mod scope;
mod server;
mod services;
mod sync;
mod tls;

use std::collections::BTreeSet;

use panelgate_domain::ids::PanelName;
use panelgate_domain::spec::MOST_POSTS;
use serde::de::DeserializeOwned;

use self::scope::Scope;
use super::diagnostic::{Diagnostic, Diagnostics, Severity};
use super::parse::{self, Blamed};
use super::source::{FileId, Sources, Trouble};
use super::{Config, Keys, raw};

/// Names of panels that other files may refer to; `None` if `panelgate.toml` cannot be read, and nothing is known of them.
type KnownPanels = Option<BTreeSet<PanelName>>;

/// Resolves the files, or says everything that is wrong with them.
pub(super) fn resolve(sources: Sources, keys: Keys) -> Result<Config, Diagnostics> {
    let mut found = Vec::new();
    let main = read::<raw::Main>(&sources, FileId::Main, &mut found);
    let markup = read::<raw::Markup>(&sources, FileId::Markup, &mut found);
    let services = read::<raw::Services>(&sources, FileId::Services, &mut found);

    let known: KnownPanels = main.as_ref().map(|(main, _)| panels::names(main));
    let main = main.map(|(main, blamed)| {
        let mut scope = Scope::new(FileId::Main, blamed, &mut found);
        let money = money::resolve(&main, &mut scope);
        let panels = panels::resolve(&main, &money, &sources, keys, &mut scope);
        let server = server::resolve(&main, &sources, keys, &mut scope);
        let sync = sync::resolve(&main, &mut scope);
        let max_posts = max_posts(&main, &mut scope);
        let folder = sources.folder();
        let retention = retention::resolve(&main, folder, &mut scope);
        (server, money, panels, (sync, retention), max_posts)
    });
    let definitions = services.map(|(services, blamed)| {
        let mut scope = Scope::new(FileId::Services, blamed, &mut found);
        services::resolve(&services, &known, &mut scope)
    });
    let markup = markup.map(|(markup, blamed)| {
        let mut scope = Scope::new(FileId::Markup, blamed, &mut found);
        markup::resolve(&markup, &known, definitions.as_ref(), &mut scope)
    });

    let digest = sources.digest();
    let services_path = sources.file(FileId::Services).path.clone();
    let found = Diagnostics::new(sources, found);
    match (main, markup, definitions) {
        (
            Some((server, money, panels, (sync, retention), max_posts)),
            Some(markup),
            Some(definitions),
        ) if !found.has_errors() => Ok(Config {
            digest,
            warnings: found,
            server: server.server,
            tls: server.tls,
            operator_listen: server.operator_listen,
            store_path: server.store_path,
            services_path,
            orders: server.orders,
            status: server.status,
            max_posts,
            money,
            sync,
            retention,
            panels,
            markup,
            definitions,
        }),
        _ => Err(found),
    }
}

/// `[subscriptions] max_posts`: there is no default, because it decides how much of a customer's money is held.
fn max_posts(main: &raw::Main, scope: &mut Scope<'_>) -> Option<u64> {
    let written = &main.subscriptions.as_ref()?.get_ref().max_posts;
    let most = i64::try_from(MOST_POSTS).unwrap_or(i64::MAX);
    let posts = scope.whole(written, 1..=most, 0);
    (posts > 0).then_some(posts)
}

/// The raw form of one file, and the keys that were complained about. Only `services.toml` may be missing: then it is empty.
fn read<T: DeserializeOwned + Default>(
    sources: &Sources,
    file: FileId,
    found: &mut Vec<Diagnostic>,
) -> Option<(T, Blamed)> {
    let source = sources.file(file);
    let mut whole = |title, mend: &str| {
        found.push(Diagnostic {
            severity: Severity::Error,
            file,
            span: None,
            title,
            label: String::new(),
            mend: mend.to_owned(),
        });
    };
    match &source.trouble {
        Some(Trouble::Missing) if file == FileId::Services => return Some(Default::default()),
        Some(Trouble::Missing) => {
            whole(
                format!("there is no {}", source.path.display()),
                if file == FileId::Main {
                    "name the file with --config FILE (default: config/panelgate.toml)"
                } else {
                    "write it: [default] and percent = \"20\"; nothing is sold by accident at 0 %"
                },
            );
            return None;
        }
        Some(Trouble::Unreadable(why)) => {
            let title = format!("cannot read {}: {why}", source.path.display());
            whole(title, "make it a file this user can read");
            return None;
        }
        Some(Trouble::NotUtf8(byte)) => {
            Scope::new(file, Blamed::new(), found).error(
                &(*byte..*byte + 1),
                "not UTF-8",
                "expected text",
                "save the file as UTF-8",
            );
            return None;
        }
        None => {}
    }
    let parsed = parse::parse::<T>(&source.text);
    found.extend(parsed.complaints.into_iter().map(|complaint| Diagnostic {
        severity: Severity::Error,
        file,
        span: complaint.span,
        title: complaint.title,
        label: complaint.label,
        mend: complaint.mend,
    }));
    parsed.raw.map(|raw| (raw, parsed.blamed))
}
