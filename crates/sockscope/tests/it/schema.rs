//! Schemas: what `schema` prints is what is committed under docs/schema, and what is written obeys it.
//!
//! `SNAPSHOTS=overwrite cargo test -p sockscope --test it schema` writes them anew; a difference in a released schema
//! may only add.

use std::path::{Path, PathBuf};

use serde_json::Value;
use snapbox::Data;

use crate::ping_scene::sockscope;

/// The committed schema of a document.
fn path(name: &str) -> PathBuf {
    let file = format!("../../docs/schema/{}.json", name.replace('/', "-"));
    Path::new(env!("CARGO_MANIFEST_DIR")).join(file)
}

fn names() -> Vec<String> {
    let assert = sockscope().arg("schema").assert().code(0).stderr_eq("");
    let text = String::from_utf8_lossy(&assert.get_output().stdout).into_owned();
    text.lines().map(str::to_owned).collect()
}

#[test]
fn the_committed_schemas_are_those_of_this_version() {
    for name in names() {
        let committed = Data::read_from(&path(&name), None).raw();
        sockscope().args(["schema", &name]).assert().code(0).stdout_eq(committed);
    }
}

#[test]
fn a_document_has_a_short_name_too_and_an_unknown_one_is_refused() {
    let long = sockscope().args(["schema", "sockscope.bench/1"]).output().expect("it runs").stdout;
    let short = sockscope().args(["schema", "bench"]).output().expect("it runs").stdout;
    assert_eq!(long, short);
    let refused = sockscope().args(["schema", "nosuch"]).assert().code(2).stdout_eq("");
    let message = String::from_utf8_lossy(&refused.get_output().stderr).into_owned();
    assert!(message.contains("there are sockscope.bench/1"), "{message}");
}

#[test]
fn a_result_obeys_its_schema() {
    let args = ["bench", "--rounds", "6", "--block", "5ms", "--view", "solo", "--json", "-q"];
    let output = sockscope().args(args).output().expect("it runs");
    let result: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    check(&result, "sockscope.bench/1");
}

/// Checks that every value has the type that the schema says, that no required field is missing, and that no field is
/// unknown (readers allow those; we do not write any).
pub(crate) fn check(document: &Value, name: &str) {
    let text = std::fs::read_to_string(path(name)).expect("a committed schema");
    let root: Value = serde_json::from_str(&text).expect("JSON");
    obeys(document, &root, &root, name);
}

fn obeys(value: &Value, schema: &Value, root: &Value, place: &str) {
    if let Some(reference) = schema["$ref"].as_str() {
        let target = root.pointer(reference.trim_start_matches('#')).expect("a definition");
        return obeys(value, target, root, place);
    }
    if let Some(choices) = schema["anyOf"].as_array() {
        assert_eq!(choices.len(), 2, "{place}: something or null");
        if !value.is_null() {
            obeys(value, &choices[0], root, place);
        }
        return;
    }
    let types = match &schema["type"] {
        Value::String(one) => vec![one.as_str()],
        Value::Array(many) => many.iter().filter_map(Value::as_str).collect(),
        other => panic!("{place}: no type but {other}"),
    };
    let kind = match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(number) if number.is_f64() => "number",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    };
    let whole = kind == "integer" && types.contains(&"number");
    assert!(whole || types.contains(&kind), "{place}: {kind}, not {types:?}");
    for (index, item) in value.as_array().into_iter().flatten().enumerate() {
        obeys(item, &schema["items"], root, &format!("{place}[{index}]"));
    }
    let Some(object) = value.as_object() else { return };
    for required in schema["required"].as_array().into_iter().flatten() {
        assert!(object.contains_key(required.as_str().expect("a name")), "{place}: {required}");
    }
    for (key, field) in object {
        let known = schema["properties"].get(key).or(schema.get("additionalProperties"));
        let schema = known.unwrap_or_else(|| panic!("{place}.{key} is not in the schema"));
        obeys(field, schema, root, &format!("{place}.{key}"));
    }
}
