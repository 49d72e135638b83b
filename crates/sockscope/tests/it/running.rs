//! A `sockscope serve` of the tests' own, killed when dropped.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

/// A server that is ready.
pub(crate) struct Served {
    child: Child,
    /// Where it listens, in the order given, ports resolved.
    pub(crate) endpoints: Vec<String>,
}

impl Served {
    /// Starts `serve` with these arguments and waits until every endpoint is ready.
    pub(crate) fn start(args: &[&str]) -> Self {
        let wanted = args.iter().take_while(|arg| !arg.starts_with("--")).count();
        let mut child = Command::new(env!("CARGO_BIN_EXE_sockscope"))
            .args(["serve", "--ready-fd", "1"])
            .args(args)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let endpoints: Vec<_> = lines.take(wanted).map(Result::unwrap).collect();
        assert_eq!(endpoints.len(), wanted, "the server did not become ready");
        Self { child, endpoints }
    }

    /// Its process.
    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
