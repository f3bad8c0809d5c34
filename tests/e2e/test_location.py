#!/usr/bin/env python3
"""Where a host name leads, by a real name server: NAPTR, SRV in numbers and by weight, truncated answers, bad targets, dead servers (RFC 3263)

Usage: tests/e2e/test_location.py BUILD [TEST...]
"""
import os
import socket
import sqlite3
import struct
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import streams  # noqa: E402
from lab import Tests  # noqa: E402
from peer import Call, Peer  # noqa: E402
from stream import StreamPeer  # noqa: E402
from streams import DNS_PORT, NUMBER, PORT  # noqa: E402

BUILD = os.path.abspath(sys.argv[1])
LONG = "a-server-whose-name-is-as-long-as-it-may-be-in-a-label-of-dns"


class Scene(streams.Scene):
    def __init__(self, *words, **more):
        super().__init__(BUILD, *words, **more)


def attempts(lab):
    lab.wait_shipped()
    with sqlite3.connect(lab.path("lcr.db")) as store:
        return store.execute("SELECT gateway, target, outcome FROM cdr_attempt ORDER BY setup_time, hop").fetchall()


def is_truncated(name, kind):
    """What the server says over UDP to who takes 1,232 octets."""
    query = struct.pack("!HHHHHH", 7, 0x0100, 1, 0, 0, 1)
    query += b"".join(bytes([len(part)]) + part.encode() for part in name.split(".")) + b"\0" + struct.pack("!HH", kind, 1)
    query += b"\0" + struct.pack("!HHIH", 41, 1232, 0, 0)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.settimeout(2)
        sock.sendto(query, ("127.0.0.1", DNS_PORT))
        return bool(sock.recv(4096)[2] & 0x02)


def refuse_call(t, caller, gateway, what, number=NUMBER):
    call = Call(caller, PORT, number)
    call.invite()
    invite = gateway.wait("INVITE", 4, call.call_id)
    if not t.check(invite is not None, what):
        return False
    gateway.answer(invite, 486)
    t.check(caller.wait(486, 3, call.call_id) is not None, f"{what}: answered")
    return True


def test_many(t):
    """Fourteen SRV records, whose answer comes by TCP, one of them for a name that is not there: all are tried in their order"""
    zone = "".join(f"_sip._udp.many SRV {n} 0 {5400 + n} {LONG}{n}\n" for n in range(1, 15))
    zone += "".join(f"{LONG}{n} A 127.0.0.1\n" for n in range(1, 15) if n != 3)
    with Scene("many,blue,sip:many.test,0\n", zone) as s:
        t.check(is_truncated("_sip._udp.many.test", 33), "the server's answer does not fit a datagram")
        caller, last = s.peer(Peer(5380)), s.peer(Peer(5414))
        refuse_call(t, caller, last, "the call comes to the last one")
        got = attempts(s.lab)
        want = [("many", f"127.0.0.1:{5400 + n}", "unreachable") for n in range(1, 14) if n != 3] + [("many", "127.0.0.1:5414", "rejected")]
        t.check(got == want, "the others were tried before, in the order of their priorities", got)
        failures = s.lab.ctl_json("counters")["dns_failures"]
        t.check(failures == 0, "no look-up failed", failures)


def test_weights(t):
    """Of one priority the weights are shares of the calls"""
    zone = "_sip._udp.voice SRV 1 30 5391 a\n_sip._udp.voice SRV 1 10 5393 a\na A 127.0.0.1\n"
    with Scene("voice,blue,sip:voice.test,0\n", zone) as s:
        caller, heavy, light = s.peer(Peer(5380)), s.peer(Peer(5391)), s.peer(Peer(5393))
        counts = [0, 0]
        for _ in range(100):
            call = Call(caller, PORT, NUMBER)
            call.invite()
            deadline = time.time() + 4
            while time.time() < deadline:
                which = next((n for n, peer in enumerate((heavy, light)) if (invite := peer.next(0.002)) and invite.method == "INVITE"), None)
                if which is not None:
                    (heavy, light)[which].answer(invite, 486)
                    counts[which] += 1
                    break
            caller.wait(486, 3, call.call_id)
        t.check(sum(counts) == 100 and 55 <= counts[0] <= 92, "three quarters of a hundred calls go to the heavier one, roughly", counts)


def test_naptr(t):
    """NAPTR says the transport: the best of those we have"""
    zone = ('naptr NAPTR 20 0 "s" "SIP+D2U" "" _sip._udp.naptr\nnaptr NAPTR 10 0 "s" "SIP+D2T" "" _sip._tcp.naptr\n'
            'naptr NAPTR 5 0 "s" "SIP+D2S" "" _sip._sctp.naptr\nnaptr NAPTR 1 0 "u" "E2U+sip" "!^.*$!sip:x@y!" .\n'
            "_sip._udp.naptr SRV 1 0 5391 a\n_sip._tcp.naptr SRV 1 0 5391 a\na A 127.0.0.1\n")
    with Scene("naptr,blue,sip:naptr.test,0\n", zone) as s:
        caller, udp, tcp = s.peer(Peer(5380)), s.peer(Peer(5391)), s.peer(StreamPeer(5391))
        refuse_call(t, caller, tcp, "by TCP, which its NAPTR puts before UDP; SCTP we do not have")
        t.check(udp.quiet(0.1), "and not by UDP")
        tcp.close()
        refuse_call(t, caller, udp, "without TCP by UDP, which comes next")


def test_no_needless_queries(t):
    """An address costs no query, a port no SRV, a transport no NAPTR; a name that is not there is known for a while"""
    for uri, most, kinds in (("sip:127.0.0.1:5391", 0, "nothing"), ("sip:a.test:5391", 2, "A and AAAA"),
                             ("sip:voice.test;transport=udp", 3, "SRV, A and AAAA")):
        with Scene(f"gw,blue,{uri},0\n", "_sip._udp.voice SRV 1 0 5391 a\na A 127.0.0.1\n") as s:
            caller, gateway = s.peer(Peer(5380)), s.peer(Peer(5391))
            for n in range(3):
                refuse_call(t, caller, gateway, f"{uri}, call {n}")
            queries = s.lab.ctl_json("counters")["dns_queries"]
            t.check(queries <= most, f"{uri}: {kinds} is asked, once", queries)
    with Scene("gone,blue,sip:gone.test,0\n", "a A 127.0.0.1\n") as s:
        caller, red = s.peer(Peer(5380)), s.peer(Peer(5392))
        refuse_call(t, caller, red, "a name that is not there: the next gateway")
        before = s.lab.ctl_json("counters")["dns_queries"]
        refuse_call(t, caller, red, "again")
        t.check(s.lab.ctl_json("counters")["dns_queries"] == before, "it is not asked for again")


def test_dead_server(t):
    """A name server that is silent costs the calls that need it a bounded time, and the others nothing"""
    with Scene("voice,blue,sip:voice.test,0\n") as s:
        caller, red = s.peer(Peer(5380)), s.peer(Peer(5392))
        s.peer(Peer(DNS_PORT))  # hears, and says nothing
        waiting = []
        for _ in range(50):
            call = Call(caller, PORT, NUMBER)
            call.invite()
            waiting.append(call.call_id)
        start = time.time()
        call = Call(caller, PORT, "+441632960123")  # red's alone
        call.invite()
        invite = red.wait("INVITE", 2, call.call_id)
        t.check(invite is not None and time.time() - start < 0.4, "a call that needs no name does not wait", time.time() - start)
        red.answer(invite, 486)
        came, deadline = set(), time.time() + 5
        while len(came) < 50 and time.time() < deadline:
            invite = red.next(0.3)
            if invite and invite.method == "INVITE" and invite.get("Call-ID") in waiting:
                came.add(invite.get("Call-ID"))
                red.answer(invite, 486)
        t.check(len(came) == 50 and time.time() - start < 2.5, "fifty that need it go to the next gateway", (len(came), time.time() - start))


Tests().run(*([f for name, f in list(globals().items()) if name in sys.argv[2:]] or
              [test_many, test_weights, test_naptr, test_no_needless_queries, test_dead_server]))
