#!/usr/bin/env python3
"""Holds the workload stream against a bare write-read pair in C: same CPUs, same size of a write, alternated.

    bench/stream.py [PAIRS [TRANSPORT [SIZE]]]      20 pairs of unix with 64 KiB, unless told otherwise

Prints, for each view, the median of the pairs' quotients (sockscope / C) of bytes a second, its range, and both sides' medians.
Needs a C compiler and a release build (`cargo build --release`).
"""

import statistics
import sys

import pairs


def ours(transport, size, view):
    """Bytes a second of one block, and the CPUs of reader and writer."""
    cell, _ = pairs.sockscope("--workload", "stream", "--transport", transport, "--size", size, "--view", view)
    return cell["bytes_per_second"], cell["placement"]["client_cpus"][0], cell["placement"]["server_cpus"][0]


def bare(program, transport, size, reader, writer):
    """Bytes a second of the C programs."""
    words = pairs.words(program, transport, str(reader), str(writer), size, "100")
    return float(words[1]) / float(words[2]) * 1e9


def main():
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 20
    transport = sys.argv[2] if len(sys.argv) > 2 else "unix"
    size = sys.argv[3] if len(sys.argv) > 3 else "65536"
    with pairs.home() as home:
        program = pairs.build(home, "stream")
        print(f"{transport}, {size} B a write, {count} pairs: sockscope / C [smallest, largest]; GB/s of both")
        for view in ("same-core", "cross-core"):
            _, reader, writer = ours(transport, size, view)
            rows = pairs.in_turns(
                count, lambda: ours(transport, size, view)[0], lambda: bare(program, transport, size, reader, writer)
            )
            sockscope, plain = zip(*rows)
            median, low, high = pairs.quotient(sockscope, plain)
            medians = [statistics.median(column) / 1e9 for column in (sockscope, plain)]
            print(f"{view:<11} {median:.3f} [{low:.3f}, {high:.3f}]   {medians[0]:.2f}, {medians[1]:.2f}", flush=True)


main()
