//! Label selectors and field selectors.
//!
//! The string form of label selectors is `k8s.io/apimachinery/pkg/labels`'s, the object form is
//! `metav1.LabelSelector`; field selectors are `k8s.io/apimachinery/pkg/fields`'s.

mod field;
mod parse;

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};
use thiserror::Error;

pub use field::{FieldRequirement, FieldSelector, FieldSelectorError, check_field, supported_fields};

use super::hash::{label_key, label_value};

/// How a requirement relates a label to its values (`selection.Operator`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Operator {
    /// `a=b`
    Equals,
    /// `a==b`
    DoubleEquals,
    /// `a!=b`: also true where the label is absent.
    NotEquals,
    /// `a in (b,c)`
    In,
    /// `a notin (b,c)`: also true where the label is absent.
    NotIn,
    /// `a`
    Exists,
    /// `!a`
    DoesNotExist,
    /// `a>1`
    GreaterThan,
    /// `a<1`
    LessThan,
}

/// Why a label selector is not one.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum SelectorError {
    /// The string form does not parse.
    #[error("{0}")]
    Syntax(String),
    /// A requirement of the string form is invalid.
    #[error("unable to parse requirement: {0}")]
    Requirement(String),
    /// The object form has a requirement that is invalid.
    #[error("{0}")]
    Invalid(String),
    /// The object form has an operator that is not known.
    #[error("{0:?} is not a valid label selector operator")]
    Operator(String),
}

/// One condition on one label (`labels.Requirement`). Its values are sorted and distinct.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Requirement {
    key: String,
    operator: Operator,
    values: Vec<String>,
}

/// `field.Invalid` as text.
fn invalid(path: &str, value: &str, why: &str) -> String {
    format!("{path}: Invalid value: {value}: {why}")
}

fn go_slice(values: &[String]) -> String {
    if values.is_empty() { "[]string(nil)".to_owned() } else { format!("[]string{{{}}}", quoted(values)) }
}

fn quoted(values: &[String]) -> String {
    values.iter().map(|v| format!("{v:?}")).collect::<Vec<_>>().join(", ")
}

impl Requirement {
    /// A requirement, checked (`labels.NewRequirement`).
    ///
    /// # Errors
    /// The problems in upstream's words, when the key, the values or their number are wrong.
    pub fn new(key: &str, operator: Operator, mut values: Vec<String>) -> Result<Self, String> {
        let mut errors = Vec::new();
        let wrong_key = label_key(key);
        if !wrong_key.is_empty() {
            errors.push(invalid("key", &format!("{key:?}"), &wrong_key.join("; ")));
        }
        let mut wrong_count = |why: &str| errors.push(invalid("values", &go_slice(&values), why));
        match operator {
            Operator::In | Operator::NotIn if values.is_empty() => {
                wrong_count("for 'in', 'notin' operators, values set can't be empty");
            }
            Operator::Equals | Operator::DoubleEquals | Operator::NotEquals if values.len() != 1 => {
                wrong_count("exact-match compatibility requires one single value");
            }
            Operator::Exists | Operator::DoesNotExist if !values.is_empty() => {
                wrong_count("values set must be empty for exists and does not exist");
            }
            Operator::GreaterThan | Operator::LessThan => {
                if values.len() != 1 {
                    wrong_count("for 'Gt', 'Lt' operators, exactly one value is required");
                }
                for (at, value) in values.iter().enumerate().filter(|(_, v)| v.parse::<i64>().is_err()) {
                    let why = "for 'Gt', 'Lt' operators, the value must be an integer";
                    errors.push(invalid(&format!("values[{at}]"), &format!("{value:?}"), why));
                }
            }
            _ => {}
        }
        for (at, value) in values.iter().enumerate() {
            let wrong = label_value(value);
            if !wrong.is_empty() {
                let path = format!("values[{at}][{key}]");
                errors.push(invalid(&path, &format!("{value:?}"), &wrong.join("; ")));
            }
        }
        match errors.as_slice() {
            [] => {
                values.sort_unstable();
                values.dedup();
                Ok(Self { key: key.to_owned(), operator, values })
            }
            [one] => Err(one.clone()),
            many => Err(format!("[{}]", many.join(", "))),
        }
    }

    /// The label's key.
    #[must_use]
    pub fn key(&self) -> &str {
        &self.key
    }

    /// How the label relates to the values.
    #[must_use]
    pub fn operator(&self) -> Operator {
        self.operator
    }

    /// The values, sorted.
    #[must_use]
    pub fn values(&self) -> &[String] {
        &self.values
    }

    /// Whether a label of this value, or its absence, fulfils the requirement.
    #[must_use]
    pub fn matches(&self, value: Option<&str>) -> bool {
        let listed = |value: &str| self.values.iter().any(|v| v == value);
        let number = |text: &str| text.parse::<i64>().ok();
        let bound = || self.values.first().and_then(|v| number(v));
        match self.operator {
            Operator::In | Operator::Equals | Operator::DoubleEquals => value.is_some_and(listed),
            Operator::NotIn | Operator::NotEquals => !value.is_some_and(listed),
            Operator::Exists => value.is_some(),
            Operator::DoesNotExist => value.is_none(),
            Operator::GreaterThan => {
                value.and_then(number).zip(bound()).is_some_and(|(value, bound)| value > bound)
            }
            Operator::LessThan => {
                value.and_then(number).zip(bound()).is_some_and(|(value, bound)| value < bound)
            }
        }
    }
}

impl fmt::Display for Requirement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (key, values) = (&self.key, self.values.join(","));
        match self.operator {
            Operator::Equals => write!(f, "{key}={values}"),
            Operator::DoubleEquals => write!(f, "{key}=={values}"),
            Operator::NotEquals => write!(f, "{key}!={values}"),
            Operator::In => write!(f, "{key} in ({values})"),
            Operator::NotIn => write!(f, "{key} notin ({values})"),
            Operator::GreaterThan => write!(f, "{key}>{values}"),
            Operator::LessThan => write!(f, "{key}<{values}"),
            Operator::Exists => f.write_str(key),
            Operator::DoesNotExist => write!(f, "!{key}"),
        }
    }
}

/// Something that has labels, or another map from text to text.
pub trait Labels {
    /// The value of a key.
    fn get_label(&self, key: &str) -> Option<&str>;
}

impl<K: Ord + std::borrow::Borrow<str>, V: AsRef<str>> Labels for BTreeMap<K, V> {
    fn get_label(&self, key: &str) -> Option<&str> {
        self.get(key).map(AsRef::as_ref)
    }
}

impl<K: AsRef<str>, V: AsRef<str>> Labels for [(K, V)] {
    fn get_label(&self, key: &str) -> Option<&str> {
        self.iter().find(|(k, _)| k.as_ref() == key).map(|(_, v)| v.as_ref())
    }
}

/// A label selector ready for use: all requirements must match, so that none matches everything
/// (`labels.Selector`). The requirements are sorted by key.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Selector {
    requirements: Vec<Requirement>,
    nothing: bool,
}

impl Selector {
    /// Reads the string form, such as `a=b,c!=d,e in (x,y),!h` (`labels.Parse`).
    ///
    /// # Errors
    /// When it does not parse, or a key or a value is not valid.
    pub fn parse(text: &str) -> Result<Self, SelectorError> {
        parse::parse(text).map(Self::from_requirements)
    }

    /// The selector of all of these requirements.
    #[must_use]
    pub fn from_requirements(mut requirements: Vec<Requirement>) -> Self {
        requirements.sort_by(|a, b| a.key.cmp(&b.key));
        Self { requirements, nothing: false }
    }

    /// Matches everything (`labels.Everything`).
    #[must_use]
    pub fn everything() -> Self {
        Self::default()
    }

    /// Matches nothing (`labels.Nothing`): what an absent selector means.
    #[must_use]
    pub fn nothing() -> Self {
        Self { requirements: Vec::new(), nothing: true }
    }

    /// True when this restricts nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.requirements.is_empty() && !self.nothing
    }

    /// The requirements, sorted by key.
    #[must_use]
    pub fn requirements(&self) -> &[Requirement] {
        &self.requirements
    }

    /// Whether an object with these labels is selected.
    #[must_use]
    pub fn matches<L: Labels + ?Sized>(&self, labels: &L) -> bool {
        self.matches_by(|key| labels.get_label(key))
    }

    /// As [`Self::matches`], with a look-up function.
    #[must_use]
    pub fn matches_by<'a>(&self, get: impl Fn(&str) -> Option<&'a str>) -> bool {
        !self.nothing && self.requirements.iter().all(|r| r.matches(get(&r.key)))
    }
}

impl fmt::Display for Selector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, requirement) in self.requirements.iter().enumerate() {
            if at > 0 {
                f.write_str(",")?;
            }
            write!(f, "{requirement}")?;
        }
        Ok(())
    }
}

/// The object form of a label selector (`metav1.LabelSelector`). Empty, it selects everything.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct LabelSelector {
    /// Labels and the values that they must have.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub match_labels: BTreeMap<String, String>,
    /// Further requirements.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub match_expressions: Vec<LabelSelectorRequirement>,
}

/// One requirement of a [`LabelSelector`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(default)]
pub struct LabelSelectorRequirement {
    /// The label's key.
    pub key: String,
    /// `In`, `NotIn`, `Exists` or `DoesNotExist`.
    pub operator: String,
    /// The values of `In` and `NotIn`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub values: Vec<String>,
}

impl LabelSelector {
    /// The selector to match with (`metav1.LabelSelectorAsSelector`).
    ///
    /// # Errors
    /// When a requirement is not valid.
    pub fn to_selector(&self) -> Result<Selector, SelectorError> {
        let mut requirements = Vec::new();
        for (key, value) in &self.match_labels {
            let made = Requirement::new(key, Operator::Equals, vec![value.clone()]);
            requirements.push(made.map_err(SelectorError::Invalid)?);
        }
        for expression in &self.match_expressions {
            let operator = match expression.operator.as_str() {
                "In" => Operator::In,
                "NotIn" => Operator::NotIn,
                "Exists" => Operator::Exists,
                "DoesNotExist" => Operator::DoesNotExist,
                other => return Err(SelectorError::Operator(other.to_owned())),
            };
            let made = Requirement::new(&expression.key, operator, expression.values.clone());
            requirements.push(made.map_err(SelectorError::Invalid)?);
        }
        Ok(Selector::from_requirements(requirements))
    }

    /// Every problem, as the API server reports them of the field at `path`
    /// (`metav1/validation.ValidateLabelSelector`).
    #[must_use]
    pub fn validate(&self, path: &str) -> Vec<String> {
        let mut errors = Vec::new();
        for (key, value) in &self.match_labels {
            for (text, wrong) in [(key, label_key(key)), (value, label_value(value))] {
                let place = format!("{path}.matchLabels");
                errors.extend(wrong.iter().map(|why| invalid(&place, &format!("{text:?}"), why)));
            }
        }
        for (at, expression) in self.match_expressions.iter().enumerate() {
            let place = format!("{path}.matchExpressions[{at}]");
            match (expression.operator.as_str(), expression.values.is_empty()) {
                ("In" | "NotIn", true) => errors.push(format!(
                    "{place}.values: Required value: must be specified when `operator` is 'In' or 'NotIn'"
                )),
                ("Exists" | "DoesNotExist", false) => errors.push(format!(
                    "{place}.values: Forbidden: may not be specified when `operator` is 'Exists' or 'DoesNotExist'"
                )),
                ("In" | "NotIn" | "Exists" | "DoesNotExist", _) => {}
                (other, _) => errors.push(invalid(
                    &format!("{place}.operator"),
                    &format!("{other:?}"),
                    "not a valid selector operator",
                )),
            }
            let key = &expression.key;
            errors.extend(
                label_key(key).iter().map(|why| invalid(&format!("{place}.key"), &format!("{key:?}"), why)),
            );
            for (n, value) in expression.values.iter().enumerate() {
                let place = format!("{place}.values[{n}]");
                errors
                    .extend(label_value(value).iter().map(|why| invalid(&place, &format!("{value:?}"), why)));
            }
        }
        errors
    }
}

impl fmt::Display for LabelSelector {
    /// As kubectl prints it: `<none>` when empty, `<error>` when invalid (`metav1.FormatLabelSelector`).
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.to_selector() {
            Err(_) => f.write_str("<error>"),
            Ok(selector) if selector.is_empty() => f.write_str("<none>"),
            Ok(selector) => write!(f, "{selector}"),
        }
    }
}

#[cfg(test)]
mod tests;
