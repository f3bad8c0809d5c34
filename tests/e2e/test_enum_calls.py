#!/usr/bin/env python3
"""Calls by ENUM: numbers in a private tree of a real name server go over IP, others to the gateways, whatever becomes of the server

Usage: tests/e2e/test_enum_calls.py BUILD
"""
import csv
import json
import os
import socket
import sqlite3
import subprocess
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from knot import Knot, domain  # noqa: E402
from lab import TABLES, Lab, Tests  # noqa: E402
from peer import Peer  # noqa: E402
from scene import ROUTING, Scene  # noqa: E402

BUILD = os.path.abspath(sys.argv[1])
DNS, SILENT = 5395, 5396
BOB, BOB_PORT = "127.0.0.9", 5399

# what a call to a number meets; %N is the number
RECORDS = {
    "+4930100001": ['"u" "E2U+sip" "!^(.*)$!sip:\\\\1@127.0.0.9:5399;user=phone!" .'],
    "+4930100002": ['"u" "E2U+sip" "!^.*$!sip:two@bob.test!" .'],
    "+4930100003": ['"u" "E2U+sip" "!^.*$!sip:three@127.0.0.1:5391!" .'],
    "+4930100004": ['"u" "E2U+sip" "!^.*$!sip:\\\\0@voice.example.net!" .', '"u" "E2U+sip" "!^(.*)$!sip:\\\\1@voice.example.net!" .'],
    "+4930100005": ['"u" "E2U+sip" "!^.*$!sip:five@sub.refused.test!" .'],
    "+4930100006": ['"u" "E2U+void:mailto" "!^.*$!mailto:nobody@test!" .'],
    "+4930100007": ['"u" "E2U+sip" "!^.*$!sip:first@127.0.0.9:5399!" .', '"u" "E2U+sip" "!^.*$!sip:second@127.0.0.9:5399!" .'],
    "+4930100008": ['"u" "E2U+pstn:sip" "!^(.*)$!sip:\\\\1;npdi@127.0.0.9:5399;user=phone!" .',
                    '"u" "E2U+sip" "!^.*$!sip:onnet@127.0.0.9:5399!" .'],
    "+4930100010": ['"u" "E2U+pstn:tel" "!^(.*)$!tel:\\\\1;npdi;rn=+44-20-555-1234!" .'],
    "+81300000001": ['"u" "E2U+sip" "!^.*$!sip:unsold@127.0.0.9:5399!" .'],
    "+4420100009": ['"u" "E2U+sip" "!^.*$!sip:nine@127.0.0.9:5399!" .'],
}


def zone(numbers, suffix):
    return [f"{domain(number, suffix)} NAPTR {10 + n} 100 {record}" for number in numbers for n, record in enumerate(RECORDS[number])]


PUBLIC = [number for number in RECORDS if number.endswith("7")]
PRIVATE = [number for number in RECORDS if number not in PUBLIC]
ZONES = {"e164.arpa.": zone(PUBLIC, "e164.arpa."), "numbers.test.": zone(PRIVATE, "numbers.test."),
         "test.": ["bob A 127.0.0.9", "_sip._udp.bob SRV 1 1 5399 bob"]}


def settings(trees=None, more="", port=DNS):
    trees = trees or '{ suffix = "e164.arpa."; }, { suffix = "numbers.test."; }'
    return (ROUTING + f' domains = [ "voice.example.net" ]; dns = {{ servers = [ "127.0.0.1:{DNS}" ]; }};\n'
            f'enum = {{ servers = [ "127.0.0.1:{port}" ]; trees = ( {trees} ); refused_domains = [ "refused.test" ]; {more} }};\n')


class EnumScene(Scene):
    """The usual scene, and Bob, who is reached over IP."""

    def __init__(self, name, text=None, workers=1, **more):
        super().__init__(BUILD, "enum-" + name, workers=workers, settings=text or settings(), **more)

    def __enter__(self):
        super().__enter__()
        self.bob = Peer(BOB_PORT, BOB)
        self.bob.host = BOB
        return self

    def __exit__(self, *what):
        self.bob.close()
        super().__exit__(*what)

    def counters(self):
        return self.lab.ctl_json("counters")

    def answered_by(self, peer, number, headers=""):
        """(call, the INVITE peer got) of a call to number that peer has answered and the caller ended; (call, None) when it does not come."""
        call = self.call(number)
        call.invite(headers)
        invite = peer.wait("INVITE", call_id=call.call_id)
        if invite is None:
            return call, None
        peer.answer(invite, 200)
        call.learn(self.caller.wait(200, call_id=call.call_id))
        call.ack()
        peer.wait("ACK", call_id=call.call_id)
        time.sleep(1.1)
        call.send("BYE")
        peer.answer(peer.wait("BYE", call_id=call.call_id), 200)
        self.caller.wait(200, call_id=call.call_id)
        return call, invite

    def attempts(self, call):
        self.lab.wait_shipped()
        with sqlite3.connect(self.lab.path("lcr.db")) as db:
            db.row_factory = sqlite3.Row
            return [dict(row) for row in db.execute("SELECT * FROM cdr_attempt WHERE call_id = ? ORDER BY hop", (call.call_id,))]

    def refused(self, number, status, seconds=2.0):
        call = self.call(number)
        call.invite()
        answer = self.caller.wait(status, seconds, call_id=call.call_id)
        return call, answer


def over_ip(tests):
    """Numbers in the private tree go over IP, others to the gateways, and each is billed as such"""
    with Knot(ZONES, DNS), EnumScene("ip") as s:
        call, invite = s.answered_by(s.bob, "+4930100001", "P-Asserted-Identity: <sip:+49891234567@x>\r\nPrivacy: id\r\n")
        tests.check(invite and invite.start == "INVITE sip:+4930100001@127.0.0.9:5399;user=phone SIP/2.0",
                    "the URI that was found is the Request-URI", repr(invite))
        tests.check(invite and not invite.get("P-Asserted-Identity"), "its peer is not trusted with who is calling")
        row, = s.record(call)
        tests.check((row["route_source"], row["carrier"], row["gateway"], row["matched_prefix"], row["number"], row["status"])
                    == ("enum", "", "", "", "4930100001", "answered"), "the record says enum and names no carrier", repr(row))
        attempt, = s.attempts(call)
        tests.check((attempt["route_source"], attempt["uri"], attempt["target"], attempt["carrier"], attempt["expected_cost"], attempt["outcome"])
                    == ("enum", "sip:+4930100001@127.0.0.9:5399;user=phone", "127.0.0.9:5399", None, 0, "answered"),
                    "so does the attempt, with the URI and where it went", repr(attempt))
        plain, invite = s.answered_by(s.blue, "+4930200001")
        tests.check(invite is not None, "a number in no tree goes to the cheapest gateway")
        row, = s.record(plain)
        tests.check((row["route_source"], row["carrier"]) == ("static", "blue"), "and is on record as such", repr(row))
        named, invite = s.answered_by(s.bob, "+4930100002")
        tests.check(invite and invite.start == "INVITE sip:two@bob.test SIP/2.0", "a host name is found by SRV", repr(invite))
        bob, invite = s.answered_by(s.bob, "+4930100008")
        tests.check(invite and invite.start.startswith("INVITE sip:onnet@"), "sip goes before pstn:sip", repr(invite))
        counters = s.counters()
        tests.check((counters["enum_lookups"], counters["enum_found"], counters["enum_nxdomain"], counters["enum_offered"]) == (4, 3, 1, 3),
                    "outcomes are counted", repr({k: v for k, v in counters.items() if k.startswith("enum")}))
        s.answered_by(s.bob, "+4930100001")
        tests.check(s.counters()["enum_cached"] == 1, "the second call to a number asks nobody")
        s.lab.wait_shipped()
        s.lab.run("cdr-rate")
        rated = {row["number"]: row for row in s.lab.records()}
        ip, pstn = rated["4930100001"], rated["4930200001"]
        tests.check((ip["sell_tariff"], ip["sell_amount"], ip["buy_tariff"], float(ip["buy_amount"] or 0), ip["rating_note"])
                    == ("retail", pstn["sell_amount"], "", 0, "") and float(ip["margin"]) == float(ip["sell_amount"]),
                    "the call over IP is sold at the account's price and bought for nothing", repr(ip))
        tests.check(pstn["buy_tariff"] == "blue" and float(pstn["buy_amount"]) > 0, "the other is bought of its carrier", repr(pstn))
        s.lab.run("cdr-bill", "--period", time.strftime("%Y-%m", time.gmtime()), "--out", s.lab.path("bills"), "--allow-unpriced")
        with open(s.lab.path("bills/acme-calls.csv"), encoding="utf-8") as file:
            billed = [line["number"].lstrip("+") for line in csv.DictReader(file)]
        tests.check(sorted(billed) == sorted(["4930100001"] * 2 + ["4930100002", "4930100008", "4930200001"]), "all are on the bill", repr(billed))


def back_to_gateways(tests):
    """When the IP side fails, the plan of the gateways has its turn"""
    with Knot(ZONES, DNS), EnumScene("back") as s:
        for status, what in ((503, "503"), (404, "404, by enum.reroute_codes"), (None, "silence")):
            call = s.call("+4930100001")
            call.invite()
            invite = s.bob.wait("INVITE", call_id=call.call_id)
            if status:
                s.bob.answer(invite, status)
            gateway = s.blue.wait("INVITE", call_id=call.call_id)
            tests.check(gateway and gateway.start.startswith("INVITE sip:+4930100001@127.0.0.1:5391"), f"{what}: on to the gateway", repr(gateway))
            s.blue.answer(gateway, 486)
            tests.check(s.caller.wait(486, call_id=call.call_id), f"{what}: whose answer is the call's")
            row, = s.record(call)
            tests.check((row["route_source"], row["gateway"], row["hop"]) == ("static", "blue1", "2"), f"{what}: on record", repr(row))
        call = s.call("+4930100001")
        call.invite()
        s.bob.answer(s.bob.wait("INVITE", call_id=call.call_id), 486)
        tests.check(s.caller.wait(486, call_id=call.call_id) and not s.blue.wait("INVITE", 0.5, call_id=call.call_id), "a callee who is busy is busy")
        call = s.call("+4930100007")
        call.invite()
        first = s.bob.wait("INVITE", call_id=call.call_id)
        s.bob.answer(first, 503)
        s.bob.wait("ACK", call_id=call.call_id)
        second = s.bob.wait("INVITE", call_id=call.call_id)
        tests.check("first@" in first.start and second and "second@" in second.start, "several URIs are tried one after the other", repr(second))
        s.bob.answer(second, 486)


def guards(tests):
    """What is not to be called is not called"""
    rates = TABLES["rates"] + "retail,81,Japan,0.03,0,1,1\n"
    with Knot(ZONES, DNS), EnumScene("guards", tables={"rates": rates}) as s:
        call, invite = s.answered_by(s.blue, "+4930100003")
        tests.check([(a["outcome"], a["gateway"]) for a in s.attempts(call)] == [("unreachable", None), ("answered", "blue1")],
                    "a URI that leads to a gateway's address is not called: at whose expense?", repr(s.attempts(call)))
        tests.check(invite and invite.start.startswith("INVITE sip:+4930100003@"), "the gateway gets the call by its plan", repr(invite))
        call, invite = s.answered_by(s.blue, "+4930100004")
        tests.check(invite and len(s.attempts(call)) == 1 and s.counters()["enum_own"] == 1, "our own domain is not called again", repr(s.attempts(call)))
        call, invite = s.answered_by(s.blue, "+4930100005")
        tests.check(invite and s.counters()["enum_domain_refused"] == 1, "nor a refused domain")
        call, answer = s.refused("+4930100006", 404)
        row, = s.record(call)
        tests.check(answer and (row["sip_code"], row["q850_cause"], row["reason"]) == ("404", "1", "ENUM: no such number"),
                    "a number that is said to be nobody's gets 404", repr(row))
        call, invite = s.answered_by(s.bob, "+81300000001")
        tests.check(invite is not None, "a number that no carrier sells is reached over IP all the same")
        call, answer = s.refused("+81300000002", 480)
        row, = s.record(call)
        tests.check(answer and row["reason"] == "no carrier sells this number" and s.counters()["refused_no_route"] == 1,
                    "and one that is in no tree either is refused", repr(row))
        call, answer = s.refused("+82300000001", 403)
        row, = s.record(call)
        tests.check(answer and row["reason"] == "account has no price for it", "what the account could not be billed for is refused", repr(row))


def ported(tests):
    """A tree tells where a number was ported to: the plan is made by that, unless somebody has asked before"""
    with Knot(ZONES, DNS), EnumScene("ported") as s:
        call, invite = s.answered_by(s.red, "+4930100010")
        row, = s.record(call)
        tests.check(invite and (row["number"], row["ported_to"], row["carrier"], row["route_source"], row["matched_prefix"])
                    == ("4930100010", "44205551234", "red", "static", "49"), "rn of pstn:tel: to the carrier who sells that, by its price of what was dialled",
                    repr(row))
        tests.check([a["gateway"] for a in s.attempts(call)] == ["red1"], "and nobody else is asked", repr(s.attempts(call)))
        call, invite = s.answered_by(s.blue, "+4930100010;npdi")
        tests.check(invite is not None, "npdi in the request: that is known already")
        call, invite = s.answered_by(s.bob, "+4930100008;npdi")
        tests.check(invite and "onnet@" in invite.start, "and who is on the net is found all the same")
        s.lab.wait_shipped()
        s.lab.run("cdr-rate")
        rated = {row["call_id"]: row for row in s.lab.records()}
        first = [row for row in rated.values() if row["ported_to"]]
        tests.check(len(first) == 1 and first[0]["rating_note"] == "" and first[0]["sell_prefix"] == "4930", "and rated with both numbers",
                    repr(first))


def isns(tests):
    """number*itad is looked up in the trees of ISNs, and goes over IP or nowhere"""
    records = ['4.3.2.1.256.freenum.test. NAPTR 10 100 "u" "E2U+sip" "!^([0-9]*)[*]([0-9]*)$!sip:\\\\1@127.0.0.9:5399;itad=\\\\2!" .']
    tree = '{ suffix = "numbers.test."; }, { suffix = "freenum.test."; form = "isn"; }'
    with Knot({**ZONES, "freenum.test.": records}, DNS), EnumScene("isn", settings(tree)) as s:
        call, invite = s.answered_by(s.bob, "1234*256")
        row, = s.record(call)
        tests.check(invite and invite.start == "INVITE sip:1234@127.0.0.9:5399;itad=256 SIP/2.0", "an ISN is called where its tree says", repr(invite))
        tests.check((row["route_source"], row["dialled"], row["number"], row["account"], row["status"], row["carrier"])
                    == ("enum", "1234*256", "", "acme", "answered", ""), "on record as what was dialled, without a number", repr(row))
        s.lab.wait_shipped()
        s.lab.run("cdr-rate")
        rated = [row for row in s.lab.records() if row["dialled"] == "1234*256"][0]
        tests.check((float(rated["sell_amount"]), rated["sell_currency"], float(rated["buy_amount"]), rated["rating_note"]) == (0, "EUR", 0, ""),
                    "it costs nothing", repr(rated))
        s.lab.run("cdr-bill", "--period", time.strftime("%Y-%m", time.gmtime()), "--out", s.lab.path("bills"))
        with open(s.lab.path("bills/acme-calls.csv"), encoding="utf-8") as file:
            billed = [(line["destination"], float(line["amount"])) for line in csv.DictReader(file)]
        tests.check(billed == [("SIP addresses", 0)], "and stands on the bill so", repr(billed))
        call, answer = s.refused("1235*256", 404)
        row, = s.record(call)
        tests.check(answer and (row["reason"], row["q850_cause"]) == ("nobody has this number", "1") and s.blue.quiet() and s.red.quiet(),
                    "one that is in no tree goes to no gateway", repr(row))
        call, answer = s.refused("12*34*256", 404)
        tests.check(answer and s.record(call)[0]["reason"] == "not a telephone number", "what is no ISN is none")
    with Knot(ZONES, DNS), EnumScene("no-isn") as s:
        call, answer = s.refused("1234*256", 404)
        tests.check(answer and s.record(call)[0]["reason"] == "not a telephone number" and s.counters()["enum_lookups"] == 0,
                    "without a tree of ISNs there are none")


def settings_change(tests):
    """A reload takes the settings, and lcrctl tells what there is"""
    rates = TABLES["rates"] + "red,4420,London,0,0,1,1\n"
    with Knot(ZONES, DNS), EnumScene("reload", tables={"rates": rates}) as s:
        conf = s.lab.read("lcrproxy.conf")

        def change(before, after):
            nonlocal conf
            conf = conf.replace(before, after)
            with open(s.lab.path("lcrproxy.conf"), "w", encoding="utf-8") as file:
                file.write(conf)
            return s.lab.ctl("reload")

        told = json.loads(s.lab.ctl("enum", "+4930100007", "--json"))
        tests.check((told["outcome"], [u["uri"] for u in told["uris"]], told["targets"], told["trees"][0]["queries"][0]["server"])
                    == ("found", ["sip:first@127.0.0.9:5399", "sip:second@127.0.0.9:5399"],
                        ["sip:first@127.0.0.9:5399", "sip:second@127.0.0.9:5399"], f"127.0.0.1:{DNS}"), "lcrctl enum NUMBER --json", repr(told))
        text = s.lab.ctl("enum", "+4930100005")
        tests.check("numbers.test." in text and "the gateways of its plan alone" in text, "for people, with what a call would do", text)
        state = json.loads(s.lab.ctl("enum", "--json"))
        tests.check(state["trees"] == ["e164.arpa.", "numbers.test."] and state["workers"][0]["cached_names"] == 3
                    and state["workers"][0]["servers"][0]["server"] == f"127.0.0.1:{DNS}", "lcrctl enum", repr(state))
        tests.check("workers" in s.lab.ctl("enum"), "for people")
        s.lab.ctl("enum", "flush")
        tests.check(json.loads(s.lab.ctl("enum", "--json"))["workers"][0]["cached_names"] == 0, "lcrctl enum flush")
        bad = s.lab.run("lcrctl", "--socket", s.lab.path("control.sock"), "enum", "abc", check=False)
        tests.check(bad.returncode == 1 and "expected digits" in bad.stderr, "what is no number is refused", bad.stderr)
        route = subprocess.run([os.path.join(BUILD, "enumq"), "--server", f"127.0.0.1:{DNS}", "--suffix", "numbers.test.", "--route", "--socket",
                                s.lab.path("control.sock"), "--json", "+4930100001"], capture_output=True, text=True)
        route = json.loads(route.stdout)
        tests.check(route["route"]["plan"] == ["blue1", "red1"] and route["daemon"]["targets"] == ["sip:+4930100001@127.0.0.9:5399;user=phone"],
                    "enumq --route tells what a call would do", repr(route))
        call, invite = s.answered_by(s.bob, "+4420100009")
        tests.check(invite is not None, "URIs go before a gateway that costs nothing")
        change("refused_domains", 'order = "cost"; void = "go_on"; refused_domains')
        call, invite = s.answered_by(s.red, "+4420100009")
        tests.check(invite is not None, "but not by order = cost")
        call, invite = s.answered_by(s.bob, "+4930100001")
        tests.check(invite is not None, "which is before those that cost something")
        call, invite = s.answered_by(s.blue, "+4930100006")
        tests.check(invite is not None, "void = go_on")
        change("numbers.test.", "other.test.")
        call, invite = s.answered_by(s.blue, "+4930100001")
        tests.check(invite is not None, "another tree is asked after a reload")
        broken = s.lab.run("lcrproxyd", "-t", "-c", s.lab.path("lcrproxy.conf"), check=False)
        tests.check(broken.returncode == 0, "the configuration is good", broken.stderr)
        for before, after, what in (("e164.arpa.", "e164..arpa", "suffix is"), ("servers = [ \"127.0.0.1:5395\" ]; trees", "servers = [ \"ns\" ]; trees", "servers has"),
                                    ("max_targets = 1;", "max_targets = 0;", "max_targets"), ("refused_domains", "reroute_codes = \"1x\"; refused_domains", "reroute_codes is")):
            with open(s.lab.path("bad.conf"), "w", encoding="utf-8") as file:
                file.write(conf.replace("order =", "max_targets = 1; order =").replace(before, after))
            bad = s.lab.run("lcrproxyd", "-t", "-c", s.lab.path("bad.conf"), check=False)
            tests.check(bad.returncode != 0 and what in bad.stderr, f"a bad setting is told: {what}", bad.stderr)
        change("trees = (", "timeout_ms = 900; trees = (")
        with open(s.lab.path("lcrproxy.conf"), "w", encoding="utf-8") as file:
            file.write("\n".join(line for line in conf.splitlines() if not line.startswith("enum")))
        s.lab.ctl("reload")
        call, invite = s.answered_by(s.blue, "+4930100007")
        none = s.lab.run("lcrctl", "--socket", s.lab.path("control.sock"), "enum", "+4930100007", check=False)
        tests.check(invite is not None and "no trees" in none.stderr, "without trees there is no ENUM", none.stderr)


def rules(tests):
    """A rule of the policy says where among the sources the URIs come"""
    policy = """policy = ( { name = "behind"; prefix = "4930100001"; action = "route"; by = [ "static", "enum" ]; },
        { name = "never"; prefix = "4930100002"; action = "route"; by = [ "static" ]; },
        { name = "only"; prefix = [ "49301000", "4931" ]; action = "route"; by = [ "enum" ]; },
        { name = "pinned"; prefix = "4420100009"; action = "proxy"; gateways = [ "red1" ]; } );"""
    with Knot(ZONES, DNS), EnumScene("rules", settings() + policy) as s:
        call = s.call("+4930100001")
        call.invite()
        for peer in (s.blue, s.red):
            peer.answer(peer.wait("INVITE", call_id=call.call_id), 503)
        last = s.bob.wait("INVITE", call_id=call.call_id)
        tests.check(last is not None, "by = static, enum: behind the gateways")
        s.bob.answer(last, 486)
        s.caller.wait(486, call_id=call.call_id)
        before = s.counters()["enum_lookups"]
        call, invite = s.answered_by(s.blue, "+4930100002")
        pinned, invited = s.answered_by(s.red, "+4420100009")
        tests.check(invite and invited and s.counters()["enum_lookups"] == before, "by = static, and fixed gateways: nobody is asked")
        call, invite = s.answered_by(s.bob, "+4930100007")
        tests.check(invite is not None, "by = enum: over IP")
        call, answer = s.refused("+4931000000", 480)
        tests.check(answer is not None and s.blue.quiet(), "or not at all")


def while_it_waits(tests):
    """A call that waits for a silent server: told of, cancelled, in its limits, begun anew by a reload, never longer than the deadline"""
    limits = {"limits": "account,channels\nacme,1\n"}
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as silent:
        silent.bind(("127.0.0.1", SILENT))
        with EnumScene("waits", settings(more="timeout_ms = 1500;", port=SILENT), tables=limits) as s:
            call = s.call("+4930100001")
            call.invite()
            tests.check(s.caller.wait(100, 1.0, call_id=call.call_id), "100 while it waits")
            pending = s.lab.ctl_json("calls")
            tests.check([(p["state"], p["gateway"], p["uri"]) for p in pending] == [("looking up", "", "")], "lcrctl calls says so", repr(pending))
            other, answer = s.refused("+4930100002", 480)
            tests.check(answer is not None, "the call that waits has its channel")
            call.cancel()
            tests.check(s.caller.wait(487, 1.0, call_id=call.call_id) and s.blue.quiet(), "CANCEL ends it at once, nobody is called")
            row, = s.record(call)
            tests.check((row["status"], row["sip_code"], row["route_source"]) == ("cancelled", "487", "static"), "on record", repr(row))
            start = time.time()
            call = s.call("+4930100001")
            call.invite()
            invite = s.blue.wait("INVITE", 4.0, call_id=call.call_id)
            tests.check(invite is not None and time.time() - start < 2.5, "the channel is free again; after the deadline the gateway has its turn",
                        repr(time.time() - start))
            s.blue.answer(invite, 486)
            s.caller.wait(486, call_id=call.call_id)
            tests.check(s.counters()["enum_timeout"] == 1, "counted as timeout")
        with EnumScene("waits2", settings(more="timeout_ms = 5000;", port=SILENT)) as s:
            call = s.call("+4930100005")
            call.invite()
            time.sleep(0.3)
            tests.check(s.blue.quiet(0.1), "a call waits")
            with Knot(ZONES, DNS):
                with open(s.lab.path("lcrproxy.conf"), encoding="utf-8") as file:
                    conf = file.read()
                with open(s.lab.path("lcrproxy.conf"), "w", encoding="utf-8") as file:
                    file.write(conf.replace(f"127.0.0.1:{SILENT}", f"127.0.0.1:{DNS}").replace("refused_domains", 'allowed_domains = [ "127.0.0.9" ]; refused_domains'))
                s.lab.ctl("reload")
                invite = s.blue.wait("INVITE", 1.0, call_id=call.call_id)
                tests.check(invite is not None and s.counters()["enum_domain_refused"] == 1, "what waits is begun anew with other settings", repr(s.counters()))
                s.blue.answer(invite, 486)
                s.caller.wait(486, call_id=call.call_id)


def killed_in_mid_load(tests):
    """The tree's server is killed in mid-load, and calls go on"""
    calls, rate = 600, 60
    with Knot(ZONES, DNS, ttl=1, negative=1) as knot:
        lab = Lab(BUILD, "enum-kill", workers=2, port=5360, settings=settings(more="timeout_ms = 400;"))
        with lab:
            lab.prepare()
            lab.start()
            values = {"REFUSE": 0, "RING_MS": 20, "HOLD_MS": 2000}
            lab.gateway("blue", 5391, "gateway", **values)
            lab.gateway("red", 5392, "gateway", **values)
            bob = lab.spawn(["sipp", "-t", "u1", "-sf", lab.scenario("gateway", **values), "-i", BOB, "-p", str(BOB_PORT), "-nostdin", "-nd", "-l", "100000"],
                            "bob.log")
            time.sleep(0.5)
            caller = lab.caller("caller", 5380, "+4930100001", calls, rate, HOLD_MS=500)
            time.sleep(4)
            knot.kill()
            killed = time.time()
            status = caller.wait(timeout=120)
            lab.wait_shipped()
            time.sleep(0.3)
            rows = lab.records()
            tests.check(len(rows) == calls and all(row["status"] == "answered" for row in rows), f"all {calls} calls are answered",
                        f"{status} {len(rows)} {lab.read('caller.errors')[-300:]}")
            sources = {source: [row for row in rows if row["route_source"] == source] for source in ("enum", "static")}
            tests.check(len(sources["enum"]) > 100 and len(sources["static"]) > 100, "first over IP, then by the gateways",
                        repr({k: len(v) for k, v in sources.items()}))
            late = sorted(int(row["pdd_us"]) for row in sources["static"])
            tests.check(max(late) < 2_000_000, "none waits much longer than the deadline", repr(late[-5:]))
            tests.check(late[len(late) // 2] < 100_000, "and most do not wait at all", repr(late[len(late) // 2]))
            state = json.loads(lab.ctl("enum", "--json"))
            tests.check(any(server["dead"] for worker in state["workers"] for server in worker["servers"]), "the server is held for dead", repr(state))
            knot.start()
            time.sleep(1)
            for _ in range(100):
                lab.ctl("enum", "+4930100001")
                time.sleep(0.1)
                state = json.loads(lab.ctl("enum", "--json"))
                if not state["workers"][0]["servers"][0]["dead"]:
                    break
            tests.check(not state["workers"][0]["servers"][0]["dead"], "and asked again when it is back", f"{time.time() - killed:.1f} s {state}")
            bob.kill()
            lab.stop()


if __name__ == "__main__":
    Tests().run(over_ip, back_to_gateways, guards, ported, isns, settings_change, rules, while_it_waits, killed_in_mid_load)
