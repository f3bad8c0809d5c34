#!/usr/bin/env python3
"""test_trip - six TRIP speakers in three ITADs, a gateway, and peers that misbehave

Usage: test_trip.py BUILD_DIR [NAME...]        the last line is "N passed, N failed, N skipped"
"""
import os
import socket
import struct
import sys
import time
import traceback

from trip_lab import (CEASE, KEEPALIVE, Lab, RawPeer, attr, expect, external, message, next_hop, open_message, path,
                      routes, update, wait_for)

TESTS = []


class Skip(Exception):
    pass


def test(function):
    TESTS.append(function)
    return function


def address(n):
    return f"127.0.0.{n}"


def peer(n, itad, more=""):
    return f'address = "{address(n)}"; itad = {itad}; {more}'


def ring(lab):
    """301: 11, 12; 302: 21, 22; 303: 31, 32; each ITAD linked to the other two."""
    return [lab.speaker(address(11), 301, [peer(12, 301), peer(32, 303), peer(41, 301, "tgrep = true;")],
                        more='next_hop = "proxy.301.example";'),
            lab.speaker(address(12), 301, [peer(11, 301), peer(21, 302)]),
            lab.speaker(address(21), 302, [peer(22, 302), peer(12, 301)]),
            lab.speaker(address(22), 302, [peer(21, 302), peer(31, 303)]),
            lab.speaker(address(31), 303, [peer(32, 303), peer(22, 302)]),
            lab.speaker(address(32), 303, [peer(31, 303), peer(11, 301)])]


def established(speakers):
    for speaker in speakers:
        for one in speaker.ask("peers"):
            if one["state"] != "Established" and one["kind"] != "gateway":
                return False
    return True


def same(a, b):
    return a.routes() == b.routes()


@test
def network(lab):
    """Convergence, loops, failover, restart, partition and heal, a gateway."""
    six = a1, a2, b1, b2, c1, c2 = ring(lab)
    wait_for("six speakers are connected", lambda: established(six))

    # convergence to identical Loc-TRIBs inside an ITAD
    a1.say("announce 49 next_hop=gw1.example:5060")
    b2.say("announce 44 next_hop=gw2.example communities=302:7")
    c1.say("announce - next_hop=gw3.example")
    wait_for("all know all", lambda: all(len(s.routes()) == 3 for s in six))
    wait_for("the ITADs agree", lambda: same(a1, a2) and same(b1, b2) and same(c1, c2))
    expect("from inside", a2.best("49")["path"], [])
    expect("from the neighbour", b1.best("49")["path"], [301])
    expect("communities", a1.best("44")["communities"], ["302:7"])
    expect("the next hop is unchanged", c2.best("44")["next_hop"], "gw2.example")

    # loops: 301's route comes round to 301 when 303 prefers the way through 302
    for speaker in six:
        for route in speaker.ask("routes"):
            if speaker.itad in route["path"]:
                raise AssertionError(f"a loop was selected: {route}")

    # failover: 303 has 49 by both neighbours; the way that it uses dies
    used = c1.best("49")["path"]
    expect("303 goes through 302 (lowest originator)", used, [302, 301])
    b2.kill()
    wait_for("303 takes the other way", lambda: (c1.best("49") or {}).get("path") == [301])
    wait_for("what was only there is gone", lambda: b1.best("44") is None and c1.best("44") is None)
    wait_for("the ITADs agree after the loss", lambda: same(a1, a2) and same(c1, c2))

    # restart: b2 begins again with sequence number 1
    b2.start()
    wait_for("it is back", lambda: established(six))
    b2.say("announce 44 next_hop=gw9.example")
    wait_for("its new route counts", lambda: (a1.best("44") or {}).get("next_hop") == "gw9.example")
    wait_for("the ITADs agree after the restart", lambda: same(a1, a2) and same(b1, b2) and same(c1, c2))

    # partition of 301, changes on both sides, and healing
    a1.say(f"stop {address(12)}")
    wait_for("a2 lost a1's route, and has it from outside only as a loop",
             lambda: a2.best("49") is None)
    a1.say("announce 491 next_hop=gw1.example")
    a2.say("announce 492 next_hop=gw5.example")
    a1.say("withdraw 49")
    wait_for("the others have both", lambda: b1.best("491") and c2.best("492") and not c2.best("49"))
    a1.say(f"start {address(12)}")
    wait_for("healed", lambda: established(six))
    wait_for("the ITADs agree after healing",
             lambda: same(a1, a2) and same(b1, b2) and same(c1, c2) and a2.best("491") and a1.best("492"))

    # a gateway registers with a1
    gateway = lab.speaker(address(41), 301, [peer(11, 301)], more="gateway = true;")
    wait_for("the gateway is connected", lambda: gateway.peer(address(11))["state"] == "Established")
    gateway.say("announce 4930 next_hop=gw41.example total_circuits=480 available_circuits=17 calls=95/100 carriers=+12345")
    wait_for("a1 has it", lambda: a1.best("4930"))
    expect("its figures", [a1.ask("routes 4930")[0].get(key) for key in
                           ("total_circuits", "available_circuits", "calls_ok", "calls_attempted", "carriers")],
           [480, 17, 95, 100, ["+12345"]])
    wait_for("the neighbours have it", lambda: c1.best("4930"))
    expect("its origin", c2.best("4930")["path"][-1], 301)
    inside = a2.ask("routes 4930")[0]
    expect("capacity is passed on", inside["total_circuits"], 480)
    expect("the rest is not", [key for key in ("available_circuits", "calls_ok") if key in inside], [])
    before = a1.peer(address(12))["out_updates"]
    gateway.say("announce 4930 next_hop=gw41.example total_circuits=480 available_circuits=3 calls=95/100 carriers=+12345")
    wait_for("a figure changes", lambda: a1.ask("routes 4930")[0]["available_circuits"] == 3)
    expect("and nobody else is told", a1.peer(address(12))["out_updates"], before)
    gateway.end()
    wait_for("it goes", lambda: c1.best("4930") is None and a2.best("4930") is None)


@test
def refresh(lab):
    """A reset brings all routes anew; policy and limits of one peer."""
    a = lab.speaker(address(11), 301, [peer(21, 302)])
    b = lab.speaker(address(21), 302, [peer(11, 301, 'max_prefixes = 3; import = ( { prefixes = ["44"]; action = "deny"; }, '
                                                      '{ local_preference = 7; } );')])
    for digits in ("49", "44", "441"):
        a.say(f"announce {digits} next_hop=gw.example med=5")
    wait_for("two are rejected, one is there", lambda: list(b.routes()) == [("e164", "sip", "49")])
    expect("by rule", b.best("49")["preference"], 7)
    expect("rejected", b.peer(address(11))["rejected"], 2)
    b.say(f"reset {address(11)}")
    wait_for("they come back", lambda: b.peer(address(11))["established_transitions"] == 2 and b.best("49"), 20)
    a.say("announce 1 next_hop=gw.example")
    wait_for("one too many: Cease", lambda: a.peer(address(21))["last_error"] == "6/0")
    wait_for("nothing is kept", lambda: b.routes() == {})


# --- peers that misbehave ---

GOOD = open_message(302, "127.0.0.21")
CAPS = bytes.fromhex("00010008 0002000400000002")
INVALID = next_hop(302, "not a host")
BAD_BEFORE_OPEN = [
    ("length 2", bytes.fromhex("000201"), "010100 02".replace(" ", "")),
    ("length 4097", bytes.fromhex("100102"), "01011001"),
    ("type 9", bytes.fromhex("000309"), "010209"),
    ("a long KEEPALIVE", bytes.fromhex("00040400"), "01010004"),
    ("a short OPEN", bytes.fromhex("001001"), "01010010"),
    ("version 4", open_message(302, "127.0.0.21", version=4), "020101"),
    ("the wrong ITAD", open_message(303, "127.0.0.21"), "0202"),
    ("our own identifier and ITAD", open_message(301, "127.0.0.11"), "0202"),
    ("hold time 2", open_message(302, "127.0.0.21", hold=2), "0205"),
    ("an unknown parameter", open_message(302, "127.0.0.21", params=bytes.fromhex("00070000")), "0204"),
    ("an unknown capability", open_message(302, "127.0.0.21", params=bytes.fromhex("0001 0006 0009 0002 ABCD")), "020600090002abcd"),
    ("a KEEPALIVE instead of an OPEN", KEEPALIVE, "0500"),
    ("an UPDATE instead of an OPEN", update(), "0500"),
]
BAD_AFTER_OPEN = [
    ("a second OPEN", GOOD, "0500"),
    ("an attribute twice", update(attr(6, b""), attr(6, b"")), "0301"),
    ("an unknown well-known one", update(attr(99, b"x")), "0302" + attr(99, b"x").hex()),
    ("nothing but routes", update(attr(2, routes("4"))), "0303030405"),
    ("flags", update(attr(6, b"", 0x80)), "0304" + attr(6, b"", 0x80).hex()),
    ("length", update(attr(7, b"abc")), "0305" + attr(7, b"abc").hex()),
    ("a server", update(INVALID), "0306" + INVALID.hex()),
    ("encapsulation from outside", update(struct.pack(">BBHII", 8, 1, 0, 1, 1)), "0306" + struct.pack(">BBHII", 8, 1, 0, 1, 1).hex()),
]


@test
def bad_messages(lab):
    """Each malformed message gets its NOTIFICATION and a clean close."""
    slow = "timers = { hold_s = 90; idle_hold_s = 1; idle_hold_max_s = 1; connect_retry_s = 60; };"
    speaker = lab.speaker(address(11), 301, [peer(21, 302, "passive = true;")], timers=slow)
    for established_first, rows in ((False, BAD_BEFORE_OPEN), (True, BAD_AFTER_OPEN)):
        for what, data, want in rows:
            wait_for(f"{what}: the back-off ends", lambda: speaker.peer(address(21))["state"] == "Active", 10)
            raw = RawPeer(address(21), address(11))
            if established_first:
                raw.establish(302, "127.0.0.21")
            raw.send(data)
            got = raw.notification()
            expect(what, got[3:].hex(), want)
            expect(f"{what}: the end", raw.receive(), b"")
            raw.close()
    expect("nothing is left", speaker.routes(), {})
    expect("a stranger is refused", RawPeer(address(77), address(11)).receive(), b"")


@test
def taken(lab):
    """Bad TRIP Identifier: another session of the same ITAD has this LS already."""
    speaker = lab.speaker(address(11), 301, [peer(21, 302, "passive = true;"), peer(22, 302, "passive = true;")])
    wait_for("both are waited for", lambda: speaker.peer(address(21))["state"] == speaker.peer(address(22))["state"] == "Active")
    first, second = RawPeer(address(21), address(11)), RawPeer(address(22), address(11))
    first.establish(302, "127.0.0.21")
    second.send(open_message(302, "127.0.0.21"))
    expect("the same identifier", second.notification(), bytes.fromhex("0005030203"))
    expect("the end", second.receive(), b"")
    expect("the first one stays", speaker.peer(address(21))["state"], "Established")


@test
def back_off(lab):
    """After errors the next Start waits, and longer each time."""
    slow = "timers = { hold_s = 90; idle_hold_s = 1; idle_hold_max_s = 60; connect_retry_s = 60; };"
    speaker = lab.speaker(address(11), 301, [peer(21, 302, "passive = true;")], timers=slow)
    waits = []
    for _ in range(3):
        wait_for("Active", lambda: speaker.peer(address(21))["state"] == "Active", 10)
        raw = RawPeer(address(21), address(11))
        raw.send(bytes.fromhex("000201"))
        raw.notification()
        start = time.monotonic()
        wait_for("Active again", lambda: speaker.peer(address(21))["state"] == "Active", 10)
        waits.append(time.monotonic() - start)
    if not (0.8 < waits[0] < 1.8 and 1.7 < waits[1] < 2.9 and 3.6 < waits[2] < 5.0):
        raise AssertionError(f"waited {waits}, expected 1, 2, 4 seconds")


def memory_kb(speaker):
    with open(f"/proc/{speaker.process.pid}/status", encoding="utf-8") as file:
        return int([line for line in file if line.startswith("VmRSS")][0].split()[1])


@test
def slow_and_loud(lab):
    """A peer that dribbles, one that floods: bounded, and others do not notice."""
    timers = ("timers = { hold_s = 9; keepalive_s = 3; connect_retry_s = 60; idle_hold_s = 1; min_route_advertisement_s = 0; "
              "min_itad_origination_s = 0; };")
    speaker = lab.speaker(address(11), 301, [peer(n, 302 + n, "passive = true;") for n in (22, 23, 24)], timers=timers)
    wait_for("ready", lambda: all(p["state"] == "Active" for p in speaker.ask("peers")))
    dribble, loud, good = (RawPeer(address(n), address(11)) for n in (22, 23, 24))
    for raw, n in ((loud, 23), (good, 24)):
        raw.establish(302 + n, address(n), hold=9)
    base = memory_kb(speaker)
    start = time.monotonic()
    sent = 0
    while time.monotonic() < start + 8:
        # 4,096-octet messages of good form, always the same 60 routes with other attributes
        flood = update(attr(2, routes(*[f"49{i:03d}" for i in range(300)])), next_hop(325, f"g{sent}.example"), path(4, 325), path(5, 325))
        loud.send(flood * 5)
        sent += 5
        if sent % 200 == 0:
            dribble.send(GOOD[sent // 200 - 1:][:1])
            good.send(KEEPALIVE)
            loud.send(KEEPALIVE)
    expect("the flooder's routes", speaker.peer(address(23))["routes"], 300)
    grown = memory_kb(speaker) - base
    if grown > 20000:
        raise AssertionError(f"{grown} KB more after a flood of {sent} messages")
    expect("a good peer stays", speaker.peer(address(24))["state"], "Established")
    # junk
    loud.send(struct.pack(">HB", 4096, 2) + os.urandom(4093))
    got = loud.notification()
    expect("junk is an UPDATE error", got[2:4].hex() if got else "", "0303")
    wait_for("its routes are gone", lambda: speaker.peer(address(23))["routes"] == 0)


@test
def deaf(lab):
    """A peer that does not read: what it would get is not stored for it, and it is given up in the hold time."""
    timers = "timers = { hold_s = 9; connect_retry_s = 60; idle_hold_s = 60; min_itad_origination_s = 0; };"
    speaker = lab.speaker(address(11), 301, [peer(n, 302 + n, "passive = true;") for n in (21, 24)], timers=timers)
    for i in range(60000):
        speaker.process.stdin.write(f"announce 49{i:05d} next_hop=a-long-name-of-a-gateway-{i}.example.net\n")
    wait_for("ready", lambda: all(p["state"] == "Active" for p in speaker.ask("peers")), 60)
    base = memory_kb(speaker)
    silent, good = RawPeer(address(21), address(11), window=4096), RawPeer(address(24), address(11))
    silent.establish(302 + 21, address(21), hold=9)
    good.establish(302 + 24, address(24), hold=9)
    good.socket.settimeout(0.2)
    start = time.monotonic()
    while speaker.peer(address(21))["state"] == "Established":
        if time.monotonic() > start + 40:
            raise AssertionError("the deaf peer is still there")
        for raw in (silent, good):
            raw.send(KEEPALIVE)
        try:
            while good.socket.recv(1 << 20):
                pass
        except TimeoutError:
            pass
        time.sleep(0.3)
    # two Adj-TRIBs-Out, of about 100 octets a route, and their attributes
    grown = memory_kb(speaker) - base
    if grown > 60000 * 2 * 0.8:
        raise AssertionError(f"{grown} KB more for two peers")
    expect("the other one has all", speaker.peer(address(24))["advertised"], 60000)
    expect("and is there", speaker.peer(address(24))["state"], "Established")


@test
def hold_timer(lab):
    """A peer that says nothing, not even whole messages, is given up in the hold time."""
    timers = "timers = { hold_s = 3; connect_retry_s = 60; idle_hold_s = 1; };"
    speaker = lab.speaker(address(11), 301, [peer(21, 302, "passive = true;")], timers=timers)
    wait_for("ready", lambda: speaker.peer(address(21))["state"] == "Active")
    raw = RawPeer(address(21), address(11))
    raw.establish(302, "127.0.0.21", hold=200)
    raw.send(external(302, "49"))
    wait_for("the route", lambda: speaker.best("49"))
    start = time.monotonic()
    for byte in external(302, "50")[:4]: # one octet a second is no message
        raw.send(bytes([byte]))
        time.sleep(1)
        if time.monotonic() - start > 3.5:
            break
    expect("Hold Timer Expired", raw.notification(), bytes.fromhex("0005030400"))
    wait_for("the route is gone", lambda: speaker.best("49") is None)


@test
def collision(lab):
    """Two connections: the one that the higher identifier opened stays (6.8)."""
    for ours, theirs, stays in ((11, 21, "theirs"), (31, 21, "ours")):
        timers = "timers = { hold_s = 90; connect_retry_s = 1; idle_hold_s = 1; };"
        listener = socket.socket()
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((address(theirs), 6069))
        listener.listen(1)
        listener.settimeout(10)
        speaker = lab.speaker(address(ours), 301, [peer(theirs, 302)], timers=timers)
        outbound = RawPeer.__new__(RawPeer)
        outbound.socket = listener.accept()[0]
        outbound.socket.settimeout(10)
        expect("an OPEN", outbound.receive()[2], 1)
        inbound = RawPeer(address(theirs), address(ours))
        expect("another OPEN", inbound.receive()[2], 1)
        outbound.send(open_message(302, address(theirs)))
        inbound.send(open_message(302, address(theirs)))
        winner, loser = (inbound, outbound) if stays == "theirs" else (outbound, inbound)
        expect("the loser gets a Cease", loser.notification(), CEASE)
        winner.send(KEEPALIVE)
        expect("the winner goes on", winner.receive(), KEEPALIVE)
        wait_for("Established", lambda: speaker.peer(address(theirs))["state"] == "Established")
        listener.close()
        speaker.end()


@test
def clean_end(lab):
    """At the end all peers get a Cease."""
    speaker = lab.speaker(address(11), 301, [peer(21, 302, "passive = true;")])
    wait_for("ready", lambda: speaker.peer(address(21))["state"] == "Active")
    raw = RawPeer(address(21), address(11))
    raw.establish(302, "127.0.0.21")
    speaker.end()
    expect("Cease", raw.notification(), CEASE)


@test
def modes(lab):
    """Send-only sends, receive-only receives, two of a kind refuse each other."""
    a = lab.speaker(address(11), 301, [peer(21, 302)], more='mode = "send-only";')
    b = lab.speaker(address(21), 302, [peer(11, 301), peer(31, 303)], more='mode = "receive-only";')
    c = lab.speaker(address(31), 303, [peer(21, 302)], more='mode = "receive-only";')
    a.say("announce 49 next_hop=gw.example")
    b.say("announce 44 next_hop=gw.example")
    wait_for("what is sent is received", lambda: b.best("49"))
    expect("and nothing the other way", a.best("44"), None)
    wait_for("two receivers: Capability Mismatch", lambda: b.peer(address(31))["last_error"] == "2/7")
    expect("no session", c.routes(), {})


@test
def version_six(lab):
    """A session over IPv6, within the hop limit; one side waits."""
    a = lab.speaker("127.0.0.11", 301, ['address = "[::1]:6079"; itad = 302; gtsm = true;'], listen="[::1]:6078")
    b = lab.speaker("127.0.0.21", 302, ['address = "[::1]:6078"; itad = 301; gtsm = true; passive = true;'], listen="[::1]:6079")
    a.say("announce 49 next_hop=[2001:db8::1]:5060")
    wait_for("a route over IPv6", lambda: b.best("49"))
    expect("its next hop", b.best("49")["next_hop"], "[2001:db8::1]:5060")
    expect("the peer", b.ask("routes")[0]["peer"], "[::1]:6078")


@test
def protection(lab):
    """TCP-MD5 and the hop limit: with the same key and TTL a session, otherwise none."""
    probe = socket.socket()
    try:
        probe.setsockopt(socket.IPPROTO_TCP, 14, struct.pack("=H2s4s120x", socket.AF_INET, b"\0\0", socket.inet_aton("127.0.0.9"))
                         + struct.pack("=BBHI80s", 0, 0, 3, 0, b"key"))
    except OSError:
        raise Skip("the kernel has no TCP-MD5")
    key = 'password = "secret"; gtsm = true;'
    a = lab.speaker(address(11), 301, [peer(21, 302, key), peer(31, 303, 'password = "one";')])
    b = lab.speaker(address(21), 302, [peer(11, 301, key)])
    lab.speaker(address(31), 303, [peer(11, 301, 'password = "other";')])
    wait_for("the same key", lambda: a.peer(address(21))["state"] == "Established")
    a.say("announce 49 next_hop=gw.example")
    wait_for("routes flow", lambda: b.best("49"))
    time.sleep(3)
    expect("another key", a.peer(address(31))["established_transitions"], 0)


@test
def hops(lab):
    """Segments that came over more than one hop do not count (RFC 5082)."""
    speaker = lab.speaker(address(11), 301, [peer(21, 302, "gtsm = true; passive = true;")])
    wait_for("ready", lambda: speaker.peer(address(21))["state"] == "Active")
    far = socket.socket()
    far.setsockopt(socket.IPPROTO_IP, socket.IP_TTL, 254)
    far.bind((address(21), 0))
    far.settimeout(2)
    try:
        far.connect((address(11), 6069))
        raise AssertionError("a connection came about over two hops")
    except socket.timeout:
        far.close()
    near = socket.socket()
    near.setsockopt(socket.IPPROTO_IP, socket.IP_TTL, 255)
    near.bind((address(21), 0))
    near.settimeout(5)
    near.connect((address(11), 6069))
    near.sendall(GOOD + KEEPALIVE)
    wait_for("from near by", lambda: speaker.peer(address(21))["state"] == "Established", 20)
    near.setsockopt(socket.IPPROTO_IP, socket.IP_TTL, 254)
    near.sendall(external(302, "49"))
    time.sleep(1)
    expect("what then comes from afar is not heard", speaker.best("49"), None)
    near.close()


@test
def secured(lab):
    """Sessions in TLS: both sides prove who they are, or there is no session."""
    folder = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "data", "tls")

    def tls(name, ca="ca"):
        return f'tls = {{ certificate = "{folder}/{name}.pem"; ca = "{folder}/{ca}.pem"; }};'
    # a: uri.pem, of example.net; b: dns.pem, of sip.example.net
    a = lab.speaker(address(11), 301, [peer(21, 302, 'tls = true; tls_name = "sip.example.net";'), peer(31, 303, 'tls = true; tls_name = "example.org";'),
                                       peer(41, 304, 'tls = true; tls_name = "stranger.example.net"; passive = true;'),
                                       peer(51, 305, 'tls = true; passive = true;')], more=tls("uri"))
    b = lab.speaker(address(21), 302, [peer(11, 301, 'tls = true; tls_name = "example.net";')], more=tls("dns"))
    wait_for("a session", lambda: b.peer(address(11))["state"] == "Established")
    for i in range(5000):
        a.process.stdin.write(f"announce 49{i:05d} next_hop=a-long-name-of-a-gateway-{i}.example.net\n")
    a.process.stdin.flush()
    wait_for("5,000 routes with as many sets of attributes", lambda: b.peer(address(11))["routes"] == 5000)
    a.say("withdraw all")
    wait_for("withdrawn", lambda: b.peer(address(11))["routes"] == 0)
    # who is somebody else, by name or by authority; whoever opens the connection
    wrong = lab.speaker(address(31), 303, [peer(11, 301, 'tls = true; tls_name = "example.net";')], more=tls("dns"))
    stranger = lab.speaker(address(41), 304, [peer(11, 301, 'tls = true; tls_name = "example.net";')], more=tls("stranger"))
    plain = lab.speaker(address(51), 305, [peer(11, 301)])
    raw = RawPeer(address(51), address(11), timeout=5)
    raw.send(GOOD)
    rest = raw.receive()
    time.sleep(5)
    expect("none of them has a session", [s.peer(address(11))["established_transitions"] for s in (wrong, stranger, plain)], [0, 0, 0])
    expect("plain octets get an alert or nothing", rest[:1] in (b"", b"\x15"), True)
    log = open(os.path.join(lab.dir, f"{address(11)}.log"), encoding="utf-8").read()
    expect("and the log says why", "TLS: the certificate is not that of the domain" in log or "TLS: certificate" in log, True)
    # the Cease gets through
    a.end()
    wait_for("Cease", lambda: b.peer(address(11))["last_error"] == "6/0", 5)
    wait_for("no session", lambda: b.peer(address(11))["state"] != "Established")


@test
def files_and_signals(lab):
    """tripspeak announces a file, withdraws and announces again by signal, and explains octets."""
    import signal
    import subprocess
    table = os.path.join(lab.dir, "routes.txt")
    with open(table, "w", encoding="utf-8") as file:
        file.write("# a table\n" + "".join(f"49{i:05d} med={i % 3}\n" for i in range(20000)))
    b = lab.speaker(address(21), 302, [peer(11, 301, "passive = true;")])
    a = lab.speaker(address(11), 301, [peer(21, 302)])
    a.ask("peers")
    a.end()
    a.start("--announce", table, "--next-hop", "gw.example:5060")
    wait_for("20,000 routes", lambda: b.peer(address(11))["routes"] == 20000)
    a.process.send_signal(signal.SIGUSR1)
    wait_for("withdrawn", lambda: b.peer(address(11))["routes"] == 0)
    a.process.send_signal(signal.SIGHUP)
    wait_for("and back", lambda: b.peer(address(11))["routes"] == 20000)
    a.say("announce +49 next_hop=gw.example")
    expect("a wrong line is told", a.answers.get(timeout=10)["text"], "cannot be announced: +49")
    tool = os.path.join(lab.build, "tripspeak")
    done = subprocess.run([tool, "--decode", external(301, "49", "50").hex()], capture_output=True, text=True)
    expect("decoded", (done.returncode, done.stdout.strip()),
           (0, "type=UPDATE length=" + str(len(external(301, "49", "50"))) + " next_hop_itad=301 next_hop=gw.example.net "
            "path=[301] routed_path=[301] reachable={routes=[{family=e164 protocol=sip prefix=49},"
            "{family=e164 protocol=sip prefix=50}]}"))
    done = subprocess.run([tool, "--decode", update(attr(99, b"x")).hex(), "--json"], capture_output=True, text=True)
    expect("an error is explained", (done.returncode, "Unrecognized Well-known Attribute" in done.stdout), (1, True))


def main():
    build, names = sys.argv[1], sys.argv[2:]
    passed = failed = skipped = 0
    for function in TESTS:
        if names and function.__name__ not in names:
            continue
        start = time.monotonic()
        try:
            with Lab(build) as lab:
                function(lab)
            passed += 1
            print(f"ok      {function.__name__} ({time.monotonic() - start:.1f} s)", flush=True)
        except Skip as why:
            skipped += 1
            print(f"skipped {function.__name__}: {why}", flush=True)
        except Exception:  # pylint: disable=broad-except
            failed += 1
            print(f"FAIL    {function.__name__}: {function.__doc__}\n{traceback.format_exc()}", flush=True)
    print(f"{passed} passed, {failed} failed, {skipped} skipped")
    return 1 if failed else 0


sys.exit(main())
