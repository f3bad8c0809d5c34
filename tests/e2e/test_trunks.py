#!/usr/bin/env python3
"""Whose call it is by where it comes from: address, network, port, transport, tech prefix

Usage: tests/e2e/test_trunks.py BUILD
"""
import os
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from lab import Lab, Tests  # noqa: E402
from peer import Call, Peer  # noqa: E402
from stream import StreamPeer  # noqa: E402

BUILD = os.path.abspath(sys.argv[1])
PORT, NUMBER = 5260, "+498912345678"
TRUNKS = (("net", "127.0.5.0/24", "", "", ""), ("host", "127.0.5.1", "", "", ""), ("port", "127.0.5.1", "5282", "", ""), ("wide", "127.0.0.0/12", "5283", "", ""),
          ("stream", "127.0.5.2", "", "tcp", ""), ("datagram", "127.0.5.2", "", "udp", ""), ("first", "127.16.5.3", "", "", "99#"),
          ("second", "127.16.5.3", "", "", "998"), ("plain", "127.16.5.4", "", "", ""), ("coded", "127.16.5.4", "", "", "77"), ("off", "127.16.5.5", "", "", ""))
# what, from where, by what, what is dialled; whose it is (None: nobody's)
CASES = (
    ("an address of a network", "127.0.5.7", 5281, "udp", NUMBER, "net"), ("an address of its own comes first", "127.0.5.1", 5281, "udp", NUMBER, "host"),
    ("with its port before that", "127.0.5.1", 5282, "udp", NUMBER, "port"), ("a port in a wide network", "127.0.9.9", 5283, "udp", NUMBER, "wide"),
    ("not another port of it", "127.0.9.9", 5281, "udp", NUMBER, None), ("by TCP", "127.0.5.2", 5281, "tcp", NUMBER, "stream"),
    ("by UDP, the same address", "127.0.5.2", 5281, "udp", NUMBER, "datagram"), ("by a tech prefix", "127.16.5.3", 5281, "udp", "99%23089123456", "first"),
    ("by another one", "127.16.5.3", 5281, "udp", "998089123456", "second"), ("by none of them", "127.16.5.3", 5281, "udp", NUMBER, None),
    ("a tech prefix beside a trunk without", "127.16.5.4", 5281, "udp", "77089123456", "coded"), ("that trunk", "127.16.5.4", 5281, "udp", NUMBER, "plain"),
    ("no trunk's address", "127.16.5.6", 5281, "udp", NUMBER, None),
)


class Scene:
    def __init__(self):
        names = [row[0] for row in TRUNKS]
        self.lab = Lab(BUILD, "trunks", workers=2, port=PORT, gateways="gateway,carrier,uri\nblue1,blue,sip:127.0.0.1:5291\n",
                       listen=f'{{ uri = "sip:127.0.0.1:{PORT};transport=udp"; }}, {{ uri = "sip:127.0.0.1:{PORT};transport=tcp"; }}',
                       tables={"accounts": "account,tariff,country_code,international,enabled\n" + "".join(f"{n},retail,49,true,{str(n != 'off').lower()}\n" for n in names),
                               "trunks": "account,address,port,transport,tech_prefix\n" + "".join(",".join(row) + "\n" for row in TRUNKS)})

    def __enter__(self):
        self.lab.prepare()
        self.lab.start()
        self.gateway = Peer(5291)
        return self

    def __exit__(self, kind, value, trace):
        self.gateway.close()
        if kind is None:
            self.lab.stop()
        self.lab.__exit__(kind, value, trace)

    def call(self, address, port, transport, dialled):
        """(the call, the INVITE the gateway got, the final status): it answers 486."""
        if transport == "tcp":
            peer = StreamPeer(port, listen=False)
            peer.source = (address, port)
        else:
            peer = Peer(port, address)
        call = Call(peer, PORT, dialled)
        call.invite()
        invite, deadline, final = None, time.time() + 1, None
        while final is None and time.time() < deadline:
            message = self.gateway.next(0.01)
            if message and message.method == "INVITE":
                invite = message
                self.gateway.answer(invite, 486)
            message = peer.next(0.02)
            final = message if message and message.status >= 200 and message.get("Call-ID") == call.call_id else None
        if final:
            call.to = final.get("To")
            peer.send(call.request("ACK", cseq=call.cseq, branch=call.branch), PORT)
        peer.close()
        return call, invite, final and final.status


def trunks(tests):
    """Each call is on the account of its trunk, and its number without the tech prefix"""
    with Scene() as s:
        calls = {}
        for what, address, port, transport, dialled, account in CASES:
            calls[what], invite, status = s.call(address, port, transport, dialled)
            tests.check((invite is not None, status) == (account is not None, 486 if account else 403), f"{what}: {status}", f"{invite} {status}")
            tests.check(invite is None or "sip:+4989123" in invite.start, "as an E.164 number", repr(invite))
            told = s.lab.ctl_json("route", dialled.replace("%23", "#"), "--from", f"{address}:{port}", "--transport", transport)
            tests.check(told["source"] == ("trunk" if account else "unknown"), "lcrctl route --from says the same", told["source"])
        _, invite, status = s.call("127.16.5.5", 5281, "udp", NUMBER)
        tests.check(invite is None and status == 403, "a disabled account is known, and calls nobody", status)
        s.lab.wait_shipped()
        time.sleep(0.2)
        rows = {row["call_id"]: row["account"] for row in s.lab.records()}
        for what, *_, account in CASES:
            tests.check(rows.get(calls[what].call_id) == account, f"{what}: on record as {account}", str(rows.get(calls[what].call_id)))


if __name__ == "__main__":
    Tests().run(trunks)
