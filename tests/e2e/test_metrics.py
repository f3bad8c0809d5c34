#!/usr/bin/env python3
"""Metrics, health and readiness: of calls, a store that is away, a full disk, stuck threads, clients that behave badly

Usage: tests/e2e/test_metrics.py BUILD [PART...]    PART: one of the functions at the end, all unless given
"""
import ctypes
import http.client
import json
import os
import re
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
import time
import urllib.parse

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from lab import GATEWAYS, TOP, Lab, Tests, say  # noqa: E402

# A small disk can be mounted where nobody else sees it.
if "LCR_METRICS_MOUNTS" not in os.environ and subprocess.run(["unshare", "-m", "true"], stderr=subprocess.DEVNULL).returncode == 0:
    os.environ["LCR_METRICS_MOUNTS"] = "1"
    os.execvp("unshare", ["unshare", "-m", sys.executable, *sys.argv])

BUILD = os.path.abspath(sys.argv[1])
PORT = 9160
NUMBER = "+498912345678"
OPENMETRICS = {"Accept": "application/openmetrics-text; version=1.0.0,text/plain;version=0.0.4;q=0.5"}


def make_lab(name, http=f"127.0.0.1:{PORT}", control="", **more):
    """A lab whose daemon tells what it does; not started."""
    lab = Lab(BUILD, name, **more)
    try:
        lab.prepare()
        configure(lab, http, control)
    except BaseException:
        lab.__exit__(*sys.exc_info())
        raise
    return lab


def configure(lab, http=f"127.0.0.1:{PORT}", control="", journal=""):
    text = re.sub(r'control = \{.*?\};', f'control = {{ socket = "{lab.path("control.sock")}"; http = "{http}"; {control} }};', lab.read("lcrproxy.conf"))
    with open(lab.path("lcrproxy.conf"), "w", encoding="utf-8") as file:
        file.write(text.replace("ship_interval_ms", journal + " ship_interval_ms"))


def get(path, headers=None, host="127.0.0.1", method="GET", source=None, timeout=20):
    """(status, body as text, headers)"""
    link = http.client.HTTPConnection(host, PORT, timeout=timeout, source_address=source)
    try:
        link.request(method, path, headers=headers or {})
        answer = link.getresponse()
        return answer.status, answer.read().decode(), dict(answer.getheaders())
    finally:
        link.close()


def parse(text):
    """{"name{labels}": value}"""
    samples = {}
    for line in text.splitlines():
        if line and not line.startswith("#"):
            name, value = line.rsplit(" ", 1)
            if name in samples:
                raise RuntimeError(f"twice: {name}")
            samples[name.removeprefix("lcrproxy_")] = float(value)
    return samples


def scrape():
    status, text, _ = get("/metrics")
    if status != 200:
        raise RuntimeError(f"/metrics: {status} {text}")
    return parse(text)


def wait_for(what, seconds=20):
    """The first truth that what() tells, or its last word."""
    deadline = time.time() + seconds
    while True:
        found = what()
        if found or time.time() > deadline:
            return found
        time.sleep(0.1)


def promtool(*words, text=None):
    return subprocess.run(["promtool", *words], input=text, capture_output=True, text=True)


# --- what is told ---


def calls(tests):
    """Calls are told by gateway, carrier, account and code, as lcrctl and the records have them"""
    with make_lab("metrics") as lab:
        lab.start()
        lab.gateway("blue1", 5391, "gateway", REFUSE=1, RING_MS=20, HOLD_MS=5000)
        lab.gateway("red1", 5392, "gateway", REFUSE=0, RING_MS=300, HOLD_MS=5000)
        time.sleep(0.5)
        before = scrape()
        tests.check(before["calls_received_total"] == 0 and not [n for n in before if n.startswith("account_calls")], "nothing at first")
        lab.caller("caller", 5370, NUMBER, 60, 60, HOLD_MS=1500)
        peak = wait_for(lambda: (lambda m: m["calls_answered_open"] >= 20 and m)(scrape()))
        tests.check(peak and peak['gateway_calls_answered_open{carrier="red",gateway="red1"}'] >= 20, "calls in progress are seen", str(peak)[:300])
        lab.processes[-1].wait()
        nobody = lab.caller("nobody", 5371, "+33140123456", 1, 1, HOLD_MS=10)
        nobody.wait()
        lab.wait_shipped()
        now, records = scrape(), lab.records()
        answered = sum(r["status"] == "answered" for r in records)
        refused = int(now.get('gateway_responses_total{carrier="blue",gateway="blue1",code="503"}', 0) + sum(
            v for n, v in now.items() if n.startswith('gateway_responses_total{carrier="blue"') and 'code="503"' not in n))
        tests.check(answered == 60 and now['account_calls_total{account="acme",code="200"}'] == 60, "60 answered calls of the account", str(answered))
        tests.check(refused >= 1 and now['gateway_attempts_total{carrier="blue",gateway="blue1",outcome="rejected"}'] == refused, "what a gateway refuses, by code", str(refused))
        tests.check(now['gateway_responses_total{carrier="red",gateway="red1",code="200"}'] == 60 and now['carrier_responses_total{carrier="red",code="200"}'] == 60,
                    "what another one answers, and its carrier")
        failed = [r for r in records if r["status"] == "failed"]
        tests.check(len(failed) == 1 and now[f'account_calls_total{{account="acme",code="{failed[0]["sip_code"]}"}}'] == 1, "a call that came to nothing, as on record",
                    str(failed))
        name = 'gateway_post_dial_delay_seconds_%s{carrier="red",gateway="red1"%s}'
        buckets = {le: now[name % ("bucket", f',le="{le}"')] for le in ("0.25", "0.5", "1.0", "+Inf")}
        tests.check(now[name % ("count", "")] == 60 == buckets["+Inf"] and buckets["0.25"] <= buckets["0.5"] <= buckets["1.0"] <= 60, "the delay until it rang", str(buckets))
        talk = now['gateway_talk_seconds_total{carrier="red",gateway="red1"}']
        tests.check(now['gateway_calls_ended_total{carrier="red",gateway="red1"}'] == 60 and 55 <= talk <= 120, "how long they talked", str(talk))
        tests.check(now["calls_pending"] == 0 and now["calls_answered_open"] == 0, "nothing is left over")
        tests.check(now["accounting_backlog_bytes"] == 0 and now["accounting_backlog_age_seconds"] == 0 and now["accounting_backlog_events"] == 0, "all is shipped")
        tests.check(now["journal_events_total"] == now["accounting_shipped_events_total"] > 120, "as many events as were written")
        counters = lab.ctl_json("counters")
        same = {"calls_received_total": "calls", "call_attempts_total": "attempts", "call_failovers_total": "failovers", 'sip_messages_received_total{transport="udp"}': "datagrams_in",
                'calls_finished_total{outcome="answered"}': "answered", 'tokens_total{verdict="valid"}': "token_valid", "handovers_total": "handed_over"}
        differ = {m: (now[m], counters[c]) for m, c in same.items() if now[m] != counters[c]}
        tests.check(not differ, "lcrctl counters says the same", str(differ))
        described(tests)
        private(tests, lab, records)
        falls_out(tests, lab)
        lab.stop()


def described(tests):
    """The page itself: both formats, and doc/metrics.md."""
    _, text, headers = get("/metrics")
    tests.check(headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8", "the text format by itself")
    done = promtool("check", "metrics", text=text)
    tests.check(done.returncode == 0 and not done.stderr, "promtool finds nothing wrong", done.stderr)
    _, other, headers = get("/metrics", OPENMETRICS)
    tests.check("openmetrics-text" in headers["Content-Type"] and other.endswith("# EOF\n") and set(parse(other)) == set(parse(text)), "the same as OpenMetrics")
    with open(os.path.join(TOP, "doc/metrics.md"), encoding="utf-8") as file:
        rows = re.findall(r"^\| `(\w+)` \| (counter|gauge|histogram|summary) \|", file.read(), re.M)
    told = re.findall(r"^# TYPE lcrproxy_(\w+) (\w+)$", text, re.M)
    missing = set(told) - set(rows)
    tests.check(not missing, "doc/metrics.md has every one", str(missing))
    gone = {row for row in set(rows) - set(told) if not row[0].startswith("trip_")}
    tests.check(not gone, "and no other", str(gone))
    tests.check(len({name for name, _ in told}) == len(told), "each family comes once")


def private(tests, lab, records):
    _, text, _ = get("/metrics")
    secrets = {NUMBER, NUMBER[1:], "127.0.0.1"} | {r["call_id"] for r in records} | {r["from_tag"] for r in records}
    found = [s for s in secrets if s and s in text]
    tests.check(not found, "no number, Call-ID, tag or address is told", str(found[:3]))
    tests.check(len(lab.records()) == len(records) and len(text) < 100000, f"{len(text)} bytes in all")


def falls_out(tests, lab):
    """What leaves the tables; what stays keeps its numbers."""
    with sqlite3.connect(lab.path("lcr.db")) as store:
        store.execute("DELETE FROM gateways WHERE gateway = 'blue1'")
    store.close()
    lab.ctl("reload")
    now = scrape()
    tests.check(not [n for n in now if "blue1" in n] and now['snapshot_rows{table="gateways"}'] == 1, "a gateway that is gone is not told any more")
    tests.check(now['gateway_responses_total{carrier="red",gateway="red1",code="200"}'] == 60, "one that stays keeps its numbers")
    tests.check(now['account_calls_total{account="acme",code="200"}'] == 60, "as does an account")
    tests.check(now['reloads_total{result="good"}'] == 1 and now["snapshot_age_seconds"] < 10, "the reload is counted")
    with open(lab.path("lcrproxy.conf"), encoding="utf-8") as file:
        good = file.read()
    with open(lab.path("lcrproxy.conf"), "w", encoding="utf-8") as file:
        file.write(good + "colour = 1;\n")
    lab.run("lcrctl", "--socket", lab.path("control.sock"), "reload", check=False)
    tests.check(scrape()['reloads_total{result="failed"}'] == 1, "as is one that failed")
    with open(lab.path("lcrproxy.conf"), "w", encoding="utf-8") as file:
        file.write(good.replace(str(PORT), str(PORT + 1)))
    tests.check("control.http changed: takes effect after a restart" in lab.ctl("reload"), "another address needs a restart, and the reload says so")
    tests.check(scrape()["workers"] == 2, "until then the old one answers")


def many_accounts(tests):
    """Accounts beyond control.http_accounts are summed up"""
    names = [f"a{i}" for i in range(4)]
    tables = {"accounts": "account,tariff,country_code,international\n" + "".join(f"{n},retail,49,true\n" for n in names),
              "trunks": "account,address,tech_prefix\n" + "".join(f"{n},127.0.0.1,77{i}\n" for i, n in enumerate(names))}
    with make_lab("accounts", control="http_accounts = 2;", tables=tables) as lab:
        lab.start()
        lab.gateway("blue1", 5391, "gateway", REFUSE=0, RING_MS=20, HOLD_MS=5000)
        time.sleep(0.5)
        for i in range(4):
            lab.caller(f"caller{i}", 5370 + i, f"77{i}{NUMBER[1:]}", 2, 10, HOLD_MS=50)
        for process in lab.processes[-4:]:
            process.wait()
        found = {n: v for n, v in scrape().items() if n.startswith("account_calls_total")}
        listed = {re.search('account="([^"]*)"', n).group(1) for n in found}
        tests.check(listed == {"a0", "a1", "/others"} and sum(found.values()) == 8, "two by name, and the rest together", str(found))
        lab.stop()


def trip(tests):
    """TRIP peers and what they announce"""
    peer = '{ address = "127.0.0.2"; itad = 64513; carrier = "blue"; }'
    with make_lab("trip", settings=f'trip = {{ itad = 64512; id = "127.0.0.1"; listen = "127.0.0.1:6069"; peers = ( {peer} ); }};') as lab:
        lab.start()
        now = scrape()
        tests.check(now['trip_peer_up{peer="127.0.0.2"}'] == 0 and now["trip_routes_offered"] == 0, "a peer that is not there")
        with open(lab.path("peer.conf"), "w", encoding="utf-8") as file:
            file.write('trip = { itad = 64513; id = "127.0.0.2"; listen = "127.0.0.2:6069"; peers = ( { address = "127.0.0.1"; itad = 64512; } ); };\n')
        with open(lab.path("routes.txt"), "w", encoding="utf-8") as file:
            file.write("4989 next_hop=127.0.0.1:5391\n4930 next_hop=127.0.0.1:5391\n")
        lab.spawn([os.path.join(BUILD, "tripspeak"), "-c", lab.path("peer.conf"), "--announce", lab.path("routes.txt")], "tripspeak.log")
        up = wait_for(lambda: (lambda m: m['trip_peer_up{peer="127.0.0.2"}'] == 1 and m["trip_routes_offered"] == 2 and m)(scrape()), 40)
        tests.check(up and up['trip_peer_routes{peer="127.0.0.2"}'] == 2 and up['trip_peer_transitions_total{peer="127.0.0.2"}'] == 1 and up["trip_gateways"] == 1,
                    "one that announces two routes to a gateway", lab.read("tripspeak.log")[-500:])
        _, text, _ = get("/metrics")
        tests.check("127.0.0.1:5391" not in text.replace("sip:", ""), "its gateways have no names here")
        with open(os.path.join(TOP, "doc/metrics.md"), encoding="utf-8") as file:
            rows = set(re.findall(r"^\| `(trip_\w+)`", file.read(), re.M))
        told = set(re.findall(r"^# TYPE lcrproxy_(trip_\w+)", text, re.M))
        tests.check(told == rows and promtool("check", "metrics", text=text).returncode == 0, "doc/metrics.md has them all, and promtool likes them", str(told ^ rows))
        lab.processes[-1].kill()
        tests.check(wait_for(lambda: scrape()['trip_peer_up{peer="127.0.0.2"}'] == 0), "its end is seen")
        lab.stop()


# --- what goes wrong around it ---


def backlog(tests):
    """While the store is away the backlog grows in age and size, and it is gone when the store is back"""
    if not os.path.isdir("/usr/lib/postgresql"):
        say("skipped: PostgreSQL is not installed")
        tests.skipped += 1
        return
    with make_lab("backlog", store="postgresql") as lab:
        lab.start()
        lab.gateway("blue1", 5391, "gateway", REFUSE=0, RING_MS=20, HOLD_MS=5000)
        time.sleep(0.5)
        lab.caller("first", 5370, NUMBER, 20, 50, HOLD_MS=100).wait()
        lab.wait_shipped()
        before = scrape()
        tests.check(before["accounting_store_up"] == 1 and before["accounting_backlog_age_seconds"] == 0 == before["accounting_backlog_events"], "nothing waits")
        subprocess.run([*lab.pg_ctl, "-m", "immediate", "stop"], check=True, stdout=subprocess.DEVNULL)
        caller = lab.caller("second", 5371, NUMBER, 200, 50, HOLD_MS=100)
        seen = []
        while caller.poll() is None:
            now = scrape()
            seen.append([now[f"accounting_backlog_{what}"] for what in ("age_seconds", "bytes", "events")])
            time.sleep(0.5)
        tests.check(caller.wait() == 0, "no call fails", lab.read("second.errors")[-300:])
        for i, what in enumerate(("age", "bytes", "events")):
            values = [row[i] for row in seen]
            tests.check(len(seen) >= 6 and values == sorted(values) and values[-1] > values[len(seen) // 2] > 0, f"{what} grow", str(values))
        now = wait_for(lambda: (lambda m: m["accounting_back_off_seconds"] >= 0.4 and m)(scrape()))
        written = now["journal_events_total"] - before["journal_events_total"]
        tests.check(now["accounting_backlog_events"] == written == 400, "exactly the events of 200 calls wait", f"{now['accounting_backlog_events']} of {written}")
        tests.check(now["accounting_store_up"] == 0 and now['accounting_runs_total{result="failed"}'] > 0, "the store is told to be lost, tries fail with a back-off")
        tests.check(get("/readyz")[0] == 200 and get("/healthz")[0] == 200, "calls are taken all the same: ready")
        subprocess.run([*lab.pg_ctl, "-o", lab.pg_options, "start"], check=True, stdout=subprocess.DEVNULL)
        after = wait_for(lambda: (lambda m: m["accounting_backlog_bytes"] == 0 and m)(scrape()), 30)
        tests.check(after and after["accounting_backlog_age_seconds"] == 0 == after["accounting_backlog_events"], "all of it falls to 0 again", str(after)[:200])
        tests.check(after["accounting_shipped_events_total"] == after["journal_events_total"] and after["accounting_back_off_seconds"] == 0 and after["accounting_store_up"] == 1
                    and abs(after["accounting_last_success_seconds"] - time.time()) < 30, "shipped, and when")
        tests.check(len(lab.records()) == 220, "220 calls, 220 records")
        lab.stop()


def fill(path):
    with open(path, "wb", buffering=0) as file:
        try:
            while True:
                file.write(bytes(65536))
        except OSError:
            pass


def full_disk(tests):
    """A full disk under the journal: /readyz says so, unless calls are carried on"""
    for policy, status, word in (("refuse", 503, "refused"), ("carry_on", 200, "carried on")):
        with make_lab("full") as lab:
            configure(lab, journal=f'when_full = "{policy}"; reserve_kb = 64;')
            done = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=8m,mode=0750", "tmpfs", lab.path("journal")], stderr=subprocess.DEVNULL)
            if "LCR_METRICS_MOUNTS" not in os.environ or done.returncode != 0:
                say("skipped: nothing can be mounted here")
                tests.skipped += 1
                return
            lab.start()
            lab.gateway("blue1", 5391, "gateway", REFUSE=0, RING_MS=20, HOLD_MS=5000)
            time.sleep(0.5)
            tests.check(get("/readyz")[0] == 200 and scrape()["journal_full"] == 0, f"{policy}: ready at first")
            fill(lab.path("journal/filler"))
            caller = lab.caller("caller", 5370, NUMBER, 600, 100, HOLD_MS=100)
            body = wait_for(lambda: (lambda s, b, _: "journal: full" in b and (s, b))(*get("/readyz")))
            tests.check(body and body[0] == status and f"journal: full or not writable, new calls are {word}\n" in body[1], f"{policy}: {status}, and why", str(body))
            now = scrape()
            tests.check(now["journal_full"] == 1 and (now["journal_low"] == 1 or now["journal_failing"] == 1), "metrics say so, too")
            tests.check(get("/healthz")[0] == 200, "that is no reason to restart it")
            caller.wait()
            full = scrape()
            refused = full['calls_refused_total{reason="full"}']
            tests.check((refused > 0) == (policy == "refuse"), f"{policy}: {refused:.0f} calls were refused")
            os.unlink(lab.path("journal/filler"))
            tests.check(wait_for(lambda: "journal: takes events" in get("/readyz")[1]) and get("/readyz")[0] == 200, "ready again once there is room")
            tests.check(wait_for(lambda: scrape()["journal_full"] == 0), "as metrics say")
            lab.stop()
            subprocess.run(["umount", "-l", lab.path("journal")], check=False)


def thread_named(pid, name):
    for task in os.listdir(f"/proc/{pid}/task"):
        with open(f"/proc/{pid}/task/{task}/comm", encoding="utf-8") as file:
            if file.read().strip() == name:
                return int(task)
    raise RuntimeError(f"no thread {name}")


class Stopped:
    """One thread stands still (ptrace), the others go on."""

    def __init__(self, tid):
        self.libc, self.tid = ctypes.CDLL(None, use_errno=True), tid
        self.libc.ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]

    def __enter__(self):
        if self.libc.ptrace(16, self.tid, None, None) != 0:  # PTRACE_ATTACH
            raise PermissionError(os.strerror(ctypes.get_errno()))
        os.waitpid(self.tid, 0x40000000)  # __WALL

    def __exit__(self, *_):
        self.libc.ptrace(17, self.tid, None, None)  # PTRACE_DETACH


def stuck_thread(tests):
    """A thread that does not turn makes /healthz 503 and is named; scrapes do not hang"""
    with make_lab("stuck") as lab:
        lab.start()
        for name, line in (("sip-1", "worker 1"), ("lcrproxyd", "control")):
            tid = lab.daemon.pid if name == "lcrproxyd" else thread_named(lab.daemon.pid, name)
            tests.check(get("/healthz")[:2] == (200, "control: turns\nworker 0: turns\nworker 1: turns\n"), "all threads turn")
            try:
                with Stopped(tid):
                    began = time.time()
                    status, body, _ = get("/metrics")
                    tests.check(status == 503 and "/healthz" in body and 4 < time.time() - began < 8, f"{line} stands still: a scrape gets 503 after 5 s", f"{status} {body}")
                    body = wait_for(lambda: (lambda s, b, _: s == 503 and b)(*get("/healthz")), 10)
                    tests.check(body and re.search(rf"^{line}: has not answered for \d+ s$", body, re.M) and body.count("has not answered") == 1, "health is 503, and names it",
                                str(body))
                    tests.check(get("/readyz")[0] == 503, "it is not ready")
            except PermissionError as error:
                say(f"skipped: ptrace: {error}")
                tests.skipped += 1
                return
            tests.check(wait_for(lambda: get("/healthz")[0] == 200) and get("/readyz")[0] == 200, "once it goes on all is well")
            tests.check(scrape()["workers"] == 2, "and metrics are there")
        lab.stop()


def stopping(tests):
    """While the daemon stops it is not ready, and answers until the end"""
    with make_lab("stopping") as lab:
        lab.start()
        tests.check(get("/readyz")[0] == 200, "ready")
        lab.ctl("drain")
        tests.check(get("/readyz")[0:2] == (503, "daemon: drains, new calls are refused\n" + get("/readyz")[1].split("\n", 1)[1]), "it drains", str(get("/readyz")))
        lab.ctl("drain", "off")
        tests.check(get("/readyz")[0] == 200, "ready again")
        lab.daemon.send_signal(signal.SIGTERM)
        seen = set()
        while lab.daemon.poll() is None:
            try:
                seen.add(get("/readyz")[0:2])
                seen.add(("metrics", get("/metrics")[0]))
            except OSError:
                pass
            except http.client.HTTPException:
                pass
        words = [body for status, body in seen if status == 503]
        tests.check(words and any("daemon: is stopping, new calls are refused\n" in w for w in words), "503, and why", str(seen))
        tests.check(("metrics", 503) in seen, "metrics are not asked for any more")
        lab.stop()


# --- clients ---


def talk(data, source="127.0.0.1", wait=5.0):
    """What comes back for these bytes, until the other side hangs up or says no more."""
    link = socket.create_connection(("127.0.0.1", PORT), timeout=wait, source_address=(source, 0))
    answer = b""
    try:
        link.sendall(data)
        while True:
            more = link.recv(65536)
            if not more:
                break
            answer += more
    except OSError:
        pass
    finally:
        link.close()
    return answer


def bad_requests(tests):
    """Requests that are wrong get what HTTP says, and cost nothing else"""
    with make_lab("bad") as lab:
        lab.start()
        status, body, headers = get("/metrics", method="HEAD")
        tests.check(status == 200 and body == "" and int(headers["Content-Length"]) > 1000, "HEAD")
        for method in ("POST", "PUT", "DELETE", "OPTIONS", "PATCH", "BREW"):
            status, _, headers = get("/metrics", method=method)
            tests.check(status == 405 and headers.get("Allow") == "GET, HEAD", f"{method}: 405 with Allow", str(status))
        for path in ("/", "/metrics/", "/metric", "/healthz/../metrics", "/%2e%2e/etc/passwd", "//metrics"):
            tests.check(get(path)[0] == 404, f"{path}: 404")
        tests.check(get("/metrics?x=1")[0] == 200, "a query changes nothing")
        rows = ((b"GET /metrics HTTP/1.1\r\n\r\n", b"400", "no Host"), (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(200), b"", "TLS"),
                (b"INVITE sip:a@b SIP/2.0\r\n\r\n", b"", "SIP"), (b"GET /" + b"x" * 20000 + b" HTTP/1.1\r\nHost: a\r\n\r\n", b"41", "a long path"),
                (b"GET /metrics HTTP/1.1\r\nHost: a\r\n" + b"X: " + b"y" * 20000 + b"\r\n\r\n", b"431", "a long header"),
                (b"GET /metrics HTTP/1.1\r\nHost: a\r\n" + b"".join(b"X%d: y\r\n" % i for i in range(5000)) + b"\r\n", b"431", "many headers"),
                (b"GET /metrics HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello", b"400", "a body"),
                (b"POST /metrics HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999\r\n\r\n" + bytes(65536), b"405", "an endless body"),
                (b"GET /metrics HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n", b"400", "endless chunks"),
                (b"GET /metrics HTTP/1.1\nHost: a\n\n", b"", "bare line feeds"), (b"\r\n" * 9000, b"", "empty lines"), (bytes(range(256)) * 40, b"", "any octets"))
        for data, status, what in rows:
            answer = talk(data, wait=1.5)
            first = answer.split(b"\r\n", 1)[0]
            tests.check((status in first[9:13]) if status else not re.match(rb"HTTP/1.1 5", first), f"{what}: {first.decode(errors='replace') or 'hung up'}")
        both = talk(b"GET /metrics HTTP/1.1\r\nHost: a\r\n\r\nGET /readyz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", wait=5)
        tests.check(both.count(b"200 OK") == 2 and b"lcrproxy_build_info" in both and b"journal: takes events" in both, "two in a row over one connection")
        tests.check(get("/healthz")[0] == 200 and scrape()["workers"] == 2, "after all of it it answers as before")
        lab.stop()
        tests.check("error" not in lab.read("lcrproxyd.log"), "and no line in the log", lab.read("lcrproxyd.log")[-300:])


def slow_clients(tests):
    """Slow, silent and too many clients cost neither calls nor other clients"""
    with make_lab("slow") as lab:
        lab.start()
        lab.gateway("blue1", 5391, "gateway", REFUSE=0, RING_MS=20, HOLD_MS=5000)
        time.sleep(0.5)
        links = []
        for number in range(2, 5):  # the bound of one address
            for _ in range(20):
                links.append(socket.create_connection(("127.0.0.1", PORT), timeout=60, source_address=(f"127.0.0.{number}", 0)))
        time.sleep(0.5)
        for link in links:
            link.settimeout(0.02)
        refused = 0
        for link in links:
            try:
                refused += link.recv(1) == b""
            except ConnectionError:
                refused += 1
            except OSError:
                pass
        tests.check(refused == 12, "no more than 16 connections of one address", str(refused))
        began, dripping = time.time(), [link for link in links]
        caller = lab.caller("caller", 5370, NUMBER, 900, 150, HOLD_MS=200)
        ended, times = {}, []
        text = b"GET /metrics HTTP/1.1\r\nHost: " + b"a" * 400
        for step in range(400):
            for link in list(dripping):
                try:
                    link.send(text[step:step + 1])
                    if link.recv(1) == b"":
                        raise ConnectionError
                except (TimeoutError, BlockingIOError):
                    continue
                except OSError:
                    ended[link] = time.time() - began
                    dripping.remove(link)
            start = time.time()
            if step % 4 == 0:
                scrape()
                times.append(time.time() - start)
            if not dripping or time.time() - began > 40:
                break
            time.sleep(0.1)
        late = [t for t in ended.values() if t > 2]
        tests.check(not dripping and len(late) == 48 and max(late) < 26 and min(late) > 17, "who drips is cut off after 20 s", f"{len(dripping)} left, {sorted(late)[:1]} {sorted(late)[-1:]}")
        tests.check(max(times) < 2, f"meanwhile {len(times)} scrapes, the slowest {max(times) * 1000:.0f} ms")
        tests.check(caller.wait() == 0, "no call failed", lab.read("caller.errors")[-300:])
        unread = []
        for _ in range(10):  # asks again and again, and reads nothing
            link = socket.create_connection(("127.0.0.1", PORT), timeout=5, source_address=("127.0.0.6", 0))
            link.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
            try:
                link.sendall(b"GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n" * 100)
            except OSError:
                pass
            unread.append(link)
        tests.check(get("/healthz")[0] == 200 and scrape()["workers"] == 2, "clients that do not read hold up nobody")
        for link in unread + links:
            link.close()
        lab.stop()


def burst(tests):
    """A burst of scrapes during calls"""
    with make_lab("burst") as lab:
        lab.start()
        lab.gateway("blue1", 5391, "gateway", REFUSE=0, RING_MS=20, HOLD_MS=5000)
        time.sleep(0.5)
        caller = lab.caller("caller", 5370, NUMBER, 1200, 150, HOLD_MS=200)
        stati, highest, order = [], [], []

        def client(number):
            last = -1.0
            while caller.poll() is None:
                status, text, _ = get("/metrics", OPENMETRICS if number % 2 else None, source=(f"127.0.0.{20 + number % 4}", 0))
                stati.append(status)
                if status == 200:
                    value = parse(text)["calls_received_total"]
                    order.append(value >= last)
                    last = value
            highest.append(last)

        threads = [threading.Thread(target=client, args=(n,)) for n in range(24)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        tests.check(caller.wait() == 0, "no call failed", lab.read("caller.errors")[-300:])
        tests.check(len(stati) > 200 and set(stati) == {200}, f"{len(stati)} scrapes by 24 clients at once, all answered", str(set(stati)))
        tests.check(all(order) and len(highest) == 24, "counters only grow")
        tests.check(scrape()["calls_received_total"] == 1200, "and are right in the end")
        lab.wait_shipped()
        tests.check(len(lab.records()) == 1200, "1,200 calls, 1,200 records")
        lab.stop()


def settings(tests):
    """Where it listens: IPv6, nowhere, an address that is taken, one that is none"""
    with make_lab("http6", http=f"[::1]:{PORT}") as lab:
        lab.start()
        tests.check(get("/healthz", host="::1")[0] == 200, "IPv6")
        try:
            get("/healthz")
            tests.check(False, "and nothing over IPv4")
        except OSError:
            tests.check(True, "and nothing over IPv4")
        second = lab.read("lcrproxy.conf").replace("5360", "5361").replace("control.sock", "second.sock").replace('"e2e"', '"two"').replace("/journal", "/journal2")
        with open(lab.path("second.conf"), "w", encoding="utf-8") as file:
            file.write(second)
        done = subprocess.run([os.path.join(BUILD, "lcrproxyd"), "-f", "-c", lab.path("second.conf")], capture_output=True, text=True, timeout=30)
        tests.check(done.returncode == 1 and f"control.http [::1]:{PORT}: Address already in use" in done.stderr, "a port that is taken: the start fails, with the setting",
                    done.stderr[-400:])
        tests.check(get("/readyz", host="::1")[0] == 200, "whoever has it goes on")
        lab.stop()
    with make_lab("nohttp", http="") as lab:
        lab.start()
        try:
            get("/healthz")
            tests.check(False, "nothing without the setting")
        except OSError:
            tests.check(True, "nothing without the setting")
        lab.stop()
        configure(lab, "localhost")
        done = subprocess.run([os.path.join(BUILD, "lcrproxyd"), "-t", "-c", lab.path("lcrproxy.conf")], capture_output=True, text=True)
        tests.check(done.returncode == 1 and re.search(r'lcrproxy\.conf:6: control\.http is "localhost", expected an address', done.stderr),
                    "what is no address is named by file, line and setting", done.stderr)


def prometheus(tests):
    """A real Prometheus reads it, and its rules are good"""
    if shutil.which("prometheus") is None:
        say("skipped: Prometheus is not installed")
        tests.skipped += 1
        return
    rules = os.path.join(TOP, "etc/lcrproxy-alerts.yml")
    done = promtool("check", "rules", rules)
    tests.check(done.returncode == 0 and "rules found" in done.stdout, "promtool likes the alerts", done.stderr)
    with open(rules, encoding="utf-8") as file, open(os.path.join(TOP, "doc/metrics.md"), encoding="utf-8") as doc:
        used, known = set(re.findall(r"lcrproxy_(\w+)", "".join(re.findall(r"expr: .*(?:\n {10}.*)*", file.read())))), doc.read()
    tests.check(used and all(f"`{name}`" in known for name in used), "they ask for what there is", str([n for n in used if f"`{n}`" not in known]))
    with make_lab("prom", gateways=GATEWAYS) as lab:
        lab.start()
        lab.gateway("blue1", 5391, "gateway", REFUSE=0, RING_MS=20, HOLD_MS=5000)
        with open(lab.path("prometheus.yml"), "w", encoding="utf-8") as file:
            file.write(f"global: {{ scrape_interval: 1s, evaluation_interval: 1s }}\nrule_files: [ {rules} ]\nscrape_configs:\n"
                       f"  - job_name: lcrproxy\n    static_configs: [ {{ targets: [ '127.0.0.1:{PORT}' ] }} ]\n")
        lab.spawn(["prometheus", f"--config.file={lab.path('prometheus.yml')}", f"--storage.tsdb.path={lab.path('tsdb')}", "--web.listen-address=127.0.0.1:9161"], "prometheus.log")

        def ask(path):
            link = http.client.HTTPConnection("127.0.0.1", 9161, timeout=5)
            try:
                link.request("GET", path)
                return json.load(link.getresponse())["data"]
            except (OSError, ValueError, http.client.HTTPException):
                return None
            finally:
                link.close()

        def query(text):
            data = ask("/api/v1/query?query=" + urllib.parse.quote(text))
            return [(row["metric"], float(row["value"][1])) for row in data["result"]] if data else []

        lab.caller("caller", 5370, NUMBER, 50, 50, HOLD_MS=200).wait()
        tests.check(wait_for(lambda: query("lcrproxy_calls_received_total == 50"), 40), "it has scraped, and counts 50 calls", lab.read("prometheus.log")[-500:])
        found = query('sum by (account, code) (lcrproxy_account_calls_total)')
        tests.check(found == [({"account": "acme", "code": "200"}, 50.0)], "a query about them", str(found))
        found = query("histogram_quantile(0.95, sum by (le) (lcrproxy_gateway_post_dial_delay_seconds_bucket))")
        tests.check(len(found) == 1 and 0 < found[0][1] < 8, "one over the histogram", str(found))
        target = ask("/api/v1/targets")["activeTargets"][0]
        tests.check(target["health"] == "up" and not target["lastError"], "the target is up", str(target))
        lab.stop()
        alerts = wait_for(lambda: [a for a in (ask("/api/v1/alerts") or {"alerts": []})["alerts"] if a["labels"]["alertname"] == "LcrproxyDown"], 15)
        tests.check(bool(alerts), "once the daemon is gone, an alert waits for its minute")


PARTS = (settings, calls, many_accounts, trip, backlog, full_disk, stuck_thread, stopping, bad_requests, slow_clients, burst, prometheus)
Tests().run(*[part for part in PARTS if part.__name__ in sys.argv[2:] or len(sys.argv) < 3])
