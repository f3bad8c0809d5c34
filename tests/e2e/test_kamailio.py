#!/usr/bin/env python3
"""Kamailio in front of the proxy and behind it, both record-routing, over UDP, TCP and TLS in all mixtures, and with sips: URIs

Usage: tests/e2e/test_kamailio.py BUILD [TEST...]
"""
import glob
import os
import shutil
import socket
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import streams  # noqa: E402
from lab import HERE, Tests  # noqa: E402
from peer import Call, Peer  # noqa: E402
from stream import StreamPeer  # noqa: E402
from streams import NUMBER, PORT, TLS_PORT, client_tls, listeners, pem, server_tls  # noqa: E402

BUILD = os.path.abspath(sys.argv[1])
FRONT, BACK, ALICE, BOB = 5370, 5374, 5380, 5391
# By what alice - Kamailio - proxy - Kamailio - bob speak.
UNMIXED = ("tcp tcp tcp tcp", "tls tls tls tls")
MIXED = ("udp udp tcp tcp", "tcp tcp udp udp", "udp tcp udp tcp", "tcp udp tcp udp", "udp udp tls tls", "tls tls udp udp", "tcp tcp tls tls",
         "tls tls tcp tcp", "udp tls tcp udp", "tcp udp tls tcp")


def uri(port, by, scheme="sip"):
    """Where someone listens, as whoever sends there is told."""
    if scheme == "sips":
        return f"sips:127.0.0.1:{port + 1}"
    return f"sip:127.0.0.1:{port + (by == 'tls')}" + (f";transport={by}" if by != "udp" else "")


class Scene(streams.Scene):
    """alice - Kamailio (FRONT) - the proxy - Kamailio (BACK) - bob"""

    def __init__(self, legs, scheme="sip"):
        self.legs, self.scheme = legs.split(), scheme
        super().__init__(BUILD, f"blue1,blue,{uri(BACK, self.legs[2], scheme)},0\n", listen=listeners(pem("ip")), workers=2)

    def kamailio(self, port, following):
        with open(os.path.join(HERE, "kamailio_streams.cfg"), encoding="utf-8") as file:
            text = file.read()
        for word, value in (("TLS_AT", port + 1), ("PORT", port), ("NEXT", following), ("PEM", pem("ip")), ("CA", pem("ca"))):
            text = text.replace(f'"{word}"', f'"{value}"').replace(f":{word}\n", f":{value}\n")
        name = f"kamailio-{port}"
        with open(self.lab.path(name + ".cfg"), "w", encoding="utf-8") as file:
            file.write(text)
        os.mkdir(self.lab.path(name))
        self.lab.spawn(["kamailio", "-DD", "-f", self.lab.path(name + ".cfg"), "-Y", self.lab.path(name), "-P", self.lab.path(name + ".pid"),
                        "-w", self.lab.path(name)], name + ".log", start_new_session=True)

    def party(self, port, by):
        if by == "udp":
            return self.peer(Peer(port))
        tls = by == "tls"
        peer = self.peer(StreamPeer(port, tls=server_tls("ip") if tls else None, client_tls=client_tls("ip") if tls else None))
        peer.server_name, peer.scheme = "127.0.0.1", self.scheme
        if self.scheme == "sips":
            peer.params = ""
        return peer

    def __enter__(self):
        super().__enter__()
        self.kamailio(FRONT, uri(PORT, self.legs[1]))
        # TLS peers here have one port
        last = self.legs[3]
        self.kamailio(BACK, f"sip:127.0.0.1:{BOB}" + (f";transport={last}" if last != "udp" else ""))
        for port in (FRONT + 1, BACK + 1):
            await_port(port)
        self.alice, self.bob = self.party(ALICE, self.legs[0]), self.party(BOB, last)
        self.hop = {"alice": FRONT + (self.legs[0] == "tls"), "bob": BACK + (last == "tls")}
        return self

    def __exit__(self, kind, value, trace):
        if kind is not None:
            for port in (FRONT, BACK):
                print(self.lab.read(f"kamailio-{port}.log")[-1500:])
        for process in self.lab.processes:
            if process is not self.lab.daemon and process.poll() is None:
                process.terminate()
                process.wait()
        super().__exit__(kind, value, trace)

    def call(self):
        port = TLS_PORT if self.scheme == "sips" else PORT
        return Call(self.alice, self.hop["alice"], NUMBER, uri=f"{self.scheme}:{NUMBER}@127.0.0.1:{port}")

    def n_routes(self):
        """Two of each proxy where it changes the transport (RFC 5658), else one."""
        return sum(1 + (before != after) for before, after in zip(self.legs, self.legs[1:]))


def await_port(port):
    for _ in range(200):
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            time.sleep(0.05)
    raise RuntimeError(f"nobody listens on {port}")


def both_ask(t, s, call, invite, method, what):
    """A request inside the call by each side, answered by the other."""
    call.send(method)
    got = s.bob.wait(method, 3)
    t.check(got is not None and not got.all("Route"), f"{what}: {method} of the caller, all Routes used up", repr(got and got.headers))
    if got:
        s.bob.answer(got, 200)
        t.check(s.alice.wait(200, 3) is not None, f"{what}: {method} answered")
    if method == "INVITE":
        call.ack_of(call.cseq)
        t.check(s.bob.wait("ACK", 3) is not None, f"{what}: and acknowledged")
    call.callee_request(s.bob, method, invite, hop=s.hop["bob"])
    got = s.alice.wait(method, 3)
    t.check(got is not None and not got.all("Route"), f"{what}: {method} of the callee", repr(got and got.headers))
    if got:
        s.alice.answer(got, 200, tag="")
        t.check(s.bob.wait(200, 3) is not None, f"{what}: {method} of the callee answered")
    if method == "INVITE":
        call.callee_request(s.bob, "ACK", invite, hop=s.hop["bob"])
        t.check(s.alice.wait("ACK", 3) is not None, f"{what}: and acknowledged")


def establish(t, s, call, what):
    """INVITE, 180, 200, ACK. Returns the INVITE that came."""
    call.invite()
    invite = s.bob.wait("INVITE", 4)
    if not t.check(invite is not None and len(invite.all("Via")) == 4, f"{what}: the INVITE comes through all three", repr(invite and invite.headers)):
        raise RuntimeError("no INVITE")
    routes = [value.strip() for row in invite.all("Record-Route") for value in row.split(",")]
    t.check(len(routes) == s.n_routes(), f"{what}: {s.n_routes()} Record-Routes", routes)
    t.check(all(route.startswith(f"<{s.scheme}:") for route in routes), f"{what}: all of them {s.scheme}:", routes)
    s.bob.answer(invite, 180)
    t.check(s.alice.wait(180, 3) is not None, f"{what}: 180")
    s.bob.answer(invite, 200)
    ok = s.alice.wait(200, 3)
    if not t.check(ok is not None, f"{what}: 200"):
        raise RuntimeError("no 200")
    call.learn(ok)
    call.ack()
    ack = s.bob.wait("ACK", 3)
    t.check(ack is not None and not ack.all("Route"), f"{what}: ACK", repr(ack and ack.headers))
    return invite


def hang_up(t, s, call, invite, by, what):
    if by == "caller":
        call.send("BYE")
        bye = s.bob.wait("BYE", 3)
        t.check(bye is not None, f"{what}: BYE of the caller")
        s.bob.answer(bye, 200)
        t.check(s.alice.wait(200, 3) is not None, f"{what}: BYE answered")
    else:
        call.callee_request(s.bob, "BYE", invite, hop=s.hop["bob"])
        bye = s.alice.wait("BYE", 3)
        t.check(bye is not None, f"{what}: BYE of the callee")
        s.alice.answer(bye, 200, tag="")
        t.check(s.bob.wait(200, 3) is not None, f"{what}: BYE answered")


def cancelled(t, s, what):
    call = s.call()
    call.invite()
    invite = s.bob.wait("INVITE", 3)
    s.bob.answer(invite, 180)
    s.alice.wait(180, 3)
    call.cancel()
    gone = s.bob.wait("CANCEL", 3)
    t.check(gone is not None, f"{what}: CANCEL through all")
    if gone:
        s.bob.answer(gone, 200)
        s.bob.answer(invite, 487)
        t.check(s.alice.wait(487, 3) is not None, f"{what}: 487 comes back")


def calls(t, legs, scheme="sip"):
    what = f"{scheme}: {legs}"
    with Scene(legs, scheme) as s:
        for by in ("caller", "callee"):
            call = s.call()
            invite = establish(t, s, call, what)
            for method in ("INVITE", "UPDATE", "INFO"):
                both_ask(t, s, call, invite, method, what)
            hang_up(t, s, call, invite, by, what)
            s.lab.wait_shipped()
            time.sleep(0.2)
            rows = [r for r in s.lab.records() if r["call_id"] == call.call_id]
            t.check([(r["status"], r["end_source"], r["token"]) for r in rows] == [("answered", by, "valid")],
                    f"{what}: the {by}'s BYE ends the record", str(rows))
        cancelled(t, s, what)
        counters = s.lab.ctl_json("counters")
        t.check(counters["astray"] == 0, f"{what}: nothing was astray")
        t.check(counters["tls_failed"] == 0, f"{what}: no TLS failed")


def unmixed(t):
    """All four legs by one transport, a stream"""
    for legs in UNMIXED:
        calls(t, legs)


def mixed(t):
    """The proxy and Kamailio change the transport: two Record-Routes of each that does (RFC 5658)"""
    for legs in MIXED:
        calls(t, legs)


def secure(t):
    """sips: URIs from end to end: TLS and sips: Record-Routes of all three (RFC 5630)"""
    calls(t, "tls tls tls tls", "sips")


if shutil.which("kamailio") is None or not glob.glob("/usr/lib/*/kamailio/modules/tls.so"):
    print("skipped: kamailio or its TLS module is not installed\n0 passed, 0 failed, 3 skipped")
    sys.exit(0)
Tests().run(*([f for name, f in list(globals().items()) if name in sys.argv[2:]] or [unmixed, mixed, secure]))
