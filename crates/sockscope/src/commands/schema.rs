//! `schema`: what each JSON document looks like, as JSON Schema.

use sockscope_report::schema::Document;

use crate::fault::CliError;
use crate::printer::Printer;
use crate::status::Status;

/// Print the JSON Schema of a result
///
/// Without a name, list the documents that have one. The schemas describe what this version reads: fields and names may
/// be added within the same number, and an unknown one is no error.
#[derive(Debug, clap::Args)]
#[command(after_help = AFTER_HELP)]
pub(crate) struct Args {
    /// Which document, such as sockscope.bench/1 or bench
    #[arg(value_name = "NAME", value_parser = document)]
    document: Option<Document>,
}

/// Prints one schema, or the names of all.
pub(crate) fn run(args: &Args) -> Result<Status, CliError> {
    let text = match args.document {
        Some(document) => document.json_schema(),
        None => Document::ALL.map(|document| format!("{}\n", document.name())).concat(),
    };
    Printer::new(false).result(text).map_err(CliError::environment)?;
    Ok(Status::Yes)
}

/// A document by its name, with or without the program's name and the number.
fn document(name: &str) -> Result<Document, String> {
    let short = |document: &Document| {
        let name = document.name();
        let name = name.strip_prefix("sockscope.").unwrap_or(name);
        name.split('/').next().unwrap_or(name)
    };
    Document::ALL
        .into_iter()
        .find(|document| document.name() == name || short(document) == name)
        .ok_or_else(|| {
            let names = Document::ALL.map(Document::name);
            format!("no document is called {name:?}; there are {}", names.join(", "))
        })
}

const AFTER_HELP: &str = "\
Examples:
  sockscope schema
  sockscope schema bench > bench.schema.json";
