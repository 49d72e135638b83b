#!/usr/bin/env python3
"""Holds sockscope's loops against a bare one in C: same CPU, same size, one after the other in each round.

    bench/bare.py [ROUNDS [TRANSPORT...]]      20 rounds of every transport that both know, unless told otherwise

Prints, for each transport, the medians of the rounds' quotients (sockscope / C): mean and p50 of the blocking engine, whose
calls are the same as those in C, and p50 of the engines that make other calls for the same exchange; then p50 in C.
Needs a C compiler and a release build (`cargo build --release`).
"""

import statistics
import sys

import pairs

TRANSPORTS = ["unix", "unixpacket", "unixgram", "tcp", "tcp6", "udp", "udp6", "socketpair", "pipe", "eventfd"]
ENGINES = ["blocking", "epoll", "uring", "tokio"]


def ours(transport, size, engine):
    """One block of the view same-core: mean and p50, and the CPU it ran on."""
    options = ["--view", "same-core", "--transport", transport, "--size", str(size), "--engine", engine]
    cell, block = pairs.sockscope(*options)
    return float(block["mean"]), float(block["p50"]), cell["placement"]["client_cpus"][0]


def bare(program, transport, size, cpu):
    """One block of the C loop: mean and p50."""
    words = pairs.words(program, transport, str(cpu), str(size), "100")
    return float(words[2]), float(words[3])


def able(transport, size):
    """The engines that this transport and this machine have."""
    for engine in ENGINES:
        try:
            ours(transport, size, engine)
            yield engine
        except pairs.Refused:
            pass


def measure(program, transport, rounds):
    """A line of quotients."""
    size = 8 if transport == "eventfd" else 64
    cpu = ours(transport, size, "blocking")[2]
    engines = list(able(transport, size))
    sides = [lambda engine=engine: ours(transport, size, engine) for engine in engines]
    sides.append(lambda: bare(program, transport, size, cpu))
    *measured, plain = zip(*pairs.in_turns(rounds, *sides))
    columns = dict(zip(engines, measured))

    def quotient(engine, part):
        if engine not in columns:
            return "—"
        return f"{pairs.quotient([row[part] for row in columns[engine]], [row[part] for row in plain])[0]:.3f}"

    words = [quotient("blocking", 0)] + [quotient(engine, 1) for engine in ENGINES]
    print(f"{transport:<12}" + "".join(f"{word:>10}" for word in words), end="")
    print(f"{statistics.median(row[1] for row in plain) / 1e3:>8.2f} µs", flush=True)


def main():
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 20
    with pairs.home() as home:
        program = pairs.build(home, "pingpong")
        print(f"sockscope / C, {'mean':>9}" + f"{'p50':>10}" * len(ENGINES) + "    p50")
        print(f"{'same-core':<12}{'blocking':>10}" + "".join(f"{engine:>10}" for engine in ENGINES) + "       in C")
        for transport in sys.argv[2:] or TRANSPORTS:
            measure(program, transport, rounds)


main()
