#!/usr/bin/env python3
"""Calls while the daemons are killed, PostgreSQL stops and the disk fills up: the records are the calls, exactly

Usage: tests/e2e/test_chaos.py BUILD [--seconds N] [--rate N] [--seed N] [--reserve-kb N] [--disk-mb N]
Two nodes share a PostgreSQL store. Everything random comes from the seed (5 unless given), which is printed; when each
process runs does not.
"""
import argparse
import os
import random
import subprocess
import sys
import threading
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from crowd import Crowd, Gateway  # noqa: E402
from lab import Lab, Tests, say  # noqa: E402
from ledger import check_records  # noqa: E402

# A small disk can be mounted where nobody else sees it.
if "LCR_CHAOS_MOUNTS" not in os.environ and subprocess.run(["unshare", "-m", "true"], stderr=subprocess.DEVNULL).returncode == 0:
    os.environ["LCR_CHAOS_MOUNTS"] = "1"
    os.execvp("unshare", ["unshare", "-m", sys.executable, *sys.argv])

parser = argparse.ArgumentParser()
parser.add_argument("build")
parser.add_argument("--seconds", type=int, default=16)
parser.add_argument("--rate", type=int, default=200)
parser.add_argument("--seed", type=int, default=5)
parser.add_argument("--reserve-kb", type=int, default=0)  # 0: one for each call a second
parser.add_argument("--disk-mb", type=int, default=24)
OPTIONS = parser.parse_args()
OPTIONS.build = os.path.abspath(OPTIONS.build)
PORTS = (5360, 5361)
GATEWAYS = "gateway,carrier,uri,priority\nblue1,blue,sip:127.0.0.1:5391,0\n"
SETTINGS = "routing = { first_response_timeout_ms = 2000; }; records = { sweep_interval_s = 0; };"


class Chaos(threading.Thread):
    """What happens, when, in the order of time."""

    def __init__(self, lab, nodes, rng, seconds, small_disk):
        super().__init__()
        self.lab, self.failure, self.locks = lab, None, {node: threading.Lock() for node in nodes}
        self.store_lock, self.disk_lock = threading.Lock(), threading.Lock()
        self.began = time.time()
        plan = []
        for _ in range(max(2, seconds // 4)):
            plan.append((rng.uniform(0.08, 0.9) * seconds, self.crash, rng.choice(nodes), rng.uniform(0.1, 0.6)))
        for i in range(max(1, seconds // 16)):
            plan.append((rng.uniform(i, i + 0.6) * 16, self.stop_store, rng.uniform(0.5, 2.5)))
            if small_disk:
                plan.append((rng.uniform(i + 0.1, i + 0.7) * 16, self.fill_disk, nodes[0], rng.uniform(3.0, 4.0)))
            plan.append((rng.uniform(i + 0.3, i + 0.6) * 16, self.crash, nodes[1], rng.uniform(3, 5)))
        self.plan = sorted(plan, key=lambda step: step[0])
        self.threads = []

    def run(self):
        for at, what, *words in self.plan:
            time.sleep(max(0, self.began + at - time.time()))
            if time.time() - self.began - at > 2:  # all of this was stopped for a while: what was missed is not done at once
                self.began = time.time() - at
            say(f"      {time.time() - self.began:5.1f} s  {what.__name__} {' '.join(getattr(w, 'journal', None) and f'node{w.number}' or f'{w:.1f} s' for w in words)}")
            thread = threading.Thread(target=self.guarded, args=(what, *words))
            thread.start()
            self.threads.append(thread)
        for thread in self.threads:
            thread.join()

    def guarded(self, what, *words):
        try:
            what(*words)
        except Exception as error:  # noqa: told at the end
            self.failure = repr(error)

    def crash(self, node, seconds):
        with self.locks[node]:
            node.kill()
            time.sleep(seconds)
            self.supervise(node)

    def supervise(self, node):
        """As a supervisor would: one that finds no store to load from ends, and is started again."""
        node.start()
        for _ in range(600):
            if node.backlog() is not None:
                break
            time.sleep(0.1)
            if node.daemon.poll() is not None:
                node.start()

    def stop_store(self, seconds):
        with self.store_lock:  # a slow machine has not started it again when it is to be stopped the next time
            subprocess.run([*self.lab.pg_ctl, "-m", "immediate", "stop"], check=True, stdout=subprocess.DEVNULL)
            time.sleep(seconds)
            subprocess.run([*self.lab.pg_ctl, "-o", self.lab.pg_options, "start"], check=True, stdout=subprocess.DEVNULL)

    def fill_disk(self, node, seconds):
        """Whatever the node does meanwhile; what becomes free is taken, too."""
        with self.disk_lock:
            filler, until = os.path.join(node.journal, "filler"), time.time() + seconds
            with open(filler, "wb", buffering=0) as file:
                size = 65536
                while time.time() < until:
                    try:
                        file.write(bytes(size))
                    except OSError:
                        size = 4096
                        time.sleep(0.01)
            os.unlink(filler)


def mount_small(path):
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={OPTIONS.disk_mb}m,mode=0750", "tmpfs", path], stderr=subprocess.DEVNULL)
    return "LCR_CHAOS_MOUNTS" in os.environ and done.returncode == 0


def chaos(tests):
    """Two nodes, kill -9, a store that stops, a disk that is full"""
    if not os.path.isdir("/usr/lib/postgresql"):
        say("skipped: PostgreSQL is not installed")
        tests.skipped += 1
        return
    say(f"      seed {OPTIONS.seed}, {OPTIONS.rate} calls/s for {OPTIONS.seconds} s")
    rng = random.Random(OPTIONS.seed)
    with Lab(OPTIONS.build, "chaos", store="postgresql", workers=1, port=PORTS[0], gateways=GATEWAYS, settings=SETTINGS) as lab:
        lab.prepare()
        # what is on its way when the disk is full for 4 s has to fit: more would wait in memory, and kill -9 takes that
        reserve_kb = OPTIONS.reserve_kb or OPTIONS.rate
        nodes = [lab.node(i, f"reserve_kb = {reserve_kb}; retain_s = 10;") for i in range(2)]
        small_disk = mount_small(nodes[0].journal)
        if not small_disk:
            say("      no small disk can be mounted here: it is not filled")
        for node in nodes:
            node.start()
        for node in nodes:
            node.wait()
        gateway = Gateway(5391)
        gateway.start()
        crowd = Crowd(5380, PORTS, OPTIONS.rate, OPTIONS.seconds, (0.5, 3.0), OPTIONS.seed)
        crowd.start()
        trouble = Chaos(lab, nodes, rng, OPTIONS.seconds, small_disk)
        trouble.start()
        crowd.wait()
        trouble.join()
        tests.check(trouble.failure is None, "all that was planned was done", str(trouble.failure))
        for node in nodes:
            node.wait(backlog=True, seconds=60)
        crowd.close()
        gateway.close()
        check_records(tests, lab.records(), crowd, OPTIONS.rate * OPTIONS.seconds * 0.4)
        logs = nodes[0].log() + nodes[1].log()
        tests.check("Sanitizer" not in logs and "runtime error" not in logs, "the sanitizers saw nothing", logs[-3000:])
        tests.check("is not of this journal" not in logs, "and each journal went on from where the store had it", logs[-3000:])
        if small_disk and OPTIONS.reserve_kb == 0:  # a large reserve may last until there is room again
            tests.check("the disk is full" in logs, "the disk was full, and said so")


def noticed(policy, node, crowd):
    """Whether the full disk shows, as it is to show."""
    if policy == "carry_on":
        return "carried on" in node.log()
    return any(call.final == 503 for call in list(crowd.calls.values()))


def full_disk(tests):
    """A full disk: new calls are refused or carried on, as configured; calls in progress are on record"""
    for policy in ("refuse", "carry_on"):
        with Lab(OPTIONS.build, "full", workers=1, port=PORTS[0], gateways=GATEWAYS) as lab:
            lab.prepare()
            node = lab.node(0, f'reserve_kb = 64; when_full = "{policy}";')
            if not mount_small(node.journal):
                say("skipped: no small disk can be mounted here")
                tests.skipped += 1
                return
            node.start()
            node.wait()
            gateway, before, crowd = Gateway(5391), Crowd(5380, PORTS[:1], 100, 1, (4, 5), OPTIONS.seed), Crowd(5381, PORTS[:1], 100, 2, (0.2, 1), 1)
            gateway.start()
            before.start()
            time.sleep(1.3)
            with open(os.path.join(node.journal, "filler"), "wb", buffering=0) as file:
                try:
                    while True:
                        file.write(bytes(65536))
                except OSError:
                    pass
            crowd.end_at = time.time() + 15
            crowd.timers = []
            crowd.after(0, crowd.place, time.time())
            crowd.start()
            while time.time() < crowd.end_at - 1 and not noticed(policy, node, crowd):
                time.sleep(0.2)  # until what was left and the reserve are written
            crowd.end_at = time.time() + 1
            crowd.wait()
            before.wait()
            refused = sum(1 for call in crowd.calls.values() if call.final == 503)
            log = node.log()
            tests.check("the disk is full" in log, f"{policy}: it is said", log[-500:])
            if policy == "refuse":
                tests.check(refused > 0, "refuse: new calls get 503", str(refused))
            else:
                tests.check(refused == 0 and "carried on" in log, "carry_on: new calls go on, loudly", f"{refused} {log[-500:]}")
            os.unlink(os.path.join(node.journal, "filler"))
            deadline = time.time() + 10  # nobody calls any more: it has to find out by itself
            while "has room again" not in node.log() and time.time() < deadline:
                time.sleep(0.1)
            tests.check("has room again" in node.log(), f"{policy}: room is found again without any call", node.log()[-500:])
            node.wait(backlog=True)
            ended = {call.call_id.decode() for call in before.calls.values()}
            rows = {row["call_id"]: row for row in lab.records()}
            good = [i for i in ended if i in rows and rows[i]["status"] == "answered" and int(rows[i]["duration_us"]) > 3_500_000]
            tests.check(len(good) == len(ended) and len(ended) > 50, f"{policy}: the calls in progress are on record with their ends",
                        f"{len(good)} of {len(ended)}")
            during = {call.call_id.decode() for call in crowd.calls.values() if call.dialogs}
            kept = [i for i in during if i in rows and rows[i]["status"] == "answered"]
            tests.check(len(kept) == len(during), f"{policy}: and so are those that were answered on the full disk", f"{len(kept)} of {len(during)}")
            for loop in (crowd, before, gateway):
                loop.close()
            node.kill()
            subprocess.run(["umount", "-l", node.journal], check=False)


Tests().run(chaos, full_disk)
