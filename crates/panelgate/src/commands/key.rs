//! `key …`: customers' keys. A key is shown once, when it is made; the store knows only its hash.

use std::collections::HashMap;
use std::io::{self, Read};
use std::path::Path;

use anyhow::{Context, bail, ensure};
use panelgate_domain::ids::CustomerId;
use panelgate_store::model::{KeyRow, NewKey};
use panelgate_store::{Store, StoreError};
use rand::distr::Alphanumeric;
use rand::rngs::OsRng;
use rand::{Rng, TryRngCore};
use sha2::{Digest, Sha256};

use crate::cli::Key;
use crate::clock;
use crate::config::{Config, Keys};
use crate::output::{self, Form, Listing};
use crate::store::{Missing, with_store};

/// Does what the command says.
pub(crate) async fn run(path: &Path, command: Key) -> anyhow::Result<()> {
    let config = Config::load(path, Keys::Leave)?;
    with_store(&config, Missing::Refuse, async |store| {
        act(store, command).await
    })
    .await
}

async fn act(store: &dyn Store, command: Key) -> anyhow::Result<()> {
    match command {
        Key::Issue { name, label } => {
            let customer = id_of(store, &name).await?;
            let key = issue(store, customer, label).await?;
            output::say(&key)?;
        }
        Key::List { name, as_json } => {
            let keys = store.keys(id_of(store, &name).await?).await?;
            output::list(&listing(&keys), Form::json_if(as_json.json))?;
        }
        Key::Revoke { prefix } => {
            store.revoke_key(&prefix, clock::now()).await?;
            output::say(&format!("revoked {prefix}"))?;
        }
        Key::Import { name, stdin: _ } => {
            let customer = id_of(store, &name).await?;
            let mut text = String::new();
            let bounded = &mut io::stdin().lock().take(LARGEST_IMPORT);
            bounded
                .read_to_string(&mut text)
                .context("cannot read standard input")?;
            let count = import(store, customer, &text).await?;
            let keys = if count == 1 { "key" } else { "keys" };
            output::say(&format!("{count} {keys} imported"))?;
        }
    }
    Ok(())
}

async fn id_of(store: &dyn Store, name: &str) -> anyhow::Result<CustomerId> {
    Ok(store.customer_named(name).await?.customer.id)
}

/// Makes a key. That a prefix is taken is one chance in 218 trillion per key there is; then another one is made.
pub(crate) async fn issue(
    store: &dyn Store,
    customer: CustomerId,
    label: Option<String>,
) -> anyhow::Result<String> {
    for _ in 0..ATTEMPTS {
        let key = random_key();
        match store
            .issue_key(new_key(customer, &key, label.clone()))
            .await
        {
            Ok(()) => return Ok(key),
            Err(StoreError::Exists { .. }) => {}
            Err(error) => return Err(error.into()),
        }
    }
    bail!("the random source repeats itself")
}

/// Straight from the operating system, every character equally likely.
fn random_key() -> String {
    let random = OsRng.unwrap_err(); // Without a random source no key may be made at all.
    let characters = random.sample_iter(Alphanumeric).map(char::from);
    characters.take(KEY_LENGTH).collect()
}

/// Takes over one key a line. Nothing is written before every line was looked at.
async fn import(store: &dyn Store, customer: CustomerId, text: &str) -> anyhow::Result<usize> {
    let keys = read_keys(text)?;
    for (line, key) in &keys {
        let kept = store.issue_key(new_key(customer, key, None)).await;
        if let Err(StoreError::Exists { name, .. }) = &kept {
            bail!(
                "line {line}: another key begins with {name}, or this one was revoked or belongs to another customer; \
                 the lines before it are imported"
            );
        }
        kept.with_context(|| format!("line {line}"))?;
    }
    Ok(keys.len())
}

/// The keys with their lines. Blank lines and repeats are dropped; two keys with one prefix could not be told apart.
fn read_keys(text: &str) -> anyhow::Result<Vec<(usize, &str)>> {
    let mut keys = Vec::new();
    let mut prefixes: HashMap<&str, (usize, &str)> = HashMap::new();
    for (index, line) in text.lines().enumerate() {
        let (number, key) = (index + 1, line.trim());
        if key.is_empty() {
            continue;
        }
        ensure!(is_key(key), "line {number}: {}", not_a_key());
        match prefixes.insert(prefix(key), (number, key)) {
            None => keys.push((number, key)),
            Some((_, before)) if before == key => {}
            Some((before, _)) => bail!(
                "line {number}: begins with the same {PREFIX_LENGTH} characters as line {before}"
            ),
        }
    }
    ensure!(!keys.is_empty(), "there is no key on standard input");
    Ok(keys)
}

/// What another panel may have given out.
pub(super) fn is_key(text: &str) -> bool {
    let printable = text.bytes().all(|byte| byte.is_ascii_graphic());
    printable && (SHORTEST_KEY..=LONGEST_KEY).contains(&text.len())
}

/// Why a text is none. It may be a secret for all that: it is not shown.
pub(super) fn not_a_key() -> String {
    format!("not a key: {SHORTEST_KEY} to {LONGEST_KEY} characters, printable ASCII without blanks")
}

/// What the store keeps of a key.
pub(super) fn hash(key: &str) -> [u8; 32] {
    Sha256::digest(key).into()
}

fn new_key(customer: CustomerId, key: &str, label: Option<String>) -> NewKey {
    NewKey {
        customer,
        prefix: prefix(key).to_owned(),
        hash: hash(key),
        label,
        at: clock::now(),
    }
}

/// The part people call a key by.
pub(super) fn prefix(key: &str) -> &str {
    &key[..PREFIX_LENGTH]
}

fn listing(keys: &[KeyRow]) -> Listing {
    let rows = keys.iter().map(|key| {
        vec![
            key.prefix.as_str().into(),
            key.label.as_deref().into(),
            key.created.into(),
            key.revoked.into(),
        ]
    });
    Listing::new(&["prefix", "label", "created", "revoked"], rows)
}

const KEY_LENGTH: usize = 40;
const PREFIX_LENGTH: usize = 8;
/// The prefix is shown and stored as it is: it must not be most of the key.
const SHORTEST_KEY: usize = 16;
const LONGEST_KEY: usize = 128;
const ATTEMPTS: usize = 8;
const LARGEST_IMPORT: u64 = 64 * 1024 * 1024;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_forty_letters_and_digits_and_all_of_them_occur() {
        let keys: String = (0..200).map(|_| random_key()).collect();
        assert_eq!(keys.len(), 200 * KEY_LENGTH);
        assert!(keys.bytes().all(|byte| byte.is_ascii_alphanumeric()));
        let distinct: std::collections::BTreeSet<char> = keys.chars().collect();
        assert_eq!(distinct.len(), 62);
    }

    #[test]
    fn imports_name_the_line_that_is_wrong() {
        let error = |text: &str| read_keys(text).expect_err("refused").to_string();
        assert!(error("abcdefgh12345678\nabcdefgh1234567\n").starts_with("line 2:"));
        assert!(error("abcdefgh12345678\n\nabcdefgh23456789\n").starts_with("line 3: begins"));
        assert!(error("abcd efghijklmnop\n").starts_with("line 1:"));
        assert!(error(" \n").starts_with("there is no key"));
    }

    #[test]
    fn imports_take_what_old_panels_gave_out() {
        let keys = read_keys("XXXXXXXX.YYYY-ZZ*()@\r\n\nabcdefgh12345678\nabcdefgh12345678\n");
        assert_eq!(
            keys.expect("valid"),
            [(1, "XXXXXXXX.YYYY-ZZ*()@"), (3, "abcdefgh12345678")]
        );
    }
}
