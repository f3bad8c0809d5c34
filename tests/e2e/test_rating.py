#!/usr/bin/env python3
"""random businesses rated and billed, and recomputed independently to the last digit

Usage: [RATING_RECORDS=200000] [RATING_SEEDS=1,2,3] [RATING_ONLY=on_both] tests/e2e/test_rating.py BUILD
On SQLite and on PostgreSQL, which must agree byte by byte; killed runs, re-rating, the examples of doc/rating.md. With 200,000 records of each seed
the recomputation takes some minutes; a seed that finds something finds it again.
"""
import csv
import filecmp
import json
import os
import pty
import random
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from datetime import datetime, timedelta, timezone
from fractions import Fraction
from zoneinfo import ZoneInfo

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from lab import HERE, TOP, Lab, Tests, say  # noqa: E402

BUILD = os.path.abspath(sys.argv[1])
EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
RECORDS = int(os.environ.get("RATING_RECORDS", "1500"))  # of each random business
SEEDS = [int(seed) for seed in os.environ.get("RATING_SEEDS", "1,2,3").split(",")]
PERIOD = "2026-10"  # with the end of summer time, and a holiday below
PREFIXES = ("49", "4930", "49301", "44", "447", "33", "336", "1", "1204", "7", "77", "")
COLUMNS = ("call_key", "call_id", "from_tag", "to_tag", "node", "account", "caller", "number", "ported_to", "carrier", "route_source", "setup_time",
           "answer_time", "end_time", "status", "sip_code")


def make_tables(rng):
    """Price lists with every attribute there is, two currencies, parties that lack something."""
    tariffs = ["tariff,currency,timezone,decimals,rounding,duration_rounding,minimum_charge,round_at,allow_negative,rate_by"]
    rates = ["tariff,prefix,destination,rate,connect_fee,first_increment,increment,grace_s,from_second,band,valid_from,valid_until"]
    for name in ("red", "blue", "green", "dollar", "retail", "whole"):
        tariffs.append(",".join((
            name, "USD" if name == "dollar" else "EUR", rng.choice(("UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata")),
            str(rng.choice((2, 4, 6))), rng.choice(("half_up", "up", "down")), rng.choice(("up", "down", "half_up", "exact")),
            rng.choice(("0", "0", "0.01")), "bill" if name == "whole" else "call", "true" if name == "red" else "false",
            "ported" if name in ("blue", "retail") else "dialled")))
        for prefix in PREFIXES:
            if rng.random() < 0.15 or (prefix == "" and name not in ("retail", "blue")):
                continue
            rates += make_rows(rng, name, prefix)
    accounts = ("account,name,tariff,timezone", "acme,Acme & <Söhne>,retail,Europe/Berlin", "zenith,Zenith,whole,America/New_York",
                "plain,,retail,", "poor,,,UTC")
    carriers = ("carrier,tariff", "red,red", "blue,blue", "green,green", "dollar,dollar", "bare,")
    gateways = ("gateway,carrier,uri",)
    return {"tariffs": "\n".join(tariffs), "rates": "\n".join(rates), "accounts": "\n".join(accounts),
            "carriers": "\n".join(carriers), "gateways": "\n".join(gateways), "trunks": "account,address"}


def make_rows(rng, tariff, prefix):
    def row(second, band, begin, end, sold=True):
        price = f"{rng.choice((-1, 1) if tariff == 'red' else (1,)) * rng.randrange(1, 9000) / 10000:.4f}" if sold else ""
        return ",".join((tariff, prefix, f"to {prefix or 'anywhere'}", price, rng.choice(("0", "0", "0.05")),
                         str(rng.choice((1, 6, 30, 60))), str(rng.choice((1, 6, 11, 60))), str(rng.choice((0, 0, 3))), str(second), band,
                         begin, end))

    kind = rng.randrange(6)
    if kind == 0:
        return [row(0, "", "", ""), row(60, "", "", ""), row(300, "", "", "", rng.random() < 0.8)]
    if kind == 1:
        return [row(0, "", "", ""), row(0, "mon-fri 08:00-18:00", "", ""), row(0, "sat 22:00-06:00", "", ""), row(0, "holidays", "", "")]
    if kind == 2:
        return [row(0, "", "", "2026-10-20"), row(0, "", "2026-10-20", "")]
    if kind == 3:
        return [row(0, "", "2026-10-05T10:00:00Z", "2026-10-25T01:30:00Z")]
    return [row(0, "", "", "", kind != 4 or rng.random() < 0.5)]


def make_records(rng, n, duration_s=400):
    """(column values) of n records around PERIOD: ended ones, open ones, failed ones."""
    begin = datetime(2026, 9, 30, 12, tzinfo=timezone.utc)
    for i in range(n):
        setup = begin + timedelta(seconds=rng.randrange(33 * 86400), microseconds=rng.randrange(10 ** 6))
        if rng.random() < 0.1:  # near the end of summer time
            setup = datetime(2026, 10, 25, 0, 50, tzinfo=timezone.utc) + timedelta(seconds=rng.randrange(1800))
        answer = setup + timedelta(microseconds=rng.randrange(10 ** 7))
        lasted = rng.choice((0, 1, 30 * 10 ** 6, 60 * 10 ** 6, rng.randrange(duration_s * 10 ** 6), rng.randrange(duration_s * 10 ** 6)))
        end = answer + timedelta(microseconds=lasted)
        status = rng.choice(("answered",) * 12 + ("swept", "open", "failed", "cancelled"))
        number = rng.choice(PREFIXES[:-1] + ("93",)) + "".join(rng.choice("0123456789") for _ in range(8))
        carrier, source = rng.choice((("red", "static"),) * 4 + (("blue", "static"),) * 4 + (("green", "trip"), ("dollar", "static"),
                                     ("bare", "static"), ("ghost", "static"), (None, "enum"), (None, "static")))
        account = rng.choice(("acme",) * 4 + ("zenith",) * 3 + ("plain", "poor", "gone", None))
        ported = rng.choice(PREFIXES[:-1]) + "5550000" if rng.random() < 0.2 else None
        if rng.random() < 0.01:
            number = None
        if rng.random() < 0.005:
            end = answer - timedelta(seconds=1)
        if status in ("failed", "cancelled"):
            answer = end = None
        elif status == "open":
            end = None
        yield (f"{rng.getrandbits(128):032x}", f"call-{i}@example.net", "a1", "" if answer is None else f"b{i}", "test", account,
               rng.choice(("+4930111", '"quoted", <b>', None)), number, ported, carrier, source, setup, answer, end, status, 200)


def rare_records():
    """What chance seldom makes: calls without a number that need no carrier, and a route without a price to a carrier without a tariff."""
    begin = datetime(2026, 10, 14, 8, tzinfo=timezone.utc)
    for i, (account, number, carrier, source) in enumerate((
            ("acme", None, None, "local"), ("plain", None, None, "enum"), ("zenith", None, None, "foreign"), ("poor", None, None, "local"),
            ("gone", None, None, "enum"), (None, None, None, "local"), ("acme", None, None, "static"), ("acme", None, "red", "trip"),
            ("acme", "4930555", "bare", "trip"), ("gone", "4930555", "bare", "trip"), ("zenith", "447555", "bare", "trip"))):
        answer = begin + timedelta(hours=i)
        yield (f"rare{i:028}", f"rare-{i}@example.net", "a1", "b1", "test", account, "+4930111", number, None, carrier, source,
               answer - timedelta(seconds=2), answer, answer + timedelta(seconds=61), "answered", 200)


def insert(lab, records):
    if lab.store_kind == "sqlite":
        db = sqlite3.connect(lab.path("lcr.db"))
        db.executemany(f"INSERT INTO cdr ({', '.join(COLUMNS)}) VALUES ({', '.join('?' * len(COLUMNS))})",
                       [[(v - EPOCH) // timedelta(microseconds=1) if isinstance(v, datetime) else v for v in r] for r in records])
        db.commit()
        db.close()
        return
    with open(lab.path("records.csv"), "w", encoding="utf-8") as file:
        for record in records:
            file.write(",".join("" if v is None else v.isoformat() if isinstance(v, datetime) else '"' + str(v).replace('"', '""') + '"'
                                for v in record) + "\n")
    sql(lab, f"\\copy cdr ({', '.join(COLUMNS)}) from '{lab.path('records.csv')}' csv")


def sql(lab, text):
    if lab.store_kind == "sqlite":
        db = sqlite3.connect(lab.path("lcr.db"))
        db.execute(text)
        db.commit()
        db.close()
        return
    subprocess.run(["psql", "-q", "-v", "ON_ERROR_STOP=1", "-h", lab.path("pg"), "-p", "5433", "-U", "postgres", "-c", text], check=True)


def prepare(lab):
    lab.prepare()
    with open(lab.path("holidays.csv"), "w", encoding="utf-8") as file:
        file.write("tariff,date,name\n,2026-10-03,Einheit\nretail,2026-10-12,\n")
    lab.run("lcrdb", "import", "holidays", lab.path("holidays.csv"))
    with open(lab.path("exchange.csv"), "w", encoding="utf-8") as file:
        file.write("currency,base,date,rate\nUSD,EUR,2026-10-04,0.9137\nUSD,EUR,2026-10-25,0.92\n")
    lab.run("lcrdb", "import", "exchange_rates", lab.path("exchange.csv"))
    with open(lab.path("taxes.csv"), "w", encoding="utf-8") as file:
        file.write("account,tax,percent,valid_from,valid_until\n,VAT,19,,2026-10-16\n,VAT,16.5,2026-10-16,\n" + ("plain,none,0,,\n" if "plain," in lab.tables["accounts"] else ""))
    lab.run("lcrdb", "import", "taxes", lab.path("taxes.csv"))


def recompute(lab, bills=None):
    words = [sys.executable, os.path.join(HERE, "recompute.py"), "--build", BUILD, "--store", lab.url()]
    if bills:
        words += ["--period", PERIOD, "--bills", bills]
    return subprocess.run(words, capture_output=True, text=True, check=False)


def bill(lab, out, *words):
    return lab.run("cdr-bill", "--period", PERIOD, "--out", lab.path(out), "--allow-unpriced", *words)


def rated(lab):
    """The records without the number of the run."""
    return [{k: v for k, v in r.items() if k != "rating_run"} for r in lab.records()]


def check_report(tests, lab, what):
    """cdr-report against sums over the exported records."""
    records = lab.records()
    for key in ("account", "carrier", "month"):
        done = lab.run("cdr-report", "--by", key, "--currency", "EUR", "--json", check=False)
        report = json.loads(done.stdout)
        expected = {}
        for r in records:
            sums = expected.setdefault(r["setup_time"][:7] if key == "month" else r[key], [0, 0, 0, Fraction(0)])
            sums[0] += 1
            sums[1] += r["answer_time"] != ""
            sums[2] += max(int(r["duration_us"] or 0), 0)
            sums[3] += Fraction(r["sell_amount"] or 0)
        found = {r[key]: [r["calls"], r["answered"], r["duration_us"], Fraction(r["revenue"])] for r in report["rows"]}
        tests.check(found == expected, f"{what}: the report by {key} adds up", str((found, expected))[:800])
        tests.check(report["total"]["calls"] == len(records) and (done.returncode == 1) == (report["unconverted_amounts"] > 0),
                    f"{what}: and its total")
    losses = json.loads(lab.run("cdr-report", "losses", "--top", "100000", "--json").stdout)
    tests.check(len(losses) == sum(Fraction(r["margin"] or 0) < 0 for r in records) > 0, f"{what}: calls at a loss are listed")


def check_business(tests, lab, seed, keep):
    rng = random.Random(seed)
    lab.tables.update(make_tables(rng))
    prepare(lab)
    insert(lab, [*make_records(rng, RECORDS), *rare_records()])
    what = f"{lab.store_kind}, seed {seed}"
    before = lab.records()
    dry = json.loads(lab.run("cdr-rate", "--dry-run", "--json").stdout)
    tests.check(lab.records() == before, f"{what}: a dry run writes nothing")
    run = json.loads(lab.run("cdr-rate", "--json").stdout)
    tests.check(run["calls"] == dry["calls"] > RECORDS // 2 and run["unpriced"] == dry["unpriced"] and run["totals"] == dry["totals"],
                f"{what}: and says what the run then does", str((run["calls"], dry["calls"])))
    tests.check(json.loads(lab.run("cdr-rate", "--json").stdout)["calls"] == 0, f"{what}: a second run finds nothing to do")
    tests.check(all(r["rating_note"] or r["margin"] for r in lab.records() if r["rating_run"]), f"{what}: what lacks a margin says why")
    check_report(tests, lab, what)
    bill(lab, "bills")
    done = recompute(lab, lab.path("bills"))
    tests.check(done.returncode == 0, f"{what}: equals its recomputation to the last digit", done.stdout[-1500:] + done.stderr[-1500:])
    say("      " + done.stdout.strip().split("\n")[-1])
    shutil.copytree(lab.path("bills"), keep)
    bill(lab, "again")
    names = sorted(os.listdir(lab.path("bills")))
    same = filecmp.cmpfiles(lab.path("bills"), lab.path("again"), names, shallow=False)[0]
    tests.check(names == sorted(os.listdir(lab.path("again"))) and same == names, f"{what}: bills have the same bytes again")
    done = lab.run("cdr-bill", "--period", PERIOD, "--out", lab.path("again"), check=False)
    tests.check(done.returncode == 1 and "without a price" in done.stderr, f"{what}: calls without a price are a failure", done.stderr)
    before = rated(lab)
    lab.run("cdr-rate", "--rerate")
    tests.check(rated(lab) == before, f"{what}: re-rating with the same prices changes nothing")


def check_rerate(tests, lab):
    """One account and half a month at new prices."""
    what = f"{lab.store_kind}: re-rating"
    before = {r["call_key"]: r for r in lab.records()}
    sql(lab, "UPDATE rates SET rate = rate * 2 WHERE rate IS NOT NULL")
    done = json.loads(lab.run("cdr-rate", "--rerate", "--account", "acme", "--from", "2026-10-10", "--until", "2026-10-20T12:00:00Z",
                              "--json").stdout)
    after = lab.records()
    chosen = [r for r in after if r["account"] == "acme" and r["rating_run"]
              and "2026-10-10" <= r["answer_time"] < "2026-10-20T12:00:00"]
    others = [r for r in after if r not in chosen]
    # some cost nothing at any price
    changed = [r for r in chosen if r != before[r["call_key"]]]
    tests.check(done["calls"] == len(changed) > 0 and done["calls"] + done["unchanged"] == len(chosen), f"{what} takes the calls asked for",
                str((done["calls"], done["unchanged"], len(changed), len(chosen))))
    tests.check(all(r == before[r["call_key"]] for r in others), f"{what} leaves the others alone")
    tests.check(all(int(r["rating_run"]) > int(before[r["call_key"]]["rating_run"]) for r in changed), f"{what} has a run of its own")
    tests.check(any(r["sell_amount"] != before[r["call_key"]]["sell_amount"] for r in chosen), f"{what} finds the new prices")
    found = recompute(lab)
    tests.check(found.returncode == 1, f"{what}: the recomputation sees that the others have old prices")
    lab.run("cdr-rate", "--rerate")
    found = recompute(lab)
    tests.check(found.returncode == 0, f"{what}: and nothing different once all are done", found.stdout[-1000:])


def check_witness(tests, lab):
    """What compares must be able to fail."""
    bill(lab, "witness")
    sql(lab, "UPDATE cdr SET buy_amount = buy_amount + 1 WHERE call_key ="
             " (SELECT min(call_key) FROM cdr WHERE buy_amount IS NOT NULL AND carrier = 'blue')")
    found = recompute(lab)
    tests.check(found.returncode == 1 and "buy_amount is" in found.stdout, "a wrong amount is found", found.stdout[-500:])
    path = lab.path("witness/acme.csv")
    with open(path, encoding="utf-8") as file:
        text = file.read()
    with open(path, "w", encoding="utf-8") as file:
        file.write(re.sub(r"\d(,-?[\d.]+,false,[\d.]+\n)", lambda m: str((int(m.group(0)[0]) + 1) % 10) + m.group(1), text, count=1))
    found = recompute(lab, lab.path("witness"))
    tests.check(found.returncode == 1 and "acme.csv:2: amount" in found.stdout, "a wrong line of a bill is found", found.stdout[-500:])


def on_both(tests):
    """random businesses on SQLite and PostgreSQL"""
    has_postgres = os.path.isdir("/usr/lib/postgresql")
    for seed in SEEDS:
        folders = []
        for store in ("sqlite", "postgresql"):
            if store == "postgresql" and not has_postgres:
                say("skipped: PostgreSQL is not installed")
                tests.skipped += 1
                continue
            with Lab(BUILD, "rating", store=store) as lab:
                folders.append(os.path.join(os.path.dirname(lab.dir), f"{os.path.basename(lab.dir)}-bills"))
                check_business(tests, lab, seed, folders[-1])
                if seed == SEEDS[0]:
                    check_rerate(tests, lab)
                    check_witness(tests, lab)
        if len(folders) == 2:
            names = sorted(os.listdir(folders[0]))
            same = filecmp.cmpfiles(*folders, names, shallow=False)[0]
            tests.check(names == sorted(os.listdir(folders[1])) and same == names, f"seed {seed}: both stores give the same bytes")
        for folder in folders:
            shutil.rmtree(folder)


def read_rows(path):
    with open(path, newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def close(lab, period, out, *words, check=True):
    return lab.run("cdr-bill", "--period", period, "--out", lab.path(out), "--close", *words, check=check)


def same_files(lab, one, two):
    names = sorted(os.listdir(lab.path(one)))
    return names == sorted(os.listdir(lab.path(two))) and filecmp.cmpfiles(lab.path(one), lab.path(two), names, shallow=False)[0] == names


def check_sums(tests, lab, out, what):
    """The calls of each bill are its lines, and these its sums."""
    wrong = []
    summary = read_rows(lab.path(out + "/summary.csv"))
    for row in summary:
        if row["kind"] == "credit":
            rows = read_rows(lab.path(f"{out}/{row['account']}-credit.csv"))
            if sum(Fraction(r["amount"]) - Fraction(r["old_amount"]) for r in rows) != Fraction(row["net"]):
                wrong.append(row)
            continue
        lines = read_rows(lab.path(f"{out}/{row['account']}.csv"))
        calls = read_rows(lab.path(f"{out}/{row['account']}-calls.csv"))
        for late in ("false", "true"):
            if sum(Fraction(c["amount"]) for c in calls if c["late"] == late) != sum(
                    Fraction(r["amount"]) for r in lines if r["late"] == late and r["destination"] != "rounding"):
                wrong.append((row, late))
        if sum(Fraction(r["amount"]) for r in lines) != Fraction(row["net"]) or sum(
                Fraction(r["tax"]) for r in lines) != Fraction(row["tax"]) or Fraction(row["net"]) + Fraction(row["tax"]) != Fraction(
                row["total"]):
            wrong.append(row)
    tests.check(summary and not wrong, f"{what}: calls, lines and bills add up", str(wrong[:3]))
    return summary


def check_closing(tests, lab):
    """September to November: closed, corrected, late ones, and nothing that was closed changes."""
    rng = random.Random(77)
    lab.tables.update(make_tables(rng))
    prepare(lab)
    records = list(make_records(rng, 1500))
    later = records[:40]
    insert(lab, records[40:])
    lab.run("cdr-rate")
    what = f"{lab.store_kind}: closing"
    done = close(lab, PERIOD, "refused", check=False)
    tests.check(done.returncode == 1 and "without a price, not closed" in done.stderr, f"{what} is refused where prices are missing",
                done.stderr)
    close(lab, PERIOD, "closed", "--allow-unpriced")
    summary = check_sums(tests, lab, "closed", what)
    numbers = [int(r["bill"]) for r in summary if r["bill"]]
    tests.check(sorted(numbers) == list(range(1, len(numbers) + 1)), f"{what} gives numbers without gaps", str(numbers))
    with open(lab.path("closed/acme.html"), encoding="utf-8") as file:
        page = file.read()
    tests.check("draft</span>" not in page and "VAT, 19 %" in page and "VAT, 16.5 %" in page, f"{what}: the page has number and taxes")
    insert(lab, later)
    sql(lab, "UPDATE rates SET rate = rate * 2 WHERE rate IS NOT NULL AND prefix LIKE '4%'")
    lab.run("cdr-rate", "--rerate")
    close(lab, PERIOD, "again", "--allow-unpriced")
    tests.check(same_files(lab, "closed", "again"), f"{what}: closed bills have the same bytes after records came and prices changed")
    bill(lab, "drafts")
    tests.check(same_files(lab, "closed", "drafts"), f"{what}: so they have without --close")
    lab.run("cdr-bill", "--period", "2026-11", "--out", lab.path("november"), "--allow-unpriced")
    draft = check_sums(tests, lab, "november", what + ", the draft of November")
    close(lab, "2026-11", "next", "--allow-unpriced")
    summary = check_sums(tests, lab, "next", what + ", November")
    tests.check([(r["account"], r["net"]) for r in draft] == [(r["account"], r["net"]) for r in summary], f"{what}: the draft said it before")
    numbers += [int(r["bill"]) for r in summary if r["bill"]]
    tests.check(sorted(numbers) == list(range(1, len(numbers) + 1)), f"{what}: numbers go on without gaps", str(numbers))
    late = [c for c in read_rows(lab.path("next/acme-calls.csv")) if c["late"] == "true"]
    tests.check(late and all(c["answer_time"] < "2026-10-31T23" for c in late), f"{what}: late calls are on the next bill, with their dates")
    notes = [r for r in summary if r["kind"] == "credit"]
    tests.check(len(notes) >= 2, f"{what}: corrections are credit notes", str(notes))
    billed = {c["answer_time"] for c in read_rows(lab.path("closed/acme-calls.csv"))}
    rows = read_rows(lab.path("next/acme-credit.csv"))
    tests.check(rows and all(r["answer_time"] in billed for r in rows), f"{what}: of calls that were billed")
    lab.run("cdr-rate", "--rerate")
    close(lab, "2026-11", "next-again", "--allow-unpriced")
    tests.check(same_files(lab, "next", "next-again"), f"{what}: November has the same bytes again")
    done = close(lab, "2026-10-20/2026-11-03", "overlap", check=False)
    tests.check(done.returncode == 1 and "is closed and has a part of" in done.stderr, f"{what}: overlapping periods are refused", done.stderr)
    sql(lab, "DELETE FROM cdr WHERE call_key = (SELECT min(call_key) FROM cdr WHERE account = 'plain' AND sell_amount IS NOT NULL"
             " AND late IS NULL AND answer_time < (SELECT max(ends) FROM bills WHERE account = 'plain' AND period = '2026-10')"
             " AND answer_time >= (SELECT max(starts) FROM bills WHERE account = 'plain' AND period = '2026-10'))")
    done = lab.run("cdr-bill", "--period", PERIOD, "--out", lab.path("lost"), "--allow-unpriced", check=False)
    tests.check(done.returncode == 1 and "account plain: bill" in done.stderr, f"{what}: a record that was removed is noticed", done.stderr)


def closing(tests):
    """bills are closed, and stay as they are"""
    for store in ("sqlite", "postgresql"):
        if store == "postgresql" and not os.path.isdir("/usr/lib/postgresql"):
            tests.skipped += 1
            continue
        with Lab(BUILD, "closing", store=store) as lab:
            check_closing(tests, lab)


def carrier_file(lab, carrier, name, change):
    """What the carrier would send: our own records, each changed (or left out, or doubled) by change(i, row)."""
    rows = [r for r in lab.records() if r["carrier"] == carrier and r["buy_amount"] and int(r["duration_us"]) > 0]
    rows.sort(key=lambda r: r["answer_time"])
    with open(lab.path(name), "w", encoding="utf-8", newline="") as file:
        out = csv.writer(file, delimiter=";")
        out.writerow(("B-Number", "A-Number", "Answer Time", "Duration", "Billed Seconds", "Rate", "Cost"))
        for i, r in enumerate(rows):
            row = {"called": "+" + r["number"], "caller": r["caller"], "answer": datetime.fromisoformat(r["answer_time"]),
                   "duration": -(-int(r["duration_us"]) // 10 ** 6), "billed": int(r["buy_seconds"]), "rate": Fraction(r["buy_rate"]),
                   "amount": Fraction(r["buy_amount"])}
            for new in change(i, row):
                out.writerow((new["called"], new["caller"], new["answer"].strftime("%d.%m.%Y %H:%M:%S"), new["duration"], new["billed"],
                              f"{float(new['rate']):.4f}".replace(".", ","), f"{float(new['amount']):.6f}".replace(".", ",")))
    return len(rows)


def check_presets(tests, lab):
    """Each preset finds our calls in a file with that source's columns, and its own notations."""
    rows = [r for r in lab.records() if r["carrier"] == "blue" and r["buy_amount"] and int(r["duration_us"]) > 0]
    seconds = [-(-int(r["duration_us"]) // 10 ** 6) for r in rows]
    times = [datetime.fromisoformat(r["answer_time"].replace("Z", "+00:00")) for r in rows]
    for name, head, line in (
            ("didww", "Date/Time (UTC),Source,DID,Destination,Duration (secs),Disconnect Initiator,Amount (USD)",
             lambda r, t, s: f'{t:%Y-%m-%d %H:%M:%S},+4930111,,+{r["number"]},{s},Caller,{r["buy_amount"]}'),
            ("sinch", "CallId;CallTime;Result;Reason;Duration;AnswerTime;From;To;Amount;Currency",
             lambda r, t, s: f'{r["call_id"]};{t:%Y-%m-%dT%H:%M:%SZ};ANSWERED;;{s};{t:%Y-%m-%dT%H:%M:%SZ};4930111;{r["number"]};{r["buy_amount"]};EUR'),
            ("freeswitch", "caller_id_name,caller_id_number,destination_number,context,start_stamp,answer_stamp,end_stamp,duration,billsec",
             lambda r, t, s: f'"","4930111","{r["number"]}","public","x","{t:%Y-%m-%d %H:%M:%S}","x","{s + 5}","{s}"'),
            ("asterisk", "accountcode,src,dst,dcontext,start,answer,end,duration,billsec,disposition,uniqueid",
             lambda r, t, s: f'"","4930111","{r["number"]}","c","x","{t:%Y-%m-%d %H:%M:%S}","x","{s + 5}","{s}","ANSWERED","1.{s}"')):
        with open(lab.path("preset.csv"), "w", encoding="utf-8") as file:
            file.write(head + "\n" + "".join(line(*values) + "\n" for values in zip(rows, times, seconds)))
        done = lab.run("cdr-reconcile", "--carrier", "blue", "--preset", name, "--json", lab.path("preset.csv"), check=False)
        found = {c["class"]: c["calls"] for c in json.loads(done.stdout)["classes"]} if done.stdout else {}
        tests.check(done.returncode == 0 and found.get("exact") == len(rows) > 300, f"preset {name}: {len(rows)} calls are the same",
                    f"{done.returncode} {found} {done.stderr[:500]}")


def check_old_price(tests, lab, compare):
    """Prices change on the 20th, and the carrier goes on with the old ones."""
    sql(lab, "DELETE FROM rates WHERE tariff = (SELECT id FROM tariffs WHERE tariff = 'blue')")
    with open(lab.path("new.csv"), "w", encoding="utf-8") as file:
        file.write("tariff,prefix,rate,valid_from,valid_until\nblue,,0.06,,2026-10-20\nblue,,0.03,2026-10-20,\n")
    lab.run("lcrdb", "import", "rates", lab.path("new.csv"))
    lab.run("cdr-rate", "--rerate")
    _, status, classes, result = compare("old prices", lambda i, r: [dict(r, amount=r["amount"] * (Fraction(6, 100) / r["rate"]), rate=Fraction(6, 100))])
    tests.check(status == 3 and result["causes"]["old_price_calls"] == classes["rate"] > 100, "an old price list is named", str(result))


def reconciling(tests):
    """a carrier's file is compared, and what it does wrong is named"""
    rng = random.Random(5)
    with Lab(BUILD, "reconcile") as lab:
        lab.tables.update(make_tables(rng))
        prepare(lab)
        insert(lab, list(make_records(rng, 3000)))
        lab.run("cdr-rate")
        sql(lab, "DELETE FROM cdr WHERE carrier = 'blue' AND (buy_amount IS NULL OR duration_us <= 0)")

        def compare(what, change, *words):
            n = carrier_file(lab, "blue", "blue.csv", change)
            done = lab.run("cdr-reconcile", "--carrier", "blue", "--json", "--out", lab.path("out"), *words, lab.path("blue.csv"), check=False)
            result = json.loads(done.stdout) if done.stdout else {"error": done.stderr}
            classes = {c["class"]: c["calls"] for c in result.get("classes", [])}
            return n, done.returncode, classes, result

        n, status, classes, result = compare("same", lambda i, r: [r])
        tests.check(status == 0 and classes["exact"] == n > 300, "the same calls agree", str((status, result)))

        def some(i, r):
            if i == 10:
                return []
            if i == 20:
                return [r, r]
            if i == 30:
                return [dict(r, duration=r["duration"] + 30)]
            if i == 40:
                return [dict(r, rate=r["rate"] + 1, amount=r["amount"] + 1)]
            if i == 50:
                return [r, dict(r, called="+999888777666")]
            if i == 60:
                return [dict(r, amount=r["amount"] + Fraction(1, 1000), billed=r["billed"] + 5)]
            return [r]

        n, status, classes, result = compare("some", some)
        tests.check(status == 3 and classes == {"exact": n - 4, "within tolerance": 0, "duration": 1, "rate": 1, "increment/rounding": 1,
                                                "missing here": 1, "missing there": 1, "duplicate": 1},
                    "each difference has its class", str(result))
        rows = read_rows(lab.path("out/dispute.csv"))
        tests.check({r["reason"] for r in rows} >= {"rate is not the one agreed", "no such call was sent"}, "and is disputed", str(rows))

        def shifted(i, r):
            return [dict(r, answer=r["answer"] + timedelta(hours=1))]

        n, status, classes, result = compare("shifted", shifted)
        tests.check(result["causes"]["shift_us"] == 3600 * 10 ** 6 and classes["exact"] == n, "an hour's shift is named", str(result))
        n, status, classes, result = compare("zone", lambda i, r: [dict(r, answer=r["answer"].astimezone(ZoneInfo("Asia/Kolkata")))], "--zone",
                                             "Asia/Kolkata")
        tests.check(status == 0 and result["causes"]["shift_us"] == 0, "--zone takes it out", str(result))
        n, status, classes, result = compare("clocks go back", lambda i, r: [dict(r, answer=r["answer"].astimezone(ZoneInfo("Europe/Berlin")))],
                                             "--zone", "Europe/Berlin")
        tests.check(status == 0 and classes["exact"] == n, "calls of the hour that comes twice are found in either", str(result))
        check_presets(tests, lab)
        check_old_price(tests, lab, compare)
        n, status, classes, result = compare("longer", lambda i, r: [dict(r, duration=r["duration"] + 1)])
        tests.check(result["causes"]["longer_us"] == 10 ** 6, "a second more on all calls is named", str(result))
        n, status, classes, result = compare("minutes", lambda i, r: [dict(r, billed=-(-r["duration"] // 60) * 60,
                                             amount=r["rate"] * (-(-r["duration"] // 60)))])
        tests.check((result["causes"]["first_increment_s"], result["causes"]["increment_s"]) == (60, 60), "other increments are named",
                    str(result))
        for status, expected, words in ((2, "expected --carrier", ("x.csv",)), (1, "no such carrier", ("--carrier", "x", lab.path("blue.csv"))),
                                        (1, "nowhere.csv", ("--carrier", "blue", lab.path("nowhere.csv"))),
                                        (2, "--preset is", ("--carrier", "blue", "--preset", "x", "y")),
                                        (2, "--decimal is", ("--carrier", "blue", "--decimal", ";", "y")),
                                        (1, "there is no column \"nope\"", ("--carrier", "blue", "--columns", "amount=nope", lab.path("blue.csv")))):
            done = lab.run("cdr-reconcile", *words, check=False)
            tests.check(done.returncode == status and expected in done.stderr, f"{status}: cdr-reconcile {words[-2:]}", done.stderr)


def count_rated(lab):
    db = sqlite3.connect(lab.path("lcr.db"))
    n = db.execute("SELECT count(*) FROM cdr WHERE rating_run IS NOT NULL").fetchone()[0]
    db.close()
    return n


def on_terminal(*words):
    """Run it with a terminal as standard error: what it shows there."""
    leader, follower = pty.openpty()
    shown = b""
    with subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=follower) as process:
        os.close(follower)
        try:
            while data := os.read(leader, 65536):
                shown += data
        except OSError:  # the other side is gone
            pass
    os.close(leader)
    if process.returncode != 0:
        raise RuntimeError(f"{words}: exit {process.returncode}")
    return shown.decode(errors="replace")


def killed(tests):
    """a run that is killed is continued by the next one"""
    rng = random.Random(4)
    with Lab(BUILD, "rating-kill") as lab:
        lab.tables.update(make_tables(rng))
        prepare(lab)
        insert(lab, list(make_records(rng, 80000, duration_s=30)))
        shutil.copy(lab.path("lcr.db"), lab.path("whole.db"))
        shown = on_terminal(os.path.join(BUILD, "cdr-rate"), "--store", "sqlite:" + lab.path("whole.db"))
        tests.check(re.search(r"calls \[#+ +\] +\d+ % \d+ of \d+, \d+/s, \d+:\d\d left", shown), "on a terminal there is a bar, with rate and time left",
                    shown[-300:])
        kills = 0
        for delay in (0.0, 0.05, 0.1, 0.2):
            before = count_rated(lab)
            process = subprocess.Popen([os.path.join(BUILD, "cdr-rate"), "--store", lab.url()], stdout=subprocess.DEVNULL)
            deadline = time.time() + 30
            while count_rated(lab) == before and process.poll() is None and time.time() < deadline:
                time.sleep(0.005)
            time.sleep(delay)
            process.send_signal(signal.SIGKILL)
            kills += process.wait() == -signal.SIGKILL
        left = len([r for r in lab.records() if r["status"] in ("answered", "swept") and not r["rating_run"]])
        tests.check(kills >= 1 and left > 0, f"{kills} runs were killed, {left} calls left")
        done = json.loads(lab.run("cdr-rate", "--json").stdout)
        tests.check(done["calls"] == left, "the last run did exactly the rest", str((done["calls"], left)))
        killed_text = lab.run("cdr-export").stdout
        whole_text = lab.run("cdr-export", "--store", "sqlite:" + lab.path("whole.db")).stdout
        rows = [list(csv.DictReader(t.splitlines())) for t in (killed_text, whole_text)]
        for row in rows[0] + rows[1]:
            row.pop("rating_run")
        tests.check(rows[0] == rows[1] and len(rows[0]) == 80000, "the records are those of a run that was not killed")


def two_at_once(tests):
    """two runs at once rate each call once"""
    rng = random.Random(5)
    with Lab(BUILD, "rating-two") as lab:
        lab.tables.update(make_tables(rng))
        prepare(lab)
        insert(lab, list(make_records(rng, 30000, duration_s=30)))
        runs = [subprocess.Popen([os.path.join(BUILD, "cdr-rate"), "--json", "--store", lab.url()], stdout=subprocess.PIPE, text=True)
                for _ in range(2)]
        found = [json.loads(run.communicate()[0]) for run in runs]
        n = count_rated(lab)
        tests.check(sum(f["calls"] for f in found) == n > 20000, "each call once", str(([f["calls"] for f in found], n)))


def examples(tests):
    """the examples of doc/rating.md, by cdr-rate quote"""
    path = os.path.join(TOP, "doc", "rating.md")
    done = subprocess.run([sys.executable, os.path.join(HERE, "recompute.py"), "--examples", path], capture_output=True, text=True,
                          check=False)
    tests.check(done.returncode == 0, "the recomputation knows the rules", done.stdout[-1000:])
    with open(path, encoding="utf-8") as file:
        text = file.read()
    with Lab(BUILD, "rating-examples") as lab:
        for title, deck, table in re.findall(r"^### ([^\n]*)\n```csv\n(.*?)```\n(.*?)(?=^#|\Z)", text, re.M | re.S):
            rows = [[cell.strip() for cell in line.strip("| \n").split(" | ")] for line in table.strip().splitlines()[2:]]
            for name, content in (("deck.csv", deck),
                                  ("calls.csv", "number,at,duration\n" + "".join(",".join(r[:3]) + "\n" for r in rows))):
                with open(lab.path(name), "w", encoding="utf-8") as file:
                    file.write(content)
            words = "".join(re.findall(r"`([^`]*)`", title)).split()
            lines = lab.run("cdr-rate", "quote", "--rates", lab.path("deck.csv"), "--calls", lab.path("calls.csv"), *words).stdout
            quotes = [json.loads(line) for line in lines.splitlines()]
            wrong = [(r, q) for r, q in zip(rows, quotes) if (q.get("error") or q["amount"]) != r[4] or str(q.get("billed_s", "-")) != r[3]]
            tests.check(len(quotes) == len(rows) > 0 and not wrong, f"list {title}", str(wrong))


def misuse(tests):
    """what is wrong is said, with the promised exit status"""
    with Lab(BUILD, "rating-misuse") as lab:
        prepare(lab)
        deck = lab.path("rates.csv")
        quote = ("cdr-rate", "quote", "--rates", deck, "--tariff", "retail", "--number", "+4930123", "--duration", "1")
        for status, expected, words in (
                (0, "", quote), (0, "", (*quote, "--json")),
                (2, "--duration is \"x\"", (*quote, "--duration", "x")), (2, "--number is", (*quote, "--number", "0a")),
                (2, "--at is", (*quote, "--at", "yesterday")), (2, "--decimals is \"9\"", (*quote, "--decimals", "9")),
                (2, "--zone is", (*quote, "--zone", "Berlin")), (1, "nowhere.csv", (*quote, "--rates", lab.path("nowhere.csv"))),
                (1, "tariff gold: not in", (*quote, "--tariff", "gold")),
                (1, "no price in tariff retail", (*quote, "--number", "7")),
                (2, "has 3 tariffs", ("cdr-rate", "quote", "--rates", deck, "--number", "49", "--duration", "1")),
                (1, "tariff gold: not in the store", ("cdr-rate", "quote", "--tariff", "gold", "--number", "49", "--duration", "1")),
                (2, "belong to quote", ("cdr-rate", "--number", "49")), (2, "--from is \"x\"", ("cdr-rate", "--from", "x")),
                (2, "--from is", ("cdr-rate", "--from", "2026-10-02", "--until", "2026-10-01")),
                (2, "the command is \"quoet\"", ("cdr-rate", "quoet")), (1, "run lcrdb", ("cdr-rate", "--store", "sqlite:/nowhere/x.db")),
                (2, "no period given", ("cdr-bill", "--out", lab.path("b"))), (2, "--period is \"2026-13\"", ("cdr-bill", "--period", "2026-13", "--margin")),
                (2, "nothing to do", ("cdr-bill", "--period", PERIOD, "--close")),
                (2, "nothing to do", ("cdr-bill", "--period", PERIOD)), (1, "no such account", ("cdr-bill", "--period", PERIOD, "--margin", "--account", "x")),
                (1, "/proc/none", ("cdr-bill", "--period", PERIOD, "--out", "/proc/none")),
                (0, "", ("cdr-bill", "--period", PERIOD, "--margin")),
                (2, "--format is \"xml\"", ("cdr-export", "--format", "xml")),
                (2, "--columns is \"x\"", ("cdr-export", "--columns", "x")), (1, "No space left", ("cdr-export", "--output", "/dev/full")),
                (2, "--by is \"colour\"", ("cdr-report", "--by", "colour")), (2, "no period given", ("cdr-report", "changes")),
                (2, "--measure is \"x\"", ("cdr-report", "changes", "--period", PERIOD, "--measure", "x")),
                (2, "the command is \"loss\"", ("cdr-report", "loss")), (2, "--top is \"0\"", ("cdr-report", "losses", "--top", "0")),
                (2, "--format is \"xml\"", ("cdr-report", "--format", "xml")), (0, "", ("cdr-report", "changes", "--period", PERIOD)),
                (1, "no journals there", ("cdr-export", "--journal", lab.path("journal"))),
                (2, "expected one of them", ("cdr-export", "--journal", "x", "--store", "sqlite:x")), (0, "", ("cdr-export", "--json"))):
            done = lab.run(*words, check=False)
            tests.check(done.returncode == status and expected in done.stderr and (status == 0) == (done.stderr == ""),
                        f"{status}: {' '.join(words[:2])} ... {' '.join(words[-2:])}", f"{done.returncode} {done.stderr}")


Tests().run(*[f for f in (on_both, closing, reconciling, killed, two_at_once, examples, misuse)
              if os.environ.get("RATING_ONLY", f.__name__) == f.__name__])
