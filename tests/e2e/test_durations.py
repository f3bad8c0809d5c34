#!/usr/bin/env python3
"""What calls lasted is measured from their records, and changes where the next ones go

Usage: tests/e2e/test_durations.py BUILD
"""
import json
import os
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from carriers import Carriers  # noqa: E402
from lab import TABLES, Tests  # noqa: E402

BUILD = os.path.abspath(sys.argv[1])
GATEWAYS = "gateway,carrier,uri,priority\nblue1,blue,sip:127.0.0.1:5391,0\nred1,red,sip:127.0.0.1:5392,0\n"
# for three minutes blue is the cheaper one, for two seconds red is
RATES = TABLES["rates"] + "blue,4987,Fee,0.0050,0.0100,1,1\nred,4987,Minutes,0.0093,0,60,60\n"
NUMBER = "+4987486486"


def talk(s, seconds):
    """A call that blue answers and the caller ends."""
    call = s.begin("+4987200486")
    call.learn(s.ends(call))
    call.ack()
    time.sleep(seconds)
    call.send("BYE")
    s.caller.wait(200)


def first(s, account="acme"):
    route = s.lab.ctl_json("route", NUMBER, "--account", account)
    best, = [c["gateway"] for c in route["candidates"] if c["rank"] == 1]
    return best, route["duration_s"]


def measured(tests, store):
    with Carriers(BUILD, "durations", store=store, gateways=GATEWAYS, tables={"rates": RATES}) as s:
        tests.check(first(s) == ("blue1", 180) and s.call(NUMBER) == (486, ["blue1"]), "three minutes are expected: blue", repr(first(s)))
        for _ in range(3):
            talk(s, 1.5)
        s.lab.wait_shipped()
        time.sleep(0.3)
        words = ("cdr-durations", "--min-calls", "3", "--digits", "4")
        few = json.loads(s.lab.run(*words[:2], "4", "--json").stdout)
        tests.check(few["calls"] == 3 and few["averages"] == 0 and few["changes"] == [], "three calls are too few of four", repr(few))
        tests.check("(dry run)" in s.lab.run(*words, "--dry-run").stdout, "as text")
        dry = json.loads(s.lab.run(*words, "--dry-run", "--json").stdout)
        tests.check([(c["change"], c["account"], c["prefix"], c["duration_s"], c["calls"]) for c in dry["changes"]] ==
                    [("added", "", "", 2, 3), ("added", "acme", "", 2, 3)], "a dry run tells what would change", repr(dry))
        tests.check(s.lab.run("lcrdb", "export", "measured_durations").stdout.count("\n") == 1, "and changes nothing")
        done = json.loads(s.lab.run(*words, "--json").stdout)
        tests.check((done["added"], done["averages"], done["dry_run"]) == (2, 2, False), "measured", repr(done))
        again = json.loads(s.lab.run(*words, "--json").stdout)
        tests.check((again["added"], again["changed"], again["removed"]) == (0, 0, 0), "once more: nothing to do", repr(again))
        tests.check(first(s) == ("blue1", 180), "the daemon has the tables of before")
        s.lab.ctl("reload")
        tests.check(first(s) == ("red1", 2) and s.call(NUMBER) == (486, ["red1"]), "two seconds are expected: red", repr(first(s)))
        s.change("durations", "account,prefix,duration_s\nacme,4987,200\n")
        tests.check(first(s) == ("blue1", 200) and s.call(NUMBER) == (486, ["blue1"]), "a setting goes before", repr(first(s)))
        bad = [s.lab.run("cdr-durations", *w, check=False).returncode for w in (("--digits", "16"), ("--min-calls", "0"), ("--account", "nobody"))]
        tests.check(bad == [2, 2, 1], "wrong usage and unknown accounts are refused", repr(bad))


def in_sqlite(tests):
    """Measured in SQLite, and the plan changes"""
    measured(tests, "sqlite")


def in_postgresql(tests):
    """Measured in PostgreSQL, and the plan changes"""
    measured(tests, "postgresql")


if __name__ == "__main__":
    Tests().run(in_sqlite, in_postgresql)
