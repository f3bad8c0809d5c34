#!/usr/bin/env python3
"""recompute - rate and bill once more, from exported tables and records, and compare to the last digit

Usage: recompute.py --build DIR --store URL [--period YYYY-MM --bills DIR] [--zone IANA]
       recompute.py --examples doc/rating.md
Written from doc/rating.md alone, in exact fractions, with nothing of the programs that it checks. Every amount, second, prefix and
margin of every rated record is compared, then every row and sum of the bills. Exit status 1 when anything differs.
"""
import argparse
import csv
import io
import os
import re
import subprocess
import sys
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from fractions import Fraction
from zoneinfo import ZoneInfo

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
SECOND = 1000000
FREE_SOURCES = ("enum", "local", "foreign")


# --- times ---

def parse_time(text, zone=timezone.utc):
    """Microseconds since 1970 of RFC 3339, or of a date's midnight in zone; None for nothing."""
    if not text:
        return None
    if re.fullmatch(r"\d{4}-\d\d-\d\d", text):
        moment = datetime.fromisoformat(text).replace(tzinfo=zone)
    else:
        moment = datetime.fromisoformat(text.replace("Z", "+00:00"))
    return (moment.astimezone(timezone.utc) - EPOCH) // timedelta(microseconds=1)


def local(us, zone):
    return (EPOCH + timedelta(microseconds=us)).astimezone(zone)


# --- bands ---

def parse_days(text):
    days = set()
    for part in text.split(","):
        first, _, last = part.partition("-")
        i, end = DAYS.index(first), DAYS.index(last or first)
        while True:
            days.add(i)
            if i == end:
                break
            i = (i + 1) % 7
    return days


def parse_band(text):
    """None (always), "holidays", or (days, from minute, until minute)."""
    if not text or text == "holidays":
        return text or None
    words = text.split()
    hours = words.pop() if re.fullmatch(r"[\d:]+-[\d:]+", words[-1]) else "00:00-24:00"
    days = parse_days(words[0]) if words else set(range(7))
    begin, end = (int(h) * 60 + int(m) for h, m in (t.split(":") for t in hours.split("-")))
    return days, begin, end


def band_has(band, us, zone, holidays):
    if band is None:
        return True
    at = local(us, zone)
    if band == "holidays":
        return at.date() in holidays
    days, begin, end = band
    minute, day = at.hour * 60 + at.minute, at.weekday()
    if begin < end:
        return day in days and begin <= minute < end
    return (day in days and minute >= begin) or ((day - 1) % 7 in days and minute < end)


def band_rank(band):
    return 0 if band is None else 2 if band == "holidays" else 1


# --- tariffs ---

class Row:
    def __init__(self, fields, zone):
        def number(name, preset):
            return int(fields.get(name) or preset)

        self.rate = None if fields["rate"] == "" else Fraction(fields["rate"])
        self.destination = fields.get("destination") or ""
        self.connect_fee = Fraction(fields.get("connect_fee") or 0)
        self.first, self.increment = number("first_increment", 1), number("increment", 1)
        self.grace, self.from_second = number("grace_s", 0), number("from_second", 0)
        self.band = parse_band(fields.get("band") or "")
        self.valid_from = parse_time(fields.get("valid_from"), zone)
        self.valid_until = parse_time(fields.get("valid_until"), zone)


class Tariff:
    def __init__(self, fields, holidays=()):
        self.name, self.currency = fields["tariff"], fields.get("currency", "")
        self.zone = ZoneInfo(fields.get("timezone") or "UTC")
        self.decimals = int(fields.get("decimals") or 6)
        self.rounding = fields.get("rounding") or "half_up"
        self.duration_rounding = fields.get("duration_rounding") or "up"
        self.minimum = Fraction(fields.get("minimum_charge") or 0)
        self.at_bill = fields.get("round_at") == "bill"
        self.by_ported = fields.get("rate_by") == "ported"
        self.holidays = set(holidays)
        self.prefixes = {}

    def add(self, fields):
        self.prefixes.setdefault(fields["prefix"], []).append(Row(fields, self.zone))

    def row_at(self, rows, us, second):
        """Rule 3."""
        best = None
        for row in rows:
            if (row.valid_from is not None and us < row.valid_from) or (row.valid_until is not None and us >= row.valid_until):
                continue
            if row.from_second > second or not band_has(row.band, us, self.zone, self.holidays):
                continue
            key = (row.from_second, band_rank(row.band), -float("inf") if row.valid_from is None else row.valid_from)
            if best is None or key > best[0]:
                best = (key, row)
        return best[1] if best else None

    def find(self, number, us):
        """Rule 2: (prefix, row at the answer) or None."""
        for n in range(len(number), -1, -1):
            row = self.row_at(self.prefixes.get(number[:n], ()), us, 0)
            if row:
                return number[:n], row
        return None

    def round_duration(self, us):
        """Rule 5."""
        whole, rest = divmod(us, SECOND)
        if self.duration_rounding == "exact":
            return us
        if self.duration_rounding == "up":
            return (whole + (rest > 0)) * SECOND
        if self.duration_rounding == "half_up":
            return (whole + (rest * 2 >= SECOND)) * SECOND
        return whole * SECOND

    def charge(self, number, answer, duration_us, exact=False):
        """(prefix, row at the answer, billed seconds, amount); amount None when there is no price; None without a prefix."""
        found = self.find(number, answer)
        if not found:
            return None
        prefix, first = found
        if first.rate is None:
            return prefix, first, None, None
        duration = self.round_duration(duration_us)
        if duration <= first.grace * SECOND:
            return prefix, first, 0, Fraction(0)
        rows, row, reached = self.prefixes[prefix], first, -1
        billed, total = 0, first.connect_fee
        while billed * SECOND < duration:
            at = answer + billed * SECOND
            if billed:
                now = self.row_at(rows, at, billed)
                if now and now.rate is not None:
                    row = now
            if row.from_second > reached:
                reached, step = row.from_second, row.first
            else:
                step = row.increment
            total += row.rate * step / 60
            billed += step
        if self.minimum > 0 and total < self.minimum:
            total = self.minimum
        if exact:
            return prefix, first, billed, total
        if self.at_bill:
            return prefix, first, billed, round_to(total, 8, "half_up")
        return prefix, first, billed, round_to(total, self.decimals, self.rounding)


def round_to(value, decimals, how):
    """Rule 13."""
    scaled = abs(value) * 10 ** decimals
    whole, rest = scaled.numerator // scaled.denominator, scaled - scaled.numerator // scaled.denominator
    if (how == "up" and rest > 0) or (how == "half_up" and rest * 2 >= 1):
        whole += 1
    return Fraction(whole if value >= 0 else -whole, 10 ** decimals)


# --- what the programs export ---

class Exports:
    def __init__(self, build, store):
        self.build, self.store = build, store
        self.tariffs = {}
        holidays = self.table("holidays")
        for fields in self.table("tariffs"):
            days = [date.fromisoformat(h["date"]) for h in holidays if h["tariff"] in ("", fields["tariff"])]
            self.tariffs[fields["tariff"]] = Tariff(fields, days)
        for fields in self.table("rates"):
            self.tariffs[fields["tariff"]].add(fields)
        self.accounts = {a["account"]: a for a in self.table("accounts")}
        self.carriers = {c["carrier"]: c for c in self.table("carriers")}
        self.taxes = self.table("taxes")
        self.exchange = {}
        for fields in self.table("exchange_rates"):
            day = date.fromisoformat(fields["date"])
            self.exchange.setdefault((fields["currency"], fields["base"]), []).append((day, Fraction(fields["rate"])))
        self.records = self.rows("cdr-export", "--format", "csv")

    def rows(self, program, *words):
        done = subprocess.run([os.path.join(self.build, program), *words], capture_output=True, text=True, check=False,
                              env=dict(os.environ, LCR_STORE=self.store))
        if done.returncode != 0:
            sys.exit(f"recompute: {program} {' '.join(words)}: exit {done.returncode}: {done.stderr}")
        return list(csv.DictReader(io.StringIO(done.stdout, newline="")))

    def table(self, kind):
        return self.rows("lcrdb", "export", kind)


    def pair(self, start, end, day):
        """What one unit of start is worth in end by the pair's own rates, or None."""
        for currency, base, turn in ((start, end, False), (end, start, True)):
            rates = [r for d, r in self.exchange.get((currency, base), ()) if d <= day]
            if rates:
                return 1 / rates[-1] if turn else rates[-1]
        return None

    def convert(self, value, start, end, us):
        """Rule 15; None without a rate."""
        day = local(us, timezone.utc).date()
        if start == end:
            return value
        rate = self.pair(start, end, day)
        for currency, base in self.exchange:
            if rate is None and (currency in (start, end) or base in (start, end)):
                third = base if currency in (start, end) else currency
                first, second = self.pair(start, third, day), self.pair(third, end, day)
                rate = first * second if first and second else None
        return None if rate is None else round_to(value * rate, 8, "half_up")


class Differences:
    def __init__(self):
        self.n, self.compared = 0, 0

    def compare(self, what, field, found, expected):
        self.compared += 1
        if found != expected:
            self.n += 1
            if self.n <= 30:
                print(f"DIFFERENT {what}: {field} is {show(found)}, expected {show(expected)}")


def show(value):
    if isinstance(value, Fraction):
        return str(Decimal(value.numerator) / Decimal(value.denominator))
    return "nothing" if value is None else repr(value)


def amount(text):
    return None if text in ("", None) else Fraction(text)


def whole(text):
    return None if text in ("", None) else int(text)


# --- rating ---

def rating_number(tariff, record):
    """Rule 2."""
    is_ported = tariff.by_ported and re.fullmatch(r"\+?\d{1,15}", record["ported_to"])
    return record["ported_to" if is_ported else "number"].lstrip("+")


def side(exports, parties, name, record, is_sell):
    """What one side of a record should have: its columns and the reason why there is no amount."""
    words = ("sell", "account") if is_sell else ("buy", "carrier")
    empty = {"tariff": "", "prefix": "", "rate": None, "seconds": None, "amount": None, "currency": "", "destination": ""}
    number = record["number"]
    if not re.fullmatch(r"\+?\d{1,15}", number):
        return empty, "no number"
    if not name:
        return empty, f"no {words[1]}"
    if name not in parties:
        return empty, f"{words[1]} is not known"
    tariff = exports.tariffs.get(parties[name]["tariff"])
    if not tariff:
        return empty, f"{words[1]} has no tariff"
    result = dict(empty, tariff=tariff.name)
    duration = int(record["duration_us"])
    charged = tariff.charge(rating_number(tariff, record), parse_time(record["answer_time"]), max(duration, 0))
    if charged is None:
        return result, f"no {words[0]} price"
    prefix, row, billed, price = charged
    result.update(prefix=prefix, destination=row.destination)
    if duration < 0:
        return result, "negative duration"
    if price is None:
        return result, f"no {words[0]} price"
    result.update(rate=row.rate, seconds=billed, amount=price, currency=tariff.currency)
    return result, None


def for_nothing(currency):
    """What a side says that is charged nothing, by no price."""
    return {"tariff": "", "prefix": "", "rate": None, "seconds": 0, "amount": Fraction(0), "currency": currency, "destination": ""}


def without_number(exports, record):
    """To a user of ours, another domain or an ISN: sold for 0, in the currency of the account's tariff."""
    numbered = dict(record, number="1")  # what the account lacks is said first
    sell, no_sell = side(exports, exports.accounts, record["account"], numbered, True)
    tariff = exports.tariffs.get(sell["tariff"])
    if not tariff:
        return sell, no_sell
    return dict(for_nothing(tariff.currency), tariff=tariff.name, destination="SIP addresses"), None


def expected_rating(exports, record):
    needs_no_carrier = not record["carrier"] and record["route_source"] in FREE_SOURCES
    if needs_no_carrier and not record["number"]:
        sell, no_sell = without_number(exports, record)
    else:
        sell, no_sell = side(exports, exports.accounts, record["account"], record, True)
    if needs_no_carrier:
        buy, no_buy = for_nothing(sell["currency"]), None
    else:
        buy, no_buy = side(exports, exports.carriers, record["carrier"], record, False)
        if no_buy == "carrier has no tariff" and record["route_source"] == "trip":
            buy, no_buy = for_nothing(sell["currency"]), None
    out = {f"sell_{k}": v for k, v in sell.items() if k != "destination"}
    out.update({f"buy_{k}": v for k, v in buy.items() if k != "destination"})
    out["destination"] = sell["destination"] or buy["destination"]
    notes = [n for n in (no_sell, no_buy) if n]
    if len(notes) == 2 and notes[0] == notes[1]:
        notes.pop()
    out["margin"] = None
    if not notes:
        cost = exports.convert(buy["amount"], buy["currency"], sell["currency"], parse_time(record["answer_time"]))
        if cost is None:
            notes.append("no exchange rate")
        else:
            out["margin"] = sell["amount"] - cost
    out["rating_note"] = "; ".join(notes)
    return out


NUMBERS = {"sell_rate", "buy_rate", "sell_amount", "buy_amount", "margin"}
WHOLE = {"sell_seconds", "buy_seconds"}


def is_ended(record):
    return record["status"] in ("answered", "swept") and record["answer_time"] and record["duration_us"]


def check_ratings(exports, differences):
    n = 0
    for record in exports.records:
        what = f"record {record['call_key']} of {record['setup_time']}"
        if not is_ended(record):
            differences.compare(what, "rating_run", record["rating_run"], "")
            continue
        n += 1
        differences.compare(what, "is rated", record["rating_run"] != "", True)
        for field, expected in expected_rating(exports, record).items():
            found = record[field]
            if field in NUMBERS:
                found = amount(found)
            elif field in WHOLE:
                found = whole(found)
            differences.compare(what, field, found, expected)
    return n


# --- bills ---

def month_span(period, zone):
    year, month = map(int, period.split("-"))
    begin = datetime(year, month, 1, tzinfo=zone)
    end = datetime(year + month // 12, month % 12 + 1, 1, tzinfo=zone)
    return tuple((moment.astimezone(timezone.utc) - EPOCH) // timedelta(microseconds=1) for moment in (begin, end))


def read_bill(folder, name):
    path = os.path.join(folder, name)
    if not os.path.isfile(path):
        return None
    with open(path, newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def calls_of(exports, account, period, default_zone):
    """(calls, how many of them have no amount), in the order of their answers."""
    zone = ZoneInfo(exports.accounts.get(account, {}).get("timezone") or default_zone)
    begin, end = month_span(period, zone)
    calls = [r for r in exports.records if r["account"] == account and is_ended(r) and begin <= parse_time(r["answer_time"]) < end]
    calls.sort(key=lambda r: (parse_time(r["answer_time"]), r["call_key"], r["to_tag"]))
    priced = [r for r in calls if r["sell_amount"] != ""]
    return priced, len(calls) - len(priced)


def check_calls(rows, calls, account, differences):
    what = f"{account}-calls.csv"
    differences.compare(what, "rows", len(rows), len(calls))
    for i, (row, call) in enumerate(zip(rows, calls), 2):
        expected = {"answer_time": parse_time(call["answer_time"]), "caller": call["caller"], "number": call["number"],
                    "destination": call["destination"], "prefix": call["sell_prefix"],
                    "seconds": Fraction(int(call["duration_us"]), SECOND), "billed_seconds": int(call["sell_seconds"]),
                    "rate": Fraction(call["sell_rate"] or 0), "amount": amount(call["sell_amount"]), "late": "false"}
        for field, value in expected.items():
            found = row[field]
            if field == "answer_time":
                found = parse_time(found)
            elif isinstance(value, Fraction):
                found = amount(found)
            elif isinstance(value, int):
                found = whole(found)
            differences.compare(f"{what}:{i}", field, found, value)


def sums(calls):
    return {"calls": len(calls), "seconds": Fraction(sum(int(c["duration_us"]) for c in calls), SECOND),
            "billed_seconds": sum(int(c["sell_seconds"]) for c in calls), "amount": sum(Fraction(c["sell_amount"]) for c in calls)}


def tax_of(exports, account, call, zone):
    """(name, percent) of the day of the answer; an account's own rows come before everybody's."""
    day = local(parse_time(call["answer_time"]), zone).date().isoformat()
    own = [t for t in exports.taxes if t["account"] == account] or [t for t in exports.taxes if not t["account"]]
    found = [t for t in own if t["valid_from"] <= day and (not t["valid_until"] or day < t["valid_until"])]
    return (found[-1]["tax"], Fraction(found[-1]["percent"])) if found else ("", Fraction(0))


def rounding_of(exports, calls):
    """What rounding the exact sum at the bill adds."""
    added = Fraction(0)
    for name in {c["sell_tariff"] for c in calls}:
        tariff = exports.tariffs.get(name)
        if tariff and tariff.at_bill:
            own = [c for c in calls if c["sell_tariff"] == name and c["number"]]
            exact = sum(tariff.charge(rating_number(tariff, c), parse_time(c["answer_time"]), int(c["duration_us"]), True)[3] for c in own)
            added += round_to(exact, tariff.decimals, tariff.rounding) - sum(Fraction(c["sell_amount"]) for c in own)
    return added


def expected_lines(exports, calls, account, zone):
    """(destination, prefix, rate, tax) and sums with their share of the tax, in order; what rounding adds is a line for each tax."""
    taxes, groups = [], {}
    for call in calls:
        tax = tax_of(exports, account, call, zone)
        if tax not in taxes:
            taxes.append(tax)
        groups.setdefault((call["destination"], call["sell_prefix"], Fraction(call["sell_rate"] or 0), taxes.index(tax)), []).append(call)
    lines = [(key, sums(groups[key])) for key in sorted(groups, key=lambda k: (k[0].encode(), *k[1:]))]
    for i, tax in enumerate(taxes):
        added = rounding_of(exports, [c for c in calls if tax_of(exports, account, c, zone) == tax])
        if added:
            lines.append((("rounding", "", None, i), {"calls": 0, "seconds": Fraction(0), "billed_seconds": 0, "amount": added}))
    net, stated = [Fraction(0)] * len(taxes), [Fraction(0)] * len(taxes)
    for key, values in lines:
        i = key[3]
        net[i] += values["amount"]
        whole_tax = round_to(net[i] * taxes[i][1] / 100, 2, "half_up")
        values["tax"], stated[i] = whole_tax - stated[i], whole_tax
        values["tax_percent"] = taxes[i][1]
    return lines


def check_lines(exports, rows, calls, account, zone, differences):
    """Net and tax."""
    expected = expected_lines(exports, calls, account, zone)
    what = f"{account}.csv"
    differences.compare(what, "rows", len(rows), len(expected))
    for i, (row, ((destination, prefix, rate, _), values)) in enumerate(zip(rows, expected), 2):
        differences.compare(f"{what}:{i}", "destination", row["destination"], destination)
        differences.compare(f"{what}:{i}", "prefix", row["prefix"], prefix)
        differences.compare(f"{what}:{i}", "rate", amount(row["rate"]), rate)
        for field, value in values.items():
            differences.compare(f"{what}:{i}", field, amount(row[field]), Fraction(value))
        differences.compare(f"{what}:{i}", "late", row["late"], "false")
    return sum((v["amount"] for _, v in expected), Fraction(0)), sum((v["tax"] for _, v in expected), Fraction(0))


def check_summary(row, period, calls, net, tax, differences):
    what = f"summary.csv, {row['account']}"
    total = sums(calls)
    for field, value in {"period": period, "bill": "", "state": "draft", "kind": "bill",
                         "currency": calls[0]["sell_currency"] if calls else ""}.items():
        differences.compare(what, field, row[field], value)
    for field in ("calls", "seconds", "billed_seconds"):
        differences.compare(what, field, amount(row[field]), Fraction(total[field]))
    differences.compare(what, "net", amount(row["net"]), net)
    differences.compare(what, "tax", amount(row["tax"]), tax)
    differences.compare(what, "total", amount(row["total"]), net + tax)


def check_bills(exports, period, folder, default_zone, differences):
    expected = {}
    for account in sorted({r["account"] for r in exports.records if r["account"]}, key=str.encode):
        calls, unpriced = calls_of(exports, account, period, default_zone)
        if calls or unpriced:
            expected[account] = calls
    summary = read_bill(folder, "summary.csv") or []
    differences.compare("summary.csv", "accounts", [r["account"] for r in summary], list(expected))
    total = Fraction(0)
    for row in summary:
        account = row["account"]
        calls = expected.get(account, [])
        files = [read_bill(folder, account + suffix) for suffix in (".csv", "-calls.csv")]
        differences.compare(f"bill of {account}", "files", [f is not None for f in files], [True, True])
        if None in files:
            continue
        zone = ZoneInfo(exports.accounts.get(account, {}).get("timezone") or default_zone)
        net, tax = check_lines(exports, files[0], calls, account, zone, differences)
        check_calls(files[1], calls, account, differences)
        check_summary(row, period, calls, net, tax, differences)
        # what the files say on their own
        differences.compare(f"{account}.csv", "sum of amount", sum((Fraction(r["amount"]) for r in files[0]), Fraction(0)),
                            amount(row["net"]))
        total += net
        with open(os.path.join(folder, account + ".html"), encoding="utf-8") as file:
            differences.compare(f"{account}.html", "has the total", f">{row['total']}<" in file.read(), True)
    return len(summary), total


# --- the examples of doc/rating.md ---

def example_options(text):
    words = dict(re.findall(r"--([a-z-]+)(?: ([^-\s`][^\s`]*))?", text))
    return {"tariff": "example", "decimals": words.get("decimals"), "rounding": words.get("rounding"),
            "duration_rounding": words.get("duration-rounding"), "minimum_charge": words.get("minimum-charge"),
            "timezone": words.get("zone")}


def check_examples(path, differences):
    with open(path, encoding="utf-8") as file:
        text = file.read()
    n = 0
    for title, deck, table in re.findall(r"^### ([^\n]*)\n```csv\n(.*?)```\n(.*?)(?=^#|\Z)", text, re.M | re.S):
        tariff = Tariff(example_options(title))
        for fields in csv.DictReader(io.StringIO(deck)):
            tariff.add(fields)
        for line in table.strip().splitlines()[2:]:
            number, at, duration, billed, price, why = (cell.strip() for cell in line.strip("| \n").split(" | "))
            charged = tariff.charge(number, parse_time(at), int(Fraction(duration) * SECOND))
            what = f"example {title.split()[0]}, {number}, {duration} s ({why})"
            found = charged[3] if charged else None
            differences.compare(what, "amount", found, None if price == "no price" else Fraction(price))
            if found is not None:
                differences.compare(what, "billed", charged[2], int(billed))
            n += 1
    differences.compare(path, "has examples", n > 0, True)
    return n


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    for name in ("build", "store", "period", "bills", "examples"):
        parser.add_argument("--" + name)
    parser.add_argument("--zone", default="UTC")
    options = parser.parse_args()
    differences = Differences()
    done = []
    if options.examples:
        done.append(f"{check_examples(options.examples, differences)} examples")
    if options.build:
        if not options.store or (options.period is None) != (options.bills is None):
            parser.error("--build needs --store, and --period and --bills belong together")
        exports = Exports(options.build, options.store)
        done.append(f"{check_ratings(exports, differences)} rated calls")
        if options.bills:
            n, total = check_bills(exports, options.period, options.bills, options.zone, differences)
            done.append(f"{n} bills over {show(total)}")
    if not done:
        parser.error("nothing to do, expected --build or --examples")
    print(f"{', '.join(done)}: {differences.compared} values compared, {differences.n} different")
    sys.exit(1 if differences.n else 0)


main()
