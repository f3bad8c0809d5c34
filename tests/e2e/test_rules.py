#!/usr/bin/env python3
"""Rules of RFC 3261 16 that calls meet with odd neighbours: transparency, routing, NAT, failures

Usage: tests/e2e/test_rules.py BUILD
"""
import os
import random
import re
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from lab import Tests  # noqa: E402
from peer import Call, Message, Peer  # noqa: E402
from scene import NUMBER, PORT, ROUTING, Scene  # noqa: E402

BUILD = os.path.abspath(sys.argv[1])
METHODS = ("PRACK", "UPDATE", "INFO", "REFER", "SUBSCRIBE", "NOTIFY", "MESSAGE", "OPTIONS", "PUBLISH", "!odd%METHOD")


def raw(peer, start, seconds=2.0):
    """The next datagram that begins so, as it is."""
    peer.socket.settimeout(seconds)
    while True:
        try:
            data, source = peer.socket.recvfrom(65536)
        except (TimeoutError, OSError):
            return b"", None
        if data.startswith(start):
            return data, source


def odd_message(start, vias, routes, call, cseq, from_to):
    """A message with all that a proxy has no business with."""
    rng = random.Random(3)
    body = bytes(rng.randrange(256) for _ in range(700)) + b"\r\n\r\nINVITE sip:x SIP/2.0\r\n\0"
    head = [start, *vias, "mAx-FORWARDS :  0070", "X-Empty:", "s:", *routes,
            "X-Folded: one\r\n two\r\n\t\tthree  ", *from_to, f"i:{call.call_id}", f"CSeq:\t{cseq}",
            "Subject : \"quoted, \\\" comma\" , ;;,, =", "k: a,b ,\r\n c", "e: gzip", "c : application/x-odd;a=\"b\"",
            "X-Utf8: \u00e4\u00f6\u00fc \u505c\u96fb", "Supported: timer-not", "X-Folded: again", f"l :  {len(body)}"]
    return "\r\n".join(head).encode() + b"\r\n\r\n" + body


def without(data, *lines):
    """The message without the first row that matches each pattern."""
    for line in lines:
        data = re.sub(line, b"", data, count=1)
    return data


def transparency(tests):
    """Requests and responses go on byte for byte, but for what RFC 3261 16.6 changes"""
    with Scene(BUILD, "rules") as s:
        call, invite, ok = s.answered()
        ruri = call.target
        for method in METHODS:
            vias = [f"v:SIP/2.0/UDP  127.0.0.1:5380;branch=z9hG4bK{random.randrange(1 << 48):x};x=\"y,z\" ,SIP/2.0/TLS [2001:db8::1];branch=z9hG4bK1"]
            from_to = [f"f:{invite.get('From')}", f"t: {call.to} ;x=y"]
            sent = odd_message(f"{method} {ruri} SIP/2.0", vias, [f"Route: {call.routes[0]}"], call, f"77 {method}", from_to)
            s.caller.send(sent, PORT)
            got, source = raw(s.blue, method.encode() + b" ")
            expected = without(sent, rb"Route: [^\r]*\r\n").replace(b"0070", b"69", 1)
            expected = expected.replace(b";x=\"y,z\"", b";x=\"y,z\"", 1)
            left = re.sub(rb"^Via: SIP/2.0/UDP 127.0.0.1:5360;branch=[^\r]*\r\n", b"", got, flags=re.M)
            left = without(left, rb"Max-Breadth: 60\r\n")
            if method == "UPDATE":
                left = without(left, rb"Session-Expires: 1800\r\n")
            tests.check(left == expected, f"{method}: as it was sent", f"\n{left!r}\n{expected!r}")
            if not got:
                continue
            top = re.search(rb"Via: [^\r]*\r\n", got).group(0)
            answer = odd_message("SIP/2.0 202 \u00e4 strange  phrase", [top.decode().rstrip("\r\n"), vias[0]], [], call,
                                 f"77 {method}", from_to)
            s.blue.socket.sendto(answer, source)
            back, _ = raw(s.caller, b"SIP/2.0 202")
            tests.check(back == answer.replace(top, b""), f"{method}: its answer too", f"\n{back!r}\n{answer!r}")


def methods_of_the_callee(tests):
    """The other side's requests of all kinds reach the caller, with their answers"""
    with Scene(BUILD, "rules") as s:
        call, invite, _ = s.answered()
        for n, method in enumerate(METHODS):
            call.callee_request(s.blue, method, invite, f"X-N: {n}\r\n")
            got = s.caller.wait(method)
            tests.check(got is not None and got.get("X-N") == str(n) and not got.all("Route"), method, repr(got))
            if got:
                s.caller.answer(got, 200 + n, tag="")
                tests.check(s.blue.wait(200 + n) is not None, f"{method}: answered")


def reliable_provisionals(tests):
    """RSeq and Require of a 183 pass, and so does its PRACK before the answer"""
    with Scene(BUILD, "rules") as s:
        call = s.call()
        call.invite("Supported: 100rel\r\n")
        invite = s.blue.wait("INVITE")
        s.blue.answer(invite, 183, headers="Require: 100rel\r\nRSeq: 813520\r\nContent-Type: application/sdp\r\n", body="v=0\r\n")
        early = s.caller.wait(183)
        tests.check(early.get("RSeq") == "813520" and early.get("Require") == "100rel" and early.body == "v=0\r\n", "183 is whole")
        call.learn(early)
        call.send("PRACK", "RAck: 813520 1 INVITE\r\n")
        prack = s.blue.wait("PRACK")
        tests.check(prack is not None and prack.get("RAck") == "813520 1 INVITE", "PRACK")
        s.blue.answer(prack, 200)
        tests.check(s.caller.wait(200) is not None, "its 200")
        call.callee_request(s.blue, "UPDATE", invite)
        update = s.caller.wait("UPDATE")
        tests.check(update is not None, "UPDATE of the callee before the answer")
        s.caller.answer(update, 200, tag="")
        s.blue.answer(invite, 200)
        tests.check(s.caller.wait(200, call_id=call.call_id) is not None, "200")


def strict_neighbours(tests):
    """A strict router in front of us, and one behind us (16.4, 16.6 step 6)"""
    with Scene(BUILD, "rules") as s:
        call, _, _ = s.answered()
        ours, target = call.routes[0], call.target
        call.routes = [f"<{target}>"]
        call.send("INFO", uri=ours.strip("<>"))
        info = s.blue.wait("INFO")
        tests.check(info is not None and info.start == f"INFO {target} SIP/2.0" and not info.all("Route"),
                    "our Record-Route as Request-URI: the last Route is the target", repr(info and info.headers))
        s.blue.answer(info, 200)
        tests.check(s.caller.wait(200) is not None, "and its answer comes back")
        call.send("ACK", uri=ours.strip("<>"), cseq=1)
        tests.check(s.blue.wait("ACK") is not None, "an ACK likewise")

        strict = Peer(5399)
        call = s.call()
        call.invite()
        invite = s.blue.wait("INVITE")
        s.blue.answer(invite, 200, headers="")
        ok = s.caller.wait(200)
        call.learn(ok)
        call.routes = call.routes + ["<sip:127.0.0.1:5399;x=y>"]
        call.send("OPTIONS")
        tests.check(s.caller.wait(403) is not None, "a strict router nobody has told of is astray")
        strict.close()

        behind = Peer(5399)
        call = s.call()
        call.invite()
        invite = s.blue.wait("INVITE")
        # the gateway is a proxy of old: its Record-Route has no lr
        text = [f"Record-Route: <sip:127.0.0.1:5399>\r\nRecord-Route: {invite.get('Record-Route')}\r\n"]
        invite.headers = [pair for pair in invite.headers if pair[0] != "Record-Route"]
        s.blue.answer(invite, 200, headers=text[0])
        call.learn(s.caller.wait(200))
        call.send("INFO")
        info = behind.wait("INFO")
        tests.check(info is not None and info.start == "INFO sip:127.0.0.1:5399 SIP/2.0" and info.all("Route") == [f"<{call.target}>"],
                    "it becomes the Request-URI, the target the last Route", repr(info and (info.start, info.headers)))
        behind.close()


def routes_to_us(tests):
    """Several Routes of ours in a row are one"""
    with Scene(BUILD, "rules") as s:
        call, _, _ = s.answered()
        ours = call.routes[0]
        for what, routes in (("the same twice", [ours, ours]), ("one without a token in front", [f"<sip:127.0.0.1:{PORT};lr>", ours]),
                             ("one behind, in one row", [f"{ours}, <sip:127.0.0.1:{PORT};lr>"])):
            call.routes = routes
            call.send("INFO")
            info = s.blue.wait("INFO")
            tests.check(info is not None and not info.all("Route") and len(info.all("Via")) == 2, what, repr(info and info.headers))
            s.blue.answer(info, 200)
            s.caller.wait(200)
        call.routes = [ours]
        call.send("BYE")
        s.blue.answer(s.blue.wait("BYE"), 200)
        s.caller.wait(200)
        row, = s.record(call)
        tests.check((row["status"], row["token"]) == ("answered", "valid"), "and the record ends", str(row))


def spirals(tests):
    """A call that comes back changed is a spiral and goes on; unchanged it is a loop (RFC 5393)"""
    with Scene(BUILD, "rules") as s:
        call = s.call()
        call.invite()
        invite = s.blue.wait("INVITE")
        again = Call(s.blue, PORT, "+4930123456", call_id=call.call_id)
        text = again.request("INVITE", body="v=0\r\n")
        vias = "".join(f"Via: {via}\r\n" for via in invite.all("Via"))
        s.blue.send(text.replace("Max-Forwards", vias + "Max-Forwards", 1), PORT)
        spiral = s.blue.wait("INVITE")
        tests.check(spiral is not None and spiral.start.startswith("INVITE sip:+4930123456@") and len(spiral.all("Via")) == 4,
                    "another number: forwarded", repr(spiral))
        start = f"INVITE {invite.start.split(' ')[1]} SIP/2.0\r\n"
        loop = start + "".join(f"{name}: {value}\r\n" for name, value in invite.headers if name != "Record-Route") + "\r\n"
        loop = loop.replace("Via: ", f"Via: SIP/2.0/UDP 127.0.0.1:5391;branch=z9hG4bKloop{random.randrange(1 << 30)}\r\nVia: ", 1)
        # as our own gateway would get it: by the Request-URI that the caller used
        loop = loop.replace(invite.start.split(" ")[1], call.uri, 1) + invite.body
        s.blue.send(loop, PORT)
        tests.check(s.blue.wait(482) is not None, "the same once more: 482")


def text_of(message, start, leave_out=0):
    """A message again, without its first Vias"""
    vias = message.all("Via")[leave_out:]
    others = [(name, value) for name, value in message.headers if name != "Via"]
    return "\r\n".join([start] + [f"Via: {via}" for via in vias] + [f"{name}: {value}" for name, value in others]) + "\r\n\r\n" + message.body


def spirals_end_twice(tests):
    """What came through twice has two records, and its requests go through twice, from one Route of ours to the other"""
    for by_caller in (True, False):
        with Scene(BUILD, "rules", workers=2) as s:
            call = s.call()
            call.invite()
            first = s.blue.wait("INVITE")
            again = text_of(first, f"INVITE sip:+4930123456@127.0.0.1:{PORT} SIP/2.0")
            s.blue.send(again.replace("Via: ", "Via: SIP/2.0/UDP 127.0.0.1:5391;branch=z9hG4bKsbc\r\nVia: ", 1), PORT)
            second = s.blue.wait("INVITE")
            s.blue.answer(second, 200)
            s.blue.send(text_of(s.blue.wait(200), "SIP/2.0 200 OK", 1), PORT)
            call.learn(s.caller.wait(200))
            tests.check(len(call.routes) == 2, "two Routes", repr(call.routes))
            call.ack()
            tests.check(s.blue.wait("ACK") is not None, "the ACK goes on")
            if by_caller:
                call.send("BYE")
                bye = s.blue.wait("BYE")
                s.blue.answer(bye, 200)
            else:
                call.callee_request(s.blue, "BYE", second)
                bye = s.caller.wait("BYE")
                s.caller.answer(bye, 200)
            tests.check((s.caller if by_caller else s.blue).wait(200) is not None and len(bye.all("Via")) == 3 and not bye.all("Route"),
                        "the BYE went through twice", repr(bye and bye.headers))
            rows = s.record(call)
            end = "caller" if by_caller else "callee"
            tests.check([(row["status"], row["end_source"], row["token"]) for row in rows] == [("answered", end, "valid")] * 2,
                        f"two records, ended by the {end}", str(rows))
            s.lab.wait_shipped()
            calls = s.lab.ctl("calls", "--json")
            tests.check("+49" not in str(calls), "no call is left", str(calls))


def hidden_contacts(tests):
    """Contacts behind a NAT are reached where their messages came from"""
    with Scene(BUILD, "rules") as s:
        call = s.call()
        sent = call.request("INVITE", body="v=0\r\n").replace("Contact: <sip:caller@127.0.0.1:5380>", "Contact: <sip:caller@10.1.2.3:5060>")
        s.caller.send(sent.replace("branch=", "rport;branch="), PORT)
        invite = s.blue.wait("INVITE")
        tests.check(invite.get("Contact") == "<sip:caller@10.1.2.3:5060>", "Contact is not touched")
        tests.check(re.search(r";lcrn=7f0000011504>$", invite.get("Record-Route")) is not None, "Record-Route says where the caller is",
                    invite.get("Record-Route"))
        hidden = "<sip:gateway@192.168.77.1:5060>"

        def answer(request):
            to = invite.get("To") + ";tag=gw"
            lines = ["SIP/2.0 200 OK"] + [f"{n}: {v}" for n, v in request.headers if n in ("Via", "From", "Call-ID", "CSeq", "Record-Route")]
            return "\r\n".join(lines + [f"To: {to}", f"Contact: {hidden}"]) + "\r\nContent-Length: 0\r\n\r\n"

        s.blue.send(answer(invite), PORT)
        ok = s.caller.wait(200)
        tests.check(ok.get("Contact") == hidden and ";lcrn=7f000001150f>" in ok.get("Record-Route"),
                    "the 200 says where the gateway is", ok.get("Record-Route"))
        call.learn(ok)
        call.ack()
        ack = s.blue.wait("ACK")
        tests.check(ack is not None and ack.start == "ACK sip:gateway@192.168.77.1:5060 SIP/2.0", "the ACK reaches the gateway", repr(ack))
        for method in ("INFO", "INVITE"):
            call.send(method)
            got = s.blue.wait(method)
            tests.check(got is not None, f"{method} to the gateway")
            s.blue.send(answer(got), PORT)
            tests.check(s.caller.wait(200) is not None, f"{method}: answered")
        lines = [f"BYE sip:caller@10.1.2.3:5060 SIP/2.0", f"Via: SIP/2.0/UDP 127.0.0.1:5391;branch=z9hG4bK{random.randrange(1 << 48):x}",
                 "Max-Forwards: 70", f"From: {call.to}", f"To: {invite.get('From')}", f"Call-ID: {call.call_id}", "CSeq: 1 BYE",
                 f"Route: {invite.get('Record-Route')}"]
        s.blue.send("\r\n".join(lines) + "\r\nContent-Length: 0\r\n\r\n", PORT)
        bye = s.caller.wait("BYE")
        tests.check(bye is not None and bye.start.startswith("BYE sip:caller@10.1.2.3:5060 "), "the BYE reaches the caller", repr(bye))
        s.caller.answer(bye, 200, tag="")
        row, = s.record(call)
        tests.check((row["status"], row["end_source"]) == ("answered", "callee"), "and ends the record", str(row))


def failures(tests):
    """6xx ends the hunt; 401, 407 and 3xx are the caller's to deal with"""
    with Scene(BUILD, "rules") as s:
        for status, headers in ((603, ""), (600, ""), (407, "Proxy-Authenticate: Digest realm=\"gw\", nonce=\"x\"\r\n"),
                                (401, "WWW-Authenticate: Digest realm=\"gw\", nonce=\"x\"\r\n"), (302, "")):
            call = s.call()
            call.invite()
            s.blue.answer(s.blue.wait("INVITE"), status, headers=headers)
            got = s.caller.wait(status)
            name, _, value = headers.partition(": ")
            tests.check(got is not None and s.red.quiet(0.2) and (not headers or got.get(name) == value.strip()),
                        f"{status} is passed on, nobody else is tried", repr(got))
            call.request("ACK")


def one_source_floods(tests):
    """A source that is no trunk and sends too much is met with silence; calls that are there, and trunks, go on"""
    settings = ROUTING + "sip = { source_rate = 50; };"
    with Scene(BUILD, "rules", settings=settings) as s:
        call, _, _ = s.answered()
        stranger = Peer(5398, "127.0.0.2")
        for _ in range(400):
            Call(stranger, PORT, NUMBER).send("INVITE")
        answered = set()
        while (got := stranger.next(0.3)) is not None:
            answered.add(got.get("Call-ID"))
        tests.check(50 <= len(answered) < 120, "most of a flood stays without an answer", str(len(answered)))
        counters = s.lab.ctl_json("counters")
        tests.check(counters["sources_silenced"] >= 1 and counters["source_dropped"] >= 280, "counted", str(counters["source_dropped"]))
        call.send("BYE")
        s.blue.answer(s.blue.wait("BYE"), 200)
        tests.check(s.caller.wait(200) is not None, "a call of a trunk ends as ever")
        for _ in range(100):
            s.call().send("OPTIONS", uri=f"sip:127.0.0.1:{PORT}")
        n = 0
        while s.caller.next(0.3) is not None:
            n += 1
        tests.check(n == 100, "a trunk may send more", str(n))
        stranger.close()


if __name__ == "__main__":
    Tests().run(transparency, methods_of_the_callee, reliable_provisionals, strict_neighbours, routes_to_us, spirals, spirals_end_twice,
                hidden_contacts, failures,
                one_source_floods)
