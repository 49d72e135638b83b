//! Faulty servers: each commits an error that a published benchmark did not notice, and sockscope does.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::thread;
use std::time::{Duration, Instant};

use sockscope_engine::control::{Failure, Fault};
use sockscope_engine::plan::Target;
use sockscope_engine::run::CellResult;
use sockscope_engine::view::View;
use sockscope_net::Endpoint;

use crate::plans::{impatient, measure, wish};

/// Measures a server that treats each connection with `serve`, a request of 64 bytes at a time.
fn against(mut serve: impl FnMut(&mut TcpStream) + Send + 'static) -> CellResult {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let Ok(mut stream) = stream else { return };
            stream.set_nodelay(true).unwrap();
            serve(&mut stream);
        }
    });
    let endpoint = Endpoint::parse(format!("tcp:{address}").as_ref()).unwrap();
    let wish = impatient(wish(vec![Target::Running(endpoint)], &[View::Free]));
    let (_, mut measurement) = measure(&wish);
    measurement.cells.remove(0)
}

/// Answers request after request with what `answer` makes of it, until it makes nothing.
fn answering(
    mut answer: impl FnMut(u64, &[u8; 64]) -> Option<Vec<u8>> + Send + 'static,
) -> CellResult {
    against(move |stream| {
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
    })
}

fn failure(result: CellResult) -> Failure {
    result.failure.expect("a faulty server fails its cell")
}

#[test]
fn an_honest_server_is_measured() {
    let result = answering(|_, request| Some(request.to_vec()));
    assert_eq!(result.failure, None);
    assert_eq!(result.blocks.len(), 2);
}

#[test]
fn an_answer_that_ends_early_fails_the_cell() {
    let failure = failure(against(|stream| {
        let mut request = [0; 64];
        for _ in 0..10 {
            stream.read_exact(&mut request).unwrap();
            stream.write_all(&request).unwrap();
        }
        stream.read_exact(&mut request).unwrap();
        stream.write_all(&request[..60]).unwrap();
    }));
    assert_eq!(failure.fault, Fault::Peer);
    assert_eq!(failure.text, "exchange: the answer ended 4 bytes short");
}

#[test]
fn a_server_that_stops_in_the_middle_of_an_answer_is_given_up() {
    let failure = failure(answering(|count, request| {
        let len = if count == 10 { 60 } else { 64 };
        Some(request[..len].to_vec())
    }));
    assert_eq!(failure.fault, Fault::Peer);
    assert!(failure.text.ends_with("stopped answering in the middle of a block"), "{failure}");
}

#[test]
fn an_answer_of_fixed_content_fails_the_cell() {
    let failure = failure(answering(|_, _| Some(vec![b'x'; 64])));
    assert_eq!(failure.fault, Fault::Peer);
    assert_eq!(
        failure.text,
        "exchange: check the answer: wrong answer in exchange 0: byte 0 is 0x78, expected 0x00"
    );
}

#[test]
fn an_answer_to_an_older_request_fails_the_cell() {
    let mut first = None;
    let failure =
        failure(answering(move |_, request| Some(first.get_or_insert(request.to_vec()).clone())));
    assert!(failure.text.contains("wrong answer in exchange 1: byte 0 is 0x00"), "{failure}");
}

#[test]
fn an_answer_that_is_longer_than_the_request_fails_the_cell() {
    let failure = failure(answering(|_, request| Some([request.as_slice(), b"x"].concat())));
    assert!(failure.text.contains("check the answer"), "{failure}");
}

#[test]
fn a_connection_that_is_closed_fails_the_cell() {
    let failure = failure(answering(|count, request| (count < 5).then(|| request.to_vec())));
    assert_eq!(failure.fault, Fault::Peer, "{failure}");
    assert_eq!(failure.text, "exchange: the server closed the connection without an answer");
}

#[test]
fn a_server_that_never_answers_is_given_up() {
    let failure = failure(against(|stream| {
        let mut sink = Vec::new();
        let _ = stream.read_to_end(&mut sink);
    }));
    assert_eq!(failure.fault, Fault::Peer);
    assert_eq!(failure.text, "exchange: no answer within 600ms");
}

#[test]
fn a_delay_is_read_in_full_and_never_halved() {
    const DELAY: Duration = Duration::from_micros(200);
    let result = answering(|_, request| {
        let start = Instant::now();
        while start.elapsed() < DELAY {}
        Some(request.to_vec())
    });
    assert_eq!(result.failure, None);
    for block in &result.blocks {
        assert!(block.mean_ns >= Some(200_000.0), "{block:?}");
    }
    // A histogram is exact to one part in a thousand.
    assert!(result.histogram.min() >= Some(199_000), "{:?}", result.histogram);
}

#[test]
fn an_answer_in_single_bytes_is_read_whole() {
    let result = against(|stream| {
        let mut request = [0; 64];
        while stream.read_exact(&mut request).is_ok() {
            if request.iter().any(|byte| stream.write_all(&[*byte]).is_err()) {
                return;
            }
        }
    });
    assert_eq!(result.failure, None);
}
