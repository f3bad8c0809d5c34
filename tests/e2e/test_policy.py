#!/usr/bin/env python3
"""Where requests go: rules, users of ours, other domains, messages

Usage: tests/e2e/test_policy.py BUILD
"""
import os
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from lab import Lab, Tests  # noqa: E402
from peer import Call, Peer  # noqa: E402
from test_access import answer, values  # noqa: E402

BUILD = os.path.abspath(sys.argv[1])
PORT = 5660
NUMBER = "+498912345678"
DOMAIN = "voice.example.net"
ACCOUNTS = ("account,name,tariff,country_code,international,timezone,account_group\n"
            "acme,Acme GmbH,retail,49,true,Europe/Berlin,\nhome,Home,retail,49,false,Europe/Berlin,small\n")
USERS = ("username,domain,contact,number,account,enabled\n"
         "100,,sip:100@127.0.0.1:5693,4930555100,acme,true\n"
         "alice,voice.example.net,sip:desk@127.0.0.1:5693,,,true\n"
         "away,,sip:away@127.0.0.1:5693,,,false\n")
GATEWAYS = ("gateway,carrier,uri,priority\nblue1,blue,sip:127.0.0.1:5691,0\nred1,red,sip:127.0.0.1:5692,0\n"
            "sms1,nobody,sip:127.0.0.1:5697,0\nsms2,nobody,sip:127.0.0.1:5694,0\nfar,nobody,sip:127.0.0.5:5695,0\n")
POLICY = '''domains = [ "voice.example.net", "other.example.net" ];
routing = { first_response_timeout_ms = 400; ringing_timeout_ms = 1500; };
policy = (
  { name = "sms"; method = "MESSAGE"; to = "number"; source = [ "trunk", "login" ]; action = "proxy"; gateways = [ "sms1", "sms2" ]; },
  { name = "no premium"; group = "small"; prefix = "49900"; action = "reject"; code = 488; reason = "Not For You"; },
  { name = "ask first"; header = "X-Ask: yes"; action = "challenge"; },
  { name = "elsewhere"; prefix = "4989777"; action = "redirect"; },
  { name = "fixed"; prefix = "4989888"; method = "INVITE"; action = "proxy"; target = "sip:127.0.0.1:5696"; },
  { name = "ours first"; prefix = "4989999"; method = "INVITE"; action = "proxy"; gateways = [ "red1", "blue1" ]; },
  { name = "never"; hours = "mon-sun 00:00-24:00"; domain = "closed.example"; action = "reject"; code = 480; },
  { name = "who registers"; method = "REGISTER"; action = "challenge"; },
  { name = "the door"; source = "unknown"; domain = "other.example.net"; to = "local"; method = "INVITE"; action = "local"; }
);'''


class Scene:
    """A trunk of acme at 5680, one of home at 5681, a stranger at 127.0.0.2, a carrier's gateway at 127.0.0.5."""

    def __init__(self, settings=POLICY):
        self.lab = Lab(BUILD, "policy", workers=2, port=PORT, settings=settings, gateways=GATEWAYS,
                       tables={"accounts": ACCOUNTS, "users": USERS, "carriers": "carrier,tariff\nblue,blue\nred,red\nnobody,\n",
                               "credentials": f"account,username,realm,password\nacme,bob,{DOMAIN},s3cret\n",
                               "trunks": "account,address,port\nacme,127.0.0.1,5680\nhome,127.0.0.1,5681\n"})

    def __enter__(self):
        self.lab.prepare()
        self.lab.start()
        self.peers = []
        self.acme, self.home = self.peer(5680), self.peer(5681)
        self.stranger, self.carrier = self.peer(5682, "127.0.0.2"), self.peer(5695, "127.0.0.5")
        self.blue, self.red, self.desk, self.sms, self.fixed = (self.peer(port) for port in (5691, 5692, 5693, 5694, 5696))
        return self

    def peer(self, port, address="127.0.0.1"):
        self.peers.append(Peer(port, address))
        self.peers[-1].host = address
        return self.peers[-1]

    def __exit__(self, kind, value, trace):
        for peer in self.peers:
            peer.close()
        if kind is None:
            self.lab.stop()
        self.lab.__exit__(kind, value, trace)

    def call(self, peer, number=NUMBER, host=DOMAIN, uri=None):
        return Call(peer, PORT, number, uri=uri or f"sip:{number}@{host}")

    def final(self, call, seconds=2.0):
        """Its final response; acknowledged when it is a failure of an INVITE."""
        deadline = time.time() + seconds
        while (left := deadline - time.time()) > 0:
            message = call.peer.next(left)
            if message and message.status >= 200 and message.get("Call-ID") == call.call_id:
                if message.status >= 300 and "INVITE" in message.get("CSeq"):
                    call.to = message.get("To")
                    call.peer.send(call.request("ACK", cseq=call.cseq, branch=call.branch), PORT)
                return message
        return None

    def talk(self, call, callee):
        """A call that callee answers, to its end; the INVITE it got."""
        call.invite()
        invite = callee.wait("INVITE", call_id=call.call_id)
        if invite is None:
            return None
        callee.answer(invite, 200)
        call.learn(call.peer.wait(200, call_id=call.call_id))
        call.ack()
        callee.wait("ACK", call_id=call.call_id)
        call.send("BYE")
        callee.answer(callee.wait("BYE", call_id=call.call_id), 200)
        return invite if call.peer.wait(200, call_id=call.call_id) else None

    def refused(self, call, headers=""):
        call.invite(headers)
        return self.final(call)

    def other(self, method, peer, headers="", body="hello", **more):
        call = self.call(peer, **more)
        call.send(method, headers, body=body)
        return call

    def record(self, call):
        self.lab.wait_shipped()
        time.sleep(0.2)
        return [row for row in self.lab.records() if row["call_id"] == call.call_id]

    def counters(self):
        return self.lab.ctl_json("counters")


def users(tests):
    """A user of ours is called where he is"""
    with Scene() as s:
        call = s.call(s.acme, "100")
        invite = s.talk(call, s.desk)
        tests.check(invite is not None and invite.start.split()[1] == "sip:100@127.0.0.1:5693", "by his name", repr(invite))
        rows = s.record(call)
        tests.check(len(rows) == 1 and rows[0]["status"] == "answered" and rows[0]["route_source"] == "local" and rows[0]["account"] == "acme",
                    "on record as a local call of the account", str(rows))
        for what, number, host in (("by his number", "+4930555100", DOMAIN), ("as it is dialled", "030555100", DOMAIN),
                                   ("at our address", "+4930555100", f"127.0.0.1:{PORT}"), ("in his domain, in any case", "alice", "Voice.Example.NET")):
            invite = s.talk(s.call(s.acme, number, host), s.desk)
            tests.check(invite is not None, what)
        for what, number, host, status in (("not in another domain", "alice", "other.example.net", 404), ("one who is disabled", "away", DOMAIN, 480),
                                           ("nobody", "zoe", DOMAIN, 404)):
            call = s.call(s.acme, number, host)
            got = s.refused(call)
            rows = s.record(call)
            tests.check(got is not None and got.status == status and len(rows) == 1 and rows[0]["sip_code"] == str(status),
                        f"{what}: {status}, on record", repr(got))
        call = s.call(s.stranger, "100")
        got = s.refused(call)
        tests.check(got.status == 407 and s.desk.quiet(), "a stranger is asked who he is, whoever he calls")
        got = s.refused(s.call(s.stranger, "nobody"))
        tests.check(got.status == 407, "and learns nothing of who is here")
        tests.check(s.talk(s.call(s.stranger, "100", "other.example.net"), s.desk) is not None, "but where a rule opens the door")
        call = s.call(s.carrier, "+4930555100")
        tests.check(s.talk(call, s.desk) is not None, "a carrier's gateway calls a user of ours")
        rows = s.record(call)
        tests.check(len(rows) == 1 and rows[0]["account"] == "" and rows[0]["route_source"] == "local", "on record, without an account", str(rows))
        got = s.refused(s.call(s.carrier))
        tests.check(got.status == 403 and s.blue.quiet(), "and nobody else")


def domains(tests):
    """Anything else goes to its domain"""
    with Scene() as s:
        s.other_domain = s.peer(5698, "127.0.0.9")
        call = s.call(s.acme, uri="sip:bob@127.0.0.9:5698;x=y")
        invite = s.talk(call, s.other_domain)
        tests.check(invite is not None and invite.start.split()[1] == "sip:bob@127.0.0.9:5698;x=y", "with its Request-URI", repr(invite))
        rows = s.record(call)
        tests.check(len(rows) == 1 and rows[0]["route_source"] == "foreign" and rows[0]["account"] == "acme", "on record as foreign", str(rows))
        call = s.call(s.acme, uri="sip:+4930123@127.0.0.9:5698;user=phone")
        tests.check(s.talk(call, s.other_domain) is not None, "a number of another domain is that domain's")
        got = s.refused(s.call(s.acme, uri="sip:x@127.0.0.1:5691"))
        tests.check(got.status == 403 and s.blue.quiet(), "no gateway is called as a domain: its carrier would be paid by nobody", repr(got))
        got = s.refused(s.call(s.stranger, uri="sip:bob@127.0.0.9:5698"))
        tests.check(got.status == 407 and s.other_domain.quiet(), "a stranger is not passed on")
        got = s.refused(s.call(s.acme, uri="sip:x@closed.example"))
        tests.check(got.status == 480, "a domain may have a rule of its own")
        got = s.refused(s.call(s.acme, uri=f"sip:+4930@{DOMAIN}.evil.invalid"))
        tests.check(got.status >= 400 and s.blue.quiet(), "a domain that looks like ours is not ours", repr(got))


def messages(tests):
    """Other requests go by their method"""
    with Scene() as s:
        s.other_domain = s.peer(5698, "127.0.0.9")
        call = s.other("MESSAGE", s.acme)
        message = s.sms.wait("MESSAGE", call_id=call.call_id, seconds=3)
        tests.check(message is not None and message.start.split()[1] == "sip:+498912345678@127.0.0.1:5694" and message.body == "hello",
                    "a message to a number goes to the second SMS gateway when the first is not there", repr(message))
        s.sms.answer(message, 202)
        tests.check(s.final(call).status == 202, "and its answer comes back")
        for what, number, callee, uri in (("to a user of ours", "100", s.desk, None), ("to another domain", "", s.other_domain, "sip:a@127.0.0.9:5698")):
            call = s.other("MESSAGE", s.acme, number=number, uri=uri)
            message = callee.wait("MESSAGE", call_id=call.call_id)
            tests.check(message is not None and not message.all("Record-Route"), f"a message {what}")
            callee.answer(message, 200)
            tests.check(s.final(call).status == 200, "and its answer")
        call = s.other("MESSAGE", s.home, number="+442079460123")
        tests.check(s.final(call).status == 403 and s.sms.quiet(), "abroad without the privilege: 403")
        call = s.other("MESSAGE", s.stranger)
        tests.check(s.final(call).status == 407, "a stranger is asked")
        call = s.other("MESSAGE", s.acme, uri="sip:x@127.0.0.1:5691")
        got = s.final(call)
        tests.check(got.status == 403 and s.blue.quiet(), "nor is a message sent to a gateway as a domain", repr(got))
        for method, status in (("SUBSCRIBE", 200), ("PUBLISH", 200), ("OPTIONS", 200), ("FOO", 200)):
            call = s.other(method, s.acme, number="100")
            message = s.desk.wait(method, call_id=call.call_id)
            tests.check(message is not None, f"{method} to a user of ours")
            s.desk.answer(message, status)
            s.final(call)
        call = s.other("SUBSCRIBE", s.acme)
        tests.check(s.final(call).status == 405, "a subscription to a number: 405")
        call = s.other("REGISTER", s.stranger, uri=f"sip:{DOMAIN}", body="")
        got = s.final(call)
        tests.check(got.status == 401 and got.get("WWW-Authenticate"), "what is for us is challenged with 401", repr(got))
        line = answer(got.get("WWW-Authenticate"), "bob", "s3cret", call.uri, method="REGISTER").replace("Proxy-", "")
        call.send("REGISTER", line)
        tests.check(s.final(call).status == 405, "and, once that is proved, is not what we do")
        counters = s.counters()
        tests.check(counters["relays"] == 8 and counters["relays_failed"] == 1, "all are counted",
                    f"{counters['relays']} {counters['relays_failed']}")
        tests.check(s.lab.daemon.poll() is None and not s.record(call), "no record of any")


def rules(tests):
    """What rules do with calls"""
    with Scene() as s:
        call = s.call(s.home, "+499001234567")
        got = s.refused(call)
        rows = s.record(call)
        tests.check(got.status == 488 and "Not For You" in got.get("Reason"), "reject: with its code and reason", repr(got.headers))
        tests.check(len(rows) == 1 and rows[0]["sip_code"] == "488" and rows[0]["account"] == "home", "and a record", str(rows))
        got = s.refused(s.call(s.acme, "+499001234567"))
        tests.check(got.status != 488, "of its group alone")
        call = s.call(s.acme, "+4989777123")
        got = s.refused(call)
        contacts = got.all("Contact")
        tests.check(got.status == 302 and contacts == ["<sip:+4989777123@127.0.0.1:5691>;q=0.9", "<sip:+4989777123@127.0.0.1:5692>;q=0.8"],
                    "redirect: 302 with the plan in its order", repr(got.headers))
        rows = s.record(call)
        tests.check(len(rows) == 1 and rows[0]["sip_code"] == "302", "on record", str(rows))
        invite = s.talk(s.call(s.acme, "089888123"), s.fixed)
        tests.check(invite is not None and invite.start.split()[1] == "sip:+4989888123@127.0.0.1:5696", "proxy: to a fixed URI", repr(invite))
        invite = s.talk(s.call(s.acme, "+4989999123"), s.red)
        tests.check(invite is not None, "proxy: to fixed gateways, though another one is cheaper")
        call = s.call(s.acme)
        got = s.refused(call, "X-Ask: YES\r\n")
        tests.check(got.status == 407 and values(got.get("Proxy-Authenticate"))["realm"] == DOMAIN, "challenge: a trunk is asked, too")
        call.to = f"<{call.uri}>"
        call.invite("X-Ask: yes\r\n" + answer(got.get("Proxy-Authenticate"), "bob", "s3cret", call.uri))
        invite = s.blue.wait("INVITE", call_id=call.call_id)
        tests.check(invite is not None and not invite.all("Proxy-Authorization"), "and who proves it goes on to the next rule")
        s.blue.answer(invite, 486)
        s.final(call)
        tests.check(s.counters()["refused_policy"] == 1, "refusals are counted", str(s.counters()["refused_policy"]))


def explained(tests):
    """lcrctl route says which rule, -t which rules never match"""
    with Scene() as s:
        told = s.lab.ctl_json("route", "+499001234567", "--account", "home")
        why = [(row["rule"], row["why"]) for row in told["rules"]]
        tests.check(told["rule"] == "no premium" and why == [("sms", "method is INVITE"), ("no premium", None)], "the rule, and why not the first",
                    str(told["rules"]))
        tests.check(told["rules"][1]["line"] > 5 and told["action"] == "reject" and told["source"] == "trunk", "with its line and action")
        for what, words, rule in (
                ("a method", ("+4930123", "--method", "MESSAGE"), "sms"),
                ("a trunk's address", ("+499001234567", "--from", "127.0.0.1:5681"), "no premium"),
                ("a stranger's", ("+4930123", "--from", "192.0.2.7"), "built-in: who are you"),
                ("a gateway's", ("sip:100@voice.example.net", "--from", "127.0.0.5"), "built-in: a user of ours"),
                ("a header", ("+4930123", "--header", "X-Ask: yes"), "ask first"),
                ("who has logged in", ("+4930123", "--account", "acme", "--source", "login", "--header", "X-Ask: yes"), "built-in: a number"),
                ("a domain", ("sip:a@b.example", "--account", "acme"), "built-in: another domain"),
                ("a user", ("100", "--account", "acme"), "built-in: a user of ours")):
            told = s.lab.ctl_json("route", *words)
            tests.check(told["rule"] == rule, f"by {what}", told["rule"])
        text = s.lab.ctl("route", "+4989777123", "--account", "acme")
        tests.check('rule "elsewhere"' in text and "decides: redirect" in text and 'rule "sms" (line' in text and "method is INVITE" in text,
                    "the same for people", text)
        path = s.lab.path("lcrproxy.conf")
        with open(path, encoding="utf-8") as file:
            good = file.read()
        with open(path, "w", encoding="utf-8") as file:
            file.write(good.replace("policy = (", 'policy = (\n  { name = "all"; to = "number"; action = "route"; },'))
        done = s.lab.run("lcrproxyd", "-t", "-c", path, check=False)
        tests.check(done.returncode == 1 and 'policy rule "sms" can never match' in done.stderr and '"all"' in done.stderr, "-t finds dead rules",
                    done.stderr)
        with open(path, "w", encoding="utf-8") as file:
            file.write(good.replace('"red1", "blue1"', '"red1", "grey1"'))
        done = s.lab.run("lcrproxyd", "-t", "-c", path, check=False)
        tests.check(done.returncode == 1 and "there is no gateway grey1" in done.stderr, "and names that are nobody's", done.stderr)
        with open(path, "w", encoding="utf-8") as file:
            file.write(good.replace('prefix = "49900"', 'prefix = "49900x"'))
        done = s.lab.run("lcrproxyd", "-t", "-c", path, check=False)
        line = next(n for n, text in enumerate(good.split("\n"), 1) if "no premium" in text)
        tests.check(done.returncode == 1 and f'lcrproxy.conf:{line}: policy: prefix is "49900x", expected' in done.stderr,
                    "errors name file, line, setting and what was expected", done.stderr)
        with open(path, "w", encoding="utf-8") as file:
            file.write(good.replace("code = 488", "code = 433"))
        s.lab.ctl("reload")
        tests.check(s.refused(s.call(s.home, "+499001234567")).status == 433, "a reload takes new rules")


if __name__ == "__main__":
    Tests().run(users, domains, messages, rules, explained)
