//! What makes a scenario a lesson: its texts, the question it asks, and the ways to get it wrong.

use super::asserts::Assertion;
use super::model::{Image, Scenario};
use super::steps::Step;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A text in the two languages of the project.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Text {
    /// English.
    pub en: String,
    /// Chinese.
    #[serde(rename = "zh-CN")]
    pub zh_cn: String,
}

impl Text {
    /// The text in a language.
    pub fn get(&self, lang: crate::caption::Lang) -> &str {
        match lang {
            crate::caption::Lang::En => &self.en,
            crate::caption::Lang::ZhCn => &self.zh_cn,
        }
    }
}

/// What makes a scenario a lesson.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Lesson {
    /// Its number in the curriculum, such as `K08`.
    pub id: String,
    /// Its title.
    pub title: Text,
    /// What it is about, in two or three sentences.
    pub intro: Text,
    /// The ids of the concepts that it teaches.
    #[serde(default)]
    pub concepts: Vec<String>,
    /// The id of the mistaken belief that it clears up.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub myth: Option<String>,
    /// Where it can be played: `S` in the simulation, `R` on the real engine.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub arms: Option<String>,
    /// What is said when a step begins.
    #[serde(default)]
    pub narration: Vec<Narration>,
    /// The question that is asked before the answer can be seen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prediction: Option<Prediction>,
    /// Ways to get it wrong, each of which must fail where it says.
    #[serde(default)]
    pub wrong: Vec<Wrong>,
}

/// What is said when a step begins.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Narration {
    /// The step.
    pub step: String,
    /// What is said.
    pub text: Text,
}

/// A question with options, answered by the run itself.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Prediction {
    /// The question.
    pub question: Text,
    /// It is asked before this step begins.
    pub before: String,
    /// The run shows the answer when this step has passed.
    pub after: String,
    /// The options.
    pub options: Vec<Choice>,
    /// The id of the option that the author declares right. A test checks that the run agrees.
    pub answer: String,
    /// Whether the answer is the same for every seed.
    #[serde(default)]
    pub stable: bool,
}

/// One option of a question.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Choice {
    /// Its name.
    pub id: String,
    /// What it says.
    pub text: Text,
    /// It is right if this holds in the run. The first option that holds is the computed answer.
    pub when: Assertion,
}

/// A wrong variant: the scenario with some steps changed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Wrong {
    /// Its name.
    pub name: String,
    /// What somebody who does this believes.
    pub says: Text,
    /// Changed steps: each takes over what is given here, by name. A step of a new name is an error.
    #[serde(default)]
    pub steps: Vec<Step>,
    /// Images that behave otherwise; they are looked at first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(with = "Vec<std::collections::BTreeMap<String, serde_json::Value>>")]
    pub images: Vec<Image>,
    /// The step at which the variant must fail.
    pub fails: String,
}

impl Scenario {
    /// The scenario with a wrong variant's changes.
    pub fn variant(&self, wrong: &Wrong) -> Scenario {
        let mut out = self.clone();
        out.metadata.name = format!("{}/{}", self.metadata.name, wrong.name);
        for change in &wrong.steps {
            if let Some(step) = out.spec.steps.iter_mut().find(|s| s.name == change.name) {
                step.overlay(change);
            }
        }
        out.spec.images.splice(0..0, wrong.images.iter().cloned());
        out.spec.lesson = None;
        out
    }
}
