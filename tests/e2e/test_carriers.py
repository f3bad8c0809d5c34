#!/usr/bin/env python3
"""Every rule with SIPp as the carriers: exclusions, failover, health, ported numbers

Usage: tests/e2e/test_carriers.py BUILD
"""
import os
import signal
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from carriers import Carriers  # noqa: E402
from lab import TABLES, Tests  # noqa: E402
from zone import NameServer  # noqa: E402

BUILD = os.path.abspath(sys.argv[1])
DNS_PORT = 5453
FAST = ("routing = {{ first_response_timeout_ms = 1500; progress_timeout_ms = 1000; ringing_timeout_ms = 1000; hunt_timeout_ms = {hunt}; "
        "max_hops = {hops}; }}; health = {{ window_s = 20; min_samples = {samples}; failure_percent = 60; back_off_s = 1; back_off_max_s = 2; "
        "probe_interval_ms = 300; probe_timeout_ms = 200; probe_failures = 2; }};")
GATEWAYS = ("gateway,carrier,uri,priority{more}\nblue1,blue,sip:127.0.0.1:5391,0{blue}\nred1,red,sip:127.0.0.1:5392,0{red}\n"
            "green1,green,sip:127.0.0.1:5393,0{green}\n")
RATES = TABLES["rates"] + ("red,39,Italy,0.01,0,1,1\nblue,33,France,0.01,0,1,1\nred,33,France,0.02,0,1,1\nretail,33,France,0.03,0,1,1\n"
                           "blue,4982,Not sold,,0,1,1\nblue,4983,Margin,0.0188,0,1,1\nblue,4984,Percent,0.0170,0,1,1\n"
                           "retail,4985,Loss,0.0095,0,1,1\nblue,4985,Loss,0.0120,0,1,1\n"
                           "green,4986,Dollars,0.0001,0,1,1\n")
MORE = {"tariffs": TABLES["tariffs"] + "green,USD,UTC\n", "carriers": TABLES["carriers"] + "green,green\n", "rates": RATES}


def carriers(name, samples=1000, hunt=60000, hops=8, columns="", blue="", red="", green="", tables=None, more=""):
    comma = "," if columns else ""
    return Carriers(BUILD, name, settings=(FAST + more).format(samples=samples, hunt=hunt, hops=hops), tables=dict(MORE, **(tables or {})),
                    gateways=GATEWAYS.format(more=comma + columns, blue=comma + blue, red=comma + red, green=comma + green))


def exclusions(tests):
    """A carrier that is left out is not asked, the other is"""
    with carriers("exclusions") as s:
        def left_out(what, number, reason, *words, headers=""):
            told = s.explained(number, *words)
            status, seen = s.call(number, headers)
            tests.check(told["blue1"] == reason and status == 486 and seen == ["red1"], what, repr((told, status, seen)))

        def asked(what, number="+4989486486"):
            status, seen = s.call(number)
            tests.check(status == 486 and seen == ["blue1"], what, repr((status, seen)))

        asked("blue is the cheapest, and busy is busy")
        left_out("no prefix for the number", "+44207503486", "carrier has no prefix for this number")
        left_out("a prefix that is not sold", "+4982486486", "carrier does not sell this prefix")
        left_out("sold at a loss", "+4985486486", "would be sold at a loss")
        told = s.explained("+4986486486")
        tests.check(told["green1"] == "currency differs and has no exchange rate" and s.call("+4986486486") == (486, ["blue1"]),
                    "no exchange rate", repr(told))
        status, seen = s.call("+39064486486")
        tests.check(status == 403 and seen == [] and s.explained("+39064486486")["red1"] == "account has no price for this number",
                    "what cannot be billed is not sent", repr((status, seen)))
        s.change("accounts", "account,min_margin\nacme,0.005\n")
        left_out("margin below the minimum", "+4983486486", "margin is below the account's minimum")
        s.change("accounts", "account,min_margin,min_margin_percent\nacme,,20\n")
        left_out("margin below the percentage", "+4984486486", "margin is below the account's minimum percentage")
        s.change("accounts", "account,min_margin_percent\nacme,\n")
        s.change("blocks", "account,carrier,prefix\nacme,blue,4981\n")
        left_out("blocked for the account", "+4981486486", "blocked for this number")
        s.change("carriers", "carrier,enabled\nblue,false\n")
        left_out("carrier switched off in the table", "+4989486486", "carrier is disabled")
        s.change("carriers", "carrier,tariff,enabled\nblue,,true\n")
        left_out("carrier without a price list", "+4989486486", "carrier has no tariff")
        s.change("carriers", "carrier,tariff\nblue,blue\n")
        s.change("gateways", "gateway,carrier,uri,enabled\nblue1,blue,sip:127.0.0.1:5391,false\n")
        left_out("gateway switched off in the table", "+4989486486", "gateway is disabled")
        s.change("gateways", "gateway,carrier,uri,enabled\nblue1,blue,sip:127.0.0.1:5391;transport=tls,true\n")
        left_out("no listener for its transport", "+4989486486", "gateway's transport is not supported")
        s.change("gateways", "gateway,carrier,uri,media\nblue1,blue,sip:127.0.0.1:5391,srtp pcma\n")
        left_out("its media are others", "+4989486486", "gateway does not take the media offered", "--media", "rtp ip4 pcma",
                 headers="Content-Type: application/sdp\r\n")
        s.change("gateways", "gateway,carrier,uri,media\nblue1,blue,sip:127.0.0.1:5391,rtp pcma\n")
        asked("its media are these")
        s.change("accounts", "account,secure\nacme,true\n")
        status, seen = s.call("+4989486486")
        tests.check(status == 480 and seen == [] and s.explained("+4989486486")["blue1"] == "account wants TLS, gateway has none",
                    "an account that wants TLS", repr((status, seen)))
        s.change("accounts", "account,secure\nacme,false\n")
        s.lab.ctl("gateway", "blue1", "disable")
        left_out("gateway switched off by the operator", "+4989486486", "gateway was switched off by an operator")
        s.lab.ctl("gateway", "blue1", "enable")
        s.change("gateways", "gateway,carrier,uri,cps\nblue1,blue,sip:127.0.0.1:5391,1\n")
        asked("one call a second goes there")
        left_out("the next does not", "+4989486486", "gateway takes no more calls this second")
        s.change("gateways", "gateway,carrier,uri,cps,capacity\nblue1,blue,sip:127.0.0.1:5391,,1\n")
        ringing = s.begin("+4989180486")
        time.sleep(0.2)
        left_out("its one channel is in use", "+4989486486", "gateway has no free channel")
        ringing.cancel()
        s.ends(ringing)
        asked("and free again")
        s.change("accounts", "account,max_hops\nacme,1\n")
        status, seen = s.call("+4989503486")
        tests.check(seen == ["blue1"] and status == 500 and s.explained("+4989503486")["red1"] == "enough better gateways",
                    "the plan is full", repr((status, seen)))
        s.change("accounts", "account,max_hops\nacme,\n")
        for _ in range(24):
            s.call("+4989503486")
        s.change("carriers", "carrier,quality_min_asr\nblue,50\n")
        left_out("quality below the floor", "+4989486486", "carrier's quality is below its floor")


def failover(tests):
    """Which ending of a carrier leads to the next one"""
    with carriers("failover") as s:
        for code in (403, 404, 480, 484, 486, 603, 604):
            status, seen = s.call(f"+4989{code}486")
            tests.check(status == code and seen == ["blue1"], f"{code}: the end", repr((status, seen)))
        for code in (500, 502, 503, 504, 408):
            status, seen = s.call(f"+4989{code}486")
            tests.check(status == 486 and seen == ["blue1", "red1"], f"{code}: on to the next", repr((status, seen)))
        tests.check(s.call("+4989517486") == (486, ["blue1"]), "a Q.850 cause of busy ends it")
        start = time.time()
        tests.check(s.call("+4989000486") == (486, ["blue1", "red1"]) and time.time() - start < 4, "silence")
        tests.check(s.call("+4989100486") == (486, ["blue1", "red1"]), "100 and no 18x within progress_timeout_ms")
        tests.check(s.call("+4989180486") == (408, ["blue1"]), "ringing for too long ends the call")
        status, seen = s.call("+4989503503")
        tests.check(status == 500 and seen == ["blue1", "red1"], "all have failed: no 503 of theirs", repr((status, seen)))
        s.sipp["blue1"].kill()
        s.sipp["blue1"].wait()
        call = s.begin("+4989486486")
        final = s.ends(call)
        tests.check(final.status == 486 and s.seen(call) == ["red1"], "nobody at the port", repr(final))
    with carriers("time", hunt=1000) as s:
        status, seen = s.call("+4989100486")
        tests.check(seen == ["blue1"] and status == 408, "the time for hunting is over", repr((status, seen)))
    with carriers("codes", columns="reroute_codes,stop_codes", blue="404,500", red=",", green=",") as s:
        tests.check(s.call("+4989404486") == (486, ["blue1", "red1"]), "a gateway's own code leads on")
        tests.check(s.call("+4989500486") == (500, ["blue1"]), "and its own ends")
    with carriers("pause") as s:
        tests.check(s.call("+4989598486") == (486, ["blue1", "red1"]), "503 with Retry-After: on")
        tests.check(s.explained("+4989486486")["blue1"] == "gateway asked for a pause" and s.call("+4989486486") == (486, ["red1"]), "a pause")
        time.sleep(2.1)
        tests.check(s.call("+4989486486") == (486, ["blue1"]), "which ends")


def names(tests):
    """Carriers that are host names: what DNS says or does not say leads to the next one"""
    zone = "_sip._udp.two SRV 1 0 5399 shut\n_sip._udp.two SRV 2 0 5391 blue\nshut A 127.0.0.1\nblue A 127.0.0.1\nempty TXT nothing\n"
    dns = f'dns = {{{{ servers = [ "127.0.0.1:{DNS_PORT}" ]; timeout_ms = 700; }}}};'
    with carriers("names", more=dns) as s:
        server = NameServer(s.lab, DNS_PORT, zone)
        for what, host, seen in (("no such name", "gone.test", ["red1"]), ("a name without an address", "empty.test", ["red1"]),
                                 ("a zone that the server does not serve", "blue.elsewhere", ["red1"]),
                                 ("nobody at the port", "shut.test:5399", ["red1"]), ("its second server", "two.test", ["blue1"]),
                                 ("an address", "blue.test:5391", ["blue1"])):
            s.change("gateways", f"gateway,carrier,uri\nblue1,blue,sip:{host}\n")
            call = s.begin("+4989486486")
            final = s.ends(call)
            tests.check(final.status == 486 and s.seen(call) == seen, what, repr((final, s.seen(call))))
            s.lab.wait_shipped()
            time.sleep(0.3)
            rows = [r for r in s.lab.records("--attempts") if r["call_id"] == call.call_id]
            tests.check(len(rows) == (2 if seen == ["red1"] else len(rows)) and (seen != ["red1"] or rows[0]["outcome"] == "unreachable"),
                        f"{what}: on record", repr(rows))
        s.change("gateways", "gateway,carrier,uri\nblue1,blue,sip:silent.test\n")
        server.process.send_signal(signal.SIGSTOP)
        start = time.time()
        tests.check(s.call("+4989486486") == (486, ["red1"]) and time.time() - start < 4, "a name server that is silent", repr(time.time() - start))
        server.process.send_signal(signal.SIGCONT)


def health(tests):
    """Down by calls, by probes and by class; trials, and up again"""
    with carriers("health", samples=4) as s:
        for _ in range(4):
            s.call("+4989503486")
        tests.check(s.wait_health("blue1", "down", 2), "four of four failed: down", repr(s.health("blue1")))
        tests.check(s.explained("+4989486486")["blue1"] == "gateway is down" and s.call("+4989486486") == (486, ["red1"]), "no calls for it")
        tests.check(s.wait_health("blue1", "probing", 3), "back-off is over: on trial")
        tests.check(s.call("+4989486486") == (486, ["blue1"]), "the trial call")
        told = s.explained("+4989486486")["blue1"]
        tests.check(told == "gateway is on trial, and others try it" and s.call("+4989486486")[1] == ["red1"], "one at a time", repr(told))
        counts, deadline = [], time.time() + 15
        while s.health("blue1")["health"] == "probing" and time.time() < deadline:
            counts.append(sum(s.call("+4989486486")[1] == ["blue1"] for _ in range(8)))
            time.sleep(0.6)
        tests.check(s.wait_health("blue1", "up", 2) and max(counts, default=9) > 1, "slow start, and up", repr(counts))
    with carriers("class", samples=4) as s:
        # ordinary calls go well: only the class is down
        for _ in range(8):
            s.call("+4989486486")
        for _ in range(4):
            s.call("+33612503486")
        down = s.wait_health("blue1", "down", 2, of="mobile")
        tests.check(down and s.health("blue1")["health"] == "up", "down for mobile numbers alone", repr(s.health("blue1")))
        if down:
            tests.check(s.explained("+33612486486")["blue1"] == "gateway is down for numbers of this class", "explained")
            tests.check(s.call("+33612486486")[1] == ["red1"] and s.call("+4989486486")[1] == ["blue1"], "others still go there")
    with carriers("probes", columns="probe", blue="true", red="false", green="false") as s:
        s.sipp["blue1"].send_signal(signal.SIGSTOP)
        tests.check(s.wait_health("blue1", "down", 4), "probes stay unanswered: down", repr(s.health("blue1")))
        s.sipp["blue1"].send_signal(signal.SIGCONT)
        tests.check(s.wait_health("blue1", "probing", 6), "one is answered: on trial", repr(s.health("blue1")))
        tests.check(s.call("+4989486486") == (486, ["blue1"]), "the trial call")


def ported(tests):
    """Calls go by the routing number, carriers are told as they want, records have both"""
    columns = "portability"
    tables = {"tariffs": "tariff,currency,timezone,rate_by\nblue,EUR,UTC,dialled\nred,EUR,UTC,ported\nretail,EUR,UTC,ported\ngreen,USD,UTC,dialled\n"}
    with carriers("ported", columns=columns, blue="params", red="number", green="none", tables=tables) as s:
        s.change("portability", "number,routing_number\n+4989503486,+4930486\n+4989486486,+44207\n")
        call = s.begin("+4989503486")
        final = s.ends(call)
        blue, red = s.lines("blue1", call), s.lines("red1", call)
        tests.check(final.status == 486, "called", repr(final))
        tests.check(blue and blue[0][0] == "INVITE sip:+4989503486;npdi;rn=+4930486", "npdi and rn behind the number", repr(blue))
        tests.check(red and red[0][0] == "INVITE sip:+4930486", "the routing number in its place", repr(red))
        route = s.lab.ctl_json("route", "+4989486486", "--account", "acme")
        tests.check(route["routing_number"] == "44207" and {c["gateway"]: c["excluded"] for c in route["candidates"]}["blue1"] ==
                    "carrier has no prefix for this number", "blue does not sell where it was ported to", repr(route["candidates"]))
        call = s.begin("+4989486486;npdi")
        tests.check(s.ends(call).status == 486 and s.lines("blue1", call)[0][0] == "INVITE sip:+4989486486;npdi", "npdi: not asked again")
        call = s.begin("+4989486486;npdi;rn=486-486;rn-context=+4930")
        tests.check(s.ends(call).status == 486 and s.lines("blue1", call)[0][0] == "INVITE sip:+4989486486;npdi;rn=+4930486486",
                    "a local rn in its context", repr(s.lines("blue1", call)))
        call = s.begin("+4989200486;npdi;rn=+4930486486")
        ok = s.ends(call)
        call.learn(ok)
        call.ack()
        time.sleep(0.3)
        call.send("BYE")
        s.caller.wait(200)
        s.lab.wait_shipped()
        time.sleep(0.3)
        s.lab.run("cdr-rate")
        row, = [r for r in s.lab.records() if r["call_id"] == call.call_id]
        tests.check(row["number"] == "4989200486" and row["ported_to"] == "4930486486", "both numbers on record", repr(row))
        tests.check(row["sell_prefix"] == "4930" and row["buy_prefix"] == "49", "each tariff by its own rule, as in the plan", repr(row))
        tests.check(row["matched_prefix"] == "49", "the plan's prefix is the bill's", repr(row))
        s.change("accounts", "account,trusted\nacme,false\n")
        call = s.begin("+4989404486;npdi;rn=+4930486486")
        s.ends(call)
        tests.check(s.lines("blue1", call)[0][0] == "INVITE sip:+4989404486", "who is not trusted is not believed")


def callers(tests):
    """What each carrier is told of the caller, always from the original"""
    columns = "trusted,caller_format,caller_strip,caller_prefix,identity,diversion"
    said = ('P-Asserted-Identity: "Ann" <sip:+49301111@a.example>, <tel:+49301111>\r\nDiversion: <sip:+49302222@a.example>;reason=unconditional\r\n')
    with carriers("callers", columns=columns, blue="true,national,0,none,rpid,keep", red="true,digits,2,77,pai,none",
                  green="true,keep,0,none,keep,keep") as s:
        call = s.begin("+4989503486", said)
        s.ends(call)
        uri, _, sender, pai, rpid, diversion = s.lines("blue1", call)[0]
        tests.check(uri == "INVITE sip:+4989503486" and "<sip:0891234567@127.0.0.1>;tag=" in sender, "From in the national format", sender)
        tests.check(pai == "" and rpid == '"Ann" <sip:0301111@a.example>;party=calling;screen=yes;privacy=off', "Remote-Party-ID", pai + rpid)
        tests.check(diversion == "<sip:0302222@a.example>;reason=unconditional", "Diversion likewise", diversion)
        _, _, sender, pai, rpid, diversion = s.lines("red1", call)[0]
        tests.check("<sip:77891234567@127.0.0.1>;tag=" in sender, "the next one's of the original: stripped and prefixed", sender)
        tests.check(pai == '"Ann" <sip:77301111@a.example>' and rpid == "" and diversion == "", "P-Asserted-Identity, no Diversion", pai + rpid + diversion)
        route = s.lab.ctl_json("route", "+4989503486", "--account", "acme", "--caller", "+49891234567")
        told = {c["gateway"]: (c["from"], c["identity"]) for c in route["candidates"]}
        tests.check(told == {"blue1": ("0891234567", "rpid"), "red1": ("77891234567", "pai"), "green1": ("+49891234567", "keep")},
                    "lcrctl route --caller shows it", repr(told))
        call = s.begin("+4989503486", said + "Privacy: id\r\n")
        final = s.ends(call)
        _, _, sender, pai, rpid, diversion = s.lines("blue1", call)[0]
        tests.check(rpid.endswith("privacy=full") and "0891234567" in sender, "who is trusted is told, and that it is private", rpid)
        tests.check("+49891234567@" in final.get("From"), "the caller gets its own From back", final.get("From"))
    with carriers("privacy", columns=columns, blue="false,plus,0,none,keep,keep", red="false,keep,0,none,keep,keep",
                  green="true,keep,0,none,keep,keep") as s:
        call = s.begin("+4989503486", said)
        s.ends(call)
        tests.check(s.lines("red1", call)[0][3] != "" and "+49891234567" in s.lines("red1", call)[0][2], "no wish, nothing hidden")
        for wish in ("Privacy: id\r\n", "Privacy: user;critical\r\n", "Remote-Party-ID: <sip:+49301111@a>;privacy=full\r\n"):
            call = s.begin("+4989503486", said.replace("unconditional", "unconditional;privacy=full") + wish)
            s.ends(call)
            for gateway in ("blue1", "red1"):
                _, _, sender, pai, rpid, diversion = s.lines(gateway, call)[0]
                tests.check(sender.startswith('"Anonymous" <sip:anonymous@anonymous.invalid>;tag=') and pai == rpid == diversion == "",
                            f"{gateway}: {wish.split(chr(13))[0]}: anonymous", repr((sender, pai, rpid, diversion)))
        traces = "Call-Info: <http://a.example/>\r\nOrganization: Acme\r\nSubject: lunch\r\n"
        for wish, left in (("id", 3), ("header", 1), ("user", 0), ("header;user", 0), ("session", 3), ("none", 3), ("history", 3)):
            call = s.begin("+4989503486", f"Privacy: {wish}\r\n" + traces)
            s.ends(call)
            there = s.traces("red1", call)
            hidden = s.lines("red1", call)[0][2].startswith('"Anonymous"')
            tests.check(len(there) == left and hidden == (wish in ("id", "user", "header;user")), f"Privacy: {wish}", repr((there, hidden)))
        call = s.begin("+4989503486", "Privacy: none\r\nRemote-Party-ID: <sip:+49301111@a>;privacy=full\r\n")
        s.ends(call)
        tests.check("+49891234567" in s.lines("red1", call)[0][2], "none goes before what Remote-Party-ID says")
        for wish, phrase in (("header;critical", "header"), ("session; critical", "session"), ("id;header;session;critical", "header, session")):
            call = s.begin("+4989503486", f"Privacy: {wish}\r\n")
            final = s.ends(call)
            tests.check(final.start == f"SIP/2.0 500 Privacy Not Possible: {phrase}" and s.seen(call) == [], f"{wish}: refused", final.start)
        words = ("--account", "acme", "--caller", "+49891234567", "--header", "Privacy: id")
        told = {c["gateway"]: (c["from"], c["identity"]) for c in s.lab.ctl_json("route", "+4989503486", *words)["candidates"]}
        tests.check(told["red1"] == ("anonymous", "none") and told["green1"] == ("+49891234567", "keep"), "lcrctl route shows it", repr(told))
        tests.check("gateway red1: From anonymous, identity none" in s.lab.ctl("route", "+4989503486", *words), "and says it")
        call = s.begin("+4989200486", "Privacy: id\r\n")
        ok = s.ends(call)
        tests.check("+49891234567@" in ok.get("From"), "the answer has the caller's own From", ok.get("From"))
        call.learn(ok)
        call.ack()
        call.send("BYE")
        tests.check(s.caller.wait(200) is not None, "hung up")
        bye = [row for row in s.lines("blue1", call) if row[0] == "BYE"]
        tests.check(bye and bye[0][2].startswith('"Anonymous" <sip:anonymous@anonymous.invalid>;tag='), "its BYE is anonymous, too", repr(bye))
        diverted = "Diversion: <sip:+49302222@a.example>;reason=unconditional\r\n"
        s.change("callers", "account,prefix,preset\nacme,4989,true\n")
        call = s.begin("+4989503486", said)
        s.ends(call)
        _, _, _, pai, rpid, diversion = s.lines("red1", call)[0]
        tests.check("+49891234567@" in pai and "49301111" not in pai and rpid == diversion == "", "own numbers alone", pai + diversion)
        call = s.begin("+4989503486", diverted.replace("+49302222", "+4989777"))
        s.ends(call)
        tests.check("+4989777" in s.lines("red1", call)[0][5], "a diversion from an own number")
        s.change("accounts", "account,trusted\nacme,false\n")
        call = s.begin("+4989503486", said)
        s.ends(call)
        _, _, _, pai, rpid, diversion = s.lines("red1", call)[0]
        tests.check("49301111" not in pai and rpid == diversion == "", "what is asserted by who is not trusted stays here", pai + diversion)


if __name__ == "__main__":
    Tests().run(exclusions, failover, names, health, ported, callers)
