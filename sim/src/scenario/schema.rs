//! The JSON schema of scenario files, for editors: generated from the types.

use super::model::Scenario;
use schemars::generate::SchemaSettings;

/// The schema as JSON text, with a line break at its end.
pub fn schema() -> String {
    let mut schema = SchemaSettings::draft2020_12().into_generator().into_root_schema_for::<Scenario>();
    schema.insert("$id".to_owned(), "https://podium.dev/schema/scenario-v1alpha1.json".into());
    let mut text = serde_json::to_string_pretty(schema.as_value()).unwrap_or_default();
    text.push('\n');
    text
}
