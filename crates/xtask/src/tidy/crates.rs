//! The crates: what each may use and what it may do. ARCHITECTURE.md says why.

/// The rules of one crate.
#[derive(Debug)]
pub(crate) struct Policy {
    /// Its name, which is also that of its directory below `crates/`.
    pub(crate) name: &'static str,
    /// The crates of the workspace that it may depend on.
    pub(crate) uses: &'static [&'static str],
    /// What it may do.
    pub(crate) role: Role,
}

/// What the code of a crate may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    /// `unsafe`, and nothing that decides.
    Unsafe,
    /// Neither system calls nor clocks.
    Pure,
    /// System calls, but it neither prints, nor exits, nor reads the environment.
    System,
    /// Everything but `unsafe`; prints in one module.
    Program,
    /// A development task: everything but `unsafe`.
    Task,
}

const POLICIES: &[Policy] = &[
    Policy { name: "sockscope-sys", uses: &[], role: Role::Unsafe },
    Policy { name: "sockscope-proto", uses: &[], role: Role::Pure },
    Policy { name: "sockscope-stats", uses: &[], role: Role::Pure },
    Policy { name: "sockscope-explain", uses: &[], role: Role::Pure },
    Policy {
        name: "sockscope-report",
        uses: &["sockscope-stats", "sockscope-explain"],
        role: Role::Pure,
    },
    Policy { name: "sockscope-net", uses: &["sockscope-sys"], role: Role::System },
    Policy {
        name: "sockscope-engine",
        uses: &["sockscope-net", "sockscope-sys", "sockscope-proto", "sockscope-stats"],
        role: Role::System,
    },
    Policy {
        name: "sockscope-inspect",
        uses: &["sockscope-net", "sockscope-sys", "sockscope-explain"],
        role: Role::System,
    },
    Policy {
        name: "sockscope",
        uses: &[
            "sockscope-sys",
            "sockscope-net",
            "sockscope-proto",
            "sockscope-stats",
            "sockscope-engine",
            "sockscope-explain",
            "sockscope-inspect",
            "sockscope-report",
        ],
        role: Role::Program,
    },
    Policy { name: "xtask", uses: &[], role: Role::Task },
];

/// The rules of the crate `name`, if it is a known one.
pub(crate) fn policy(name: &str) -> Option<&'static Policy> {
    POLICIES.iter().find(|policy| policy.name == name)
}

/// The names of the pure crates.
pub(crate) fn pure() -> impl Iterator<Item = &'static str> {
    POLICIES.iter().filter(|policy| policy.role == Role::Pure).map(|policy| policy.name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_arrows_point_one_way() {
        // Each crate uses only crates that stand above it in the table, so there is no circle.
        for (index, policy) in POLICIES.iter().enumerate() {
            for used in policy.uses {
                let position = POLICIES.iter().position(|other| other.name == *used);
                assert!(position.is_some_and(|position| position < index), "{used}");
            }
        }
    }
}
