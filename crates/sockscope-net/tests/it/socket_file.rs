//! Socket-file safety: what is replaced, what is refused, and what is removed.

use std::fs;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::{FileTypeExt as _, symlink};
use std::os::unix::net::{UnixDatagram, UnixListener};
use std::path::Path;
use std::process;
use std::sync::Barrier;
use std::thread;

use rustix::io::Errno;
use rustix::net::{AddressFamily, SocketAddrUnix, SocketType, bind as raw_bind, socket};
use sockscope_net::errno::describe;
use sockscope_net::{BindError, FileStep, Owner};

use crate::support::{
    at, bind, connect, directory, endpoint, in_child, in_child_under, is_root, try_bind,
};

/// All kinds of socket that have a file.
const SCHEMES: [&str; 3] = ["unix", "unixgram", "unixpacket"];

fn is_socket(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok_and(|file| file.file_type().is_socket())
}

/// A socket file whose socket is gone.
fn leave_stale(path: &Path) {
    drop(UnixListener::bind(path).expect("bound"));
    assert!(is_socket(path));
}

#[test]
fn a_stale_socket_file_is_replaced() {
    for scheme in SCHEMES {
        let directory = directory();
        let path = directory.path().join("s");
        leave_stale(&path);
        let listener = bind(&at(scheme, &path));
        connect(listener.local());
    }
}

#[test]
fn a_live_socket_of_any_kind_is_refused_by_every_kind() {
    for theirs in SCHEMES {
        for ours in SCHEMES {
            let directory = directory();
            let path = directory.path().join("s");
            let live = bind(&at(theirs, &path));
            let error = try_bind(&at(ours, &path)).expect_err("refused");
            let BindError::InUse { owner, .. } = &error else { panic!("{ours}: {error}") };
            let owner = owner.as_ref().expect("our own process can be told");
            assert_eq!(owner.pid.unsigned_abs(), process::id(), "{ours} on {theirs}");
            connect(live.local());
        }
    }
}

#[test]
fn the_refusal_names_the_process_and_the_way_out() {
    let directory = directory();
    let path = directory.path().join("s");
    let _live = bind(&at("unix", &path));
    let error = try_bind(&at("unix", &path)).expect_err("refused");
    let pid = process::id();
    let path = path.display();
    let BindError::InUse { owner: Some(Owner { name: Some(name), .. }), .. } = &error else {
        panic!("{error:?}")
    };
    assert_eq!(error.to_string(), format!("unix:{path} is in use by PID {pid} ({name})"));
    let hint = format!("stop it with `kill {pid}`, or choose another address");
    assert_eq!(error.hint(), Some(hint));
}

#[test]
fn a_server_sees_nothing_of_the_one_that_is_refused() {
    let directory = directory();
    let path = directory.path().join("s");
    let paths = SCHEMES.map(|scheme| at(scheme, &path));
    let names = ["unix:@", "unixpacket:@"]
        .map(|scheme| endpoint(&format!("{scheme}sockscope-passive-{}", process::id())));
    for theirs in [&paths[0], &paths[2], &names[0], &names[1]] {
        let live = bind(theirs);
        live.set_nonblocking(true).expect("set");
        let ours = if names.contains(theirs) { std::slice::from_ref(theirs) } else { &paths };
        for ours in ours {
            let error = try_bind(ours).expect_err("refused");
            let BindError::InUse { owner, .. } = &error else { panic!("{error}") };
            assert!(owner.is_some(), "{ours} on {theirs}");
            let accepted = live.accept().expect_err("nobody connected");
            assert_eq!(Errno::from_io_error(&accepted), Some(Errno::AGAIN), "{ours} on {theirs}");
        }
    }
}

#[test]
fn an_owner_is_found_by_the_file_and_not_by_the_spelling() {
    in_child("socket_file::an_owner_is_found_by_the_file_and_not_by_the_spelling", || {
        let directory = directory();
        std::env::set_current_dir(directory.path()).expect("there");
        let _noise = UnixListener::bind(std::ffi::OsStr::from_bytes(b"\xff")).expect("bound");
        for (bound, asked) in [("./s", "d/../s"), ("d/a b", "d/a b"), ("a b", "./a b")] {
            let directory = directory.path().join("d");
            fs::create_dir_all(&directory).expect("made");
            let _live = UnixListener::bind(bound).expect("bound");
            let asked = directory.join("..").join(asked);
            let asked = endpoint(&format!("unix:{}", asked.display()).replace(' ', "%20"));
            let error = try_bind(&asked).expect_err("refused");
            let BindError::InUse { owner: Some(owner), .. } = &error else { panic!("{error:?}") };
            assert_eq!(owner.pid.unsigned_abs(), process::id());
        }
    });
}

#[test]
fn of_two_processes_with_the_name_of_a_file_neither_is_called_its_owner() {
    let directory = directory();
    let path = directory.path().join("s");
    let path = std::env::var_os("SOCKSCOPE_TEST_PATH").map_or(path, Into::into);
    // Only in the parent, whose child then finds it and replaces it.
    let _orphan = (!path.exists()).then(|| UnixListener::bind(&path).expect("bound"));
    in_child_under(
        &["env", &format!("SOCKSCOPE_TEST_PATH={}", path.display())],
        "socket_file::of_two_processes_with_the_name_of_a_file_neither_is_called_its_owner",
        || {
            fs::remove_file(&path).expect("removed");
            let _live = UnixListener::bind(&path).expect("bound");
            let error = try_bind(&at("unix", &path)).expect_err("refused");
            assert!(matches!(error, BindError::InUse { owner: None, .. }), "{error}");
        },
    );
}

#[test]
fn a_server_that_does_not_listen_yet_is_live() {
    for socket_type in [SocketType::STREAM, SocketType::SEQPACKET] {
        let directory = directory();
        let path = directory.path().join("s");
        let starting = socket(AddressFamily::UNIX, socket_type, None).expect("a socket");
        let address = SocketAddrUnix::new(&path).expect("an address");
        raw_bind(&starting, &address).expect("bound");
        let error = try_bind(&at("unix", &path)).expect_err("refused");
        assert!(matches!(error, BindError::InUse { .. }), "{error}");
        assert!(is_socket(&path));
    }
}

#[test]
fn a_server_with_a_full_backlog_is_live_and_sees_nothing_of_the_probe() {
    let directory = directory();
    let path = directory.path().join("s");
    let full = socket(AddressFamily::UNIX, SocketType::STREAM, None).expect("a socket");
    raw_bind(&full, &SocketAddrUnix::new(&path).expect("an address")).expect("bound");
    rustix::net::listen(&full, 0).expect("listening");
    let _waiting = connect(&at("unix", &path));
    let error = try_bind(&at("unix", &path)).expect_err("refused");
    assert!(matches!(error, BindError::InUse { .. }), "{error}");
}

#[test]
fn a_datagram_server_that_is_connected_elsewhere_is_live() {
    let directory = directory();
    let (path, elsewhere) = (directory.path().join("s"), directory.path().join("e"));
    let _elsewhere = UnixDatagram::bind(&elsewhere).expect("bound");
    let busy = UnixDatagram::bind(&path).expect("bound");
    busy.connect(&elsewhere).expect("connected");
    let error = try_bind(&at("unixgram", &path)).expect_err("refused");
    assert!(matches!(error, BindError::InUse { .. }), "{error}");
}

#[test]
fn an_abstract_name_that_is_taken_is_refused_by_the_name_of_its_process() {
    for scheme in ["unix:@", "unixgram:@", "unixpacket:@", "abns:"] {
        let name = endpoint(&format!("{scheme}sockscope-taken-{}", process::id()));
        let _live = bind(&name);
        let error = try_bind(&name).expect_err("refused");
        let BindError::InUse { owner: Some(owner), .. } = &error else { panic!("{error}") };
        assert_eq!(owner.pid.unsigned_abs(), process::id(), "{scheme}");
    }
}

#[test]
fn what_is_not_a_socket_is_refused_and_left_alone() {
    let directory = directory();
    let path = |name: &str| directory.path().join(name);
    fs::write(path("file"), "precious").expect("written");
    fs::create_dir(path("directory")).expect("made");
    symlink(path("nowhere"), path("dangling")).expect("linked");
    leave_stale(&path("stale"));
    symlink(path("stale"), path("planted")).expect("linked");
    rustix::fs::mknodat(
        rustix::fs::CWD,
        path("fifo"),
        rustix::fs::FileType::Fifo,
        rustix::fs::Mode::RWXU,
        0,
    )
    .expect("made");
    for (name, what) in [
        ("file", "a regular file"),
        ("directory", "a directory"),
        ("dangling", "a symbolic link"),
        ("planted", "a symbolic link"),
        ("fifo", "a FIFO"),
    ] {
        for scheme in SCHEMES {
            let endpoint = at(scheme, &path(name));
            let error = try_bind(&endpoint).expect_err("refused");
            let text = format!("cannot bind {endpoint}: {what} is there already");
            assert_eq!(error.to_string(), text);
        }
        assert!(fs::symlink_metadata(path(name)).is_ok(), "{name} is still there");
    }
    assert_eq!(fs::read_to_string(path("file")).expect("still there"), "precious");
    assert!(is_socket(&path("stale")), "the target of a planted link is untouched");
    assert!(!path("nowhere").exists(), "nothing was made behind a dangling link");
}

#[test]
fn a_path_that_ends_in_a_slash_never_costs_a_file() {
    let directory = directory();
    let inside = directory.path().join("d");
    fs::create_dir(&inside).expect("made");
    for text in ["d/", "d/.", "d/.."] {
        try_bind(&at("unix", &directory.path().join(text))).expect_err("refused");
    }
    assert!(inside.is_dir());
}

#[test]
fn a_missing_directory_is_named_with_the_command_that_makes_it() {
    let directory = directory();
    let missing = directory.path().join("a b");
    let error = try_bind(&at("unix", &missing.join("s"))).expect_err("refused");
    assert_eq!(error.errno(), Some(Errno::NOENT));
    let hint = format!("make the directory first: `mkdir -p '{}'`", missing.display());
    assert_eq!(error.hint(), Some(hint));
}

#[test]
fn a_path_that_cannot_be_has_a_hint_that_helps() {
    let directory = directory();
    let path = |name: &str| directory.path().join(name);
    fs::create_dir(path("there")).expect("made");
    let name_it = |name: &str| {
        format!("add the name of the socket file: {}", path(name).join("x.sock").display())
    };
    for (path, hint) in [
        (path("missing/"), name_it("missing")),
        (path("there/"), name_it("there")),
        (path("there"), name_it("there")),
        (
            Path::new("/proc/x.sock").to_owned(),
            "the file system of /proc takes no sockets; they live well in /run".to_owned(),
        ),
    ] {
        let error = try_bind(&at("unix", &path)).expect_err("refused");
        assert_eq!(error.hint(), Some(hint), "{error:?}");
    }
}

#[test]
fn without_descriptors_no_file_is_to_blame() {
    let endpoint = endpoint("unix:/run/low.sock");
    for source in [Errno::MFILE, Errno::NFILE] {
        for error in [
            BindError::Undecided { endpoint: endpoint.clone(), source },
            BindError::Lock { endpoint: endpoint.clone(), source },
            BindError::File { endpoint: endpoint.clone(), step: FileStep::OpenDirectory, source },
            BindError::Socket { endpoint: endpoint.clone(), source },
        ] {
            assert_eq!(error.hint().as_deref(), Some(describe(source).advice), "{error:?}");
        }
    }
}

#[test]
fn of_racing_starters_on_a_stale_file_exactly_one_wins() {
    const STARTERS: usize = 4;
    let directory = directory();
    for round in 0..50 {
        let path = directory.path().join(format!("s{round}"));
        leave_stale(&path);
        let start = Barrier::new(STARTERS);
        let results: Vec<_> = thread::scope(|scope| {
            let starters: Vec<_> = (0..STARTERS)
                .map(|_| {
                    scope.spawn(|| {
                        start.wait();
                        try_bind(&at("unix", &path))
                    })
                })
                .collect();
            starters.into_iter().map(|starter| starter.join().expect("no panic")).collect()
        });
        let (won, lost): (Vec<_>, Vec<_>) = results.into_iter().partition(Result::is_ok);
        assert_eq!(won.len(), 1, "round {round}");
        for error in lost.into_iter().filter_map(Result::err) {
            assert!(matches!(error, BindError::InUse { .. }), "{error}");
        }
        connect(&at("unix", &path));
    }
}

#[test]
fn a_server_that_stops_removes_its_own_file() {
    for scheme in SCHEMES {
        let directory = directory();
        let path = directory.path().join("s");
        let listener = bind(&at(scheme, &path));
        assert!(is_socket(&path));
        drop(listener);
        assert!(!path.exists());
    }
}

#[test]
fn a_file_that_took_the_place_of_ours_is_not_removed() {
    let directory = directory();
    let path = directory.path().join("s");

    let listener = bind(&at("unix", &path));
    fs::remove_file(&path).expect("removed");
    let successor = UnixListener::bind(&path).expect("bound");
    drop(listener);
    assert!(is_socket(&path), "the successor's socket");
    drop(successor);
    fs::remove_file(&path).expect("removed");

    let listener = bind(&at("unix", &path));
    fs::remove_file(&path).expect("removed");
    fs::write(&path, "precious").expect("written");
    drop(listener);
    assert_eq!(fs::read_to_string(&path).expect("still there"), "precious");
}

#[test]
fn a_file_can_go_before_its_listener() {
    let directory = directory();
    let path = directory.path().join("s");
    let mut listener = bind(&at("unix", &path));
    let client = connect(listener.local());
    listener.remove_file();
    assert!(!path.exists());
    let server = listener.accept().expect("who was connected still is");
    client.send(b"x").expect("sent");
    server.set_nonblocking(false).expect("blocking");
    assert_eq!(server.receive(&mut [0; 4]).expect("received"), 1);
}

#[test]
fn a_failed_start_leaves_nothing_behind() {
    if !is_root() {
        return;
    }
    in_child("socket_file::a_failed_start_leaves_nothing_behind", || {
        let directory = directory();
        rustix::fs::chmod(directory.path(), 0o777.into()).expect("opened to all");
        let nobody = nix::unistd::Uid::from_raw(65534);
        nix::unistd::setresuid(nobody, nobody, nobody).expect("now somebody else");
        let path = directory.path().join("s");
        let options = sockscope_net::BindOptions { owner: Some(0), ..Default::default() };
        let error = sockscope_net::Listener::bind(&at("unix", &path), &options);
        assert_eq!(error.expect_err("only root gives away").errno(), Some(Errno::PERM));
        assert!(!path.exists());
    });
}

#[test]
fn a_start_that_runs_out_of_descriptors_leaves_nothing_behind() {
    in_child("socket_file::a_start_that_runs_out_of_descriptors_leaves_nothing_behind", || {
        let directory = directory();
        let path = directory.path().join("s");
        let few = rustix::process::Rlimit { current: Some(64), maximum: Some(64) };
        rustix::process::setrlimit(rustix::process::Resource::Nofile, few).expect("limited");
        let mut taken = Vec::new();
        while let Ok(file) = fs::File::open("/dev/null") {
            taken.push(file);
        }
        // A socket and its directory are held; to give the file away it has to be held, too.
        for (free, group, starts) in [(1, None, false), (2, None, true), (2, Some(0), false)] {
            let freed = taken.split_off(taken.len() - free);
            drop(freed);
            let options = sockscope_net::BindOptions { group, ..Default::default() };
            let bound = sockscope_net::Listener::bind(&at("unix", &path), &options);
            match bound {
                Ok(listeners) => {
                    assert!(starts, "{free} were not enough");
                    drop(listeners);
                }
                Err(error) => {
                    assert_eq!((error.errno(), starts), (Some(Errno::MFILE), false));
                }
            }
            assert!(!path.exists());
            taken.extend((0..free).map(|_| fs::File::open("/dev/null").expect("freed")));
        }
        drop(taken);
    });
}

#[test]
fn a_relative_path_is_removed_from_where_it_was_bound() {
    in_child("socket_file::a_relative_path_is_removed_from_where_it_was_bound", || {
        let (directory, elsewhere) = (directory(), directory());
        std::env::set_current_dir(directory.path()).expect("there");
        let listener = bind(&endpoint("unix:s"));
        std::env::set_current_dir(elsewhere.path()).expect("elsewhere");
        fs::write("s", "precious").expect("written");
        let path = directory.path().join("s");
        assert!(is_socket(&path));
        drop(listener);
        assert!(!path.exists());
        assert!(elsewhere.path().join("s").exists());
    });
}

#[test]
fn a_stale_file_that_may_not_be_asked_is_left_alone() {
    if !is_root() {
        return;
    }
    in_child("socket_file::a_stale_file_that_may_not_be_asked_is_left_alone", || {
        let directory = directory();
        let path = directory.path().join("s");
        leave_stale(&path);
        rustix::fs::chmod(&path, 0o600.into()).expect("closed");
        rustix::fs::chmod(directory.path(), 0o777.into()).expect("opened to all");
        let nobody = nix::unistd::Uid::from_raw(65534);
        nix::unistd::setresuid(nobody, nobody, nobody).expect("now somebody else");
        let error = try_bind(&at("unix", &path)).expect_err("refused");
        assert!(matches!(error, BindError::Undecided { source: Errno::ACCESS, .. }), "{error}");
        assert!(is_socket(&path));
    });
}

#[test]
fn a_stale_file_in_a_directory_that_cannot_be_locked_is_left_alone() {
    if !is_root() {
        return;
    }
    in_child(
        "socket_file::a_stale_file_in_a_directory_that_cannot_be_locked_is_left_alone",
        || {
            let directory = directory();
            let path = directory.path().join("s");
            leave_stale(&path);
            rustix::fs::chmod(&path, 0o666.into()).expect("opened to all");
            rustix::fs::chmod(directory.path(), 0o733.into()).expect("closed to readers");
            let nobody = nix::unistd::Uid::from_raw(65534);
            nix::unistd::setresuid(nobody, nobody, nobody).expect("now somebody else");
            let error = try_bind(&at("unix", &path)).expect_err("refused");
            assert!(matches!(error, BindError::Lock { source: Errno::ACCESS, .. }), "{error}");
            let hint = format!(
                "if nobody uses {0} any more, remove it yourself: `rm {0}`",
                path.display()
            );
            assert_eq!(error.hint(), Some(hint));
            // Without a lock, a path where nothing is can be bound all the same.
            bind(&at("unix", &directory.path().join("new")));
        },
    );
}

#[test]
fn a_live_file_that_may_not_be_asked_is_in_use() {
    if !is_root() {
        return;
    }
    in_child("socket_file::a_live_file_that_may_not_be_asked_is_in_use", || {
        let directory = directory();
        let path = directory.path().join("s");
        let _live = bind(&at("unix", &path));
        rustix::fs::chmod(&path, 0o600.into()).expect("closed");
        rustix::fs::chmod(directory.path(), 0o777.into()).expect("opened to all");
        let nobody = nix::unistd::Uid::from_raw(65534);
        nix::unistd::setresuid(nobody, nobody, nobody).expect("now somebody else");
        let error = try_bind(&at("unix", &path)).expect_err("refused");
        assert!(matches!(error, BindError::InUse { .. }), "{error}");
    });
}
