#!/usr/bin/env python3
"""Each condition of a policy rule by real requests: one that meets it, one that does not, and what lcrctl route says of both

Usage: tests/e2e/test_policy_conditions.py BUILD
"""
import os
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from lab import Lab, Tests  # noqa: E402
from peer import SDP, Call, Peer  # noqa: E402
from stream import StreamPeer  # noqa: E402
from test_access import answer  # noqa: E402

BUILD = os.path.abspath(sys.argv[1])
PORT, DOMAIN, OTHER = 5360, "voice.example.net", "other.example.net"
NOW, LATER = (time.strftime("%H:00", time.gmtime(time.time() + 3600 * n)) for n in (0, 3))
SOON = time.strftime("%H:00", time.gmtime(time.time() + 3600 * 2))  # so that the hour may end while this runs
MOBILE, FIXED = "+447700900123", "+4930123456"
# condition; what else the rule has; the request that meets it, and the one that does not. A request: what differs from an INVITE of acme by UDP to FIXED.
CASES = (
    ("method", 'method = "MESSAGE"', {"method": "MESSAGE"}, {}),
    ("method", 'method = [ "other", "PUBLISH" ]', {"method": "FROB"}, {}),
    ("source", 'source = "login"', {"who": "user"}, {}),
    ("source", 'source = "gateway"', {"who": "carrier"}, {}),
    ("source", 'source = "unknown"', {"who": "stranger"}, {}),
    ("account or group", 'account = [ "home", "nobody" ]', {"who": "home"}, {}),
    ("account or group", 'group = "small"', {"who": "home"}, {}),
    ("to", 'to = "international"', {"number": "+442079460123"}, {}),
    ("to", 'to = "local"', {"number": "desk"}, {}),
    ("to", 'to = "foreign"', {"host": "127.0.0.9:5391"}, {}),
    ("to", 'to = "node"', {"number": "", "method": "SUBSCRIBE"}, {}),
    ("class", 'class = "mobile"', {"number": MOBILE}, {}),
    ("number", 'prefix = [ "4989", "4477" ]', {"number": MOBILE}, {}),
    ("domain", f'domain = "{OTHER}"', {"host": OTHER}, {}),
    ("domain", 'domain = ".example.net"', {"host": OTHER}, {"host": f"127.0.0.1:{PORT}"}),
    ("header", 'header = "X-Plan: gold*"', {"headers": "X-Plan: Golden\r\n"}, {"headers": "X-Plan: silver\r\n"}),
    ("header", 'header = "!X-Plan"', {}, {"headers": "X-Plan: silver\r\n"}),
    ("hours", f'hours = "mon-sun {NOW}-{SOON}"', {}, None),
    ("hours", f'hours = "mon-sun {SOON}-{LATER}"', None, {}),
    ("transport", 'transport = "tcp"', {"transport": "tcp"}, {}),
)
CODE = 461  # of all rules that are tried


class Scene:
    def __init__(self):
        self.lab = Lab(BUILD, "conditions", workers=2, port=PORT, settings=f'domains = [ "{DOMAIN}", "{OTHER}" ];\n@POLICY@',
                       listen=f'{{ uri = "sip:127.0.0.1:{PORT};transport=udp"; }}, {{ uri = "sip:127.0.0.1:{PORT};transport=tcp"; }}',
                       gateways="gateway,carrier,uri\nblue1,blue,sip:127.0.0.8:5391\n",
                       tables={"accounts": "account,tariff,country_code,international,account_group\nacme,retail,49,true,\nhome,retail,49,true,small\n",
                               "credentials": f"account,username,realm,password\nacme,bob,{DOMAIN},s3cret\n", "users": "username,contact\ndesk,sip:desk@127.0.0.9:5391\n",
                               "trunks": "account,address\nacme,127.0.5.1\nhome,127.0.5.2\n"})

    def __enter__(self):
        self.lab.prepare()
        with open(self.lab.path("lcrproxy.conf"), encoding="utf-8") as file:
            self.text = file.read()
        self.rule("")
        self.lab.start()
        self.gateway, self.other = Peer(5391, "127.0.0.8"), Peer(5391, "127.0.0.9")
        self.carrier = Peer(5380, "127.0.0.8")
        self.peers = {"acme": Peer(5380, "127.0.5.1"), "home": Peer(5380, "127.0.5.2"), "stranger": Peer(5380, "127.0.5.3"), "user": Peer(5380, "127.0.5.4"),
                      "carrier": self.carrier}
        return self

    def __exit__(self, kind, value, trace):
        for peer in (self.gateway, self.other, *self.peers.values()):
            peer.close()
        if kind is None:
            self.lab.stop()
        self.lab.__exit__(kind, value, trace)

    def rule(self, condition):
        """The only rule of the configuration is this one; without, there is none."""
        rule = f'policy = ( {{ name = "tried"; {condition}; action = "reject"; code = {CODE}; reason = "Tried"; }} );' if condition else ""
        with open(self.lab.path("lcrproxy.conf"), "w", encoding="utf-8") as file:
            file.write(self.text.replace("@POLICY@", rule))
        if condition:
            self.lab.ctl("reload")

    def request(self, method="INVITE", who="acme", number=FIXED, host=DOMAIN, headers="", transport="udp"):
        """The final status of such a request."""
        peer = self.peers[who]
        if transport == "tcp":
            peer = StreamPeer(5381, listen=False)
            peer.source = ("127.0.5.1", 5381)
        call = Call(peer, PORT, "", uri=f"sip:{number}@{host}" if number else f"sip:{host}")
        final = self.final(call, call.request(method, headers, SDP))
        if final == 407 and who == "user":
            line = answer(self.asked.get("Proxy-Authenticate"), "bob", "s3cret", call.uri, method=method)
            final = self.final(call, call.request(method, headers + line, SDP))
        if transport == "tcp":
            peer.close()
        return final

    def final(self, call, text):
        call.peer.send(text, PORT)
        deadline = time.time() + 2
        while time.time() < deadline:
            for callee in (self.gateway, self.other):
                request = callee.next(0.01)
                if request and request.method not in ("", "ACK"):
                    callee.answer(request, 486)
            message = call.peer.next(0.02)
            if message and message.status >= 200 and message.get("Call-ID") == call.call_id:
                self.asked = message
                if text.startswith("INVITE"):
                    call.to = message.get("To")
                    call.peer.send(call.request("ACK", cseq=call.cseq, branch=call.branch), PORT)
                    call.to = f"<{call.uri}>"
                return message.status
        return None

    def told(self, method="INVITE", who="acme", number=FIXED, host=DOMAIN, headers="", transport="udp"):
        """What lcrctl route says of it: the rule, and why the tried one does not match."""
        where = number if host == DOMAIN and number else f"sip:{number}@{host}" if number else f"sip:{host}"
        words = ["route", where, "--method", method if method != "FROB" else "other", "--transport", transport, "--from",
                 f"{self.peers[who].socket.getsockname()[0]}:5380"]
        if who == "user":
            words += ["--account", "acme", "--source", "login"]
        if headers:
            words += ["--header", headers.strip()]
        told = self.lab.ctl_json(*words)
        return told["rule"], told["rules"][0]["why"]


def conditions(tests):
    """A rule decides when its condition holds, and only then"""
    with Scene() as s:
        for kind, condition, meets, misses in CASES:
            s.rule(condition)
            for request, expected in ((meets, True), (misses, False)):
                if request is None:
                    continue
                status = s.request(**request)
                tests.check((status == CODE) == expected and status is not None, f"{condition}: {request} {'meets' if expected else 'misses'} it: {status}", str(status))
                rule, why = s.told(**request)
                tests.check((rule == "tried" and why is None) if expected else (rule != "tried" and kind.split()[0] in why),
                            f"lcrctl route says so: {why}", f"{rule} {why}")


if __name__ == "__main__":
    Tests().run(conditions)
