#!/usr/bin/env python3
"""Holds sockscope's blocking loop against a bare one in C: same CPU, same size, alternated, one pair of blocks after the other.

    bench/bare.py [PAIRS [TRANSPORT...]]      20 pairs of every transport that both know, unless told otherwise

Prints, for each transport, the median of the pairs' ratios (sockscope / C) of mean and p50, and both sides' medians.
Needs a C compiler and a release build (`cargo build --release`).
"""

import statistics
import sys

import pairs

TRANSPORTS = ["unix", "unixpacket", "unixgram", "tcp", "tcp6", "udp", "udp6", "socketpair", "pipe", "eventfd"]


def ours(transport, size):
    """One block of the view same-core: mean and p50, and the CPU it ran on."""
    cell, block = pairs.sockscope("--view", "same-core", "--transport", transport, "--size", str(size))
    return float(block["mean"]), float(block["p50"]), cell["placement"]["client_cpus"][0]


def bare(program, transport, size, cpu):
    """One block of the C loop: mean and p50."""
    words = pairs.words(program, transport, str(cpu), str(size), "100")
    return float(words[2]), float(words[3])


def main():
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 20
    transports = sys.argv[2:] or TRANSPORTS
    with pairs.home() as home:
        program = pairs.build(home, "pingpong")
        print(f"{'transport':<12} {'mean':>6} {'p50':>6}   medians of {count} pairs, sockscope / C; p50 of both")
        for transport in transports:
            size = 8 if transport == "eventfd" else 64
            cpu = ours(transport, size)[2]
            rows = pairs.in_turns(count, lambda: ours(transport, size), lambda: bare(program, transport, size, cpu))
            mean, p50, sockscope, plain = (
                statistics.median(column) for column in zip(*((s[0] / c[0], s[1] / c[1], s[1], c[1]) for s, c in rows))
            )
            print(f"{transport:<12} {mean:6.3f} {p50:6.3f}   {sockscope / 1e3:.2f} µs, {plain / 1e3:.2f} µs", flush=True)


main()
