#!/usr/bin/env python3
"""test_transactions - retransmissions, CANCEL at every stage, 2xx that come again or late, and the best of several failures (RFC 3261 16.7, 17, RFC 6026)"""
import os
import sys
import time

from lab import Tests
from peer import Peer
from scene import PORT, ROUTING, Scene

BUILD = os.path.abspath(sys.argv[1])
DNS_PORT = 5453


def received(peer, what, call, seconds):
    """How many such messages of a call come in so many seconds."""
    n, deadline = 0, time.time() + seconds
    while (left := deadline - time.time()) > 0:
        n += peer.wait(what, left, call.call_id) is not None
    return n


def absorbed(t):
    """What comes twice goes on once: INVITE, CANCEL, ACK of a failure, final responses"""
    with Scene(BUILD, "transactions") as s:
        call = s.call()
        sent = call.invite()
        invite = s.blue.wait("INVITE", call_id=call.call_id)
        s.blue.answer(invite, 183)
        t.check(s.caller.wait(183, call_id=call.call_id), "183")
        s.caller.send(sent, PORT)
        t.check(s.caller.wait(183, 1, call.call_id), "the INVITE again: its last provisional response again (17.2.1)")
        t.check(not s.blue.wait("INVITE", 0.3, call.call_id), "and no second one to the gateway")
        s.blue.answer(invite, 486)
        ack = s.blue.wait("ACK", call_id=call.call_id)
        t.check(ack and ack.get("Via") == invite.get("Via"), "a failure is acknowledged by us, with the INVITE's branch (17.1.1.3)")
        s.blue.answer(invite, 486)
        t.check(s.blue.wait("ACK", 1, call.call_id), "the failure again: the ACK again, until timer D")
        busy = s.caller.wait(486, call_id=call.call_id)
        t.check(busy is not None, "the caller hears of it")
        again = s.caller.wait(486, 1.5, call.call_id)
        t.check(again is not None, "and again as long as it is not acknowledged (timer G)")
        ack = sent.replace("INVITE ", "ACK ", 1).replace(" INVITE\r\n", " ACK\r\n", 1).split("Contact:")[0].replace(
            f"To: {call.to}", f"To: {busy.get('To')}") + "Content-Length: 0\r\n\r\n"
        s.caller.send(ack, PORT)
        s.caller.send(ack, PORT)
        t.check(received(s.caller, 486, call, 2.5) == 0, "then no more")
        t.check(received(s.blue, "ACK", call, 0.3) == 0, "his ACK goes no further")
        s.caller.send(sent, PORT)
        t.check(s.caller.wait("INVITE", 0.2, call.call_id) is None and received(s.blue, "INVITE", call, 0.5) == 0,
                "the INVITE once more after that is no new call (timer I)")
        row, = s.record(call)
        t.check(row["status"] == "failed" and row["sip_code"] == "486", "one record", row)


def answered_twice(t):
    """2xx that come again go on each time, and are one answer"""
    with Scene(BUILD, "transactions") as s:
        call = s.call()
        sent = call.invite()
        invite = s.blue.wait("INVITE", call_id=call.call_id)
        for _ in range(3):
            s.blue.answer(invite, 200)
        t.check(received(s.caller, 200, call, 0.5) == 3, "three times 200, as they came (RFC 6026 8.5)")
        s.blue.answer(invite, 200)
        call.learn(s.caller.wait(200, call_id=call.call_id))
        s.caller.send(sent, PORT)
        t.check(received(s.blue, "INVITE", call, 0.3) == 0, "the INVITE again: absorbed in Accepted")
        call.ack()
        call.ack()
        t.check(received(s.blue, "ACK", call, 0.4) == 2, "each ACK goes on")
        s.blue.answer(invite, 486)
        t.check(received(s.caller, 486, call, 0.3) == 0, "a failure after the answer is nothing")
        s.blue.answer(invite, 200, tag="fork")
        fork = s.caller.wait(200, call_id=call.call_id)
        t.check(fork is not None and "tag=fork" in fork.get("To"), "a 200 of another branch of the gateway's goes on, too")
        rows = s.record(call)
        t.check(sorted(row["to_tag"] for row in rows) == ["fork", "gw"], "on record as the dialogs they are", rows)


def late_answers(t):
    """200 of a call that was given up: after ringing too long, after a CANCEL, after a failure was told"""
    with Scene(BUILD, "transactions") as s:
        call = s.call()
        call.invite()
        invite = s.blue.wait("INVITE", call_id=call.call_id)
        s.blue.answer(invite, 180)
        t.check(s.caller.wait(408, 3, call.call_id), "it rang too long: 408")
        cancel = s.blue.wait("CANCEL", call_id=call.call_id)
        s.blue.answer(cancel, 200)
        s.blue.answer(invite, 200)
        late = s.caller.wait(200, call_id=call.call_id)
        t.check(late is not None and len(late.all("Via")) == 1, "answered all the same: the 200 goes on (16.7 step 5)", late)
        if late:
            call.learn(late)
            call.ack()
            t.check(s.blue.wait("ACK", call_id=call.call_id), "and so does its ACK")
            call.send("BYE")
            bye = s.blue.wait("BYE", call_id=call.call_id)
            s.blue.answer(bye, 200)
            s.caller.wait(200, call_id=call.call_id)
        rows = s.record(call)
        t.check(any(row["status"] == "answered" and row["end_source"] == "caller" for row in rows), "on record as a call, with its end", rows)
        call = s.call()
        call.invite()
        invite = s.blue.wait("INVITE", call_id=call.call_id)
        call.cancel()
        t.check(s.caller.wait(487, call_id=call.call_id), "cancelled before any response: 487")
        s.blue.answer(invite, 200)
        t.check(s.caller.wait(200, call_id=call.call_id), "answered at that moment: the 200 goes on")
        rows = s.record(call)
        t.check(any(row["status"] == "open" for row in rows), "on record: somebody talks there", rows)


def cancelled(t):
    """CANCEL of the wrong call, twice, after the answer, between two gateways, and of a re-INVITE"""
    with Scene(BUILD, "transactions") as s:
        call = s.call()
        call.sent = call.request("INVITE")
        call.cancel()
        t.check(s.caller.wait(481, call_id=call.call_id), "of no INVITE: 481")
        # twice
        call = s.call()
        call.invite()
        invite = s.blue.wait("INVITE", call_id=call.call_id)
        s.blue.answer(invite, 180)
        s.caller.wait(180, call_id=call.call_id)
        call.cancel()
        call.cancel()
        t.check(received(s.caller, 200, call, 0.4) == 2, "twice: two answers")
        cancels = [s.blue.wait("CANCEL", 0.2, call.call_id)]
        s.blue.answer(cancels[0], 200)
        t.check(s.blue.wait("CANCEL", 0.7, call.call_id) is None, "and one CANCEL to the gateway")
        s.blue.answer(invite, 487)
        t.check(s.caller.wait(487, call_id=call.call_id), "487")
        # the gateway ignores it
        call = s.call()
        call.invite()
        invite = s.blue.wait("INVITE", call_id=call.call_id)
        s.blue.answer(invite, 503)
        second = s.red.wait("INVITE", call_id=call.call_id)
        call.cancel()
        t.check(s.caller.wait(487, call_id=call.call_id), "between two gateways: 487")
        s.red.answer(second, 100, tag="")
        t.check(s.red.wait("CANCEL", call_id=call.call_id), "the second one is cancelled as soon as it responds")
        t.check(s.blue.wait("CANCEL", 0.2, call.call_id) is None, "the first one, which is over, is not")
        # after the answer
        call, invite, _ = s.answered()
        call.sent = call.sent
        call.cancel()
        t.check(s.caller.wait(200, call_id=call.call_id), "after the answer: 200, and no more")
        t.check(s.blue.wait("CANCEL", 0.3, call.call_id) is None, "the call goes on")
        # of a re-INVITE
        text = call.send("INVITE")
        again = s.blue.wait("INVITE", call_id=call.call_id)
        s.blue.answer(again, 180)
        s.caller.wait(180, call_id=call.call_id)
        s.caller.send(text.replace("INVITE ", "CANCEL ", 1).replace(" INVITE\r\n", " CANCEL\r\n", 1), PORT)
        gone = s.blue.wait("CANCEL", call_id=call.call_id)
        t.check(gone is not None and gone.get("CSeq") == again.get("CSeq").replace("INVITE", "CANCEL"), "of a re-INVITE: to the gateway", gone)
        s.blue.answer(gone, 200)
        s.blue.answer(again, 487)
        t.check(s.caller.wait(487, call_id=call.call_id), "whose 487 comes back")
        row, = s.record(call)
        t.check(row["status"] == "open", "and the call goes on", row)


def cancelled_looking(t):
    """CANCEL while DNS is asked where the gateway is"""
    settings = ROUTING + f'dns = {{ servers = [ "127.0.0.1:{DNS_PORT}" ]; timeout_ms = 3000; }};'
    silent = Peer(DNS_PORT)
    with Scene(BUILD, "transactions", settings=settings,
               gateways="gateway,carrier,uri,priority\nvoice,blue,sip:voice.test,0\nred1,red,sip:127.0.0.1:5392,1\n") as s:
        call = s.call()
        call.invite()
        time.sleep(0.2)
        call.cancel()
        start = time.time()
        t.check(s.caller.wait(487, 1, call.call_id) and time.time() - start < 0.5, "487 at once")
        t.check(s.red.quiet(3.5) and s.blue.quiet(0.01), "and nobody is called when DNS gives up")
        row, = s.record(call)
        t.check(row["status"] == "cancelled", "on record as cancelled", row)
    silent.close()


def best(t):
    """Of several failures the best is told (16.7 step 6)"""
    settings = "routing = { first_response_timeout_ms = 400; ringing_timeout_ms = 1500; reroute_codes = \"404, 408, 480, 486, 500-504\"; };"
    for first, second, told in ((486, 503, 486), (503, 486, 486), (500, 404, 404), (404, 500, 404), (503, 503, 500), (480, 603, 603),
                                (415, 404, 415)):
        codes = settings.replace("404,", "404, 415,")
        with Scene(BUILD, "transactions", settings=codes) as s:
            call = s.call()
            call.invite()
            s.blue.answer(s.blue.wait("INVITE", call_id=call.call_id), first)
            s.red.answer(s.red.wait("INVITE", call_id=call.call_id), second)
            deadline, answer = time.time() + 2, None
            while time.time() < deadline and (answer is None or answer.status < 300):
                answer = s.caller.next(0.5)
            t.check(answer is not None and answer.status == told, f"{first}, then {second}: {told}", answer)


def not_late(t):
    """No 408 to what is no INVITE, however long it takes (RFC 4320 4.2); 100 to it not before its time (4.1)"""
    with Scene(BUILD, "transactions") as s:
        call, _, _ = s.answered()
        call.send("INFO")
        info = s.blue.wait("INFO", call_id=call.call_id)
        t.check(s.caller.wait(100, 3.3, call.call_id) is None, "no 100 to an INFO for 3.3 s")
        t.check(s.caller.wait(100, 2, call.call_id) is not None, "but then")
        t.check(received(s.caller, 408, call, 29) == 0, "and nothing after 32 s")
        s.blue.answer(info, 200)
        t.check(received(s.caller, 200, call, 0.5) == 0, "nor its late answer")


Tests().run(absorbed, answered_twice, late_answers, cancelled, cancelled_looking, best, not_late)
