//! `Mention`: a path that occurs in Rust code, in imports, expressions and macro bodies alike.
//!
//! It works on tokens, because syn leaves the bodies of macros unparsed and a `format!` can hide a call. Names are not
//! resolved: an import is itself a mention of what it imports, and that is where a rule finds it.

use proc_macro2::{Delimiter, Spacing, TokenStream, TokenTree};

/// `a::b::c`, or `a::b!` when it is the call of a macro.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Mention {
    /// The segments; a glob import ends in `*`.
    pub(crate) path: Vec<String>,
    /// Whether it is the name of a macro that is called here.
    pub(crate) is_macro: bool,
    /// Where it begins, counted from 1.
    pub(crate) line: usize,
}

impl Mention {
    /// Whether these segments occur in the path, side by side.
    pub(crate) fn names(&self, segments: &[&str]) -> bool {
        self.path.windows(segments.len()).any(|window| window == segments)
    }

    /// Whether this is a call of the macro `name`, under whatever path.
    pub(crate) fn calls_macro(&self, name: &str) -> bool {
        self.is_macro && self.path.last().is_some_and(|last| last == name)
    }
}

/// Every mention in `tokens`, in order.
pub(crate) fn mentions(tokens: TokenStream) -> Vec<Mention> {
    let mut found = Vec::new();
    scan(tokens, &[], &mut found);
    found
}

/// Finds the mentions in `tokens`; `prefix` is what stands before the braces of an import.
fn scan(tokens: TokenStream, prefix: &[String], found: &mut Vec<Mention>) {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    let mut at = 0;
    while let Some(token) = tokens.get(at) {
        at += 1;
        match token {
            TokenTree::Ident(ident) if *ident == "as" && !prefix.is_empty() => at += 1,
            TokenTree::Ident(ident) => {
                let mut path = prefix.to_vec();
                path.push(ident.to_string());
                at = follow(&tokens, at, path, found);
            }
            TokenTree::Group(group) => scan(group.stream(), &[], found),
            TokenTree::Punct(punct) if punct.as_char() == '*' && !prefix.is_empty() => {
                let line = token.span().start().line;
                let path = [prefix, &["*".to_owned()]].concat();
                found.push(Mention { path, is_macro: false, line });
            }
            TokenTree::Punct(_) | TokenTree::Literal(_) => {}
        }
    }
}

/// Reads the rest of the path whose first segment lies just before `at`; returns where to go on.
fn follow(
    tokens: &[TokenTree],
    mut at: usize,
    mut path: Vec<String>,
    found: &mut Vec<Mention>,
) -> usize {
    let line = tokens[at - 1].span().start().line;
    while is_separator(tokens, at) {
        match tokens.get(at + 2) {
            Some(TokenTree::Ident(ident)) => path.push(ident.to_string()),
            Some(TokenTree::Punct(punct)) if punct.as_char() == '*' => path.push("*".to_owned()),
            Some(TokenTree::Group(group)) if group.delimiter() == Delimiter::Brace => {
                scan(group.stream(), &path, found);
                return at + 3;
            }
            _ => break,
        }
        at += 3;
    }
    if path.len() > 1 && path.last().is_some_and(|last| last == "self") {
        path.pop();
    }
    found.push(Mention { path, is_macro: is_macro_call(tokens, at), line });
    at
}

fn is_separator(tokens: &[TokenTree], at: usize) -> bool {
    let colon = |token: Option<&TokenTree>| match token {
        Some(TokenTree::Punct(punct)) if punct.as_char() == ':' => Some(punct.spacing()),
        _ => None,
    };
    colon(tokens.get(at)) == Some(Spacing::Joint) && colon(tokens.get(at + 1)).is_some()
}

fn is_macro_call(tokens: &[TokenTree], at: usize) -> bool {
    matches!(tokens.get(at), Some(TokenTree::Punct(punct)) if punct.as_char() == '!')
        && matches!(tokens.get(at + 1), Some(TokenTree::Group(_)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paths(code: &str) -> Vec<String> {
        let tokens = code.parse().expect("the snippet is Rust");
        let text =
            |mention: Mention| mention.path.join("::") + if mention.is_macro { "!" } else { "" };
        mentions(tokens).into_iter().map(text).collect()
    }

    #[test]
    fn imports_are_spelt_out() {
        let rows: [(&str, &[&str]); 5] = [
            ("use std::env;", &["use", "std::env"]),
            ("use std::{env, fs::File};", &["use", "std::env", "std::fs::File"]),
            ("use std::io::{self, Read as _};", &["use", "std::io", "std::io::Read"]),
            ("use std::{net::*, os};", &["use", "std::net::*", "std::os"]),
            ("use a::{b::{c, d}, *};", &["use", "a::b::c", "a::b::d", "a::*"]),
        ];
        for (code, expected) in rows {
            assert_eq!(paths(code), expected, "{code}");
        }
    }

    #[test]
    fn calls_are_found_in_expressions_and_in_the_bodies_of_macros() {
        assert_eq!(paths("x(::std::env::var(y))"), ["x", "std::env::var", "y"]);
        assert_eq!(paths(r#"format!("{}", env::var(k))"#), ["format!", "env::var", "k"]);
        assert_eq!(paths("Vec::<u8>::new()"), ["Vec", "u8", "new"]);
        assert_eq!(paths("if a != (b) {}"), ["if", "a", "b"]);
    }

    #[test]
    fn comments_and_strings_mention_nothing() {
        assert_eq!(paths("// std::env\nlet x = \"std::env\";"), ["let", "x"]);
    }

    #[test]
    fn a_mention_knows_its_line() {
        let found = mentions("\n\nstd::env::var(k)".parse().expect("the snippet is Rust"));
        assert_eq!(found[0].line, 3);
        assert!(found[0].names(&["std", "env"]) && !found[0].names(&["env", "std"]));
    }
}
