//! Faulty servers against clients with many connections and requests in flight: what one request at a time notices, they
//! notice too.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;

use sockscope_engine::control::{Failure, Fault};
use sockscope_engine::plan::{Sweep, Target, Wish};
use sockscope_engine::run::CellResult;
use sockscope_engine::view::View;
use sockscope_engine::work::{EngineName, Engines, Work};
use sockscope_net::{BindOptions, Endpoint, Listener};

use crate::plans::{engines, impatient, measure, wish};

/// Connections and depth.
const SHAPES: [(u32, u32); 3] = [(3, 1), (1, 4), (3, 4)];

/// Measures a server that treats each connection with `serve`, with every engine and shape.
fn each_against(serve: fn(&mut TcpStream, usize), check: impl Fn(CellResult, &str)) {
    for client in engines() {
        for (connections, depth) in SHAPES {
            let listener = TcpListener::bind("127.0.0.1:0").unwrap();
            let address = listener.local_addr().unwrap();
            thread::spawn(move || {
                for stream in listener.incoming() {
                    let Ok(mut stream) = stream else { return };
                    stream.set_nodelay(true).unwrap();
                    thread::spawn(move || serve(&mut stream, depth as usize));
                }
            });
            let endpoint = Endpoint::parse(format!("tcp:{address}").as_ref()).unwrap();
            let engines = Engines { client, server: EngineName::Blocking };
            let work = Work { connections, depth, engines, ..Work::default() };
            let wish = wish(vec![Target::Running(endpoint)], &[View::Free]);
            let wish = impatient(Wish { sweep: Sweep::only(work), ..wish });
            let (_, mut measurement) = measure(&wish);
            check(
                measurement.cells.remove(0),
                &format!("{client}, {connections} connections, depth {depth}"),
            );
        }
    }
}

/// Answers request after request with what `answer` makes of its number, until it makes nothing.
fn answer(stream: &mut TcpStream, mut answer: impl FnMut(usize, &[u8; 64]) -> Option<Vec<u8>>) {
    let mut request = [0; 64];
    for count in 0.. {
        if stream.read_exact(&mut request).is_err() {
            return;
        }
        let Some(answer) = answer(count, &request) else { return };
        if stream.write_all(&answer).is_err() {
            return;
        }
    }
}

/// Every client has a failure of the server with one of these texts.
fn fails(serve: fn(&mut TcpStream, usize), texts: &[&str]) {
    each_against(serve, |result, what| {
        let Failure { fault, text } = result.failure.expect(what);
        assert_eq!(fault, Fault::Peer, "{what}: {text}");
        assert!(
            texts.iter().any(|expected| text == format!("exchange: {expected}")),
            "{what}: {text}"
        );
        assert!(result.blocks.is_empty(), "{what}");
    });
}

#[test]
fn an_honest_server_and_one_that_answers_in_single_bytes_are_measured() {
    let honest = |stream: &mut TcpStream, _| answer(stream, |_, request| Some(request.to_vec()));
    let in_bytes = |stream: &mut TcpStream, _| {
        let mut request = [0; 64];
        while stream.read_exact(&mut request).is_ok() {
            if request.iter().any(|byte| stream.write_all(&[*byte]).is_err()) {
                return;
            }
        }
    };
    for serve in [honest as fn(&mut TcpStream, usize), in_bytes] {
        each_against(serve, |result, what| {
            assert_eq!(result.failure, None, "{what}");
            assert_eq!(result.blocks.len(), 2, "{what}");
        });
    }
}

#[test]
fn answers_out_of_order_are_caught() {
    fails(
        |stream, depth| {
            let mut waiting = Vec::new();
            answer(stream, move |count, request| {
                // The very first exchange finds out whether the server echoes at all.
                if count == 0 || depth == 1 {
                    let wrong = [&[request[0] ^ u8::from(count > 0)], &request[1..]];
                    return Some(wrong.concat());
                }
                waiting.push(request.to_vec());
                if waiting.len() < 2 {
                    return Some(Vec::new());
                }
                waiting.reverse();
                Some(waiting.drain(..).flatten().collect())
            });
        },
        &[
            "check the answer: wrong answer in exchange 0: byte 0 is 0x01, expected 0x00",
            // Another connection, whose first exchange was answered rightly.
            "check the answer: wrong answer in exchange 1: byte 0 is 0x00, expected 0x01",
            "check the answer: wrong answer in exchange 1: byte 0 is 0x02, expected 0x01",
        ],
    );
}

#[test]
fn an_answer_of_fixed_content_is_caught() {
    fails(
        |stream, _| {
            answer(stream, |count, request| {
                Some(if count < 2 { request.to_vec() } else { vec![b'x'; 64] })
            });
        },
        &[
            "check the answer: wrong answer in exchange 1: byte 0 is 0x78, expected 0x01",
            "check the answer: wrong answer in exchange 2: byte 0 is 0x78, expected 0x02",
        ],
    );
}

#[test]
fn an_answer_to_an_older_request_is_caught() {
    fails(
        |stream, _| {
            let mut first = None;
            answer(stream, move |_, request| Some(first.get_or_insert(request.to_vec()).clone()));
        },
        &["check the answer: wrong answer in exchange 1: byte 0 is 0x00, expected 0x01"],
    );
}

#[test]
fn an_answer_that_is_longer_than_the_request_is_caught() {
    fails(
        |stream, _| {
            answer(stream, |count, request| {
                Some(if count == 0 {
                    request.to_vec()
                } else {
                    [request.as_slice(), b"x"].concat()
                })
            });
        },
        &[
            "check the answer: wrong answer in exchange 1: byte 0 is 0x78, expected 0x00",
            "check the answer: wrong answer in exchange 1: byte 0 is 0x78, expected 0x01",
            "check the answer: wrong answer in exchange 2: byte 0 is 0x78, expected 0x00",
            "check the answer: wrong answer in exchange 2: byte 0 is 0x78, expected 0x02",
        ],
    );
}

#[test]
fn an_answer_that_ends_early_is_short_and_no_answer_is_a_closed_connection() {
    // It reads what is in flight before it ends, so that the kernel does not reset the connection.
    fails(
        |stream, depth| {
            let mut request = [0; 64];
            if stream.read_exact(&mut request).and_then(|()| stream.write_all(&request)).is_err() {
                return;
            }
            let mut requests = vec![0; 64 * depth];
            if stream.read_exact(&mut requests).is_ok() {
                let _ = stream.write_all(&requests[..60]);
            }
        },
        &["the answer ended 4 bytes short", "the server closed the connection without an answer"],
    );
    fails(
        |stream, depth| {
            let mut request = [0; 64];
            if stream.read_exact(&mut request).and_then(|()| stream.write_all(&request)).is_ok() {
                let _ = stream.read_exact(&mut vec![0; 64 * depth]);
            }
        },
        &["the server closed the connection without an answer"],
    );
}

#[test]
fn a_server_that_stops_answering_is_given_up() {
    fails(
        |stream, _| {
            answer(stream, |count, request| {
                let len = match count {
                    ..2 => 64,
                    2 => 7,
                    _ => 0,
                };
                Some(request[..len].to_vec())
            });
        },
        &["no answer within 600ms"],
    );
}

/// What somebody else's server makes of requests that have come, each a message: the messages that it answers.
type Cut = fn(&[Vec<u8>]) -> Vec<Vec<u8>>;

/// A client of a server whose answers are cut so.
fn cut_messages(cut: Cut, depth: u32, client: EngineName) -> Failure {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let id = format!("{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
    let endpoint = Endpoint::parse(format!("unixpacket:@cut-{id}").as_ref()).unwrap();
    let listener = Listener::bind(&endpoint, &BindOptions::default()).unwrap().remove(0);
    listener.set_nonblocking(false).unwrap();
    thread::spawn(move || {
        while let Ok(conn) = listener.accept() {
            conn.set_nonblocking(false).unwrap();
            let (mut waiting, mut count) = (Vec::new(), 0);
            let mut request = [0; 65];
            while let Ok(len @ 1..) = conn.receive(&mut request) {
                waiting.push(request[..len].to_vec());
                count += 1;
                // The very first exchange finds out whether the server echoes at all.
                let answers = match waiting.len() {
                    _ if count == 1 => std::mem::take(&mut waiting),
                    so_many if so_many == depth as usize => cut(&std::mem::take(&mut waiting)),
                    _ => continue,
                };
                if answers.iter().any(|answer| conn.send(answer).is_err()) {
                    break;
                }
            }
        }
    });
    let engines = Engines { client, server: EngineName::Blocking };
    let work = Work { depth, engines, ..Work::default() };
    let wish = wish(vec![Target::Running(endpoint)], &[View::Free]);
    let (_, mut measurement) = measure(&impatient(Wish { sweep: Sweep::only(work), ..wish }));
    measurement.cells.remove(0).failure.expect("it cannot be measured")
}

#[test]
fn an_answer_in_two_messages_is_short_and_two_answers_in_one_are_wrong() {
    let halves: Cut =
        |requests| requests.iter().flat_map(|one| one.chunks(32)).map(Vec::from).collect();
    let together: Cut = |requests| vec![requests.concat()];
    for engine in engines() {
        for depth in [1, 2] {
            let Failure { fault, text } = cut_messages(halves, depth, engine);
            assert_eq!(fault, Fault::Peer, "{engine} {depth}: {text}");
            assert_eq!(text, "exchange: the answer ended 32 bytes short", "{engine} {depth}");
        }
        let Failure { fault, text } = cut_messages(together, 2, engine);
        assert_eq!(fault, Fault::Peer, "{engine}: {text}");
        assert!(text.contains("check the answer: wrong answer in exchange"), "{engine}: {text}");
    }
}
