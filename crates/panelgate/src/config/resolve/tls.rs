//! `[server.tls]`: the certificate that customers see.

use std::fs;
use std::path::{Path, PathBuf};

use panelgate_edge::{Certificate, PairError};

use super::scope::Scope;
use crate::clock;
use crate::config::raw;
use crate::config::spanned::Spanned;
use crate::config::value::{Read, Wrong};
use crate::config::{Keys, Tls};

/// `None` if there is none, or if it is wrong and reported. The files are read where secrets are.
pub(super) fn resolve(
    written: Option<&Spanned<raw::Tls>>,
    folder: &Path,
    keys: Keys,
    scope: &mut Scope<'_>,
) -> Option<Tls> {
    let (table, raw) = written.map(|tls| (tls.span(), tls.get_ref()))?;
    let certificate = scope.require(&table, "certificate", &raw.certificate, BOTH);
    let key = scope.require(&table, "key", &raw.key, BOTH);
    let certificate_file = certificate.and_then(|written| path(folder, written, scope));
    let key_file = key.and_then(|written| path(folder, written, scope));
    let (certificate, key) = (certificate?, key?);
    let mut tls = Tls::new(certificate_file?, key_file?);
    if keys == Keys::Leave {
        return Some(tls);
    }
    let certificate_pem = scope.read_one(certificate, |_| content(&tls.certificate_file));
    let key_pem = scope.read_one(key, |_| content(&tls.key_file));
    let (certificate_pem, key_pem) = (certificate_pem?, key_pem?);
    match Certificate::from_pem(&certificate_pem, &key_pem) {
        Ok(read) => {
            warn_out_of_date(&read, certificate, scope);
            tls.take(read, &certificate_pem, &key_pem);
            Some(tls)
        }
        Err(error) => {
            let (blamed, expected, mend) = match error {
                PairError::NoCertificate | PairError::BadCertificate(_) => {
                    (certificate, CERTIFICATES, FULL_CHAIN)
                }
                PairError::NoKey | PairError::BadKey => (key, KEY, PLAIN_KEY),
                PairError::Mismatch => (key, BELONGS, OWN_FIRST),
            };
            scope.error(&blamed.span(), error.to_string(), expected, mend);
            None
        }
    }
}

/// A path; not what should be in the file there, which is not repeated.
fn path(folder: &Path, written: &Spanned<String>, scope: &mut Scope<'_>) -> Option<PathBuf> {
    scope.read_one(written, |text| {
        if text.trim().is_empty() || text.contains('\n') || text.contains("-----") {
            return Err(Wrong {
                title: "no path of a file".to_owned(),
                expected: "expected where the file is",
                mend: "write for example \"tls/fullchain.pem\", relative to this file".to_owned(),
            });
        }
        Ok(folder.join(text))
    })
}

fn content(path: &Path) -> Read<Vec<u8>> {
    fs::read(path).map_err(|error| Wrong {
        title: format!("cannot read {}: {error}", path.display()),
        expected: "expected a file that this user can read",
        mend: "name a file in PEM form; relative paths are relative to this file".to_owned(),
    })
}

fn warn_out_of_date(read: &Certificate, written: &Spanned<String>, scope: &mut Scope<'_>) {
    let (from, until, now) = (read.valid_from(), read.valid_until(), clock::now());
    let title = if until < now {
        format!("the certificate expired at {}", clock::text(until))
    } else if from > now {
        format!("the certificate is not valid before {}", clock::text(from))
    } else {
        return;
    };
    scope.warn(
        &written.span(),
        title,
        "customers' clients will refuse it",
        "renew it; a running gateway takes it over when both files are saved",
    );
}

const BOTH: &str =
    r#"add certificate = "fullchain.pem" and key = "key.pem", or remove [server.tls]"#;
const CERTIFICATES: &str = "expected the server's certificate, then those that vouch for it";
const FULL_CHAIN: &str = "name the file that the issuer calls fullchain.pem";
const KEY: &str = "expected one private key without a password: PKCS #8, PKCS #1 or SEC1";
const PLAIN_KEY: &str =
    "name the file that the issuer calls privkey.pem; `openssl pkey` takes a password off";
const BELONGS: &str = "expected the key that the certificate was issued for";
const OWN_FIRST: &str =
    "name both files of one issue; the server's own certificate comes first in its file";
