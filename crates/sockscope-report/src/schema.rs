//! Schema: what each JSON document looks like, as JSON Schema for other programs.
//!
//! Generated from the model itself, so it cannot be wrong about it. It describes what this version
//! *reads*: a field that came later is not required, one that is not known is allowed, and a name
//! (a view, a verdict) is any text, with the known ones as examples.

use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, Schema};

use crate::compare::model::{self as compare, CompareReport};
use crate::doctor::model::{self as doctor, DoctorReport};
use crate::model::{self, Report};

/// A document that has a schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Document {
    /// A result of `bench`.
    Bench,
    /// A comparison between runs.
    Compare,
    /// An examination of a machine.
    Doctor,
}

impl Document {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Bench, Self::Compare, Self::Doctor];

    /// What its `schema` field says: `sockscope.bench/1`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Bench => model::SCHEMA,
            Self::Compare => compare::SCHEMA,
            Self::Doctor => doctor::SCHEMA,
        }
    }

    /// Its JSON Schema (draft 2020-12), pretty-printed with a newline at the end.
    #[must_use]
    pub fn json_schema(self) -> String {
        let mut schema = match self {
            Self::Bench => generate::<Report>(),
            Self::Compare => generate::<CompareReport>(),
            Self::Doctor => generate::<DoctorReport>(),
        };
        schema.insert("title".to_owned(), self.name().into());
        let text = serde_json::to_string_pretty(&schema);
        text.unwrap_or_else(|_| unreachable!("a schema has only string keys")) + "\n"
    }
}

fn generate<T: JsonSchema>() -> Schema {
    SchemaSettings::draft2020_12().into_generator().into_root_schema_for::<T>()
}
