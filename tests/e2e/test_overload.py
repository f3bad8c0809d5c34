#!/usr/bin/env python3
"""More than sip.max_transactions: new calls get 503 with Retry-After first, then other new requests, those inside calls last

Usage: tests/e2e/test_overload.py BUILD
"""
import os
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from lab import Tests  # noqa: E402
from peer import Call  # noqa: E402
from scene import PORT, Scene  # noqa: E402

BUILD = os.path.abspath(sys.argv[1])
LIMIT = 100
SETTINGS = f"routing = {{ first_response_timeout_ms = 20000; ringing_timeout_ms = 60000; }};\nsip = {{ max_transactions = {LIMIT}; }};"


def pending(s):
    counters = s.lab.ctl_json("counters")
    return counters["server_transactions"] + counters["client_transactions"]


def first_answer(s, call, seconds=2.0):
    """The final answer to the call's last request, or 180 of an INVITE; None: it waits."""
    deadline = time.time() + seconds
    while (left := deadline - time.time()) > 0:
        message = s.caller.next(left)
        if message and message.get("Call-ID") == call.call_id and message.status > 100 and message.get("CSeq").split()[0] == str(call.cseq):
            return message
    return None


def ring(s):
    """One more call that rings, or what refuses it."""
    call = s.call()
    call.invite()
    deadline = time.time() + 2
    while time.time() < deadline:
        invite = s.blue.next(0.005)
        if invite and invite.method == "INVITE" and invite.get("Call-ID") == call.call_id:
            s.blue.answer(invite, 180)
        answer = s.caller.next(0.005)
        if answer and answer.get("Call-ID") == call.call_id and answer.status > 100:
            if answer.status >= 300:
                call.send("ACK", cseq=call.cseq, branch=call.branch)
            return call, invite, answer
    return call, None, None


def test_order(t):
    """New calls are refused first, other new requests next, requests inside calls last; all of it ends"""
    with Scene(BUILD, "overload", settings=SETTINGS) as s:
        there, invite, _ = s.answered()
        other, _, _ = s.answered()
        ringing, refusal = [], None
        for _ in range(LIMIT):
            call, got, answer = ring(s)
            if answer is None or answer.status != 180:
                refusal = answer
                break
            ringing.append((call, got))
        t.check(refusal is not None and refusal.status == 503 and refusal.get("Retry-After").isdigit(), "a new call gets 503 with Retry-After",
                refusal and refusal.headers)
        t.check(pending(s) >= LIMIT and len(ringing) > LIMIT // 4, f"at {pending(s)} transactions, with {len(ringing)} calls that ring")
        # new requests that are no calls: on until half as many again
        call, refused, last = None, None, 0
        for n in range(LIMIT):
            call = Call(s.caller, PORT, "", uri=f"sip:127.0.0.1:{PORT}")
            call.send("OPTIONS")
            answer = first_answer(s, call)
            if answer is None or answer.status != 200:
                refused = answer
                break
            last = n + 1
        t.check(last > LIMIT // 4, f"{last} OPTIONS are answered on")
        t.check(refused is not None and refused.status == 503, "then they get 503, too", refused)
        for method in ("INVITE", "INFO", "UPDATE"):
            there.send(method)
            got = s.blue.wait(method, 2, there.call_id)
            t.check(got is not None, f"{method} inside a call goes through")
            if got:
                s.blue.answer(got, 200)
                t.check(s.caller.wait(200, 2, there.call_id) is not None, f"and its answer")
            if method == "INVITE":
                there.ack_of(there.cseq)
        there.send("BYE")
        bye = s.blue.wait("BYE", 2, there.call_id)
        s.blue.answer(bye, 200)
        t.check(s.caller.wait(200, 2, there.call_id) is not None, "its BYE goes through")
        call, got = ringing[0]
        call.cancel()
        gone = s.blue.wait("CANCEL", 2, call.call_id)
        t.check(gone is not None, "so does a CANCEL")
        s.blue.answer(gone, 200)
        # inside a call, too, there is an end
        refused = None
        for n in range(2 * LIMIT):
            other.send("INFO")
            if (answer := first_answer(s, other, 0.02)) is not None:
                refused = answer
                break
        t.check(refused is not None and refused.status in (500, 503), f"after {n} requests inside a call, which nobody answers, even they are refused", refused)
        t.check(pending(s) <= 2 * LIMIT + 2, "no more than twice the limit are ever pending", pending(s))
        t.check(s.lab.ctl_json("counters")["overload"] >= 2, "it is counted", s.lab.ctl_json("counters"))
        t.check("new requests get 503" in s.lab.read("lcrproxyd.log"), "and logged")


Tests().run(test_order)
