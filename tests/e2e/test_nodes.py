#!/usr/bin/env python3
"""Nodes that are odd: with wrong clocks, of one name, restored from a backup, later than their months; on one PostgreSQL

Usage: tests/e2e/test_nodes.py BUILD [TEST...]
"""
import json
import os
import shutil
import subprocess
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from lab import Lab, Tests  # noqa: E402
from peer import Call, Peer  # noqa: E402
from preload import STEPPING, Preload, set_clock  # noqa: E402

BUILD = os.path.abspath(sys.argv[1])
PORT = 5360
NUMBER = "+498912345678"
DAY = 86400 * 10**6
HOUR = 3600 * 10**6


class Nodes:
    """Some nodes, none of which is started; a caller and a gateway."""

    def __init__(self, n, records="sweep_interval_s = 1; sweep_grace_s = 0;", journal=""):
        self.lab = Lab(BUILD, "nodes", workers=1, port=PORT, store="postgresql", settings=f"records = {{ {records} }};")
        self.n, self.journal = n, journal

    def __enter__(self):
        self.lab.prepare()
        self.nodes = [self.lab.node(i, self.journal) for i in range(self.n)]
        self.caller, self.blue = Peer(5380), Peer(5391)
        return self

    def __exit__(self, kind, value, trace):
        self.caller.close()
        self.blue.close()
        logs = "".join(node.log() for node in self.nodes)
        self.lab.__exit__(kind, value, trace)
        if kind is None and ("Sanitizer" in logs or "runtime error" in logs):
            raise RuntimeError(logs[-4000:])

    def start(self, number, preload=None, ahead_us=0):
        """With a clock of its own where ahead_us is given."""
        if preload:
            set_clock(f"{preload.path}{number}", ahead_us)
        self.nodes[number].start(env=preload.env(f"{preload.path}{number}") if preload else None)
        self.nodes[number].wait(backlog=True)

    def stop(self, number):
        self.nodes[number].daemon.terminate()
        self.nodes[number].daemon.wait(timeout=30)

    def answered(self, number, headers=""):
        call = Call(self.caller, PORT + number, NUMBER)
        call.be_answered(self.blue, headers)
        return call

    def request(self, call, method, number):
        call.proxy = PORT + number
        call.send(method)
        self.blue.answer(self.blue.wait(method, call_id=call.call_id), 200)
        return self.caller.wait(200, call_id=call.call_id)

    def records(self, *numbers):
        for number in numbers:
            self.nodes[number].wait(backlog=True)
        time.sleep(0.3)
        return self.lab.records()

    def record(self, call, *numbers):
        rows = [row for row in self.records(*numbers) if row["call_id"] == call.call_id]
        return rows[0] if len(rows) == 1 else {"rows": len(rows)}

    def sql(self, text):
        done = subprocess.run(["psql", "-q", "-At", "-F", "|", "-v", "ON_ERROR_STOP=1", "-h", self.lab.path("pg"), "-p", "5433", "-U", "postgres", "-c", text],
                              capture_output=True, text=True, check=True)
        return done.stdout.strip()


def wait_until(what, seconds=20):
    deadline = time.time() + seconds
    while not what() and time.time() < deadline:
        time.sleep(0.1)
    return what()


def year_ahead(tests):
    """A node whose clock is a year ahead drops no months that are to be kept, and sweeps no call that goes on"""
    with Preload(STEPPING, False) as preload, Nodes(2, "sweep_interval_s = 1; sweep_grace_s = 0; keep_months = 2;") as s:
        s.start(0)
        call = s.answered(0)
        s.record(call, 0)
        s.sql("INSERT INTO cdr (call_key, to_tag, setup_time, node, status) VALUES ('month', 't', now() - interval '31 days', 'n', 'failed'),"
              " ('old', 't', now() - interval '5 months', 'n', 'failed')")
        s.sql("CREATE TABLE cdr_199901 PARTITION OF cdr FOR VALUES FROM ('1999-01-01Z') TO ('1999-02-01Z')")
        s.start(1, preload, 400 * DAY)
        tests.check(wait_until(lambda: s.sql("SELECT to_regclass('cdr_199901') IS NULL") == "t"), "what is old is dropped by it", s.nodes[1].log()[-800:])
        time.sleep(2.5)  # some sweeps
        tests.check(s.sql("SELECT string_agg(call_key, ' ' ORDER BY setup_time) FROM cdr WHERE call_key IN ('month', 'old')") == "month",
                    "the last months are not", s.sql("SELECT call_key, setup_time FROM cdr"))
        tests.check(s.record(call, 0).get("status") == "open", "a call goes on", str(s.record(call, 0)))
        done = subprocess.run([os.path.join(BUILD, "cdr-sweep"), "--json"], env=dict(preload.env(f"{preload.path}1"), LCR_STORE=s.lab.url()), capture_output=True, text=True)
        tests.check(done.returncode == 0 and json.loads(done.stdout)["swept"] == 0, "cdr-sweep there sweeps nothing either", done.stdout + done.stderr)
        future = s.answered(1)
        time.sleep(0.5)
        s.request(future, "BYE", 1)
        row = s.record(future, 1)
        tests.check(row.get("status") == "answered" and row["anomaly"] == "" and 4e5 < int(row["duration_us"]) < 5e6, "its own calls are on record", str(row))
        s.stop(1)
        s.request(call, "BYE", 0)
        tests.check(s.record(call, 0).get("status") == "answered", "the other one ends")


def day_ahead(tests):
    """Nodes whose clocks are hours and days off: what they end is marked, what they only saw is swept at the right time"""
    with Preload(STEPPING, False) as preload, Nodes(3) as s:
        s.start(0)
        s.start(1, preload, DAY)
        seen, witnessed, ended, late = (s.answered(0, "Session-Expires: 3;refresher=uac\r\n"), s.answered(0, "Session-Expires: 3;refresher=uac\r\n"),
                                        s.answered(0), s.answered(0))
        time.sleep(1)
        tests.check(s.request(seen, "UPDATE", 1) is not None, "a refresh goes through the node that is a day ahead")
        witnessed.proxy = PORT + 1
        witnessed.ack()
        s.blue.wait("ACK", call_id=witnessed.call_id)
        s.request(ended, "BYE", 1)
        row = s.record(ended, 0, 1)
        tests.check((row.get("status"), row["anomaly"]) == ("answered", "clock") and abs(int(row["clock_us"]) - DAY) < 10**6, "what it ends is marked", str(row))
        for call, least in ((seen, 8e5), (witnessed, 0)):
            wait_until(lambda: s.record(call, 0, 1).get("status") == "swept")
            row = s.record(call, 0, 1)
            tests.check(row.get("status") == "swept" and least <= int(row["duration_us"]) < 6e6, "what it has seen is swept at its last sign of life", str(row))
        s.nodes[0].kill()
        s.sql("UPDATE node_clock SET measured = measured - interval '3 days' WHERE node = 'node0'")
        s.stop(1)
        s.start(1, preload, DAY)
        s.request(late, "BYE", 1)
        row = s.record(late, 1)
        tests.check((row.get("status"), row["anomaly"]) == ("answered", "clock"), "also when the other one is dead for days", str(row))


def clock_set_elsewhere(tests):
    """The clock of a node is put right while its calls last, and another node ends them: they are marked"""
    with Preload(STEPPING, False) as preload, Nodes(2) as s:
        s.start(0, preload, -HOUR)
        call, own = s.answered(0), s.answered(0)
        time.sleep(0.5)
        set_clock(f"{preload.path}0", 0)
        after = wait_until(lambda: "it was set by" in s.nodes[0].log()) and s.answered(0)
        s.stop(0)  # so that it tells the store at once, and not within a minute
        s.start(0, preload, 0)
        time.sleep(0.5)
        s.start(1)
        time.sleep(0.5)
        for each, number in ((call, 1), (own, 0), (after, 1)):
            s.request(each, "BYE", number)
        row = s.record(call, 0, 1)
        tests.check((row.get("status"), row["anomaly"]) == ("answered", "clock") and abs(int(row["clock_us"]) - HOUR) < 10**6, "through the other node", str(row))
        row = s.record(own, 0, 1)
        tests.check(row.get("anomaly") == "clock" and abs(int(row["clock_us"]) - HOUR) < 10**6, "as through its own", str(row))
        row = s.record(after, 0, 1)
        tests.check(row.get("status") == "answered" and row["anomaly"] == "", "one of after it is not", str(row))


def one_name(tests):
    """Two nodes have one name by mistake, and journals of their own: each call is one record, and the log says it"""
    with Nodes(2, journal="retain_s = 0;") as s:
        path = s.lab.path("node1.conf")
        with open(path, encoding="utf-8") as file:
            text = file.read()
        with open(path, "w", encoding="utf-8") as file:
            file.write(text.replace('node = "node1"', 'node = "node0"'))
        s.start(0)
        s.start(1)
        calls = []
        for i in range(40):
            call = s.answered(i % 2)
            calls.append(call)
            time.sleep(0.02)
            s.request(call, "BYE", (i // 2) % 2)
        wait_until(lambda: all(row["status"] == "answered" for row in s.lab.records()) and len(s.lab.records()) == len(calls))
        s.stop(0)
        s.stop(1)
        rows = s.lab.records()
        tests.check(sorted(row["call_id"] for row in rows) == sorted(call.call_id for call in calls), "each call is on record, once", str(len(rows)))
        tests.check(all(row["status"] == "answered" and row["number"] and not row["anomaly"] for row in rows), "whole", str(rows[:2]))
        tests.check("Has another node the same name" in s.nodes[0].log() + s.nodes[1].log(), "it is said", s.nodes[1].log()[-500:])
        tests.check(s.sql("SELECT count(*) FROM bad_events") == "0", "no event is set aside", s.sql("SELECT error FROM bad_events"))


def restored(tests):
    """A node's journals are put back from a backup while the store has gone on: nothing is lost or doubled"""
    with Nodes(1, journal="retain_s = 3600;") as s:
        calls = []

        def some(n):
            for _ in range(n):
                calls.append(s.answered(0))
                s.request(calls[-1], "BYE", 0)

        s.start(0)
        some(5)
        spanning = s.answered(0)
        s.nodes[0].wait(backlog=True)
        s.stop(0)
        shutil.copytree(s.nodes[0].journal, s.lab.path("backup"))
        s.start(0)
        some(5)
        tests.check(len(s.records(0)) == len(calls) + 1, "all is in the store", str(len(s.records(0))))
        s.nodes[0].kill()
        shutil.rmtree(s.nodes[0].journal)
        shutil.copytree(s.lab.path("backup"), s.nodes[0].journal)
        s.start(0)
        some(5)
        s.request(spanning, "BYE", 0)
        calls.append(spanning)
        rows = s.records(0)
        tests.check(sorted(row["call_id"] for row in rows) == sorted(call.call_id for call in calls), "each call is on record, once", str(len(rows)))
        tests.check(all(row["status"] == "answered" and row["number"] and not row["anomaly"] for row in rows), "whole", str(rows[:2]))
        tests.check(s.sql("SELECT count(*) FROM bad_events") == "0", "no event is set aside", s.sql("SELECT error FROM bad_events"))


def month_is_gone(tests):
    """A STOP that comes when the month of its call was dropped; and a store that has no month for today"""
    with Nodes(1) as s:
        s.start(0)
        call, other = s.answered(0), s.answered(0)
        s.record(call, 0)
        month = s.sql("SELECT to_char(now() AT TIME ZONE 'UTC', 'YYYYMM')")
        s.sql(f"DROP TABLE cdr_{month}, cdr_attempt_{month}")
        s.request(call, "BYE", 0)
        row = s.record(call, 0)
        tests.check((row.get("status"), row["anomaly"], row["number"], row["sell_amount"]) == ("answered", "no_start", "", ""), "it is on record, and marked", str(row))
        new = s.answered(0)
        s.request(new, "BYE", 0)
        row = s.record(new, 0)
        tests.check((row.get("status"), row["anomaly"]) == ("answered", ""), "calls that come are on record", str(row))
        tests.check(s.sql("SELECT count(*) FROM cdr_other") == "2", "where there is room for them")
        before = s.sql("SELECT id, call_id, duration_us, anomaly FROM cdr ORDER BY id")
        s.stop(0)
        s.start(0)
        tests.check(wait_until(lambda: s.sql(f"SELECT to_regclass('cdr_{month}') IS NOT NULL") == "t"), "the month is made", s.nodes[0].log()[-600:])
        tests.check(s.sql(f"SELECT count(*) FROM cdr_{month}") == "2" and before == s.sql("SELECT id, call_id, duration_us, anomaly FROM cdr ORDER BY id"),
                    "and they are in it, unchanged", before)
        s.request(other, "BYE", 0)
        tests.check(s.record(other, 0).get("anomaly") == "no_start" and "partitions: E" not in s.nodes[0].log(), "and so are others", s.nodes[0].log()[-600:])


def foreign_server(tests):
    """A server whose time zone, date style and string syntax are changed under the nodes, and whose months begin elsewhere"""
    def change(zone, style, plain):
        for setting, value in (("timezone", zone), ("datestyle", style), ("standard_conforming_strings", plain)):
            s.sql(f"ALTER SYSTEM SET {setting} = '{value}'")
        s.sql("SELECT pg_reload_conf()")
        time.sleep(0.3)

    with Nodes(2) as s:
        change("Pacific/Kiritimati", "SQL, DMY", "off")
        month = time.strftime("%Y%m", time.gmtime())
        s.sql(f"DROP TABLE cdr_{month}, cdr_attempt_{month}")
        s.start(0)
        tests.check(wait_until(lambda: s.sql(f"SELECT to_regclass('cdr_{month}') IS NOT NULL") == "t"), "months are made")
        bounds = s.sql(f"SET timezone = 'UTC'; SET datestyle = 'ISO'; SELECT pg_get_expr(relpartbound, oid) FROM pg_class WHERE oid = 'cdr_{month}'::regclass")
        begin = time.strftime("%Y-%m-01 00:00:00+00", time.gmtime())
        tests.check(f"FROM ('{begin}')" in bounds, "they are those of UTC", bounds)
        first, spanning, swept = s.answered(0), s.answered(0), s.answered(0, "Session-Expires: 5;refresher=uac\r\n")
        began = time.time()
        s.request(first, "BYE", 0)
        s.record(first, 0)
        change("America/St_Johns", "German", "on")
        s.start(1)
        s.request(swept, "UPDATE", 1)
        time.sleep(max(0, began + 1 - time.time()))
        s.request(spanning, "BYE", 1)
        rows = [s.record(call, 0, 1) for call in (first, spanning)]
        tests.check(all(row.get("status") == "answered" and row["anomaly"] == "" and row["setup_time"][:15] in
                        (time.strftime("%Y-%m-%dT%H:%M", time.gmtime(began - d))[:15] for d in (0, 60)) for row in rows), "times are UTC, and right", str(rows))
        tests.check(9e5 < int(rows[1]["duration_us"]) < 1e7, "and so is the length of a call that spans the change", str(rows[1]))
        wait_until(lambda: s.record(swept, 0, 1).get("status") == "swept")
        row = s.record(swept, 0, 1)
        tests.check(row.get("status") == "swept" and 0 < int(row["duration_us"]) < 1e7, "a sweep, too", str(row))
        tests.check(s.sql("SELECT count(*) FROM bad_events") == "0", "no event is set aside")


TESTS = (foreign_server, year_ahead, day_ahead, clock_set_elsewhere, one_name, restored, month_is_gone)
if not os.path.isdir("/usr/lib/postgresql"):
    print("0 passed, 0 failed, 1 skipped")
    sys.exit(77)
Tests().run(*(test for test in TESTS if len(sys.argv) < 3 or test.__name__ in sys.argv[2:]))
