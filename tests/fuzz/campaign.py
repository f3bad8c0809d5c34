#!/usr/bin/env python3
"""Runs fuzz targets one after the other, each for some CPU time of its own.

    tests/fuzz/campaign.py BUILD CORPUS [--cpu SECONDS] [NAME ...]

BUILD was configured with --enable-fuzz. New inputs go to CORPUS/NAME, and a run
begins with what is there and with the seeds. CPU time is counted, not time, so
that it may run at a low priority beside other work. After a finding the target
goes on with the time it has left. Prints a row of the table in doc/fuzzing.md
for each target. The status is 1 when something was found.
"""
import argparse
import os
import re
import signal
import subprocess
import sys
import threading
import time

SRC = os.path.dirname(os.path.abspath(__file__))
NAMES = ("scan proxy frame txn journal front token event value binding edit way "
         "uri_hop session digest reason").split()
NO_SIP = ("journal", "front", "token", "event")
FROM_LONG = ("scan", "frame", "txn")  # short inputs have nothing new
TICK = os.sysconf("SC_CLK_TCK")
ROUNDS = 30  # of one target, with a finding each


def cpu_of(pid):
    """The CPU time of a process in seconds; None when there is none."""
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii") as stat:
            fields = stat.read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / TICK
    except OSError:
        return None


class Run:
    """What one target has done so far."""

    def __init__(self, name, args):
        self.name, self.args = name, args
        self.execs = self.edges = self.features = self.begun = 0
        self.cpu = self.now = 0.0
        self.last = (0, 0.0)  # executions and CPU time at the last new edge
        self.found = []

    def command(self):
        corpus = os.path.join(self.args.corpus, self.name)
        os.makedirs(corpus, exist_ok=True)
        options = ["-max_len=4096", "-timeout=9000", "-report_slow_units=9000",
                   "-print_final_stats=1", f"-artifact_prefix={corpus}-"]
        if self.name not in NO_SIP:
            options.append(f"-dict={SRC}/sip.dict")
        if self.name in FROM_LONG:
            options.append("-len_control=0")
        program = os.path.join(self.args.build, "tests/fuzz",
                               "fuzz_" + self.name)
        return [program, *options, corpus, f"{SRC}/seeds/{self.name}"]

    def watch(self, process):
        """Ends it when its time is over."""
        while process.poll() is None:
            self.now = cpu_of(process.pid) or self.now
            if self.cpu + self.now >= self.args.cpu:
                process.send_signal(signal.SIGUSR1)
                return
            time.sleep(0.5)

    def take(self, line, process):
        """A line that it prints; how many executions it tells of."""
        at = re.match(r"#(\d+)\s+(\w+)\s+cov: (\d+) ft: (\d+)", line)
        if at:
            execs, edges = int(at[1]), int(at[3])
            self.features = max(self.features, int(at[4]))
            if at[2] == "INITED":
                self.begun = self.begun or edges
            elif self.begun and edges > self.edges:
                self.last = (self.execs + execs,
                             self.cpu + (cpu_of(process.pid) or self.now))
            if self.begun:
                self.edges = max(self.edges, edges)
            return execs
        found = re.search(r"Test unit written to (\S+)", line)
        if found:
            self.found.append(found[1])
        total = re.match(r"stat::number_of_executed_units: (\d+)", line)
        return int(total[1]) if total else 0

    def round(self):
        execs = 0
        with subprocess.Popen(self.command(), stdout=subprocess.DEVNULL,
                              stderr=subprocess.PIPE, text=True,
                              errors="replace") as process:
            watcher = threading.Thread(target=self.watch, args=[process])
            watcher.start()
            for line in process.stderr:
                execs = max(execs, self.take(line, process))
            watcher.join()
        self.execs += execs
        self.cpu += self.now
        self.now = 0.0

    def row(self):
        return (f"| `{self.name}` | {self.execs:,} | {self.cpu:.0f} s "
                f"| {self.begun:,} | {self.edges:,} | {self.features:,} "
                f"| {self.last[0]:,}; {self.last[1]:.0f} s |")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("build")
    parser.add_argument("corpus")
    parser.add_argument("names", nargs="*", default=NAMES)
    parser.add_argument("--cpu", type=float, default=1200, metavar="SECONDS")
    args = parser.parse_intermixed_args()
    found = []
    print("| target | executions | CPU | edges at first | edges | features "
          "| last new edge |\n|---|---|---|---|---|---|---|", flush=True)
    for name in args.names:
        run = Run(name, args)
        for _ in range(ROUNDS):
            if run.cpu < args.cpu - 1:
                run.round()
        print(run.row(), flush=True)
        found += run.found
    for path in found:
        print(f"found: {path}")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
