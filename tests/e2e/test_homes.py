#!/usr/bin/env python3
"""A host with several networks, each with IPv4 and IPv6, and parties behind a real NAT: the right address in every message, both ways

Usage: tests/e2e/test_homes.py BUILD [TEST...]
"""
import os
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import streams  # noqa: E402
import wire  # noqa: E402
from lab import Tests  # noqa: E402
from peer import Call, Peer  # noqa: E402
from stream import StreamPeer  # noqa: E402
from streams import NUMBER, PORT, answer_call, callee_hangs_up, hang_up  # noqa: E402

BUILD = os.path.abspath(sys.argv[1])
OURS = {("left", 4): "10.1.0.1", ("left", 6): "fd01::1", ("right", 4): "10.2.0.1", ("right", 6): "fd02::1"}
THEIRS = {("left", 4): "10.1.0.2", ("left", 6): "fd01::2", ("right", 4): "10.2.0.2", ("right", 6): "fd02::2"}
KINDS = [(family, by) for family in (4, 6) for by in ("udp", "tcp")]


def literal(address):
    return f"[{address}]" if ":" in address else address


def listen_at(addresses):
    return ", ".join(f'{{ uri = "sip:{literal(address)}:{PORT};transport={by}"; }}' for address in addresses for by in ("udp", "tcp"))


def make_peer(host, address, port, by, proxy, has_listener):
    """A scripted party at that host."""
    with host.inside():
        if by == "udp":
            peer = Peer(port, address)
            peer.params = ""
        else:
            peer = StreamPeer(port, listen=has_listener, address=address)
    peer.proxy, peer.host, peer.sent_by = proxy, literal(address), literal(address)
    if by == "tcp" and not has_listener:
        with host.inside():
            peer.connect(PORT)
    return peer


def source_of(message, peer):
    """The address a message came from."""
    return peer.source_address(message) if isinstance(peer, StreamPeer) else message.source[0]


def stream_source(self, message):
    return message.source[1].socket.getpeername()[0]


StreamPeer.source_address = stream_source


def one_call(t, s, sides, n, ends):
    """A call from left to right by these (family, transport) each."""
    (family, by), (family_out, by_out) = sides
    what = f"IPv{family} {by} to IPv{family_out} {by_out}, the {ends} ends"
    left, right = OURS["left", family], OURS["right", family_out]
    caller = s.peer(make_peer(s.left, THEIRS["left", family], 5380 + n, by, left, False))
    gateway = s.gateway
    call = Call(caller, PORT, NUMBER, uri=f"sip:{NUMBER}@{literal(left)}:{PORT}")
    invite, answer = answer_call(t, call, gateway, what)
    t.check(source_of(invite, gateway) == right and source_of(answer, caller) == left, f"{what}: each side sees the address that is its own",
            (source_of(invite, gateway), source_of(answer, caller)))
    t.check(invite.get("Via").startswith(f"SIP/2.0/{by_out.upper()} {literal(right)}:{PORT};"), f"{what}: our Via", invite.get("Via"))
    routes = [route.strip().split(";")[0] for row in answer.all("Record-Route") for route in row.split(",")]
    t.check(routes == [f"<sip:{literal(right)}:{PORT}", f"<sip:{literal(left)}:{PORT}"], f"{what}: our Record-Routes", routes)
    t.check(f"received" not in invite.all("Via")[1], f"{what}: his Via is right as it is", invite.all("Via")[1])
    if ends == "caller":
        hang_up(t, call, gateway, what)
    else:
        gateway.proxy = right
        callee_hangs_up(t, call, gateway, invite, what, hop=PORT if by_out == "udp" else invite.source[1])
    return call.call_id, ends


class Homes(streams.Scene):
    """left and right are hosts of two networks; the gateway is at the right one."""

    def __init__(self, uri, **more):
        self.left = wire.Host("left", ["10.1.0.1/24", "fd01::1/64"], ["10.1.0.2/24", "fd01::2/64"])
        self.right = wire.Host("right", ["10.2.0.1/24", "fd02::1/64"], ["10.2.0.2/24", "fd02::2/64"])
        super().__init__(BUILD, f"gw,blue,{uri},0\n", listen=listen_at(OURS.values()),
                         tables={"trunks": "account,address\nacme,10.1.0.2\nacme,fd01::2\n"}, **more)

    def __exit__(self, *words):
        super().__exit__(*words)
        self.left.close()
        self.right.close()


def test_families(t):
    """From each family and transport to each, over two networks"""
    for family_out, by_out in KINDS:
        for workers in (1, 2):
            with Homes(f"sip:{literal(THEIRS['right', family_out])}:5391;transport={by_out}", workers=workers) as s:
                s.gateway = s.peer(make_peer(s.right, THEIRS["right", family_out], 5391, by_out, OURS["right", family_out], True))
                want = dict(one_call(t, s, (kind, (family_out, by_out)), 2 * n + m, ends)
                            for n, kind in enumerate(KINDS) for m, ends in enumerate(("caller", "callee")))
                s.lab.wait_shipped()
                got = {row["call_id"]: row["end_source"] for row in s.lab.records() if row["status"] == "answered"}
                t.check(got == want, f"to IPv{family_out} {by_out}, workers={workers}: eight records", got)


def test_network_goes(t):
    """A network that is gone: its gateway is unreachable at once, the next one has the call, and when it is back it is used"""
    with Homes("sip:10.2.0.2:5391") as s:
        s.gateway = s.peer(make_peer(s.right, "10.2.0.2", 5391, "udp", "10.2.0.1", True))
        other = s.peer(make_peer(s.left, "10.1.0.2", 5392, "udp", "10.1.0.1", True))
        s.lab.run("lcrdb", "import", "gateways", write(s.lab, "gateways.csv", "gateway,carrier,uri,priority\ngw,blue,sip:10.2.0.2:5391,0\nred1,red,sip:10.1.0.2:5392,9\n"))
        s.lab.ctl("reload")
        one_call(t, s, ((4, "udp"), (4, "udp")), 0, "caller")
        wire.ip("link", "set", "right", "down")
        caller = s.peer(make_peer(s.left, "10.1.0.2", 5385, "udp", "10.1.0.1", False))
        call = Call(caller, PORT, NUMBER, uri=f"sip:{NUMBER}@10.1.0.1:{PORT}")
        start = time.time()
        call.invite()
        invite = other.wait("INVITE", 3, call.call_id)
        t.check(invite is not None and time.time() - start < 0.5, "the next gateway has the call at once", time.time() - start)
        other.answer(invite, 486)
        t.check(caller.wait(486, 2, call.call_id) is not None, "and answers it")
        wire.ip("link", "set", "right", "up")
        wire.ip("addr", "add", "fd02::1/64", "dev", "right", "nodad")
        one_call(t, s, ((4, "udp"), (4, "udp")), 6, "callee")


def test_one_address_for_both(t):
    """A caller of the left network who calls our right address is answered, and called upon inside the call, from that one"""
    with Homes("sip:10.2.0.2:5391") as s:
        gateway = s.peer(make_peer(s.right, "10.2.0.2", 5391, "udp", "10.2.0.1", True))
        caller = s.peer(make_peer(s.left, "10.1.0.2", 5386, "udp", "10.2.0.1", False))
        call = Call(caller, PORT, NUMBER, uri=f"sip:{NUMBER}@10.2.0.1:{PORT}")
        invite, answer = answer_call(t, call, gateway, "one address")
        t.check(answer.get("Record-Route").count("sip:10.2.0.1") == 1, "both sides know that one alone", answer.get("Record-Route"))
        call.callee_request(gateway, "BYE", invite)
        bye = caller.wait("BYE", 2)
        t.check(bye is not None and bye.source[0] == "10.2.0.1", "the BYE comes from it, though the way to him is the left one", bye and bye.source)
        caller.answer(bye, 200)
        streams.one_record(t, s.lab, "one address")


def write(lab, name, text):
    with open(lab.path(name), "w", encoding="utf-8") as file:
        file.write(text)
    return lab.path(name)


# --- NAT ---

class Home(streams.Scene):
    """A party at 192.168.7.2 behind 198.51.100.7, which lets in only what was asked for; we are 198.51.100.1."""

    def __init__(self, gateway, workers):
        self.nat = wire.Nat("198.51.100.7")
        self.home = wire.Host("outside", ["198.51.100.1/24"], ["192.168.7.2/24"], self.nat)
        super().__init__(BUILD, gateway, listen=listen_at(["127.0.0.1", "198.51.100.1"]), workers=workers,
                         tables={"trunks": "account,address\nacme,198.51.100.7\nacme,127.0.0.1\n"})

    def __exit__(self, *words):
        super().__exit__(*words)
        self.home.close()


def through_nat(t, s, by, gateway, n, ends):
    what = f"{by}, {s.lab.workers} workers, the {ends} ends"
    caller = s.peer(make_peer(s.home, "192.168.7.2", 5380 + n, by, "198.51.100.1", False))
    call = Call(caller, PORT, NUMBER, uri=f"sip:{NUMBER}@198.51.100.1:{PORT}")
    plain = call.request
    call.request = lambda *words, **more: plain(*words, **more).replace(";branch=", ";rport;branch=", 1)
    invite, answer = answer_call(t, call, gateway, what)
    via = invite.all("Via")[1]
    t.check(";received=198.51.100.7" in via and ";rport=40" in via, f"{what}: received and rport say where he is", via)
    for request in ("INFO", "INVITE"):
        call.callee_request(gateway, request, invite, headers="" if request == "INFO" else "Contact: <sip:gateway@127.0.0.1:5391>\r\n", hop=PORT)
        got = caller.wait(request, 2)
        if t.check(got is not None, f"{what}: {request} of the callee comes through"):
            caller.answer(got, 200)
            t.check(gateway.wait(200, 2) is not None, f"{what}: and its answer")
    if by == "udp":
        s.nat.forget()  # what he sends next comes from another port
    call.send("INFO")
    got = gateway.wait("INFO", 2)
    gateway.answer(got, 200)
    t.check(caller.wait(200, 2) is not None, f"{what}: INFO of the caller, answered")
    if ends == "caller":
        hang_up(t, call, gateway, what)
    else:
        callee_hangs_up(t, call, gateway, invite, what, hop=PORT)
    return call.call_id, ends


def test_nat(t):
    """A caller behind a NAT by UDP and TCP: answers and requests inside calls get through, and nothing else was tried"""
    for workers in (1, 3):
        with Home("gw,blue,sip:127.0.0.1:5391,0\n", workers) as s:
            gateway = s.peer(Peer(5391))
            want = dict(through_nat(t, s, by, gateway, 10 * m + n, ends)
                        for m, by in enumerate(("udp", "tcp")) for n, ends in enumerate(("caller", "callee", "caller", "callee")))
            s.lab.wait_shipped()
            got = {row["call_id"]: row["end_source"] for row in s.lab.records() if row["status"] == "answered"}
            t.check(got == want, f"workers={workers}: eight records", got)
            t.check(s.nat.dropped == 0, f"workers={workers}: nothing was sent that the NAT did not let in", s.nat.dropped)


if not wire.possible():
    print("skipped: a network of its own and /dev/net/tun are wanted")
    print("0 passed, 0 failed, 1 skipped")
    sys.exit(0)
Tests().run(*([f for name, f in list(globals().items()) if name in sys.argv[2:]] or [test_families, test_network_goes, test_one_address_for_both, test_nat]))
