//! Where one file's complaints go, and how its values are read.

use std::ops::RangeInclusive;

use crate::config::diagnostic::{Diagnostic, Severity, Span};
use crate::config::parse::Blamed;
use crate::config::raw::{List, Maybe};
use crate::config::source::FileId;
use crate::config::spanned::Spanned;
use crate::config::value::Read;

/// One file while it is resolved.
pub(super) struct Scope<'a> {
    file: FileId,
    blamed: Blamed,
    found: &'a mut Vec<Diagnostic>,
}

impl<'a> Scope<'a> {
    pub(super) const fn new(file: FileId, blamed: Blamed, found: &'a mut Vec<Diagnostic>) -> Self {
        Self {
            file,
            blamed,
            found,
        }
    }

    /// Reports an error.
    pub(super) fn error(
        &mut self,
        span: &Span,
        title: impl Into<String>,
        label: impl Into<String>,
        mend: impl Into<String>,
    ) {
        self.report(Severity::Error, span, title, label, mend);
    }

    /// Reports something that is probably not as meant.
    pub(super) fn warn(
        &mut self,
        span: &Span,
        title: impl Into<String>,
        label: impl Into<String>,
        mend: impl Into<String>,
    ) {
        self.report(Severity::Warning, span, title, label, mend);
    }

    /// Reports an error of the file as a whole.
    pub(super) fn error_file(&mut self, title: impl Into<String>, mend: impl Into<String>) {
        self.report_file(Severity::Error, title, mend);
    }

    /// Reports something about the file as a whole that is probably not as meant.
    pub(super) fn warn_file(&mut self, title: impl Into<String>, mend: impl Into<String>) {
        self.report_file(Severity::Warning, title, mend);
    }

    fn report_file(
        &mut self,
        severity: Severity,
        title: impl Into<String>,
        mend: impl Into<String>,
    ) {
        self.found.push(Diagnostic {
            severity,
            file: self.file,
            span: None,
            title: title.into(),
            label: String::new(),
            mend: mend.into(),
        });
    }

    /// The key's value, or a report that `table` lacks it; not a second one if the key was complained about already.
    pub(super) fn require<'r, T>(
        &mut self,
        table: &Span,
        key: &str,
        value: &'r Maybe<T>,
        mend: &str,
    ) -> Option<&'r Spanned<T>> {
        if value.is_none() && !self.blamed.contains(&(table.start, key.to_owned())) {
            let title = format!("`{key}` is missing");
            self.error(table, title, format!("this table needs `{key}`"), mend);
        }
        value.as_ref()
    }

    /// So many errors were reported, of whatever file.
    pub(super) fn errors(&self) -> usize {
        let found = self.found.iter();
        found.filter(|one| one.severity == Severity::Error).count()
    }

    /// Whether any key of a table was complained about.
    pub(super) fn blames(&self, table: &Span) -> bool {
        self.blamed.iter().any(|(start, _)| *start == table.start)
    }

    /// Whether any of these keys of a table was complained about.
    pub(super) fn blames_any(&self, table: &Span, keys: &[&str]) -> bool {
        keys.iter()
            .any(|key| self.blamed.contains(&(table.start, (*key).to_owned())))
    }

    /// Reads a text; `None` if there is none, or if it is wrong and reported.
    pub(super) fn read<T>(
        &mut self,
        text: &Maybe<String>,
        reader: impl FnOnce(&str) -> Read<T>,
    ) -> Option<T> {
        text.as_ref().and_then(|text| self.read_one(text, reader))
    }

    /// Reads a text that is there.
    pub(super) fn read_one<T>(
        &mut self,
        text: &Spanned<String>,
        reader: impl FnOnce(&str) -> Read<T>,
    ) -> Option<T> {
        match reader(text.get_ref()) {
            Ok(value) => Some(value),
            Err(wrong) => {
                self.error(&text.span(), wrong.title, wrong.expected, wrong.mend);
                None
            }
        }
    }

    /// Reads every element of a list. A list that is there must not be empty: it would match nothing.
    pub(super) fn read_list<T>(
        &mut self,
        list: &List<String>,
        reader: impl Fn(&str) -> Read<T>,
    ) -> Vec<T> {
        let Some(list) = list else { return Vec::new() };
        if list.get_ref().is_empty() {
            self.error(
                &list.span(),
                "an empty list matches nothing",
                "expected at least one element",
                "leave the key out: then it matches everything",
            );
        }
        let elements = list.get_ref().iter();
        elements
            .filter_map(|text| self.read_one(text, &reader))
            .collect()
    }

    /// A whole number within bounds, or its default.
    pub(super) fn whole<N: TryFrom<i64>>(
        &mut self,
        number: &Maybe<i64>,
        bounds: RangeInclusive<i64>,
        default: N,
    ) -> N {
        let Some(number) = number else { return default };
        let value = *number.get_ref();
        let fits = bounds.contains(&value).then(|| N::try_from(value).ok());
        fits.flatten().unwrap_or_else(|| {
            let title = format!("{value} is out of bounds");
            let expected = format!("expected {} to {}", bounds.start(), bounds.end());
            self.error(
                &number.span(),
                title,
                expected,
                "leave the key out for its default",
            );
            default
        })
    }

    fn report(
        &mut self,
        severity: Severity,
        span: &Span,
        title: impl Into<String>,
        label: impl Into<String>,
        mend: impl Into<String>,
    ) {
        self.found.push(Diagnostic {
            severity,
            file: self.file,
            span: Some(span.clone()),
            title: title.into(),
            label: label.into(),
            mend: mend.into(),
        });
    }
}

/// A switch, or its default.
pub(super) fn flag(value: &Maybe<bool>, default: bool) -> bool {
    value.as_ref().map_or(default, |value| *value.get_ref())
}
