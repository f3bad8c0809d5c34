#!/usr/bin/env python3
"""User agents of others log in and call: baresip, SIPp and linphonec, to numbers, users of ours and other domains

Usage: tests/e2e/test_clients.py BUILD

Baresip 1.0 and SIPp 3.6 know MD5 only and fail over a challenge for SHA-256 beside it, so that is not offered to them; Linphone 5.1 knows both.
"""
import os
import re
import shutil
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from agent import Baresip  # noqa: E402
from lab import Lab, Tests  # noqa: E402
from linphone import Linphone  # noqa: E402
from peer import SDP, Peer  # noqa: E402

BUILD = os.path.abspath(sys.argv[1])
PORT = 5860
DOMAIN = "voice.example.net"
NUMBER = "+498912345678"
SETTINGS = f'''domains = [ "{DOMAIN}" ]; auth = {{ @AUTH@ }};
routing = {{ first_response_timeout_ms = 800; }};'''
WHERE = (("a number", f"sip:{NUMBER}@{DOMAIN}", "static"), ("another domain", "sip:eve@127.0.0.9:5891", "foreign"),
         ("a user of ours", f"sip:desk@{DOMAIN}", "local"))


class Scene:
    """bob logs in from 127.0.0.1; the gateway is at 127.0.0.8, another domain at 127.0.0.9, the user desk is baresip or s.desk."""

    def __init__(self, auth="sha256 = false;"):
        self.lab = Lab(BUILD, "clients", port=PORT, settings=SETTINGS.replace("@AUTH@", auth), gateways="gateway,carrier,uri\nblue1,blue,sip:127.0.0.8:5891\n",
                       tables={"credentials": f"account,username,realm,password\nacme,bob,{DOMAIN},s3cret\n",
                               "users": "username,contact\ndesk,sip:desk@127.0.0.1:5884\n",
                               "trunks": "account,address\nacme,127.0.0.7\n"})

    def __enter__(self):
        self.lab.prepare()
        self.lab.start()
        self.gateway, self.other = Peer(5891, "127.0.0.8"), Peer(5891, "127.0.0.9")
        self.gateway.host, self.other.host = "127.0.0.8", "127.0.0.9"
        return self

    def __exit__(self, kind, value, trace):
        self.gateway.close()
        self.other.close()
        if kind is None:
            self.lab.stop()
        else:
            for name in ("bob", "desk", "sipp"):
                print(self.lab.read(name + ".log")[-2000:])
        self.lab.__exit__(kind, value, trace)

    def take(self, peer):
        """peer answers the next call: whether there was one, without our credentials."""
        invite = peer.wait("INVITE", 5)
        if invite is None or invite.all("Proxy-Authorization"):
            return False
        peer.answer(invite, 200, headers="Content-Type: application/sdp\r\n", body=SDP)
        return peer.wait("ACK", 5) is not None

    def end(self, peer):
        bye = peer.wait("BYE", 5)
        if bye is not None:
            peer.answer(bye, 200)
        return bye is not None

    def rows(self):
        self.lab.wait_shipped()
        time.sleep(0.2)
        return sorted((row["route_source"], row["account"], row["status"]) for row in self.lab.records())


def baresip(tests):
    """baresip answers the challenge, wherever it calls"""
    with Scene() as s:
        bob = Baresip(s.lab, "bob", "bob", 5882, 4451, f";auth_user=bob;auth_pass=s3cret;outbound=\"sip:127.0.0.1:{PORT}\"")
        desk = Baresip(s.lab, "desk", "desk", 5884, 4452)
        for (what, uri, source), peer in zip(WHERE, (s.gateway, s.other)):
            bob.command("dial", uri)
            tests.check(s.take(peer) and bob.wait("CALL_ESTABLISHED") is not None, f"to {what}", s.lab.read("bob.log")[-800:])
            bob.command("hangup")
            tests.check(s.end(peer), "and hangs up")
            time.sleep(0.3)
        bob.command("dial", f"sip:desk@{DOMAIN}")
        tests.check(desk.wait("CALL_INCOMING") is not None, "to a user of ours")
        desk.command("accept")
        tests.check(bob.wait("CALL_ESTABLISHED") is not None, "who answers")
        desk.command("hangup")
        tests.check(bob.wait("CALL_CLOSED") is not None, "and hangs up")
        rows = s.rows()
        tests.check(rows == [(source, "acme", "answered") for source in ("foreign", "local", "static")], "three records", str(rows))
        counters = s.lab.ctl_json("counters")
        tests.check(counters["auth_good"] == 3 and counters["auth_failed"] == 0, "three log-ins", str(counters["auth_good"]))
        wrong = Baresip(s.lab, "wrong", "bob", 5886, 4453, f";auth_user=bob;auth_pass=guess;outbound=\"sip:127.0.0.1:{PORT}\"")
        wrong.command("dial", f"sip:{NUMBER}@{DOMAIN}")
        tests.check(wrong.wait("CALL_CLOSED") is not None and s.gateway.quiet(), "a wrong password calls nobody")
        tests.check(s.lab.ctl_json("counters")["auth_failed"] >= 1, "and is counted")
        for agent in (bob, desk, wrong):
            agent.close()


def sipp(tests):
    """SIPp answers the challenge, a hundred times to each kind of destination"""
    with Scene() as s:
        desk = Peer(5884)
        for port, ((what, uri, source), peer) in enumerate(zip(WHERE, (s.gateway, s.other, desk)), 5888):
            user, host = uri[4:].split("@")
            caller = s.lab.spawn(["sipp", "-sf", s.lab.scenario("caller_auth", HOLD_MS=100, DOMAIN=host), "-i", "127.0.0.1", "-p", str(port), "-s",
                                  user, "-auth_uri", uri[4:], "-m", "100", "-r", "50", "-nostdin", "-trace_err", "-error_file", s.lab.path("sipp.errors"),
                                  "-timeout", "60", f"127.0.0.1:{PORT}"], "sipp.log")
            end, bare = time.time() + 60, True
            while caller.poll() is None and time.time() < end:
                message = peer.next(0.2)
                if message and message.method in ("INVITE", "BYE"):
                    bare = bare and not message.all("Proxy-Authorization")
                    peer.answer(message, 200, headers="Content-Type: application/sdp\r\n" if message.method == "INVITE" else "",
                                body=SDP if message.method == "INVITE" else "")
            tests.check(caller.wait(5) == 0 and bare, f"calls to {what}", s.lab.read("sipp.errors")[-800:])
        rows = s.rows()
        tests.check(rows == [(source, "acme", "answered") for source in ("foreign", "local", "static") for _ in range(100)], "a record of each",
                    str(len(rows)))
        counters = s.lab.ctl_json("counters")
        tests.check(counters["auth_good"] == 300 and counters["auth_challenged"] == 300, "each was challenged once",
                    f"{counters['auth_good']} {counters['auth_challenged']}")
        desk.close()


def linphone_calls(tests, auth, algorithm):
    """linphonec calls everybody with this algorithm, which is what it chooses or all there is."""
    with Scene(auth) as s:
        desk = Peer(5884)
        bob = Linphone(s.lab, "bob", "bob", "s3cret", DOMAIN, 5882, PORT, algorithm)
        for n, ((what, uri, source), peer) in enumerate(zip(WHERE, (s.gateway, s.other, desk)), 1):
            bob.command(f"call {uri}")
            tests.check(s.take(peer) and bob.said(f"Media streams established with {uri} for call {n}"), f"{algorithm}: to {what}",
                        s.lab.read("bob.log")[-800:])
            bob.command("terminate")
            tests.check(s.end(peer), "and hangs up")
            time.sleep(0.3)
        rows = s.rows()
        tests.check(rows == [(source, "acme", "answered") for source in ("foreign", "local", "static")], "three records", str(rows))
        counters = s.lab.ctl_json("counters")
        tests.check(counters["auth_good"] == 3 and counters["auth_failed"] == 0 and "requests_REGISTER" not in counters,
                    "three log-ins, and no registration", str(counters))
        used = set(re.findall(r"Proxy-Authorization:.*algorithm=([^,]*),", s.lab.read("bob.debug")))
        tests.check(used == {algorithm}, f"all by {algorithm}", str(used))
        bob.close()
        desk.close()


def linphone(tests):
    """linphonec answers the challenge with SHA-256, and with MD5 where that is all it is offered"""
    linphone_calls(tests, "", "SHA-256")
    linphone_calls(tests, "md5 = false;", "SHA-256")
    linphone_calls(tests, "sha256 = false;", "MD5")
    with Scene("") as s:
        wrong = Linphone(s.lab, "bob", "bob", "guess", DOMAIN, 5882, PORT)
        wrong.command(f"call sip:{NUMBER}@{DOMAIN}")
        time.sleep(2)
        counters = s.lab.ctl_json("counters")
        tests.check(s.gateway.quiet() and counters["auth_failed"] >= 1 and counters["auth_good"] == 0, "a wrong password calls nobody",
                    f"{counters['auth_failed']} {s.lab.read('bob.log')[-800:]}")
        wrong.close()


PROGRAMS = {"baresip": baresip, "sipp": sipp, "linphonec": linphone}
if not os.environ.get("CLIENTS_NETWORK"):
    # a network namespace whose loopback has an address that is none: baresip wants one for its media
    os.environ["CLIENTS_NETWORK"] = "1"
    start = "ip link set lo up && ip addr add 192.0.2.77/32 dev lo && exec \"$0\" \"$@\""
    words = ["unshare", "-n" if os.getuid() == 0 else "-rn", "sh", "-c", start, sys.executable, os.path.abspath(__file__), *sys.argv[1:]]
    os.execvp(words[0], words)
T = Tests()
for NAME in list(PROGRAMS):
    if shutil.which(NAME) is None:
        print(f"skipped: {NAME} is not installed")
        T.skipped += 1
        del PROGRAMS[NAME]
if PROGRAMS:
    T.run(*PROGRAMS.values())
print(f"0 passed, 0 failed, {T.skipped} skipped")
