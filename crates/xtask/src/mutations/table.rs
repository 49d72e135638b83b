//! Table: what was tried, for docs/measuring.md.

use std::error::Error;

use super::Mutation;
use super::trial::Outcome;

const BEGIN: &str = "<!-- mutations: written by `cargo xtask mutations --write` -->";
const END: &str = "<!-- end of mutations -->";

/// The page with the table between its two marks replaced.
pub(super) fn inserted(
    page: &str,
    tried: &[(Mutation, Outcome)],
) -> Result<String, Box<dyn Error>> {
    let missing = || format!("docs/measuring.md lacks a line {BEGIN:?} or {END:?}");
    let (before, rest) = page.split_once(BEGIN).ok_or_else(missing)?;
    let (_, after) = rest.split_once(END).ok_or_else(missing)?;
    Ok(format!("{before}{BEGIN}\n\n{}\n{END}{after}", table(tried)))
}

fn table(tried: &[(Mutation, Outcome)]) -> String {
    let head = "| published error | the code, broken on purpose | the test, and what it printed |\n|---|---|---|\n";
    let row = |(mutation, outcome): &(Mutation, Outcome)| {
        let said = match outcome {
            Outcome::Noticed(words) => format!("`{}`", cell(&words.replace('`', "'"))),
            other => cell(&other.to_string()),
        };
        let (error, change) = (cell(&mutation.error), cell(&mutation.change));
        let test = mutation.test.rsplit("::").next().unwrap_or_default();
        format!("| {error} | {change} ({}) | `{test}`: {said} |\n", mutation.file)
    };
    head.to_owned() + &tried.iter().map(row).collect::<String>()
}

/// A text that does not end its cell.
fn cell(text: &str) -> String {
    text.replace('|', "\\|").replace('\n', " ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_replaces_what_stands_between_the_marks_and_nothing_else() {
        let mutation = Mutation {
            error: "half".into(),
            change: "a|b".into(),
            file: "x.rs".into(),
            find: String::new(),
            replace: String::new(),
            package: String::new(),
            test: "faults::never_halved".into(),
        };
        let page = format!("above\n{BEGIN}\nold\n{END}\nbelow\n");
        let tried = [(mutation, Outcome::Noticed("left: `1`".into()))];
        let page = inserted(&page, &tried).expect("both marks are there");
        assert!(page.starts_with("above\n") && page.ends_with("\nbelow\n"), "{page}");
        assert!(page.contains("| half | a\\|b (x.rs) | `never_halved`: `left: '1'` |"), "{page}");
        assert!(!page.contains("old"), "{page}");
        assert!(inserted("no marks", &tried).is_err());
    }
}
