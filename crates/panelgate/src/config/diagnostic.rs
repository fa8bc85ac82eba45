//! What is wrong with a configuration: where, what was expected, and how to mend it. Rendered like a compiler does.

use std::fmt;
use std::ops::Range;

use annotate_snippets::{AnnotationKind, Group, Level, Origin, Renderer, Snippet};

use super::source::{FileId, Sources};

/// Byte range in a file.
pub(crate) type Span = Range<usize>;

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Severity {
    /// The configuration cannot be used.
    Error,
    /// It can, but probably not as meant.
    Warning,
}

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Diagnostic {
    /// How bad.
    pub(crate) severity: Severity,
    /// Which file.
    pub(crate) file: FileId,
    /// Where in it; `None` for the file as a whole.
    pub(crate) span: Option<Span>,
    /// What is wrong.
    pub(crate) title: String,
    /// What was expected there; may be empty.
    pub(crate) label: String,
    /// How to mend it.
    pub(crate) mend: String,
}

/// Everything that is wrong, with the files it is about.
#[derive(Clone, Debug)]
pub(crate) struct Diagnostics {
    sources: Box<Sources>,
    found: Vec<Diagnostic>,
}

impl std::error::Error for Diagnostics {}

impl Diagnostics {
    /// Sorts what was found by file and place, and hides secrets from all of it.
    pub(crate) fn new(mut sources: Sources, mut found: Vec<Diagnostic>) -> Self {
        sources.hide_secrets();
        found.sort_by_key(|one| (one.file, one.span.as_ref().map(|span| span.start)));
        Self {
            sources: Box::new(sources),
            found,
        }
    }

    /// Whether anything makes the configuration unusable.
    pub(crate) fn has_errors(&self) -> bool {
        self.found.iter().any(|one| one.severity == Severity::Error)
    }

    /// Whether nothing is wrong.
    pub(crate) fn is_empty(&self) -> bool {
        self.found.is_empty()
    }

    /// One block per finding, `file:line:column` and the line itself included.
    pub(crate) fn render(&self, colours: bool) -> String {
        let renderer = if colours {
            Renderer::styled()
        } else {
            Renderer::plain()
        };
        let blocks: Vec<String> = self
            .found
            .iter()
            .map(|one| renderer.render(&[self.report(one)]))
            .collect();
        blocks.join("\n\n")
    }

    fn report<'a>(&'a self, one: &'a Diagnostic) -> Group<'a> {
        let level = match one.severity {
            Severity::Error => Level::ERROR,
            Severity::Warning => Level::WARNING,
        };
        let source = self.sources.file(one.file);
        let path = source.path.to_string_lossy();
        let group = level.primary_title(&one.title);
        let group = match &one.span {
            None => group.element(Origin::path(path)),
            Some(span) => {
                let place = AnnotationKind::Primary.span(inside(span, &source.text));
                let label = (!one.label.is_empty()).then_some(&one.label);
                let snippet = Snippet::source(&source.text).path(path.into_owned());
                group.element(snippet.annotation(place.label(label.map(String::as_str))))
            }
        };
        group.element(Level::HELP.message(&one.mend))
    }
}

impl fmt::Display for Diagnostics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.render(false))
    }
}

/// The span in whole characters; moved back to the last one with something to show if it lies at the end of the text.
fn inside(span: &Span, text: &str) -> Span {
    let end = text.trim_end().len();
    if span.start >= end {
        let last = text[..end].chars().next_back().map_or(0, char::len_utf8);
        return end - last..end;
    }
    let end = span.end.clamp(span.start, text.len());
    text.floor_char_boundary(span.start)..text.ceil_char_boundary(end)
}
