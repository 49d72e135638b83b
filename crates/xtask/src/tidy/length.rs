//! Lengths: a file and a function must fit into a reader's head.

use super::allowance::Allowance;
use super::finding::Finding;
use super::source::RustFile;

const FILE_LINES_MAX: usize = 500;
const FUNCTION_LINES_MAX: usize = 70;

/// A file or a function that is measured.
struct Length<'a> {
    path: &'a str,
    function: Option<&'a str>,
    line: Option<usize>,
    lines: usize,
}

impl Length<'_> {
    const fn limit(&self) -> usize {
        if self.function.is_some() { FUNCTION_LINES_MAX } else { FILE_LINES_MAX }
    }

    fn finding(&self, limit: usize) -> Finding {
        let object =
            self.function.map_or_else(|| "the file".to_owned(), |name| format!("fn {name}"));
        Finding {
            line: self.line,
            ..Finding::file(
                self.path,
                "length",
                format!("{object} has {} lines, the limit is {limit}", self.lines),
            )
        }
    }

    fn is_meant_by(&self, allowance: &Allowance) -> bool {
        self.path == allowance.path && self.function == allowance.function.as_deref()
    }
}

/// Checks the lengths of all files and their functions, and that every allowance is needed.
pub(crate) fn check(files: &[RustFile], allowances: &[Allowance]) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut needed = vec![false; allowances.len()];
    for length in files.iter().flat_map(lengths).filter(|length| length.lines > length.limit()) {
        let allowance = allowances.iter().position(|allowance| length.is_meant_by(allowance));
        let limit = allowance.map_or(length.limit(), |index| {
            needed[index] = true;
            allowances[index].limit
        });
        if length.lines > limit {
            findings.push(length.finding(limit));
        }
    }
    let unneeded = allowances.iter().zip(needed).filter(|(_, needed)| !needed);
    findings
        .extend(unneeded.map(|(allowance, _)| allowance.finding("no longer needed: remove it")));
    findings
}

fn lengths(file: &RustFile) -> impl Iterator<Item = Length<'_>> {
    let path = file.path.as_str();
    let whole = Length { path, function: None, line: None, lines: file.text.lines().count() };
    let functions = file.functions.iter().map(move |function| Length {
        path,
        function: Some(&function.name),
        line: Some(function.line),
        lines: function.lines,
    });
    std::iter::once(whole).chain(functions)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A function `f` of this many lines in a file of that many.
    fn file(function_lines: usize, file_lines: usize) -> RustFile {
        let function = format!("fn f() {{{}}}", "\n".repeat(function_lines - 1));
        let text = function + &"\n".repeat(file_lines - function_lines + 1);
        RustFile::parse("a.rs", &text).expect("the snippet is Rust")
    }

    fn allowance(function: Option<&str>, limit: usize) -> Allowance {
        Allowance {
            path: "a.rs".to_owned(),
            function: function.map(ToOwned::to_owned),
            limit,
            until: jiff::civil::date(2030, 1, 1),
            reason: "because".to_owned(),
        }
    }

    fn messages(file: RustFile, allowances: &[Allowance]) -> Vec<String> {
        check(&[file], allowances).into_iter().map(|finding| finding.message).collect()
    }

    #[test]
    fn lengths_are_allowed_up_to_the_limit() {
        assert_eq!(messages(file(70, 500), &[]), [""; 0]);
        assert_eq!(messages(file(71, 500), &[]), ["fn f has 71 lines, the limit is 70"]);
        assert_eq!(messages(file(70, 501), &[]), ["the file has 501 lines, the limit is 500"]);
    }

    #[test]
    fn an_allowance_moves_one_limit_and_no_other() {
        let both = [allowance(Some("f"), 80), allowance(None, 600)];
        assert_eq!(messages(file(80, 600), &both), [""; 0]);
        assert_eq!(messages(file(81, 600), &both), ["fn f has 81 lines, the limit is 80"]);
        assert_eq!(messages(file(80, 601), &both), ["the file has 601 lines, the limit is 600"]);
    }

    #[test]
    fn an_allowance_that_is_not_needed_is_found() {
        let found = check(&[file(70, 500)], &[allowance(Some("f"), 80), allowance(Some("g"), 80)]);
        let messages: Vec<&str> = found.iter().map(|finding| finding.message.as_str()).collect();
        assert_eq!(
            messages,
            [
                "allowance for fn f of a.rs: no longer needed: remove it",
                "allowance for fn g of a.rs: no longer needed: remove it"
            ]
        );
        assert!(found.iter().all(|finding| finding.path == "tidy.toml"));
    }
}
