#!/usr/bin/env python3
"""bad input: each trouble is named with its place and rule, the rest goes on, and money never changes silently

Usage: tests/e2e/test_bad_input.py BUILD
"""
import csv
import json
import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from datetime import datetime, timedelta, timezone

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from lab import Lab, Tests  # noqa: E402

BUILD = os.path.abspath(sys.argv[1])
EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
RATES = "tariff,prefix,destination,rate\n"

# What is imported: kind, content, exit status, what standard error says, and the rates of prefix 77 that are in the store then.
IMPORTS = (
    ("a good one", "rates", RATES + "retail,77,Kazakhstan,0.25\n", 0, "", "0.25"),
    ("a quote inside a field", "rates", RATES + 'retail,77,Kazakh"stan,0.3\n', 1, "FILE:2: a quote within a field", "0.25"),
    ("a quote left open", "rates", RATES + 'retail,77,"Kazakhstan,0.3\nretail,78,X,1\n', 1, "FILE:2: a quote is left open", "0.25"),
    ("not UTF-8", "rates", (RATES + "retail,77,Stra").encode() + b"\xdfe,0.3\n", 1, "FILE:2: destination:", "0.25"),
    ("a BOM", "rates", b"\xef\xbb\xbf" + (RATES + "retail,77,Kazakhstan,0.26\n").encode(), 0, "", "0.26"),
    ("UTF-16", "rates", (RATES + "retail,77,Kazakhstan,0.3\n").encode("utf-16"), 1, "FILE:", "0.26"),
    ("semicolons", "rates", RATES.replace(",", ";") + "retail;77;Kazakhstan;0.27\n", 0, "", "0.27"),
    ("a decimal comma", "rates", RATES.replace(",", ";") + "retail;77;Kazakhstan;0,30\n", 1, 'FILE:2: rate: "0,30", expected an amount', "0.27"),
    ("thousands separators", "rates", RATES.replace(",", ";") + "retail;77;Kazakhstan;1.234,5\n", 1, 'FILE:2: rate: "1.234,5"', "0.27"),
    ("too many decimals", "rates", RATES + "retail,77,X,0.123456789\n", 1, "with up to 8 decimals", "0.27"),
    ("an exponent", "rates", RATES + "retail,77,X,3e-1\n", 1, 'FILE:2: rate: "3e-1"', "0.27"),
    ("no number", "rates", RATES + "retail,77,X,NaN\n", 1, 'FILE:2: rate: "NaN"', "0.27"),
    ("beyond what fits", "rates", RATES + "retail,77,X,99999999999999\n", 1, "FILE:2: rate:", "0.27"),
    ("below 0", "rates", RATES + "retail,77,X,-0.3\n", 1, "does not allow negative prices", "0.27"),
    ("an unknown column", "rates", "tariff,prefix,destination,rate,colour\nretail,77,Kazakhstan,0.28,red\n", 0,
     'FILE:1: note: column "colour" is not known and was ignored', "0.28"),
    ("a missing column", "rates", "tariff,destination,rate\nretail,X,0.3\n", 1, "FILE:1:", "0.28"),
    ("one field too many", "rates", RATES + "retail,77,X,0.3,0.4\n", 1, "FILE:2:", "0.28"),
    ("an impossible date", "rates", "tariff,prefix,rate,valid_from\nretail,77,0.3,2026-02-30\n", 1, 'FILE:2: valid_from: "2026-02-30"', "0.28"),
    ("a row twice", "rates", RATES + "retail,77,X,0.3\nretail,77,X,0.4\n", 1, "FILE:3: prefix: \"77\" has the same key as line 2", "0.28"),
    ("bands that overlap", "rates", "tariff,prefix,rate,band\nretail,77,0.3,mon-fri 08:00-18:00\nretail,77,0.4,fri 17:00-20:00\n", 1,
     'FILE:3: band: "fri 17:00-20:00" of prefix "77" overlaps', "0.28"),
    ("an unknown tariff", "rates", RATES + "gold,77,X,0.3\n", 1, 'FILE:2: tariff: "gold"', "0.28"),
    ("an unknown tariff of an account", "accounts", "account,tariff\nacme,retail\nlost,gold\n", 1, 'FILE:3: tariff: "gold"', "0.28"),
    ("an impossible month", "exchange_rates", "currency,base,date,rate\nUSD,EUR,2026-13-01,0.9\n", 1, 'FILE:2: date: "2026-13-01"', "0.28"),
    ("a rate of 0", "exchange_rates", "currency,base,date,rate\nUSD,EUR,2026-10-01,0\n", 1, 'FILE:2: rate: "0", expected an amount above 0', "0.28"),
    ("taxes over 100 %", "taxes", "account,tax,percent,valid_from,valid_until\n,VAT,119,,\n", 1, "FILE:2: percent:", "0.28"),
    ("nothing at all", "rates", "", 1, "FILE", "0.28"),
)

# A file of calls to quote: what is wrong, its lines, exit status, what standard error says, and the amounts.
CALLS = (
    ("a good one", "number,duration,at\n4930,60,2026-10-05T08:00:00Z\n", 0, "", ["0.06"]),
    ("a BOM", "\ufeffnumber,duration\n4930,60\n", 0, "", ["0.06"]),
    ("semicolons", "number;duration\n4930;60\n", 0, "", ["0.06"]),
    ("UTF-16", "number,duration\n4930,60\n".encode("utf-16"), 1, "FILE:1: a NUL octet, expected text", []),
    ("an unknown column", "number,duration,colour\n4930,60,red\n", 0, 'FILE:1: note: column "colour" is not known and was ignored', ["0.06"]),
    ("a missing column", "number,colour\n4930,60\n", 1, "FILE:1: duration: no such column", []),
    ("a decimal comma", "number;duration\n4930;1,5\n4930;60\n", 1, 'FILE:2: duration: "1,5"', [None, "0.06"]),
    ("thousands separators", "number;duration\n4930;1.000,5\n4930;60\n", 1, 'FILE:2: duration: "1.000,5"', [None, "0.06"]),
    ("a negative duration", "number,duration\n4930,-1\n4930,60\n", 1, 'FILE:2: duration: "-1"', [None, "0.06"]),
    ("an impossible date", "number,duration,at\n4930,1,2026-02-30T00:00:00Z\n4930,60,\n", 1, 'FILE:2: at: "2026-02-30', [None, "0.06"]),
    ("no number", "number,duration\n49x,1\n4930,60\n", 1, 'FILE:2: number: "49x"', [None, "0.06"]),
    ("a field too few", "number,duration\n4930\n4930,60\n", 1, "FILE:2: 1 fields, expected 2", [None, "0.06"]),
    ("a quote inside a field", 'number,duration\n4930,60\n49"30,60\n', 1, "FILE:3: a quote within a field", ["0.06"]),
    ("a quote left open", 'number,duration\n4930,60\n"4930,60\n', 1, "FILE:3: a quote is left open", ["0.06"]),
    ("no price", "number,duration\n7812,60\n4930,60\n", 0, "", [None, "0.06"]),
    ("nothing at all", "", 1, "FILE", []),
)

# A mapping for a carrier's file: what is wrong, its lines, exit status and what is said.
MAPPING = "called=B\ntime=T\nduration=D\namount=A\n"
MAPPINGS = (
    ("a good one", MAPPING, 0, ""), ("comments, spaces and empty lines", "# the columns=of red\n\n called = B \r\n" + MAPPING, 0, ""),
    ("a BOM", "\ufeff" + MAPPING, 0, ""),
    ("an unknown field", MAPPING + "colour=C\n", 1, 'FILE:5: "colour=C", expected called, caller, time'),
    ("no name", MAPPING + "rate\n", 1, 'FILE:5: "rate", expected'), ("an empty name", MAPPING + "rate=\n", 1, 'FILE:5: "rate=", expected'),
    ("a column that is not there", MAPPING + "rate=R\n", 1, 'there is no column "R"'),
    ("too long", "#" * 5000, 1, "FILE: cannot be read"),
)

# A call record: what is wrong, how it differs from a good one, what its note says, and whether its two amounts are there.
RECORDS = (
    ("a good one", {}, None, (True, True)),
    ("a negative duration", {"end": -30}, "negative duration", (False, False)),
    ("an account without tariff", {"account": "poor"}, "account has no tariff", (False, True)),
    ("an account nobody knows", {"account": "ghost"}, "account is not known", (False, True)),
    ("no account", {"account": None}, "no account", (False, True)),
    ("a carrier without tariff", {"carrier": "bare"}, "carrier has no tariff", (True, False)),
    ("no price", {"number": "9988776655"}, "no sell price; no buy price", (False, False)),
    ("no number", {"number": None}, "no number", (False, False)),
    ("no digits", {"number": "49x30"}, "no number", (False, False)),
    ("a currency without exchange rate", {"carrier": "usd"}, "no exchange rate", (True, True)),
    ("from the future", {"answer": 400 * 86400}, None, (True, True)),
    ("longer than any call", {"end": 11 * 366 * 86400}, "sell amount out of range; buy amount out of range", (False, False)),
)

# A carrier's file: what is wrong with it, its lines, options, exit status, what is said, and how many calls of it agree.
HEAD = "called,caller,answer time,duration,amount\n"
GOOD = "4989100,4930500,2026-10-05 08:00:00,60,0.02\n"
CARRIER_FILES = (
    ("a good one", HEAD + GOOD, (), 0, "", 1),
    ("a BOM", "\ufeff" + HEAD + GOOD, (), 0, "", 1),
    ("semicolons and a decimal comma", (HEAD + GOOD).replace(",", ";").replace("0.02", "0,02"), (), 0, "", 1),
    ("thousands separators", HEAD.replace(",", ";") + GOOD.replace(",", ";").replace("0.02", "1.234,02"), ("--decimal", ","), 3, "", 0),
    ("an amount that is none", HEAD + GOOD.replace("0.02", "0.02 EUR?"), (), 3, "FILE:2", 0),
    ("an unknown column", HEAD.replace("amount", "amount,colour") + GOOD.replace("0.02", "0.02,red"), (), 0, "FILE:1: note: not looked at: colour", 1),
    ("decimals of the other kind", HEAD + GOOD, ("--decimal", ","), 3, "FILE:2: amount: \"0.02\"", 0),
    ("no column with a number", HEAD.replace("called", "who") + GOOD, (), 1, "called", None),
    ("an impossible date", HEAD + GOOD + GOOD.replace("10-05", "13-45"), (), 3, "FILE:3", 1),
    ("a negative duration", HEAD + GOOD + GOOD.replace(",60,", ",-60,"), (), 3, "FILE:3", 1),
    ("a quote left open", HEAD + '"' + GOOD, (), 1, "FILE:2: a quote is left open", None),
    ("a quote inside a field", HEAD + GOOD + GOOD.replace("4930", '49"30'), (), 1, "FILE:3: a quote within a field", None),
    ("UTF-16", (HEAD + GOOD).encode("utf-16"), (), 1, "FILE:1: a NUL octet, expected text", None),
    ("another encoding", (HEAD + GOOD.replace("4930500", "Jürgen")).encode("latin-1"), (), 0, "", 1),
    ("decimals of both kinds", HEAD.replace(",", ";") + GOOD.replace(",", ";").replace("0.02", "0,02") + GOOD.replace(",", ";").replace("0.02", "1.234"),
     (), 1, "FILE:3: amount: \"1.234\" has a '.' where line 2 has a ','", None),
    ("from the future", HEAD + GOOD + GOOD.replace("2026", "2036"), ("--period", "2026-10"), 0, "", 1),
    ("a field too few", HEAD + GOOD + "4989100,4930500\n", (), 3, "FILE:3: called: \"4989100\", expected a field for each column", 1),
    ("nothing at all", "", (), 1, "FILE", None),
    ("a line twice", HEAD + GOOD + GOOD, (), 3, "", 1),
)


def write(lab, name, content):
    with open(lab.path(name), "wb") as file:
        file.write(content if isinstance(content, bytes) else content.encode())
    return lab.path(name)


def prepare(lab):
    lab.tables.update({
        "tariffs": "tariff,currency\nretail,EUR\nred,EUR\nusd,USD\n", "rates": RATES + "retail,49,Germany,0.06\nred,49,,0.02\nusd,49,,0.02\n",
        "carriers": "carrier,tariff\nred,red\nusd,usd\nbare,\n", "accounts": "account,tariff\nacme,retail\npoor,\n", "trunks": "account,address",
        "gateways": "gateway,carrier,uri"})
    lab.prepare()


def imports(tests):
    """tables: refused as a whole with line, column and rule, and nothing of it is taken"""
    with Lab(BUILD, "bad-tables") as lab:
        prepare(lab)
        for what, kind, content, status, says, rate in IMPORTS:
            done = lab.run("lcrdb", "import", kind, write(lab, "FILE.csv", content), check=False, errors="replace")
            rates = [r["rate"] for r in csv.DictReader(lab.run("lcrdb", "export", "rates").stdout.splitlines()) if r["prefix"] == "77"]
            tests.check(done.returncode == status and says.replace("FILE", lab.path("FILE.csv")) in done.stderr and rates == [rate],
                        f"{what}: {status}, {says}", f"{done.returncode} {done.stderr} {rates}")
        write(lab, "FILE.csv", "account,tax,percent,valid_from,valid_until\n,VAT,19,2026-01-01,2026-12-31\n,VAT,16,2026-06-01,2026-07-01\n")
        lab.run("lcrdb", "import", "taxes", lab.path("FILE.csv"))
        done = lab.run("lcrdb", "check", check=False)
        tests.check("tax VAT of all accounts: from 2026-06-01 on it overlaps" in done.stdout, "periods that overlap are told by lcrdb check", done.stdout)


def add(lab, i, changes):
    begin = datetime(2026, 10, 5, 8, i, tzinfo=timezone.utc)
    if "answer" in changes:
        begin = datetime.now(timezone.utc) + timedelta(seconds=changes["answer"])
    row = {"account": "acme", "carrier": "red", "number": "4989100", "end": 60, **changes}
    times = [(t - EPOCH) // timedelta(microseconds=1) for t in (begin, begin, begin + timedelta(seconds=row["end"]))]
    with closing(sqlite3.connect(lab.path("lcr.db"))) as db:
        insert(db, i, row, times)


def insert(db, i, row, times):
    db.execute("INSERT INTO cdr (call_key, to_tag, node, account, carrier, number, caller, route_source, setup_time, answer_time, end_time, status)"
               " VALUES (?, 't', 'pop1', ?, ?, ?, '4930500', 'static', ?, ?, ?, 'answered')",
               (f"k{i:02}", row["account"], row["carrier"], row["number"], *times))
    db.commit()


def records(tests):
    """records: what cannot be priced has no amount, a note, and is listed; the others are priced and billed"""
    with Lab(BUILD, "bad-records") as lab:
        prepare(lab)
        for i, (_, changes, _, _) in enumerate(RECORDS):
            add(lab, i, changes)
        try:
            add(lab, 0, {})
            tests.check(False, "a duplicate record is refused")
        except sqlite3.IntegrityError:
            tests.check(True, "a duplicate record is refused")
        run = lab.run("cdr-rate", "--json")
        done = json.loads(run.stdout)
        rows = {r["call_key"]: r for r in lab.records()}
        for i, (what, _, note, priced) in enumerate(RECORDS):
            r = rows[f"k{i:02}"]
            tests.check(r["rating_note"] == (note or "") and (r["sell_amount"] != "", r["buy_amount"] != "") == priced, f"{what}: {note or 'priced'}", str(r))
        listed = {u["reason"] for u in done["unpriced"]}
        tests.check(listed >= {n for _, _, note, _ in RECORDS for n in (note or "").split("; ") if n and n != "no exchange rate"},
                    "what has no price is listed by the run", str(listed))
        tests.check(done["future"] == 1, "what is from the future is told", str(done))
        text = lab.run("cdr-rate", "--rerate", "--dry-run").stdout
        tests.check("1 of them were answered in the future" in text, "to people, too", text)
        bills = lab.run("cdr-bill", "--period", "2026-10", "--out", lab.path("bills"), check=False)
        with open(lab.path("bills/acme.csv"), encoding="utf-8") as file:
            lines = [(r["destination"], r["calls"], r["amount"]) for r in csv.DictReader(file)]
        tests.check(bills.returncode == 1 and all(n in bills.stderr for n in ("negative duration", "account has no tariff", "no sell price", "no account"))
                    and lines == [("Germany", "3", "0.18")], "bills have what is priced, and list the rest", f"{lines} {bills.stderr}")
        done = lab.run("cdr-bill", "--period", "2026-10", "--out", lab.path("bills"), "--close", check=False)
        tests.check(done.returncode == 1 and "account acme: 5 calls without a price, not closed" in done.stderr, "and none of them is closed", done.stderr)
        lab.run("cdr-bill", "--period", "2026-10", "--out", lab.path("bills"), "--close", "--allow-unpriced")
        done = lab.run("cdr-bill", "--period", "2026-10-05/2026-11-05", "--out", lab.path("bills"), check=False)
        tests.check(done.returncode == 1 and "is closed and has a part of 2026-10-05/2026-11-05" in done.stderr, "overlapping periods are refused",
                    done.stderr)


def carrier_files(tests):
    """a carrier's file: lines that cannot be read are named and left out, the others are compared"""
    with Lab(BUILD, "bad-carrier") as lab:
        prepare(lab)
        add(lab, 0, {})
        lab.run("cdr-rate")
        for what, content, words, status, says, agree in CARRIER_FILES:
            done = lab.run("cdr-reconcile", "--carrier", "red", "--json", *words, write(lab, "FILE.csv", content), check=False)
            found = {c["class"]: c["calls"] for c in json.loads(done.stdout)["classes"]} if done.stdout else {}
            tests.check(done.returncode == status and says.replace("FILE", lab.path("FILE.csv")) in done.stderr and found.get("exact") == agree,
                        f"{what}: {status}, {says}", f"{done.returncode} {done.stdout} {done.stderr}")


def quotes(tests):
    """quotes: a rates file is refused like an import, calls that cannot be read are named and left out, the others are priced"""
    with Lab(BUILD, "bad-quotes") as lab:
        os.environ["LCR_STORE"] = "sqlite:/nowhere"  # none is needed
        for what, kind, content, status, says, rate in IMPORTS:
            if kind != "rates" or what == "an unknown tariff":
                continue  # a file of its own knows the tariffs that it names
            done = subprocess.run([os.path.join(BUILD, "cdr-rate"), "quote", "--rates", write(lab, "FILE.csv", content), "--tariff", "retail",
                                   "--number", "7700", "--duration", "60", "--json"], capture_output=True, text=True, errors="replace", check=False)
            amount = json.loads(done.stdout)["amount"] if done.stdout else None
            tests.check(done.returncode == status and says.replace("FILE", lab.path("FILE.csv")) in done.stderr
                        and amount == (rate if status == 0 else None), f"rates, {what}: {status}, {says}", f"{done.returncode} {done.stdout} {done.stderr}")
        rates = write(lab, "rates.csv", "prefix,rate\n49,0.06\n")
        for what, content, status, says, amounts in CALLS:
            done = subprocess.run([os.path.join(BUILD, "cdr-rate"), "quote", "--rates", rates, "--calls", write(lab, "FILE.csv", content)],
                                  capture_output=True, text=True, errors="replace", check=False)
            found = [json.loads(line) for line in done.stdout.splitlines()]
            tests.check(done.returncode == status and says.replace("FILE", lab.path("FILE.csv")) in done.stderr
                        and [f.get("amount") for f in found] == amounts and all(f.get("amount") or f["error"] for f in found),
                        f"calls, {what}: {status}, {says}", f"{done.returncode} {done.stdout} {done.stderr}")


def mappings(tests):
    """a mapping of columns: what is wrong is named with its line"""
    with Lab(BUILD, "bad-mapping") as lab:
        prepare(lab)
        add(lab, 0, {})
        lab.run("cdr-rate")
        write(lab, "red.csv", "B,T,D,A\n4989100,2026-10-05 08:00:00,60,0.02\n")
        for what, content, status, says in MAPPINGS:
            done = lab.run("cdr-reconcile", "--carrier", "red", "--mapping", write(lab, "FILE.txt", content), lab.path("red.csv"), check=False)
            tests.check(done.returncode == status and says.replace("FILE", lab.path("FILE.txt")) in done.stderr, f"{what}: {status}, {says}",
                        f"{done.returncode} {done.stderr}")


Tests().run(imports, quotes, records, carrier_files, mappings)
