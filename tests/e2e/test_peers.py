#!/usr/bin/env python3
"""TCP and TLS peers that take too many connections, are slow, or stand still: they lose theirs, and nobody else notices

Usage: tests/e2e/test_peers.py BUILD [TEST...]
"""
import os
import select
import socket
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import streams  # noqa: E402
from lab import Tests  # noqa: E402
from peer import Call, Peer  # noqa: E402
from stream import StreamPeer  # noqa: E402
from streams import NUMBER, PORT, SETTINGS, TLS_PORT, client_tls  # noqa: E402

BUILD = os.path.abspath(sys.argv[1])
GATEWAY = "udp1,blue,sip:127.0.0.1:5391,0\n"


class Scene(streams.Scene):
    def __init__(self, gateways=GATEWAY, **more):
        super().__init__(BUILD, gateways, **more)


def connect(port, source="127.0.0.1", count=1):
    """So many connections, of which some may be closed at once."""
    sockets = []
    for _ in range(count):
        sock = socket.socket()
        sock.bind((source, 0))
        sock.settimeout(5)
        sock.connect(("127.0.0.1", port))
        sockets.append(sock)
    return sockets


def left(sockets, seconds=0.5):
    """Those that are still open after a while; the others are closed here, too."""
    time.sleep(seconds)
    gone = select.select(sockets, [], [], 0)[0]
    for sock in gone:
        sock.close()
    return [sock for sock in sockets if sock not in gone]


def call_goes_through(t, caller, port, gateway, what):
    call = Call(caller, port, NUMBER)
    start = time.time()
    call.invite()
    invite = gateway.wait("INVITE", 3, call.call_id)
    if not t.check(invite is not None, f"{what}: somebody else's call comes"):
        return
    gateway.answer(invite, 486)
    t.check(caller.wait(486, 3, call.call_id) is not None and time.time() - start < 1.5, f"{what}: and is answered in good time",
            time.time() - start)


def test_too_many(t):
    """One address may have so many connections, over all workers; others come in meanwhile"""
    with Scene(workers=3, settings=SETTINGS + "\nsip = { max_connections_per_peer = 6; };") as s:
        caller, gateway = s.peer(StreamPeer(5380, listen=False)), s.peer(Peer(5391))
        mine = left(connect(PORT, "127.0.0.2", 40))
        t.check(len(mine) == 6, "six of forty are let in", len(mine))
        t.check(s.lab.ctl_json("counters")["connections_refused"] == 34, "the others are counted", s.lab.ctl_json("counters"))
        call_goes_through(t, caller, PORT, gateway, "too many")
        for sock in mine[:2]:
            sock.close()
        time.sleep(0.3)
        t.check(len(left(connect(PORT, "127.0.0.2", 5))) == 2, "as many as have gone may come again")


def test_all_taken(t):
    """When all connections are taken new ones are refused, those that are there serve on"""
    with Scene(settings=SETTINGS + "\nsip = { max_connections = 20; max_connections_per_peer = 1000; };") as s:
        caller, gateway = s.peer(StreamPeer(5380, listen=False)), s.peer(Peer(5391))
        caller.connect(PORT)
        mine = left(connect(PORT, "127.0.0.2", 60))
        t.check(len(mine) in (14, 15), "no more than three quarters of 20 (and one that each worker may have) are there", len(mine))
        call_goes_through(t, caller, PORT, gateway, "all taken")


def test_stuck_handshakes(t):
    """Who connects to the TLS port and says nothing, or half a greeting, is gone after 4 s"""
    with Scene() as s:
        caller, gateway = s.peer(StreamPeer(5380, client_tls=client_tls("cn"), listen=False)), s.peer(Peer(5391))
        start = time.time()
        mine = connect(TLS_PORT, "127.0.0.2", 50)
        for sock in mine[::2]:
            sock.sendall(b"\x16\x03\x01\x02")
        call_goes_through(t, caller, TLS_PORT, gateway, "stuck handshakes")
        t.check(len(left(mine, 1)) == 50, "they have their time")
        while (mine := left(mine, 0.2)) and time.time() - start < 10:
            pass
        t.check(not mine and 3.5 < time.time() - start < 8, "and are gone then", time.time() - start)
        t.check(s.lab.ctl_json("counters")["connections_slow"] == 50, "counted", s.lab.ctl_json("counters"))


def test_slow_senders(t):
    """An octet of a message now and then does not keep a connection: 32 s from its first to its last"""
    with Scene() as s:
        caller, gateway = s.peer(StreamPeer(5380, listen=False)), s.peer(Peer(5391))
        text = Call(caller, PORT, NUMBER).request("OPTIONS").encode()
        start, mine = time.time(), connect(PORT, "127.0.0.2", 20)
        for at in range(100):
            for sock in mine:
                sock.sendall(text[at:at + 1])
            if at % 10 == 0:
                call_goes_through(t, caller, PORT, gateway, f"slow senders, after {time.time() - start:.0f} s")
            mine = left(mine, 0.4)
            if not mine:
                break
        t.check(not mine and 30 < time.time() - start < 38, "they are gone", f"{len(mine)} after {time.time() - start:.1f} s")
        t.check(s.lab.ctl_json("counters")["connections_slow"] == 20, "counted")


def test_stuck_gateways(t):
    """A gateway that takes connections and reads nothing, or shakes no hands, costs its calls a failover and others nothing"""
    gateways = "stuck1,blue,sip:127.0.0.1:5393;transport=tcp,0\nstuck2,blue,sips:127.0.0.1:5394,1\n"
    with Scene(gateways) as s:
        caller, red = s.peer(Peer(5380)), s.peer(Peer(5392))
        holes = [socket.create_server(("127.0.0.1", port), backlog=64) for port in (5393, 5394)]
        calls = []
        for _ in range(30):
            call = Call(caller, PORT, NUMBER)
            call.invite()
            calls.append(call)
        other = Call(caller, PORT, "+441632960123")  # red's alone
        start = time.time()
        other.invite()
        invite = red.wait("INVITE", 2, other.call_id)
        t.check(invite is not None and time.time() - start < 0.5, "a call to another gateway does not wait", time.time() - start)
        red.answer(invite, 486)
        came = set()
        while len(came) < 30 and time.time() - start < 8:
            invite = red.next(0.5)
            if invite and invite.method == "INVITE" and invite.get("Call-ID") != other.call_id:
                came.add(invite.get("Call-ID"))
                red.answer(invite, 486)
        t.check(len(came) == 30, "all calls go on to one that works", len(came))
        t.check(time.time() - start < 5, "after a second for each of both", time.time() - start)
        for hole in holes:
            hole.close()


Tests().run(*([f for name, f in list(globals().items()) if name in sys.argv[2:]] or
              [test_too_many, test_all_taken, test_stuck_handshakes, test_slow_senders, test_stuck_gateways]))
