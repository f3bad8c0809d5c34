#!/usr/bin/env python3
"""The messages of RFC 4475 and RFC 5118 over UDP and TCP: each gets what tests/torture/messages.csv says, and calls go through

Usage: tests/e2e/test_torture.py BUILD
"""
import csv
import os
import re
import select
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from lab import TOP, Lab, Tests  # noqa: E402
from peer import Call, Message, Peer  # noqa: E402
from stream import StreamPeer  # noqa: E402

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


Tests().run(each_message, each_over_tcp, all_at_once)
