#!/usr/bin/env python3
"""Make the price lists of the sample business.

    make-rates.py DATA OUT

DATA holds libphonenumber/ (country_rules.csv, example_numbers.csv, ranges/)
and country-codes/country-codes.csv. OUT gets rates-red.csv, rates-blue.csv,
rates-green.csv and rates-retail.csv. Prefixes and names are real; prices are
invented by a formula over SHA-256, so the same data give the same files.
"""
import csv
import hashlib
import re
import sys
from collections import defaultdict
from decimal import ROUND_UP, Decimal
from pathlib import Path

STEP = Decimal("0.0001")  # prices have four decimals

# Terms of each list: first increment and increment in seconds.
TERMS = {"red": (60, 60), "blue": (1, 1), "green": (30, 6),
         "retail": (60, 1)}
CARRIERS = ("red", "blue", "green")

# What a minute to a fixed line costs at least and at most, in thousandths.
TIERS = {"Europe": (8, 30), "Americas": (20, 120), "Asia": (20, 160),
         "Africa": (120, 400), "Oceania": (60, 600), "": (100, 500)}

# Prices that the documentation and the tests rely on: who is the cheapest.
FIXED = {
    "49": {"red": "0.0092", "blue": "0.0085", "green": "0.0099"},
    "4915": {"red": "0.0310", "blue": "0.0330", "green": "0.0285"},
    "4916": {"red": "0.0310", "blue": "0.0330", "green": "0.0285"},
    "4917": {"red": "0.0310", "blue": "0.0330", "green": "0.0285"},
    "44": {"red": "0.0079", "blue": "0.0088", "green": "0.0091"},
    "33": {"red": "0.0070", "blue": "0.0082", "green": "0.0084"},
    "1": {"red": "0.0045", "blue": "0.0040", "green": "0.0049"},
    # blue is the cheapest for three minutes, and for a few seconds even more
    # so: red charges a whole minute
    "43": {"red": "0.0121", "blue": "0.0120", "green": "0.0131"},
}
FIXED_NAMES = {"United Kingdom Mobile": {"red": "0.0260", "blue": "0.0244",
                                         "green": "0.0219"},
               "France Mobile": {"red": "0.0248", "blue": "0.0265",
                                 "green": "0.0270"},
               "Canada": {"red": "0.0048", "blue": "0.0046",
                          "green": "0.0044"}}

# blue has prices of its own for the big cities.
CITIES = {"4930": "Germany Berlin", "4940": "Germany Hamburg",
          "4969": "Germany Frankfurt", "4989": "Germany Munich"}
CITY_PRICE = "0.0078"

# Destinations that one carrier does not sell.
GAPS = {"red": ("53", "850"), "blue": ("882", "93"), "green": ("252", "674")}
# ... and rows that say so: an empty rate is "not for sale".
NOT_SOLD = {"red": ("88213",), "blue": ("8835",), "green": ("881",)}

# Regions that the country list names otherwise or not at all.
NAMES = {"AC": "Ascension Island", "TA": "Tristan da Cunha", "XK": "Kosovo"}
WORLD = {"870": "Inmarsat", "881": "Global Mobile Satellite",
         "882": "International Networks", "88213": "EMSAT",
         "883": "International Networks", "8835": "iNum"}

# More than the single example number says.
KNOWN_MOBILE = {"DE": ("15", "16", "17")}
# The numbering plan of North America by area code: what the data do not say.
CANADA = ("204 226 236 249 250 263 289 306 343 354 365 367 368 382 403 416 "
          "418 428 431 437 438 450 468 474 506 514 519 548 579 581 584 587 "
          "604 613 639 647 672 683 705 709 742 753 778 780 782 807 819 825 "
          "867 873 879 902 905").split()


def read_csv(path):
    with open(path, newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def number_between(key, low, high):
    """A whole number that depends on key alone."""
    digest = hashlib.sha256(key.encode()).digest()
    return low + int.from_bytes(digest[:8], "big") % (high - low + 1)


def expand(pattern):
    """The digit strings that a regular expression of digits, [sets], (groups)
    and alternatives stands for."""
    def sequence(at):
        out = [""]
        while at < len(pattern) and pattern[at] not in "|)":
            if pattern[at] == "(":
                values, at = choice(at + 3)  # behind "(?:"
                at += 1
            elif pattern[at] == "[":
                end = pattern.index("]", at)
                values = [d for d in "0123456789"
                          if re.fullmatch(pattern[at:end + 1], d)]
                at = end + 1
            else:
                values, at = [pattern[at]], at + 1
            out = [a + b for a in out for b in values]
        return out, at

    def choice(at):
        out, at = sequence(at)
        while at < len(pattern) and pattern[at] == "|":
            more, at = sequence(at + 1)
            out += more
        return out, at

    return choice(0)[0]


def read_ranges(data, code):
    """(prefix, type, regions) of a country code's range file."""
    path = data / "libphonenumber" / "ranges" / f"{code}.csv"
    if not path.is_file() or path.stat().st_size == 0:
        return []
    rows = []
    with open(path, encoding="utf-8") as file:
        head = [f.strip() for f in file.readline().split(";")]
        for line in file:
            fields = [f.strip().strip('"') for f in line.split(";")]
            row = dict(zip(head, fields))
            for prefix in expand(row["Prefix"]):
                rows.append((prefix, row["Type"], row["Regions"]))
    return rows


def pure_mobile(rows, depth=3):
    """The shortest prefixes below which nearly everything is mobile and of one
    country: (prefix, regions)."""
    found = []

    def walk(prefix, below):
        regions = defaultdict(int)
        for digits, kind, region in below:
            regions[region if kind == "MOBILE" else ""] += 1
        most = max(regions, key=lambda r: (regions[r], r))
        if most and prefix and regions[most] * 10 >= len(below) * 9:
            found.append((prefix, most))
            return
        if len(prefix) == depth:
            return
        for digit in "0123456789":
            part = [r for r in below if r[0].startswith(prefix + digit)]
            if part:
                walk(prefix + digit, part)

    if rows:
        walk("", rows)
    return found


def example_mobile(examples):
    """The shortest leading digits of the mobile example that no other example
    number of the region shares; None when that takes more than four."""
    if "mobile" not in examples:
        return None
    mobile = examples["mobile"]
    others = [n for kind, n in examples.items() if kind != "mobile"]
    for n in range(1, 5):
        if not any(o.startswith(mobile[:n]) for o in others):
            return mobile[:n]
    return None


def destinations(data):
    """prefix -> (name, tier, is_mobile)"""
    names, tiers = dict(NAMES), {}
    for row in read_csv(data / "country-codes" / "country-codes.csv"):
        region = row["ISO3166-1-Alpha-2"]
        names[region] = row["CLDR display name"]
        tiers[region] = row["Region Name"]
    names["US"], names["GB"] = "USA", "United Kingdom"
    examples = defaultdict(dict)
    for row in read_csv(data / "libphonenumber" / "example_numbers.csv"):
        examples[row["region"]][row["type"]] = row["national_number"]
    rules = read_csv(data / "libphonenumber" / "country_rules.csv")
    alone = defaultdict(list)
    for rule in rules:
        alone[rule["country_code"]].append(rule["region"])
    out = {}

    def add(prefix, name, region, mobile=False):
        out.setdefault(prefix, (name, tiers.get(region, ""), mobile))

    # the main country of each code, then those that share it
    for rule in sorted(rules, key=lambda r: r["main_country"] != "true"):
        region, code = rule["region"], rule["country_code"]
        if region == "001":
            continue
        name = names[region]
        main = rule["main_country"] == "true" or len(alone[code]) == 1
        if main:
            add(code, name, region)
        elif region == "CA":
            for area in CANADA:
                add("1" + area, name, region)
            continue
        elif rule["leading_digits"]:
            for digits in expand(rule["leading_digits"]):
                if code != "1" or len(digits) == 3:  # area codes
                    add(code + digits, name, region)
        ranges = pure_mobile(read_ranges(data, code))
        if main and ranges:
            for digits, regions in ranges:
                of = regions.split(",")[0]
                add(code + digits, f"{names[of]} Mobile", of, True)
        elif main:
            mobile = example_mobile(examples[region])
            known = KNOWN_MOBILE.get(region, (mobile,) if mobile else ())
            for digits in known:
                add(code + digits, f"{name} Mobile", region, True)
    for prefix, name in WORLD.items():
        add(prefix, name, "")
    return out


def carrier_price(carrier, prefix, name, tier, mobile):
    if prefix in FIXED:
        return Decimal(FIXED[prefix][carrier])
    if name in FIXED_NAMES:
        return Decimal(FIXED_NAMES[name][carrier])
    low, high = TIERS[tier]
    base = number_between(f"base {name}", low, high)
    if mobile:
        base = base * number_between(f"mobile {name}", 18, 35) // 10
    price = base * number_between(f"{carrier} {name}", 90, 125)
    return (Decimal(price) / 100000).quantize(STEP, ROUND_UP)


def retail_price(costs):
    """Dearer than the cheapest carrier by half."""
    return (min(costs) * Decimal("1.5")).quantize(STEP, ROUND_UP)


def write_list(out, tariff, rows):
    first, increment = TERMS[tariff]
    path = out / f"rates-{tariff}.csv"
    with open(path, "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(("tariff", "prefix", "destination", "rate",
                         "connect_fee", "first_increment", "increment"))
        for prefix in sorted(rows):
            name, price = rows[prefix]
            writer.writerow((tariff, prefix, name,
                             "" if price is None else price, "0", first,
                             increment))


def main():
    if len(sys.argv) != 3:
        sys.exit("usage: make-rates.py DATA OUT")
    data, out = Path(sys.argv[1]), Path(sys.argv[2])
    lists = {tariff: {} for tariff in TERMS}
    for prefix, (name, tier, mobile) in destinations(data).items():
        costs = []
        for carrier in CARRIERS:
            if prefix in GAPS[carrier]:
                continue
            price = None
            if prefix not in NOT_SOLD[carrier]:
                price = carrier_price(carrier, prefix, name, tier, mobile)
                costs.append(price)
            lists[carrier][prefix] = (name, price)
        lists["retail"][prefix] = (name, retail_price(costs))
    for prefix, name in CITIES.items():
        lists["blue"][prefix] = (name, Decimal(CITY_PRICE))
    for tariff, rows in lists.items():
        write_list(out, tariff, rows)


if __name__ == "__main__":
    main()
