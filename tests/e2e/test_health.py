#!/usr/bin/env python3
"""The health of gateways: probes, failed calls, trials and the way back, beside what is configured

Usage: tests/e2e/test_health.py BUILD
"""
import os
import sys
import threading
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from lab import Lab, Tests  # noqa: E402
from peer import Call, Peer  # noqa: E402

BUILD = os.path.abspath(sys.argv[1])
PORT = 5360
NUMBER = "+498912345678"
GATEWAYS = ("gateway,carrier,uri,priority,probe\nblue1,blue,sip:127.0.0.1:5391,0,{0}\nred1,red,sip:127.0.0.1:5392,0,false\n")
SETTINGS = ("routing = { first_response_timeout_ms = 200; }; health = { window_s = 10; min_samples = 4; failure_percent = 50; "
            "back_off_s = 2; back_off_max_s = 4; probe_interval_ms = 400; probe_timeout_ms = 200; probe_failures = 3; };")


class Gateway(threading.Thread):
    """Answers OPTIONS and INVITEs as it is told to: status, or 0 for silence."""

    def __init__(self, port):
        super().__init__(daemon=True)
        self.peer, self.options, self.invite, self.seen, self.open = Peer(port), 200, 486, [], True
        self.start()

    def run(self):
        while self.open:
            message = self.peer.next(0.1)
            if message is None or message.method not in ("OPTIONS", "INVITE"):
                continue
            self.seen.append((time.time(), message.method, message))
            status = self.options if message.method == "OPTIONS" else self.invite
            if status:
                self.peer.answer(message, status)

    def count(self, method):
        return sum(1 for _, seen, _ in self.seen if seen == method)

    def close(self):
        self.open = False
        self.join()
        self.peer.close()


class Scene:
    def __init__(self, probe, workers=2):
        self.lab = Lab(BUILD, "health", workers=workers, port=PORT, settings=SETTINGS, gateways=GATEWAYS.format(probe))

    def __enter__(self):
        self.lab.prepare()
        self.caller, self.blue, self.red = Peer(5380), Gateway(5391), Gateway(5392)
        self.lab.start()
        return self

    def __exit__(self, kind, value, trace):
        for peer in (self.caller, self.blue, self.red):
            peer.close()
        if kind is None:
            self.lab.stop()
        self.lab.__exit__(kind, value, trace)

    def call(self):
        """A call, to its end; the gateways that were asked."""
        before = (self.blue.count("INVITE"), self.red.count("INVITE"))
        call = Call(self.caller, PORT, NUMBER)
        call.invite()
        while (answer := self.caller.next(3)) is not None and (answer.status < 300 or answer.get("Call-ID") != call.call_id):
            pass
        self.caller.send(call.request("ACK", cseq=1, branch=call.branch), PORT)
        time.sleep(0.05)
        return ["blue"] * (self.blue.count("INVITE") > before[0]) + ["red"] * (self.red.count("INVITE") > before[1])

    def state(self, name="blue1"):
        row, = [g for g in self.lab.ctl_json("gateways") if g["gateway"] == name]
        return row

    def wait_state(self, state, seconds):
        deadline = time.time() + seconds
        while time.time() < deadline:
            if self.state()["health"] == state:
                return True
            time.sleep(0.05)
        return False

    def excluded(self):
        route = self.lab.ctl_json("route", NUMBER, "--account", "acme")
        return {c["gateway"]: c["excluded"] for c in route["candidates"]}["blue1"]


def probes(tests):
    """OPTIONS without an answer take a gateway down, and answers bring it back"""
    with Scene("true") as s:
        time.sleep(2.2)
        times = [when for when, method, _ in s.blue.seen if method == "OPTIONS"]
        gaps = [b - a for a, b in zip(times, times[1:])]
        tests.check(4 <= len(times) <= 8 and all(0.28 < gap < 0.6 for gap in gaps), "probes come every 0.3 to 0.5 s", repr(gaps))
        tests.check(max(gaps) - min(gaps) > 0.001, "with jitter", repr(gaps))
        tests.check(s.red.count("OPTIONS") == 0, "only who is to be probed")
        options = s.blue.seen[0][2]
        tests.check(options.start == "OPTIONS sip:127.0.0.1:5391 SIP/2.0" and options.get("Max-Forwards") == "0", "a plain OPTIONS", repr(options))
        tests.check(s.state()["health"] == "up" and s.state()["cause"] == "" and s.state()["health_since"] is None, "up since the start")
        s.blue.options = 405
        time.sleep(1.5)
        tests.check(s.state()["health"] == "up", "405 is a sign of life")
        s.blue.options = 0
        tests.check(s.wait_state("down", 4), "silence: down", repr(s.state()))
        row = s.state()
        tests.check(row["cause"] == "3 probes without an answer" and row["health_since"] is not None, "with cause and since when", repr(row))
        tests.check(row["enabled"] is True and row["operator_off"] is False, "what is configured stays")
        tests.check(s.excluded() == "gateway is down" and s.call() == ["red"], "it gets no calls", repr(s.excluded()))
        s.lab.ctl("reload")
        tests.check(s.state()["health"] == "down", "a reload forgets nothing")
        s.blue.options = 200
        tests.check(s.wait_state("probing", 6), "an answer: on trial", repr(s.state()))
        tests.check(s.state()["cause"] == "a probe was answered", "cause")
        tests.check(s.call() == ["blue"], "the trial call goes there")
        tests.check(s.call() == ["red"], "the next in the same second does not")


def failed_calls(tests):
    """Failed calls take a gateway down; trials bring it back, or make it wait longer"""
    with Scene("false") as s:
        s.blue.invite = 503
        tests.check([s.call() for _ in range(4)] == [["blue", "red"]] * 4, "four calls fail over")
        tests.check(s.wait_state("down", 1), "4 of 4: down", repr(s.state()))
        down = time.time()
        tests.check(s.state()["cause"] == "4 of 4 calls failed", "cause", s.state()["cause"])
        tests.check(s.call() == ["red"], "no calls for it")
        tests.check(s.wait_state("probing", 4) and 1.5 < time.time() - down < 3, "after back_off_s: on trial", f"{time.time() - down:.1f} s")
        tests.check(s.call() == ["blue", "red"] and s.wait_state("down", 1), "the trial fails: down again", repr(s.state()))
        down = time.time()
        tests.check(s.state()["cause"] == "a trial call failed", "cause", s.state()["cause"])
        s.blue.invite = 486
        tests.check(s.wait_state("probing", 6) and time.time() - down > 3.5, "for twice as long", f"{time.time() - down:.1f} s")
        counts, deadline = [], time.time() + 12
        while s.state()["health"] == "probing" and time.time() < deadline:
            start = time.time()
            counts.append(sum(s.call() == ["blue"] for _ in range(6)))
            time.sleep(max(0, 1.0 - (time.time() - start)))
        tests.check(counts[:1] == [1] or counts[:2] == [1, 2], "one call first", repr(counts))
        tests.check(sorted(counts[:4]) == counts[:4] and counts[3] >= 4, "then more each second", repr(counts))
        tests.check(s.wait_state("up", 1) and s.state()["cause"] == "trial calls passed", "up again", repr(s.state()))
        s.lab.ctl("gateway", "blue1", "disable")
        row = s.state()
        tests.check(row["health"] == "up" and row["operator_off"] is True, "the operator's word is another matter", repr(row))


def silence(tests):
    """A gateway that is silent to calls goes down without probes; busy numbers do not count against it"""
    with Scene("false", workers=1) as s:
        s.blue.invite = 486
        for _ in range(5):
            s.call()
        tests.check(s.state()["health"] == "up", "busy is no failure")
        s.blue.invite = 0
        for _ in range(5):
            s.call()
        tests.check(s.wait_state("down", 1), "5 of 10: down", repr(s.state()))
        tests.check(s.state()["pending"] == 0 and s.state("red1")["pending"] == 0, "no channel sticks", repr(s.state()))


if __name__ == "__main__":
    Tests().run(probes, failed_calls, silence)
