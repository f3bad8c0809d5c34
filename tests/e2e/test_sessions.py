#!/usr/bin/env python3
"""Session timers (RFC 4028) through the proxy, in calls and inside dialogs

Usage: tests/e2e/test_sessions.py BUILD
"""
import os
import shutil
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from lab import HERE, Tests  # noqa: E402
from scene import PORT, ROUTING, Scene  # noqa: E402

BUILD = os.path.abspath(sys.argv[1])


def asked_for(tests):
    """The proxy asks for a session timer, and completes an answer that lacks it"""
    with Scene(BUILD, "sessions") as s:
        _, invite, ok = s.answered()
        tests.check(invite.get("Session-Expires") == "1800", "the gateway is asked for 1800 s", repr(invite.headers))
        tests.check(not ok.all("Session-Expires") and not ok.all("Require"), "nobody knows session timers: no answer to it")
        _, invite, ok = s.answered(headers="Supported: timer\r\n")
        tests.check(ok.get("Session-Expires") == "1800;refresher=uac" and ok.get("Require") == "timer",
                    "the caller knows them, the gateway does not: the caller refreshes", repr(ok.headers))
        _, invite, ok = s.answered(headers="k: timer\r\nx: 3600\r\n",
                                   answer="Session-Expires: 1200;refresher=uas\r\nRequire: timer\r\n")
        tests.check(invite.get("x") == "1800" and not invite.all("Session-Expires"), "3600 s of the caller are cut", repr(invite.headers))
        tests.check(ok.all("Session-Expires") == ["1200;refresher=uas"] and ok.all("Require") == ["timer"],
                    "what the gateway decides is passed on as it is", repr(ok.headers))


def too_short(tests):
    """422 to callers that know what it means, a larger Min-SE for others"""
    settings = ROUTING + "sip = { session_expires_s = 900; session_min_s = 300; };"
    with Scene(BUILD, "sessions", settings=settings) as s:
        call = s.call()
        call.invite("Supported: timer\r\nSession-Expires: 120\r\n")
        refused = s.caller.wait(422)
        tests.check(refused is not None and refused.get("Min-SE") == "300" and s.blue.quiet(0.2), "422 with Min-SE", repr(refused))
        call.to = refused.get("To").split(";tag")[0]
        call.send("INVITE", "Supported: timer\r\nSession-Expires: 300\r\nMin-SE: 300\r\n")
        invite = s.blue.wait("INVITE")
        tests.check(invite is not None and invite.get("Session-Expires") == "300", "the same call with 300 s goes through")
        s.blue.answer(invite, 200)
        s.caller.wait(200)
        rows = s.record(call)
        tests.check([(row["status"], row["session_s"]) for row in rows] == [("open", "300")],
                    "one record, of the call that went through, with its interval", str(rows))
        call, invite, ok = s.answered(headers="Session-Expires: 120\r\n")
        tests.check(invite.get("Session-Expires") == "300" and invite.get("Min-SE") == "300", "raised for one that knows nothing")
        tests.check(s.lab.ctl_json("counters")["refused_session"] == 1, "the refusal was counted")


def refreshed(tests):
    """re-INVITE and UPDATE are treated alike, from both sides"""
    with Scene(BUILD, "sessions") as s:
        call, invite, _ = s.answered(headers="Supported: timer\r\n")
        for method in ("UPDATE", "INVITE"):
            call.send(method, "Supported: timer\r\nSession-Expires: 3600;refresher=uac\r\n")
            again = s.blue.wait(method)
            tests.check(again.get("Session-Expires") == "1800;refresher=uac", f"{method}: cut, the refresher stays")
            s.blue.answer(again, 200)
            ok = s.caller.wait(200)
            tests.check(ok.get("Session-Expires") == "1800;refresher=uac" and ok.get("Require") == "timer", f"{method}: completed")
            if method == "INVITE":
                call.request("ACK")
            call.send(method, "Supported: timer\r\nSession-Expires: 89\r\n")
            tests.check(s.caller.wait(422) is not None, f"{method}: 422")
        call.callee_request(s.blue, "UPDATE", invite, "Supported: timer\r\n")
        update = s.caller.wait("UPDATE")
        tests.check(update.get("Session-Expires") == "1800", "of the callee: asked for")
        s.caller.answer(update, 200, tag="")
        tests.check(s.blue.wait(200).get("Session-Expires") == "1800;refresher=uac", "of the callee: completed")
        call.send("INFO")
        info = s.blue.wait("INFO")
        tests.check(not info.all("Session-Expires"), "INFO refreshes nothing")


def too_short_for_others(tests):
    """A 422 of a gateway goes up to the caller, who asks for more; the callee's own gets ours"""
    with Scene(BUILD, "sessions") as s:
        call = s.call()
        call.invite("Supported: timer\r\n")
        invite = s.blue.wait("INVITE")
        s.blue.answer(invite, 422, headers="Min-SE: 3600\r\n")
        refused = s.caller.wait(422)
        tests.check(refused is not None and refused.get("Min-SE") == "3600", "the gateway's 422 and its Min-SE reach the caller", repr(refused))
        tests.check(s.red.quiet(0.2), "no other gateway is asked: the caller is to ask for more")
        again = s.call()
        again.call_id, again.cseq = call.call_id, call.cseq
        again.from_tag = call.from_tag
        again.invite("Supported: timer\r\nSession-Expires: 3600\r\nMin-SE: 3600\r\n")
        invite = s.blue.wait("INVITE")
        tests.check(invite is not None and invite.get("Session-Expires") == "3600" and invite.get("Min-SE") == "3600",
                    "a Min-SE over our interval is respected: 3600 s go through", repr(invite and invite.headers))
        s.blue.answer(invite, 200, headers="Session-Expires: 3600;refresher=uac\r\nRequire: timer\r\n")
        ok = s.caller.wait(200)
        again.learn(ok)
        again.ack()
        s.blue.wait("ACK")
        again.send("INVITE", "Supported: timer\r\nSession-Expires: 3600;refresher=uac\r\nMin-SE: 3600\r\n")
        refresh = s.blue.wait("INVITE")
        tests.check(refresh.get("Session-Expires") == "3600;refresher=uac", "also in a refresh", repr(refresh.headers))
        s.blue.answer(refresh, 422, headers="Min-SE: 4000\r\n")
        refused = s.caller.wait(422)
        tests.check(refused is not None and refused.get("Min-SE") == "4000", "whose 422 comes back, too", repr(refused))
        again.callee_request(s.blue, "UPDATE", invite, "Supported: timer\r\nSession-Expires: 60\r\n")
        refused = s.blue.wait(422)
        tests.check(refused is not None and refused.get("Min-SE") == "90" and s.caller.wait("UPDATE", 0.2) is None,
                    "an UPDATE of the callee that is too short: 422 of ours", repr(refused))
        rows = sorted(row["status"] for row in s.record(again))
        tests.check(rows == ["failed", "open"], "the refusal is on record, and none of the others ended the call", str(rows))


def refresh(tests, s, call, what):
    """A re-INVITE without session timers: its 200 and its ACK"""
    call.send("INVITE")
    again = s.blue.wait("INVITE", 2, call.call_id)
    tests.check(again is not None and again.get("Session-Expires") == "3600", f"{what}: so does a re-INVITE", again)
    s.blue.answer(again, 200)
    ok = s.caller.wait(200, call_id=call.call_id)
    tests.check(ok is not None and ok.get("CSeq") == f"{call.cseq} INVITE", f"{what}: its 200 has the caller's number", ok and ok.headers)
    s.caller.send(call.request("ACK", cseq=call.cseq), PORT)
    ack = s.blue.wait("ACK", call_id=call.call_id)
    tests.check(ack is not None and ack.get("CSeq").split()[0] == again.get("CSeq").split()[0], f"{what}: its ACK the number it was sent with",
                ack and ack.headers)


def longer_for_a_carrier(tests):
    """Kamailio takes no session below an hour: who knows no session timers does not lose his call"""
    if shutil.which("kamailio") is None:
        tests.skipped += 1
        return
    with Scene(BUILD, "sessions", gateways="gateway,carrier,uri\nblue1,blue,sip:127.0.0.1:5395\n") as s:
        with open(os.path.join(HERE, "kamailio_sessions.cfg"), encoding="utf-8") as file:
            text = file.read().replace("LISTEN", "5395").replace("NEXT", "5391")
        with open(s.lab.path("carrier.cfg"), "w", encoding="utf-8") as file:
            file.write(text)
        os.makedirs(s.lab.path("run"))
        s.lab.spawn(["kamailio", "-DD", "-f", s.lab.path("carrier.cfg"), "-Y", s.lab.path("run"), "-m", "16", "-M", "4"], "kamailio.log")
        time.sleep(1.5)
        call = s.call()
        call.invite()
        invite = s.blue.wait("INVITE", 3, call.call_id)
        if not tests.check(invite is not None, "the call gets through", s.lab.read("kamailio.log")[-1500:]):
            return
        tests.check(invite.get("Session-Expires") == "3600" and invite.get("Min-SE") == "3600", "with what Kamailio wants", invite.headers)
        s.blue.answer(invite, 200)
        ok = s.caller.wait(200, call_id=call.call_id)
        tests.check(ok is not None and ok.get("CSeq") == "1 INVITE", "the caller's 200 has his number", ok and ok.headers)
        call.learn(ok)
        call.ack()
        ack = s.blue.wait("ACK", call_id=call.call_id)
        tests.check(ack is not None and ack.get("CSeq") == "5 ACK", "the ACK that of the second INVITE", ack and ack.headers)
        refresh(tests, s, call, "inside the call")
        call.send("BYE")
        bye = s.blue.wait("BYE", 2, call.call_id)
        s.blue.answer(bye, 200)
        tests.check(s.caller.wait(200, call_id=call.call_id) is not None, "and it ends")
        rows = s.record(call)
        tests.check([row["status"] for row in rows] == ["answered"], "one record", rows)
        call = s.call()
        call.invite("Supported: timer\r\n")
        refused = s.caller.wait(422, call_id=call.call_id)
        tests.check(refused is not None and refused.get("Min-SE") == "3600", "who knows them hears of it", refused)


def last_sign(tests):
    """A refresh is a sign of life on record: a call whose BYE is lost is known to have lived until then"""
    with Scene(BUILD, "sessions") as s:
        call, _, _ = s.answered(headers="Supported: timer\r\n", answer="Session-Expires: 1800;refresher=uac\r\nRequire: timer\r\n")
        time.sleep(1.2)
        call.send("UPDATE", "Supported: timer\r\nSession-Expires: 1800;refresher=uac\r\n")
        update = s.blue.wait("UPDATE")
        s.blue.answer(update, 200, headers="Session-Expires: 1800;refresher=uac\r\n")
        s.caller.wait(200)
        tests.check(s.lab.ctl_json("counters")["refreshes"] == 1, "the refresh is an event")
        call.send("UPDATE", "Supported: timer\r\nSession-Expires: 1800;refresher=uac\r\n")
        update = s.blue.wait("UPDATE")
        s.blue.answer(update, 488)
        s.caller.wait(488)
        tests.check(s.lab.ctl_json("counters")["refreshes"] == 1, "one that is refused is none")
        row, = s.record(call)
        tests.check(row["status"] == "open" and row["session_s"] == "1800" and row["last_seen"] > row["answer_time"],
                    "on record: when it was seen last, and the interval", str(row))


def switched_off(tests):
    """session_expires_s = 0: nothing is touched"""
    with Scene(BUILD, "sessions", settings=ROUTING + "sip = { session_expires_s = 0; };") as s:
        _, invite, ok = s.answered(headers="Supported: timer\r\nSession-Expires: 30\r\n")
        tests.check(invite.all("Session-Expires") == ["30"] and not ok.all("Session-Expires"), "all passes as it is")


Tests().run(asked_for, too_short, refreshed, too_short_for_others, longer_for_a_carrier, last_sign, switched_off)
