//! The manifests: the arrows between crates, and the lints' configuration of the pure ones.

use std::collections::BTreeMap;
use std::error::Error;
use std::path::Path;
use std::process::{Command, Stdio};

use serde::Deserialize;

use super::crates::{self, Policy, Role};
use super::finding::Finding;

/// A crate of the workspace, as `cargo metadata` shows it.
#[derive(Debug, Deserialize)]
pub(crate) struct Package {
    name: String,
    dependencies: Vec<Dependency>,
}

#[derive(Debug, Deserialize)]
struct Dependency {
    name: String,
    /// `None` is a normal one, else `dev` or `build`.
    kind: Option<String>,
}

#[derive(Debug, Deserialize)]
struct Metadata {
    packages: Vec<Package>,
}

/// Crates that talk to the system: not for pure crates.
const SYSTEM: &[&str] = &[
    "caps",
    "io-uring",
    "libc",
    "mio",
    "netlink-sys",
    "nix",
    "perf-event2",
    "procfs",
    "quanta",
    "rustix",
    "sd-notify",
    "signal-hook",
    "socket2",
    "tokio",
    "tracing-subscriber",
    "uzers",
];

/// Crates that know the command line or the terminal: only for programs.
const COMMAND_LINE: &[&str] =
    &["anstream", "anstyle", "clap", "clap_complete", "clap_mangen", "indicatif", "ratatui"];

/// The crates of the workspace at `root`.
pub(crate) fn packages(root: &Path) -> Result<Vec<Package>, Box<dyn Error>> {
    let output = Command::new("cargo")
        .args(["metadata", "--no-deps", "--format-version", "1", "--offline"])
        .current_dir(root)
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .output()?;
    if !output.status.success() {
        return Err(format!("cargo metadata failed: {}", output.status).into());
    }
    Ok(serde_json::from_slice::<Metadata>(&output.stdout)?.packages)
}

/// Checks the arrows between the crates and to those from outside.
pub(crate) fn check(packages: &[Package]) -> Vec<Finding> {
    let own: Vec<&str> = packages.iter().map(|package| package.name.as_str()).collect();
    let mut findings = Vec::new();
    for package in packages {
        let manifest = format!("crates/{}/Cargo.toml", package.name);
        let Some(policy) = crates::policy(&package.name) else {
            let message = "not in the table of crates/xtask/src/tidy/crates.rs: say what it may \
                           use and do, there and in ARCHITECTURE.md";
            findings.push(Finding::file(&manifest, "crate", message));
            continue;
        };
        for dependency in &package.dependencies {
            if let Some(message) = dependency.objection(policy, &own) {
                findings.push(Finding::file(&manifest, "arrow", message));
            }
        }
    }
    findings
}

impl Dependency {
    /// Why a crate with this policy must not have this dependency.
    fn objection(&self, policy: &Policy, own: &[&str]) -> Option<String> {
        let name = self.name.as_str();
        if own.contains(&name) {
            let allowed = policy.uses.contains(&name);
            return (!allowed).then(|| {
                format!("depends on {name}; it may use only [{}]", policy.uses.join(", "))
            });
        }
        let is_product = self.kind.as_deref() != Some("dev");
        let program = matches!(policy.role, Role::Program | Role::Task);
        if is_product && policy.role == Role::Pure && SYSTEM.contains(&name) {
            return Some(format!("a pure crate depends on {name}, which talks to the system"));
        }
        if is_product && !program && COMMAND_LINE.contains(&name) {
            return Some(format!("depends on {name}: only the binary knows the command line"));
        }
        None
    }
}

/// Checks that each pure crate has a `clippy.toml` which keeps the root's settings (clippy reads only one of the two)
/// and refuses the clocks.
pub(crate) fn check_clippy(texts: &BTreeMap<String, String>) -> Vec<Finding> {
    let root = texts.get("clippy.toml").and_then(|text| settings(text)).unwrap_or_default();
    let mut findings = Vec::new();
    for name in crates::pure() {
        if !texts.contains_key(&format!("crates/{name}/Cargo.toml")) {
            continue;
        }
        let path = format!("crates/{name}/clippy.toml");
        let Some(own) = texts.get(&path).and_then(|text| settings(text)) else {
            let message = "a pure crate needs a clippy.toml: copy that of sockscope-proto";
            findings.push(Finding::file(&path, "clippy", message));
            continue;
        };
        for (key, value) in &root {
            if own.get(key) != Some(value) {
                let message = format!("{key} differs from the root's, which it replaces");
                findings.push(Finding::file(&path, "clippy", message));
            }
        }
        let refused = refused_methods(&own);
        for clock in ["std::time::Instant::now", "std::time::SystemTime::now"] {
            if !refused.contains(&clock) {
                let message = format!("disallowed-methods lacks {clock}");
                findings.push(Finding::file(&path, "clippy", message));
            }
        }
    }
    findings
}

/// The paths under `disallowed-methods`, written bare or with a reason.
fn refused_methods(settings: &toml::Table) -> Vec<&str> {
    let entries = settings.get("disallowed-methods").and_then(toml::Value::as_array);
    let entries = entries.into_iter().flatten();
    entries.filter_map(|entry| entry.get("path").unwrap_or(entry).as_str()).collect()
}

fn settings(text: &str) -> Option<toml::Table> {
    text.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn package(name: &str, dependencies: &[(&str, Option<&str>)]) -> Package {
        let dependency = |(name, kind): &(&str, Option<&str>)| Dependency {
            name: (*name).to_owned(),
            kind: kind.map(ToOwned::to_owned),
        };
        Package {
            name: name.to_owned(),
            dependencies: dependencies.iter().map(dependency).collect(),
        }
    }

    fn messages(packages: &[Package]) -> Vec<String> {
        check(packages).into_iter().map(|finding| finding.message).collect()
    }

    #[test]
    fn an_arrow_against_the_direction_is_found_even_for_tests() {
        for kind in [None, Some("dev"), Some("build")] {
            let packages = [
                package("sockscope-proto", &[("sockscope-net", kind)]),
                package("sockscope-net", &[("sockscope-sys", None)]),
                package("sockscope-sys", &[]),
            ];
            assert_eq!(messages(&packages), ["depends on sockscope-net; it may use only []"]);
        }
    }

    #[test]
    fn pure_crates_use_nothing_that_talks_to_the_system_but_in_tests() {
        let bad = [package("sockscope-stats", &[("rustix", None), ("thiserror", None)])];
        assert_eq!(messages(&bad), ["a pure crate depends on rustix, which talks to the system"]);
        assert!(messages(&[package("sockscope-stats", &[("rustix", Some("dev"))])]).is_empty());
        assert!(messages(&[package("sockscope-net", &[("rustix", None)])]).is_empty());
    }

    #[test]
    fn only_the_binary_knows_the_command_line() {
        let bad = [package("sockscope-engine", &[("clap", None)])];
        assert_eq!(messages(&bad), ["depends on clap: only the binary knows the command line"]);
        assert!(messages(&[package("sockscope", &[("clap", None)])]).is_empty());
    }

    #[test]
    fn a_crate_that_nobody_knows_is_found() {
        assert!(messages(&[package("sockscope-extra", &[])])[0].starts_with("not in the table"));
    }

    #[test]
    fn a_pure_crates_clippy_file_repeats_the_root_and_refuses_clocks() {
        let good = "too-many-lines-threshold = 70\n\
                    disallowed-methods = [\"std::time::Instant::now\", \
                    { path = \"std::time::SystemTime::now\" }]";
        let check = |own: Option<&str>| {
            let mut texts = BTreeMap::from([
                ("clippy.toml".to_owned(), "too-many-lines-threshold = 70".to_owned()),
                ("crates/sockscope-proto/Cargo.toml".to_owned(), String::new()),
            ]);
            if let Some(own) = own {
                texts.insert("crates/sockscope-proto/clippy.toml".to_owned(), own.to_owned());
            }
            check_clippy(&texts).len()
        };
        assert_eq!(check(Some(good)), 0);
        assert_eq!(check(Some(&good.replace("70", "90"))), 1);
        assert_eq!(check(Some(&good.replace("Instant", "Constant"))), 1);
        assert_eq!(check(None), 1);
    }
}
