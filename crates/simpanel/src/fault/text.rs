//! How the parts of a fault are written in a plan file.

/// What a proxy shows when the panel behind it is gone.
pub(super) fn error_page() -> String {
    "<!DOCTYPE html><html><head><title>Error</title></head><body><h1>Something went wrong</h1></body></html>".to_owned()
}

/// The status of an answer that does not say otherwise.
pub(super) const fn ok() -> u16 {
    200
}

/// What a panel says of an order that it does not know.
pub(super) fn incorrect_order() -> String {
    "Incorrect order ID".to_owned()
}

/// HTTP statuses that end a request.
pub(super) mod status {
    use serde::{Deserialize as _, Deserializer, Serializer, de::Error as _};

    #[expect(
        clippy::trivially_copy_pass_by_ref,
        reason = "serde's `with` asks for this signature"
    )]
    pub(in crate::fault) fn serialize<S: Serializer>(
        status: &u16,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.serialize_u16(*status)
    }

    pub(in crate::fault) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<u16, D::Error> {
        let status = u16::deserialize(deserializer)?;
        if !(200..=599).contains(&status) {
            return Err(D::Error::custom(format!(
                "{status} is no HTTP status from 200 to 599"
            )));
        }
        Ok(status)
    }
}

/// Lengths of time with their unit: `"250ms"`, `"2s"`, `"1m 30s"`.
pub(super) mod duration {
    use std::time::Duration;

    use serde::{Deserialize as _, Deserializer, Serializer, de::Error as _};

    pub(in crate::fault) fn serialize<S: Serializer>(
        length: &Duration,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&format_args!("{}ms", length.as_millis()))
    }

    pub(in crate::fault) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Duration, D::Error> {
        read(&String::deserialize(deserializer)?).map_err(D::Error::custom)
    }

    pub(super) fn read(text: &str) -> Result<Duration, String> {
        let signed: jiff::SignedDuration = text
            .parse()
            .map_err(|_| format!("`{text}` is no length of time such as `2s`"))?;
        Duration::try_from(signed).map_err(|_| format!("`{text}` is negative"))
    }
}

/// The same where it may be missing.
pub(super) mod duration_option {
    use std::time::Duration;

    use serde::{Deserializer, Serializer};

    pub(in crate::fault) fn serialize<S: Serializer>(
        length: &Option<Duration>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        match length {
            Some(length) => super::duration::serialize(length, serializer),
            None => serializer.serialize_none(),
        }
    }

    pub(in crate::fault) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<Duration>, D::Error> {
        super::duration::deserialize(deserializer).map(Some)
    }
}

/// A time with a beginning and an end, by the panel's clock: `["10s", "5m"]`.
pub(super) mod span_option {
    use std::ops::Range;
    use std::time::Duration;

    use serde::{Deserialize as _, Deserializer, de::Error as _};

    pub(in crate::fault) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<Range<Duration>>, D::Error> {
        let [begins, ends] = <[String; 2]>::deserialize(deserializer)?;
        let read = |text: &str| super::duration::read(text).map_err(D::Error::custom);
        Ok(Some(read(&begins)?..read(&ends)?))
    }
}
