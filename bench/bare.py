#!/usr/bin/env python3
"""Holds sockscope's blocking loop against a bare one in C: same CPU, same size, alternated, one pair of blocks after the other.

    bench/bare.py [PAIRS [TRANSPORT...]]      20 pairs of every transport that both know, unless told otherwise

Prints, for each transport, the median of the pairs' ratios (sockscope / C) of mean and p50, and both sides' medians.
Needs a C compiler and a release build (`cargo build --release`).
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
SOCKSCOPE = os.path.join(os.environ.get("CARGO_TARGET_DIR", os.path.join(ROOT, "target")), "release", "sockscope")
TRANSPORTS = ["unix", "unixpacket", "unixgram", "tcp", "tcp6", "udp", "udp6", "socketpair", "pipe", "eventfd"]


def ours(transport, size):
    """One block of the view same-core: mean and p50, and the CPU it ran on."""
    command = [SOCKSCOPE, "bench", "--view", "same-core", "--transport", transport, "--size", str(size)]
    result = subprocess.run(command + ["--rounds", "1", "--json", "-q"], capture_output=True, text=True, check=True)
    cell = json.loads(result.stdout)["cells"][0]
    block = cell["blocks"][0]
    return float(block["mean"]), float(block["p50"]), cell["placement"]["client_cpus"][0]


def bare(program, transport, size, cpu):
    """One block of the C loop: mean and p50."""
    command = [program, transport, str(cpu), str(size), "100"]
    words = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
    return float(words[2]), float(words[3])


def main():
    pairs = int(sys.argv[1]) if len(sys.argv) > 1 else 20
    transports = sys.argv[2:] or TRANSPORTS
    with tempfile.TemporaryDirectory() as home:
        program = os.path.join(home, "pingpong")
        subprocess.run(["cc", "-O2", "-o", program, os.path.join(ROOT, "bench/c/pingpong.c")], check=True)
        print(f"{'transport':<12} {'mean':>6} {'p50':>6}   medians of {pairs} pairs, sockscope / C; p50 of both")
        for transport in transports:
            size = 8 if transport == "eventfd" else 64
            cpu = ours(transport, size)[2]
            rows = []
            for turn in range(pairs):
                if turn % 2:
                    c, s = bare(program, transport, size, cpu), ours(transport, size)
                else:
                    s, c = ours(transport, size), bare(program, transport, size, cpu)
                rows.append((s[0] / c[0], s[1] / c[1], s[1], c[1]))
            mean, p50, sockscope, plain = (statistics.median(column) for column in zip(*rows))
            print(f"{transport:<12} {mean:6.3f} {p50:6.3f}   {sockscope / 1e3:.2f} µs, {plain / 1e3:.2f} µs", flush=True)


main()
