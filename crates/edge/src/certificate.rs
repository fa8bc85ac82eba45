//! A certificate and its key, as they lie in PEM files.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use panelgate_domain::time::Timestamp;
use rustls::client::verify_server_cert_signed_by_trust_anchor;
use rustls::crypto::{CryptoProvider, ring};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::sign::CertifiedKey;
use rustls::{CertificateError, Error, RootCertStore};

/// A certificate, those that vouch for it, and the key that belongs to it.
#[derive(Clone)]
pub struct Certificate {
    pair: Arc<CertifiedKey>,
    from: Timestamp,
    until: Timestamp,
}

/// Why two files are not a certificate and its key. No text of theirs is repeated: one of them is secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PairError {
    /// The certificate's file has no certificate in it.
    #[error("no certificate in PEM form")]
    NoCertificate,
    /// One of the certificates, counted from 1, is none.
    #[error("certificate {0} in it cannot be read")]
    BadCertificate(usize),
    /// The key's file has no key in it that is not locked with a password.
    #[error("no unencrypted private key in PEM form")]
    NoKey,
    /// The key is of a kind that is not supported, or broken.
    #[error("a private key that cannot be used")]
    BadKey,
    /// The key is another one's.
    #[error("the key does not belong to the certificate")]
    Mismatch,
}

impl Certificate {
    /// From the content of two files. The server's own certificate comes first. Whether it is valid today, or for any name, is
    /// not asked.
    ///
    /// # Errors
    /// They are not a certificate and its key.
    pub fn from_pem(certificates: &[u8], key: &[u8]) -> Result<Self, PairError> {
        let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(certificates).collect();
        let chain = chain.map_err(|_| PairError::NoCertificate)?;
        if let Some(bad) = chain
            .iter()
            .position(|certificate| ParsedCertificate::try_from(certificate).is_err())
        {
            return Err(PairError::BadCertificate(bad + 1));
        }
        let own = chain.first().ok_or(PairError::NoCertificate)?;
        let (from, until) = validity(own).ok_or(PairError::BadCertificate(1))?;
        let key = PrivateKeyDer::from_pem_slice(key).map_err(|_| PairError::NoKey)?;
        let pair = CertifiedKey::from_der(chain, key, &provider());
        let pair = pair.map_err(|error| match error {
            Error::InconsistentKeys(_) => PairError::Mismatch,
            _ => PairError::BadKey,
        })?;
        Ok(Self {
            pair: Arc::new(pair),
            from,
            until,
        })
    }

    /// The first moment at which it is valid.
    #[must_use]
    pub const fn valid_from(&self) -> Timestamp {
        self.from
    }

    /// The last moment at which it is valid.
    #[must_use]
    pub const fn valid_until(&self) -> Timestamp {
        self.until
    }

    pub(crate) fn pair(&self) -> CertifiedKey {
        CertifiedKey::clone(&self.pair)
    }
}

impl fmt::Debug for Certificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Certificate")
            .field("from", &self.from)
            .field("until", &self.until)
            .finish_non_exhaustive()
    }
}

/// The same as for calls to panels: this one and no other.
pub(crate) fn provider() -> Arc<CryptoProvider> {
    Arc::new(ring::default_provider())
}

/// From when until when it is valid: what a verifier complains about who lives in 1970, and at the end of time.
fn validity(certificate: &CertificateDer<'_>) -> Option<(Timestamp, Timestamp)> {
    let parsed = ParsedCertificate::try_from(certificate).ok()?;
    let complaint_at = |now| {
        let algorithms = ring::default_provider().signature_verification_algorithms;
        let nobody = RootCertStore::empty();
        let now = UnixTime::since_unix_epoch(now);
        verify_server_cert_signed_by_trust_anchor(&parsed, &nobody, &[], now, algorithms.all)
    };
    let from = match complaint_at(Duration::ZERO) {
        Err(Error::InvalidCertificate(CertificateError::NotValidYetContext {
            not_before, ..
        })) => at(not_before),
        _ => Timestamp(0),
    };
    match complaint_at(END_OF_TIME) {
        Err(Error::InvalidCertificate(CertificateError::ExpiredContext { not_after, .. })) => {
            Some((from, at(not_after)))
        }
        _ => None,
    }
}

fn at(time: UnixTime) -> Timestamp {
    Timestamp(0).after(Duration::from_secs(time.as_secs()))
}

/// Later than any date that a certificate can hold (the year 9999).
const END_OF_TIME: Duration = Duration::from_secs(1 << 40);

#[cfg(test)]
mod tests {
    use rcgen::{CertifiedKey, KeyPair, date_time_ymd};

    use super::*;

    fn signed() -> CertifiedKey<KeyPair> {
        rcgen::generate_simple_self_signed(["localhost".to_owned()]).expect("a certificate")
    }

    #[track_caller]
    fn check(certificates: &str, key: &str, expected: PairError) {
        let read = Certificate::from_pem(certificates.as_bytes(), key.as_bytes());
        assert_eq!(read.map(|_| ()), Err(expected));
    }

    #[test]
    fn what_is_no_pair_is_told_apart() {
        let (one, other) = (signed(), signed());
        let (certificate, key) = (one.cert.pem(), one.signing_key.serialize_pem());
        assert!(Certificate::from_pem(certificate.as_bytes(), key.as_bytes()).is_ok());
        check("", &key, PairError::NoCertificate);
        check("hello", &key, PairError::NoCertificate);
        check(&key, &key, PairError::NoCertificate);
        check(&certificate[..60], &key, PairError::NoCertificate);
        let nothing = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
        check(nothing, &key, PairError::BadCertificate(1));
        let chain = format!("{certificate}{nothing}");
        check(&chain, &key, PairError::BadCertificate(2));
        check(&certificate, "", PairError::NoKey);
        check(&certificate, &certificate, PairError::NoKey);
        let locked = key.replace("PRIVATE", "ENCRYPTED PRIVATE");
        check(&certificate, &locked, PairError::NoKey);
        let broken = "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n";
        check(&certificate, broken, PairError::BadKey);
        let foreign = other.signing_key.serialize_pem();
        check(&certificate, &foreign, PairError::Mismatch);
        let late = format!("{}{certificate}", other.cert.pem());
        check(&late, &key, PairError::Mismatch);
    }

    #[test]
    fn both_ends_of_its_life_are_read_also_of_one_that_is_over() {
        let key = KeyPair::generate().expect("a key");
        let mut wanted = rcgen::CertificateParams::new(["localhost".to_owned()]).expect("a name");
        wanted.not_before = date_time_ymd(2020, 1, 2);
        wanted.not_after = date_time_ymd(2020, 1, 3);
        // Whoever signs others is still read.
        wanted.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
        let signed = wanted.self_signed(&key).expect("signed").pem();
        let read = Certificate::from_pem(signed.as_bytes(), key.serialize_pem().as_bytes());
        let read = read.expect("a pair");
        assert_eq!(read.valid_from(), Timestamp(1_577_923_200_000));
        assert_eq!(read.valid_until(), Timestamp(1_578_009_600_000));
    }

    #[test]
    fn its_text_shows_no_key() {
        let one = signed();
        let (certificate, key) = (one.cert.pem(), one.signing_key.serialize_pem());
        let read = Certificate::from_pem(certificate.as_bytes(), key.as_bytes()).expect("a pair");
        let text = format!("{read:?}");
        assert!(
            text.starts_with("Certificate { from: ") && text.len() < 120,
            "{text}"
        );
    }
}
