#!/usr/bin/env python3
"""test_sips - calls to sips: URIs: TLS on the whole way, or none at all (RFC 3261 26.2.2, RFC 5630)"""
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import streams  # noqa: E402
from lab import Tests  # noqa: E402
from peer import Call, Peer  # noqa: E402
from stream import StreamPeer  # noqa: E402
from streams import NUMBER, PORT, TLS_PORT, answer_call, callee_hangs_up, client_tls, hang_up, one_record, server_tls  # noqa: E402

BUILD = os.path.abspath(sys.argv[1])
CHEAP = "udp1,blue,sip:127.0.0.1:5393,0\ntls0,blue,sip:127.0.0.1:5394;transport=tls,1\n"
SECURE = "tls1,blue,sips:127.0.0.1:5391,2\n"


def secure_call(caller):
    return Call(caller, TLS_PORT, NUMBER, uri=f"sips:{NUMBER}@127.0.0.1:{TLS_PORT}")


def test_secure(t):
    """sips: leads to gateways of that kind alone, with Record-Routes of that kind"""
    for by_caller in (True, False):
        what = "the caller hangs up" if by_caller else "the callee hangs up"
        with streams.Scene(BUILD, CHEAP + SECURE) as s:
            caller = s.peer(StreamPeer(5380, client_tls=client_tls("cn"), listen=False))
            gateway = s.peer(StreamPeer(5391, tls=server_tls("ip"), client_tls=client_tls("cn")))
            cheap = s.peer(Peer(5393))
            call = secure_call(caller)
            invite, answer = answer_call(t, call, gateway, what)
            t.check(invite.start.startswith("INVITE sips:"), f"{what}: sips in the Request-URI", invite.start)
            routes = invite.all("Record-Route")
            t.check(routes and all(route.startswith("<sips:127.0.0.1:") and "transport" not in route for route in routes),
                    f"{what}: sips in the Record-Route", routes)
            t.check(answer.all("Record-Route")[0].startswith("<sips:"), f"{what}: and in the answer's", answer.all("Record-Route"))
            t.check(cheap.quiet(), f"{what}: the cheaper gateway without TLS is not asked")
            (hang_up(t, call, gateway, what) if by_caller else callee_hangs_up(t, call, gateway, invite, what))
            record = one_record(t, s.lab, what)
            t.check(record.get("gateway") == "tls1", f"{what}: on record with its gateway", record)


def test_none(t):
    """No such gateway: 480; no TLS from the caller: 403"""
    with streams.Scene(BUILD, CHEAP) as s:
        caller, plain = s.peer(StreamPeer(5380, client_tls=client_tls("cn"), listen=False)), s.peer(Peer(5381))
        cheap = s.peer(Peer(5393))
        call = secure_call(caller)
        call.invite()
        refused = caller.wait(480)
        t.check(refused is not None, "no gateway takes sips: calls: 480")
        t.check(cheap.quiet(), "and none was asked")
        record = one_record(t, s.lab, "480", "failed")
        t.check(record.get("reason") == "no gateway takes sips: calls", "the record says why", record)
        call = Call(plain, PORT, NUMBER, uri=f"sips:{NUMBER}@127.0.0.1:{TLS_PORT}")
        call.invite()
        t.check(plain.wait(403) is not None, "sips: by UDP: 403")
        call = Call(plain, PORT, NUMBER, uri=f"mailto:{NUMBER}@127.0.0.1")
        call.invite()
        t.check(plain.wait(416) is not None, "416 is for schemes we do not know")


Tests().run(test_secure, test_none)
