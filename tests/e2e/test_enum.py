#!/usr/bin/env python3
"""enumq against a real DNS server: the awkward sets, transports, failures, golden outputs

Usage: tests/e2e/test_enum.py BUILD [--write-golden]
"""
import json
import os
import re
import socket
import subprocess
import sys
import threading
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import knot  # noqa: E402
from knot import domain  # noqa: E402
from lab import Lab, Tests  # noqa: E402

BUILD = os.path.abspath(sys.argv[1])
TOP = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", ".."))
GOLDEN = os.path.join(TOP, "tests", "enum", "golden")
PORT = 5390
SERVER = f"127.0.0.1:{PORT}"

# where the URIs are
PLACES = ['ims NAPTR 10 10 "s" "SIP+D2T" "" _sip._tcp.ims', 'ims NAPTR 20 10 "s" "SIP+D2U" "" _sip._udp.ims',
          "_sip._tcp.ims SRV 1 1 5070 a", "_sip._udp.ims SRV 2 1 5060 b", "_sip._udp.ims SRV 1 1 5062 a", "a A 192.0.2.10", "b AAAA 2001:db8::11"]


class Case:
    """One block of awkward.zone, with the number it gets."""

    def __init__(self, n, head):
        fields = [field.strip() for field in re.split(r" \|(?= |$)", head[2:])]
        if fields[0] == "delimiter":
            fields = ["delimiter |"] + fields[2:]
        fields += [""] * (4 - len(fields))
        self.what, self.outcome, uris, self.options = fields[:4]
        self.end = f"{n:02d}"
        self.number = "+4416329600" + self.end
        self.uris = uris.replace("%N", self.end).replace("%%", "%").split()
        self.lines = []
        self.own = f"c{n}.e164.arpa."

    def add(self, line):
        owner = domain(self.number)
        line = re.sub(r"@(?= |$)", owner, line).replace("$C", self.own)
        self.lines.append(line.replace("$W", owner[2:]))


def cases():
    found = []
    with open(os.path.join(TOP, "tests", "enum", "awkward.zone"), encoding="utf-8") as file:
        for line in file.read().splitlines():
            if line.startswith("="):
                found.append(Case(len(found) + 1, line))
            elif found and line:
                found[-1].add(line)
    return found


class Knot(knot.Knot):
    """Knot DNS with e164.arpa. made of lines, and where ims.example.net is."""

    def __init__(self, lines):
        super().__init__({"e164.arpa.": lines, "example.net.": PLACES}, PORT)


def enumq(*words, server=SERVER, **more):
    return subprocess.run([os.path.join(BUILD, "enumq"), "--server", server, *words], capture_output=True, text=True, **more)


def options_of(text):
    words = []
    if "lenient" in text:
        words.append("--lenient")
    if "private" in text:
        words += ["--suffix", "e164.arpa.,private"]
    match = re.search(r"services=(\S+)", text)
    return words + (["--service", match.group(1)] if match else [])


def awkward(tests):
    """Every awkward set comes to what it must, served by Knot DNS"""
    table = cases()
    with Knot([line for case in table for line in case.lines]) as knot:
        for options in sorted({case.options for case in table}):
            group = {case.number: case for case in table if case.options == options}
            with open(knot.path("numbers"), "w", encoding="utf-8") as file:
                file.write("\n".join(group) + "\n")
            done = enumq(*options_of(options), "--batch", knot.path("numbers"))
            tests.check(done.returncode == 0, f"batch with options '{options}'", done.stderr)
            seen = {}
            for line in done.stdout.splitlines():
                answer = json.loads(line)
                seen[answer["number"]] = answer
            for number, case in group.items():
                answer = seen.get(number, {})
                got = (answer.get("outcome"), [uri["uri"] for uri in answer.get("uris", [])])
                tests.check(got == (case.outcome, case.uris), case.what, f"{got}, expected {(case.outcome, case.uris)}")


HUNDRED = "+4930900100"
LINES = [
    f'{domain("+493012345")} NAPTR 100 10 "u" "E2U+sip" "!^\\\\+49(.*)$!sip:\\\\1@ims.example.net!" .',
    f'{domain("+493012345")} NAPTR 100 20 "u" "E2U+pstn:tel" "!^(.*)$!tel:\\\\1;npdi;rn=+491999!" .',
    f'{domain("+493012345")} NAPTR 50 10 "s" "SIP+D2U" "" _sip._udp.example.net.',
    f'{domain("+493012345")} NAPTR 60 10 "u" "E2U+sip" "!^+49(.*)$!sip:\\\\1@mended.example!" .',
    f'{domain("+493012345")} NAPTR 70 10 "u" "E2U+email:mailto" "!^.*$!mailto:info@example.net!" .',
    f'{domain("+493012345")} NAPTR 80 10 "" "" "" block.e164.arpa.',
    'block.e164.arpa. NAPTR 10 10 "u" "E2U+sip" "!^\\\\+4940!sip:hamburg@example.net!" .',
    f'{domain("+493012346")} CNAME {domain("+493012345")}',
    f'{domain("+493012347")} NAPTR 10 10 "u" "E2U+sip" "!^.*$!sip:a b@example.net\\007!" .',
    f'{domain("+493012348")} NAPTR 10 10 "u" "E2U+void:mailto" "!^.*$!mailto:info@example.net!" .',
    *[f'{domain(HUNDRED)} NAPTR {i} 1 "u" "E2U+email:mailto" "!^.*$!mailto:number{i}@example.net!" .' for i in range(99)],
    f'{domain(HUNDRED)} NAPTR 65535 1 "u" "E2U+sip" "!^.*$!sip:last@example.net!" .',
    '*.0.0.2.9.4.e164.arpa. NAPTR 10 10 "u" "E2U+sip" "!^(.*)$!sip:\\\\1@example.net!" .',
]

# name, exit status, words
GOLDENS = [
    ("found", 0, ["+49-30-12345"]),
    ("lenient", 0, ["--lenient", "+493012345"]),
    ("alias", 0, ["+493012346"]),
    ("unusable", 2, ["+493012347"]),
    ("void", 1, ["+493012348"]),
    ("nxdomain", 1, ["+493012349"]),
    ("trees", 0, ["--suffix", "nowhere.e164.arpa", "--suffix", "e164.arpa,private", "+493012345"]),
    ("json", 0, ["--json", "+493012345"]),
    ("resolve", 0, ["--resolve", "+493012345"]),
    ("resolve-json", 0, ["--resolve", "--json", "--suffix", "block.e164.arpa", "--suffix", "e164.arpa", "+493012346"]),
    ("type", 0, ["--type", "NAPTR", "+493012347"]),
]


def plain(text):
    """Without what differs from run to run."""
    text = re.sub(r"\d+\.\d{3} ms", "N ms", text)
    return re.sub(r'"latency_us": \d+', '"latency_us": 0', text)


def golden(tests):
    """What enumq prints, to the letter"""
    with Knot(LINES):
        for name, status, words in GOLDENS:
            done = enumq(*words)
            path = os.path.join(GOLDEN, name + ".txt")
            if "--write-golden" in sys.argv:
                os.makedirs(GOLDEN, exist_ok=True)
                with open(path, "w", encoding="utf-8") as file:
                    file.write(plain(done.stdout))
            with open(path, encoding="utf-8") as file:
                expected = file.read()
            tests.check(done.returncode == status, f"{name}: exit status {status}", str(done.returncode) + done.stderr)
            tests.check(plain(done.stdout) == expected, f"{name}: output", plain(done.stdout))


def transports(tests):
    """EDNS, TCP after truncation and from the start"""
    with Knot(LINES):
        def query(*words):
            return json.loads(enumq("--json", *words).stdout)["trees"][0]["queries"][0]

        small, large, tcp = query("+493012345"), query(HUNDRED), query("--tcp", "+493012345")
        tests.check(small["transport"] == "udp" and small["edns"] and small["aa"] and small["server"] == SERVER, "UDP with EDNS", str(small))
        tests.check(large["transport"] == "tcp" and len(large["records"]) == 100, "100 records came by TCP", large["transport"])
        tests.check(large["records"][-1]["verdict"] == "selected" and large["records"][-1]["order"] == 65535, "and the last is selected")
        tests.check(tcp["transport"] == "tcp" and tcp["tries"] == 1, "TCP from the start", str(tcp))


def failures(tests):
    """Servers that are gone, silent or talk nonsense"""
    silent = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    silent.bind(("127.0.0.1", 0))
    start = time.time()
    done = enumq("--json", "--timeout", "400", "+493012345", server=f"127.0.0.1:{silent.getsockname()[1]}")
    took = time.time() - start
    tests.check(done.returncode == 3 and json.loads(done.stdout)["outcome"] == "timeout", "silence: timeout, exit status 3", done.stdout)
    tests.check(0.35 < took < 2, "after the deadline, not later", f"{took:.2f} s")

    def babble():
        try:
            while True:
                data, peer = silent.recvfrom(4096)
                # The id and the question are right, then a record that lies about its length.
                silent.sendto(data[:2] + b"\x81\x80\0\1\0\1\0\0\0\0" + data[12:-11] + b"\xc0\x0c\0\x23\0\1\0\0\0\1\xff\xff\0", peer)
        except OSError:
            pass

    threading.Thread(target=babble, daemon=True).start()
    done = enumq("--json", "--timeout", "400", "+493012345", server=f"127.0.0.1:{silent.getsockname()[1]}")
    tests.check(done.returncode == 3 and json.loads(done.stdout)["outcome"] == "malformed", "a lying length: malformed", done.stdout)
    silent.close()
    done = enumq("--json", "+493012345")
    tests.check(done.returncode == 3, "nobody there: exit status 3", str(done.returncode))
    for words in ([], ["x"], ["+1", "+2"], ["--nope", "+1"], ["--timeout", "x", "+1"], ["--suffix", "a,b", "+1"], ["1*2"], ["--strict", "--lenient", "+1"]):
        tests.check(enumq(*words).returncode == 64, f"usage: {words}")
    with Knot(LINES) as knot:
        done = enumq("--json", "--timeout", "2000", "+493012345", server=f"127.0.0.1:9,{SERVER}")
        tests.check(done.returncode == 0, "the second server answers for the first", done.stdout)
        done = enumq("--json", "--suffix", "example.org", "+1")
        tests.check(done.returncode == 3 and json.loads(done.stdout)["outcome"] == "refused", "not its zone: refused", done.stdout)
        knot.stop()


def batch(tests):
    """Thousands of numbers at a rate, one JSON line each"""
    with Knot(LINES) as knot:
        with open(knot.path("numbers"), "w", encoding="utf-8") as file:
            file.write("# a comment\n" + "".join(f"+492000{i:05d}\n" for i in range(3000)) + "nonsense\n")
        done = enumq("--batch", knot.path("numbers"))
        lines = [json.loads(line) for line in done.stdout.splitlines()]
        good = [line for line in lines if line.get("outcome") == "found" and line["uris"][0]["uri"] == f"sip:{line['number']}@example.net"]
        tests.check(len(good) == 3000 and len(lines) == 3001, "3,000 numbers, 3,000 answers", f"{len(good)} {len(lines)}")
        tests.check(done.returncode == 1 and "not asked  1" in done.stderr, "a line that is no number is told", done.stderr)
        tests.check("3000 numbers in" in done.stderr and "p99.0" in done.stderr, "and a summary", done.stderr)
        start = time.time()
        done = enumq("--batch", "-", "--rate", "200", input="".join(f"+492000{i:05d}\n" for i in range(200)))
        took = time.time() - start
        tests.check(done.returncode == 0 and 0.9 < took < 3, "200 at 200 per second take a second", f"{took:.2f}")
        done = enumq("--watch", "1", "--count", "2", "+493012345")
        tests.check(done.returncode == 0 and len(done.stdout.splitlines()) == 2 and "from memory" in done.stdout.splitlines()[1],
                    "watch asks again", done.stdout)


def route(tests):
    """--route asks the daemon what a call would do"""
    with Knot(LINES), Lab(BUILD, "enum") as lab:
        lab.prepare()
        lab.start()
        done = enumq("--json", "--route", "--socket", lab.path("control.sock"), "+493012345")
        answer = json.loads(done.stdout)
        tests.check(done.returncode == 0 and answer["outcome"] == "found" and answer["route"]["plan"], "the plan is in the object", done.stdout[-500:])
        done = enumq("--route", "--socket", lab.path("control.sock"), "+493012345")
        tests.check("Route, by the daemon" in done.stdout, "and in the text", done.stdout)
        lab.stop()


if not knot.KNOTD:
    print("skipped: Knot DNS is not installed\n0 passed, 0 failed, 1 skipped")
    sys.exit(0)
Tests().run(awkward, golden, transports, failures, batch, route)
