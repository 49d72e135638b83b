//! `RustFile`: one source file, read once for all checks.

use std::ops::RangeInclusive;

use proc_macro2::TokenStream;
use syn::spanned::Spanned;
use syn::visit::{self, Visit};

use super::crates::{self, Policy};
use super::mention::{self, Mention};

/// A source file and what the checks need to know of it.
#[derive(Debug)]
pub(crate) struct RustFile {
    /// From the root of the workspace, with `/`.
    pub(crate) path: String,
    /// The text.
    pub(crate) text: String,
    /// Every path that its code mentions.
    pub(crate) mentions: Vec<Mention>,
    /// Every function with a body.
    pub(crate) functions: Vec<Function>,
    /// Lines of items that only exist in tests.
    test_lines: Vec<RangeInclusive<usize>>,
    /// Modules that only exist in tests and lie in files of their own: their path without `.rs`.
    pub(crate) test_modules: Vec<String>,
    /// Whether the whole file only exists in tests.
    pub(crate) is_test: bool,
}

/// A function with a body.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Function {
    /// Its name, without that of its type.
    pub(crate) name: String,
    /// Where its signature begins.
    pub(crate) line: usize,
    /// From the signature to the closing brace.
    pub(crate) lines: usize,
}

impl RustFile {
    /// Reads `text` as Rust.
    pub(crate) fn parse(path: &str, text: &str) -> Result<Self, syn::Error> {
        let syntax = syn::parse_file(text)?;
        let tokens: TokenStream = text.parse()?;
        let mut survey = Survey { directory: module_directory(path), ..Survey::default() };
        survey.visit_file(&syntax);
        Ok(Self {
            path: path.to_owned(),
            text: text.to_owned(),
            mentions: mention::mentions(tokens),
            functions: survey.functions,
            test_lines: survey.test_lines,
            test_modules: survey.test_modules,
            is_test: is_test_target(path),
        })
    }

    /// The rules of the crate that the file belongs to; `None` outside `crates/`.
    pub(crate) fn policy(&self) -> Option<&'static Policy> {
        crates::policy(self.path.strip_prefix("crates/")?.split('/').next()?)
    }

    /// The mentions that are compiled into the product.
    pub(crate) fn product_mentions(&self) -> impl Iterator<Item = &Mention> {
        self.mentions.iter().filter(|mention| !self.is_test_line(mention.line))
    }

    /// Whether this line only exists in tests.
    fn is_test_line(&self, line: usize) -> bool {
        self.is_test || self.test_lines.iter().any(|lines| lines.contains(&line))
    }

    /// Whether the file is the root of a library or a program.
    pub(crate) fn is_crate_root(&self) -> bool {
        self.path.ends_with("/src/lib.rs") || self.path.ends_with("/src/main.rs")
    }
}

/// Where the files of the modules that `path` declares are looked for.
fn module_directory(path: &str) -> String {
    let stem = path.strip_suffix(".rs").unwrap_or(path);
    match stem.rsplit_once('/') {
        Some((directory, "lib" | "main" | "mod")) => directory.to_owned(),
        _ => stem.to_owned(),
    }
}

/// Whether cargo builds the file for tests, benches or examples only.
fn is_test_target(path: &str) -> bool {
    let in_crate = path.splitn(3, '/').nth(2).unwrap_or(path);
    ["tests/", "benches/", "examples/"].iter().any(|directory| in_crate.starts_with(directory))
}

/// Collects functions and test-only items on the way through a syntax tree.
#[derive(Default)]
struct Survey {
    directory: String,
    functions: Vec<Function>,
    test_lines: Vec<RangeInclusive<usize>>,
    test_modules: Vec<String>,
}

impl Survey {
    fn function(&mut self, signature: &syn::Signature, block: &syn::Block) {
        let line = signature.span().start().line;
        let lines = block.span().end().line - line + 1;
        self.functions.push(Function { name: signature.ident.to_string(), line, lines });
    }

    fn test_only(&mut self, attributes: &[syn::Attribute], item: &impl Spanned) -> bool {
        let test_only = attributes.iter().any(is_test_attribute);
        if test_only {
            let span = item.span();
            self.test_lines.push(span.start().line..=span.end().line);
        }
        test_only
    }
}

impl<'ast> Visit<'ast> for Survey {
    fn visit_item_mod(&mut self, item: &'ast syn::ItemMod) {
        if self.test_only(&item.attrs, item) && item.content.is_none() {
            self.test_modules.push(format!("{}/{}", self.directory, item.ident));
        }
        visit::visit_item_mod(self, item);
    }

    fn visit_item_fn(&mut self, item: &'ast syn::ItemFn) {
        self.test_only(&item.attrs, item);
        self.function(&item.sig, &item.block);
        visit::visit_item_fn(self, item);
    }

    fn visit_item_use(&mut self, item: &'ast syn::ItemUse) {
        self.test_only(&item.attrs, item);
    }

    fn visit_item_impl(&mut self, item: &'ast syn::ItemImpl) {
        self.test_only(&item.attrs, item);
        visit::visit_item_impl(self, item);
    }

    fn visit_impl_item_fn(&mut self, item: &'ast syn::ImplItemFn) {
        self.test_only(&item.attrs, item);
        self.function(&item.sig, &item.block);
        visit::visit_impl_item_fn(self, item);
    }

    fn visit_trait_item_fn(&mut self, item: &'ast syn::TraitItemFn) {
        if let Some(block) = &item.default {
            self.function(&item.sig, block);
        }
        visit::visit_trait_item_fn(self, item);
    }
}

/// `#[test]`, `#[cfg(test)]` or `#[cfg(all(test, …))]`.
fn is_test_attribute(attribute: &syn::Attribute) -> bool {
    if attribute.path().is_ident("test") {
        return true;
    }
    let mut test_only = false;
    if attribute.path().is_ident("cfg") {
        // A condition that is not of these forms is simply not taken for a test: the checks are then stricter.
        let _ = attribute.parse_nested_meta(|meta| {
            if meta.path.is_ident("all") {
                return meta.parse_nested_meta(|meta| {
                    test_only |= meta.path.is_ident("test");
                    Ok(())
                });
            }
            test_only |= meta.path.is_ident("test");
            Ok(())
        });
    }
    test_only
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(path: &str, text: &str) -> RustFile {
        RustFile::parse(path, text).expect("the snippet is Rust")
    }

    fn product(text: &str) -> Vec<String> {
        let file = parse("crates/a/src/a.rs", text);
        file.product_mentions().map(|mention| mention.path.join("::")).collect()
    }

    #[test]
    fn a_function_is_as_long_as_from_its_signature_to_its_closing_brace() {
        let text = "/// Doc.\n#[inline]\nfn one() {}\n\nimpl A {\n    fn three(\n        self,\n    ) {}\n}\n\
                    trait B { fn none(); fn two() {\n} }\n";
        let functions = parse("crates/a/src/lib.rs", text).functions;
        let functions: Vec<_> =
            functions.iter().map(|f| (f.name.as_str(), f.line, f.lines)).collect();
        assert_eq!(functions, [("one", 3, 1), ("three", 6, 3), ("two", 10, 2)]);
    }

    #[test]
    fn what_only_exists_in_tests_is_not_product() {
        for test in [
            "#[cfg(test)]\nmod tests {\n use std::env;\n}",
            "#[cfg(all(test, unix))]\nuse std::env;",
            "#[test]\nfn f() {\n std::env::var();\n}",
        ] {
            assert!(!product(test).contains(&"std::env".to_owned()), "{test}");
            assert!(!product(test).contains(&"std::env::var".to_owned()), "{test}");
        }
        assert!(product("#[cfg(not(test))]\nuse std::env;").contains(&"std::env".to_owned()));
        assert!(product("#[cfg(any(test, unix))]\nuse std::env;").contains(&"std::env".to_owned()));
    }

    #[test]
    fn test_modules_in_files_of_their_own_are_named() {
        let declaration = "#[cfg(test)]\nmod tests;";
        let rows = [
            ("crates/a/src/lib.rs", "crates/a/src/tests"),
            ("crates/a/src/b.rs", "crates/a/src/b/tests"),
        ];
        for (path, module) in rows {
            assert_eq!(parse(path, declaration).test_modules, [module]);
        }
    }

    #[test]
    fn files_of_test_targets_are_tests_as_a_whole() {
        assert!(parse("crates/a/tests/it/main.rs", "").is_test);
        assert!(parse("crates/a/benches/b.rs", "").is_test);
        assert!(!parse("crates/a/src/tests/c.rs", "").is_test);
    }
}
