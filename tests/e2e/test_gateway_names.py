#!/usr/bin/env python3
"""Gateways that are host names are known by the addresses DNS tells for them, and by no others

Usage: tests/e2e/test_gateway_names.py BUILD
"""
import os
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from lab import Lab, Tests  # noqa: E402
from peer import Call, Peer  # noqa: E402
from zone import NameServer  # noqa: E402

BUILD = os.path.abspath(sys.argv[1])
PORT, DNS_PORT = 5960, 5954
DOMAIN = "voice.example.net"
FIRST, SECOND, THIRD, STRANGER = (f"127.0.0.{n}" for n in (21, 22, 23, 31))
SETTINGS = f'''domains = [ "{DOMAIN}" ]; dns = {{ servers = [ "127.0.0.1:{DNS_PORT}" ]; timeout_ms = 500; }};
routing = {{ first_response_timeout_ms = 400; }};'''
GATEWAYS = "gateway,carrier,uri,probe\nvoice,blue,sip:voice.test:5991,false\nservers,red,sip:servers.test,false\n"
SERVERS = "_sip._udp.servers 1 SRV 1 0 5992 third\nthird 1 A 127.0.0.23\n"


class Scene:
    """acme is whoever sends from 127.0.0.7; the user desk is at 127.0.0.1."""

    def __init__(self):
        self.lab = Lab(BUILD, "names", workers=2, port=PORT, settings=SETTINGS, gateways=GATEWAYS,
                       tables={"users": "username,contact\ndesk,sip:desk@127.0.0.1:5993\n", "trunks": "account,address\nacme,127.0.0.7\n",
                               "credentials": f"account,username,realm,password\nacme,bob,{DOMAIN},s3cret\n"})

    def __enter__(self):
        self.lab.prepare()
        self.dns = NameServer(self.lab, DNS_PORT, f"voice 1 A {FIRST}\n" + SERVERS)
        self.lab.start()
        self.desk, self.acme = Peer(5993), Peer(5990, "127.0.0.7")
        self.peers = {address: Peer(5994, address) for address in (FIRST, SECOND, THIRD, STRANGER)}
        return self

    def __exit__(self, kind, value, trace):
        for peer in (self.desk, self.acme, *self.peers.values()):
            peer.close()
        if kind is None:
            self.lab.stop()
        self.lab.__exit__(kind, value, trace)

    def status(self, peer, uri=f"sip:desk@{DOMAIN}"):
        """What a call to a user of ours comes to: 486 is his word."""
        call = Call(peer, PORT, "", uri=uri)
        call.invite()
        deadline, seen = time.time() + 2, None
        while seen is None and time.time() < deadline:
            invite = self.desk.next(0.02)
            if invite and invite.method == "INVITE":
                self.desk.answer(invite, 486)
            message = peer.next(0.02)
            seen = message if message and message.status >= 300 and message.get("Call-ID") == call.call_id else None
        if seen is None:
            return None
        call.to = seen.get("To")
        peer.send(call.request("ACK", cseq=call.cseq, branch=call.branch), PORT)
        return seen.status

    def is_known(self, address):
        return self.status(self.peers[address]) == 486

    def becomes(self, address, known, seconds):
        deadline = time.time() + seconds
        while time.time() < deadline:
            if self.is_known(address) == known:
                return True
            time.sleep(0.2)
        return False

    def source(self, address):
        return self.lab.ctl_json("route", f"sip:desk@{DOMAIN}", "--from", address)["source"]


def names(tests):
    """A gateway calls from where its name leads"""
    with Scene() as s:
        tests.check(s.becomes(FIRST, True, 5), "it is known by the address of its name, whatever the port")
        tests.check(s.becomes(THIRD, True, 5), "and one whose servers are told by SRV")
        for _ in range(8):  # Call-IDs of both workers
            tests.check(s.is_known(FIRST), "at each worker")
        tests.check(s.status(s.peers[STRANGER]) == 407, "another address is a stranger's", s.status(s.peers[STRANGER]))
        tests.check(s.status(s.peers[SECOND]) == 407, "and so is one that it does not have yet")
        tests.check(s.source(FIRST) == "gateway" and s.source(STRANGER) == "unknown", "lcrctl route --from says the same",
                    (s.source(FIRST), s.source(STRANGER)))
        s.peers[FIRST].socket.settimeout(0.1)
        status = s.status(s.acme, f"sip:x@{FIRST}:5994")
        tests.check(status is not None and status >= 400 and s.peers[FIRST].quiet(), "it is not called as a foreign domain", status)
        s.dns.change(f"voice 1 A {SECOND}\n" + SERVERS)
        tests.check(s.becomes(SECOND, True, 8), "when its TTL is over and the address another one, that one is known")
        tests.check(s.is_known(FIRST), "the former is so for a while, as other resolvers have it still")
        tests.check(s.becomes(FIRST, False, 45), "and then is a stranger's")
        s.dns.change(SERVERS)
        time.sleep(3)
        tests.check(s.is_known(SECOND), "the name is no more: its last address stays known")
        tests.check("gateway voice: its name is not found" in s.lab.read("lcrproxyd.log"), "and the log says so", s.lab.read("lcrproxyd.log")[-800:])
        s.dns.stop()
        time.sleep(3)
        tests.check(s.is_known(SECOND) and s.is_known(THIRD), "no name server: likewise")
        tests.check(s.status(s.peers[STRANGER]) == 407, "and nobody else is known for that")
        with open(s.lab.path("gateways.csv"), "w", encoding="utf-8") as file:
            file.write("gateway,carrier,uri\nvoice,blue,sip:127.0.0.24:5991\n")
        s.lab.run("lcrdb", "import", "gateways", s.lab.path("gateways.csv"))
        s.lab.ctl("reload")
        tests.check(s.becomes(SECOND, False, 3), "a gateway that the tables have elsewhere is no longer known there")
        tests.check(s.is_known(THIRD), "the others are")


if __name__ == "__main__":
    Tests().run(names)
