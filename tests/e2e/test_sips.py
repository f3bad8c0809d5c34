#!/usr/bin/env python3
"""sips: URIs: TLS on the whole way or none at all, never down to sip: and never up from it (RFC 3261 26.2.2, RFC 5630)

Usage: tests/e2e/test_sips.py BUILD [TEST...]         doc/sips.md has the rules by their numbers
"""
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import streams  # noqa: E402
from lab import Tests  # noqa: E402
from peer import Call, Peer  # noqa: E402
from stream import StreamPeer  # noqa: E402
from streams import NUMBER, PORT, SETTINGS, TLS_PORT, answer_call, callee_hangs_up, client_tls, hang_up, one_record, server_tls  # noqa: E402

BUILD = os.path.abspath(sys.argv[1])
CHEAP = "udp1,blue,sip:127.0.0.1:5393,0\ntls0,blue,sip:127.0.0.1:5394;transport=tls,1\n"
SECURE = "tls1,blue,sips:127.0.0.1:5391,2\n"
SECOND = "tls2,red,sips:127.0.0.1:5395,3\n"
WARNING = '380 lcrproxy "SIPS Not Allowed"'
HOME = "voice.example.net"
USERS = f"username,domain,contact\nsafe,{HOME},sips:desk@127.0.0.1:5391\nplain,{HOME},sip:desk@127.0.0.1:5393\n"


class Scene(streams.Scene):
    """A caller by TLS with sips: Contacts, one by UDP, a TLS gateway (5391) and those that no sips: call may reach (5393, 5394)."""

    def __init__(self, gateways, settings=SETTINGS, tables=None):
        super().__init__(BUILD, gateways, settings=settings, tables=tables)

    def secured(self, peer):
        peer.scheme, peer.params = "sips", ""
        return peer

    def __enter__(self):
        super().__enter__()
        self.caller = self.secured(self.peer(StreamPeer(5380, tls=server_tls("ip"), client_tls=client_tls("cn"))))
        self.plain = self.peer(Peer(5381))
        self.gateway = self.peer(StreamPeer(5391, tls=server_tls("ip"), client_tls=client_tls("cn")))
        self.cheap = self.peer(Peer(5393))
        self.tls0 = self.peer(StreamPeer(5394, tls=server_tls("ip")))
        return self

    def call(self, user=NUMBER, host=f"127.0.0.1:{TLS_PORT}"):
        return Call(self.caller, TLS_PORT, user, uri=f"sips:{user}@{host}")

    def nobody_else(self, t, what):
        t.check(self.cheap.quiet() and self.tls0.quiet(0.1) and self.tls0.accepted == 0, f"{what}: nobody else is asked")


def routes_of(message):
    return [value.strip() for row in message.all("Record-Route") for value in row.split(",")]


def test_secure(t):
    """sips: leads to gateways of that kind alone, with Record-Routes of that kind"""
    for by_caller in (True, False):
        what = "the caller hangs up" if by_caller else "the callee hangs up"
        with Scene(CHEAP + SECURE) as s:
            s.secured(s.gateway)
            call = s.call()
            invite, answer = answer_call(t, call, s.gateway, what)
            t.check(invite.start.startswith("INVITE sips:"), f"{what}: sips in the Request-URI", invite.start)
            routes = routes_of(invite)
            t.check(routes and all(route.startswith("<sips:127.0.0.1:") and "transport" not in route for route in routes),
                    f"{what}: sips in the Record-Route, without transport", routes)
            t.check("/TLS " in invite.get("Via"), f"{what}: TLS in the Via", invite.get("Via"))
            t.check(answer.all("Record-Route")[0].startswith("<sips:"), f"{what}: and in the answer's", answer.all("Record-Route"))
            s.nobody_else(t, what)
            (hang_up(t, call, s.gateway, what) if by_caller else callee_hangs_up(t, call, s.gateway, invite, what))
            record = one_record(t, s.lab, what)
            t.check(record.get("gateway") == "tls1", f"{what}: on record with its gateway", record)


def test_none(t):
    """No such gateway: 480 with a Warning; no TLS from the caller: 403; another scheme: 416"""
    with Scene(CHEAP) as s:
        call = s.call()
        call.invite()
        refused = s.caller.wait(480)
        t.check(refused is not None and refused.get("Warning") == WARNING, "no gateway takes sips: calls: 480 with 380", refused and refused.headers)
        s.nobody_else(t, "480")
        record = one_record(t, s.lab, "480", "failed")
        t.check(record.get("reason") == "no gateway takes sips: calls", "the record says why", record)
        call = Call(s.plain, PORT, NUMBER, uri=f"sips:{NUMBER}@127.0.0.1:{TLS_PORT}")
        call.invite()
        t.check(s.plain.wait(403) is not None, "sips: by UDP: 403")
        call = Call(s.plain, PORT, NUMBER, uri=f"mailto:{NUMBER}@127.0.0.1")
        call.invite()
        t.check(s.plain.wait(416) is not None, "416 is for schemes we do not know")


def test_contact(t):
    """A sips: Request-URI with a sip: Contact is inconsistent where it begins a dialog: 400"""
    with Scene(SECURE) as s:
        s.caller.scheme = "sip"
        for method in ("INVITE", "SUBSCRIBE"):
            call = s.call()
            call.send(method)
            t.check(s.caller.wait(400) is not None, f"{method}: 400")
        call = s.call()
        call.send("REGISTER")
        t.check(s.caller.wait(405) is not None, "REGISTER: 405, as there is no registrar")
        t.check(s.gateway.accepted == 0, "none went on")


def test_no_upgrade(t):
    """A sip: call goes to a sips: gateway by TLS, as a sip: call"""
    for by_caller in (True, False):
        what = "sip: to a sips: gateway, " + ("the caller hangs up" if by_caller else "the callee hangs up")
        with Scene(SECURE) as s:
            call = Call(s.plain, PORT, NUMBER)
            invite, _ = answer_call(t, call, s.gateway, what)
            t.check(invite.start.startswith(f"INVITE sip:{NUMBER}@127.0.0.1:5391 "), f"{what}: sip: in the Request-URI, the rest as it is", invite.start)
            t.check("/TLS " in invite.get("Via"), f"{what}: by TLS", invite.get("Via"))
            routes = routes_of(invite)
            t.check(len(routes) == 2 and all(route.startswith("<sip:") for route in routes), f"{what}: two Record-Routes, sip:", routes)
            (hang_up(t, call, s.gateway, what) if by_caller else callee_hangs_up(t, call, s.gateway, invite, what, hop=TLS_PORT))
            one_record(t, s.lab, what)


def test_failover(t):
    """A sips: call that fails goes to the next sips: gateway, or ends: nothing leads down"""
    for status, rows in ((503, SECURE + CHEAP), (503, SECURE + SECOND + CHEAP), (480, SECURE), (416, SECURE)):
        what = f"{status}, {rows.count('sips:')} gateways"
        with Scene(rows) as s:
            second = s.peer(StreamPeer(5395, tls=server_tls("ip")))
            call = s.call()
            call.invite()
            invite = s.gateway.wait("INVITE")
            s.gateway.answer(invite, status, headers='Warning: 380 gw "SIPS Not Allowed"\r\n' if status == 480 else "")
            if "tls2" in rows:
                again = second.wait("INVITE")
                t.check(again is not None and again.start.startswith("INVITE sips:"), f"{what}: to the next, as sips:", again)
                second.answer(again, 486)
            final = s.caller.wait({503: 486 if "tls2" in rows else 500}.get(status, status), 3)
            t.check(final is not None, f"{what}: the caller is told", final)
            if status == 480:
                t.check(final and final.get("Warning") == '380 gw "SIPS Not Allowed"', f"{what}: with the gateway's Warning", final and final.headers)
            s.nobody_else(t, what)


def test_redirect(t):
    """A redirection is followed to a URI of the same scheme alone"""
    settings = SETTINGS.replace("}", 'redirects = "follow"; redirect_hosts = [ "127.0.0.1" ]; }', 1)
    for scheme, to, follows in (("sips", "sip", False), ("sip", "sips", False), ("sips", "sips", True), ("sip", "sip", True)):
        what = f"{scheme}: to {to}:"
        with Scene(SECURE, settings=settings) as s:
            third = s.peer(StreamPeer(5396, tls=server_tls("ip")))
            plain = s.peer(Peer(5397))
            call = s.call() if scheme == "sips" else Call(s.plain, PORT, NUMBER)
            call.invite()
            invite = s.gateway.wait("INVITE")
            where = f"sips:{NUMBER}@127.0.0.1:5396" if to == "sips" else f"sip:{NUMBER}@127.0.0.1:5397"
            moved = f"SIP/2.0 302 Moved\r\nContact: <{where}>\r\n"
            s.gateway.answer(invite, 302, headers=moved.split("\r\n", 1)[1])
            new = (third if to == "sips" else plain).wait("INVITE", 2 if follows else 0.5)
            t.check((new is not None) == follows, f"{what} {'followed' if follows else 'not followed'}", new)
            if new:
                t.check(new.start.startswith(f"INVITE {where} "), f"{what} to its URI", new.start)
                (third if to == "sips" else plain).answer(new, 486)
            red = s.peer(Peer(5392)) if scheme == "sip" and not follows else None
            if red:
                continue  # the call goes on to red1, which is a gateway for sip: calls
            t.check(call.peer.wait(486 if follows else 480, 3) is not None, f"{what} the caller gets {486 if follows else 480}")


def test_users(t):
    """Users of ours: sips: leads to sips: Contacts alone, sip: to these by TLS with sip:"""
    settings = SETTINGS + f'\ndomains = [ "{HOME}" ];'
    with Scene(SECURE, settings=settings, tables={"users": USERS}) as s:
        call = s.call("plain", HOME)
        call.invite()
        refused = s.caller.wait(480)
        t.check(refused is not None and refused.get("Warning") == WARNING, "sips: to a sip: Contact: 480 with 380", refused and refused.headers)
        s.nobody_else(t, "480")
        for what, call, start in (("sips:", s.call("safe", HOME), "INVITE sips:desk@127.0.0.1:5391 "),
                                  ("sip:", Call(s.plain, PORT, "safe", uri=f"sip:safe@{HOME}"), "INVITE sip:desk@127.0.0.1:5391 ")):
            s.gateway.scheme = what[:-1]
            invite, _ = answer_call(t, call, s.gateway, what)
            t.check(invite.start.startswith(start), f"{what} to a sips: Contact", invite.start)
            hang_up(t, call, s.gateway, what)


def test_other_methods(t):
    """What is no INVITE goes by the same rules"""
    for rows, scheme, status in ((CHEAP, "sips", 480), (CHEAP + SECURE, "sips", 200), (SECURE, "sip", 200)):
        what = f"MESSAGE {scheme}:, {rows.count('sips:')} sips: gateways"
        policy = '\npolicy = ( { name = "sms"; method = "MESSAGE"; to = "number"; action = "route"; } );'
        with Scene(rows, settings=SETTINGS + policy) as s:
            call = s.call() if scheme == "sips" else Call(s.plain, PORT, NUMBER)
            call.send("MESSAGE")
            if status == 200:
                message = s.gateway.wait("MESSAGE")
                t.check(message is not None and message.start.startswith(f"MESSAGE {scheme}:{NUMBER}@"), f"{what}: to the sips: gateway", message)
                if message:
                    t.check("/TLS " in message.get("Via"), f"{what}: by TLS", message.get("Via"))
                    s.gateway.answer(message, 200)
            answer = call.peer.wait(status)
            t.check(answer is not None and (status == 200 or answer.get("Warning") == WARNING), f"{what}: {status}", answer and answer.headers)
            s.nobody_else(t, what)


def test_inside(t):
    """Inside a sips: call nothing goes without TLS, whatever the other side's Contact says"""
    for params, arrives in ((";transport=udp", False), (";transport=tls", True), ("", True)):
        what = f"Contact sip:...{params}"
        with Scene(SECURE) as s:
            s.gateway.params = params
            if not arrives:
                s.gateway.params = ";transport=udp"
                udp = s.peer(Peer(5391))
            call = s.call()
            call.invite()
            invite = s.gateway.wait("INVITE")
            s.gateway.answer(invite, 200)
            call.learn(s.caller.wait(200))
            call.ack()
            t.check(s.gateway.wait("ACK") is not None, f"{what}: the ACK goes by TLS")
            call.send("BYE")
            bye = s.gateway.wait("BYE")
            t.check(bye is not None, f"{what}: the BYE goes by TLS", bye)
            s.gateway.answer(bye, 200)
            t.check(s.caller.wait(200) is not None, f"{what}: it is answered")
            if not arrives:
                t.check(udp.quiet(), f"{what}: nothing comes by UDP")
            one_record(t, s.lab, what)


Tests().run(*([f for name, f in list(globals().items()) if name in sys.argv[2:]] or
              [test_secure, test_none, test_contact, test_no_upgrade, test_failover, test_redirect, test_users, test_other_methods, test_inside]))
