#!/usr/bin/env python3
"""Requests that are made to hurt: numbers, names, domains and credentials no decent caller sends. A clear 4xx, no crash, nothing logged raw

Usage: tests/e2e/test_bad_calls.py BUILD
"""
import os
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from knot import Knot  # noqa: E402
from lab import Lab, Tests  # noqa: E402
from peer import SDP, Call, Peer  # noqa: E402
from test_access import answer, values  # noqa: E402

BUILD = os.path.abspath(sys.argv[1])
PORT, DNS_PORT = 5060, 5053
DOMAIN = "voice.example.net"
SETTINGS = f'domains = [ "{DOMAIN}" ]; auth = {{ max_failures = 1000; }}; sip = {{ source_rate = 100000; }}; dns = {{ servers = [ "127.0.0.1:{DNS_PORT}" ]; timeout_ms = 500; }}; log = {{ level = "debug"; full_numbers = true; }};'
SQL, FORMAT = "'; DROP TABLE cdr; --", "%s%n%x%1000000d"

# What is dialled, as it stands in the Request-URI; what is answered; and whether a record has to say so.
NUMBERS = (
    ("a NUL, escaped", b"+49%00893", (400, 404, 484)), ("a line break, escaped", b"+4989%0D%0AX-Evil:%20yes", (400, 404, 484)),
    ("a bell, escaped", b"+4989%07123456", (400, 404, 484)), ("a NUL, raw", b"+49\x00891234567", (400, None)),
    ("an escape sequence, raw", b"+49\x1b[2J891234567", (400, 404, 484, None)), ("a tab, raw", b"+4989\t1234567", (400, None)),
    ("a zero-width space", "+4989\u200b1234567".encode(), (400, 404, 484)), ("the same, escaped", b"+4989%E2%80%8B1234567", (400, 404, 484)),
    ("Arabic digits", "+\u0664\u0669\u0668\u0669\u0661\u0662\u0663\u0664".encode(), (400, 404, 484)),
    ("full-width digits, escaped", b"%EF%BC%8B%EF%BC%94%EF%BC%99%EF%BC%98%EF%BC%99", (400, 404, 484)),
    ("UTF-8 that is broken", b"+4989\xc0\xaf1234567", (400, 404, 484)), ("an escape that is cut off", b"+49891234567%4", (400, 404, 484)),
    ("a right-to-left override", "+4989\u202e1234567".encode(), (400, 404, 484)),
    ("500 digits", b"+" + b"4" * 500, (404, 484)), ("60,000 digits", b"+" + b"4" * 60000, (400, 404, 414, 484, 513, None)),
    ("a plus alone", b"+", (404, 484)), ("two of them", b"++49891234567", (404, 484)), ("a plus inside", b"+4989+1234567", (404, 484)),
    ("SQL", b"';DROP%20TABLE%20cdr;--", (404, 484)), ("formats", b"%25s%25n%25x", (404, 484)),
    ("a path", b"../../etc/passwd", (400, 404, 484)), ("a shell command", b"$(reboot)", (404, 484)),
)
# The host of the Request-URI: none is ours.
DOMAINS = (
    ("ours with another behind it", f"{DOMAIN}.evil.invalid"), ("another one in front", f"evil-{DOMAIN}"), ("a look-alike in Punycode", "xn--vice-55d.example.net"),
    ("a digit for a letter", "v0ice.example.net"), ("a dot more inside", "voice..example.net"), ("ours as a user", f"{DOMAIN}@evil.invalid"),
    ("a NUL, escaped", "voice.example.net%00.evil.invalid"), ("a Cyrillic o", "v\u043eice.example.net"), ("a space, escaped", "voice.example.net%20"),
    ("an address like ours", f"127.0.0.1.evil.invalid:{PORT}"), ("an address in decimal", "2130706433"), ("in octal", "0177.0.0.1"),
)
# Proxy-Authorization, behind "Digest " where nothing else is said.
NONSENSE = (
    ("nothing", "", 400), ("a comma", ",", 400), ("no equals sign", "username", 400), ("a quote that is open", 'username="alice', 400),
    ("half of what is needed", f'username="alice", realm="{DOMAIN}"', 400), ("a thousand parameters", ", ".join(f'a{n}="{n}"' for n in range(1000)), 400),
)
# How good credentials are spoilt.
SPOILT = (
    ("an unknown algorithm", {"algorithm": "SHA-512-256"}, 407), ("MD5-sess", {"algorithm": "MD5-sess"}, 407), ("a realm of his own", {"realm": "evil"}, 407),
    ("the realm in another case", {"realm": DOMAIN.upper()}, 407), ("an empty user name", {"username": ""}, 407), ("a nonce of 600 bytes", {"nonce": "A" * 600}, 400),
    ("a user name of 600 bytes", {"username": "a" * 600}, 400), ("a cnonce of 600 bytes", {"cnonce": "a" * 600}, 400),
    ("a realm of 600 bytes", {"realm": "a" * 600}, 400), ("a digest-uri of 2,000 bytes", {"uri": "sip:" + "a" * 2000}, 400),
    ("SQL as user name", {"username": SQL}, 407), ("formats as user name", {"username": FORMAT}, 407), ("a name with a line break", {"username": "al\x0bice"}, 400),
    ("a name in UTF-8", {"username": "\u00e4lice"}, 407), ("a name that is no UTF-8", {"username": "al\udcffice"}, 407),
    ("a response that is no hash", {"response": "z" * 64}, (400, 407)), ("a response with a quote", {"response": '\\"' * 32}, (400, 407)),
    ("for another method's URI", {"uri": "sip:+4930@evil.invalid"}, 400),
)
# From and identity headers.
FROMS = (
    ("SQL as display name", f'"{SQL}" <sip:{SQL.replace(" ", "%20").replace(chr(39), "%27")}@x>', None), ("formats", f'"{FORMAT}" <sip:%25s%25n@x>', None),
    ("a line break, escaped", "<sip:%0D%0AX-Evil:yes@x>", None), ("an escape sequence", '"\x1b[2J" <sip:1@x>', None), ("a quote that is open", '"open <sip:1@x>', 400),
    ("nothing", "", 400), ("60 KB of it", f'"{"a" * 60000}" <sip:1@x>', None),
)


class Scene:
    """acme is a trunk at 127.0.0.7; alice logs in from 127.0.0.2."""

    def __init__(self):
        self.lab = Lab(BUILD, "bad-calls", workers=2, port=PORT, settings=SETTINGS, gateways="gateway,carrier,uri\nblue1,blue,sip:127.0.0.8:5091\n",
                       tables={"credentials": f"account,username,realm,password\nacme,alice,{DOMAIN},s3cret\n", "trunks": "account,address\nacme,127.0.0.7\n"})

    def __enter__(self):
        self.lab.prepare()
        self.dns = Knot({"invalid.": [], "example.net.": []}, DNS_PORT)
        self.lab.start()
        self.gateway, self.trunk, self.user = Peer(5091, "127.0.0.8"), Peer(5080, "127.0.0.7"), Peer(5081, "127.0.0.2")
        return self

    def __exit__(self, kind, value, trace):
        for peer in (self.gateway, self.trunk, self.user):
            peer.close()
        if kind is None:
            self.lab.stop()
        self.dns.stop()
        self.lab.__exit__(kind, value, trace)

    def final(self, call, data):
        """Send it; the final response, acknowledged; None for silence. The gateway answers 486."""
        call.peer.send(data if isinstance(data, bytes) else data.encode("utf-8", "surrogateescape"), PORT)
        deadline = time.time() + 0.6
        while time.time() < deadline:
            invite = self.gateway.next(0.005)
            if invite and invite.method == "INVITE":
                self.gateway.answer(invite, 486)
            message = call.peer.next(0.05)
            if message and message.status >= 200 and (message.get("Call-ID") == call.call_id):
                call.to = message.get("To") or call.to
                call.peer.send(call.request("ACK", cseq=call.cseq or 1, branch=call.branch), PORT)
                call.to = f"<{call.uri}>"
                return message
        return None

    def dial(self, user, host=DOMAIN.encode()):
        call = Call(self.trunk, PORT, "", uri=f"sip:x@{DOMAIN}")
        text = call.request("INVITE", "", SDP).encode().replace(f"sip:x@{DOMAIN} SIP".encode(), b"sip:" + user + b"@" + host + b" SIP", 1)
        return self.final(call, text)

    def healthy(self):
        return self.lab.daemon.poll() is None and self.dial(b"+498912345678").status == 486

    def logged(self):
        """Lines of the log that have anything but printable ASCII, or what was never to be there as it came."""
        with open(self.lab.path("lcrproxyd.log"), "rb") as file:
            lines = file.read().split(b"\n")
        return [line for line in lines if any(c < 32 or c > 126 for c in line) or b"X-Evil: yes" in line or line.startswith(b"X-Evil")]


def ok(message, expected):
    expected = expected if isinstance(expected, tuple) else (expected,)
    return (message.status if message else None) in expected


def numbers(tests):
    """Numbers that are none"""
    with Scene() as s:
        for what, user, expected in NUMBERS:
            message = s.dial(user)
            tests.check(ok(message, expected), f"{what}: {message and message.status}", repr(message))
        tests.check(s.gateway.quiet(0.1), "no gateway heard of any")
        tests.check(s.healthy(), "and good calls go on")
        tests.check(not s.logged(), "nothing is logged raw", repr(s.logged()[:3]))
        s.lab.wait_shipped()
        time.sleep(0.2)
        rows = s.lab.records()
        tests.check(rows and all(all(32 <= ord(c) < 127 or ord(c) > 160 for c in value) for row in rows for value in row.values()),
                    f"{len(rows)} records, none with control characters")


def domains(tests):
    """Domains that look like ours"""
    with Scene() as s:
        for what, host in DOMAINS:
            message = s.dial(b"+498912345678", host.encode())
            tests.check(message is not None and 400 <= message.status < 500 and message.status != 486, f"{what}: {message and message.status}", repr(message))
        tests.check(s.gateway.quiet(0.1) and s.healthy(), "no gateway heard of any, and good calls go on")
        for what, host in (("in capitals", DOMAIN.upper()), ("with its final dot", DOMAIN + ".")):
            message = s.dial(b"+498912345678", host.encode())
            tests.check(ok(message, 486), f"ours {what} is ours", repr(message))
        tests.check(not s.logged(), "nothing is logged raw", repr(s.logged()[:3]))


def credentials(tests):
    """Credentials that are none"""
    with Scene() as s:
        def challenged():
            call = Call(s.user, PORT, "", uri=f"sip:+498912345678@{DOMAIN}")
            return call, s.final(call, call.request("INVITE", "", SDP))

        for what, text, expected in NONSENSE:
            call, _ = challenged()
            message = s.final(call, call.request("INVITE", f"Proxy-Authorization: Digest {text}\r\n", SDP))
            tests.check(ok(message, expected), f"{what}: {message and message.status}", repr(message))
        for what, change, expected in SPOILT:
            call, asked = challenged()
            change = dict(change)
            algorithm = change.pop("algorithm", None)
            line = answer(asked.get("Proxy-Authenticate"), "alice", "s3cret", call.uri, **change)
            if algorithm:
                line = line.replace("algorithm=SHA-256", f"algorithm={algorithm}")
            message = s.final(call, call.request("INVITE", line, SDP))
            tests.check(ok(message, expected), f"{what}: {message and message.status}", repr(message))
        call, asked = challenged()
        line = answer(asked.get("Proxy-Authenticate"), "alice", "s3cret", call.uri)
        message = s.final(call, call.request("INVITE", line.replace("qop=auth", "qop=auth-int"), SDP))
        tests.check(ok(message, 407), f"qop=auth-int: {message and message.status}", repr(message))
        call, asked = challenged()
        line = answer(asked.get("Proxy-Authenticate"), "alice", "s3cret", call.uri)
        message = s.final(call, call.request("INVITE", line.replace("nc=00000001", "nc=00000000"), SDP))
        tests.check(ok(message, 400), f"a count of 0: {message and message.status}", repr(message))
        call, asked = challenged()
        tests.check(values(asked.get("Proxy-Authenticate"))["realm"] == DOMAIN, "who is asked again is asked as ever")
        line = answer(asked.get("Proxy-Authenticate"), "alice", "s3cret", call.uri)
        tests.check(ok(s.final(call, call.request("INVITE", line, SDP)), 486), "and good credentials are good")
        log = s.lab.read("lcrproxyd.log")
        tests.check(not s.logged() and "DROP TABLE" not in log and "%n" not in log, "nothing of that is logged", repr(s.logged()[:3]))


def senders(tests):
    """Senders that are none: their call may pass, and harms nobody"""
    with Scene() as s:
        for what, value, expected in FROMS:
            call = Call(s.trunk, PORT, "", uri=f"sip:+498912345678@{DOMAIN}")
            text = call.request("INVITE", "", SDP)
            start = text.index("From: ")
            line = f"From: {value};tag={call.from_tag}" if value else "From: "
            message = s.final(call, text[:start] + line + text[text.index("\r\n", start):])
            tests.check(message is None or 400 <= message.status < 600 if expected is None else ok(message, expected), f"{what}: {message and message.status}",
                        repr(message))
        tests.check(s.healthy(), "good calls go on")
        s.lab.wait_shipped()
        time.sleep(0.2)
        rows = s.lab.records()
        tests.check(rows and not s.logged(), f"{len(rows)} records; nothing is logged raw", repr(s.logged()[:3]))
        tests.check(any(SQL.split(";")[0] in row["caller"] or "%27" in row["caller"] for row in rows), "the record has the name as it came, as a value",
                    repr([row["caller"] for row in rows]))


if __name__ == "__main__":
    Tests().run(numbers, domains, credentials, senders)
