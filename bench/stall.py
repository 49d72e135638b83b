#!/usr/bin/env python3
"""What an open loop says of a server that stands still for 50 ms in each second, beside a closed loop of the same rate.

    bench/stall.py [SECONDS [RATE]]      20 seconds of 2000 requests a second, unless told otherwise

sockscope measures a block a second, so that its percentiles have several to stand on. The server is `sockscope serve` over TCP, stopped and continued with signals. Needs a release build. Where sockperf is
installed, its ping-pong and under-load measure a server of its own that is stopped in the same way.
"""

import re
import shutil
import signal
import socket
import subprocess
import sys
import threading

import pairs

STALL = 0.05


class Stalled:
    """A server that is stopped for 50 ms in each second as long as its context lasts."""

    def __init__(self, *command):
        self.server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.over = threading.Event()
        self.thread = threading.Thread(target=self.stall)

    def stall(self):
        while not self.over.wait(1 - STALL):
            self.server.send_signal(signal.SIGSTOP)
            self.over.wait(STALL)
            self.server.send_signal(signal.SIGCONT)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.over.set()
        if self.thread.is_alive():
            self.thread.join()
        self.server.send_signal(signal.SIGCONT)
        self.server.kill()
        self.server.wait()

    def when_ready(self, port):
        """Waits until it takes connections, then begins to stall."""
        while True:
            with socket.socket() as client:
                if client.connect_ex(("127.0.0.1", port)) == 0:
                    break
        self.thread.start()


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def line(name, p50, p99, p999):
    """A row of microseconds; what too few samples support is a dash."""
    numbers = " ".join(f"{'—' if of is None else round(of, 1):>9}" for of in (p50, p99, p999))
    print(f"{name:<44} {numbers}", flush=True)


def ours(seconds, rate):
    port = free_port()
    endpoint = f"tcp:127.0.0.1:{port}"
    with Stalled(pairs.SOCKSCOPE, "serve", "--service", "echo", "--quiet", endpoint) as server:
        server.when_ready(port)
        options = [endpoint, "--service", "echo", "--view", "client-pinned", "--block", "1s"]
        cell, _ = pairs.sockscope("--workload", "open", "--rate", rate, *options, rounds=seconds)
    for name, of in (("open: latency from the intended time", cell["rtt_ns"]), ("open: service time", cell["open"]["service_ns"])):
        line(name, *(of[part] and of[part] / 1e3 for part in ("p50", "p99", "p999")))
    state = "valid" if cell["open"]["valid"] else "invalid: " + cell["open"]["invalid_because"]
    counts = ", ".join(f"{cell['open'][of]} {of}" for of in ("due", "missed", "unanswered"))
    print(f"  {counts}; the point is {state}")


def sockperf(mode, seconds, rate):
    port = free_port()
    with Stalled("sockperf", "server", "--tcp", "-i", "127.0.0.1", "-p", str(port)) as server:
        server.when_ready(port)
        command = ["sockperf", mode, "--tcp", "-i", "127.0.0.1", "-p", str(port), "-t", str(seconds), "--mps", rate, "-m", "64", "--full-rtt"]
        text = pairs.run(*command)
    percentiles = dict(re.findall(r"percentile ([0-9.]+) = +([0-9.]+)", text))
    line(f"sockperf {mode} --full-rtt", *(float(percentiles[of]) for of in ("50.000", "99.000", "99.900")))


def main():
    seconds = int(sys.argv[1]) if len(sys.argv) > 1 else 20
    rate = sys.argv[2] if len(sys.argv) > 2 else "2000"
    print(f"{rate} requests/s for {seconds} s, 50 ms of standstill a second; µs{'p50':>14} {'p99':>9} {'p99.9':>9}")
    ours(seconds, rate)
    if not shutil.which("sockperf"):
        print("sockperf is not installed: apt-get install sockperf")
        return
    for mode in ("ping-pong", "under-load"):
        sockperf(mode, seconds, rate)


main()
