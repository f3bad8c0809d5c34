#!/usr/bin/env python3
"""TCP, TLS, host names: calls that change their transport, servers that fail, connections that break

Usage: tests/e2e/test_transports.py BUILD
"""
import os
import re
import shutil
import socket
import sqlite3
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import streams  # noqa: E402
from lab import Tests  # noqa: E402
from peer import Call, Peer  # noqa: E402
from stream import StreamPeer  # noqa: E402
from streams import (DNS_PORT, NUMBER, PORT, TLS_PORT, answer_call, callee_hangs_up, client_tls, hang_up, listeners, one_record,  # noqa: E402
                     pem, server_tls)

BUILD = os.path.abspath(sys.argv[1])


class Scene(streams.Scene):
    def __init__(self, *words, **more):
        super().__init__(BUILD, *words, **more)


def attempts(lab):
    """(gateway, target, outcome) of all attempts, in order."""
    lab.wait_shipped()
    with sqlite3.connect(lab.path("lcr.db")) as store:
        return store.execute("SELECT gateway, target, outcome FROM cdr_attempt ORDER BY setup_time, hop").fetchall()


def test_udp_to_tcp(t):
    """A call from UDP to a TCP gateway, and both ways of its end"""
    for by_caller in (True, False):
        what = "caller ends" if by_caller else "callee ends"
        with Scene("tcp1,blue,sip:127.0.0.1:5391;transport=tcp,0\n") as s:
            caller, gateway = s.peer(Peer(5380)), s.peer(StreamPeer(5391))
            call = Call(caller, PORT, NUMBER)
            invite, answer = answer_call(t, call, gateway, what)
            t.check(invite.get("Via").startswith(f"SIP/2.0/TCP 127.0.0.1:{PORT};"), f"{what}: our Via says TCP", invite.get("Via"))
            t.check("transport=tcp" in invite.start, f"{what}: and the Request-URI", invite.start)
            routes = [v.strip() for row in answer.all("Record-Route") for v in row.split(",")]
            t.check(len(routes) == 2 and ";transport=tcp;" in routes[0] and ";transport" not in routes[1],
                    f"{what}: two Record-Routes, each for its side", routes)
            tokens = {re.search(r";lr;(\w+=[\w-]+)", route).group(1) for route in routes}
            t.check(len(tokens) == 1, f"{what}: both with the answered token", routes)
            if by_caller:
                hang_up(t, call, gateway, what)
            else:
                callee_hangs_up(t, call, gateway, invite, what)
            t.check(gateway.accepted == 1, f"{what}: by one connection", gateway.accepted)
            one_record(t, s.lab, what)


def test_bare_datagrams(t):
    """What has no Content-Length in a datagram has one in a stream (RFC 3261 16.6 step 9, 18.3), both ways"""
    with Scene("tcp1,blue,sip:127.0.0.1:5391;transport=tcp,0\n") as s:
        caller, gateway = s.peer(Peer(5380)), s.peer(StreamPeer(5391))
        for body in ("", "v=0\r\n"):
            call = Call(caller, PORT, NUMBER)
            caller.send(call.request("INVITE", "Content-Type: application/sdp\r\n", body).replace(f"Content-Length: {len(body)}\r\n", ""), PORT)
            invite = gateway.wait("INVITE")
            t.check(invite is not None and invite.all("Content-Length") == [str(len(body))] and invite.body == body,
                    f"to a gateway, {len(body)} octets", repr(invite and invite.headers))
            gateway.answer(invite, 486)
            caller.wait(486)
    with Scene("udp1,blue,sip:127.0.0.1:5391,0\n") as s:
        caller, gateway = s.peer(StreamPeer(5380, listen=False)), s.peer(Peer(5391))
        call = Call(caller, PORT, NUMBER)
        call.invite()
        invite = gateway.wait("INVITE")
        text = "SIP/2.0 183 Session Progress\r\n" + "".join(
            f"{name}: {invite.get(name)}\r\n" for name in ("From", "Call-ID", "CSeq", "Record-Route")) + "".join(
                f"Via: {via}\r\n" for via in invite.all("Via")) + f"To: {invite.get('To')};tag=bare\r\n\r\nv=0\r\n"
        gateway.send(text, PORT)
        early = caller.wait(183)
        t.check(early is not None and early.all("Content-Length") == ["5"] and early.body == "v=0\r\n", "to a caller", repr(early and early.headers))
        gateway.answer(invite, 486)
        t.check(caller.wait(486) is not None, "and the connection goes on")


def test_tcp_to_udp(t):
    """A caller behind TCP, whose port nobody can connect to"""
    for workers in (1, 3):
        for by_caller in (True, False):
            what = f"workers={workers}, {'caller' if by_caller else 'callee'} ends"
            with Scene("udp1,blue,sip:127.0.0.1:5391,0\n", workers=workers) as s:
                caller, gateway = s.peer(StreamPeer(5380, listen=False)), s.peer(Peer(5391))
                for n in range(6 if workers > 1 else 1):
                    call = Call(caller, PORT, NUMBER)
                    invite, _ = answer_call(t, call, gateway, what)
                    if by_caller:
                        hang_up(t, call, gateway, what)
                    else:
                        callee_hangs_up(t, call, gateway, invite, what)
                t.check(len(caller.connections) == 1 and caller.up.is_open, f"{what}: all by the caller's connection")
                s.lab.wait_shipped()
                t.check(len([r for r in s.lab.records() if r["status"] == "answered" and r["end_time"]]) == n + 1,
                        f"{what}: all on record")


def test_framing(t):
    """A stream in pieces, pipelined, with keep-alives, and one that has no end"""
    with Scene("udp1,blue,sip:127.0.0.1:5391,0\n") as s:
        caller, gateway = s.peer(StreamPeer(5380, listen=False)), s.peer(Peer(5391))
        call = Call(caller, PORT, NUMBER)
        invite = call.request("INVITE", "", "v=0\r\n").encode()
        for at in range(0, len(invite), 100):
            caller.send(invite[at:at + 100], PORT)
            time.sleep(0.01)
        request = gateway.wait("INVITE")
        t.check(request is not None and request.body == "v=0\r\n", "an INVITE in pieces is forwarded whole")
        gateway.answer(request, 486)
        t.check(caller.wait(486) is not None, "its answer comes back")
        call.send("ACK", cseq=1, branch=call.branch)
        options = [Call(caller, PORT, "", uri=f"sip:127.0.0.1:{PORT}") for _ in range(5)]
        caller.send("\r\n\r\n" + "".join(o.request("OPTIONS") for o in options) + "\r\n\r\n", PORT)
        got = {m.get("Call-ID") for m in (caller.wait(200) for _ in options) if m}
        t.check(got == {o.call_id for o in options}, "five OPTIONS at once get five answers")
        caller.next(0.3)
        t.check(caller.pongs == 2, "two pings get two pongs", caller.pongs)
        bad = options[0].request("OPTIONS").replace("Content-Length: 0\r\n", "")
        caller.send(bad, PORT)
        answer = caller.wait(400)
        t.check(answer is not None and "Content-Length" in answer.start, "without Content-Length: 400", answer)
        caller.next(0.5)
        t.check(not caller.up.is_open, "and the connection is closed")
        t.check(caller.send(options[1].request("OPTIONS"), PORT) is None and caller.wait(200) is not None, "another one serves")


def test_tls(t):
    """TLS on both sides, by certificates that fit and others"""
    gateways = "tls1,blue,sips:127.0.0.1:5391,0\n"
    with Scene(gateways) as s:
        caller = s.peer(StreamPeer(5380, client_tls=client_tls("cn"), listen=False))
        gateway = s.peer(StreamPeer(5391, tls=server_tls("ip"), client_tls=client_tls("cn")))
        call = Call(caller, TLS_PORT, NUMBER)
        invite, _ = answer_call(t, call, gateway, "TLS to TLS")
        t.check(invite.get("Via").startswith("SIP/2.0/TLS ") and invite.start.startswith("INVITE sip:"), "TLS in Via, sip in the URI as it came",
                invite.get("Via"))
        callee_hangs_up(t, call, gateway, invite, "TLS to TLS")
        one_record(t, s.lab, "TLS to TLS")
    with Scene(gateways) as s:
        caller, red = s.peer(Peer(5380)), s.peer(Peer(5392))
        wrong = s.peer(StreamPeer(5391, tls=server_tls("stranger")))
        call = Call(caller, PORT, NUMBER)
        call.invite()
        wrong.next(0.5)
        invite = red.wait("INVITE")
        t.check(invite is not None, "a gateway with a stranger's certificate is passed over")
        red.answer(invite, 486)
        caller.wait(486)
        got = attempts(s.lab)
        t.check([a[2] for a in got] == ["unreachable", "rejected"], "and its attempt is on record", got)
        t.check("tls 127.0.0.1:5391" in s.lab.read("lcrproxyd.log"), "and in the log")
        nobody = StreamPeer(5381, client_tls=client_tls(), listen=False)
        try:
            nobody.send(Call(nobody, TLS_PORT, NUMBER).request("OPTIONS"), TLS_PORT)
            answer = nobody.next(1.0)
        except OSError:
            answer = None
        t.check(answer is None, "who has no certificate is not let in")
        nobody.close()


def subject(port):
    """The names in the certificate that is shown to who connects."""
    sock = client_tls("cn").wrap_socket(socket.create_connection(("127.0.0.1", port), timeout=5),
                                        server_hostname="sip.example.net")
    names = sock.getpeercert()["subjectAltName"]
    sock.close()
    return names


def test_reload_of_certificates(t):
    """A reload brings a new certificate, and a bad one changes nothing"""
    scene = Scene("udp1,blue,sip:127.0.0.1:5391,0\n", listen=listeners("@DIR@/own.pem"))
    own = scene.lab.path("own.pem")
    shutil.copy(pem("dns"), own)
    with scene as s:
        old = s.peer(StreamPeer(5380, client_tls=client_tls("cn"), listen=False))
        old.connect(TLS_PORT)
        t.check(("DNS", "*.wild.example.net") in subject(TLS_PORT), "the first certificate")
        shutil.copy(pem("user"), own)
        s.lab.ctl("reload")
        time.sleep(0.2)
        t.check(("DNS", "*.wild.example.net") not in subject(TLS_PORT), "another one after the reload")
        with open(own, "w", encoding="utf-8") as file:
            file.write("rubbish")
        done = s.lab.run("lcrctl", "--socket", s.lab.path("control.sock"), "reload", check=False)
        t.check(done.returncode == 1 and "certificate" in done.stdout + done.stderr, "a bad one is refused", done.stdout + done.stderr)
        t.check(len(subject(TLS_PORT)) > 0, "and what was there serves on")
        old.send(Call(old, TLS_PORT, "", uri=f"sips:127.0.0.1:{TLS_PORT}").request("OPTIONS"), TLS_PORT)
        t.check(old.wait(200) is not None and len(old.connections) == 1, "also a connection from before")


def test_names(t):
    """A gateway by host name: SRV, failover by refusal, silence and 503"""
    zone = ("_sip._tcp.voice SRV 1 0 5394 one\n_sip._udp.voice SRV 1 0 5391 one\n_sip._udp.voice SRV 2 0 5393 two\n"
            "_sip._udp.voice SRV 3 0 5395 three\none A 127.0.0.1\ntwo A 127.0.0.1\nthree A 127.0.0.1\n")
    with Scene("voice,blue,sip:voice.test,0\n", zone) as s:
        caller, two, three = s.peer(Peer(5380)), s.peer(Peer(5393)), s.peer(Peer(5395))
        call = Call(caller, PORT, NUMBER)
        call.invite()
        # nobody is at 5391: refused at once
        invite = two.wait("INVITE")
        t.check(invite is not None, "the second server, as the first is not there")
        t.check("@voice.test SIP/2.0" in invite.start, "the Request-URI keeps the name", invite.start)
        two.answer(invite, 503)
        invite = three.wait("INVITE")
        t.check(invite is not None, "the third, as the second says 503")
        three.answer(invite, 200)
        answer = caller.wait(200)
        call.learn(answer)
        call.ack()
        t.check(three.wait("ACK") is not None, "the ACK comes")
        hang_up(t, call, three, "the third")
        got = attempts(s.lab)
        t.check(got == [("voice", "127.0.0.1:5391", "unreachable"), ("voice", "127.0.0.1:5393", "rejected"),
                        ("voice", "127.0.0.1:5395", "answered")], "three attempts on record, each with its address", got)
        before = s.lab.ctl_json("counters")["dns_queries"]
        call = Call(caller, PORT, NUMBER)
        call.invite()
        invite = two.wait("INVITE")
        two.answer(invite, 486)
        t.check(caller.wait(486) is not None, "a busy callee is no reason to go on")
        call.send("ACK", cseq=1, branch=call.branch)
        t.check(s.lab.ctl_json("counters")["dns_queries"] == before, "the second call asks DNS nothing")


def test_contact_by_name(t):
    """Requests in a dialog whose callee is a host name"""
    for kind in ("udp", "tcp"):
        zone = "callee A 127.0.0.1\nelsewhere A 127.0.0.1\n"
        with Scene(f"gw,blue,sip:127.0.0.1:5391;transport={kind},0\n", zone) as s:
            caller = s.peer(Peer(5380))
            gateway = s.peer(Peer(5391) if kind == "udp" else StreamPeer(5391))
            gateway.host = "callee.test"
            call = Call(caller, PORT, NUMBER)
            answer_call(t, call, gateway, f"{kind}: Contact by name")
            other = Call(caller, PORT, NUMBER)
            other.__dict__.update(call.__dict__)
            other.target = "sip:gateway@elsewhere.test:5391"
            other.send("BYE")
            answer = caller.wait(403)
            t.check(answer is not None, f"{kind}: a BYE to another name is refused", answer)
            call.cseq = other.cseq
            hang_up(t, call, gateway, f"{kind}: Contact by name")
            one_record(t, s.lab, f"{kind}: Contact by name")


def test_dns_is_dead(t):
    """DNS that does not answer costs a bounded time, and the next gateway is tried"""
    # a name that nobody has asked for: those of gateways are asked for all the time
    with Scene("blue1,blue,sip:127.0.0.1:5391,0\n") as s:
        caller = s.peer(Peer(5380))
        s.peer(Peer(DNS_PORT))  # hears, and says nothing
        call = Call(caller, PORT, "", uri="sip:x@elsewhere.test")
        call.invite()
        time.sleep(0.2)
        call.cancel()
        t.check(caller.wait(487, 0.3) is not None, "a CANCEL while DNS is asked ends the call")
        call.send("ACK", cseq=1, branch=call.branch)
    with Scene("voice,blue,sip:voice.test,0\n") as s:
        caller, red = s.peer(Peer(5380)), s.peer(Peer(5392))
        s.peer(Peer(DNS_PORT))
        for n in range(2):
            call = Call(caller, PORT, NUMBER)
            start = time.time()
            call.invite()
            invite = red.wait("INVITE", 3)
            took = time.time() - start
            t.check(invite is not None and took < 1.0, f"call {n + 1}: the next gateway in time", took)
            red.answer(invite, 486)
            caller.wait(486)
            call.send("ACK", cseq=1, branch=call.branch)
        got = attempts(s.lab)
        t.check(got == 2 * [("voice", "voice.test", "unreachable"), ("red1", "127.0.0.1:5392", "rejected")],
                "their attempts are on record", got)


def test_connection_loss(t):
    """Connections that break in the middle of a call"""
    with Scene("tcp1,blue,sip:127.0.0.1:5391;transport=tcp,0\n") as s:
        caller, gateway = s.peer(Peer(5380)), s.peer(StreamPeer(5391))
        call = Call(caller, PORT, NUMBER)
        answer_call(t, call, gateway, "the gateway's breaks")
        for connection in gateway.connections:
            connection.close()
        time.sleep(0.2)
        hang_up(t, call, gateway, "the gateway's breaks")
        t.check(gateway.accepted == 2, "by a connection of its own", gateway.accepted)
        call = Call(caller, PORT, NUMBER)
        call.invite()
        invite = gateway.wait("INVITE")
        for connection in gateway.connections:
            connection.close()  # before any response: sent again by another
        again = gateway.wait("INVITE")
        t.check(again is not None and again.get("Via") == invite.get("Via"), "an INVITE that was lost with its connection comes again")
        for connection in gateway.connections:
            connection.close()
        gateway.listener.close()
        gateway.listener = None
        t.check(caller.wait(500, 3) is not None, "but not for ever")


def test_loss_in_a_dialog(t):
    """A caller's connection that breaks while a request to him is pending, whichever worker has it"""
    for workers in (1, 3):
        with Scene("udp1,blue,sip:127.0.0.1:5391,0\n", workers=workers) as s:
            gateway = s.peer(Peer(5391))
            for n in range(6 if workers > 1 else 1):
                caller = StreamPeer(5380, listen=False)
                call = Call(caller, PORT, NUMBER)
                invite, _ = answer_call(t, call, gateway, f"workers={workers}, call {n}")
                call.callee_request(gateway, "INFO", invite)
                t.check(caller.wait("INFO") is not None, f"workers={workers}, call {n}: the INFO comes")
                start = time.time()
                caller.close()
                answer = gateway.wait(500, 5)
                t.check(answer is not None and time.time() - start < 3, f"workers={workers}, call {n}: it fails at once", answer)


def test_refused_tcp(t):
    """A TCP gateway that is not there is passed over at once"""
    with Scene("tcp1,blue,sip:127.0.0.1:5391;transport=tcp,0\n") as s:
        caller, red = s.peer(Peer(5380)), s.peer(Peer(5392))
        call = Call(caller, PORT, NUMBER)
        start = time.time()
        call.invite()
        invite = red.wait("INVITE")
        t.check(invite is not None and time.time() - start < 0.5, "the next gateway at once")
        red.answer(invite, 486)
        t.check(caller.wait(486) is not None, "its answer comes back")


LONG = "X-Long: " + "x" * 1300 + "\r\n"


def test_long_requests(t):
    """INVITEs of more than 1,300 bytes go by TCP, and by UDP when that is refused, which is known for a while"""
    with Scene("any,blue,sip:127.0.0.1:5391,0\n") as s:
        caller, by_udp, by_tcp = s.peer(Peer(5380)), s.peer(Peer(5391)), s.peer(StreamPeer(5391))

        def refused(gateway, kind, what, headers=LONG):
            call = Call(caller, PORT, NUMBER)
            call.invite(headers)
            invite = gateway.wait("INVITE", 2, call.call_id)
            if not t.check(invite is not None and f"/{kind} " in invite.get("Via") and invite.get("X-Long") == headers[8:-2], what, repr(invite)):
                return
            gateway.answer(invite, 486)
            t.check(caller.wait(486, 2, call.call_id) is not None, f"{what}: its answer comes back")
            call.send("ACK", cseq=1, branch=call.branch)
            t.check(gateway.wait("ACK", 2, call.call_id) is not None, f"{what}: and its ACK gets there")

        refused(by_tcp, "TCP", "a long one by TCP, where it is there")
        refused(by_udp, "UDP", "short ones by UDP as ever", "")
        by_tcp.close()
        refused(by_udp, "UDP", "UDP, as TCP is refused")
        opened = s.lab.ctl_json("counters")["connections_opened"]
        refused(by_udp, "UDP", "the next one at once by UDP")
        t.check(s.lab.ctl_json("counters")["connections_opened"] == opened, "TCP is not tried again at once")


def long_inside(t, what, caller, by, other, call, invite):
    """Each method in both directions; by: how the gateway is to get the caller's long ones."""
    kind = by.via
    for method in ("INFO", "INVITE"):
        call.send(method, LONG)
        got = by.wait(method, 2, call.call_id)
        if not t.check(got is not None and f"/{kind} " in got.get("Via") and len(got.get("X-Long")) == 1300, f"{what}: a long {method} by {kind}", repr(got)):
            return
        by.answer(got, 200)
        t.check(caller.wait(200, 2, call.call_id) is not None, f"{what}: answered")
        if method == "INVITE":
            caller.send(call.request("ACK", LONG, cseq=call.cseq), PORT)
            ack = by.wait("ACK", 2, call.call_id)
            t.check(ack is not None and f"/{kind} " in ack.get("Via"), f"{what}: its long ACK by {kind}", repr(ack))
    t.check(by is other or other.quiet(0.1), f"{what}: nothing but by {kind}")
    call.callee_request(other, "UPDATE", invite, headers="Contact: <sip:gateway@127.0.0.1:5391>\r\n" + LONG)
    got = caller.wait("UPDATE", 2, call.call_id)
    t.check(got is not None and "/UDP " in got.get("Via"), f"{what}: the callee's by UDP, as the caller has no TCP", repr(got))
    caller.answer(got, 200)
    t.check(other.wait(200, 2, call.call_id) is not None, f"{what}: answered")


def test_long_inside(t):
    """So do requests inside calls, their ACKs, and MESSAGE"""
    for has_tcp in (True, False):
        for workers in (1, 2):
            what = f"{'with' if has_tcp else 'without'} TCP there, workers={workers}"
            policy = '\npolicy = ( { name = "messages"; method = "MESSAGE"; to = "number"; action = "route"; } );'
            with Scene("any,blue,sip:127.0.0.1:5391,0\n", workers=workers, settings=streams.SETTINGS + policy) as s:
                caller, by_udp = s.peer(Peer(5380)), s.peer(Peer(5391))
                by = s.peer(StreamPeer(5391)) if has_tcp else by_udp
                by.params = ""
                call = Call(caller, PORT, NUMBER)
                invite, _ = answer_call(t, call, by_udp, what)
                long_inside(t, what, caller, by, by_udp, call, invite)
                message = Call(caller, PORT, NUMBER)
                message.send("MESSAGE", LONG)
                got = by.wait("MESSAGE", 2, message.call_id)
                t.check(got is not None and f"/{by.via} " in got.get("Via"), f"{what}: a long MESSAGE by {by.via}", repr(got))
                by.answer(got, 200)
                t.check(caller.wait(200, 2, message.call_id) is not None, f"{what}: answered")
                hang_up(t, call, by_udp, what)
                one_record(t, s.lab, what)


def test_long_behind_nat(t):
    """Behind a NAT nobody can be reached by TCP: what goes to one who came by UDP goes by UDP, however long"""
    with Scene("any,blue,sip:127.0.0.1:5391,0\n") as s:
        caller, gateway = s.peer(Peer(5380)), s.peer(Peer(5391))
        caller.host = caller.sent_by = "10.1.2.3"
        s.peer(StreamPeer(5380))
        call = Call(caller, PORT, NUMBER)
        call.invite()
        invite = gateway.wait("INVITE")
        gateway.answer(invite, 200)
        call.learn(caller.wait(200))
        call.ack()
        opened = s.lab.ctl_json("counters")["connections_opened"]
        call.callee_request(gateway, "INFO", invite, headers=LONG, hop=PORT)
        got = caller.wait("INFO")
        t.check(got is not None and "/UDP " in got.get("Via"), "the INFO comes by UDP", repr(got))
        t.check(s.lab.ctl_json("counters")["connections_opened"] == opened, "and TCP is not tried")


def test_slow_peer(t):
    """Who does not read loses his connection, and nobody else notices"""
    with Scene("udp1,blue,sip:127.0.0.1:5391,0\n") as s:
        slow, caller, gateway = s.peer(StreamPeer(5380, listen=False)), s.peer(Peer(5381)), s.peer(Peer(5391))
        padding = "X-Padding: " + "x" * 8000 + "\r\n"
        sent, dropped = 0, False
        connection = slow.connect(PORT)
        connection.socket.settimeout(1)
        request = Call(slow, PORT, "", uri=f"sip:127.0.0.1:{PORT}")
        request.from_tag = "t" * 8000  # comes back in each answer
        while sent < 20000 and not dropped:
            try:
                connection.socket.sendall(request.request("OPTIONS", padding).encode())
                sent += 1
            except OSError:
                dropped = True
        t.check(dropped, f"the slow one is dropped after {sent} requests")
        counters = s.lab.ctl_json("counters")
        t.check(counters["connections_slow"] == 1, "and counted", counters["connections_slow"])
        call = Call(caller, PORT, NUMBER)
        answer_call(t, call, gateway, "meanwhile")
        hang_up(t, call, gateway, "meanwhile")


def test_advertised(t):
    """What is advertised is named, and known again"""
    listen = f'{{ uri = "sip:127.0.0.1:{PORT};transport=udp"; advertise = "proxy.test:{PORT}"; }}'
    with Scene("udp1,blue,sip:127.0.0.1:5391,0\n", listen=listen) as s:
        caller, gateway = s.peer(Peer(5380)), s.peer(Peer(5391))
        call = Call(caller, PORT, NUMBER)
        invite, _ = answer_call(t, call, gateway, "advertised")
        t.check(f" proxy.test:{PORT};" in invite.get("Via") and f"<sip:proxy.test:{PORT};lr;" in invite.get("Record-Route"),
                "the name is in Via and Record-Route", invite.headers[:3])
        hang_up(t, call, gateway, "advertised")
        one_record(t, s.lab, "advertised")


def test_sipp(t):
    """SIPp over TCP, from and to UDP and TCP"""
    for caller, gateway in (("t1", "t1"), ("u1", "t1"), ("t1", "u1")):
        for workers in (1, 2):
            what = f"{caller} to {gateway}, workers={workers}"
            kind = "tcp" if gateway == "t1" else "udp"
            with Scene(f"gw,blue,sip:127.0.0.1:5391;transport={kind},0\n", workers=workers) as s:
                s.lab.gateway("gw", 5391, "gateway", transport=gateway, REFUSE="0.0", RING_MS=10, HOLD_MS=60000)
                time.sleep(0.3)
                sipp = s.lab.caller("caller", 5380, NUMBER, 200, 100, transport=caller, HOLD_MS=300)
                t.check(sipp.wait(timeout=60) == 0, f"{what}: 200 calls", s.lab.read("caller.errors")[:500])
                s.lab.wait_shipped()
                records = [r for r in s.lab.records() if r["status"] == "answered" and r["end_source"] == "caller"]
                t.check(len(records) == 200, f"{what}: 200 records", len(records))
                counters = s.lab.ctl_json("counters")
                t.check(counters["retransmissions_out"] == 0, f"{what}: nothing sent twice", counters["retransmissions_out"])


if __name__ == "__main__":
    chosen = [f for name, f in list(globals().items()) if name in sys.argv[2:]]
    Tests().run(*chosen) if chosen else Tests().run(test_udp_to_tcp, test_bare_datagrams, test_tcp_to_udp, test_framing, test_tls, test_reload_of_certificates, test_names, test_contact_by_name, test_dns_is_dead,
                test_connection_loss, test_loss_in_a_dialog, test_refused_tcp, test_long_requests, test_long_inside, test_long_behind_nat, test_slow_peer, test_advertised, test_sipp)
