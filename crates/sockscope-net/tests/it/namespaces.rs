//! Namespaces: a socket file is seen across network namespaces, and so must be the server behind it.

use std::fs;
use std::os::unix::fs::MetadataExt as _;

use sockscope_net::BindError;

use crate::support::{at, bind, directory, in_child_under, try_bind};

#[test]
fn a_server_in_another_network_namespace_is_live() {
    let directory = directory();
    let path = directory.path().join("s");
    // The child finds the server of its parent through a variable: it runs this test from the start.
    let path = std::env::var_os("SOCKSCOPE_TEST_PATH").map_or(path, Into::into);
    let _live = (!path.exists()).then(|| bind(&at("unix", &path)));
    let inode = fs::symlink_metadata(&path).expect("bound").ino();
    let command = format!("SOCKSCOPE_TEST_PATH={}", path.display());
    in_child_under(
        &["unshare", "--net", "env", &command],
        "namespaces::a_server_in_another_network_namespace_is_live",
        || {
            let error = try_bind(&at("unix", &path)).expect_err("refused");
            assert!(matches!(error, BindError::InUse { .. }), "{error}");
        },
    );
    assert_eq!(fs::symlink_metadata(&path).expect("still there").ino(), inode);
}
