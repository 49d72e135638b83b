"""Pairs: runs two programs in turns on pinned CPUs, and says what the quotients of their figures are."""

import json
import os
import statistics
import subprocess
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
TARGET = os.environ.get("CARGO_TARGET_DIR", os.path.join(ROOT, "target"))
SOCKSCOPE = os.path.join(TARGET, "release", "sockscope")


class Refused(Exception):
    """What a program said when it did not do what it was asked for."""


def run(*command):
    """What a program printed."""
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    if result.returncode:
        raise Refused(result.stderr.strip() or f"{command[0]} ended with {result.returncode}")
    return result.stdout


def sockscope(*arguments, rounds=1):
    """The one cell that `sockscope bench` measured, and its first block."""
    command = [SOCKSCOPE, "bench", *arguments, "--rounds", str(rounds), "--json", "--quiet"]
    cell = json.loads(run(*command))["cells"][0]
    return cell, cell["blocks"][0]


def words(*command):
    """What a program printed, as words."""
    return run(*command).split()


def build(home, name, *options):
    """Compiles one of the C references; the path of the program."""
    program = os.path.join(home, name)
    source = os.path.join(ROOT, "bench", "c", name + ".c")
    subprocess.run(["cc", "-O2", *options, "-o", program, source], check=True)
    return program


def home():
    """A directory that goes with its context."""
    return tempfile.TemporaryDirectory(prefix="sockscope-bench-")


def in_turns(pairs, *sides):
    """What each side returns, pair by pair; who begins changes from pair to pair."""
    rows = []
    for pair in range(pairs):
        order = range(len(sides)) if pair % 2 == 0 else reversed(range(len(sides)))
        row = [None] * len(sides)
        for side in order:
            row[side] = sides[side]()
        rows.append(row)
    return rows


def quotient(of, by):
    """The median of the pairs' quotients, and the smallest and largest."""
    quotients = [one / other for one, other in zip(of, by)]
    return statistics.median(quotients), min(quotients), max(quotients)
