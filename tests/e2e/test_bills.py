#!/usr/bin/env python3
"""bills byte by byte, under kill and at the same time as other runs, and after what they state has changed

Usage: tests/e2e/test_bills.py BUILD [--write]      BILLS_ONLY=golden in the environment: only that part
With --write the golden files (tests/e2e/bills) are written anew instead of compared: look at the difference before it is committed.
"""
import csv
import filecmp
import gzip
import json
import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from datetime import datetime, timedelta, timezone
from fractions import Fraction

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from lab import HERE, Lab, Tests, say  # noqa: E402

BUILD = os.path.abspath(sys.argv[1])
WRITE = "--write" in sys.argv
GOLDEN = os.path.join(HERE, "bills")
EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
COLUMNS = ("call_key", "to_tag", "node", "account", "caller", "number", "carrier", "route_source", "setup_time", "answer_time", "end_time", "status")
STORES = ("sqlite", "postgresql") if os.path.isdir("/usr/lib/postgresql") else ("sqlite",)

# A business that can be computed by hand; what each call costs is beside it.
BUSINESS = {
    "tariffs": "tariff,currency,timezone,decimals,round_at\nretail,EUR,Europe/Berlin,4,call\nwhole,EUR,UTC,2,bill\nred,EUR,UTC,6,call\n",
    "carriers": "carrier,tariff\nred,red\n", "trunks": "account,address",
    "rates": "tariff,prefix,destination,rate,connect_fee,first_increment,increment,grace_s,from_second,band\n"
             "retail,49,Germany,0.06,0,60,60,0,0,\nretail,49151,\"Germany, mobile\",0.18,0.05,30,6,2,0,\n"
             "retail,44,United Kingdom,0.12,0,1,1,0,0,\nretail,44,United Kingdom,0.03,0,30,30,0,60,\n"
             "retail,33,\"France <Paris> & \"\"Île\"\"\",0.09,0,1,1,0,0,\nretail,33,\"France <Paris> & \"\"Île\"\"\",0.3,0,1,1,0,0,mon-fri 08:00-18:00\n"
             "whole,49,Germany,0.01,0,1,1,0,0,\nred,49,Germany,0.02,0,1,1,0,0,\nred,44,UK,0.05,0,1,1,0,0,\nred,33,France,0.05,0,1,1,0,0,\n",
    "accounts": "account,name,tariff,timezone\nacme,\"Acme & Söhne <GmbH>\",retail,Europe/Berlin\nbulk,,whole,\nidle,Idle Ltd,retail,\n",
}
SEPTEMBER = (
    ("s1", "acme", "4989100", "2026-09-10T10:00:00Z", 60),        # 0.06, later 0.066
    ("s2", "acme", "441212345", "2026-09-11T10:00:00Z", 61),      # 0.12 + 30 s of 0.0005
    ("s3", "acme", "4989100", "2026-09-30T21:59:59Z", 30),        # 0.06: 23:59:59 in Berlin
)
LATE = (("s4", "acme", "4989100", "2026-09-12T10:00:00Z", 61),)   # 2 minutes of 0.066: 0.132
OCTOBER = (
    ("o1", "acme", "4989100", "2026-09-30T22:00:00Z", 1),         # 0.066: October in Berlin
    ("o2", "acme", "4989100", "2026-10-05T08:00:00Z", 121.5),     # 3 minutes: 0.198
    ("o3", "acme", "491511234", "2026-10-06T08:00:00Z", 2),       # grace: 0
    ("o4", "acme", "491511234", "2026-10-06T09:00:00Z", 31),      # 0.05 + 36 s of 0.003: 0.158
    ("o5", "acme", "441212345", "2026-10-07T09:00:00Z", 90),      # 0.12 + 30 s of 0.0005: 0.135
    ("o6", "acme", "33123456", "2026-10-08T15:59:30Z", 60),       # Thursday 17:59:30: 30 s of 0.005, 30 of 0.0015: 0.195
    ("o7", "acme", "33123456", "2026-10-17T15:59:30Z", 7),        # Saturday: 7 * 0.0015 = 0.0105; VAT 16.5 %
    ("o8", "acme", "441212345", "2026-10-25T00:59:50Z", 20),      # over the end of summer time: 0.04; VAT 16.5 %
    ("o9", "acme", "4989100", "2026-10-31T22:59:59Z", 0),         # nothing
    ("oA", "acme", "1201555", "2026-10-20T10:00:00Z", 60),        # no price
    ("oB", "acme", "4989100", "2026-10-31T23:00:00Z", 60),        # November
    *((f"b{i}", "bulk", "4930123", f"2026-10-2{i}T10:00:00Z", 1) for i in range(1, 7)),  # 6 s of 0.01 / 60: 0.001, so 0.00
    *((f"c{i}", "bulk", "4930124", f"2026-10-2{i}T11:00:00Z", 5) for i in range(1, 6)),  # + 25 s: 0.0051666..., so 0.01
)


def make(calls):
    for key, account, number, answer, seconds in calls:
        begin = datetime.fromisoformat(answer.replace("Z", "+00:00"))
        yield (key, "t", "pop1", account, "4930500", number, "red", "static", begin - timedelta(seconds=5), begin,
               begin + timedelta(seconds=seconds), "answered")


def insert(lab, records):
    if lab.store_kind == "sqlite":
        db = sqlite3.connect(lab.path("lcr.db"))
        db.executemany(f"INSERT INTO cdr ({', '.join(COLUMNS)}) VALUES ({', '.join('?' * len(COLUMNS))})",
                       [[(v - EPOCH) // timedelta(microseconds=1) if isinstance(v, datetime) else v for v in r] for r in records])
        db.commit()
        db.close()
        return
    with open(lab.path("records.csv"), "w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([v.isoformat() if isinstance(v, datetime) else v for v in r] for r in records)
    sql(lab, f"\\copy cdr ({', '.join(COLUMNS)}) from '{lab.path('records.csv')}' csv")


def sql(lab, text):
    """Run it; the rows it gives, as texts."""
    if lab.store_kind == "sqlite":
        db = sqlite3.connect(lab.path("lcr.db"), timeout=60)
        rows = [tuple("" if v is None else str(v) for v in row) for row in db.execute(text)]
        db.commit()
        db.close()
        return rows
    done = subprocess.run(["psql", "-q", "-At", "-v", "ON_ERROR_STOP=1", "-h", lab.path("pg"), "-p", "5433", "-U", "postgres", "-c", text],
                          check=True, capture_output=True, text=True)
    return [tuple(line.split("|")) for line in done.stdout.splitlines()]


def money(lab, text):
    """SQLite counts 1e-8."""
    return Fraction(text or 0) / (10 ** 8 if lab.store_kind == "sqlite" else 1)


def prepare(lab, tables):
    lab.tables.update(tables)
    lab.prepare()
    with open(lab.path("taxes.csv"), "w", encoding="utf-8") as file:
        file.write("account,tax,percent,valid_from,valid_until\n,VAT,19,,2026-10-16\n,VAT,16.5,2026-10-16,\n")
    lab.run("lcrdb", "import", "taxes", lab.path("taxes.csv"))


def bill(lab, period, out, *words, check=True):
    return lab.run("cdr-bill", "--period", period, "--out", lab.path(out), "--allow-unpriced", *words, check=check)


def same_files(one, two):
    names = sorted(os.listdir(one))
    if names != sorted(os.listdir(two)):
        return f"{names} and {sorted(os.listdir(two))}"
    return [n for n in names if not filecmp.cmp(os.path.join(one, n), os.path.join(two, n), shallow=False)]


def golden(tests):
    """a business computed by hand gives the bills that are kept here, on both stores"""
    for store in STORES:
        with Lab(BUILD, "golden", store=store, gateways="gateway,carrier,uri") as lab:
            prepare(lab, BUSINESS)
            insert(lab, list(make(SEPTEMBER)))
            lab.run("cdr-rate")
            bill(lab, "2026-09", "september", "--close")
            sql(lab, "UPDATE rates SET rate = rate * 11 / 10 WHERE prefix = '49' AND tariff = (SELECT id FROM tariffs WHERE tariff = 'retail')")
            insert(lab, list(make(LATE + OCTOBER)))
            lab.run("cdr-rate", "--rerate")
            bill(lab, "2026-10", "bills")
            if WRITE and store == "sqlite":
                shutil.rmtree(GOLDEN, ignore_errors=True)
                shutil.copytree(lab.path("bills"), GOLDEN)
            wrong = same_files(lab.path("bills"), GOLDEN)
            tests.check(not wrong, f"{store}: the drafts are the golden ones", str(wrong))
            bill(lab, "2026-10", "closed", "--close")
            with open(os.path.join(GOLDEN, "summary.csv"), encoding="utf-8") as file:
                drafts = [r for r in csv.DictReader(file)]
            with open(lab.path("closed/summary.csv"), encoding="utf-8") as file:
                closed = [r for r in csv.DictReader(file)]
            tests.check([r["bill"] for r in closed] == ["2", "3", "4"] and all(dict(c, bill="", state="draft") == d for c, d in zip(closed, drafts)),
                        f"{store}: closed they are the same with numbers", str(closed))
            bill(lab, "2026-09", "again")
            wrong = same_files(lab.path("september"), lab.path("again"))
            tests.check(not wrong, f"{store}: September is as it was closed", str(wrong))


# --- larger ones ---

def accounts_of(n):
    return dict(BUSINESS, accounts="account,name,tariff,timezone\n" + "".join(f"a{i:03},,retail,Europe/Berlin\n" for i in range(n)))


def many(seed, n, n_accounts):
    rng = random.Random(seed)
    begin = datetime(2026, 10, 1, 3, tzinfo=timezone.utc)
    for i in range(n):
        setup = begin + timedelta(seconds=rng.randrange(29 * 86400), microseconds=rng.randrange(10 ** 6))
        answer = setup + timedelta(seconds=3)
        yield (f"k{i:07}", "t", "pop1", f"a{rng.randrange(n_accounts):03}", "4930500", rng.choice(("4989", "49151", "44", "33")) + f"{i:07}", "red",
               "static", setup, answer, answer + timedelta(seconds=rng.randrange(1, 200)), "answered")


def start(lab, *words):
    return subprocess.Popen([os.path.join(BUILD, words[0]), *words[1:], "--store", lab.url()], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def kill_some(lab, words, count, delays):
    """Start again and again, and kill soon after count has moved: how many were killed."""
    kills = 0
    for delay in delays:
        before, process, deadline = count(), start(lab, *words), time.time() + 60
        while count() == before and process.poll() is None and time.time() < deadline:
            time.sleep(0.005)
        time.sleep(delay)
        process.send_signal(signal.SIGKILL)
        process.communicate()
        kills += process.returncode == -signal.SIGKILL
    return kills


def killed_rerate(tests):
    """a re-rating that is killed and done again keeps each former rating once"""
    for store in STORES:
        with Lab(BUILD, "rerate-kill", store=store, gateways="gateway,carrier,uri") as lab:
            what = f"{store}: re-rating"
            prepare(lab, accounts_of(20))
            insert(lab, list(many(1, 60000, 20)))
            lab.run("cdr-rate")
            before = dict(sql(lab, "SELECT call_key, sell_amount FROM cdr"))
            sql(lab, "UPDATE rates SET rate = rate * 2 WHERE prefix IN ('49', '33')")
            kills = kill_some(lab, ("cdr-rate", "--rerate"), lambda: sql(lab, "SELECT count(*) FROM rating_history"), (0.0, 0.0, 0.02))
            kept = int(sql(lab, "SELECT count(*) FROM rating_history")[0][0])
            changed = int(sql(lab, "SELECT count(*) FROM cdr c WHERE EXISTS (SELECT 1 FROM rating_history h WHERE h.cdr = c.id"
                                   " AND h.rating_run < c.rating_run AND h.replaced_by = c.rating_run)")[0][0])
            due = int(sql(lab, "SELECT count(*) FROM cdr WHERE number LIKE '49%' OR number LIKE '33%'")[0][0])
            tests.check(kills >= 1 and 0 < kept <= due and changed == kept, f"{what}: {kills} runs were killed, what they changed they had kept",
                        str((kills, kept, changed)))
            lab.run("cdr-rate", "--rerate")
            done = json.loads(lab.run("cdr-rate", "--rerate", "--json").stdout)
            rows = sql(lab, "SELECT c.call_key, h.sell_amount, c.sell_amount, (SELECT count(*) FROM rating_history x WHERE x.cdr = c.id),"
                            " c.number FROM cdr c LEFT JOIN rating_history h ON h.cdr = c.id")
            wrong = [r for r in rows if (r[1] or r[2]) != before[r[0]] or int(r[3]) != (r[4][:2] in ("49", "33"))]
            tests.check(len(rows) == 60000 and not wrong and done["calls"] == 0 and done["corrections"] == 0,
                        f"{what}: done again, each former rating is kept once, and none is lost", str(wrong[:3]))


def numbers(lab):
    return [(int(n), a, k) for n, a, k in sql(lab, "SELECT number, account, kind FROM bills ORDER BY number")]


def killed_closing(tests):
    """a closing that is killed and done again makes the same bills"""
    for store in STORES:
        with Lab(BUILD, "close-kill", store=store, gateways="gateway,carrier,uri") as lab:
            what = f"{store}: closing"
            prepare(lab, accounts_of(400))
            insert(lab, list(many(2, 8000, 400)))
            lab.run("cdr-rate")
            bill(lab, "2026-10", "drafts")
            words = ("cdr-bill", "--period", "2026-10", "--out", lab.path("killed"), "--close")
            kills = kill_some(lab, words, lambda: sql(lab, "SELECT count(*) FROM bills"), (0.0, 0.0, 0.02))
            half = numbers(lab)
            lines = sql(lab, "SELECT count(DISTINCT bill) FROM bill_lines")[0][0]
            tests.check(kills >= 1 and 0 < len(half) <= 400 and [n for n, _, _ in half] == list(range(1, len(half) + 1)) and int(lines) == len(half),
                        f"{what}: {kills} runs were killed, {len(half)} bills without gaps, each with its lines", str(half[-3:]))
            done = subprocess.run([os.path.join(BUILD, words[0]), *words[1:], "--store", lab.url()], capture_output=True, text=True, check=False)
            all_of_them = numbers(lab)
            tests.check(done.returncode == 0 and [n for n, _, _ in all_of_them] == list(range(1, 401))
                        and len({a for _, a, _ in all_of_them}) == 400, f"{what}: in the end each account has one bill", done.stderr)
            read = [{r["account"]: r["total"] for r in csv.DictReader(open(lab.path(d + "/summary.csv"), encoding="utf-8"))} for d in ("drafts", "killed")]
            left = [n for n in os.listdir(lab.path("killed")) if n.endswith(".tmp")]
            tests.check(read[0] == read[1] and not left, f"{what}: over what the drafts said, and no file is half there", str(left))


def at_once(tests):
    """two closings, ratings and a sweep that opens calls again, at once: every call is billed once, and corrections say the rest"""
    for store in STORES:
        with Lab(BUILD, "close-two", store=store, gateways="gateway,carrier,uri") as lab:
            what = f"{store}: at once"
            prepare(lab, accounts_of(60))
            insert(lab, list(many(3, 12000, 60)))
            minute = "60000000" if store == "sqlite" else "interval '60 s'"
            sql(lab, f"UPDATE cdr SET status = 'swept', swept_time = end_time, last_seen = end_time + {minute} WHERE call_key LIKE 'k0001%'")
            lab.run("cdr-rate", "--until", "2026-10-25")
            sql(lab, "UPDATE rates SET rate = rate * 3 WHERE prefix = '44'")
            close = [("cdr-bill", "--period", "2026-10", "--out", lab.path(f"out{i}"), "--close", "--allow-unpriced") for i in (1, 2)]
            runs = [start(lab, *w) for w in (*close, ("cdr-rate", "--rerate"), ("cdr-rate",), ("cdr-rate", "--rerate"),
                                              ("cdr-sweep", "--max-call-s", "8640000", "--quiet"))]
            ends = [(r.communicate()[1], r.returncode) for r in runs]
            tests.check(all(code == 0 for _, code in ends), f"{what}: all of them end well", str(ends)[:800])
            found = numbers(lab)
            tests.check([n for n, _, _ in found] == list(range(1, len(found) + 1)) and len({a for _, a, _ in found}) == len(found) > 50,
                        f"{what}: one bill for each account, no gaps", str(len(found)))
            opened = int(sql(lab, "SELECT count(*) FROM cdr WHERE status = 'open'")[0][0])
            tests.check(opened == 1000, f"{what}: the sweep has opened its calls", str(opened))
            sql(lab, f"UPDATE cdr SET status = 'answered', swept_time = NULL, end_time = answer_time + {minute} * 3 WHERE status = 'open'")
            lab.run("cdr-rate")
            lab.run("cdr-rate", "--rerate")
            again = bill(lab, "2026-10", "again", check=False)
            tests.check(again.returncode == 0, f"{what}: closed bills can be written again", again.stderr)
            bill(lab, "2026-11", "november", "--close")
            stated = money(lab, sql(lab, "SELECT sum(net) FROM bills")[0][0])
            rated = money(lab, sql(lab, "SELECT sum(sell_amount) FROM cdr")[0][0])
            calls = sql(lab, "SELECT (SELECT sum(calls) FROM bills WHERE kind = 'bill'), (SELECT count(*) FROM cdr)")[0]
            tests.check(stated == rated and int(calls[0]) == int(calls[1]) == 12000,
                        f"{what}: bills and corrections come to what the calls cost, each call once", str((stated, rated, calls)))


def changed_after(tests):
    """the end of a billed call changes: its bill does not, and the next one has a correction"""
    for store in STORES:
        with Lab(BUILD, "changed", store=store, gateways="gateway,carrier,uri") as lab:
            what = f"{store}: a billed call"
            prepare(lab, BUSINESS)
            insert(lab, list(make(OCTOBER)))
            sql(lab, "UPDATE cdr SET status = 'swept', swept_time = end_time WHERE call_key = 'o5'")
            lab.run("cdr-rate")
            bill(lab, "2026-10", "closed", "--close")
            minute = "60000000" if store == "sqlite" else "interval '60 s'"
            sql(lab, f"UPDATE cdr SET last_seen = end_time + {minute} WHERE call_key = 'o5'")
            lab.run("cdr-sweep", "--max-call-s", "8640000")
            tests.check(sql(lab, "SELECT status FROM cdr WHERE call_key = 'o5'") == [("open",)], f"{what} is open again")
            bill(lab, "2026-10", "while-open")
            tests.check(not same_files(lab.path("closed"), lab.path("while-open")), f"{what}: while it is open, the bill stays",
                        str(same_files(lab.path("closed"), lab.path("while-open"))))
            sql(lab, f"UPDATE cdr SET status = 'answered', swept_time = NULL, end_time = answer_time + {minute} * 2 WHERE call_key = 'o5'")
            bill(lab, "2026-10", "ended")
            tests.check(not same_files(lab.path("closed"), lab.path("ended")), f"{what}: when it ends later, the bill stays, its seconds too")
            done = json.loads(lab.run("cdr-rate", "--json").stdout)
            tests.check(done["ends_changed"] == 1 and done["corrections"] == 1, f"{what} is rated anew by the next cdr-rate", str(done))
            bill(lab, "2026-10", "rated")
            tests.check(not same_files(lab.path("closed"), lab.path("rated")), f"{what}: its bill stays")
            bill(lab, "2026-11", "next", "--close")
            with open(lab.path("next/acme-credit.csv"), encoding="utf-8") as file:
                rows = list(csv.DictReader(file))
            # 120 s: a minute of 0.12, 60 s of 0.0005
            tests.check([(r["seconds"], r["old_amount"], r["amount"], r["difference"]) for r in rows] == [("120", "0.135", "0.15", "0.015")],
                        f"{what} is corrected with the next bill", str(rows))


def exporting(tests):
    """cdr-export: local times, a file for each day, compressed, and together what one file has"""
    with Lab(BUILD, "export", gateways="gateway,carrier,uri") as lab:
        prepare(lab, BUSINESS)
        insert(lab, list(make(OCTOBER)))
        lab.run("cdr-rate")
        words = ("--zone", "Europe/Berlin", "--from", "2026-10-01", "--until", "2026-11-01")
        whole = lab.run("cdr-export", *words).stdout
        rows = list(csv.DictReader(whole.splitlines()))
        tests.check(rows[0]["call_key"] == "o2" and rows[0]["answer_time"] == "2026-10-05T10:00:00+02:00" and
                    {r["answer_time"] for r in rows} >= {"2026-10-25T02:59:50+02:00", "2026-10-31T23:59:59+01:00"} and len(rows) == 21,
                    "times and midnights are those of the zone", str([r["answer_time"] for r in rows]))
        os.mkdir(lab.path("days"))
        lab.run("cdr-export", *words, "--rotate", "day", "--gzip", "--output", lab.path("days/calls.csv"))
        names = sorted(os.listdir(lab.path("days")))
        parts = [gzip.open(lab.path("days/" + n), "rt", encoding="utf-8").read().splitlines() for n in names]
        tests.check(names[0] == "calls-2026-10-05.csv.gz" and names[-1] == "calls-2026-10-31.csv.gz" and
                    all(p[0] == whole.splitlines()[0] for p in parts) and [r for p in parts for r in p[1:]] == whole.splitlines()[1:],
                    "a compressed file for each day, each with its header, and nothing twice or missing", str(names))
        lab.run("cdr-export", *words, "--rotate", "8", "--json", "--output", lab.path("days/x.json"))
        counts = [len(open(lab.path(f"days/x-{i:06}.json"), encoding="utf-8").readlines()) for i in (1, 2, 3)]
        tests.check(counts == [8, 8, 5], "eight records in each", str(counts))
        lab.run("cdr-export", *words, "--gzip", "--output", lab.path("one.gz"))
        tests.check(gzip.open(lab.path("one.gz"), "rt", encoding="utf-8", newline="").read() == lab.run("cdr-export", *words).stdout, "one compressed file")
        for status, expected, more in ((2, "--zone is", ("--zone", "Mars")), (2, "--rotate is", ("--rotate", "year", "--output", "x")),
                                       (2, "--rotate needs --output", ("--rotate", "day")), (1, "No space left", ("--gzip", "--output", "/dev/full")),
                                       (1, "No such file", ("--rotate", "day", "--output", "/nowhere/x.csv"))):
            done = lab.run("cdr-export", *more, check=False)
            tests.check(done.returncode == status and expected in done.stderr, f"{status}: cdr-export {' '.join(more)}", done.stderr)


Tests().run(*[f for f in (golden, exporting, killed_rerate, killed_closing, at_once, changed_after)
              if not os.environ.get("BILLS_ONLY") or f.__name__ == os.environ["BILLS_ONLY"]])
if WRITE:
    say("golden files written: look at the difference")
