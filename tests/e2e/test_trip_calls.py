#!/usr/bin/env python3
"""TRIP in the plan: calls go by learnt prefixes, and static gateways take over; bad peers; our own gateways announced

Usage: tests/e2e/test_trip_calls.py BUILD
"""
import os
import socket
import struct
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import trip_lab  # noqa: E402
from lab import Lab, Pulse, Tests  # noqa: E402
from peer import Call, Peer  # noqa: E402
from trip_lab import CEASE, KEEPALIVE, RawPeer, attr, external, next_hop, path, routes, update, wait_for  # noqa: E402

BUILD = os.path.abspath(sys.argv[1])
# what a sanitizer keeps of freed memory would hide what is kept for a peer
os.environ.setdefault("ASAN_OPTIONS", "quarantine_size_mb=1")
PORT = 5760
OURS, ITAD = "127.0.3.1", 64512
BERLIN, MUNICH, LONDON, PARIS = "+493012345678", "+498912345678", "+442071234567", "+33123456789"
GATEWAYS = "gateway,carrier,uri,priority\nblue1,blue,sip:127.0.0.1:5791,0\nred1,red,sip:127.0.0.1:5792,0\n"
CARRIERS = "carrier,tariff,quality_min_asr\nblue,blue,\nred,red,40\nlocal,,\n"
RATES = ("tariff,prefix,rate\nblue,49,0.0071\nblue,4930,0.0055\nred,49,0.0093\nred,44,0.0120\n"
         "retail,49,0.0190\nretail,44,0.0210\nretail,33,0.03\n")
TIMERS = ("timers = { hold_s = 9; keepalive_s = 3; connect_retry_s = 1; idle_hold_s = 1; idle_hold_max_s = 2; "
          "min_route_advertisement_s = 0; min_itad_origination_s = 0; };")


def trip(peers, more=""):
    items = ", ".join(f'{{ address = "127.0.3.{n}"; passive = true; {rest} }}' for n, rest in peers)
    return f'trip = {{ itad = {ITAD}; id = "{OURS}"; listen = "{OURS}:6069"; next_hop = "127.0.0.1:{PORT}"; {TIMERS} {more} peers = ( {items} ); }};'


class Scene:
    """A daemon that speaks TRIP; gateways as scripted peers: blue1 and red1 of the tables, and three that are learnt."""

    def __init__(self, name, peers, more="", workers=2, settings=""):
        self.lab = Lab(BUILD, name, workers=workers, port=PORT, gateways=GATEWAYS, settings=trip(peers, more) + settings,
                       tables={"carriers": CARRIERS, "rates": RATES})
        self.trip = trip_lab.Lab(BUILD)

    def __enter__(self):
        self.lab.prepare()
        self.lab.start()
        self.caller = Peer(5780)
        self.gateways = {name: Peer(port) for name, port in
                         (("blue1", 5791), ("red1", 5792), ("a", 5793), ("b", 5794), ("c", 5795))}
        return self

    def __exit__(self, kind, value, trace):
        for peer in (self.caller, *self.gateways.values()):
            peer.close()
        self.trip.__exit__(kind, value, trace)
        if kind is None:
            self.lab.stop()
        self.lab.__exit__(kind, value, trace)

    def speaker(self, n, itad, more="", ours=""):
        """A tripspeak at 127.0.3.N that connects to the daemon."""
        return self.trip.speaker(f"127.0.3.{n}", itad, [f'address = "{OURS}"; itad = {ITAD}; {ours}'], more=more)

    def learnt(self, digits, n=1):
        """Until `n` routes below the digits are offered."""
        wait_for(f"{n} routes for {digits}", lambda: len(self.lab.ctl_json("trip", "routes", digits)) == n, 20)

    def where(self, call, invite, seconds=3):
        """Send the INVITE; the name of the gateway it comes to, and it."""
        self.caller.send(invite, PORT)
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            for name, peer in self.gateways.items():
                got = peer.next(0.002)
                while got is not None:
                    if got.method == "INVITE" and got.get("Call-ID") == call.call_id:
                        return name, got
                    got = peer.next(0.002)
        return None, None

    def place(self, number):
        call = Call(self.caller, PORT, number)
        name, invite = self.where(call, call.request("INVITE"))
        return call, name, invite

    def answer(self, call, name, invite):
        self.gateways[name].answer(invite, 200)
        call.learn(self.caller.wait(200, call_id=call.call_id))
        call.ack()
        self.gateways[name].wait("ACK", call_id=call.call_id)

    def refuse(self, call, name, invite):
        self.gateways[name].answer(invite, 486)
        self.caller.wait(486, call_id=call.call_id)
        call.ack()

    def goes_to(self, number):
        """Where a call to the number goes; it is refused there."""
        call, name, invite = self.place(number)
        if name is not None:
            self.refuse(call, name, invite)
        return name

    def hang_up(self, call, name):
        call.send("BYE")
        bye = self.gateways[name].wait("BYE", call_id=call.call_id)
        self.gateways[name].answer(bye, 200)
        self.caller.wait(200, call_id=call.call_id)

    def record(self, call):
        self.lab.wait_shipped()
        time.sleep(0.2)
        return [row for row in self.lab.records() if row["call_id"] == call.call_id][0]


def learnt_and_withdrawn(tests):
    """A call goes by a learnt prefix; the route is withdrawn; the next call takes the static gateway"""
    with Scene("trip-calls", [(2, 'itad = 64513; carrier = "blue";')]) as s:
        tests.check(s.goes_to(BERLIN) == "blue1", "before there is a route the static gateway")
        speaker = s.speaker(2, 64513)
        speaker.say("announce 4930 next_hop=127.0.0.1:5793 med=7 communities=64513:9")
        s.learnt("4930")
        call, name, invite = s.place(BERLIN)
        tests.check(name == "a", "the next hop of the route is asked first", repr(name))
        tests.check(invite.start == f"INVITE sip:{BERLIN}@127.0.0.1:5793 SIP/2.0", "with the number as it is", invite.start)
        s.answer(call, name, invite)
        shown = s.lab.ctl_json("route", BERLIN, "--account", "acme")
        first = shown["candidates"][0]
        tests.check(shown["plan"] == ["127.0.0.1:5793", "blue1", "red1"] and shown["sources"] == ["static", "trip"], "lcrctl route shows the plan",
                    repr(shown["plan"]))
        tests.check((first["source"], first["carrier"], first["prefix"], first["rate_prefix"], first["rate"]) ==
                    ("trip", "blue", "4930", "4930", "0.0055"), "priced by the carrier's tariff", repr(first))
        tests.check(first["trip"]["path"] == [64513] and first["trip"]["med"] == 7 and first["trip"]["communities"] == ["64513:9"] and
                    first["trip"]["peer"] == "127.0.3.2", "with path and attributes", repr(first.get("trip")))
        tests.check("trip 127.0.0.1:5793:" in s.lab.ctl("route", BERLIN) and "path=[64513]" in s.lab.ctl("route", BERLIN), "as text, too",
                    s.lab.ctl("route", BERLIN))
        tests.check(s.goes_to(MUNICH) == "blue1", "other numbers go the old way")
        speaker.say("withdraw 4930")
        wait_for("withdrawn", lambda: not s.lab.ctl_json("trip", "routes", "4930"))
        tests.check(s.goes_to(BERLIN) == "blue1", "withdrawn: the static gateway")
        s.hang_up(call, "a")
        tests.check(True, "the call in progress stayed, its BYE got there")
        row = s.record(call)
        tests.check((row["route_source"], row["carrier"], row["gateway"], row["matched_prefix"], row["status"]) ==
                    ("trip", "blue", "127.0.0.1:5793", "4930", "answered"), "the record says so", repr(row))
        speaker.say("announce 49 next_hop=127.0.0.1:5793")
        s.learnt("49")
        tests.check(s.goes_to(BERLIN) == "a", "a shorter prefix that was told is a route, too")
        speaker.kill()
        wait_for("the session ended", lambda: not s.lab.ctl_json("trip", "routes", "49"))
        tests.check(s.goes_to(BERLIN) == "blue1", "the peer is gone: the static gateway")


def after_restart(tests):
    """A call goes by a gateway that is only learnt; after kill -9 nobody tells of it any more, and the callee renegotiates"""
    with Scene("trip-restart", [(2, 'itad = 64513; carrier = "blue";')]) as s:
        speaker = s.speaker(2, 64513)
        speaker.say("announce 4930 next_hop=127.0.4.9:5796")
        s.learnt("4930")
        s.gateways["d"], stranger = Peer(5796, "127.0.4.9"), Peer(5796, "127.0.4.10")
        s.gateways["d"].host = "127.0.4.9"
        call, name, invite = s.place(BERLIN)
        tests.check(name == "d", "the call goes to the learnt gateway", repr(name))
        s.answer(call, name, invite)
        source = [s.lab.ctl_json("route", BERLIN, "--from", f"127.0.4.{n}").get("source") for n in (9, 10)]
        tests.check(source == ["gateway", "unknown"], "its address is a gateway's, as one of the tables is", repr(source))

        def renegotiates(what):
            call.callee_request(s.gateways["d"], "INVITE", invite)
            got = s.caller.wait("INVITE", call_id=call.call_id)
            if not tests.check(got is not None, f"{what}: its re-INVITE comes to the caller"):
                return
            s.caller.answer(got, 200, tag="")
            tests.check(s.gateways["d"].wait(200, call_id=call.call_id) is not None, f"{what}: and his answer to it")
            call.callee_request(s.gateways["d"], "ACK", invite)
            s.caller.wait("ACK", call_id=call.call_id)

        def strays(what):
            call.callee_request(stranger, "INVITE", invite)
            got = stranger.wait(403, call_id=call.call_id)
            tests.check(got is not None and s.caller.next(0.2) is None, f"{what}: from another address it is refused", repr(got))

        renegotiates("while the call is known")
        speaker.kill()
        wait_for("the session ended", lambda: not s.lab.ctl_json("trip", "routes", "4930"))
        renegotiates("the route is gone")
        s.lab.kill()
        s.lab.start()
        tests.check(s.goes_to(BERLIN) == "blue1", "after the restart nobody tells of the gateway")
        renegotiates("after the restart")
        strays("after the restart")
        call.callee_request(s.gateways["d"], "BYE", invite)
        bye = s.caller.wait("BYE", call_id=call.call_id)
        s.caller.answer(bye, 200, tag="")
        tests.check(s.gateways["d"].wait(200, call_id=call.call_id) is not None, "it hangs up")
        row = s.record(call)
        tests.check((row["status"], row["gateway"], row["end_source"]) == ("answered", "127.0.4.9:5796", "callee"), "the record is whole", repr(row))
        stranger.close()


def failing_over(tests):
    """A learnt gateway that fails leads on; a route that is withdrawn while a call hunts is passed over"""
    peers = [(2, 'itad = 64513; carrier = "blue";'), (3, 'itad = 64514; carrier = "red";')]
    with Scene("trip-failover", peers, settings="routing = { first_response_timeout_ms = 600; };") as s:
        blue, red = s.speaker(2, 64513), s.speaker(3, 64514)
        blue.say("announce 4930 next_hop=127.0.0.1:5793")
        red.say("announce 49 next_hop=127.0.0.1:5794")
        s.learnt("49", 2)
        call, name, invite = s.place(BERLIN)
        s.gateways["a"].answer(invite, 503)
        second = s.gateways["blue1"].wait("INVITE", call_id=call.call_id)
        tests.check(name == "a" and second is not None, "503 leads to the carrier's own gateway")
        red.say("withdraw 49")
        wait_for("withdrawn", lambda: len(s.lab.ctl_json("trip", "routes", "49")) == 1)
        s.gateways["blue1"].answer(second, 503)
        third = s.gateways["red1"].wait("INVITE", call_id=call.call_id)
        tests.check(third is not None and s.gateways["b"].next(0.1) is None, "what was withdrawn meanwhile is passed over")
        s.gateways["red1"].answer(third, 486)
        s.caller.wait(486, call_id=call.call_id)
        call.ack()
        tests.check("route was withdrawn" in s.lab.read("lcrproxyd.log"), "and logged so")
        tests.check(s.lab.ctl_json("counters")["skipped_hops"] == 1, "and counted")
        rows = {row["gateway"]: row for row in s.lab.ctl_json("gateways")}
        tests.check(rows["127.0.0.1:5793"]["source"] == "trip" and rows["127.0.0.1:5793"]["failures"] == 1, "lcrctl gateways counts learnt ones",
                    repr(rows.get("127.0.0.1:5793")))
        s.lab.ctl("gateway", "127.0.0.1:5793", "disable")
        tests.check(s.goes_to(BERLIN) == "blue1", "and an operator can switch one off")
        s.lab.ctl("gateway", "127.0.0.1:5793", "enable")


def selling(tests):
    """What has no price is not sold, unless its source says so; carriers by peer and by ITAD"""
    peers = [(2, 'itad = 64513; carrier = "blue";'), (3, 'itad = 64514; carrier = "local"; unpriced = "allow";'), (4, "itad = 64515;")]
    with Scene("trip-prices", peers, more='carriers = ( { itad = 64999; carrier = "red"; priority = 200; } );') as s:
        blue, local, unmapped = s.speaker(2, 64513), s.speaker(3, 64514), s.speaker(4, 64515)
        blue.say("announce 33 next_hop=127.0.0.1:5793")
        s.learnt("33")
        shown = s.lab.ctl_json("route", PARIS, "--account", "acme")
        tests.check(shown["plan"] == [] and {c["gateway"]: c["excluded"] for c in shown["candidates"]}["127.0.0.1:5793"] ==
                    "carrier has no prefix for this number", "no price, no sale", repr(shown))
        tests.check(s.goes_to(PARIS) is None, "the call is refused")
        local.say("announce 33 next_hop=127.0.0.1:5794")
        local.say("announce 49 next_hop=127.0.0.1:5794")
        wait_for("the route", lambda: len(s.lab.ctl_json("trip", "routes", "49")) == 1)
        blue.say("withdraw 33")
        wait_for("selected", lambda: [r["peer"] for r in s.lab.ctl_json("trip", "routes", "33")] == ["127.0.3.3"])
        call, name, invite = s.place(PARIS)
        tests.check(name == "b", "unpriced = allow: it is")
        s.answer(call, name, invite)
        s.hang_up(call, name)
        row = s.record(call)
        tests.check((row["route_source"], row["carrier"], row["matched_prefix"]) == ("trip", "local", "33"), "and on record", repr(row))
        tests.check(s.goes_to(MUNICH) == "b", "what costs nothing comes first")
        local.say("withdraw all")
        unmapped.say("announce 49 next_hop=127.0.0.1:5795")
        s.learnt("49")
        tests.check(s.goes_to(MUNICH) == "blue1", "a peer without a carrier offers nothing")
        unmapped.say("announce 49 next_hop=127.0.0.1:5795 next_hop_itad=64999")
        wait_for("mapped", lambda: [r["lcr_carrier"] for r in s.lab.ctl_json("trip", "routes", "49")] == ["red"])
        tests.check(s.lab.ctl_json("route", MUNICH)["plan"] == ["blue1", "red1", "127.0.0.1:5795"],
                    "the ITAD of the next hop names the carrier, and its place is by priority", repr(s.lab.ctl_json("route", MUNICH)["plan"]))


def gateways(tests):
    """Gateways that announce themselves (TGREP): free circuits and success count"""
    peers = [(2, f'itad = {ITAD}; tgrep = true; carrier = "blue";'), (3, f'itad = {ITAD}; tgrep = true; carrier = "blue";'),
             (4, f'itad = {ITAD}; tgrep = true; carrier = "red";')]
    with Scene("trip-gateways", peers) as s:
        a, b, c = (s.speaker(n, ITAD, "gateway = true;") for n in (2, 3, 4))
        a.say("announce 4930 next_hop=127.0.0.1:5793 available_circuits=1 total_circuits=30")
        b.say("announce 4930 next_hop=127.0.0.1:5794 total_circuits=30 available_circuits=0")
        wait_for("both", lambda: len(s.lab.ctl_json("trip", "routes", "4930")) == 2)
        told = [r["told"] for r in s.lab.ctl_json("trip", "routes", "4930") if r["selected"]]
        tests.check(told[0]["total_circuits"] == 60 and "available_circuits" not in told[0] and told[0]["next_hop"] == f"127.0.0.1:{PORT}",
                    "others hear of both as one", repr(told))
        first, name, invite = s.place(BERLIN)
        tests.check(name == "a", "the gateway that has a circuit", repr(name))
        s.answer(first, name, invite)
        shown = {x["gateway"]: x for x in s.lab.ctl_json("route", BERLIN)["candidates"]}
        tests.check(shown["127.0.0.1:5793"]["excluded"] == shown["127.0.0.1:5794"]["excluded"] == "gateway has no free circuit, as it told",
                    "both are full now", repr(shown))
        tests.check(s.goes_to(BERLIN) == "blue1", "the next call goes on")
        b.say("announce 4930 next_hop=127.0.0.1:5794 total_circuits=30 available_circuits=9")
        wait_for("news", lambda: 9 in [r.get("available_circuits") for r in s.lab.ctl_json("trip", "routes", "4930")])
        tests.check(s.goes_to(BERLIN) == "b", "to the other one once it has told of free ones")
        s.hang_up(first, "a")
        b.say("announce 4930 next_hop=127.0.0.1:5794 total_circuits=30 available_circuits=9 calls=10/100")
        a.say("announce 4930 next_hop=127.0.0.1:5793 total_circuits=30 available_circuits=1 calls=80/100")
        wait_for("news", lambda: sorted(r.get("calls_ok", 0) for r in s.lab.ctl_json("trip", "routes", "4930")) == [10, 80])
        tests.check(s.lab.ctl_json("route", BERLIN)["plan"][:2] == ["127.0.0.1:5793", "127.0.0.1:5794"], "more success goes first",
                    repr(s.lab.ctl_json("route", BERLIN)["plan"]))
        c.say("announce 44 next_hop=127.0.0.1:5795 calls=39/100")
        s.learnt("44")
        shown = {x["gateway"]: x for x in s.lab.ctl_json("route", LONDON)["candidates"]}
        tests.check(shown["127.0.0.1:5795"]["excluded"] == "carrier's quality is below its floor" and s.goes_to(LONDON) == "red1",
                    "below the carrier's floor it gets none", repr(shown["127.0.0.1:5795"]))
        c.say("announce 44 next_hop=127.0.0.1:5795 calls=40/100")
        wait_for("news", lambda: s.lab.ctl_json("route", LONDON)["plan"][0] == "127.0.0.1:5795")
        tests.check(s.goes_to(LONDON) == "c", "and at it, it does")


def exported(tests):
    """Our own gateways are announced by prefix, as long as they can take calls"""
    exports = ('exports = ( { prefixes = [ "4930", "4989" ]; gateways = [ "blue1" ]; communities = [ "64512:1" ]; med = 5; }, '
               '{ prefixes = [ "44" ]; carriers = [ "red" ]; next_hop = "127.0.0.1:5792"; }, { prefixes = [ "1" ]; carriers = [ "nobody" ]; } );')
    rule = 'export = ( { prefixes = [ "4989" ]; action = "deny"; } );'
    with Scene("trip-exports", [(2, f"itad = 64513; {rule}")], more=exports) as s:
        speaker = s.speaker(2, 64513)
        wait_for("what is exported", lambda: len(speaker.routes()) == 2)
        got = {key[2]: value for key, value in speaker.routes().items()}
        tests.check(sorted(got) == ["44", "4930"], "by prefix and policy", repr(got))
        tests.check((got["4930"]["next_hop"], got["4930"]["med"], got["4930"]["communities"], got["4930"]["path"]) ==
                    (f"127.0.0.1:{PORT}", 5, ["64512:1"], [64512]), "our server and what was set", repr(got["4930"]))
        tests.check(got["44"]["next_hop"] == "127.0.0.1:5792", "a server of its own")
        tests.check(s.goes_to(BERLIN) == "blue1", "what is exported is not offered to ourselves")
        s.lab.ctl("gateway", "blue1", "disable")
        wait_for("withdrawn", lambda: speaker.best("4930") is None)
        tests.check(speaker.best("44") is not None, "a gateway that is switched off is withdrawn, others stay")
        s.lab.ctl("gateway", "blue1", "enable")
        wait_for("announced again", lambda: speaker.best("4930"))
        with open(s.lab.path("gateways.csv"), "w", encoding="utf-8") as file:
            file.write(GATEWAYS.replace("priority", "priority,enabled").replace("5791,0", "5791,0,yes").replace("5792,0", "5792,0,no"))
        s.lab.run("lcrdb", "import", "gateways", s.lab.path("gateways.csv"))
        s.lab.ctl("reload")
        wait_for("withdrawn", lambda: speaker.best("44") is None)
        tests.check(speaker.best("4930") is not None, "a table that is loaded again counts")


def asking(tests):
    """lcrctl trip: peers, routes, a peer; reset, stop, start; counters; a clean Cease at the end"""
    peers = [(2, 'itad = 64513; carrier = "blue";'), (3, "itad = 64514;")]
    with Scene("trip-ask", peers) as s:
        speaker = s.speaker(2, 64513)
        for digits in ("49", "4930", "44", "-"):
            speaker.say(f"announce {digits} next_hop=127.0.0.1:5793")
        wait_for("four routes", lambda: len(s.lab.ctl_json("trip", "routes")) == 4)
        rows = {row["peer"]: row for row in s.lab.ctl_json("trip", "peers")}
        tests.check((rows["127.0.3.2"]["state"], rows["127.0.3.2"]["routes"], rows["127.0.3.2"]["carrier"], rows["127.0.3.3"]["state"]) ==
                    ("Established", 4, "blue", "Active"), "peers", repr(rows))
        tests.check([r["prefix"] for r in s.lab.ctl_json("trip", "routes", "4930999")] == ["4930"], "the route of a number")
        tests.check([r["prefix"] for r in s.lab.ctl_json("trip", "routes", "49")] == ["49", "4930"], "and those below a prefix")
        tests.check("prefix=4930" in s.lab.ctl("trip", "routes", "4930") and "127.0.3.2" in s.lab.ctl("trip", "peers"), "as text")
        one = s.lab.ctl_json("trip", "peer", "127.0.3.2")
        tests.check(one["hold_s"] == 9 and one["connect_retry_s"] == 1 and one["in_updates"] >= 1 and one["established_transitions"] == 1,
                    "one peer: states, timers, counters", repr(one))
        s.lab.ctl("trip", "peer", "127.0.3.2", "reset")
        wait_for("again", lambda: s.lab.ctl_json("trip", "peer", "127.0.3.2")["established_transitions"] == 2)
        wait_for("all routes again", lambda: len(s.lab.ctl_json("trip", "routes")) == 4)
        tests.check(True, "reset: the session begins anew, and all routes come again")
        s.lab.ctl("trip", "peer", "127.0.3.2", "stop")
        wait_for("stopped", lambda: s.lab.ctl_json("trip", "peer", "127.0.3.2")["state"] == "Idle")
        tests.check(s.lab.ctl_json("trip", "routes") == [], "stop: it stays away, without routes")
        s.lab.ctl("trip", "peer", "127.0.3.2", "start")
        wait_for("started", lambda: len(s.lab.ctl_json("trip", "routes")) == 4)
        counted = s.lab.ctl_json("counters")["trip"]
        tests.check(counted["offered"] == 4 and counted["peers"]["127.0.3.2"]["established_transitions"] == 3 and counted["lost"] == 0,
                    "counters per peer", repr(counted))
        for words in (("trip",), ("trip", "peer", "127.0.3.9"), ("trip", "routes", "a"), ("trip", "peer", "127.0.3.2", "x")):
            done = s.lab.run("lcrctl", "--socket", s.lab.path("control.sock"), *words, check=False)
            tests.check(done.returncode == 1 and done.stderr, f"{' '.join(words)}: refused with a reason", done.stdout + done.stderr)
        raw = RawPeer("127.0.3.3", OURS)
        raw.establish(64514, "127.0.3.3", hold=90)
        s.lab.stop()
        s.lab.stop = lambda: None
        tests.check(raw.notification() == CEASE, "peers are told at the end")
    with Scene("trip-none", []) as s:
        tests.check(s.lab.ctl_json("trip", "peers") == [], "no peers is no error")


def reloading(tests):
    """`lcrctl reload` takes other settings of TRIP: the sessions of peers that are not concerned go on"""
    two, three, four = (2, 'itad = 64513; carrier = "blue";'), (3, 'itad = 64514; carrier = "red";'), (4, 'itad = 64515; carrier = "blue";')
    exports = 'exports = ( { prefixes = [ "1", "7" ]; gateways = [ "blue1" ]; } );'
    with Scene("trip-reload", [two, three], more=exports) as s:
        a, b, c = s.speaker(2, 64513), s.speaker(3, 64514), s.speaker(4, 64515)
        a.say("announce 4930 next_hop=127.0.0.1:5793")
        b.say("announce 44 next_hop=127.0.0.1:5794")
        c.say("announce 4989 next_hop=127.0.0.1:5795")
        s.learnt("4930")
        s.learnt("44")
        written = trip([two, three], exports)

        def reload(peers, more="", change=lambda text: text):
            nonlocal written
            now = change(trip(peers, more))
            with open(s.lab.path("lcrproxy.conf"), encoding="utf-8") as file:
                text = file.read()
            with open(s.lab.path("lcrproxy.conf"), "w", encoding="utf-8") as file:
                file.write(text.replace(written, now))
            written = now
            return s.lab.ctl("reload")

        def sessions():
            return {row["peer"][-1]: s.lab.ctl_json("trip", "peer", row["peer"])["established_transitions"] for row in s.lab.ctl_json("trip", "peers")}

        told = reload([two, three], exports)
        tests.check("trip" not in told, "nothing has changed, nothing is told", told)
        tests.check(s.goes_to(MUNICH) == "blue1", "a peer that is not known is not heard")
        told = reload([two, three, four], exports)
        tests.check("trip peer 127.0.3.4: added" in told and "trip.peers changed" in told and "restart" not in told, "a peer is added", told)
        s.learnt("4989")
        tests.check(s.goes_to(MUNICH) == "c", "its routes are used")
        tests.check(sessions() == {"2": 1, "3": 1, "4": 1}, "the others' sessions go on", repr(sessions()))
        deny = (3, three[1] + ' import = ( { prefixes = [ "44" ]; action = "deny"; } );')
        told = reload([two, deny, four], exports)
        tests.check("trip peer 127.0.3.3: changed, its session begins anew" in told and told.count("trip peer") == 1, "another import rule", told)
        wait_for("its second session", lambda: sessions() == {"2": 1, "3": 2, "4": 1})
        wait_for("the rule counts", lambda: s.lab.ctl_json("trip", "peer", "127.0.3.3")["rejected"] == 1 and not s.lab.ctl_json("trip", "routes", "44"))
        tests.check(s.goes_to(LONDON) == "red1", "what it refuses is not used")
        told = reload([(2, 'itad = 64513; carrier = "red"; max_prefixes = 7;'), deny, four], exports)
        first = s.lab.ctl_json("route", BERLIN, "--account", "acme")["candidates"]
        mine = [row for row in first if row["source"] == "trip"][0]
        tests.check("trip peer 127.0.3.2: changed" in told and "anew" not in told and mine["carrier"] == "red" and sessions()["2"] == 1,
                    "another carrier takes over the routes, and no session ends", f"{told} {mine}")
        wait_for("the export", lambda: b.best("1") and b.best("7"))
        other = 'exports = ( { prefixes = [ "7", "81" ]; gateways = [ "blue1" ]; }, { prefixes = [ "1" ]; carriers = [ "nobody" ]; } ); offer = "all";'
        told = reload([two, deny, four], other)
        tests.check("trip.exports changed" in told and "trip.offer changed" in told, "other exports are told of", told)
        wait_for("the exports of now", lambda: b.best("81") and b.best("7") and not b.best("1"))
        told = reload([two, deny, four], other, lambda text: text.replace("hold_s = 9", "hold_s = 30"))
        tests.check("trip.timers.hold_s changed" in told and "trip peer" not in told, "another hold time", told)
        s.lab.ctl("trip", "peer", "127.0.3.2", "reset")
        wait_for("the session after that", lambda: sessions()["2"] == 2)
        tests.check(s.lab.ctl_json("trip", "peer", "127.0.3.2")["hold_configured_s"] == 30, "counts from the next session on")
        told = reload([two, deny, four], other, lambda text: text.replace(f"itad = {ITAD};", "itad = 64999;", 1))
        tests.check("trip.itad changed: takes effect after a restart" in told and sessions() == {"2": 2, "3": 2, "4": 1},
                    "another ITAD of ours waits for a restart, and says so", told)
        s.learnt("4930")
        told = reload([deny, four], other)
        tests.check("trip peer 127.0.3.2: removed" in told and s.lab.ctl_json("trip", "routes", "4930") == [] and s.goes_to(BERLIN) == "blue1",
                    "a peer is removed with its routes", told)
        time.sleep(1.5)
        tests.check(len(s.lab.ctl_json("trip", "peers")) == 2 and sessions() == {"3": 2, "4": 1}, "and turned away when it comes again", repr(sessions()))
        try:
            told = reload([deny, (5, "itad = 0;")])
        except RuntimeError as error:
            told = str(error)
        tests.check("configuration kept" in told and s.goes_to(MUNICH) == "c", "settings with errors change nothing", told)


def within_50_ms(tests):
    """A change of one route is used by calls 50 ms later"""
    pulse = Pulse()
    with Scene("trip-soon", [(2, 'itad = 64513; carrier = "blue";')], workers=1) as s:
        raw = RawPeer("127.0.3.2", OURS)
        raw.establish(64513, "127.0.3.2", hold=200)
        wait_for("up", lambda: s.lab.ctl_json("trip", "peers")[0]["state"] == "Established")
        late = measured = 0
        for i in range(30):
            wanted = "a" if i % 2 == 0 else "blue1"
            call = Call(s.caller, PORT, BERLIN)
            invite = call.request("INVITE")
            raw.send(external(64513, "4930", server="127.0.0.1:5793") if wanted == "a" else
                     update(attr(1, routes("4930")), next_hop(64513, "127.0.0.1:5793"), path(4, 64513)))
            start = time.time()
            time.sleep(0.05)
            name, got = s.where(call, invite)
            s.refuse(call, name, got)
            if name != wanted and pulse.near(start):
                continue # the machine stood still
            measured += 1
            late += name != wanted
            raw.send(KEEPALIVE)
        tests.check(late == 0 and measured >= 10, f"{measured} changes, {late} too late")


def bad_peers(tests):
    """Peers that do not read, dribble, send junk, flood: calls do not notice"""
    peers = [(2, 'itad = 64513; carrier = "blue";')] + [(n, f"itad = {64520 + n}; carrier = \"local\";") for n in (11, 12, 13, 14)]
    exports = f'exports = ( {{ prefixes = [ {", ".join(chr(34) + "49" + str(i).zfill(4) + chr(34) for i in range(3000))} ]; }} );'
    with Scene("trip-bad", peers, more=exports, workers=1) as s:
        speaker = s.speaker(2, 64513)
        speaker.say("announce 4930 next_hop=127.0.0.1:5793")
        s.learnt("4930")

        def calls(n):
            """How long the INVITEs take through the daemon, in ms; every one has to arrive at the learnt gateway."""
            took = []
            for _ in range(n):
                call = Call(s.caller, PORT, BERLIN)
                invite = call.request("INVITE")
                start = time.monotonic()
                s.caller.send(invite, PORT)
                got = s.gateways["a"].wait("INVITE", call_id=call.call_id)
                took.append((time.monotonic() - start) * 1000)
                s.refuse(call, "a", got)
            return sorted(took)

        before = calls(100)
        deaf, dribble, junk, flood = (RawPeer(f"127.0.3.{n}", OURS, window=2048) for n in (11, 12, 13, 14))
        for raw, n in ((deaf, 11), (flood, 14)):
            raw.establish(64520 + n, f"127.0.3.{n}", hold=90)
        stop = time.monotonic() + 12
        thread = Noise(dribble, junk, flood, stop)
        thread.start()
        during = []
        base = 0
        while time.monotonic() < stop - 1:
            during += calls(50)
            if base == 0 and time.monotonic() > stop - 8:
                base = memory_kb(s.lab.daemon) # when all that is bounded by numbers is there
        thread.join()
        during.sort()
        grown = memory_kb(s.lab.daemon) - base
        middle = len(during) // 2
        tests.check(len(during) >= 200, f"{len(during)} calls were made meanwhile, all reached the learnt gateway")
        tests.check(during[middle] < before[50] + 20, f"half of them within {during[middle]:.1f} ms, {before[50]:.1f} ms before")
        tests.check(thread.sent > 500, f"{thread.sent} messages of 4,096 octets flooded, {thread.junk} sessions of junk")
        counted = s.lab.ctl_json("counters")["trip"]
        kept = {key: counted[key] for key in ("gateways", "offered", "destinations", "attribute_sets")}
        tests.check(kept["gateways"] <= 4096 and kept["offered"] <= 301 and kept["destinations"] <= 3301 and kept["attribute_sets"] < 50,
                    "what is kept is bounded", repr(kept))
        # a sanitizer gives little back of what is freed
        tests.check(grown < 150000, f"{grown} KB more in the last 7 seconds")
        states = {row["peer"]: row for row in s.lab.ctl_json("trip", "peers")}
        tests.check(states["127.0.3.2"]["state"] == "Established", "the good peer is still there", repr(states["127.0.3.2"]))
        tests.check(states["127.0.3.13"]["out_notifications"] >= 1 or states["127.0.3.13"]["last_error"] is not None, "junk was answered",
                    repr(states["127.0.3.13"]))


def memory_kb(process):
    with open(f"/proc/{process.pid}/status", encoding="utf-8") as file:
        return int([line for line in file if line.startswith("VmRSS")][0].split()[1])


class Noise(__import__("threading").Thread):
    """What bad peers do, until a time."""

    def __init__(self, dribble, junk, flood, stop):
        super().__init__(daemon=True)
        self.dribble, self.bad, self.flood, self.stop = dribble, junk, flood, stop
        self.sent = self.junk = 0

    def run(self):
        second = 0
        octets = external(64532, "49") * 20
        while time.monotonic() < self.stop:
            try:
                self.flood.send(update(attr(2, routes(*[f"49{i:03d}" for i in range(300)])), next_hop(64534, f"g{self.sent}.example"),
                                       path(4, 64534), path(5, 64534)))
                self.sent += 1
                if self.sent % 50 == 0:
                    self.flood.send(KEEPALIVE)
                if int(time.monotonic()) != second:
                    second = int(time.monotonic())
                    self.dribble.send(octets[self.sent % 100:][:1])
                    self.rubbish()
            except (BrokenPipeError, ConnectionError, socket.timeout):
                time.sleep(0.05)

    def rubbish(self):
        try:
            if self.bad is None:
                self.bad = RawPeer("127.0.3.13", OURS)
            self.bad.send(struct.pack(">HB", 4096, 2) + os.urandom(4093))
            self.junk += 1
            self.bad.close()
        except OSError:
            pass # refused while it is in its back-off
        self.bad = None


if __name__ == "__main__":
    Tests().run(learnt_and_withdrawn, after_restart, failing_over, selling, gateways, exported, asking, reloading, within_50_ms, bad_peers)
