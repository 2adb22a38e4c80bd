#!/usr/bin/env python3
"""run.py --program LEGIBLE --load BENCH_LOAD: what relaying costs, beside HAProxy and nginx.

All proxies stand in front of the same server and are measured in turn, round after round; what
is printed is the median of the rounds.
"""

import argparse
import pathlib
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile

import peers

CONNECTIONS = 2000  # of a round
BULK_MIB = 512
FRESH = 200
WARM = 1000
WARM_FOR_CPU = 10000
KEPT = 16000
IDLE_STEPS = (2000, 10000)
INTERCEPTED_IDLE_STEPS = (100, 600)
GROWTH = 20000
LOAD_LIMIT = 120  # seconds


class Bench:
    def __init__(self, load: str, proxies: list, direct: peers.Process):
        self._load = load
        self.proxies = proxies
        self.direct = direct

    def load(self, mode: str, proxy: peers.Process, count: int) -> list:
        """The numbers that the load prints."""
        done = subprocess.run(self.command(mode, proxy, count), check=True,
                              stdout=subprocess.PIPE, timeout=LOAD_LIMIT)
        return [float(line) for line in done.stdout.split()]

    def command(self, mode: str, proxy: peers.Process, count: int) -> list:
        way = [] if proxy.target is None else [str(proxy.target)]
        return [self._load, mode, str(proxy.port), str(count), *way]

    def cpu(self, mode: str, proxy: peers.Process, count: int) -> float:
        before = proxy.cpu_seconds()
        self.load(mode, proxy, count)
        return proxy.cpu_seconds() - before

    def rounds(self, count: int, measure, targets: list) -> dict:
        """Medians of `measure` by name; every other round goes through the targets backwards."""
        values = {target.name: [] for target in targets}
        for number in range(count):
            for target in targets if number % 2 == 0 else reversed(targets):
                values[target.name].append(measure(target))
        return {name: statistics.median(measured) for name, measured in values.items()}

    def cpu_per_1000_connections(self, rounds: int) -> dict:
        return self.rounds(
            rounds, lambda proxy: self.cpu("connections", proxy, CONNECTIONS) * 1000 / CONNECTIONS,
            self.proxies)

    def cpu_per_1000_warm_requests(self, rounds: int) -> dict:
        return self.rounds(
            rounds, lambda proxy: self.cpu("warm", proxy, WARM_FOR_CPU) * 1000 / WARM_FOR_CPU,
            self.proxies)

    def cpu_per_gib(self, rounds: int) -> dict:
        return self.rounds(
            rounds, lambda proxy: self.cpu("bulk", proxy, BULK_MIB) * 1024 / BULK_MIB,
            self.proxies)

    def added_latency(self, mode: str, count: int, rounds: int) -> dict:
        """Milliseconds more than without a proxy."""
        medians = self.rounds(
            rounds, lambda target: statistics.median(self.load(mode, target, count)) / 1000,
            [self.direct, *self.proxies])
        without = medians[self.direct.name]
        return {proxy.name: medians[proxy.name] - without for proxy in self.proxies}

    def idle_memory(self, proxy: peers.Process, count: int) -> int:
        """Bytes while `count` connections are open that have served a request."""
        with subprocess.Popen(self.command("idle", proxy, count), stdin=subprocess.PIPE,
                              stdout=subprocess.PIPE) as clients:
            if not clients.stdout.readline():
                raise RuntimeError(f"{proxy.name}: {count} connections could not be opened")
            memory = proxy.memory()
            clients.stdin.close()
            clients.wait(LOAD_LIMIT)
        return memory


class Table:
    def __init__(self, names: list):
        self._names = names
        print(f"{'':46}" + "".join(f"{name:>15}" for name in names))

    def row(self, title: str, values: dict, form: str):
        cells = (format(values[name], form) if name in values else "" for name in self._names)
        print(f"{title:46}" + "".join(f"{cell:>15}" for cell in cells), flush=True)


def start(program: str, folder: pathlib.Path, running: list):
    """The server, then the proxies; what was started is in `running`, also when one fails."""
    server = peers.server(folder, BULK_MIB)
    running.append(server)
    running.append(peers.legible(folder, program, server.port))
    running.append(peers.haproxy(folder, server.port))
    running.append(peers.haproxy(folder, server.port, telling=True))
    running.append(peers.nginx(folder, server.port, preread=True))
    running.append(peers.nginx(folder, server.port, preread=False))


def measure(bench: Bench, rounds: int, idle_steps: list):
    table = Table([proxy.name for proxy in bench.proxies])
    for proxy in bench.proxies:  # caches, lazily made threads, the branch predictor
        bench.load("connections", proxy, 100)
    fewest, most = idle_steps
    bytes_each, whole = {}, {}
    # First of all: later on, freed memory would be used again and not be seen.
    for proxy in bench.proxies:
        few = bench.idle_memory(proxy, fewest)
        whole[proxy.name] = bench.idle_memory(proxy, most) / 1e6
        bytes_each[proxy.name] = (whole[proxy.name] * 1e6 - few) / (most - fewest) / 1000
    table.row("kB for each idle connection", bytes_each, ".1f")
    table.row(f"MB with {most} idle connections", whole, ".1f")

    table.row("CPU seconds for 1,000 connections", bench.cpu_per_1000_connections(rounds), ".3f")
    table.row("CPU seconds for 1 GiB", bench.cpu_per_gib(rounds), ".3f")
    table.row("ms added to a fresh connection's request",
              bench.added_latency("fresh", FRESH, rounds), ".3f")
    table.row("ms added to a warm request", bench.added_latency("warm", WARM, rounds), ".3f")

    legible = bench.proxies[0]
    before = legible.memory()
    bench.load("connections", legible, GROWTH)
    table.row(f"MB grown in {GROWTH} connections",
              {legible.name: (legible.memory() - before) / 1e6}, ".1f")


def start_intercepting(program: str, folder: pathlib.Path, running: list):
    """The same for proxies that end TLS."""
    server = peers.server(folder, BULK_MIB)
    running.append(server)
    running.append(peers.legible_intercepting(folder, program, server.port))
    running.append(peers.haproxy_terminating(folder, server.port))
    for name, begin in (("sslsplit", peers.sslsplit), ("squid", peers.squid),
                        ("mitmdump", peers.mitmproxy)):
        if shutil.which(name):
            running.append(begin(folder, server.port))


def measure_intercepting(bench: Bench, rounds: int):
    table = Table([proxy.name for proxy in bench.proxies])
    for proxy in bench.proxies:
        bench.load("connections", proxy, 100)
    fewest, most = INTERCEPTED_IDLE_STEPS
    bytes_each = {}
    for proxy in bench.proxies:
        few = bench.idle_memory(proxy, fewest)
        bytes_each[proxy.name] = (bench.idle_memory(proxy, most) - few) / (most - fewest) / 1000
    table.row("kB for each idle connection", bytes_each, ".1f")
    table.row("CPU seconds for 1,000 connections", bench.cpu_per_1000_connections(rounds), ".3f")
    table.row("CPU seconds for 1 GiB", bench.cpu_per_gib(rounds), ".3f")
    table.row("CPU seconds for 1,000 keep-alive requests",
              bench.cpu_per_1000_warm_requests(rounds), ".4f")
    table.row("ms added to a fresh connection's request",
              bench.added_latency("fresh", FRESH, rounds), ".3f")
    measure_watching(bench, table, rounds)


def measure_watching(bench: Bench, table: Table, rounds: int):
    """What it costs to tell HTTP: the same requests, on connections whose HTTP is read or not."""
    legible = bench.proxies[0]
    spent = {"requests": [], "unread": []}
    for number in range(rounds):
        for mode in sorted(spent, reverse=number % 2 == 0):
            spent[mode].append(bench.cpu(mode, legible, KEPT) * 1e6 / KEPT)
    read, unread = (statistics.median(spent[mode]) for mode in ("requests", "unread"))
    table.row("CPU us for a kept connection's request", {legible.name: read}, ".1f")
    table.row("the same, HTTP not read", {legible.name: unread}, ".1f")
    table.row("% more for telling HTTP", {legible.name: (read / unread - 1) * 100}, ".0f")


def main() -> int:
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--intercept", action="store_true",
                           help="proxies that end TLS, instead of those that relay")
    arguments.add_argument("--program", required=True)
    arguments.add_argument("--load", required=True)
    arguments.add_argument("--rounds", type=int, default=3)
    options = arguments.parse_args()

    if missing := peers.missing_programs():
        print("not installed: " + ", ".join(missing), file=sys.stderr)
        return 1
    # A relayed connection takes two descriptors of the proxy.
    possible = peers.most_descriptors() // 2 - 100
    idle_steps = [min(step, possible) for step in IDLE_STEPS]

    # Told to end, it still ends what it has started.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    running = []
    with tempfile.TemporaryDirectory(prefix="legible-bench-") as folder:
        try:
            begin = start_intercepting if options.intercept else start
            begin(options.program, pathlib.Path(folder), running)
            server, *proxies = running
            bench = Bench(options.load, proxies, server)
            if options.intercept:
                measure_intercepting(bench, options.rounds)
            else:
                measure(bench, options.rounds, idle_steps)
        finally:
            for process in reversed(running):
                process.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main())
