//! Reading: a result from JSON, refused in words when it is not one.

use serde::Deserialize;

use crate::model::{Report, SCHEMA};

/// Why a text is not a result that this version can read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// Not JSON, or JSON of another shape.
    #[error("cannot read the result: it is not a complete {SCHEMA} document")]
    Malformed(#[source] serde_json::Error),
    /// JSON that says it is something else.
    #[error("cannot read the result: its schema is {found:?}, not {SCHEMA:?}")]
    OtherSchema {
        /// What it says it is.
        found: String,
    },
    /// A result of a later major format, which this version would misread.
    #[error("cannot read the result: its schema {found:?} is newer than {SCHEMA:?}")]
    NewerMajor {
        /// What it says it is.
        found: String,
    },
}

impl ReadError {
    /// What to do about it.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        Some(match self {
            Self::Malformed(_) => {
                "is the file whole? results are written by `sockscope bench -o FILE`".to_owned()
            }
            Self::OtherSchema { .. } => {
                "give a file that `sockscope bench -o FILE` wrote".to_owned()
            }
            Self::NewerMajor { .. } => {
                "read it with the version of sockscope that wrote it, or a newer one".to_owned()
            }
        })
    }
}

impl Report {
    /// Reads a result. Fields that this version does not know are ignored.
    pub fn from_json(text: &str) -> Result<Self, ReadError> {
        /// The one field that says how to read the others.
        #[derive(Deserialize)]
        struct Header {
            schema: String,
        }
        let Header { schema } = serde_json::from_str(text).map_err(ReadError::Malformed)?;
        check_schema(schema)?;
        serde_json::from_str(text).map_err(ReadError::Malformed)
    }
}

fn check_schema(found: String) -> Result<(), ReadError> {
    let major = |schema: &str| {
        let (name, major) = schema.rsplit_once('/')?;
        Some((name.to_owned(), major.parse::<u32>().ok()?))
    };
    match (major(&found), major(SCHEMA)) {
        (Some((name, number)), Some((ours, newest))) if name == ours => {
            if number > newest {
                Err(ReadError::NewerMajor { found })
            } else {
                Ok(())
            }
        }
        _ => Err(ReadError::OtherSchema { found }),
    }
}
