#!/usr/bin/env python3
"""test_flood - garbage, unmatched messages, INVITEs without end and clients that loop on 407 are absorbed

A flood comes from another address than the trunk's for a while; meanwhile a call that is there ends as it should, a new call of the
trunk gets through, and the memory stays what it was.
"""
import os
import random
import socket
import sys
import threading
import time

from lab import Tests
from scene import NUMBER, PORT, Scene

BUILD = os.path.abspath(sys.argv[1])
SOURCE, SECONDS = "127.0.0.77", 2.0
SETTINGS = "routing = { first_response_timeout_ms = 2000; ringing_timeout_ms = 3000; };"
CREDENTIALS = {"credentials": "account,username,realm,password\nacme,alice,127.0.0.1,secret\n"}
VIA = f"Via: SIP/2.0/UDP {SOURCE}:5377;branch=z9hG4bK%d\r\n"
NAMES = "From: <sip:x@x.example>;tag=f%d\r\nTo: <sip:y@y.example>%s\r\nCall-ID: flood-%d\r\nCSeq: 1 %s\r\nMax-Forwards: 70\r\n"


def garbage(i):
    return random.Random(i).randbytes(i % 1400)


def half(i):
    return (f"INVITE sip:{i}@127.0.0.1 SIP/2.0\r\n" + VIA % i + "From: <sip:a@b\r\n" + "X: y\r\n" * (i % 100)).encode()


def message(method, i, tag="", more=""):
    return (f"{method} sip:{NUMBER}@127.0.0.1:{PORT} SIP/2.0\r\n" + VIA % i + NAMES % (i, tag, i, method) + more +
            f"Contact: <sip:x@{SOURCE}:5377>\r\nContent-Length: 0\r\n\r\n").encode()


def response(i):
    return (f"SIP/2.0 {(180, 200, 486)[i % 3]} X\r\nVia: SIP/2.0/UDP 127.0.0.1:{PORT};branch=z9hG4bK%040d\r\n" % i +
            NAMES % (i, ";tag=t", i, "INVITE") + "Content-Length: 0\r\n\r\n").encode()


def forged(i):
    route = f"Route: <sip:127.0.0.1:{PORT};lr;lcr={'A' * 56}{i:08d}>\r\n"
    return message(("BYE", "INVITE", "UPDATE")[i % 3], i, ";tag=t", route)


def forged_at_victim(method):
    """Requests of no call, with our Route, for somebody else."""
    def make(i):
        route = f"Route: <sip:127.0.0.1:{PORT};lr;lcr={'A' * 56}{i % 10**8:08d}>\r\n"
        return message(method, i, ";tag=t", route).replace(f"{method} sip:{NUMBER}@127.0.0.1:{PORT}".encode(), f"{method} sip:v@127.0.0.78:5378".encode(), 1)
    return make


def astray(i):
    return message("BYE", i, ";tag=t")


def wrong(i):
    return message("INVITE", i, more='Proxy-Authorization: Digest username="alice", realm="127.0.0.1", nonce="x", uri="sip:'
                   f'{NUMBER}@127.0.0.1:{PORT}", response="{i:032x}"\r\n')


FLOODS = {
    "garbage": (garbage, "bad_messages"),
    "half an INVITE": (half, "bad_messages"),
    "responses to nothing": (response, "stray_responses"),
    "ACKs of nothing": (lambda i: message("ACK", i, ";tag=t"), None),
    "CANCELs of nothing": (lambda i: message("CANCEL", i), None),
    "forged requests inside dialogs": (forged, "forged_dropped"),
    "forged ACKs": (forged_at_victim("ACK"), "forged_dropped"),
    "BYEs without a Route": (astray, "forged_dropped"),
    "OPTIONS": (lambda i: message("OPTIONS", i), "source_dropped"),
    "INVITEs without credentials": (lambda i: message("INVITE", i), "source_dropped"),
    "INVITEs with wrong ones": (wrong, None),
}


class Flood(threading.Thread):
    def __init__(self, make, source=SOURCE):
        super().__init__(daemon=True)
        self.make, self.sent, self.answers, self.stopped = make, 0, 0, False
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind((source, 5377))
        self.socket.setblocking(False)
        self.messages = [make(i) for i in range(2000)]
        self.start()

    def run(self):
        deadline = time.time() + SECONDS
        while time.time() < deadline:
            for text in self.messages:
                try:
                    self.socket.sendto(text, ("127.0.0.1", PORT))
                    self.sent += 1
                except OSError:
                    pass
                try:
                    self.socket.recv(65536)
                    self.answers += 1
                except OSError:
                    pass
                if self.sent % 20 == 0:
                    time.sleep(0.001)  # about 10,000 a second: the receive buffer is the kernel's business
            self.messages = [self.make(self.sent + i) for i in range(2000)]
        self.socket.close()


def resident_mb(pid):
    with open(f"/proc/{pid}/status", encoding="ascii") as file:
        return next(int(line.split()[1]) for line in file if line.startswith("VmRSS")) / 1024


def counted(scene, name):
    return scene.lab.ctl_json("counters")[name]


def one_flood(t, s, what, make, counter):
    call, _, _ = s.answered()
    before = counted(s, counter) if counter else 0
    flood = Flood(make)
    time.sleep(0.6)
    start = time.time()
    call.send("BYE")
    bye = s.blue.wait("BYE", 3, call.call_id)
    if bye:
        s.blue.answer(bye, 200)
    t.check(bye and s.caller.wait(200, 3, call.call_id), f"{what}: a BYE gets through")
    other = s.call()
    other.invite()
    invite = s.blue.wait("INVITE", 3, other.call_id)
    if invite:
        s.blue.answer(invite, 486)
    t.check(invite and s.caller.wait(486, 3, other.call_id), f"{what}: a new call of the trunk, too")
    took = time.time() - start
    t.check(took < 3, f"{what}: in {took * 1000:.0f} ms")
    flood.join()
    if counter:
        grown = counted(s, counter) - before
        t.check(grown > 100, f"{what}: counted, {grown} of {flood.sent}: {counter}")
    t.check(flood.answers <= flood.sent, f"{what}: {flood.answers} answers to {flood.sent}")
    return flood


def test_floods(t):
    """Each flood alone, 2 s of it"""
    with Scene(BUILD, "flood", settings=SETTINGS, tables=CREDENTIALS) as s:
        s.answered()
        for what, (make, counter) in FLOODS.items():
            one_flood(t, s, what, make, counter)
        first = resident_mb(s.lab.daemon.pid)
        for what, (make, _) in FLOODS.items():
            Flood(make).join()
        last = resident_mb(s.lab.daemon.pid)
        t.check(last < first * 1.3 + 20, f"a second round of all takes no more memory: {first:.0f} MB, {last:.0f} MB")
        count = s.lab.ctl_json("counters")
        t.check(count["sources_silenced"] >= 2 and count["auth_blocked"] + count["source_dropped"] > 1000, "sources were silenced", count)
        t.check(all(row["status"] != "open" or row["call_id"].startswith("call-") for row in s.record_all()), "no flood left an open call")


def test_forged(t):
    """Forged BYEs, re-INVITEs and ACKs hardly reach whom they name, and cost those of real calls nothing, also from the same address"""
    for source, most in ((SOURCE, 50), ("127.0.0.1", 500)):  # of a stranger; of a trunk ten times as many
        for method in ("BYE", "INVITE", "ACK"):
            what = f"{method} from {source}"
            with Scene(BUILD, "flood-forged", settings=SETTINGS, tables=CREDENTIALS) as s:
                victim = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
                victim.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8 << 20)
                victim.bind(("127.0.0.78", 5378))
                victim.settimeout(0.3)
                call, invite, _ = s.answered()
                began = time.time()
                flood = Flood(forged_at_victim(method), source)
                time.sleep(0.8)
                call.send("INVITE")
                again = s.blue.wait("INVITE", 3, call.call_id)
                t.check(again is not None, f"{what}: a re-INVITE of a call gets through meanwhile")
                s.blue.answer(again, 200)
                t.check(s.caller.wait(200, 3, call.call_id), f"{what}: and its answer")
                s.caller.send(call.request("ACK", cseq=call.cseq), PORT)
                ack = s.blue.wait("ACK", 3, call.call_id)
                while ack and not ack.get("CSeq").startswith(f"{call.cseq} "):
                    ack = s.blue.wait("ACK", 3, call.call_id)
                t.check(ack is not None, f"{what}: and its ACK")
                call.callee_request(s.blue, "BYE", invite)
                bye = s.caller.wait("BYE", 3, call.call_id)
                t.check(bye is not None, f"{what}: and the callee's BYE")
                s.caller.answer(bye, 200)
                flood.join()
                took = time.time() - began  # a second's worth, and one for each silence
                reached = set()
                try:
                    while True:
                        reached.add(victim.recv(65536).split(b"Call-ID: ")[1].split(b"\r\n")[0])
                except TimeoutError:
                    pass
                victim.close()
                t.check(len(reached) <= (2 + took) * most, f"{what}: {len(reached)} of {flood.sent} reach the victim in {took:.1f} s")
                count = s.lab.ctl_json("counters")
                t.check(count["forgers_silenced"] >= 1 and count["forged_dropped"] > flood.sent / 4, f"{what}: counted", count["forged_dropped"])
                t.check("heard with valid tokens only" in s.lab.read("lcrproxyd.log"), f"{what}: the log says so once")


def test_silence(t):
    """A client that loops on 407 hears less and less, and is heard again when it stops"""
    with Scene(BUILD, "flood-loop", settings=SETTINGS, tables=CREDENTIALS) as s:
        first = Flood(lambda i: message("INVITE", i))
        first.join()
        t.check(0 < first.answers <= 1000, f"{first.answers} answers to {first.sent} INVITEs")
        second = Flood(lambda i: message("INVITE", i))
        second.join()
        t.check(second.answers <= first.answers, f"then {second.answers} answers to {second.sent}: twice as long a silence")
        quiet = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        quiet.bind((SOURCE, 5377))
        quiet.settimeout(0.2)
        deadline, heard = time.time() + 20, b""
        time.sleep(3)
        while time.time() < deadline and not heard:
            quiet.sendto(message("OPTIONS", random.randrange(1 << 30)), ("127.0.0.1", PORT))
            try:
                heard = quiet.recv(65536)
            except TimeoutError:
                time.sleep(1)
        t.check(heard.startswith(b"SIP/2.0 "), "and is heard again", heard[:60])
        quiet.close()


def record_all(scene):
    scene.lab.wait_shipped()
    return scene.lab.records()


Scene.record_all = record_all
if os.environ.get("FLOOD_SECONDS"):
    SECONDS = float(os.environ["FLOOD_SECONDS"])
Tests().run(test_floods, test_forged, test_silence)
