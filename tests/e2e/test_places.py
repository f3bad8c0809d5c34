#!/usr/bin/env python3
"""test_places - host names that stand for several servers: probes, calls, and requests inside calls go on to the next (RFC 3263 4.3)"""
import os
import sys
import time

from lab import Tests
from peer import Peer
from scene import Scene
from zone import NameServer

BUILD = os.path.abspath(sys.argv[1])
DNS_PORT = 5453
ZONE = "_sip._udp.voice SRV 1 0 5391 one\n_sip._udp.voice SRV 2 0 5393 two\none A 127.0.0.1\ntwo A 127.0.0.1\n"
SETTINGS = f'''routing = {{ first_response_timeout_ms = 500; ringing_timeout_ms = 3000; }};
health = {{ probe_interval_ms = 400; probe_timeout_ms = 200; probe_failures = 3; back_off_s = 2; }};
dns = {{ servers = [ "127.0.0.1:{DNS_PORT}" ]; timeout_ms = 700; }};'''
GATEWAYS = "gateway,carrier,uri,priority,probe\nvoice,blue,sip:voice.test,0,{0}\nred1,red,sip:127.0.0.1:5392,0,false\n"


class Places(Scene):
    """blue is the first server of voice.test, two the second."""

    def __init__(self, probe="false"):
        super().__init__(BUILD, "places", settings=SETTINGS, gateways=GATEWAYS.format(probe))

    def __enter__(self):
        self.lab.prepare()
        self.dns = NameServer(self.lab, DNS_PORT, ZONE)
        self.lab.start()
        self.caller, self.blue, self.red, self.two = Peer(5380), Peer(5391), Peer(5392), Peer(5393)
        return self

    def __exit__(self, *words):
        self.two.close()
        super().__exit__(*words)

    def state(self):
        return next(row for row in self.lab.ctl_json("gateways") if row["gateway"] == "voice")


def answer_probes(peers, seconds, status=200):
    """Who answers OPTIONS for so long; returns how many came to each."""
    seen, deadline = [0] * len(peers), time.time() + seconds
    while time.time() < deadline:
        for i, (peer, answers) in enumerate(peers):
            message = peer.next(0.02)
            if message and message.method == "OPTIONS":
                seen[i] += 1
                if answers:
                    peer.answer(message, status)
    return seen


def test_probes(t):
    """Every server of a name is asked for signs of life; one that answers is enough"""
    with Places("true") as s:
        seen = answer_probes([(s.blue, False), (s.two, True)], 3)
        t.check(min(seen) >= 3, "OPTIONS go to both", seen)
        t.check(s.state()["health"] == "up", "one answers: the gateway is up", s.state())
        call = s.call()
        call.invite()
        invite = s.two.wait("INVITE", 2, call.call_id)
        t.check(invite is not None, "the call goes to the one that answers, at once")
        s.two.answer(invite, 486)
        t.check(s.caller.wait(486, call_id=call.call_id), "and is answered")
        answer_probes([(s.blue, False), (s.two, False)], 3)
        t.check(s.state()["health"] == "down" and "probes without an answer" in s.state()["cause"], "none answers: it is down", s.state())
        answer_probes([(s.blue, True), (s.two, False)], 4)
        t.check(s.state()["health"] != "down", "the other one answers: it is tried again", s.state())


def test_calls(t):
    """A server that was silent, closed or said 503 is asked last for a while"""
    with Places() as s:
        for what in ("silent", "503", "closed"):
            s.lab.ctl("reload")
            if what == "closed":
                s.blue.close()
            call = s.call()
            call.invite()
            if what == "503":
                # the first one is shunned: it is not even asked
                t.check(s.blue.wait("INVITE", 0.4, call.call_id) is None, "the next call leaves it out")
                s.two.answer(s.two.wait("INVITE", call_id=call.call_id), 503)
                invite = s.blue.wait("INVITE", 2, call.call_id)
                t.check(invite is not None, "503 of the second: the first one again")
                s.blue.answer(invite, 404)
                t.check(s.caller.wait(404, call_id=call.call_id), "which answers, and is good again")
                continue
            invite = s.two.wait("INVITE", 3, call.call_id)
            t.check(invite is not None, f"{what}: the second server gets the call")
            s.two.answer(invite, 486)
            t.check(s.caller.wait(486, call_id=call.call_id), f"{what}: and answers")
        s.blue = Peer(5391)


def come_to_a_name(s, call, invite):
    """The callee says that it is at the name."""
    call.callee_request(s.blue, "UPDATE", invite, headers="Contact: <sip:gateway@voice.test>\r\n")
    update = s.caller.wait("UPDATE", call_id=call.call_id)
    s.caller.answer(update, 200)
    return s.blue.wait(200, call_id=call.call_id)


def test_inside(t):
    """Requests inside a call go on to the next server of their next hop"""
    with Places() as s:
        call = s.call()
        call.invite()
        invite = s.blue.wait("INVITE", call_id=call.call_id)
        s.blue.answer(invite, 200)
        ok = s.caller.wait(200, call_id=call.call_id)
        call.learn(ok)
        call.target = "sip:gateway@voice.test"
        # what the proxy knows of the way is what the 200 said: tell it by a re-INVITE of the callee
        t.check(come_to_a_name(s, call, invite), "the callee is at a name from now on")
        call.ack()
        t.check(s.blue.wait("ACK", call_id=call.call_id), "an ACK goes to the first server")
        # 503
        call.send("INFO")
        info = s.blue.wait("INFO", call_id=call.call_id)
        s.blue.answer(info, 503)
        info = s.two.wait("INFO", call_id=call.call_id)
        t.check(info is not None, "503: the second server")
        s.two.answer(info, 200)
        t.check(s.caller.wait(200, call_id=call.call_id), "its 200 comes back")
        call.send("INFO")
        info = s.two.wait("INFO", 0.4, call.call_id)
        t.check(info is not None, "the next request goes there at once")
        s.two.answer(info, 200)
        s.caller.wait(200, call_id=call.call_id)
        call.ack()
        t.check(s.two.wait("ACK", call_id=call.call_id), "and so does an ACK")
        # silence of the second: back to the first
        call.send("INVITE")
        first = s.two.wait("INVITE", call_id=call.call_id)
        again = s.blue.wait("INVITE", 3, call.call_id)
        t.check(first and again, "silence: the other server gets the re-INVITE")
        s.blue.answer(again, 200)
        ok = s.caller.wait(200, call_id=call.call_id)
        t.check(ok is not None, "and answers it")
        s.caller.send(call.request("ACK", cseq=call.cseq), call.proxy)
        t.check(s.blue.wait("ACK", call_id=call.call_id), "its ACK goes there")
        s.two.answer(first, 200)
        t.check(s.caller.wait(200, call_id=call.call_id), "a late 200 of the silent one goes on, too")
        # and when it is the first
        s.caller.send(call.request("ACK", cseq=call.cseq), call.proxy)
        come_to_a_name(s, call, invite)
        while s.two.next(0.2):  # the INVITE was repeated, then cancelled
            pass
        call.send("INVITE")
        first = s.blue.wait("INVITE", call_id=call.call_id)
        again = s.two.wait("INVITE", 3, call.call_id)
        s.two.answer(again, 180)
        t.check(s.caller.wait(180, call_id=call.call_id), "the next one rings")
        s.blue.answer(first, 200)
        t.check(s.caller.wait(200, call_id=call.call_id), "and the one that was given up answers")
        t.check(s.two.wait("CANCEL", call_id=call.call_id), "which ends the search")
        s.two.answer(again, 487)
        t.check(s.two.wait("ACK", call_id=call.call_id), "a late failure is acknowledged")
        t.check(not s.caller.wait(487, 0.3, call.call_id), "and goes nowhere")
        # closed
        come_to_a_name(s, call, invite)
        s.blue.close()
        call.send("BYE")
        bye = s.two.wait("BYE", 3, call.call_id)
        t.check(bye is not None, "a closed port: the other server gets the BYE")
        s.two.answer(bye, 200)
        t.check(s.caller.wait(200, call_id=call.call_id), "and ends the call")
        rows = s.record(call)
        t.check(len(rows) == 1 and rows[0]["status"] == "answered" and rows[0]["end_source"] == "caller", "one record", rows)


Tests().run(test_probes, test_calls, test_inside)
