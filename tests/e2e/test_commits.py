#!/usr/bin/env python3
"""Where a COMMIT may fail, it does, at two nodes and time and again: the records are the calls, exactly

Usage: tests/e2e/test_commits.py BUILD [--seconds N] [--rate N] [--seed N]
Two nodes ship into one PostgreSQL, each through a relay that cuts, kills and keeps silent at chosen moments of a
transaction, while calls set up by one are ended by the other, and sweeps and rating run beside them. Then a failover to a
server that has not got the last transactions, and PgBouncer. Everything random comes from the seed (5 unless given).
"""
import argparse
import os
import random
import shutil
import subprocess
import sys
import threading
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from crowd import Crowd, Gateway  # noqa: E402
from lab import Lab, Tests, say  # noqa: E402
from ledger import check_records  # noqa: E402
from relay import Relay  # noqa: E402

parser = argparse.ArgumentParser()
parser.add_argument("build")
parser.add_argument("--seconds", type=int, default=12)
parser.add_argument("--rate", type=int, default=80)
parser.add_argument("--seed", type=int, default=5)
OPTIONS = parser.parse_args()
OPTIONS.build = os.path.abspath(OPTIONS.build)
PORTS = (5360, 5361)
GATEWAYS = "gateway,carrier,uri,priority\nblue1,blue,sip:127.0.0.1:5391,0\n"
# calls are swept while they last, so that each has a late STOP
TABLES = {"accounts": "account,name,tariff,country_code,international,timezone,max_call_s\nacme,Acme GmbH,retail,49,true,Europe/Berlin,1\n"}
SETTINGS = "routing = { first_response_timeout_ms = 2000; }; records = { sweep_interval_s = 1; sweep_grace_s = 0; };"
NODE = "ship_timeout_s = %d; reserve_kb = 64;"
COMMIT = (("before", 6), ("after", 8), ("blind", 6), ("mute", 1), ("halfopen", 1), ("terminate", 3), ("kill", 0.5), (None, 60))
COPY = (("cut", 1), ("cancel", 2), (None, 300))


class CrossCrowd(Crowd):
    """Every third call is ended through the other node."""

    def hang_up(self, dialog, text, pause, times):
        if times == 0 and self.random.random() < 0.33:
            dialog.node = self.other(dialog.node)
        super().hang_up(dialog, text, pause, times)


def chooser(rng, words):
    """A word at a moment, by weight; at first each one once, so that none is left out."""
    first = {moment: [word for word, _ in table if word] for moment, table in words.items()}
    for list_ in first.values():
        rng.shuffle(list_)

    def choose(moment):
        if first[moment] and rng.random() < (0.5 if moment == "commit" else 0.1):
            return first[moment].pop()
        table = words[moment]
        return rng.choices([word for word, _ in table], [weight for _, weight in table])[0]
    return choose


def start_nodes(lab, directories, timeout_s=1):
    nodes = []
    for number, directory in enumerate(directories):
        node = lab.node(number, NODE % timeout_s)
        path = lab.path(f"node{number}.conf")
        with open(path, encoding="utf-8") as file:
            text = file.read()
        with open(path, "w", encoding="utf-8") as file:
            file.write(text.replace(f"host={lab.path('pg')} ", f"host={directory} "))
        nodes.append(node)
    for node in nodes:
        node.start()
    for node in nodes:
        node.wait()
    return nodes


def psql(lab, sql, directory=None, port=5433):
    done = subprocess.run(["psql", "-qAtX", "-h", directory or lab.path("pg"), "-p", str(port), "-U", "postgres", "-c", sql],
                          capture_output=True, text=True)
    if done.returncode != 0:
        raise RuntimeError(f"{sql}: {done.stderr}")
    return done.stdout.strip()


def wait_for(crowd):
    while not (crowd.done and crowd.pending_byes == 0):
        time.sleep(0.05)
    time.sleep(0.3)


class Tools(threading.Thread):
    """Sweeps, rating and a lock now and then, until it is ended; what fails for a moment's reason is run again."""

    def __init__(self, lab, rng):
        super().__init__(daemon=True)
        self.lab, self.rng, self.over, self.runs, self.failed = lab, rng, False, 0, 0
        self.start()

    def run(self):
        while not self.over:
            words = self.rng.choice((["cdr-sweep"], ["cdr-rate"], ["lcrdb", "check"], None))
            try:
                if words:
                    self.runs += 1
                    self.failed += self.lab.run(*words, check=False).returncode != 0
                else:
                    psql(self.lab, "BEGIN; LOCK TABLE cdr IN ACCESS EXCLUSIVE MODE; SELECT pg_sleep(0.3); COMMIT")
            except RuntimeError:
                self.failed += 1
            time.sleep(self.rng.uniform(0.1, 0.6))

    def close(self):
        self.over = True
        self.join()


def check_logs(tests, nodes):
    logs = "".join(node.log() for node in nodes)
    tests.check("Sanitizer" not in logs and "runtime error" not in logs, "the sanitizers saw nothing", logs[-3000:])
    return logs


def check_store(tests, lab, port=5433):
    aside = psql(lab, "SELECT count(*), min(error) FROM bad_events", port=port)
    tests.check(aside.startswith("0|"), "no event was set aside", aside)
    attempts = psql(lab, "SELECT count(*), count(DISTINCT (setup_time, call_key, hop)) FROM cdr_attempt", port=port).split("|")
    tests.check(attempts[0] == attempts[1], "no attempt is doubled", str(attempts))
    open_calls = psql(lab, "SELECT count(*) FROM cdr WHERE status IN ('open', 'swept')", port=port)
    tests.check(open_calls == "0", "no call is open or swept any more", open_calls)


def commits(tests):
    """Cut, silent and killed at COMMIT, cut and cancelled in COPY; sweeps, late STOPs, rating and locks beside it"""
    say(f"      seed {OPTIONS.seed}, {OPTIONS.rate} calls/s for {OPTIONS.seconds} s")
    rng = random.Random(OPTIONS.seed)
    with Lab(OPTIONS.build, "commits", store="postgresql", workers=2, port=PORTS[0], gateways=GATEWAYS, tables=TABLES, settings=SETTINGS) as lab:
        lab.prepare()
        server = lab.path("pg/.s.PGSQL.5433")
        relays = [Relay(lab.path(f"relay{i}"), server) for i in range(2)]
        nodes = start_nodes(lab, [relay.directory for relay in relays])
        gateway = Gateway(5391)
        gateway.start()
        for relay in relays:
            relay.choose = chooser(random.Random(rng.random()), {"commit": COMMIT, "copy": COPY})
        tools = Tools(lab, random.Random(rng.random()))
        crowd = CrossCrowd(5380, PORTS, OPTIONS.rate, OPTIONS.seconds, (0.5, 3.0), OPTIONS.seed)
        crowd.start()
        wait_for(crowd)
        for relay in relays:
            relay.choose = lambda moment: None
        tools.close()
        for node in nodes:
            node.wait(backlog=True, seconds=40)
        crowd.close()
        gateway.close()
        counts = {word: sum(relay.counts.get(word, 0) for relay in relays) for word in [w for w, _ in COMMIT + COPY if w] + ["passed"]}
        say("      " + ", ".join(f"{word} {count}" for word, count in counts.items()) + f"; tools {tools.runs}, {tools.failed} of them failed")
        tests.check(all(counts.values()), "each way to fail was taken", str(counts))
        corrected = psql(lab, "SELECT count(*) FROM cdr_corrections")
        tests.check(int(corrected) > 0, "calls were swept, and ended later", corrected)
        check_records(tests, lab.records(), crowd, OPTIONS.rate * OPTIONS.seconds * 0.7)
        check_store(tests, lab)
        done = lab.run("cdr-rate", check=False)
        tests.check(done.returncode == 0, "all can be rated", done.stdout + done.stderr)
        check_logs(tests, nodes)


# --- another server, and a pooler in between ---

class Pool:
    """PgBouncer, in transaction mode, for the server on a port."""

    def __init__(self, lab):
        self.lab, self.directory = lab, lab.path("pool")
        os.mkdir(self.directory)
        if os.getuid() == 0:
            shutil.chown(self.directory, "postgres")
        self.write(5433)
        self.process = lab.spawn([shutil.which("pgbouncer") or "/usr/sbin/pgbouncer", *(["-u", "postgres"] if os.getuid() == 0 else []), lab.path("pool.ini")], "pool.log")
        for _ in range(100):
            if os.path.exists(os.path.join(self.directory, ".s.PGSQL.5433")):
                break
            time.sleep(0.05)

    def write(self, port):
        with open(self.lab.path("pool.ini"), "w", encoding="utf-8") as file:
            file.write(f"""[databases]
postgres = host={self.lab.path("pg")} port={port} user=postgres
[pgbouncer]
listen_port = 5433
unix_socket_dir = {self.directory}
auth_type = any
pool_mode = transaction
default_pool_size = 2
admin_users = postgres
server_login_retry = 1
""")

    def command(self, word):
        subprocess.run(["psql", "-qX", "-h", self.directory, "-p", "5433", "-U", "postgres", "-d", "pgbouncer", "-c", word],
                       check=True, capture_output=True)

    def turn(self, port):
        self.write(port)
        self.command("RELOAD")


class Standby:
    """A second server that follows the first, on the next port."""

    def __init__(self, lab):
        bin_dir, data = os.path.dirname(lab.pg_ctl[len(lab.postgres)]), lab.path("pg/standby")
        subprocess.run([*lab.postgres, f"{bin_dir}/pg_basebackup", "-h", lab.path("pg"), "-p", "5433", "-U", "postgres", "-c", "fast",
                        "-D", data, "-R"], check=True, capture_output=True)
        self.lab, self.ctl = lab, [*lab.postgres, f"{bin_dir}/pg_ctl", "-D", data, "-w", "-l", lab.path("pg/standby.log")]
        subprocess.run([*self.ctl, "-o", f"-k {lab.path('pg')} -p 5434 -c listen_addresses=", "start"], check=True, stdout=subprocess.DEVNULL)

    def ask(self, sql):
        return psql(self.lab, sql, port=5434)

    def until(self, sql, what):
        for _ in range(200):
            if self.ask(sql) == what:
                return
            time.sleep(0.05)
        raise RuntimeError(f"{sql}: not {what}")

    def stop(self):
        subprocess.run([*self.ctl, "-m", "immediate", "stop"], stdout=subprocess.DEVNULL, check=False)


def call(lab, crowds, seconds, nodes):
    """Some calls more, all of them shipped afterwards."""
    crowd = CrossCrowd(5380 + len(crowds), PORTS, 40, seconds, (0.2, 0.8), OPTIONS.seed + len(crowds))
    crowds.append(crowd)
    crowd.start()
    wait_for(crowd)
    for node in nodes:
        node.wait(backlog=True)


def run_tools(tests, lab, pool):
    """Each program through the pooler, all of them at once and after one another."""
    lab.url = lambda: f"postgresql:host={pool.directory} port=5433 dbname=postgres user=postgres"
    commands = (["cdr-rate"], ["cdr-sweep"], ["lcrdb", "check"], ["cdr-export", "--format", "csv"], ["cdr-report", "--by", "carrier", "--from", "2000-01-01"],
                ["lcrdb", "import", "rates", lab.path("rates.csv")], ["cdr-rate", "--rerate"],
                ["cdr-bill", "--period", "2001-01", "--out", lab.path("bills"), "--close"])
    results = {}

    def run(i, words):
        results[i] = [lab.run(*words, check=False) for _ in range(3)]
    threads = [threading.Thread(target=run, args=(i, words)) for i, words in enumerate(commands)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    bad = [(commands[i], done.returncode, done.stderr[-300:]) for i, dones in results.items() for done in dones if done.returncode != 0]
    tests.check(not bad, "each program works through the pooler, and beside the others", str(bad))
    left = {psql(lab, "SELECT count(*) FROM pg_prepared_statements", pool.directory) +
            psql(lab, "SELECT count(*) FROM pg_settings WHERE name IN ('lock_timeout', 'default_transaction_read_only') AND source = 'session'",
                 pool.directory) for _ in range(6)}
    tests.check(left == {"00"}, "and leaves nothing behind in its servers", str(left))


def failover(tests):
    """PgBouncer in transaction mode; a failover to a server that lacks the last transactions"""
    if shutil.which("pgbouncer") is None and not os.path.exists("/usr/sbin/pgbouncer"):
        say("skipped: PgBouncer is not installed")
        tests.skipped += 1
        return
    settings = SETTINGS.replace("sweep_grace_s = 0", "sweep_grace_s = 3600")
    with Lab(OPTIONS.build, "failover", store="postgresql", workers=2, port=PORTS[0], gateways=GATEWAYS, settings=settings) as lab:
        lab.prepare()
        relay, pool, standby = Relay(lab.path("relay"), lab.path("pg/.s.PGSQL.5433")), Pool(lab), Standby(lab)
        try:
            switch(tests, lab, relay, pool, standby)
        finally:
            standby.stop()


def switch(tests, lab, relay, pool, standby):
    nodes = start_nodes(lab, [relay.directory, pool.directory], 60)
    gateway, crowds = Gateway(5391), []
    gateway.start()
    call(lab, crowds, 1.5, nodes)
    run_tools(tests, lab, pool)
    count = psql(lab, "SELECT count(*) FROM cdr")
    standby.until("SELECT count(*) FROM cdr", count)
    standby.ask("ALTER SYSTEM SET primary_conninfo = ''")
    standby.ask("SELECT pg_reload_conf()")
    standby.until("SELECT count(*) FROM pg_stat_wal_receiver", "0")
    call(lab, crowds, 1.5, nodes)
    more = psql(lab, "SELECT count(*) FROM cdr")
    tests.check(int(more) > int(count) == int(standby.ask("SELECT count(*) FROM cdr")), "the standby lacks the last records", f"{count} {more}")
    subprocess.run([*lab.pg_ctl, "-m", "immediate", "stop"], check=True, stdout=subprocess.DEVNULL)
    lab.postgres = None
    relay.to = lab.path("pg/.s.PGSQL.5434")  # not to be written to yet
    call(lab, crowds, 0.3, [])  # there is something to write
    status, deadline = "", time.time() + 15
    while "read-only" not in status and time.time() < deadline:
        time.sleep(0.2)
        status = lab.run("lcrctl", "--socket", lab.path("control0.sock"), "status", "--json").stdout
    tests.check("read-only" in status, "a node does not write to a standby, and says so", status)
    subprocess.run([*standby.ctl, "promote"], check=True, stdout=subprocess.DEVNULL)
    pool.turn(5434)
    time.sleep(1.5)
    call(lab, crowds, 1.5, nodes)
    pool.command("PAUSE")  # takes everything, answers nothing
    call(lab, crowds, 0.7, [])
    before = time.time()
    nodes[1].daemon.terminate()
    status, took = nodes[1].daemon.wait(timeout=30), time.time() - before
    tests.check(status == 0 and took < 9, "a store that says nothing does not hold up the daemon's stop", f"{status} {took:.1f} s")
    pool.command("RESUME")
    nodes[1].start()
    for node in nodes:
        node.wait(backlog=True)
    for crowd in crowds:
        crowd.close()
    gateway.close()
    crowds[0].calls.update({key: value for crowd in crowds[1:] for key, value in crowd.calls.items()})
    check_records(tests, lab.records(), crowds[0], 100)
    check_store(tests, lab, port=5434)
    logs = check_logs(tests, nodes)
    for node in nodes:
        tests.check("the store is back at record" in node.log(), f"node{node.number} says that the store went back", node.log()[-600:])
    tests.check("it was restored, or is another server now" in logs, "and why that may be")


if not os.path.isdir("/usr/lib/postgresql"):
    say("skipped: PostgreSQL is not installed")
    say("0 passed, 0 failed, 1 skipped")
    sys.exit(0)
Tests().run(commits, failover)
