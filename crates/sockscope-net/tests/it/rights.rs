//! Rights of socket files: what was asked for, under any umask, and never more in between.

use std::fs;
use std::os::unix::fs::MetadataExt as _;

use rustix::process::umask;
use sockscope_net::{BindOptions, Listener, Mode};

use crate::support::{at, bind, directory, in_child, is_root};

#[test]
fn a_mode_is_kept_whatever_the_umask_is() {
    in_child("rights::a_mode_is_kept_whatever_the_umask_is", || {
        for mask in [0o000, 0o022, 0o077, 0o777] {
            umask(mask.into());
            for wanted in ["0600", "0660", "0666", "0222", "0000", "0777"] {
                for scheme in ["unix", "unixgram", "unixpacket"] {
                    let directory = directory_despite_umask(mask);
                    let path = directory.path().join("s");
                    let mode: Mode = wanted.parse().expect("a mode");
                    let options = BindOptions { mode: Some(mode), ..Default::default() };
                    let listeners = Listener::bind(&at(scheme, &path), &options);
                    let _listeners = listeners.expect("bound");
                    let bits = fs::symlink_metadata(&path).expect("there").mode() & 0o7777;
                    assert_eq!(bits, mode.bits(), "{scheme} {wanted} under umask {mask:03o}");
                }
            }
        }
    });
}

fn directory_despite_umask(mask: u32) -> tempfile::TempDir {
    umask(0o077.into());
    let directory = directory();
    umask(mask.into());
    directory
}

#[test]
fn without_a_mode_the_umask_decides() {
    in_child("rights::without_a_mode_the_umask_decides", || {
        let directory = directory();
        let path = directory.path().join("s");
        umask(0o027.into());
        let _listener = bind(&at("unix", &path));
        let bits = fs::symlink_metadata(&path).expect("there").mode() & 0o7777;
        assert_eq!(bits, 0o750);
    });
}

#[test]
fn a_file_can_be_given_to_another_user_and_group() {
    if !is_root() {
        return;
    }
    let directory = directory();
    let path = directory.path().join("s");
    let mode = Mode::from_bits(0o660);
    let options = BindOptions { mode, owner: Some(1001), group: Some(1002), ..Default::default() };
    let _listeners = Listener::bind(&at("unix", &path), &options).expect("bound");
    let file = fs::symlink_metadata(&path).expect("there");
    assert_eq!((file.uid(), file.gid(), file.mode() & 0o7777), (1001, 1002, 0o660));
}

#[test]
fn a_mode_is_three_or_four_octal_digits() {
    for (text, mode) in [
        ("660", Some("0660")),
        ("0600", Some("0600")),
        ("000", Some("0000")),
        ("0777", Some("0777")),
        ("1777", None),
        ("7", None),
        ("00660", None),
        ("668", None),
        ("u=rw", None),
        ("+66", None),
        ("", None),
    ] {
        let parsed = text.parse::<Mode>().ok().map(|mode| mode.to_string());
        assert_eq!(parsed.as_deref(), mode, "{text}");
    }
}
