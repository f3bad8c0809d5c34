#!/usr/bin/env python3
"""Who may call: digest authentication, guessing, replays, scanners

Usage: tests/e2e/test_access.py BUILD

The clients are users who come from 127.0.0.2 and 127.0.0.3, where no trunk is.
"""
import hashlib
import os
import random
import re
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from lab import Lab, Tests  # noqa: E402
from peer import Call, Peer  # noqa: E402

BUILD = os.path.abspath(sys.argv[1])
PORT = 5460
NUMBER = "+498912345678"
REALM = "voice.example.net"
ACCOUNTS = ("account,name,tariff,country_code,international,timezone\n"
            "acme,Acme GmbH,retail,49,true,Europe/Berlin\nhome,Home,retail,49,false,Europe/Berlin\n")
CREDENTIALS = ("account,username,realm,password\n"
               f"acme,alice,{REALM},s3cret\nhome,bob,{REALM},\"pass, word\"\nhome,carol,other.example.net,x\n")
SETTINGS = f'''routing = {{ first_response_timeout_ms = 400; ringing_timeout_ms = 1500; }};
domains = [ "{REALM}", "other.example.net" ];
auth = {{ max_failures = 3; max_block_s = 2; }};'''
HASHES = {"MD5": hashlib.md5, "SHA-256": hashlib.sha256}


def values(challenge):
    """The parameters of a Proxy-Authenticate value."""
    return {name.lower(): value.strip('"') for name, value in re.findall(r'(\w+)=("[^"]*"|[^,\s]+)', challenge)}


def answer(challenge, user, password, uri, /, nc=1, method="INVITE", **change):
    """The Proxy-Authorization line a client answers with; change overrides what it says, not what it hashes."""
    asked = values(challenge)
    digest = HASHES[asked["algorithm"]]

    def hashed(text):
        return digest(text.encode()).hexdigest()

    cnonce = f"{random.randrange(1 << 32):x}"
    ha1 = hashed(f"{user}:{asked['realm']}:{password}")
    response = hashed(f"{ha1}:{asked['nonce']}:{nc:08x}:{cnonce}:auth:{hashed(f'{method}:{uri}')}")
    say = {"username": user, "realm": asked["realm"], "nonce": asked["nonce"], "uri": uri, "response": response, "cnonce": cnonce,
           **change}
    return ("Proxy-Authorization: Digest " + ", ".join(f'{name}="{value}"' for name, value in say.items()) +
            f", algorithm={asked['algorithm']}, qop=auth, nc={nc:08x}\r\n")


class Scene:
    """A lab, a gateway, and users at two addresses of their own."""

    def __init__(self, workers=1):
        self.lab = Lab(BUILD, "access", workers=workers, port=PORT, settings=SETTINGS,
                       gateways="gateway,carrier,uri\nblue1,blue,sip:127.0.0.1:5491\n",
                       tables={"accounts": ACCOUNTS, "credentials": CREDENTIALS,
                               "trunks": "account,address\nacme,127.0.0.1\n"})

    def __enter__(self):
        self.lab.prepare()
        self.lab.start()
        self.gateway = Peer(5491)
        self.trunk, self.near, self.far = Peer(5480), Peer(5481, "127.0.0.2"), Peer(5482, "127.0.0.3")
        return self

    def __exit__(self, kind, value, trace):
        for peer in (self.gateway, self.trunk, self.near, self.far):
            peer.close()
        if kind is None:
            self.lab.stop()
        self.lab.__exit__(kind, value, trace)

    def call(self, peer, number=NUMBER, host=REALM):
        return Call(peer, PORT, number, uri=f"sip:{number}@{host}")

    def invite(self, call, headers=""):
        """Place it; the final response, acknowledged."""
        call.invite(headers)
        response = None
        while (message := call.peer.next(1.0)) is not None:
            if message.status >= 200 and message.get("Call-ID") == call.call_id:
                response = message
                break
        if response and response.status >= 300:
            call.to = response.get("To")
            call.peer.send(call.request("ACK", cseq=call.cseq, branch=call.branch), PORT)
            call.to = f"<{call.uri}>"
        return response

    def challenged(self, peer, **more):
        call = self.call(peer, **more)
        return call, self.invite(call)

    def attempt(self, peer, user, password, **change):
        """A call by this user: the status of its final response; 0 for silence. The gateway answers 486."""
        call, asked = self.challenged(peer)
        if asked is None:
            return 0
        return self.second(call, answer(asked.get("Proxy-Authenticate"), user, password, call.uri, **change))

    def second(self, call, line):
        """The same call with credentials: its final status, 0 for silence."""
        call.invite(line)
        for _ in range(20):
            if (invite := self.gateway.next(0.02)) is not None and invite.method == "INVITE":
                self.gateway.answer(invite, 486)
            message = call.peer.next(0.03)
            if message and message.get("Call-ID") == call.call_id and message.status >= 200:
                call.to = message.get("To")
                call.peer.send(call.request("ACK", cseq=call.cseq, branch=call.branch), PORT)
                call.to = f"<{call.uri}>"
                return message.status
        return 0

    def counters(self):
        return self.lab.ctl_json("counters")


def log_in(tests):
    """A user is challenged, answers, and calls on his account"""
    with Scene() as s:
        call, asked = s.challenged(s.near)
        offers = asked.all("Proxy-Authenticate")
        tests.check(asked.status == 407 and [values(offer)["algorithm"] for offer in offers] == ["SHA-256", "MD5"],
                    "407 with both algorithms, the strongest first", repr(offers))
        tests.check(all(values(offer)["realm"] == REALM and values(offer)["qop"] == "auth" for offer in offers), "for the realm, qop=auth")
        for offer in offers:
            call, asked = s.challenged(s.near)
            chosen = next(value for value in asked.all("Proxy-Authenticate") if values(value)["algorithm"] == values(offer)["algorithm"])
            other = 'Proxy-Authorization: Digest username="x", realm="carrier", nonce="n", uri="sip:x", response="' + "0" * 32 + '"\r\n'
            call.invite(other + answer(chosen, "alice", "s3cret", call.uri))
            invite = s.gateway.wait("INVITE", call_id=call.call_id)
            tests.check(invite is not None, f"{values(offer)['algorithm']}: the call goes to the gateway")
            credentials = invite.all("Proxy-Authorization")
            tests.check(len(credentials) == 1 and 'realm="carrier"' in credentials[0],
                        "the credentials for us stay here, those for others go on", repr(credentials))
            s.gateway.answer(invite, 200)
            call.learn(s.near.wait(200, call_id=call.call_id))
            call.ack()
            s.gateway.wait("ACK")
            call.send("BYE")
            s.gateway.answer(s.gateway.wait("BYE"), 200)
            tests.check(s.near.wait(200, call_id=call.call_id) is not None, "its BYE needs no password")
        s.lab.wait_shipped()
        time.sleep(0.2)
        rows = s.lab.records()
        tests.check([(row["account"], row["status"]) for row in rows] == [("acme", "answered")] * 2, "the records name the account", str(rows))
        counters = s.counters()
        tests.check(counters["auth_good"] == 2 and counters["auth_challenged"] == 3 and counters["auth_failed"] == 0, "and are counted")


def privileges(tests):
    """What a user may is what his account may; a trunk is not asked"""
    with Scene() as s:
        call, asked = s.challenged(s.near, number="+442079460123")
        line = answer(asked.get("Proxy-Authenticate"), "bob", "pass, word", call.uri)
        tests.check(s.second(call, line) == 403, "an international call without the privilege is refused")
        tests.check(s.attempt(s.near, "bob", "pass, word") == 486, "a national one is not")
        call, asked = s.challenged(s.near, host="other.example.net")
        tests.check(values(asked.get("Proxy-Authenticate"))["realm"] == "other.example.net", "each domain is a realm of its own")
        line = answer(asked.get("Proxy-Authenticate"), "bob", "pass, word", call.uri)
        tests.check(s.second(call, line) == 407, "with users of its own")
        call = s.call(s.trunk)
        tests.check(s.second(call, "") == 486, "a trunk calls without a password")


def broken(tests):
    """Credentials that are no good"""
    with Scene() as s:
        def one(what, status, change=None, line=None):
            call, asked = s.challenged(s.near)
            text = line or answer(asked.get("Proxy-Authenticate"), "alice", "s3cret", call.uri, **(change or {}))
            got = s.second(call, text)
            tests.check(got == status, what, str(got))

        one("no digest: asked again", 407, line="Proxy-Authorization: Basic YTpi\r\n")
        one("garbage: 400", 400, line="Proxy-Authorization: Digest nonsense\r\n")
        one("a nonce of his own: asked again", 407, {"nonce": "A" * 32})
        one("for another number: 400", 400, {"uri": f"sip:+4930123@{REALM}"})
        one("a response too short: 400", 400, {"response": "00"})
        one("a user name of 600 bytes: 400", 400, {"username": "a" * 600})
        one("SQL and formats in the name: asked again", 407, {"username": "'; DROP TABLE cdr; --%s%n"})
        one("another realm: asked again", 407, {"realm": "elsewhere"})
        call, asked = s.challenged(s.near)
        line = answer(asked.get("Proxy-Authenticate"), "alice", "s3cret", call.uri)
        tests.check(s.second(s.call(s.far), line) == 407, "a nonce that was given to another address: asked again")
        log = s.lab.read("lcrproxyd.log")
        tests.check("DROP TABLE" not in log and s.lab.daemon.poll() is None, "nothing of that is logged")
        tests.check(s.gateway.quiet(0.1), "and no gateway heard of it")


def replays(tests):
    """A copied request is of no use, on any worker"""
    with Scene(workers=4) as s:
        call, asked = s.challenged(s.near)
        challenge = asked.get("Proxy-Authenticate")
        line = answer(challenge, "alice", "s3cret", call.uri)
        tests.check(s.second(call, line) == 486, "the first is good")
        statuses = {s.second(s.call(s.near), line) for _ in range(8)}
        tests.check(statuses == {407}, "the same in eight other calls is not", str(statuses))
        again = s.call(s.near)
        line = answer(challenge, "alice", "s3cret", again.uri, nc=2)
        tests.check(s.second(again, line) == 486, "the nonce is still good with its next count")
        again = s.call(s.near)
        refused = s.invite(again, answer(challenge, "alice", "s3cret", again.uri, nc=2))
        tests.check(values(refused.get("Proxy-Authenticate")).get("stale") == "true", "who repeats a count gets a new nonce, stale=true")
        tests.check(s.counters()["auth_replayed"] == 9, "all are counted")


def guessing(tests):
    """Who guesses is not heard, who is guessed at is"""
    with Scene(workers=2) as s:
        tests.check(s.attempt(s.near, "alice", "s3cret") == 486, "the user has called from here before")
        unknown = s.invite(s.challenged(s.far)[0], "")
        call, asked = s.challenged(s.far)
        wrong = s.second(call, answer(asked.get("Proxy-Authenticate"), "alice", "guess", call.uri))
        call, asked = s.challenged(s.far)
        nobody = s.second(call, answer(asked.get("Proxy-Authenticate"), "nobody", "guess", call.uri))
        tests.check(unknown.status == wrong == nobody == 407, "a wrong password and an unknown user look the same")
        for n in range(4):
            s.attempt(s.far, "alice", f"guess{n}")
        tests.check(s.attempt(s.far, "alice", "s3cret") == 407, "the right password comes too late for who guessed before")
        tests.check(s.attempt(s.near, "alice", "s3cret") == 486, "the user calls as ever")
        for n in range(12):
            s.attempt(s.far, f"user{n}", "guess")
        tests.check(s.attempt(s.far, "user", "guess") == 0, "an address that goes on is not answered any more")
        tests.check(s.counters()["auth_blocked"] > 0, "which is counted")
        log = s.lab.read("lcrproxyd.log")
        tests.check("not heard for" in log, "and logged")
        delays = [int(delay) for delay in re.findall(r"log-ins of one user, refused for (\d+) s", log)]
        tests.check(delays[:2] == [1, 2] and set(delays[1:]) == {2}, "the delays grow up to their bound", str(delays))
        time.sleep(2.5)
        tests.check(s.attempt(s.far, "bob", "pass, word") == 486, "for a while: then a good password is good again")
        call = s.call(s.near)
        call.invite("User-Agent: friendly-scanner\r\n")
        tests.check(s.near.quiet(0.5), "a scanner gets no answer")


if __name__ == "__main__":
    Tests().run(log_in, privileges, broken, replays, guessing)
