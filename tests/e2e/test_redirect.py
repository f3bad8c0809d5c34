#!/usr/bin/env python3
"""test_redirect - 3xx of gateways: passed, followed to where it may lead, or a failure (RFC 3261 8.1.3.4)"""
import os
import sqlite3
import sys

from lab import Tests
from peer import Peer
from scene import NUMBER, PORT, ROUTING, Scene

BUILD = os.path.abspath(sys.argv[1])
GATEWAYS = ("gateway,carrier,uri,priority,redirects\nblue1,blue,sip:127.0.0.1:5391,0,{0}\nblue2,blue,sip:127.0.0.1:5393,1,preset\n"
            "red1,red,sip:127.0.0.1:5392,0,preset\n")


def settings(redirects, hosts=""):
    return ROUTING.replace("}", f'redirects = "{redirects}"; redirect_hosts = [ {hosts} ]; }}', 1)


def scene(name, redirects, gateway="preset", hosts=""):
    return Scene(BUILD, name, settings=settings(redirects, hosts), gateways=GATEWAYS.format(gateway))


def redirected(s, contacts, status=302, number=NUMBER):
    """A call that blue1 redirects."""
    call = s.call(number)
    call.invite()
    s.blue.answer(s.blue.wait("INVITE", call_id=call.call_id), status, headers=contacts)
    return call


def contact(port, user=NUMBER, more="", host="127.0.0.1"):
    return f"Contact: <sip:{user}@{host}:{port}{more}>\r\n"


def test_passed(t):
    """Passed to the caller, by setting or for one gateway"""
    for words in (("pass",), ("follow", "pass")):
        with scene("redirect-pass", *words) as s:
            call = redirected(s, contact(5392))
            moved = s.caller.wait(302, call_id=call.call_id)
            # Peer.answer writes a Contact of its own in front
            t.check(moved and f"<sip:{NUMBER}@127.0.0.1:5392>" in moved.all("Contact"), "the 302 as the gateway sent it", moved and moved.headers)
            t.check(s.record(call)[0]["sip_code"] == "302", "on record")


def test_failed(t):
    """A failure: on to the next gateway, 480 in the end"""
    with scene("redirect-fail", "follow", "fail") as s:
        call = redirected(s, contact(5392))
        for peer, status in ((s.red, 486),):
            s.blue.wait("ACK", call_id=call.call_id)
            invite = peer.wait("INVITE", 3, call.call_id)
            t.check(invite is not None, "the next gateway gets the call")
            peer.answer(invite, status)
        t.check(s.caller.wait(486, call_id=call.call_id), "its answer counts")
    with Scene(BUILD, "redirect-all", settings=settings("fail"),
               gateways="gateway,carrier,uri\nblue1,blue,sip:127.0.0.1:5391\n") as s:
        call = redirected(s, contact(5392))
        t.check(s.caller.wait(480, call_id=call.call_id), "all redirect: 480, no Contact of theirs")


def test_followed(t):
    """Followed: to the carrier's own hosts and those of the configuration, best first, once each"""
    with scene("redirect-follow", "follow", hosts='"127.0.0.9", ".partner.example"') as s:
        two = Peer(5393)
        # to the same carrier, a parameter of number portability included
        call = redirected(s, contact(5393, NUMBER + ";rn=+49155;npdi"))
        invite = two.wait("INVITE", call_id=call.call_id)
        t.check(invite and invite.start == f"INVITE sip:{NUMBER};rn=+49155;npdi@127.0.0.1:5393 SIP/2.0", "to the Contact as it is", invite)
        two.answer(invite, 200)
        ok = s.caller.wait(200, call_id=call.call_id)
        t.check(ok is not None, "it answers")
        call.learn(ok)
        call.ack()
        t.check(two.wait("ACK", call_id=call.call_id), "the ACK gets there")
        call.send("BYE")
        two.answer(two.wait("BYE", call_id=call.call_id), 200)
        s.caller.wait(200, call_id=call.call_id)
        rows = s.record(call)
        t.check(len(rows) == 1 and rows[0]["status"] == "answered" and rows[0]["carrier"] == "blue", "the carrier that redirected is paid", rows)
        with sqlite3.connect(s.lab.path("lcr.db")) as store:
            tries = store.execute("SELECT outcome, sip_code, uri FROM cdr_attempt WHERE call_id = ? ORDER BY hop", (call.call_id,)).fetchall()
        t.check([row[0] for row in tries] == ["redirected", "answered"], "two attempts on record", tries)
        t.check(s.lab.ctl_json("counters")["redirects_followed"] == 1, "counted")
        # the best first; others are left out, and the next gateway has its turn
        nine = Peer(5394, "127.0.0.9")
        call = redirected(s, contact(5399, host="127.0.0.66") + contact(5392, "+4990012345") + contact(5392) +
                          f"Contact: <sip:x@127.0.0.9:5394>;q=0.3, <sip:{NUMBER}@127.0.0.1:5393>;q=0.7\r\n")
        # the gateway's own Contact is in front of them: a host of the carrier, another number
        invite = two.wait("INVITE", call_id=call.call_id)
        t.check(invite is not None, "of two that may be followed the higher q first")
        two.answer(invite, 404)
        two_over = nine.wait("INVITE", 1.5, call.call_id)
        t.check(two_over is None, "404 ends the hunt, as ever")
        t.check(s.caller.wait(404, call_id=call.call_id), "and is the answer")
        call = redirected(s, f"Contact: <sip:x@127.0.0.9:5394>;q=0.3, <sip:{NUMBER}@127.0.0.1:5393>;q=0.7\r\n")
        two.answer(two.wait("INVITE", call_id=call.call_id), 503)
        invite = nine.wait("INVITE", call_id=call.call_id)
        t.check(invite is not None, "503: the next Contact, by the configuration's leave")
        # and round: to where it came from
        nine.answer(invite, 302, headers=f"Contact: <sip:{NUMBER}@127.0.0.1:5393>, <sip:{NUMBER}@127.0.0.1:5391>;q=0.1\r\n")
        again = s.blue.wait("INVITE", 3, call.call_id)
        t.check(again is not None, "a redirection of a redirection; what was tried is left out")
        s.blue.answer(again, 301, headers=contact(5391))
        blue2 = two.wait("INVITE", 3, call.call_id)
        red = s.red.wait("INVITE", 3, call.call_id) if not blue2 else None
        t.check(blue2 or red, "in the end the next gateway of the plan")
        (two if blue2 else s.red).answer(blue2 or red, 603)
        t.check(s.caller.wait(603, call_id=call.call_id), "whose answer counts")
        two.close()
        nine.close()


def test_refused(t):
    """Not followed: other hosts, other numbers, other schemes, 305 and 380, more than five times"""
    with Scene(BUILD, "redirect-bound", settings=settings("follow", '"127.0.0.1"'),
               gateways="gateway,carrier,uri\nblue1,blue,sip:127.0.0.1:5391\n") as s:
        for what, contacts, status in (("another host", contact(5399, host="127.0.0.66"), 302), ("a name", contact(5399, host="evil.example"), 302),
                                       ("tel", "Contact: <tel:+4930>\r\n", 302), ("maddr", contact(5392, more=";maddr=127.0.0.66"), 302),
                                       ("ourselves", contact(PORT), 302), ("305", contact(5392), 305), ("380", contact(5392), 380)):
            call = s.call()
            call.invite()
            invite = s.blue.wait("INVITE", call_id=call.call_id)
            # without a Contact of the peer's own
            text = "\r\n".join([f"SIP/2.0 {status} Moved"] + [f"Via: {via}" for via in invite.all("Via")] +
                               [f"From: {invite.get('From')}", f"To: {invite.get('To')};tag=x", f"Call-ID: {call.call_id}",
                                f"CSeq: {invite.get('CSeq')}"]) + "\r\n" + contacts + "Content-Length: 0\r\n\r\n"
            s.blue.send(text, PORT)
            t.check(s.caller.wait(480, call_id=call.call_id), f"{what}: not followed, 480")
        t.check(s.red.quiet(), "and nobody was called")
        call = s.call()
        call.invite()
        n = 0
        while invite := s.blue.wait("INVITE", 1, call.call_id):
            n += 1
            s.blue.answer(invite, 302, headers=f"Contact: <sip:n{n}@127.0.0.1:5391>;q=1\r\n")
        # its own Contact is followed, too, once
        t.check(n == 7, f"five redirections at most: {n} INVITEs")
        t.check(s.caller.wait(480, 1, call.call_id), "then 480")


def test_number(t):
    """A redirection to another number of the carrier is not followed: the call was priced by its own"""
    with scene("redirect-number", "follow") as s:
        call = redirected(s, contact(5393, "+4990012345"))
        red = s.red.wait("INVITE", 3, call.call_id)
        t.check(red is None or "90012345" not in red.start, "not to the dearer number")
        t.check("which is not followed" in s.lab.read("lcrproxyd.log"), "the log says so")


Tests().run(test_passed, test_failed, test_followed, test_refused, test_number)
