#!/usr/bin/env python3
"""The proxy against scripted peers: hunting, CANCEL, tokens, BYE, refusals, bad input, hand-over between workers

Usage: tests/e2e/test_proxy.py BUILD
"""
import os
import random
import re
import signal
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import scene  # noqa: E402
from lab import Tests  # noqa: E402
from peer import Call, Peer  # noqa: E402
from scene import NUMBER, PORT  # noqa: E402

BUILD = os.path.abspath(sys.argv[1])


class Scene(scene.Scene):
    def __init__(self, **more):
        super().__init__(BUILD, "proxy", **more)


def forwarding(tests):
    """What a gateway gets"""
    with Scene() as s:
        call = s.call()
        call.invite("X-Strange:   kept  as it is\r\ns: folded\r\n  subject\r\n")
        invite = s.blue.wait("INVITE")
        tests.check(invite is not None and invite.start == f"INVITE sip:{NUMBER}@127.0.0.1:5391 SIP/2.0", "Request-URI is the gateway's",
                    repr(invite))
        tests.check(len(invite.all("Via")) == 2 and f"127.0.0.1:{PORT};branch=z9hG4bK" in invite.get("Via"), "our Via is on top")
        tests.check(invite.get("Max-Forwards") == "69", "Max-Forwards is counted down")
        tests.check(re.fullmatch(rf"<sip:127\.0\.0\.1:{PORT};lr;lcr=[\w-]{{64}}>", invite.get("Record-Route")) is not None,
                    "Record-Route carries the token", invite.get("Record-Route"))
        tests.check("kept  as it is" in invite.get("X-Strange") and invite.body.startswith("v=0"), "unknown headers and the body survive")
        s.blue.answer(invite, 100, tag="")
        s.blue.answer(invite, 183, body="")
        ringing = s.caller.wait(183)
        tests.check(ringing is not None and len(ringing.all("Via")) == 1, "183 comes back without our Via")
        before = re.search("lcr=([^>]*)", invite.get("Record-Route")).group(1)
        s.blue.answer(invite, 200)
        ok = s.caller.wait(200)
        after = re.search("lcr=([^>]*)", ok.get("Record-Route")).group(1)
        tests.check(len(after) == 64 and after != before, "the token in the 200 has the answer time")
        s.blue.answer(invite, 200)
        again = s.caller.wait(200)
        tests.check(again is not None and again.get("Record-Route") == ok.get("Record-Route"), "a 200 again is passed on unchanged")
        call.learn(ok)
        call.ack()
        ack = s.blue.wait("ACK")
        tests.check(ack is not None and not ack.all("Route"), "the ACK goes to the gateway, our Route is gone")
        call.send("BYE")
        s.blue.answer(s.blue.wait("BYE"), 200)
        tests.check(s.caller.wait(200) is not None, "the BYE is answered")
        row, = s.record(call)
        tests.check((row["status"], row["gateway"], row["end_source"], row["hop"], row["token"]) ==
                    ("answered", "blue1", "caller", "1", "valid"), "one record", str(row))
        tests.check(row["dialled"] == NUMBER and row["number"] == NUMBER[1:] and row["destination_class"] == "national" and
                    row["matched_prefix"] == "49" and row["source"] == "127.0.0.1:5380", "the record says what was dialled and from where")


def callee_hangs_up(tests):
    """A BYE of the callee gets its answer time from the START"""
    with Scene() as s:
        call, invite, _ = s.answered()
        time.sleep(0.5)
        call.callee_request(s.blue, "BYE", invite)
        bye = s.caller.wait("BYE")
        tests.check(bye is not None, "the BYE reaches the caller")
        s.caller.answer(bye, 200)
        tests.check(s.blue.wait(200) is not None, "its answer reaches the gateway")
        row, = s.record(call)
        tests.check(row["end_source"] == "callee" and row["answer_time"] != "" and 480000 < int(row["duration_us"]) < 700000,
                    "the record has the duration", str(row))


def failover(tests):
    """503, silence and a closed port lead to the next gateway"""
    with Scene() as s:
        call = s.call()
        call.invite()
        first = s.blue.wait("INVITE")
        s.blue.answer(first, 503, headers='Reason: SIP;cause=503;text="x, Q.850;cause=1", Q.850;text="y" ;cause=42\r\n')
        tests.check(s.blue.wait("ACK") is not None, "the 503 is acknowledged")
        second = s.red.wait("INVITE")
        tests.check(second is not None and second.start == f"INVITE sip:{NUMBER}@127.0.0.1:5392 SIP/2.0", "503: on to the next")
        tests.check(first.get("Record-Route") != second.get("Record-Route") and first.get("Via") != second.get("Via"),
                    "each attempt has its own token and branch")
        s.red.answer(second, 486)
        busy = s.caller.wait(486)
        tests.check(busy is not None, "486 ends the hunt")
        call.request("ACK")
        row, = s.record(call)
        tests.check((row["status"], row["sip_code"], row["gateway"], row["to_tag"]) == ("failed", "486", "red1", ""), "a failed record", str(row))
        attempts = s.record(call, "--attempts")
        tests.check([(a["gateway"], a["outcome"], a["sip_code"], a["q850_cause"]) for a in attempts] ==
                    [("blue1", "rejected", "503", "42"), ("red1", "rejected", "486", "17")], "two attempts", str(attempts))

        call = s.call()
        start = time.time()
        call.invite()
        s.blue.wait("INVITE")
        second = s.red.wait("INVITE", 3)
        tests.check(second is not None and 0.35 < time.time() - start < 0.8, "silence: on after first_response_timeout_ms",
                    f"{time.time() - start:.2f} s")
        s.red.answer(second, 200)
        tests.check(s.caller.wait(200) is not None, "and answered there")
        s.record(call)

        s.blue.close()
        call = s.call()
        start = time.time()
        call.invite()
        second = s.red.wait("INVITE", 3)
        tests.check(second is not None and time.time() - start < 0.2, "closed port: on at once", f"{time.time() - start:.2f} s")
        s.red.answer(second, 500)
        failed = s.caller.wait(500)
        tests.check(failed is not None and failed.all("Reason") and "SIP;cause=500" in failed.all("Reason")[0],
                    "the plan is exhausted: a truthful answer", repr(failed and failed.headers))
        attempts = s.record(call, "--attempts")
        tests.check([a["outcome"] for a in attempts] == ["unreachable", "rejected"], "unreachable is on record", str(attempts))
        s.blue = Peer(5391)


def late_answer(tests):
    """A 200 of a gateway that was given up is passed on and recorded"""
    with Scene() as s:
        call = s.call()
        call.invite()
        first = s.blue.wait("INVITE")
        second = s.red.wait("INVITE", 3)
        s.red.answer(second, 200, tag="red")
        tests.check(s.caller.wait(200) is not None, "the second gateway answers")
        s.blue.answer(first, 200, tag="blue")
        late = s.caller.wait(200)
        tests.check(late is not None and "tag=blue" in late.get("To"), "the late 200 is passed on")
        rows = s.record(call)
        tests.check(sorted((r["to_tag"], r["gateway"], r["status"]) for r in rows) ==
                    [("blue", "blue1", "open"), ("red", "red1", "open")], "two dialogs on record", str(rows))
        attempts = s.record(call, "--attempts")
        tests.check(sorted(a["outcome"] for a in attempts) == ["answered", "late_answer"], "the attempt says late_answer", str(attempts))


def cancel(tests):
    """CANCEL before and after the first response, and crossing a 200"""
    with Scene() as s:
        call = s.call()
        call.invite()
        invite = s.blue.wait("INVITE")
        s.blue.answer(invite, 180)
        s.caller.wait(180)
        call.cancel('Reason: SIP;cause=200;text="elsewhere"\r\n')
        tests.check(s.caller.wait(200) is not None, "the CANCEL is answered")
        gone = s.blue.wait("CANCEL")
        tests.check(gone is not None and gone.get("Via") == invite.get("Via") and "elsewhere" in gone.get("Reason"),
                    "and goes to the gateway with its Reason", repr(gone and gone.headers))
        s.blue.answer(gone, 200)
        s.blue.answer(invite, 487)
        tests.check(s.caller.wait(487) is not None, "487 comes back")
        row, = s.record(call)
        tests.check((row["status"], row["end_source"], row["sip_code"]) == ("cancelled", "caller", "487"), "a cancelled record", str(row))

        call = s.call()
        call.invite()
        invite = s.blue.wait("INVITE")
        call.cancel()
        tests.check(s.caller.wait(487, 1) is not None, "before any response: 487 at once")
        tests.check(s.blue.wait("CANCEL", 0.3) is None, "and no CANCEL yet (9.1)")
        s.blue.answer(invite, 100, tag="")
        tests.check(s.blue.wait("CANCEL") is not None, "it leaves with the first response")
        tests.check(s.red.quiet(), "nobody else is tried")

        call = s.call()
        call.invite()
        invite = s.blue.wait("INVITE")
        s.blue.answer(invite, 180)
        s.caller.wait(180)
        call.cancel()
        s.blue.wait("CANCEL")
        s.blue.answer(invite, 200)
        crossing = s.caller.wait(200)
        if crossing and "CANCEL" in crossing.get("CSeq"):
            crossing = s.caller.wait(200)
        tests.check(crossing is not None and "INVITE" in crossing.get("CSeq"), "a 200 that crosses is passed on")
        row, = s.record(call)
        tests.check(row["status"] == "open", "and on record", str(row))


def ringing_too_long(tests):
    """The ringing timeout ends the call with 408"""
    with Scene() as s:
        call = s.call()
        call.invite()
        s.blue.answer(s.blue.wait("INVITE"), 180)
        tests.check(s.caller.wait(408, 3) is not None, "408 to the caller")
        tests.check(s.blue.wait("CANCEL") is not None, "CANCEL to the gateway")
        row, = s.record(call)
        tests.check((row["status"], row["end_source"], row["sip_code"]) == ("failed", "timeout", "408"), "on record", str(row))


def rejected_bye(tests):
    """A BYE that is rejected is no end; 481 is one; a second BYE changes nothing"""
    with Scene() as s:
        call, *_ = s.answered()
        call.send("BYE")
        s.blue.answer(s.blue.wait("BYE"), 403)
        tests.check(s.caller.wait(403) is not None, "403 is passed on")
        row, = s.record(call)
        tests.check(row["status"] == "open" and row["end_time"] == "", "the call goes on", str(row))
        call.send("BYE")
        s.blue.answer(s.blue.wait("BYE"), 481)
        tests.check(s.caller.wait(481) is not None, "481 is passed on")
        row, = s.record(call)
        tests.check(row["status"] == "answered" and row["reason"] == "BYE answered with 481", "and ends the call", str(row))
        time.sleep(0.3)
        call.send("BYE")
        s.blue.answer(s.blue.wait("BYE"), 200)
        s.caller.wait(200)
        again, = s.record(call)
        tests.check(again.pop("last_seen") > row.pop("last_seen") and again == row, "a further BYE changes nothing, and shows that the gateway is there", str(again))


def tokens(tests):
    """Tokens that are missing, forged or from another call are never billed from"""
    with Scene() as s:
        call, *_ = s.answered()
        other, *_ = s.answered()
        good = list(call.routes)
        for what, routes in (
                ("missing", [f"<sip:127.0.0.1:{PORT};lr>"]),
                ("altered", [good[0].replace("lcr=A", "lcr=B") if "lcr=A" in good[0] else good[0].replace(">", "") + "x>"]),
                ("flipped", [re.sub(r"lcr=(.{40})(.)", lambda m: f"lcr={m[1]}{'A' if m[2] != 'A' else 'B'}", good[0])]),
                ("cut", [re.sub(r"lcr=(.{60}).*>", r"lcr=\1>", good[0])]),
                ("of another call", list(other.routes))):
            call.routes = routes
            call.send("BYE")
            bye = s.blue.wait("BYE")
            tests.check(bye is not None, f"{what}: the BYE is forwarded all the same")
            if bye:
                s.blue.answer(bye, 481)
                s.caller.wait(481)
            call.send("INVITE")
            tests.check(s.caller.wait(403) is not None and s.blue.quiet(0.15), f"{what}: an INVITE is refused")
        row, = s.record(call)
        tests.check(row["status"] == "open", "no end was recorded", str(row))
        counters = s.lab.ctl_json("counters")
        tests.check(counters["token_missing"] == 2 and counters["token_forged"] == 8, "all were counted", str(counters))
        call.routes = good
        call.send("BYE")
        s.blue.answer(s.blue.wait("BYE"), 200)
        s.caller.wait(200)
        row, = s.record(call)
        tests.check(row["status"] == "answered", "the real BYE ends it", str(row))


def refusals(tests):
    """Every refusal has its code"""
    more = {"accounts": "account,tariff,country_code,international,enabled\nacme,retail,49,false,true\noff,retail,49,true,false\n",
            "trunks": "account,address,port\nacme,127.0.0.1,5380\noff,127.0.0.1,5381\n"}
    with Scene(tables=more) as s:
        for what, number, status in (("international, not allowed", "+442079460123", 403), ("no price", "+3312345678", 403),
                                     ("letters", "alice", 404), ("too short", "+4", 484), ("too long", "+49" + "1" * 20, 484)):
            call = s.call(number)
            call.invite()
            got = s.caller.wait(status)
            tests.check(got is not None, f"{what}: {status}")
            row = s.record(call)
            tests.check(len(row) == 1 and row[0]["sip_code"] == str(status) and row[0]["reason"], f"{what}: on record", str(row))
        s.lab.ctl("gateway", "blue1", "disable")
        s.lab.ctl("gateway", "red1", "disable")
        call = s.call()
        call.invite()
        got = s.caller.wait(480)
        tests.check(got is not None and "operator" in got.get("Reason"), "all gateways off: 480 says why", repr(got and got.headers))
        s.lab.ctl("gateway", "blue1", "enable")
        for what, port, status in (("disabled account", 5381, 403), ("unknown source", 5382, 403)):
            peer = Peer(port)
            Call(peer, PORT, NUMBER).invite()
            tests.check(peer.wait(status) is not None, f"{what}: {status}")
            peer.close()
        for what, text, status in (
                ("Max-Forwards 0", s.call().request("INVITE").replace("Max-Forwards: 70", "Max-Forwards: 0"), 483),
                ("Max-Forwards x", s.call().request("INVITE").replace("Max-Forwards: 70", "Max-Forwards: x"), 400),
                ("Proxy-Require", s.call().request("INVITE", "Proxy-Require: foo\r\n"), 420),
                ("scheme", s.call().request("INVITE", uri="mailto:a@b"), 416),
                ("foreign host that cannot be reached", s.call(uri="sip:+4930@[::9]").request("INVITE"), 500),
                ("preloaded Route", s.call().request("INVITE", f"Route: <sip:127.0.0.1:{PORT};lr>, <sip:127.0.0.1:5391;lr>\r\n"), 403),
                ("To tag without Route", s.call().request("INVITE").replace("\r\nCall-ID", ";tag=x\r\nCall-ID"), 481),
                ("REGISTER", s.call(uri=f"sip:127.0.0.1:{PORT}").request("REGISTER"), 405),
                ("OPTIONS", s.call(uri=f"sip:127.0.0.1:{PORT}").request("OPTIONS"), 200),
                ("BYE out of nowhere", s.call().request("BYE"), 481),
                ("CANCEL out of nowhere", s.call().request("CANCEL"), 481),
                ("SIP/3.0", s.call().request("INVITE").replace(" SIP/2.0\r\n", " SIP/3.0\r\n", 1), 505),
                ("two From", s.call().request("INVITE", "From: <sip:x@y>;tag=z\r\n"), 400),
                ("CSeq method", s.call().request("INVITE").replace("1 INVITE", "1 BYE"), 400)):
            s.caller.send(text, PORT)
            call_id = re.search("Call-ID: (.*)\r", text).group(1)
            while (got := s.caller.next(1)) is not None and got.get("Call-ID") != call_id:
                pass  # a final response of an earlier case again
            tests.check(got is not None and got.status == status, f"{what}: {status}", repr(got))


def loops(tests):
    """A request that comes back unchanged is a loop; one that was changed on the way is not"""
    with Scene(gateways=f"gateway,carrier,uri\nself,blue,sip:127.0.0.1:{PORT}\n") as s:
        call = s.call()
        call.invite()
        final = s.caller.wait(482, 3) or s.caller.wait(483, 3)
        tests.check(final is not None, "a gateway that is ourselves ends in 482", repr(final))


def garbage(tests):
    """Malformed datagrams are dropped or refused, and the daemon serves on"""
    with Scene(workers=2) as s:
        rng = random.Random(7)
        template = s.call().request("INVITE", "Proxy-Require: x\r\n").encode()
        s.caller.send(b"\r\n\r\n", PORT)
        s.caller.send(b"", PORT)
        for _ in range(3000):
            data = bytearray(template)
            for _ in range(rng.randrange(1, 8)):
                kind, at = rng.randrange(3), rng.randrange(len(data))
                if kind == 0:
                    data[at] = rng.randrange(256)
                elif kind == 1:
                    del data[at:at + rng.randrange(40)]
                else:
                    data[at:at] = bytes(rng.randrange(256) for _ in range(rng.randrange(40)))
                if not data:
                    data = bytearray(b"x")
            s.caller.send(bytes(data), PORT)
        while s.caller.next(0.3) is not None:
            pass
        s.answered()
        tests.check(True, "a call goes through after 3,000 broken datagrams")


def workers(tests):
    """1, 2 and 4 workers: all messages of a call meet in one thread"""
    for n in (1, 2, 4):
        with Scene(workers=n) as s:
            for _ in range(40):
                call, *_ = s.answered()
                call.send("BYE")
                s.blue.answer(s.blue.wait("BYE"), 200)
                s.caller.wait(200)
            s.lab.wait_shipped()
            rows = s.lab.records()
            counters = s.lab.ctl_json("counters")
            tests.check(len(rows) == 40 and all(r["status"] == "answered" for r in rows), f"{n} workers: 40 calls, 40 records")
            tests.check((counters["handed_over"] > 0) == (n > 1), f"{n} workers: datagrams were handed over as needed", str(counters["handed_over"]))


def stopping(tests):
    """SIGTERM with a call that rings: it fails with a record, and the exit status is 0"""
    with Scene() as s:
        call = s.call()
        call.invite()
        s.blue.answer(s.blue.wait("INVITE"), 180)
        s.caller.wait(180)
        s.lab.stop()
        tests.check(s.caller.wait(503) is not None, "503 to the caller")
        tests.check(s.blue.wait("CANCEL") is not None, "CANCEL to the gateway")
        s.lab.start()
        row, = s.record(call)
        tests.check((row["status"], row["end_source"], row["reason"]) == ("failed", "proxy", "proxy stopped"), "on record", str(row))


def draining(tests):
    """lcrctl drain: calls in progress go on, one that rings is answered, new ones are refused until drain off"""
    with Scene() as s:
        talks, _, _ = s.answered()
        rings = s.call()
        rings.invite()
        ringing = s.blue.wait("INVITE", call_id=rings.call_id)
        s.blue.answer(ringing, 180)
        s.caller.wait(180)
        tests.check("draining" in s.lab.ctl("drain") and s.lab.ctl_json("status")["draining"], "lcrctl drain, and the status says so")
        call = s.call()
        call.invite()
        refused = s.caller.wait(503, call_id=call.call_id)
        tests.check(refused is not None and refused.get("Retry-After") == "10", "a new call: 503 and Retry-After")
        tests.check("expected nothing or off" in s.lab.run("lcrctl", "--socket", s.lab.path("control.sock"), "drain", "soon", check=False).stderr, "another word is refused")
        s.blue.answer(ringing, 200)
        rings.learn(s.caller.wait(200, call_id=rings.call_id))
        rings.ack()
        for call in (talks, rings):
            call.send("BYE")
            bye = s.blue.wait("BYE", call_id=call.call_id)
            tests.check(bye is not None, "a call in progress ends as it should")
            s.blue.answer(bye, 200)
            s.caller.wait(200, call_id=call.call_id)
        s.lab.ctl("drain", "off")
        again, _, _ = s.answered()
        tests.check(not s.lab.ctl_json("status")["draining"] and s.lab.ctl_json("counters")["refused_draining"] == 1, "drain off: calls are taken again")
        tests.check([r["status"] for r in s.record(talks) + s.record(rings)] == ["answered", "answered"], "all are on record")


def strays(tests):
    """A request that leaves the way of its call is refused: it would end the record and not the call, or call for nothing"""
    with Scene() as s:
        elsewhere = Peer(5399)
        call, invite, _ = s.answered()
        for method in ("BYE", "INVITE", "UPDATE"):
            call.send(method, uri="sip:gateway@127.0.0.1:5399")
            tests.check(s.caller.wait(403) is not None and elsewhere.quiet(0.2), f"{method}: another Request-URI")
        call.routes.append("<sip:127.0.0.1:5399;lr>")
        call.send("BYE")
        tests.check(s.caller.wait(403) is not None and elsewhere.quiet(0.2), "BYE: another Route behind ours")
        call.routes.pop()
        imposter = Peer(5397, "127.0.0.2")
        call.callee_request(imposter, "BYE", invite)
        tests.check(imposter.wait(403) is not None and s.caller.wait("BYE", 0.2) is None, "BYE: the callee's, from elsewhere")
        imposter.close()
        row, = s.record(call)
        tests.check(row["status"] == "open", "no end was recorded", str(row))
        tests.check(s.lab.ctl_json("counters")["astray"] == 5, "all were counted")

        call.callee_request(s.blue, "INVITE", invite, "Contact: <sip:gateway@127.0.0.1:5399>\r\n")
        s.caller.answer(s.caller.wait("INVITE"), 200)
        tests.check(s.blue.wait(200) is not None, "the callee moves")
        call.target = "sip:gateway@127.0.0.1:5399"
        call.send("BYE")
        elsewhere.answer(elsewhere.wait("BYE"), 200)
        tests.check(s.caller.wait(200) is not None, "and is found where it is now")
        row, = s.record(call)
        tests.check(row["status"] == "answered", "the end is recorded", str(row))

        elsewhere.close()


def early_bye(tests):
    """A BYE before the answer is no end of an answered call; its token opens nothing"""
    with Scene() as s:
        call = s.call()
        call.invite()
        invite = s.blue.wait("INVITE")
        s.blue.answer(invite, 180)
        early = s.caller.wait(180)
        call.learn(early)
        call.send("INVITE", uri="sip:premium@127.0.0.1:5392")
        tests.check(s.caller.wait(403) is not None and s.red.quiet(0.2), "an INVITE to another gateway is refused")
        call.send("BYE")
        s.blue.answer(s.blue.wait("BYE"), 200)
        tests.check(s.caller.wait(200) is not None, "the BYE is forwarded")
        s.blue.answer(invite, 487)
        tests.check(s.caller.wait(487) is not None, "487 comes back")
        rows = s.record(call)
        tests.check([r["status"] for r in rows] == ["failed"], "one record, of a failed call", str(rows))


def long_names(tests):
    """A call whose names do not fit a record is refused, or recorded under a shorter one: none goes unbilled"""
    with Scene() as s:
        for what, text in (("Call-ID", s.call(call_id="x" * 40000).request("INVITE")),
                           ("tag", s.call().request("INVITE").replace(";tag=", ";tag=" + "x" * 40000))):
            s.caller.send(text, PORT)
            tests.check(s.caller.wait(400) is not None and s.blue.quiet(0.2), f"a {what} of 40,000 bytes: 400")
        call = s.call()
        call.invite()
        s.blue.answer(s.blue.wait("INVITE"), 200, tag="t" * 40000)
        call.learn(s.caller.wait(200))
        call.send("BYE")
        s.blue.answer(s.blue.wait("BYE"), 200)
        tests.check(s.caller.wait(200) is not None, "a gateway with a tag of 40,000 bytes is served")
        rows = s.record(call)
        tests.check([r["status"] for r in rows] == ["answered"], "and on record", str([r["status"] for r in rows]))


def too_large(tests):
    """A datagram that has no room for its answer is dropped, and leaves nothing behind"""
    with Scene() as s:
        text = s.call(uri=f"sip:127.0.0.1:{PORT}").request("REGISTER").replace("Max-Forwards: 70\r\n", "")
        for _ in range(10):
            text = text.replace("z9hG4bK", "z9hG4bK1", 1)
            s.caller.send(text.replace(";branch", ";x=" + "y" * (65500 - len(text)) + ";branch"), PORT)
        tests.check(s.caller.quiet(), "no answer")
        counters = s.lab.ctl_json("counters")
        tests.check(counters["too_large"] == 10 and counters["server_transactions"] == 0, "nor a transaction that waits for ever", str(counters))


def timer_c(tests):
    """Timer C begins anew with each provisional response but 100; the ringing time does not"""
    with Scene(settings="routing = { first_response_timeout_ms = 400; ringing_timeout_ms = 0; timer_c_ms = 1500; };") as s:
        for status, lives in ((183, True), (180, True), (199, True), (100, False)):
            call = s.call()
            call.invite()
            invite = s.blue.wait("INVITE", call_id=call.call_id)
            s.blue.answer(invite, 180)
            start = time.time()
            for _ in range(3):
                time.sleep(0.9)
                s.blue.answer(invite, status)
            cancel = s.blue.wait("CANCEL", 0.05, call.call_id)
            tests.check((cancel is None) == lives, f"{status} {'starts it anew' if lives else 'does not'}")
            cancel = cancel or s.blue.wait("CANCEL", 3, call.call_id)
            tests.check(cancel is not None and s.caller.wait(408, call_id=call.call_id), f"{status}: then CANCEL and 408 (16.8)")
            tests.check((time.time() - start > 3.5) == lives, f"{status}: after {time.time() - start:.1f} s")
            s.blue.answer(cancel, 200)
            s.blue.answer(invite, 487)
        row, = s.record(call)
        tests.check((row["status"], row["end_source"], row["sip_code"]) == ("failed", "timeout", "408"), "on record", str(row))


def ringing_inside(tests):
    """An INVITE inside a dialog that is never answered is cancelled (timer C)"""
    with Scene(settings="routing = { first_response_timeout_ms = 400; timer_c_ms = 1500; };") as s:
        call, *_ = s.answered()
        call.send("INVITE")
        invite = s.blue.wait("INVITE")
        start = time.time()
        for _ in range(3):
            s.blue.answer(invite, 180)
            time.sleep(0.9)
        tests.check(s.blue.wait("CANCEL", 0.1) is None, "each provisional response gives it time anew (16.7 step 2)")
        gone = s.blue.wait("CANCEL", 4)
        tests.check(gone is not None and time.time() - start > 3, "CANCEL to the gateway")
        if gone:
            s.blue.answer(gone, 200)
            s.blue.answer(invite, 487)
        tests.check(s.caller.wait(487) is not None, "its 487 goes to the caller")


def many_timers(tests):
    """Timers that fire together do not share the memory of one message"""
    with Scene() as s:
        calls = [s.call() for _ in range(400)]
        for call in calls:
            s.caller.send(call.request("INVITE", f"X: {'x' * 100}\r\n", branch="z9hG4bK" + "b" * 6000 + call.call_id.split("@")[0]), PORT)
        first = {s.blue.wait("INVITE").get("Call-ID") for _ in calls}
        s.lab.daemon.send_signal(signal.SIGSTOP)
        time.sleep(1)
        s.lab.daemon.send_signal(signal.SIGCONT)
        second = set()
        while (invite := s.red.wait("INVITE", 1)) is not None:
            second.add(invite.get("Call-ID"))
        tests.check(len(first) == 400 and second == first, "400 calls go on to the next gateway at once", f"{len(first)} {len(second)}")
        tests.check(s.lab.ctl_json("counters")["out_of_memory"] == 0, "without an error")


Tests().run(forwarding, callee_hangs_up, failover, late_answer, cancel, ringing_too_long, rejected_bye, tokens, refusals, loops,
            garbage, workers, stopping, draining, strays, early_bye, long_names, too_large, timer_c, ringing_inside,
            many_timers)
