#!/usr/bin/env python3
"""Trunks that are known by the TLS client certificate (RFC 5922): whose call it is, and whose it is not

Usage: tests/e2e/test_trunk_certificates.py BUILD

The callers come from 127.0.3.1, which by itself is no trunk of anybody, and no gateway.
"""
import os
import socket
import sys
import tempfile
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import streams  # noqa: E402
from authority import LEAF, Authority  # noqa: E402
from lab import Tests  # noqa: E402
from peer import Call, Peer  # noqa: E402
from stream import Connection, StreamPeer  # noqa: E402
from streams import NUMBER, PORT, TLS_PORT, answer_call, client_tls, hang_up, listeners, pem  # noqa: E402

BUILD = os.path.abspath(sys.argv[1])
SOURCE = "127.0.3.1"
OPEN_PORT = 5363  # TLS, and nobody is asked for a certificate
ACCOUNTS = "account,tariff,country_code,international\n" + "".join(f"{name},retail,49,true\n" for name in ("firm", "bound", "far"))
TRUNKS = ("account,address,certificate,trunk\n"
          "firm,,cn.example.net,west\n"
          "bound,127.0.0.0/8,SIP.example.net,\n"  # both must fit, and do
          "far,127.0.0.9,example.net,\n")         # here they do not
LISTEN = listeners() + f', {{ uri = "sips:127.0.0.1:{OPEN_PORT}"; certificate = "{pem("dns")}"; ca = "{pem("ca")}"; }}'


class Caller(StreamPeer):
    """Opens its connection from SOURCE."""

    def __init__(self, tls):
        super().__init__(5380, client_tls=tls, listen=False)
        self.session = None  # of TLS, to go on with

    def connect(self, port):
        sock = socket.create_connection((self.proxy, port), timeout=5, source_address=(SOURCE, 0))
        if self.client_tls:
            sock = self.client_tls.wrap_socket(sock, server_hostname="sip.example.net", session=self.session)
        self.up = Connection(sock)
        self.connections.append(self.up)
        return self.up


class Scene(streams.Scene):
    def __init__(self, workers=1, trunks=TRUNKS, listen=LISTEN):
        super().__init__(BUILD, "gw,blue,sip:127.0.0.1:5391,0\n", listen=listen, workers=workers, tables={"accounts": ACCOUNTS, "trunks": trunks})

    def caller(self, name):
        return self.peer(Caller(client_tls(name)))


def accepted(t, scene, gateway, caller, port, account, what):
    """A whole call, whose record names the account."""
    call = Call(caller, port, NUMBER)
    answer_call(t, call, gateway, what)
    hang_up(t, call, gateway, what)
    scene.lab.wait_shipped()
    records = [row for row in scene.lab.records() if row["call_id"] == call.call_id]
    t.check([row["account"] for row in records] == [account], f"{what}: it is {account}'s", records)


def refused(t, gateway, caller, port, what):
    """A stranger's call: 403, as nobody can log in."""
    Call(caller, port, NUMBER).invite()
    answer = caller.wait(403)
    t.check(answer is not None and gateway.quiet(), f"{what}: refused", answer)


def test_whose_call(t):
    """The domain of the certificate is the account's, whichever worker has the call"""
    for workers in (1, 3):
        with Scene(workers) as s:
            gateway, caller = s.peer(Peer(5391)), s.caller("cn")
            for n in range(1 if workers == 1 else 6):
                accepted(t, s, gateway, caller, TLS_PORT, "firm", f"workers={workers}, call {n}")
            t.check(len(caller.connections) == 1, f"workers={workers}: all by one connection")
            caller.close()
            accepted(t, s, gateway, s.caller("dns"), TLS_PORT, "bound", f"workers={workers}, address and certificate")


def test_whose_not(t):
    """Another certificate of the same authority, none, none that is looked at, no TLS: a stranger"""
    with Scene() as s:
        gateway = s.peer(Peer(5391))
        for name, why in (("uri", "from another address"), ("ip", "of no domain")):
            caller = s.caller(name)
            refused(t, gateway, caller, TLS_PORT, f"a certificate {why}")
            caller.close()
        for name in (None, "stranger"):
            caller, came_in = s.caller(name), False
            try:
                Call(caller, TLS_PORT, NUMBER).invite()
                came_in = caller.next(1) is not None
            except OSError:
                pass
            t.check(not came_in and gateway.quiet(), f"certificate {name}: not let in")
            caller.close()
        caller = s.caller("cn")
        refused(t, gateway, caller, OPEN_PORT, "where no certificate is asked for")
        caller.close()
        caller = s.peer(Caller(None))
        refused(t, gateway, caller, PORT, "by TCP")
        caller.close()
        refused(t, gateway, s.peer(Peer(5380, SOURCE)), PORT, "by UDP")
        counters = s.lab.ctl_json("counters")
        t.check(counters["refused_unknown"] == 5, "counted", counters["refused_unknown"])
        t.check(not [row for row in s.lab.records() if row["account"]], "on nobody's account", s.lab.records())


def test_resumption(t):
    """A session that is taken up again proves what it proved"""
    with Scene(2) as s:
        gateway, caller = s.peer(Peer(5391)), s.caller("cn")
        for n in range(3):
            accepted(t, s, gateway, caller, TLS_PORT, "firm", f"connection {n}")
            t.check(caller.up.socket.session_reused == (n > 0), f"connection {n}: {'resumed' if n else 'new'}")
            caller.session = caller.up.socket.session
            caller.close()


def test_reload(t):
    """A connection that is there becomes a trunk's when the tables change"""
    with Scene(2, "account,address,certificate\nfar,127.0.0.9,\n") as s:
        gateway, caller = s.peer(Peer(5391)), s.caller("cn")
        refused(t, gateway, caller, TLS_PORT, "before")
        with open(s.lab.path("more.csv"), "w", encoding="utf-8") as file:
            file.write("account,certificate\nfirm,cn.example.net\n")
        s.lab.run("lcrdb", "import", "trunks", s.lab.path("more.csv"))
        exported = s.lab.run("lcrdb", "export", "trunks").stdout
        t.check("firm,,,,,,cn.example.net" in exported, "exported as it came in", exported)
        s.lab.ctl("reload")
        time.sleep(0.5)
        accepted(t, s, gateway, caller, TLS_PORT, "firm", "after a reload")
        t.check(len(caller.connections) == 1, "by the same connection")


def test_many_domains(t):
    """A certificate of a hundred domains is that of each of them"""
    with tempfile.TemporaryDirectory() as folder:
        root = Authority(folder, "root")
        names = ",".join(f"DNS:n{n}.example.net" for n in range(100))
        context = client_tls()
        context.load_cert_chain(root.sign("many", 30, LEAF + f"subjectAltName={names}\n"))
        listen = listeners().replace(f'ca = "{pem("ca")}"', f'ca = "{root.path("root", "crt")}"')
        with Scene(2, "account,address,certificate\nfirm,,N99.example.net\nfar,127.0.0.9,\n", listen) as s:
            gateway, caller = s.peer(Peer(5391)), s.peer(Caller(context))
            accepted(t, s, gateway, caller, TLS_PORT, "firm", "the last one")


chosen = [f for name, f in list(globals().items()) if name in sys.argv[2:]]
Tests().run(*(chosen or (test_whose_call, test_whose_not, test_resumption, test_reload, test_many_domains)))
