#!/usr/bin/env python3
"""The messages of RFC 4475 and RFC 5118 over UDP and TCP: each gets what tests/torture/messages.csv says, and calls go through

Usage: tests/e2e/test_torture.py BUILD
"""
import csv
import os
import re
import select
import socket
import subprocess
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from lab import TOP, Lab, Tests  # noqa: E402
from peer import Call, Message, Peer  # noqa: E402
from stream import StreamPeer  # noqa: E402
from zone import NameServer  # noqa: E402

BUILD = os.path.abspath(sys.argv[1])
PORT = 5360
FOLDER = os.path.join(TOP, "tests", "torture")
# Their other domains are on nobody's network here.
SETTINGS = '''domains = [ "example.com", "example.net", "example.org", "company.com" ];
policy = ( { name = "no other domain"; to = "foreign"; action = "reject"; code = 404; } );'''
LISTEN = f'{{ uri = "sip:127.0.0.1:{PORT}"; }}, {{ uri = "sip:127.0.0.1:{PORT};transport=tcp"; }}'
# The ports of the topmost Vias: answers go there, at the address the message came from (RFC 3261 18.2.2).
VIA_PORTS = (5060, 5050, 5070, 6050, 19823)


def messages():
    with open(os.path.join(FOLDER, "messages.csv"), encoding="utf-8") as file:
        for row in csv.DictReader(file):
            with open(os.path.join(FOLDER, row["message"] + ".sip"), "rb") as message:
                yield row, message.read()


def name_of(data):
    """What makes a transaction of its own: method, top Via, and whether it is a response."""
    via = re.search(rb"(?im)^(?:via|v)\s*:\s*((?:[^\r]|\r\n[ \t])*)", data)
    return data.split(b" ")[0], via and via.group(1)


def value_of(data, names):
    found = re.search(rb"(?im)^(?:" + names + rb")\s*:[ \t]*([^\r\n]*)", data)
    return found.group(1).decode("latin-1").strip() if found else ""


class Scene:
    def __init__(self, workers=2):
        self.workers = workers

    def __enter__(self):
        self.lab = Lab(BUILD, "torture", workers=self.workers, port=PORT, settings=SETTINGS, listen=LISTEN)
        self.lab.prepare()
        self.lab.start()
        self.peers = [Peer(port) for port in VIA_PORTS]
        return self

    def __exit__(self, kind, value, trace):
        for peer in self.peers:
            peer.close()
        if kind is None:
            self.lab.stop()
        self.lab.__exit__(kind, value, trace)

    def again(self):
        self.lab.stop()
        self.lab.start()

    def one_by_one(self):
        """Each message, and between two that would be one transaction another daemon."""
        seen = set()
        for row, data in messages():
            if name_of(data) in seen:
                self.again()
                seen.clear()
            seen.add(name_of(data))
            yield row, data

    def answer_to(self, data, seconds):
        """The first answer with this Call-ID, method and CSeq number, if the message has them; others are retransmissions."""
        deadline = time.time() + seconds
        while (left := deadline - time.time()) > 0:
            for ready in select.select([peer.socket for peer in self.peers], [], [], left)[0]:
                message = Message(*ready.recvfrom(65536))
                if is_answer(message, data):
                    return message
        return None


def is_answer(message, data):
    return message.status >= 200 and (message.get("Call-ID") or message.get("i")) == value_of(data, rb"call-id|i")


def check_answer(tests, row, column, how, got):
    answer = str(got.status) if got else "none"
    tests.check(answer == row[column], f"{row['message']} ({row['section']}) over {how}: {row[column]}, {row['remark']}", repr(got))
    if row["message"] == "rfc4475/bext01" and got:
        tests.check(got.get("Unsupported") == "noProxiesSupportThis, norDoAnyProxiesSupportThis", "Unsupported lists what Proxy-Require asks for",
                    repr(got.headers))


def each_message(tests):
    """Each message gets its answer over UDP"""
    named = [row["message"] for row, _ in messages()]
    there = [f"{folder}/{name[:-4]}" for folder in ("rfc4475", "rfc5118") for name in os.listdir(os.path.join(FOLDER, folder))]
    tests.check(sorted(named) == sorted(there) and len(set(named)) == 49 + 12, "all 49 of RFC 4475 and 12 of RFC 5118 are in the table, once",
                set(named) ^ set(there))
    with Scene() as s:
        for row, data in s.one_by_one():
            s.peers[0].send(data, PORT)
            check_answer(tests, row, "answer", "UDP", s.answer_to(data, 3 if row["answer"] != "none" else 0.3))


def stream_answer(peer, data, seconds):
    """The first answer to these bytes, by the connection they went by."""
    deadline = time.time() + seconds
    while (left := deadline - time.time()) > 0 and (peer.up.is_open or peer.up.data):
        message = peer.next(left)
        if message and is_answer(message, data):
            return message
    return None


def each_over_tcp(tests):
    """Each message gets its answer over TCP, and leaves the connection as it should"""
    with Scene(workers=1) as s:  # with more, what ends a connection may overtake an answer to what came before
        for row, data in s.one_by_one():
            peer = StreamPeer(5380, listen=False)
            peer.connect(PORT)
            for at in range(0, len(data), 1000):
                peer.send(data[at:at + 1000], PORT)
            check_answer(tests, row, "tcp", "TCP", stream_answer(peer, data, 3 if row["tcp"] != "none" else 0.3))
            probe = Call(peer, PORT, "", uri=f"sip:127.0.0.1:{PORT}").request("OPTIONS").encode()
            try:
                peer.up.socket.settimeout(5)
                peer.up.socket.sendall(probe)
                is_open = stream_answer(peer, probe, 3 if row["after"] == "open" else 0.5) is not None
            except OSError:
                is_open = False
            peer.next(0)
            after = "open" if is_open else "waits" if peer.up.is_open else "closed"
            tests.check(after == row["after"], f"{row['message']}: the connection is {row['after']} afterwards", after)
            peer.close()


# --- passed on ---

DNS_PORT = 5353
FORWARDING = f'dns = {{ servers = [ "127.0.0.1:{DNS_PORT}" ]; }};'
NETS = (("127.0.0.1", "127.0.0.9"), ("::1", "2001:db8::10"))
# By the addresses in passed_on(), where it is neither the first, of all domains, nor the second.
WHITHER = {"rfc5118/port-ambiguous": 2, "rfc5118/ipv6-bug-abnf-3-colons": 3, "rfc5118/ipv6-correct-abnf-2-colons": 3, "rfc5118/port-unambiguous": 4}
# What makes these a dialog's, or sends them by a Route that nobody here follows; without it they are as well formed.
STRIPPED = ((rb"\r\nRoute:\s[^\r]*(\r\n[ \t][^\r]*)*", b""), (rb" *; *tag *= 1918181833n", b""))
ADDED = re.compile(rb"(?i)(?:Via|Record-Route|Session-Expires|Max-Forwards|Max-Breadth): ")


def rows_of(data):
    """The rows with their folds, name and rest apart, and the body."""
    head, _, body = data.partition(b"\r\n\r\n")
    return re.split(rb"\r\n(?![ \t])", head), body


def same_row(before, after, is_top):
    """A row as it came, but for what is ours to change: a hop less, and where it came from."""
    name = before.partition(b":")[0].strip().lower()
    if name == b"max-forwards":
        return int(after.partition(b":")[2]) == int(before.partition(b":")[2]) - 1
    if name in (b"via", b"v") and is_top:
        return len({re.sub(rb";(received=[^;,]*|rport(=\d+)?)", b"", row) for row in (before, after)}) == 1
    return before == after


def differs(sent, got):
    """What is not as it was sent: None when all is."""
    (start, *sent_rows), body = rows_of(sent)
    (start_now, *rows), body_now = rows_of(got)
    length = re.search(rb"(?im)^(?:content-length|l)\s*:\s*(\d+)", sent)
    body = body[:int(length.group(1))] if length else body
    if start_now != start.replace(b"?Route=%3Csip:example.com%3E", b""):  # header fields have no place there (RFC 4475 3.1.2.11)
        return start_now
    if body != body_now:
        return f"{len(body)} octets of body, now {len(body_now)}"
    vias = [row for row in sent_rows if re.match(rb"(?i)v(ia)?\s*:", row)]
    for row in sent_rows:
        while rows and not same_row(row, rows[0], row is vias[0]):
            if not ADDED.match(rows[0]):
                return row, rows[0]
            rows.pop(0)
        if not rows:
            return row
        rows.pop(0)
    return next((row for row in rows if not ADDED.match(row)), None)


def wait_for(sockets, data, seconds):
    """The request with this Call-ID that comes to one of the sockets, as it is."""
    deadline = time.time() + seconds
    while (left := deadline - time.time()) > 0:
        for ready in select.select(sockets, [], [], left)[0]:
            got, source = ready.recvfrom(65536)
            if not got.startswith(b"SIP/2.0") and value_of(got, rb"call-id|i") == value_of(data, rb"call-id|i"):
                return got, source, ready
    return None, None, None


def passed_on(tests):
    """What is well formed is passed on to its domain, by name and by IPv6 address, octet by octet; what is not goes nowhere"""
    if len(socket.if_nameindex()) > 1 or subprocess.run(["ip", "addr", "add", "2001:db8::10/128", "dev", "lo", "nodad"], check=False).returncode:
        tests.skipped += 1  # a network of its own is wanted, for the addresses of RFC 5118
        return
    for address in ("2001:db8::10:5070", "2001:db8::192.0.2.1"):
        subprocess.run(["ip", "addr", "add", address + "/128", "dev", "lo", "nodad"], check=True)
    listen = ", ".join(f'{{ uri = "sip:{host}:{PORT}{by}"; }}' for host in ("127.0.0.1", "[::1]") for by in ("", ";transport=tcp"))
    with Lab(BUILD, "torture", port=PORT, settings=FORWARDING, listen=listen, tables={"trunks": "account,address\nacme,127.0.0.1\nacme,::1\n"}) as lab:
        lab.prepare()
        NameServer(lab, DNS_PORT, "", [(zone, "127.0.0.9") for zone in ("example.com", "example.net", "example.org", "company.com")])
        lab.start()
        there = [Peer(5060, address) for address in ("127.0.0.9", "2001:db8::10", "2001:db8::10:5070", "2001:db8::192.0.2.1")]
        there.append(Peer(5070, "2001:db8::10"))
        sockets = [peer.socket for peer in there]
        for n, (row, data) in enumerate(messages()):
            for pattern, instead in STRIPPED:
                data = re.sub(pattern, instead, data)
            for how in ("UDP", "TCP", "UDP over IPv6"):
                one_passed(tests, row, how, data, f"{n}{how[0]}{len(how)}".encode(), sockets)
        for peer in there:
            peer.close()
        lab.stop()


def one_passed(tests, row, how, data, mark, sockets):
    what = f"{row['message']} ({row['section']}) over {how}"
    host = "::1" if "IPv6" in how else "127.0.0.1"
    id_of = value_of(data, rb"call-id|i").encode()
    for text in (id_of, b"z9hG4bK"):  # each a transaction of its own
        data = data.replace(text, text + mark, 1) if text and (text == id_of or row["message"] != "rfc4475/badbranch") else data
    peer = StreamPeer(5380, listen=False) if how == "TCP" else Peer(5381, host)
    peer.proxy = host
    peer.send(data, PORT)
    wanted = row["tcp_forward"] if how == "TCP" else row["forward"]
    got, source, ready = wait_for(sockets, data, 3 if wanted == "yes" else 0.1)
    tests.check((got is not None) == (wanted == "yes"), f"{what}: passed on: {wanted}", got)
    if got:
        wrong = differs(data, got)
        tests.check(wrong is None, f"{what}: as it came", wrong)
        tests.check(ready is sockets[WHITHER.get(row["message"], ready is sockets[1])], f"{what}: where its Request-URI says", ready)
        message = Message(got, source)
        reply = "\r\n".join(["SIP/2.0 480 No", *(f"Via: {via}" for via in message.all("Via") + message.all("v")), f"From: {message.get('From') or message.get('f')}",
                            f"To: {message.get('To') or message.get('t')};tag=x", f"Call-ID: {message.get('Call-ID') or message.get('i')}",
                            f"CSeq: {message.get('CSeq')}", "Content-Length: 0", "", ""])
        ready.sendto(reply.encode(), source)
    peer.close()


def all_at_once(tests):
    """After all of them, again and again over both, calls go through and nothing is left"""
    with Scene() as s:
        caller, gateway = Peer(5380), Peer(5391)
        for _ in range(20):
            stream = StreamPeer(5380, listen=False)
            stream.connect(PORT)
            for _, data in messages():
                s.peers[0].send(data, PORT)
                try:
                    stream.up.socket.sendall(data)  # until one closes it
                except OSError:
                    stream.connect(PORT)
            time.sleep(0.02)
            stream.close()
        call = Call(caller, PORT, "+498912345678")
        call.invite()
        invite = gateway.wait("INVITE", 3)
        gateway.answer(invite, 200)
        tests.check(caller.wait(200, 3) is not None, "a call goes through")
        time.sleep(0.3)
        connections = s.lab.ctl_json("counters")["connections"]
        tests.check(connections <= 1, "no connection is left", connections)
        caller.close()
        gateway.close()


Tests().run(*([f for name, f in list(globals().items()) if name in sys.argv[2:]] or [each_message, each_over_tcp, passed_on, all_at_once]))
