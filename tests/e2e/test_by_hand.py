#!/usr/bin/env python3
"""the business of doc/rating.md, computed by hand there, from records to bills

Usage: tests/e2e/test_by_hand.py BUILD
Blocks of the page are tables to import, calls and attempts to store, commands to run; tables tell what a file then says.
"""
import csv
import os
import re
import shlex
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from datetime import datetime, timedelta, timezone
from fractions import Fraction

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from lab import TOP, Lab, Tests  # noqa: E402

BUILD = os.path.abspath(sys.argv[1])
EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
STORES = ("sqlite", "postgresql") if os.path.isdir("/usr/lib/postgresql") else ("sqlite",)
NOTHING = {"tariffs": "tariff,currency", "rates": "tariff,prefix,rate", "carriers": "carrier,tariff", "gateways": "gateway,carrier,uri",
           "accounts": "account,tariff", "trunks": "account,address"}


def sections(text):
    """("import tariffs", lines) of each block, and ("table", lines) of each table, in their order."""
    for match in re.finditer(r"^```([^\n]+)\n(.*?)^```$|((?:^\|[^\n]*\n)+)", text, re.M | re.S):
        if match.group(3):
            yield "table", match.group(3).splitlines()
        else:
            yield match.group(1), match.group(2).splitlines()


class Business:
    """What the page does, done."""

    def __init__(self, tests, lab):
        self.tests, self.lab, self.setup = tests, lab, {}
        self.last = datetime(2026, 10, 1, tzinfo=timezone.utc)
        self.compared = 0

    def store(self, text, *values):
        if self.lab.store_kind == "sqlite":
            with closing(sqlite3.connect(self.lab.path("lcr.db"))) as db:
                db.execute(text, [(v - EPOCH) // timedelta(microseconds=1) if isinstance(v, datetime) else v for v in values])
                db.commit()
            return
        for value in values:
            quoted = "NULL" if value is None else "'" + (value.isoformat() if isinstance(value, datetime) else str(value)) + "'"
            text = text.replace("?", quoted, 1)
        subprocess.run(["psql", "-q", "-v", "ON_ERROR_STOP=1", "-h", self.lab.path("pg"), "-p", "5433", "-U", "postgres", "-c", text], check=True)

    def load(self, kind, lines):
        with open(self.lab.path("table.csv"), "w", encoding="utf-8") as file:
            file.write("\n".join(lines) + "\n")
        self.lab.run("lcrdb", "import", kind, self.lab.path("table.csv"))

    def calls(self, lines):
        for row in csv.DictReader(lines):
            answer = datetime.fromisoformat(row["answer"].replace("Z", "+00:00")) if row["answer"] else None
            end = answer + timedelta(seconds=float(row["seconds"])) if row["seconds"] else None
            if row["call_key"] in self.setup:
                self.store("UPDATE cdr SET end_time = ?, status = ? WHERE call_key = ?", end, row["status"], row["call_key"])
                continue
            self.last = setup = answer - timedelta(seconds=5) if answer else self.last + timedelta(hours=1)
            self.setup[row["call_key"]] = setup
            no_start = row["status"] == "no_start"
            self.store("INSERT INTO cdr (call_key, to_tag, node, account, carrier, number, ported_to, caller, route_source, setup_time, answer_time,"
                       " end_time, status) VALUES (?, 't', ?, ?, ?, ?, ?, '4930500', 'static', ?, ?, ?, ?)", row["call_key"],
                       None if no_start else "pop1", row["account"], row["carrier"], row["number"], row["ported_to"] or None, setup, answer, end,
                       "answered" if no_start else row["status"])

    def attempts(self, lines):
        for row in csv.DictReader(lines):
            self.store("INSERT INTO cdr_attempt (call_key, setup_time, hop, carrier, outcome) VALUES (?, ?, ?, ?, ?)", row["call_key"],
                       self.setup[row["call_key"]], row["hop"], row["carrier"], row["outcome"])

    def run(self, lines):
        for line in lines:
            command, _, status = re.sub(r" +(exit) ", "\t\\1\t", line).partition("\texit\t")
            words = shlex.split(command)
            words[0] = words[0] if words[0] != "diff" else shutil.which("diff")
            done = self.lab.run(*words, check=False, cwd=self.lab.dir)
            self.tests.check(done.returncode == int(status or 0), f"{self.lab.store_kind}: {command}: {status or 0}",
                             f"{done.returncode} {done.stdout} {done.stderr}")

    def compare(self, lines):
        head, _, *rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
        name, head[0] = re.fullmatch(r"`(.+)` (\w+)", head[0]).groups()
        columns = [c for c in head if c != "why"]
        with open(self.lab.path(name), newline="", encoding="utf-8") as file:
            found = [{c: value(r[c]) for c in columns} for r in csv.DictReader(file)]
        expected = [{c: value(v) for c, v in zip(head, row) if c != "why"} for row in rows]
        wrong = [f"row {i}: {x}, expected {y}" for i, (x, y) in enumerate(zip(found, expected), 1) if x != y]
        self.compared += len(rows)
        self.tests.check(len(found) == len(expected) and not wrong, f"{self.lab.store_kind}: {name} is as computed by hand, {len(rows)} rows",
                         f"{len(found)} rows, expected {len(expected)}; {wrong[:3]}")


def value(text):
    """Numbers by what they are worth: 0.1 is 0.10."""
    return Fraction(text) if re.fullmatch(r"-?\d+(\.\d+)?", text) else text


def by_hand(tests):
    """each command gives what was computed by hand"""
    with open(os.path.join(TOP, "doc", "rating.md"), encoding="utf-8") as file:
        text = file.read().split("\n## By hand")[1]
    for store in STORES:
        with Lab(BUILD, "by-hand", store=store) as lab:
            lab.tables.update(NOTHING)
            lab.prepare()
            business = Business(tests, lab)
            for kind, lines in sections(text):
                if kind.startswith("import "):
                    business.load(kind.split()[1], lines)
                else:
                    {"calls": business.calls, "attempts": business.attempts, "sh": business.run, "table": business.compare}[kind](lines)
            tests.check(business.compared >= 50, f"{store}: {business.compared} rows were compared")


Tests().run(by_hand)
