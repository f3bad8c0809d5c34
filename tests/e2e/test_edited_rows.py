#!/usr/bin/env python3
"""Rows of the store edited by hand to nonsense: it is named with table, row, column and value, and the rest goes on

Usage: tests/e2e/test_edited_rows.py BUILD
The columns are the schema's own, so that none is forgotten; each is set to each nonsense that its store takes.
"""
import csv
import json
import os
import re
import sqlite3
import subprocess
import sys
import time
from contextlib import closing

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from lab import Lab, Tests, say  # noqa: E402
from scene import Scene  # noqa: E402

BUILD = os.path.abspath(sys.argv[1])
SETTINGS = "records = { sweep_interval_s = 0; };"
HUGE = 1 << 62
SQLITE = {"INTEGER": ("'nonsense'", "3.5", "x'00ff'", "-1", str(HUGE), f"-{HUGE}"), "TEXT": ("x'00ff'", "''", "'" + "x" * 5000 + "'", "char(10)")}
POSTGRESQL = {"bigint": ("-1", str(HUGE), f"-{HUGE}"), "timestamp with time zone": ("'infinity'", "'-infinity'", "'0044-03-15 BC'", "'9999-12-31Z'", "'20000-01-01Z'"),
              "numeric": ("-1", "999999999999", "'NaN'"), "text": ("''", "repeat('x', 5000)", "chr(10)"), "boolean": ("false",)}
GOOD = {"call_key": "'{}'", "to_tag": "'t'", "node": "'pop1'", "call_id": "'{}'", "from_tag": "'f'", "account": "'{}'", "carrier": "'blue'", "gateway": "'blue1'",
        "number": "'4989100'", "route_source": "'static'", "hop": "1", "generation": "1", "sip_code": "200", "token": "'valid'"}


class Rows:
    """The store, by its own language."""

    def __init__(self, lab):
        self.lab, self.sqlite = lab, lab.store_kind == "sqlite"

    def run(self, text):
        """The rows that come; None when the store refuses it."""
        if self.sqlite:
            with closing(sqlite3.connect(self.lab.path("lcr.db"), timeout=20)) as db:
                try:
                    rows = db.execute(text).fetchall()
                    db.commit()
                    return [[str(value) for value in row] for row in rows]
                except sqlite3.Error:
                    return None
        done = subprocess.run(["psql", "-q", "-At", "-F", "\t", "-v", "ON_ERROR_STOP=1", "-h", self.lab.path("pg"), "-p", "5433", "-U", "postgres", "-c", text],
                              capture_output=True, text=True)
        return [line.split("\t") for line in done.stdout.splitlines()] if done.returncode == 0 else None

    def each(self, texts):
        """Statements that give one value each, one by one: the values, without those of the statements that are refused."""
        if self.sqlite:
            return [found[0][0] for found in map(self.run, texts) if found]
        done = subprocess.run(["psql", "-q", "-At", "-h", self.lab.path("pg"), "-p", "5433", "-U", "postgres", "-f", "-"], input=";\n".join(texts) + ";\n",
                              capture_output=True, text=True)
        return done.stdout.split()

    def time(self, ago_s, after_s=0):
        now = int(time.time()) - ago_s + after_s
        return str(now * 10**6) if self.sqlite else f"to_timestamp({now})"

    def columns(self, table):
        """[(name, nonsense)] of all that can be written but the row's id."""
        if self.sqlite:
            return [(row[1], SQLITE[row[2]]) for row in self.run(f"PRAGMA table_xinfo({table})") if row[6] == "0" and row[1] != "id"]
        rows = self.run("SELECT column_name, data_type FROM information_schema.columns WHERE table_name = "
                        f"'{table}' AND is_generated = 'NEVER' AND column_name <> 'id'")
        return [(name, POSTGRESQL[kind]) for name, kind in rows]

    def insert(self, table, values):
        return f"INSERT INTO {table} ({', '.join(values)}) VALUES ({', '.join(values.values())}) RETURNING id"

    def add(self, key, account, is_open):
        values = {name: value.format(account if name == "account" else key) for name, value in GOOD.items()}
        values.update(setup_time=self.time(7200), answer_time=self.time(7200, 5), status="'open'" if is_open else "'answered'")
        if not is_open:
            values.update(end_time=self.time(7200, 65), end_source="'caller'")
        return self.insert("cdr", values)


def edited(rows, table, add):
    """A row for each column and nonsense, edited: {id: (column, nonsense)}; and how many the store itself has refused."""
    edits = [(column, value) for column, nonsense in rows.columns(table) for value in nonsense]
    ids = rows.each([add(f"v{i}") for i in range(len(edits))])
    victims = dict(zip(ids, edits))
    done = set(rows.each([f"UPDATE {table} SET {column} = {value} WHERE id = {row} RETURNING id" for row, (column, value) in victims.items()]))
    for row in set(victims) - done:
        rows.run(f"DELETE FROM {table} WHERE id = {row}")
    return {row: edit for row, edit in victims.items() if row in done}, len(edits) - len(done)


def attempt_of(rows):
    def add(key):
        return rows.insert("cdr_attempt", {"call_key": f"'{key}'", "setup_time": rows.time(7200), "node": "'pop1'", "hop": "1", "carrier": "'blue'", "outcome": "'answered'",
                                           "start_time": rows.time(7200)})
    return add


def named(text, table):
    """{id: column} of what a program says of a table's rows."""
    return dict(re.findall(rf"\b{table} (\d+): (?:column )?(\w+) is", text))


def tools(tests, store):
    """The tools over edited records: each is named, or harmless; the good ones are exported, rated, billed and swept"""
    with Lab(BUILD, "edited", store=store, settings=SETTINGS) as lab:
        lab.tables["accounts"] += "good,Good,retail,49,true,UTC\n"
        lab.prepare()
        rows = Rows(lab)
        good = rows.each([rows.add(f"good{i}", "good", False) for i in range(3)])
        sweepable = rows.each([rows.add(f"open{i}", "good", True) for i in range(3)])
        ended, refused = edited(rows, "cdr", lambda key: rows.add(key, "acme", False))
        open_ones, more = edited(rows, "cdr", lambda key: rows.add("o" + key, "acme", True))
        attempts, most = edited(rows, "cdr_attempt", attempt_of(rows))
        victims = {**ended, **open_ones}
        say(f"      {len(victims)} records and {len(attempts)} attempts edited; the store itself has refused {refused + more + most}")
        tests.check(len({column for column, _ in victims.values()}) > 40 and len({column for column, _ in attempts.values()}) > 12, "each column is edited")

        done = lab.run("lcrdb", "check", check=False)
        told = named(done.stdout, "cdr")
        told_attempts = named(done.stdout, "cdr_attempt")
        typed = {row: column for row, (column, value) in {**victims}.items() if value in ("'nonsense'", "3.5", "x'00ff'", "'infinity'", "'-infinity'", "'0044-03-15 BC'",
                                                                                          "'20000-01-01Z'")}
        wrong = {row: column for row, column in typed.items() if told.get(row) != column}
        tests.check(done.returncode == 1 and not wrong, "lcrdb check names row and column of what is of no type", str(wrong)[:500] + done.stderr[-300:])
        wrong = {row: (column, value) for row, (column, value) in attempts.items()
                 if value in ("'nonsense'", "3.5", "x'00ff'", "'infinity'") and told_attempts.get(row) != column}
        tests.check(not wrong, "of attempts, too", str(wrong)[:500])
        tests.check(not set(told) & {*good, *sweepable}, "and no good one")
        enums = {row for row, (column, value) in victims.items() if column in ("status", "end_source", "token", "route_source") and value == "''"}
        tests.check(enums <= set(told), "what is no status, end, token or source is named", str(enums - set(told)))

        for table, words, ids in (("cdr", (), victims), ("cdr_attempt", ("--attempts",), attempts)):
            done = lab.run("cdr-export", "--format", "json", *words, check=False)
            lines = [json.loads(line) for line in done.stdout.splitlines()]
            said, keys = named(done.stderr, table), {line["call_key"] for line in lines}
            tests.check(done.returncode in (0, 1) and len(lines) >= len(ids) * 0.8 and (table == "cdr_attempt" or {f"good{i}" for i in range(3)} <= keys),
                        f"cdr-export {' '.join(words)}: the others are there", f"{done.returncode} {len(lines)} of {len(ids)} {done.stderr[-600:]}")
            lost = [ids[row] for row in said if row in ids and ids[row][0] != said[row] and ids[row][0] not in ("end_time", "answer_time")]
            tests.check(not lost and (store != "sqlite" or len(said) > 20), "and those that cannot be read whole are named", f"{lost} {len(said)}")
            csv_done = lab.run("cdr-export", *words, check=False)
            tests.check(csv_done.returncode == done.returncode and len(list(csv.DictReader(csv_done.stdout.splitlines()))) == len(lines), "as CSV likewise")

        for words in ((), ("--rerate",)):
            done = lab.run("cdr-rate", "--json", *words, check=False)
            priced = rows.run("SELECT call_key, sell_amount FROM cdr WHERE account = 'good' AND status = 'answered' ORDER BY call_key")
            amounts = {row[1] for row in priced}
            tests.check(done.returncode in (0, 1) and len(priced) == 3 and len(amounts) == 1 and float(amounts.pop() if amounts != {"None"} else 0) > 0,
                        f"cdr-rate {' '.join(words)}: the good calls are priced", f"{done.returncode} {priced} {done.stderr[-600:]}")
            said = named(done.stderr, "cdr")
            if store == "sqlite":
                tests.check(said and all(victims[row][0] == column or column == "duration_us" for row, column in said.items() if row in victims), "and what it cannot read is named", str(said)[:300])

        done = lab.run("cdr-bill", "--period", time.strftime("%Y-%m", time.gmtime(time.time() - 7200)), "--out", lab.path("bills"), check=False)
        if not os.path.exists(lab.path("bills/good.csv")):
            tests.check(False, "cdr-bill: the good account has its bill", done.stderr[-800:])
            return
        with open(lab.path("bills/good.csv"), encoding="utf-8") as file:
            billed = sum(int(row["calls"]) for row in csv.DictReader(file))
        tests.check(done.returncode in (0, 1) and billed == 3, "cdr-bill: the good account has its bill", f"{done.returncode} {billed} {done.stderr[-600:]}")
        done = lab.run("cdr-report", "--by", "carrier", check=False)
        tests.check(done.returncode in (0, 1) and "anitizer" not in done.stderr, "cdr-report ends with a word", f"{done.returncode} {done.stderr[-600:]}")

        done = lab.run("cdr-sweep", "--json", "--max-call-s", "60", "--grace-s", "0", check=False)
        swept = rows.run("SELECT count(*) FROM cdr WHERE account = 'good' AND status = 'swept'")[0][0]
        tests.check(done.returncode in (0, 1) and swept == "3", "cdr-sweep: the good calls are swept", f"{done.returncode} {swept} {done.stderr[-600:]}")
        said = named(done.stderr, "cdr")
        tests.check(all(row not in victims or victims[row][0] == column for row, column in said.items()) and (said or store != "sqlite"),
                    "and what it cannot read is named", str(said)[:300])


def tools_sqlite(tests):
    """SQLite: the tools"""
    tools(tests, "sqlite")


def tools_postgresql(tests):
    """PostgreSQL: the tools"""
    tools(tests, "postgresql")


def shipping(tests, store):
    """Calls whose rows are edited while they are in progress: their ends are shipped or set aside, and the others' are shipped"""
    with Scene(BUILD, "edited", settings=SETTINGS.replace("_s = 0", "_s = 1"), store=store) as s:
        rows = Rows(s.lab)
        calls = []
        for column, nonsense in rows.columns("cdr"):
            for value in nonsense:
                call, _, _ = s.answered()
                calls.append((call, column, value))
        good = [s.answered()[0] for _ in range(5)]
        s.lab.wait_shipped()
        rows.each([f"UPDATE cdr SET {column} = {value} WHERE call_id = '{call.call_id}' RETURNING 1" for call, column, value in calls])
        time.sleep(2.2)  # a sweep or two
        for call in [call for call, _, _ in calls] + good:
            call.send("BYE")
            s.blue.answer(s.blue.wait("BYE", call_id=call.call_id), 200)
            s.caller.wait(200, call_id=call.call_id)
        s.lab.wait_shipped(40)
        states = dict(rows.run("SELECT call_id, CASE WHEN status IN ('open', 'answered', 'swept') THEN status ELSE 'odd' END FROM cdr"
                               " WHERE call_id LIKE 'call-%' ORDER BY CASE WHEN status = 'answered' THEN 1 ELSE 0 END"))  # of two rows, where a key was edited, the one with the end
        tests.check([states.get(call.call_id) for call in good] == ["answered"] * 5, f"{store}: calls that nobody edited have their ends", str(len(states)))
        aside = int(rows.run("SELECT count(*) FROM bad_events")[0][0])
        told = s.lab.read("lcrproxyd.log").count("is in bad_events")
        ids = dict(rows.run("SELECT call_id, id FROM cdr WHERE call_id LIKE 'call-%'"))
        told_rows = named(s.lab.run("lcrdb", "check", check=False).stdout, "cdr")
        unended = [(column, value[:20]) for call, column, value in calls if column != "call_id" and states.get(call.call_id) not in ("answered", None) and
                   ids[call.call_id] not in told_rows]
        say(f"      {len(calls)} rows edited, {aside} events set aside")
        tests.check(aside == told and not unended, "each other end is on record, or lcrdb check names the row", f"{aside} {told} {unended}")
        after, _, _ = s.answered()
        after.send("BYE")
        s.blue.answer(s.blue.wait("BYE", call_id=after.call_id), 200)
        s.caller.wait(200, call_id=after.call_id)
        s.lab.wait_shipped()
        found = rows.run(f"SELECT status FROM cdr WHERE call_id = '{after.call_id}'")
        tests.check(found == [["answered"]], "and so are the ends of calls to come", str(found))


def shipping_sqlite(tests):
    """SQLite: shipping and the daemon's sweep"""
    shipping(tests, "sqlite")


def shipping_postgresql(tests):
    """PostgreSQL: shipping and the daemon's sweep"""
    shipping(tests, "postgresql")


STORES = (tools_sqlite, shipping_sqlite) + ((tools_postgresql, shipping_postgresql) if os.path.isdir("/usr/lib/postgresql") else ())
Tests().run(*(test for test in STORES if len(sys.argv) < 3 or test.__name__ in sys.argv[2:]))
