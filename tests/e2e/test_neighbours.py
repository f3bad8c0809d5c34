#!/usr/bin/env python3
"""Kamailio in front of the proxy and behind it, both record-routing; baresip user agents at both ends, over UDP and TLS

Usage: tests/e2e/test_neighbours.py BUILD
"""
import os
import re
import shutil
import socket
import subprocess
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from agent import Baresip  # noqa: E402
from lab import HERE, Lab, Tests  # noqa: E402
from peer import Call, Peer  # noqa: E402

BUILD = os.path.abspath(sys.argv[1])
PORT, TLS_PORT, FRONT, BACK = 5360, 5361, 5370, 5372
NUMBER = "+498912345678"
ALICE, BOB, CAROL = 5380, 5391, 5395


class Scene:
    """alice - Kamailio (FRONT) - the proxy - Kamailio (BACK) - bob"""

    def __init__(self):
        self.lab = Lab(BUILD, "neighbours", port=PORT, gateways=f"gateway,carrier,uri\nblue1,blue,sip:127.0.0.1:{BACK}\n")

    def kamailio(self, port, following):
        with open(os.path.join(HERE, "kamailio.cfg"), encoding="utf-8") as file:
            text = file.read().replace("LISTEN", str(port)).replace("NEXT", str(following))
        name = f"kamailio-{port}"
        with open(self.lab.path(name + ".cfg"), "w", encoding="utf-8") as file:
            file.write(text)
        os.mkdir(self.lab.path(name))
        self.lab.spawn(["kamailio", "-DD", "-f", self.lab.path(name + ".cfg"), "-Y", self.lab.path(name),
                        "-P", self.lab.path(name + ".pid"), "-w", self.lab.path(name)], name + ".log", start_new_session=True)
        return name

    def __enter__(self):
        self.lab.prepare()
        self.lab.start()
        self.names = [self.kamailio(FRONT, PORT), self.kamailio(BACK, BOB)]
        for port in (FRONT, BACK):
            self.await_port(port)
        return self

    @staticmethod
    def await_port(port):
        for _ in range(100):
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
                try:
                    probe.bind(("127.0.0.1", port))
                except OSError:
                    return
            time.sleep(0.05)
        raise RuntimeError(f"nobody listens on {port}")

    def __exit__(self, kind, value, trace):
        if kind is not None:
            for name in (*self.names, "alice", "bob"):
                print(self.lab.read(name + ".log")[-1500:])
        for process in self.lab.processes:
            if process is not self.lab.daemon and process.poll() is None:
                process.terminate()
                process.wait()
        if kind is None:
            self.lab.stop()
        self.lab.__exit__(kind, value, trace)

    def records(self):
        self.lab.wait_shipped()
        time.sleep(0.2)
        return self.lab.records()


def scripted(tests):
    """Scripted parties: re-INVITE, UPDATE, REFER and NOTIFY, BYE of both, by the whole of the route set"""
    with Scene() as s:
        alice, bob = Peer(ALICE), Peer(BOB)
        for by in ("caller", "callee"):
            call = Call(alice, FRONT, NUMBER)
            call.invite()
            invite = bob.wait("INVITE", 3)
            tests.check(invite is not None and len(invite.all("Via")) == 4 and len(invite.all("Record-Route")) == 3, "INVITE: all three are in the way",
                        repr(invite and invite.headers))
            bob.answer(invite, 180)
            tests.check(alice.wait(180) is not None, "180")
            bob.answer(invite, 200)
            ok = alice.wait(200)
            call.learn(ok)
            tests.check(len(call.routes) == 3, "the route set has three")
            call.ack()
            ack = bob.wait("ACK")
            tests.check(ack is not None and not ack.all("Route"), "ACK, all Routes are used up")
            for method in ("INVITE", "UPDATE", "REFER", "INFO"):
                call.send(method, "Refer-To: <sip:x@127.0.0.1>\r\n" if method == "REFER" else "")
                got = bob.wait(method)
                tests.check(got is not None, f"{method} of the caller")
                bob.answer(got, 200)
                tests.check(alice.wait(200) is not None, f"{method}: answered")
                call.callee_request(bob, method if method != "REFER" else "NOTIFY", invite, hop=BACK)
                got = alice.wait(method if method != "REFER" else "NOTIFY")
                tests.check(got is not None, f"{method if method != 'REFER' else 'NOTIFY'} of the callee")
                alice.answer(got, 200, tag="")
                tests.check(bob.wait(200) is not None, "answered")
            if by == "caller":
                call.send("BYE")
                bob.answer(bob.wait("BYE"), 200)
                alice.wait(200)
            else:
                call.callee_request(bob, "BYE", invite, hop=BACK)
                alice.answer(alice.wait("BYE"), 200, tag="")
                bob.wait(200)
            row = [r for r in s.records() if r["call_id"] == call.call_id]
            tests.check([(r["status"], r["end_source"], r["token"]) for r in row] == [("answered", by, "valid")], f"the {by}'s BYE ends the record",
                        str(row))
        call = Call(alice, FRONT, NUMBER)
        call.invite()
        invite = bob.wait("INVITE")
        bob.answer(invite, 180)
        alice.wait(180)
        call.cancel()
        gone = bob.wait("CANCEL")
        tests.check(gone is not None, "CANCEL through all")
        bob.answer(gone, 200)
        bob.answer(invite, 487)
        tests.check(alice.wait(487) is not None, "487 comes back")
        tests.check(s.lab.ctl_json("counters")["astray"] == 0, "nothing was astray")
        alice.close()
        bob.close()


def sent(lab, name, pattern):
    """How often a pattern stands in a user agent's trace."""
    return len(re.findall(pattern, lab.read(name + ".log")))


def talk(alice, bob, to=f"sip:{NUMBER}@127.0.0.1:{FRONT}"):
    alice.command("dial", to)
    if bob.wait("CALL_INCOMING") is None:
        return False
    bob.command("accept")
    return alice.wait("CALL_ESTABLISHED") is not None and bob.wait("CALL_ESTABLISHED") is not None


def both_hang_up(tests, s, alice, bob, **more):
    """Hold and resume, and the ends of two calls by both sides"""
    for by in ("caller", "callee"):
        tests.check(talk(alice, bob, **more), "they talk", str(alice.events))
        if by == "caller":
            before = sent(s.lab, "bob", r"INVITE sip:")
            alice.command("hold")
            time.sleep(0.7)
            alice.command("resume")
            time.sleep(0.7)
            tests.check(sent(s.lab, "bob", r"INVITE sip:") >= before + 2 and sent(s.lab, "bob", r"a=(sendonly|inactive)") >= 1,
                        "hold and resume reach the other side", str(before))
        time.sleep(0.5)
        (alice if by == "caller" else bob).command("hangup")
        tests.check((bob if by == "caller" else alice).wait("CALL_CLOSED") is not None, f"the {by} hangs up")
        time.sleep(0.3)
    rows = s.records()
    tests.check([(r["status"], r["end_source"], r["token"]) for r in rows] ==
                [("answered", "caller", "valid"), ("answered", "callee", "valid")], "two records", str(rows))


def transferred(tests, s, alice, bob, **more):
    """REFER to a third party, which bob calls by himself over UDP"""
    carol = Peer(CAROL)
    tests.check(talk(alice, bob, **more), "a third call")
    time.sleep(0.3)
    alice.command("transfer", f"sip:carol@127.0.0.1:{CAROL}")
    invite = carol.wait("INVITE", 5)
    tests.check(invite is not None, "the REFER reaches bob, who calls carol", s.lab.read("bob.log")[-1500:])
    if invite:
        carol.answer(invite, 200, headers="Content-Type: application/sdp\r\n", body="v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\n"
                     "c=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 4000 RTP/AVP 8\r\n")
    tests.check(alice.wait("CALL_CLOSED", 8) is not None, "the NOTIFY ends alice's call", str(alice.events))
    time.sleep(0.5)
    rows = s.records()
    tests.check(len(rows) == 3 and rows[2]["status"] == "answered", "and its record", str(rows[2:]))
    tests.check(s.lab.ctl_json("counters")["astray"] == 0, "nothing was astray")
    carol.close()


def user_agents(tests):
    """baresip at both ends: hold and resume, both hang up, REFER to a third party"""
    with Scene() as s:
        alice = Baresip(s.lab, "alice", "alice", ALICE, 4441, f";outbound=\"sip:127.0.0.1:{FRONT}\"")
        bob = Baresip(s.lab, "bob", NUMBER, BOB, 4442)
        both_hang_up(tests, s, alice, bob)
        transferred(tests, s, alice, bob)
        alice.close()
        bob.close()


def openssl(folder, *words):
    subprocess.run(["openssl", *words], cwd=folder, check=True, capture_output=True)


def make_certificates(folder):
    """An authority, and NAME.pem for the proxy and the user agents, all of them at 127.0.0.1"""
    key = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2")
    openssl(folder, "req", "-x509", *key, "-subj", "/CN=authority", "-keyout", "ca.key", "-out", "ca.pem")
    with open(os.path.join(folder, "san"), "w", encoding="utf-8") as file:
        file.write("subjectAltName=IP:127.0.0.1\n")
    for name in ("proxy", "alice", "bob"):
        openssl(folder, "req", *key, "-subj", f"/CN={name}", "-keyout", name + ".key", "-out", name + ".csr")
        openssl(folder, "x509", "-req", "-in", name + ".csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-days", "2",
                "-extfile", "san", "-out", name + ".crt")
        with open(os.path.join(folder, name + ".pem"), "w", encoding="utf-8") as out:
            for part in (name + ".crt", name + ".key"):
                with open(os.path.join(folder, part), encoding="utf-8") as file:
                    out.write(file.read())


class TlsScene:
    """alice - the proxy - bob, by TLS with certificates of one authority, that both sides show and check"""

    def __init__(self):
        listen = (f'{{ uri = "sips:127.0.0.1:{TLS_PORT}"; certificate = "@DIR@/proxy.pem"; ca = "@DIR@/ca.pem"; }}, '
                  f'{{ uri = "sip:127.0.0.1:{PORT}"; }}')
        self.lab = Lab(BUILD, "neighbours", port=PORT, listen=listen,
                       gateways=f"gateway,carrier,uri\nblue1,blue,sip:127.0.0.1:{BOB + 1};transport=tls\n")
        make_certificates(self.lab.dir)

    def __enter__(self):
        self.lab.prepare()
        self.lab.start()
        return self

    def agent(self, name, user, port, control, more=""):
        """baresip takes TLS on the port behind that of UDP and TCP."""
        settings = (f"sip_certificate {self.lab.path(name + '.pem')}", f"sip_cafile {self.lab.path('ca.pem')}")
        return Baresip(self.lab, name, user, port, control, ";transport=tls" + more, settings)

    records = Scene.records

    def __exit__(self, kind, value, trace):
        if kind is not None:
            for name in ("alice", "bob"):
                print(self.lab.read(name + ".log")[-1500:])
        if kind is None:
            self.lab.stop()
        self.lab.__exit__(kind, value, trace)


def user_agents_by_tls(tests):
    """baresip at both ends over TLS: hold and resume, both hang up, REFER to a third party"""
    with TlsScene() as s:
        alice = s.agent("alice", "alice", ALICE, 4441, f";outbound=\"sip:127.0.0.1:{TLS_PORT};transport=tls\"")
        bob = s.agent("bob", NUMBER, BOB, 4442)
        to = f"sip:{NUMBER}@127.0.0.1:{TLS_PORT};transport=tls"
        both_hang_up(tests, s, alice, bob, to=to)
        transferred(tests, s, alice, bob, to=to)
        counters = s.lab.ctl_json("counters")
        tests.check(counters["tls_failed"] == 0 and counters["connections_accepted"] >= 1 and counters["connections_opened"] >= 1,
                    "all of it by TLS", {k: v for k, v in counters.items() if "conn" in k or "tls" in k or "datagrams" in k})
        alice.close()
        bob.close()


def own_network():
    """Run again in a network namespace whose loopback has an address that is none: baresip wants one for its media."""
    if os.environ.get("NEIGHBOURS_NETWORK"):
        return
    start = "ip link set lo up && ip addr add 192.0.2.77/32 dev lo && exec \"$0\" \"$@\""
    words = ["unshare", "-n" if os.getuid() == 0 else "-rn", "sh", "-c", start, sys.executable, os.path.abspath(__file__), *sys.argv[1:]]
    os.environ["NEIGHBOURS_NETWORK"] = "1"
    os.execvp(words[0], words)


MISSING = [program for program in ("kamailio", "baresip") if shutil.which(program) is None]
if MISSING:
    print(f"skipped: {' and '.join(MISSING)} not installed\n0 passed, 0 failed, 3 skipped")
    sys.exit(0)
own_network()
Tests().run(*([f for name, f in list(globals().items()) if name in sys.argv[2:]] or [scripted, user_agents, user_agents_by_tls]))
