#!/usr/bin/env python3
"""The messages of RFC 4475 and RFC 5118 over UDP: each gets what tests/torture/messages.csv says, and calls go through

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

BUILD = os.path.abspath(sys.argv[1])
PORT = 5360
FOLDER = os.path.join(TOP, "tests", "torture")
SETTINGS = 'domains = [ "example.com", "example.net", "example.org", "company.com" ];'
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
    def __enter__(self):
        self.lab = Lab(BUILD, "torture", workers=2, port=PORT, settings=SETTINGS)
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

    def answer_to(self, data, seconds):
        """The first answer with this Call-ID, method and CSeq number, if the message has them; others are retransmissions."""
        call_id = value_of(data, rb"call-id|i")
        deadline = time.time() + seconds
        while (left := deadline - time.time()) > 0:
            for ready in select.select([peer.socket for peer in self.peers], [], [], left)[0]:
                message = Message(*ready.recvfrom(65536))
                if message.status >= 200 and (message.get("Call-ID") or message.get("i")) == call_id:
                    return message
        return None


def each_message(tests):
    """Each message gets its answer"""
    with Scene() as s:
        seen = set()
        for row, data in messages():
            if name_of(data) in seen:
                s.again()
                seen.clear()
            seen.add(name_of(data))
            s.peers[0].send(data, PORT)
            got = s.answer_to(data, 3 if row["answer"] != "none" else 0.3)
            answer = str(got.status) if got else "none"
            tests.check(answer == row["answer"], f"{row['message']} ({row['section']}): {row['answer']}, {row['remark']}", repr(got))
            if row["message"] == "rfc4475/bext01":
                tests.check(got.get("Unsupported") == "noProxiesSupportThis, norDoAnyProxiesSupportThis",
                            "Unsupported lists what Proxy-Require asks for", repr(got.headers))


def all_at_once(tests):
    """After all of them, again and again, calls go through and nothing is left"""
    with Scene() as s:
        caller, gateway = Peer(5380), Peer(5391)
        for _ in range(20):
            for _, data in messages():
                s.peers[0].send(data, PORT)
            time.sleep(0.02)
        call = Call(caller, PORT, "+498912345678")
        call.invite()
        invite = gateway.wait("INVITE", 3)
        gateway.answer(invite, 200)
        tests.check(caller.wait(200, 3) is not None, "a call goes through")
        caller.close()
        gateway.close()


Tests().run(each_message, all_at_once)
