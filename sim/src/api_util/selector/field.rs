//! Field selectors (`k8s.io/apimachinery/pkg/fields`), and which fields each kind can be selected
//! by (`pkg/apis/core/v1/conversion.go`).

use std::fmt;

use thiserror::Error;

/// One condition on one field.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct FieldRequirement {
    /// The path of the field, such as `spec.nodeName`.
    pub field: String,
    /// True for `=` and `==`, false for `!=`.
    pub equal: bool,
    /// The value.
    pub value: String,
}

/// A field selector: all requirements must match, so that none matches everything.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct FieldSelector(pub Vec<FieldRequirement>);

/// Why a field selector is not one. The API server answers HTTP 400.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum FieldSelectorError {
    /// A term has no operator.
    #[error("invalid selector: '{0}'; can't understand '{1}'")]
    Syntax(String, String),
    /// A backslash before a character that needs none.
    #[error("invalid field selector: invalid escape sequence \\{0}")]
    Escape(char),
    /// The kind cannot be selected by this field.
    #[error("field label not supported: {0}")]
    NotSupported(String),
    /// As before, in the words of `pkg/apis/batch/v1`.
    #[error("field label {0:?} not supported for Job")]
    NotSupportedForJob(String),
    /// As before, of kinds that can be selected by name and namespace only.
    #[error("{0:?} is not a known field selector: only \"metadata.name\", \"metadata.namespace\"")]
    OnlyMetadata(String),
}

impl FieldSelector {
    /// Reads `a=b,c!=d` (`fields.ParseSelector`). A backslash takes the meaning from `,`, `=` and
    /// itself in a value.
    ///
    /// # Errors
    /// When a term has no operator, or a backslash stands before another character.
    pub fn parse(text: &str) -> Result<Self, FieldSelectorError> {
        let mut requirements = Vec::new();
        for term in terms(text).into_iter().filter(|term| !term.is_empty()) {
            let wrong = || FieldSelectorError::Syntax(text.to_owned(), term.to_owned());
            let at = term.find(['=', '!']).ok_or_else(wrong)?;
            let (field, rest) = term.split_at(at);
            let (equal, value) = if let Some(value) = rest.strip_prefix("!=") {
                (false, value)
            } else {
                let value = rest.strip_prefix("==").or_else(|| rest.strip_prefix('='));
                (true, value.ok_or_else(wrong)?)
            };
            requirements.push(FieldRequirement { field: field.to_owned(), equal, value: unescape(value)? });
        }
        Ok(Self(requirements))
    }

    /// True when this restricts nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether an object is selected; `get` gives its fields, and an absent one counts as empty.
    #[must_use]
    pub fn matches_by<'a>(&self, get: impl Fn(&str) -> Option<&'a str>) -> bool {
        self.0.iter().all(|r| (get(&r.field).unwrap_or_default() == r.value) == r.equal)
    }

    /// The value that a field must have, if there is exactly one (`RequiresExactMatch`).
    #[must_use]
    pub fn exact(&self, field: &str) -> Option<&str> {
        self.0.iter().find(|r| r.equal && r.field == field).map(|r| r.value.as_str())
    }

    /// Checks that a kind can be selected by these fields.
    ///
    /// # Errors
    /// Names the first field by which it cannot.
    pub fn check(&self, kind: &str) -> Result<(), FieldSelectorError> {
        self.0.iter().try_for_each(|r| check_field(kind, &r.field))
    }
}

/// Splits at commas that no backslash precedes.
fn terms(text: &str) -> Vec<&str> {
    let (mut terms, mut start, mut escaped) = (Vec::new(), 0, false);
    for (at, c) in text.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            ',' => {
                terms.push(&text[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    terms.push(&text[start..]);
    terms
}

fn unescape(value: &str) -> Result<String, FieldSelectorError> {
    let mut out = String::with_capacity(value.len());
    let mut chars = value.chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' => match chars.next() {
                Some(c @ ('\\' | ',' | '=')) => out.push(c),
                other => return Err(FieldSelectorError::Escape(other.unwrap_or('\\'))),
            },
            c => out.push(c),
        }
    }
    Ok(out)
}

impl fmt::Display for FieldSelector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, r) in self.0.iter().enumerate() {
            let comma = if at > 0 { "," } else { "" };
            let operator = if r.equal { "=" } else { "!=" };
            let value = r.value.replace('\\', "\\\\").replace(',', "\\,").replace('=', "\\=");
            write!(f, "{comma}{}{operator}{value}", r.field)?;
        }
        Ok(())
    }
}

/// The fields that a kind can be selected by, besides `metadata.name` and `metadata.namespace`.
#[must_use]
pub fn supported_fields(kind: &str) -> &'static [&'static str] {
    match kind {
        "Pod" => &[
            "spec.nodeName",
            "spec.restartPolicy",
            "spec.schedulerName",
            "spec.serviceAccountName",
            "spec.hostNetwork",
            "status.phase",
            "status.podIP",
            "status.podIPs",
            "status.nominatedNodeName",
        ],
        "Node" => &["spec.unschedulable"],
        "Event" => &[
            "involvedObject.kind",
            "involvedObject.namespace",
            "involvedObject.name",
            "involvedObject.uid",
            "involvedObject.apiVersion",
            "involvedObject.resourceVersion",
            "involvedObject.fieldPath",
            "reason",
            "reportingComponent",
            "source",
            "type",
        ],
        "Namespace" => &["status.phase"],
        "Secret" => &["type"],
        "Service" => &["spec.clusterIP", "spec.type"],
        "ReplicationController" => &["status.replicas"],
        "Job" => &["status.successful"],
        _ => &[],
    }
}

/// Checks that a kind can be selected by a field.
///
/// # Errors
/// When it cannot, in the words that its kind has for it.
pub fn check_field(kind: &str, field: &str) -> Result<(), FieldSelectorError> {
    let own = supported_fields(kind);
    if matches!(field, "metadata.name" | "metadata.namespace") || own.contains(&field) {
        Ok(())
    } else if kind == "Job" {
        Err(FieldSelectorError::NotSupportedForJob(field.to_owned()))
    } else if own.is_empty() {
        Err(FieldSelectorError::OnlyMetadata(field.to_owned()))
    } else {
        Err(FieldSelectorError::NotSupported(field.to_owned()))
    }
}
