#!/usr/bin/env python3
"""Connections that are shared (RFC 5923), kept alive (RFC 5626) and taken up again; who may connect; SIPp over TLS

Usage: tests/e2e/test_connections.py BUILD [TEST...]
"""
import os
import socket
import ssl
import sys
import tempfile
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import streams  # noqa: E402
from authority import LEAF, Authority  # noqa: E402
from lab import Tests  # noqa: E402
from peer import Call, Peer  # noqa: E402
from stream import StreamPeer  # noqa: E402
from streams import (NUMBER, PORT, SETTINGS, TLS_PORT, answer_call, callee_hangs_up, client_tls, hang_up, listeners,  # noqa: E402
                     one_record, pem, server_tls)
from tunnel import Tunnel  # noqa: E402

BUILD = os.path.abspath(sys.argv[1])


class Scene(streams.Scene):
    def __init__(self, *words, **more):
        super().__init__(BUILD, *words, **more)


def offer(gateway, port=TLS_PORT, alias=";alias"):
    """A request of a gateway's, by its own connection."""
    text = Call(gateway, port, "", uri=f"sip:127.0.0.1:{port}").request("OPTIONS").replace(";branch=", alias + ";branch=", 1)
    gateway.send(text, port)
    return gateway.wait(200) is not None


def test_alias(t):
    """A gateway that connects and offers it gets its calls by that connection; nobody listens at its address"""
    for name, alias, is_used in (("ip", ";alias", True), ("ip", "", False), ("cn", ";alias", False)):
        what = f"certificate {name}, offered: {bool(alias)}"
        with Scene("tls1,blue,sips:127.0.0.1:5391,0\n") as s:
            caller, red = s.peer(Peer(5380)), s.peer(Peer(5392))
            gateway = s.peer(StreamPeer(5391, client_tls=client_tls(name), listen=False))
            t.check(offer(gateway, alias=alias), f"{what}: the gateway's OPTIONS is answered")
            call = Call(caller, PORT, NUMBER)
            if is_used:
                invite, _ = answer_call(t, call, gateway, what)
                t.check(";alias" in invite.get("Via"), f"{what}: ours is offered, too", invite.get("Via"))
                callee_hangs_up(t, call, gateway, invite, what)
                one_record(t, s.lab, what)
                t.check(len(gateway.connections) == 1, f"{what}: all by one connection", len(gateway.connections))
            else:
                call.invite()
                invite = red.wait("INVITE", 3)
                t.check(invite is not None, f"{what}: the call goes elsewhere", repr(invite))
                t.check(gateway.quiet(), f"{what}: and nothing by that connection")
            aliases = s.lab.ctl_json("counters")["connection_aliases"]
            t.check(aliases == (1 if alias else 0), f"{what}: counted", aliases)


def test_alias_over_tcp(t):
    """Over TCP only when it is set, as nothing is proved there"""
    for setting, is_used in (("all", True), ("tls", False)):
        with Scene("tcp1,blue,sip:127.0.0.1:5391;transport=tcp,0\n", settings=SETTINGS + f'\nsip = {{ connection_alias = "{setting}"; }};') as s:
            caller, red = s.peer(Peer(5380)), s.peer(Peer(5392))
            gateway = s.peer(StreamPeer(5391, listen=False))
            t.check(offer(gateway, PORT), f"{setting}: the gateway's OPTIONS is answered")
            call = Call(caller, PORT, NUMBER)
            if is_used:
                invite, _ = answer_call(t, call, gateway, setting)
                t.check(";alias" in invite.get("Via"), f"{setting}: ours is offered, too", invite.get("Via"))
                hang_up(t, call, gateway, setting)
            else:
                call.invite()
                invite = red.wait("INVITE", 3)
                t.check(invite is not None and gateway.quiet(), f"{setting}: the call goes elsewhere", repr(invite))


def test_alias_of_any_worker(t):
    """Whichever worker has the call, it goes by the connection that a gateway opened: an alias, or its very address"""
    for what, gateway_uri, port, tls, alias in (("TLS alias", "sips:127.0.0.1:5391", TLS_PORT, client_tls("ip"), ";alias"),
                                                ("TCP alias", "sip:127.0.0.1:5391;transport=tcp", PORT, None, ";alias"),
                                                ("TCP address", "sip:127.0.0.1:5391;transport=tcp", PORT, None, "")):
        settings = SETTINGS + '\nsip = { connection_alias = "all"; };'
        with Scene(f"gw1,blue,{gateway_uri},0\n", workers=3, settings=settings) as s:
            caller, red = s.peer(Peer(5380)), s.peer(Peer(5392))
            gateway = s.peer(StreamPeer(5391, client_tls=tls, listen=False))
            gateway.source = ("127.0.0.1", 0 if alias else 5391)
            for again in ("", ", connected again"):
                t.check(offer(gateway, port, alias), f"{what}{again}: the gateway's OPTIONS is answered")
                time.sleep(0.1)
                for n in range(12):
                    call = Call(caller, PORT, NUMBER)
                    call.invite()
                    invite = gateway.wait("INVITE", 3, call.call_id)
                    if not t.check(invite is not None, f"{what}{again}: call {n} comes by its connection"):
                        break
                    gateway.answer(invite, 486)
                    t.check(caller.wait(486, 3, call.call_id) is not None, f"{what}{again}: call {n} is answered")
                    t.check(gateway.wait("ACK", 3, call.call_id) is not None, f"{what}{again}: call {n}, its ACK")
                t.check(red.quiet(0.1) and len(gateway.connections) == 1, f"{what}{again}: all of them", len(gateway.connections))
                gateway.up.close()
                gateway.connections.clear()
                gateway.source = ("127.0.0.1", 0 if alias else 5391)
                time.sleep(0.3)
            for n in range(4):
                call = Call(caller, PORT, NUMBER)
                call.invite()
                invite = red.wait("INVITE", 3, call.call_id)
                t.check(invite is not None, f"{what}: when it is gone, call {n} goes elsewhere")
                red.answer(invite, 486)
                caller.wait(486, 3, call.call_id)
            t.check(s.lab.ctl_json("counters")["connections"] == 0, f"{what}: no connection is left")


def listen(peer, seconds):
    """Let time pass; what comes is read."""
    deadline = time.time() + seconds
    while (left := deadline - time.time()) > 0:
        peer.next(left)


def test_keep_alive(t):
    """Pings to a gateway that answers them, and to one that stops"""
    with Scene("tcp1,blue,sip:127.0.0.1:5391;transport=tcp,0\n", settings=SETTINGS + "\nsip = { connection_ping_s = 1; };") as s:
        caller, gateway = s.peer(Peer(5380)), s.peer(StreamPeer(5391))
        gateway.answers_pings = True
        call = Call(caller, PORT, NUMBER)
        answer_call(t, call, gateway, "kept alive")
        start = time.time()
        listen(gateway, 3.2)
        t.check(3 <= gateway.pings <= 4, "a ping each 0.8 to 1 s", gateway.pings)
        counters = s.lab.ctl_json("counters")
        t.check(counters["pings_out"] >= 3 and counters["pongs_in"] >= gateway.pings - 1, "they and their answers are counted", counters["pongs_in"])
        gateway.answers_pings = False
        listen(gateway, 13)
        t.check(not gateway.connections and time.time() - start > 12, "10 s without an answer end the connection")
        hang_up(t, call, gateway, "kept alive")
        t.check(gateway.accepted == 2, "another one is opened for the BYE", gateway.accepted)
        one_record(t, s.lab, "kept alive")


def test_clients(t):
    """Of those with a certificate of the authority, only the domains that are named come in"""
    with Scene("udp1,blue,sip:127.0.0.1:5391,0\n", listen=listeners(more='clients = [ "cn.example.net", "sip.example.org" ];')) as s:
        for name, is_let_in in (("cn", True), ("dns", False), ("stranger", False)):
            peer = StreamPeer(5380, client_tls=client_tls(name), listen=False)
            try:
                answered = offer(peer)
            except OSError:
                answered = False
            t.check(answered == is_let_in, f"certificate {name}: {'let in' if is_let_in else 'not let in'}")
            peer.close()
        t.check("domain that is let in" in s.lab.read("lcrproxyd.log"), "the log says why")


def greet(context, session=None):
    """Connect and say something, as the ticket comes behind the handshake. Returns the session and whether it was resumed."""
    sock = context.wrap_socket(socket.create_connection(("127.0.0.1", TLS_PORT), timeout=5), server_hostname="sip.example.net", session=session)
    sock.sendall(b"\r\n\r\n")
    answer = sock.recv(10)
    result = sock.session, sock.session_reused
    sock.close()
    return result if answer == b"\r\n" else (None, None)


def test_resumption(t):
    """TLS sessions of clients and with gateways are taken up again, by all workers, but not after a reload"""
    with Scene("tls1,blue,sips:127.0.0.1:5391,0\n", workers=2) as s:
        context = client_tls("cn")
        session, reused = greet(context)
        t.check(session is not None and not reused, "a first connection")
        got = [greet(context, session) for _ in range(6)]
        t.check(all(reused for _, reused in got), "more of them, by whichever worker", [reused for _, reused in got])
        s.lab.ctl("reload")
        time.sleep(0.3)
        t.check(greet(context, session)[1] is False, "after a reload there is a new key")
        t.check(s.lab.ctl_json("counters")["tls_resumed"] == 6, "counted")
    with Scene("tls1,blue,sips:127.0.0.1:5391,0\n") as s:
        caller, gateway = s.peer(Peer(5380)), s.peer(StreamPeer(5391, tls=server_tls("ip")))
        for n in range(3):
            call = Call(caller, PORT, NUMBER)
            answer_call(t, call, gateway, f"call {n}")
            hang_up(t, call, gateway, f"call {n}")
            for connection in gateway.connections:
                connection.close()
            time.sleep(0.2)
        t.check(gateway.accepted == 3 and s.lab.ctl_json("counters")["tls_resumed"] == 2, "the gateway's session, over three connections",
                s.lab.ctl_json("counters")["tls_resumed"])


def test_answers_find_their_way(t):
    """A connection that breaks while a call rings: the answer comes by another one, to who proves to be the sent-by"""
    for kind, port, tls, mine in (("TCP", PORT, None, None), ("TLS", TLS_PORT, server_tls("dns"), client_tls("cn")),
                                  ("TLS with another's certificate", TLS_PORT, server_tls("ip"), client_tls("cn"))):
        with Scene("udp1,blue,sip:127.0.0.1:5391,0\n") as s:
            caller, gateway = s.peer(StreamPeer(5380, tls=tls, client_tls=mine)), s.peer(Peer(5391))
            caller.sent_by = "sip.example.net"
            call = Call(caller, port, NUMBER)
            call.invite()
            invite = gateway.wait("INVITE")
            gateway.answer(invite, 180)
            t.check(caller.wait(180) is not None, f"{kind}: it rings")
            caller.up.close()
            time.sleep(0.2)
            gateway.answer(invite, 486)
            answer = caller.wait(486, 2)
            t.check((answer is not None) == ("another" not in kind), f"{kind}: the answer", answer)
            t.check(caller.accepted == 1, f"{kind}: a connection to the sent-by", caller.accepted)


def test_behind_a_nat(t):
    """A caller behind a NAT, whose Contact and Via name a private address, is reached by his connection"""
    for kind, port, tls in (("TCP", PORT, None), ("TLS", TLS_PORT, client_tls("cn"))):
        for workers in (1, 3):
            what = f"{kind}, workers={workers}"
            with Scene("udp1,blue,sip:127.0.0.1:5391,0\n", workers=workers) as s:
                caller, gateway = s.peer(StreamPeer(5380, client_tls=tls, listen=False)), s.peer(Peer(5391))
                caller.host = caller.sent_by = "10.1.2.3"
                for n in range(4 if workers > 1 else 2):
                    call = Call(caller, port, NUMBER)
                    invite, _ = answer_call(t, call, gateway, f"{what}, call {n}")
                    route = invite.get("Record-Route")
                    t.check(";lcrn=7f000001" in route, f"{what}, call {n}: his address is in the callee's route", route)
                    if n % 2:  # he loses it, and has another
                        caller.up.close()
                        call.send("INFO")
                        gateway.answer(gateway.wait("INFO"), 200)
                        t.check(caller.wait(200) is not None, f"{what}, call {n}: he comes by another one")
                    callee_hangs_up(t, call, gateway, invite, f"{what}, call {n}", hop=PORT)
                t.check(len(caller.connections) == 1, f"{what}: all by his connection")
                s.lab.wait_shipped()
                t.check(all(r["end_source"] == "callee" for r in s.lab.records()), f"{what}: each on record")


def test_subscription_behind_a_nat(t):
    """Who subscribes by TCP from behind a NAT gets its NOTIFYs by that connection, of whichever worker it is"""
    rule = 'policy = ( { name = "s"; to = "number"; method = "SUBSCRIBE"; action = "route"; } );\n'
    with Scene("blue1,blue,sip:127.0.0.1:5391,0\n", workers=2, settings=SETTINGS + rule) as s:
        watcher, blue = s.peer(StreamPeer(5380, listen=False)), s.peer(Peer(5391))
        watcher.host = "10.1.1.1"
        for n in range(4):
            call = Call(watcher, PORT, NUMBER)
            call.send("SUBSCRIBE", "Event: presence\r\n")
            subscribe = blue.wait("SUBSCRIBE", call_id=call.call_id)
            blue.answer(subscribe, 200)
            call.learn(watcher.wait(200, call_id=call.call_id))
            call.callee_request(blue, "NOTIFY", subscribe, "Event: presence\r\n")
            notify = watcher.wait("NOTIFY", call_id=call.call_id)
            t.check(notify is not None, f"{n}: the NOTIFY comes back")
            watcher.answer(notify, 200)
            t.check(blue.wait(200, call_id=call.call_id), f"{n}: and its answer")
            call.send("SUBSCRIBE", "Event: presence\r\n")
            t.check(blue.wait("SUBSCRIBE", call_id=call.call_id), f"{n}: a refresh goes the same way")


def test_contact_without_certificate(t):
    """A gateway's Contact is an address, which no certificate names: who is there proves the gateway's domain, or gets nothing"""
    with tempfile.TemporaryDirectory() as folder:
        root = Authority(folder, "root")
        servers = {}
        for name in ("gw.test", "other.test"):
            servers[name] = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            servers[name].load_cert_chain(root.sign(name, 30, LEAF + f"subjectAltName=DNS:{name}\n"))
        listen = listeners().replace(f'ca = "{pem("ca")}"', f'ca = "{root.path("root", "crt")}"')
        for name in servers:
            with Scene("gw,blue,sips:gw.test:5391,0\n", "gw A 127.0.0.1\n", listen=listen) as s:
                caller, gateway = s.peer(Peer(5380)), s.peer(StreamPeer(5391, tls=servers["gw.test"]))
                contact = s.peer(StreamPeer(5391, tls=servers[name], address="127.0.0.2"))
                gateway.host = "127.0.0.2"
                call = Call(caller, PORT, NUMBER)
                call.invite()
                gateway.answer(gateway.wait("INVITE"), 200)
                call.learn(caller.wait(200))
                call.ack()
                if name == "gw.test":
                    t.check(contact.wait("ACK") is not None, f"{name}: the ACK comes to the Contact")
                    hang_up(t, call, contact, name)
                else:
                    t.check(contact.quiet() and gateway.quiet(0.1), f"{name}: nobody gets the ACK")


def test_ipv6(t):
    """All transports over IPv6, and from IPv6 to IPv4"""
    trunks = {"trunks": "account,address\nacme,127.0.0.1\nacme,::1\n"}
    listen = ", ".join([listeners(pem("dns")), f'{{ uri = "sip:[::1]:{PORT}"; }}', f'{{ uri = "sip:[::1]:{PORT};transport=tcp"; }}',
                        f'{{ uri = "sips:[::1]:{TLS_PORT}"; certificate = "{pem("dns")}"; ca = "{pem("ca")}"; }}'])
    kinds = {"udp": lambda port, listen: Peer(port, "::1"),
             "tcp": lambda port, listen: StreamPeer(port, listen=listen, address="::1"),
             "tls": lambda port, listen: StreamPeer(port, tls=server_tls("ip"), client_tls=client_tls("cn"), listen=listen, address="::1")}
    for before, after in (("udp", "tcp"), ("tcp", "tls"), ("tls", "udp"), ("udp", "udp over IPv4")):
        what, kind = f"{before} to {after}", after.split(" ", maxsplit=1)[0]
        host = "127.0.0.1" if "IPv4" in after else "[::1]"
        with Scene(f"gw,blue,sip:{host}:5391;transport={kind},0\n", listen=listen, tables=trunks) as s:
            caller = s.peer(kinds[before](5380, False))
            gateway = s.peer(Peer(5391) if "IPv4" in after else kinds[kind](5391, True))
            for peer in (caller,) if "IPv4" in after else (caller, gateway):
                peer.proxy, peer.host, peer.sent_by = "::1", "[::1]", "[::1]"
            port = TLS_PORT if before == "tls" else PORT
            call = Call(caller, port, NUMBER, uri=f"sip:{NUMBER}@[::1]:{port}")
            invite, _ = answer_call(t, call, gateway, what)
            t.check(f" {host}:" in invite.get("Via") and f"/{kind.upper()} " in invite.get("Via"), f"{what}: our Via", invite.get("Via"))
            t.check(invite.all("Via")[1].split(";")[0].endswith("[::1]:5380"), f"{what}: his Via", invite.all("Via")[1])
            hang_up(t, call, gateway, what)
            record = one_record(t, s.lab, what)
            t.check(record.get("source", "").startswith("[::1]:"), f"{what}: its source is on record", record.get("source"))


def test_several_addresses(t):
    """What came to one address is answered from it, though the gateway is reached from another"""
    listen = ", ".join(f'{{ uri = "sip:{host}:{PORT}"; }}' for host in ("127.0.0.1", "127.0.0.2"))
    with Scene("gw,blue,sip:127.0.0.1:5391,0\n", listen=listen) as s:
        caller, gateway = s.peer(Peer(5380)), s.peer(Peer(5391))
        caller.proxy = "127.0.0.2"
        call = Call(caller, PORT, NUMBER, uri=f"sip:{NUMBER}@127.0.0.2:{PORT}")
        invite, answer = answer_call(t, call, gateway, "two addresses")
        t.check(invite.source[0] == "127.0.0.1" and f" 127.0.0.1:{PORT};" in invite.get("Via"), "the gateway sees the one that leads to it",
                (invite.source, invite.get("Via")))
        t.check(answer.source[0] == "127.0.0.2", "the caller the one he called", answer.source)
        routes = [value.split(";")[0].strip() for row in answer.all("Record-Route") for value in row.split(",")]
        t.check(routes == [f"<sip:127.0.0.1:{PORT}", f"<sip:127.0.0.2:{PORT}"], "each side has its own in its route set", routes)
        call.callee_request(gateway, "BYE", invite)
        bye = caller.wait("BYE")
        t.check(bye is not None and bye.source[0] == "127.0.0.2", "and so for requests of the other side", bye and bye.source)
        caller.answer(bye, 200)
        one_record(t, s.lab, "two addresses")


def speak_tls(lab, name, port):
    """SIPp writes of itself what its tunnel is."""
    def scenario(wanted, **values):
        path = type(lab).scenario(lab, wanted, **values)
        with open(path, encoding="utf-8") as file:
            text = file.read()
        if wanted == name:
            text = text.replace("[remote_port]", str(TLS_PORT)).replace("SIP/2.0/[transport]", "SIP/2.0/TLS").replace("[local_port];transport=[transport]", f"{port};transport=tls")
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        return path
    return scenario


def test_sipp_over_tls(t):
    """SIPp as caller and as gateway by TLS, which a tunnel on each side speaks for it: Debian's is built without"""
    with Scene("tls1,blue,sips:127.0.0.1:5391,0\n") as s, Tunnel(5392, ("127.0.0.1", TLS_PORT), client_tls("cn"), "sip.example.net") as inward, \
            Tunnel(5391, ("127.0.0.1", 5394), server_tls("ip")) as outward:
        s.lab.scenario = speak_tls(s.lab, "gateway", 5391)
        s.lab.gateway("gw", 5394, "gateway", transport="t1", REFUSE="0.0", RING_MS=10, HOLD_MS=60000)
        time.sleep(0.3)
        s.lab.scenario = speak_tls(s.lab, "caller", 5380)
        s.lab.port = inward.port
        sipp = s.lab.caller("caller", 5380, NUMBER, 200, 50, transport="t1", HOLD_MS=300)
        t.check(sipp.wait(timeout=60) == 0, "200 calls", s.lab.read("caller.errors")[:500] + s.lab.read("lcrproxyd.log")[-500:])
        s.lab.wait_shipped()
        records = [r for r in s.lab.records() if r["status"] == "answered" and r["end_source"] == "caller"]
        t.check(len(records) == 200, "200 records", len(records))
        t.check(inward.connections == 1 and outward.connections == 1, "by one connection on each side", (inward.connections, outward.connections))
        t.check(s.lab.ctl_json("counters")["retransmissions_out"] == 0, "nothing sent twice")


def test_sipp_as_it_comes(t):
    """SIPp's built-in uac and uas, which know no route sets (RFC 3261 12): answered and on record, but the BYE has no dialog"""
    for kind, transport in (("udp", "u1"), ("tcp", "t1")):
        with Scene(f"gw,blue,sip:127.0.0.1:5391;transport={kind},0\n") as s:
            s.lab.spawn(["sipp", "-sn", "uas", "-t", transport, "-i", "127.0.0.1", "-p", "5391", "-nostdin"], "uas.log")
            time.sleep(0.3)
            sipp = s.lab.spawn(["sipp", "-sn", "uac", "-t", transport, "-i", "127.0.0.1", "-p", "5380", "-s", NUMBER, "-m", "5", "-r", "10",
                                "-d", "200", "-nostdin", "-trace_err", "-error_file", s.lab.path("uac.errors"), "-timeout", "20",
                                f"127.0.0.1:{PORT}"], "uac.log")
            t.check(sipp.wait(timeout=60) == 1 and s.lab.read("uac.errors").count("received 'SIP/2.0 481") >= 5, f"{kind}: five BYEs get 481",
                    s.lab.read("uac.errors")[:500])
            s.lab.wait_shipped()
            records = s.lab.records()
            t.check(len(records) == 5 and all(r["status"] == "open" and not r["end_time"] for r in records),
                    f"{kind}: five calls on record as open", [(r["status"], r["end_time"], r["end_source"]) for r in records])


chosen = [f for name, f in list(globals().items()) if name in sys.argv[2:]]
Tests().run(*(chosen or (test_alias, test_alias_over_tcp, test_alias_of_any_worker, test_keep_alive, test_clients, test_resumption, test_answers_find_their_way, test_behind_a_nat, test_subscription_behind_a_nat, test_contact_without_certificate, test_ipv6, test_several_addresses, test_sipp_over_tls, test_sipp_as_it_comes)))
