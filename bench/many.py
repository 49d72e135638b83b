#!/usr/bin/env python3
"""Many connections: sockscope's engines against the two plain clients of bench/c/echo_load.c, with the same server.

    bench/many.py [ROUNDS [TRANSPORT [CONNECTIONS]]]      10 rounds of unix with 64 connections, unless told otherwise

The server is bench/c/epoll_echo.c on CPU 0, all clients are on CPU 1, one after the other in each round, for 300 ms each.
Prints exchanges a second and processor time for each exchange, and the medians of the rounds' quotients: a client with a
thread for each connection and one on plain epoll. Needs a C compiler and a release build.
"""

import os
import socket
import statistics
import subprocess
import sys

import pairs

MILLISECONDS = 300
SERVER_CPU, CLIENT_CPU = "0", "1"


def address(transport, home):
    """How the C programs and how sockscope name a new endpoint."""
    if transport == "unix":
        path = os.path.join(home, "s")
        return path, f"unix:{path}"
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    return str(port), f"tcp:127.0.0.1:{port}"


def serve(program, transport, where):
    """The server, as soon as it takes connections."""
    server = subprocess.Popen(["taskset", "-c", SERVER_CPU, program, transport, where])
    family, target = (
        (socket.AF_UNIX, where) if transport == "unix" else (socket.AF_INET, ("127.0.0.1", int(where)))
    )
    while True:
        with socket.socket(family) as client:
            if client.connect_ex(target) == 0:
                return server


def over(of, count):
    """For each exchange; nothing of a server that no socket tells the process of."""
    return of / count if of is not None else None


def ours(engine, endpoint, connections):
    """Exchanges a second, and processor time of client and server for each."""
    options = ["--service", "echo", "--engine", engine, "--connections", connections, "--view", "client-pinned"]
    cell, block = pairs.sockscope(endpoint, *options, "--block", f"{MILLISECONDS}ms")
    assert cell["placement"]["client_cpus"] == [int(CLIENT_CPU)], cell["placement"]
    count = block["samples"]
    return count * 1e9 / block["elapsed"], block["cpu_ns_client"] / count, over(block["cpu_ns_server"], count)


def able(engines, endpoint):
    """The engines that this machine has; of the others, why it has not."""
    for engine in engines:
        try:
            ours(engine, endpoint, "1")
            yield engine
        except pairs.Refused as reason:
            print(f"sockscope {engine}: {reason}")


def plain(program, kind, transport, where, connections, server):
    """The same of a client in C."""
    command = ["taskset", "-c", CLIENT_CPU, program, kind, transport, where, connections, str(MILLISECONDS), str(server.pid)]
    return tuple(float(word) for word in pairs.words(*command))


def main():
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 10
    transport = sys.argv[2] if len(sys.argv) > 2 else "unix"
    connections = sys.argv[3] if len(sys.argv) > 3 else "64"
    with pairs.home() as home:
        echo, load = pairs.build(home, "epoll_echo"), pairs.build(home, "echo_load", "-pthread")
        where, endpoint = address(transport, home)
        server = serve(echo, transport, where)
        try:
            sides = {
                f"sockscope {engine}": lambda engine=engine: ours(engine, endpoint, connections)
                for engine in able(("epoll", "uring", "tokio", "blocking"), endpoint)
            } | {
                f"C {kind}": lambda kind=kind: plain(load, kind, transport, where, connections, server)
                for kind in ("epoll", "threads")
            }
            columns = dict(zip(sides, zip(*pairs.in_turns(rounds, *sides.values()))))
        finally:
            server.kill()
    print(f"{transport}, {connections} connections of 64 B, medians of {rounds} rounds; quotients with their range")
    print(f"{'client':<19} {'exchanges/s':>11} {'CPU ns each: client':>20} {'server':>7}   {'/ C threads':<20} / C epoll")
    rates = {name: [row[0] for row in rows] for name, rows in columns.items()}
    for name, rows in columns.items():
        rate, client = (statistics.median(column) for column in list(zip(*rows))[:2])
        known = [row[2] for row in rows if row[2] is not None]
        of_server = f"{statistics.median(known):.0f}" if known else "—"
        against = [
            "{:.2f} [{:.2f}, {:.2f}]".format(*pairs.quotient(rates[name], rates[other])) for other in ("C threads", "C epoll")
        ]
        print(f"{name:<19} {rate:11.0f} {client:20.0f} {of_server:>7}   {against[0]:<20} {against[1]}")


main()
