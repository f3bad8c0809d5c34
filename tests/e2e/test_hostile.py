#!/usr/bin/env python3
"""Hostile headers: no number, length or nesting of them costs the daemon more than in proportion, in time or in memory

Usage: tests/e2e/test_hostile.py BUILD

Each shape comes with 15,000 octets and with 60,000, in requests that are answered at once and in calls that go through. What the
daemon's threads took of the processor for them is compared: four times as much is proportional, sixteen times is quadratic.
"""
import glob
import os
import re
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import streams  # noqa: E402
from lab import Tests  # noqa: E402
from peer import SDP, Call  # noqa: E402
from stream import StreamPeer  # noqa: E402
from streams import NUMBER, PORT  # noqa: E402

BUILD = os.path.abspath(sys.argv[1])
SMALL, LARGE, RATIO_MAX = 15000, 60000, 8
TIMES = 3

# (what, begin, unit, end) of rows; what ends without CRLF gets one
SHAPES = (
    ("short rows", "", "x:\r\n", ""), ("folds", "X: a", "\r\n ", "b"), ("commas", "X: a", ",", "b"), ("quotes", "X: ", '"', '"'),
    ("backslashes", 'X: "', "\\\\", '"'), ("parentheses", "Subject: ", "(", ""), ("pairs of them", "Subject: ", "()", ""),
    ("nested ones", "Server: ", "((a)", ""), ("brackets", "X: ", "<", ""), ("parameters", "X: <sip:a@h>", ";a=b", ""),
    ("Vias in a row", "Via: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK1", ", SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK1", ""),
    ("rows of Vias", "", "Via: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK1\r\n", ""),
    ("a long Via", "Via: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK1", ";a=b", ""),
    ("Record-Routes", "Record-Route: <sip:192.0.2.1;lr>", ", <sip:192.0.2.1;lr>", ""),
    ("rows of Record-Routes", "", "Record-Route: <sip:192.0.2.1;lr>\r\n", ""),
    ("our Routes", f"Route: <sip:127.0.0.1:{PORT};lr>", f", <sip:127.0.0.1:{PORT};lr>", ""),
    ("rows of our Routes", "", f"Route: <sip:127.0.0.1:{PORT};lr>\r\n", ""),
    ("Contacts", "Contact: <sip:a@192.0.2.1>", ", <sip:a@192.0.2.1>", ""),
    ("identities", "P-Asserted-Identity: <sip:+4989@h>", ", <sip:+4989@h>", ""), ("rows of identities", "", "P-Asserted-Identity: <sip:+4989@h>\r\n", ""),
    ("Remote-Party-IDs", "", "Remote-Party-ID: <sip:+4989@h>;party=calling\r\n", ""), ("Diversions", "", "Diversion: <sip:+4989@h>\r\n", ""),
    ("option tags", "Supported: a", ",a", ""), ("what is required", "Require: a", ",a", ""), ("what proxies must know", "Proxy-Require: a", ",a", ""),
    ("long rows of what proxies must know", "", "Proxy-Require: " + 300 * "a" + "\r\n", ""),
    ("privacies", "Privacy: id", ";id", ""), ("reasons", "Reason: SIP;cause=200", ",SIP;cause=200", ""), ("credentials", "", 'Authorization: Digest username="a"\r\n', ""),
    ("a long credential", 'Proxy-Authorization: Digest username="a"', ',a="b"', ""), ("session times", "Session-Expires: 1800", ";a=b", ""),
    ("digits", "Max-Forwards: 70\r\nMin-SE: 9", "0", ""), ("a long name", "X", "x", ": a"), ("unknown rows", "", "P-Early-Media: supported\r\n", ""),
    ("a long name of From", 'From: "', "\\\\", '" <sip:a@h>;tag=1'), ("parameters of From", "From: <sip:a@h>;tag=1", ";a=b", ""),
    ("parameters of From's URI", "From: <sip:+4989@h", ";a=b", ">;tag=1"), ("parameters of To", "To: <sip:a@h>", ";a=b", ""),
    ("a long name of To", "To: a", " a", " <sip:a@h>"), ("a long Call-ID", "Call-ID: a", "b", "@h"), ("zeros of CSeq", "CSeq: 0", "0", "1 @METHOD"),
    ("zeros of Max-Forwards", "Max-Forwards: 0", "0", "70"), ("zeros of Content-Length", "Content-Length: 0", "0", "@LENGTH"),
    ("types of content", "Content-Type: application/sdp", ";a=b", ""), ("an Expires", "Expires: 6", "0", ""), ("a RAck", "RAck: 1 1", "0", " INVITE"),
    ("a Timestamp", "Timestamp: 1.", "0", ""), ("preferred identities", "P-Preferred-Identity: <sip:+4989@h>", ", <sip:+4989@h>", ""),
    ("a waiting time", "Retry-After: 5 ", "()", ""), ("warnings", 'Warning: 399 h "a"', ', 399 h "a"', ""), ("what is not supported", "Unsupported: a", ",a", ""),
    ("a long Subject", "Subject: a", " a", ""), ("a long agent", "User-Agent: a", "/a", ""), ("histories", "History-Info: <sip:a@h>;index=1", ", <sip:a@h>;index=1", ""),
    ("compact rows", "", "k: a\r\n", ""), ("rows of Requires", "", "Require: a\r\n", ""), ("rows of Contacts", "", "Contact: <sip:a@192.0.2.1>\r\n", ""),
    ("parameters of a Contact", "Contact: <sip:a@192.0.2.1", ";a=b", ">"), ("rows of reasons", "", "Reason: SIP;cause=200\r\n", ""),
)
# What a gateway may answer with besides: (what, begin, unit, end), in 302 and 401
REDIRECTIONS = (("Contacts", "Contact: <sip:a@192.0.2.1>", ", <sip:a@192.0.2.1>", ""), ("rows of Contacts", "", "Contact: <sip:a@127.0.0.1:5391>;q=0.5\r\n", ""),
                ("parameters of a Contact", "Contact: <sip:a@192.0.2.1>", ";q=1", ""), ("parameters of its URI", "Contact: <sip:+49@127.0.0.1:5391", ";rn=1", ">"),
                ("zeros of a q", "Contact: <sip:a@192.0.2.1>;q=0.", "0", ""), ("a long user", "Contact: <sip:a", "a", "@127.0.0.1:5391>"))
CHALLENGES = (("parameters", 'WWW-Authenticate: Digest realm="r", nonce="n"', ', a="b"', ""), ("rows", "", 'WWW-Authenticate: Digest realm="r", nonce="n"\r\n', ""),
              ("a long nonce", 'WWW-Authenticate: Digest realm="r", nonce="', "n", '"'), ("backslashes", 'WWW-Authenticate: Digest realm="r", nonce="', "\\\\", '"'),
              ("qualities", 'WWW-Authenticate: Digest realm="r", nonce="n", qop="auth', ",auth", '"'), ("schemes in a row", "WWW-Authenticate: Basic", ", Basic", ""))
MANDATORY = ("From", "To", "Call-ID", "CSeq", "Max-Forwards", "Content-Length")
BODIES = (("media", SDP, "m=audio 4000 RTP/AVP 8\r\n"), ("attributes", SDP, "a=rtpmap:8 PCMA/8000\r\n"), ("formats", SDP.rstrip() + " 8", " 8"),
          ("lines that are none", SDP, "\r\n"), ("one line", SDP + "a=", "x"))


def blow_up(shape, size):
    _, begin, unit, *end = shape
    text = begin + unit * ((size - len(begin)) // len(unit)) + (end[0] if end else "")
    return text if text.endswith("\r\n") else text + "\r\n"


class Scene(streams.Scene):
    def __init__(self):
        super().__init__(BUILD, "tcp1,blue,sip:127.0.0.1:5391;transport=tcp,0\n", settings=streams.SETTINGS.replace("routing = {", 'routing = { redirects = "follow";'),
                         tables={"gateway_credentials": "gateway,username,realm,password\ntcp1,u,r,p\n"})

    def cpu_ns(self):
        total = 0
        for name in glob.glob(f"/proc/{self.lab.daemon.pid}/task/*/schedstat"):
            try:
                with open(name, encoding="ascii") as file:
                    total += int(file.read().split()[0])
            except OSError:
                pass
        return total

    def megabytes(self, what):
        with open(f"/proc/{self.lab.daemon.pid}/status", encoding="ascii") as file:
            return next(int(line.split()[1]) for line in file if line.startswith(what)) / 1024


class Shaped(Call):
    """A caller whose own rows give way to what is blown up."""

    def request(self, method, headers="", body="", **more):  # pylint: disable=arguments-differ
        text = super().request(method, headers, body, **more)
        name = headers.split(":")[0]
        if name == "Content-Length":
            text = re.sub(r"\r\nContent-Length: \d+\r\n\r\n", "\r\n\r\n", text, count=1)
        elif name in MANDATORY:
            text = re.sub(rf"\r\n{name}: [^\r]*", "", text, count=1)
        return text.replace("@METHOD", method, 1).replace("@LENGTH", str(len(body)), 1)


def options(s, peer, headers, body):
    call = Shaped(peer, PORT, "", uri=f"sip:127.0.0.1:{PORT}")
    call.send("OPTIONS", headers, body)
    return peer.wait_final(call)


def refused(s, peer, headers, body):
    call = Shaped(peer, PORT, "+999")
    call.send("INVITE", headers, body or SDP)
    final = peer.wait_final(call)
    call.send("ACK", cseq=call.cseq, branch=call.branch)
    return final


def at_gateway(s, peer, call, do):
    """What do(invite) says of the first INVITE; then the final answer, acknowledged. Refused ones never get there."""
    while s.gateway.next(0) is not None:
        pass
    final = None
    for _ in range(500):
        invite = s.gateway.next(0.005)
        if invite and invite.method == "INVITE":
            do(invite)
            break
        final = peer.next(0.005)
        if final and final.status >= 300:
            break
    if final is None or final.status < 200:
        final = peer.wait_final(call)
    if final is None or final.status >= 300:
        call.send("ACK", cseq=call.cseq, branch=call.branch)
    return final


def called(s, peer, headers, body):
    call = Shaped(peer, PORT, NUMBER)
    call.send("INVITE", headers, body or SDP)
    # some are in the answer anyway
    there = "" if headers.startswith(("Via", "Record-Route", *MANDATORY)) else headers
    return at_gateway(s, peer, call, lambda invite: s.gateway.answer(invite, 486, headers=there))


def redirected(s, peer, headers, body):
    call = Call(peer, PORT, NUMBER)
    call.send("INVITE", "", SDP)
    return at_gateway(s, peer, call, lambda invite: s.gateway.answer(invite, 302, headers=headers, contact=False))


def challenged(s, peer, headers, body):
    call = Call(peer, PORT, NUMBER)
    call.send("INVITE", "", SDP)
    return at_gateway(s, peer, call, lambda invite: s.gateway.answer(invite, 401, headers=headers))


def talked(s, peer, headers, body):
    """A call that is answered so, and what is said in it."""
    call = Shaped(peer, PORT, NUMBER)
    call.send("INVITE", "", SDP)
    there = "" if headers.startswith(("Via", "Record-Route", "Contact", *MANDATORY)) else headers
    ok = at_gateway(s, peer, call, lambda invite: s.gateway.answer(invite, 200, headers=there, body=body))
    if ok is None or ok.status != 200:
        return ok
    call.learn(ok)
    call.ack()
    for method in ("INFO", "BYE"):
        call.send(method, headers if method == "INFO" and not headers.startswith(("To", "From", "Call-ID")) else "", body)
        for _ in range(100):
            got = s.gateway.next(0.01)
            if got and got.method == method:
                s.gateway.answer(got, 200)
            if (final := peer.next(0.001)) is not None and final.status >= 200:
                break
    return ok


class Caller(StreamPeer):
    def wait_final(self, call):
        """Any final answer to it; refused ones may have no Call-ID that fits."""
        for _ in range(50):
            message = self.next(0.1)
            if message is None and (self.up is None or not self.up.is_open):
                return None
            if message and message.status >= 200:
                return message
        return None


def cost(s, do, headers, body=""):
    """The processor's time for one, the least of some: others can only make it more. None when there was no answer."""
    least = None
    for _ in range(TIMES):
        peer = Caller(5380, listen=False)
        peer.connect(PORT)
        before = s.cpu_ns()
        do(s, peer, headers, body)
        took = s.cpu_ns() - before
        peer.close()
        least = took if least is None else min(least, took)
    return least


def test_proportional(t):
    """Four times the octets take less than eight times the time, and no memory that stays"""
    with Scene() as s:
        s.gateway = s.peer(StreamPeer(5391))
        cost(s, called, "")
        base = s.megabytes("VmRSS")
        for do in (options, refused, called, talked, redirected, challenged):
            worst = ("", 0)
            for shape in {redirected: REDIRECTIONS, challenged: CHALLENGES}.get(do, SHAPES):
                small, large = (max(cost(s, do, blow_up(shape, size)), 1) for size in (SMALL, LARGE))
                worst = max(worst, (shape[0], large / small), key=lambda pair: pair[1])
                t.check(large <= RATIO_MAX * small, f"{do.__name__}: {shape[0]}: {large / small:.1f}", (small, large))
            for shape in BODIES if do in (refused, called, talked) else ():
                small, large = (max(cost(s, do, "Content-Type: application/sdp\r\n", blow_up(shape, size)), 1) for size in (SMALL, LARGE))
                worst = max(worst, (shape[0], large / small), key=lambda pair: pair[1])
                t.check(large <= RATIO_MAX * small, f"{do.__name__}: body of {shape[0]}: {large / small:.1f}", (small, large))
            t.check(True, f"{do.__name__}: the worst is {worst[0]}, {worst[1]:.1f} times")
        grown = s.megabytes("VmHWM") - base
        # a pending call keeps its request and what was made of it; ASan keeps what was freed, up to its quarantine of 256 MB
        t.check(grown < 330, f"all of them together took {grown:.0f} MB at the most")
        call = Call(s.gateway, PORT, "", uri=f"sip:127.0.0.1:{PORT}")
        call.send("OPTIONS")
        t.check(s.gateway.wait(200) is not None, "and the daemon serves on")


Tests().run(test_proportional)
