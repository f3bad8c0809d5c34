#!/usr/bin/env python3
"""Failover by rules: codes, causes, Retry-After, no ringing, the time for all, margins and limits at each hop's turn

Usage: tests/e2e/test_failover.py BUILD
"""
import os
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from lab import TABLES, Lab, Tests  # noqa: E402
from peer import Call, Peer  # noqa: E402

BUILD = os.path.abspath(sys.argv[1])
PORT = 5360
NUMBER = "+498912345678"
GATEWAYS = ("gateway,carrier,uri,priority,reroute_codes,stop_codes,cps,capacity\nblue1,blue,sip:127.0.0.1:5391,0,{0},{1},{2},{3}\n"
            "red1,red,sip:127.0.0.1:5392,0,,,,\n")
ROUTING = ("routing = {{ first_response_timeout_ms = 400; progress_timeout_ms = 1000; ringing_timeout_ms = 2000; "
           "hunt_timeout_ms = {0}; {1} }};")


class Scene:
    """A lab with a caller and two gateways; words are blue1's codes and limits."""

    def __init__(self, reroute="", stop="", cps="", capacity="", hunt=60000, more="", tables=None, gateways=None):
        self.lab = Lab(BUILD, "failover", workers=1, port=PORT, settings=ROUTING.format(hunt, more),
                       gateways=gateways or GATEWAYS.format(reroute, stop, cps, capacity), tables=tables)

    def __enter__(self):
        self.lab.prepare()
        self.lab.start()
        self.caller, self.blue, self.red = Peer(5380), Peer(5391), Peer(5392)
        return self

    def __exit__(self, kind, value, trace):
        for peer in (self.caller, self.blue, self.red):
            peer.close()
        if kind is None:
            self.lab.stop()
        self.lab.__exit__(kind, value, trace)

    def call(self, headers=""):
        call = Call(self.caller, PORT, NUMBER)
        call.invite(headers)
        return call

    def refused(self, status, headers=""):
        """A call that blue1 refuses so: the INVITE red1 gets, or None, and the caller's failure, or None."""
        call = self.call()
        self.blue.answer(self.blue.wait("INVITE", call_id=call.call_id), status, headers=headers)
        second = self.red.wait("INVITE", 0.4, call_id=call.call_id)
        if second:
            self.red.answer(second, 486)
            return second, None
        failed = self.caller.next(1)
        while failed and (failed.status < 300 or failed.get("Call-ID") != call.call_id):
            failed = self.caller.next(1)
        return None, failed

    def attempts(self, call):
        self.lab.wait_shipped()
        time.sleep(0.2)
        return [row for row in self.lab.records("--attempts") if row["call_id"] == call.call_id]


def codes(tests):
    """Which responses lead on is the configuration's and the gateway's to say"""
    with Scene() as s:
        for status, goes_on in ((500, True), (502, True), (503, True), (504, True), (404, False), (484, False), (604, False), (480, False)):
            second, failed = s.refused(status)
            tests.check((second is not None) == goes_on and (goes_on or failed.status == status),
                        f"{status}: {'on to the next' if goes_on else 'the end'}", repr((second, failed)))
    with Scene(reroute='"480, 404"', stop='"500 503"') as s:
        tests.check(s.refused(480)[0] is not None, "480 of a gateway that uses it so: on")
        tests.check(s.refused(404)[0] is not None, "404 likewise")
        second, failed = s.refused(500)
        tests.check(second is None and failed.status == 500, "500 of a gateway whose 500 is meant", repr(failed))
        second, failed = s.refused(503)
        tests.check(second is None and failed.status == 500, "its 503 is not passed on as ours", repr(failed))
    with Scene(more='reroute_codes = "4xx";') as s:
        tests.check(s.refused(404)[0] is not None and s.refused(500)[0] is None, "the configuration's codes replace the preset")


def causes(tests):
    """A Q.850 cause says whose failure it is, and Reason headers come through"""
    with Scene() as s:
        second, failed = s.refused(503, 'Reason: Q.850;cause=17;text="busy"\r\n')
        tests.check(second is None and failed.status == 486, "busy in a 503 is busy", repr(failed))
        tests.check(failed is not None and 'Q.850;cause=17;text="busy"' in failed.all("Reason"), "with its Reason", repr(failed and failed.headers))
        tests.check(s.refused(480, "Reason: Q.850;cause=34\r\n")[0] is not None, "no circuit in a 480: on")
        call = s.call()
        s.blue.answer(s.blue.wait("INVITE"), 503)
        s.red.answer(s.red.wait("INVITE"), 503, headers='Reason: Q.850;cause=42;text="congested"\r\n')
        failed = s.caller.wait(500)
        reasons = failed.all("Reason") if failed else []
        tests.check('Q.850;cause=42;text="congested"' in reasons and any("SIP;cause=503" in r for r in reasons) and len(reasons) == 2,
                    "all failed: the gateway's Q.850 beside our SIP reason", repr(reasons))
        call.request("ACK")
    with Scene(more="q850_decides = false;") as s:
        tests.check(s.refused(503, "Reason: Q.850;cause=17\r\n")[0] is not None, "unless the configuration says no")


def pauses(tests):
    """Retry-After keeps calls off a gateway for so long"""
    with Scene() as s:
        tests.check(s.refused(503, "Retry-After: 2 (soon)\r\n")[0] is not None, "503 with Retry-After: on to the next")
        call = s.call()
        tests.check(s.red.wait("INVITE", call_id=call.call_id) is not None and s.blue.wait("INVITE", 0.2) is None,
                    "the next call goes there at once")
        route = s.lab.ctl_json("route", NUMBER, "--account", "acme")
        tests.check([c["excluded"] for c in route["candidates"] if c["gateway"] == "blue1"] == ["gateway asked for a pause"], "explained")
        time.sleep(2)
        call = s.call()
        tests.check(s.blue.wait("INVITE", call_id=call.call_id) is not None, "after two seconds it is back")
        s.refused(503)


def no_ringing(tests):
    """A gateway that says 100 and no more is given up; one that rings is not"""
    with Scene() as s:
        start = time.time()
        call = s.call()
        invite = s.blue.wait("INVITE")
        s.blue.answer(invite, 100, tag="")
        second = s.red.wait("INVITE", 3)
        took = time.time() - start
        tests.check(second is not None and 0.9 < took < 1.6, "after progress_timeout_ms: on", f"{took:.2f} s")
        tests.check(s.blue.wait("CANCEL") is not None, "and it is cancelled")
        s.red.answer(second, 183)
        time.sleep(1.3)
        s.red.answer(second, 200)
        tests.check(s.caller.wait(200) is not None, "183 counts as ringing")
        tests.check([a["reason"] for a in s.attempts(call)][:1] == ["no ringing in time"], "on record")


def time_for_all(tests):
    """No further gateway is tried when the time for hunting is over"""
    with Scene(hunt=1000) as s:
        call = s.call()
        invite = s.blue.wait("INVITE")
        s.blue.answer(invite, 180)
        time.sleep(1.2)
        tests.check(s.red.quiet(0.01), "ringing is no hunting: nobody else is asked")
        s.blue.answer(invite, 503)
        failed = s.caller.wait(500)
        tests.check(failed is not None and s.red.quiet(), "a 503 after that ends the call", repr(failed))


def at_its_turn(tests):
    """A hop that was good when the plan was made is looked at again"""
    with Scene() as s:
        call = s.call()
        invite = s.blue.wait("INVITE")
        s.lab.ctl("gateway", "red1", "disable")
        s.blue.answer(invite, 503)
        failed = s.caller.wait(500)
        tests.check(failed is not None and s.red.quiet(), "switched off meanwhile: passed over", repr(failed))
        tests.check(s.lab.ctl_json("counters")["skipped_hops"] == 1, "and counted")
        tests.check([a["gateway"] for a in s.attempts(call)] == ["blue1"], "no attempt of it on record")
    rates = TABLES["rates"].replace("red,49,Germany,0.0093,0,60,60\n", "")
    rates = rates.replace("first_increment,increment\n", "first_increment,increment,valid_until\n")
    rates = "\n".join(line + ("" if line.startswith("tariff") else ",") for line in rates.splitlines()) + "\n"
    until = time.time() + 4
    soon = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(until))
    rates += f"red,49,Germany,0.0093,0,60,60,{soon}\n"
    with Scene(tables={"rates": rates}) as s:
        time.sleep(max(int(until) - time.time() - 1, 0))
        call = s.call()
        invite = s.blue.wait("INVITE")
        s.blue.answer(invite, 180)
        planned = s.lab.ctl_json("route", NUMBER, "--account", "acme")["plan"]
        time.sleep(max(int(until) - time.time(), 0) + 0.2)
        s.blue.answer(invite, 503)
        tests.check(planned == ["blue1", "red1"] and s.red.quiet(0.5), "its price ran out meanwhile: passed over", repr(planned))


def limits(tests):
    """Calls per second and channels of a gateway"""
    with Scene(cps=2) as s:
        start = time.time()
        calls = [s.call() for _ in range(4)]
        blue = [s.blue.wait("INVITE", 0.5, call_id=c.call_id) for c in calls[:2]]
        red = [s.red.wait("INVITE", 0.5, call_id=c.call_id) for c in calls[2:]]
        tests.check(all(blue) and all(red), "2 a second go there, the others elsewhere", f"{time.time() - start:.2f} s {blue} {red}")
    with Scene(capacity=1) as s:
        first = s.call()
        invite = s.blue.wait("INVITE")
        second = s.call()
        tests.check(s.red.wait("INVITE", call_id=second.call_id) is not None, "its one channel is taken")
        s.blue.answer(invite, 486)
        s.caller.wait(486)
        third = s.call()
        tests.check(s.blue.wait("INVITE", call_id=third.call_id) is not None, "and free again after the failure", repr(first))


def rewriting(tests):
    """What each gateway is told, always from the original"""
    gateways = ("gateway,carrier,uri,priority,number_format,strip,prefix,trusted\nblue1,blue,sip:127.0.0.1:5391,0,national,1,77,false\n"
                "red1,red,sip:127.0.0.1:5392,0,digits,0,,true\n")
    with Scene(gateways=gateways) as s:
        s.call("P-Asserted-Identity: <sip:+4989777@127.0.0.1>\r\nPrivacy: id\r\n")
        first = s.blue.wait("INVITE")
        s.blue.answer(first, 503)
        second = s.red.wait("INVITE")
        tests.check(first.start == "INVITE sip:778912345678@127.0.0.1:5391 SIP/2.0", "national, stripped and prefixed", repr(first))
        tests.check(second.start == "INVITE sip:498912345678@127.0.0.1:5392 SIP/2.0", "digits, of the original", repr(second))
        tests.check(not first.all("P-Asserted-Identity") and first.get("Privacy") == "id", "private, and not trusted: no identity", repr(first.headers))
        tests.check(second.get("P-Asserted-Identity") == "<sip:+4989777@127.0.0.1>", "the next one is trusted")
        s.red.answer(second, 486)


def refused_numbers(tests):
    """Blocks by class and prefix, and numbers that cannot be"""
    with Scene(more="", tables={"accounts": TABLES["accounts"]}) as s:
        def reason(number):
            call = Call(s.caller, PORT, number)
            call.invite()
            failed = s.caller.next(2)
            while failed and (failed.status < 300 or failed.get("Call-ID") != call.call_id):
                failed = s.caller.next(2)
            call.send("ACK", cseq=1, branch=call.branch)
            return failed and (failed.status, failed.get("Reason"))

        def rule(kind, text):
            with open(s.lab.path(kind + ".csv"), "w", encoding="utf-8") as file:
                file.write(text)
            s.lab.run("lcrdb", "import", kind, s.lab.path(kind + ".csv"))
            s.lab.ctl("reload")

        rule("blocks", "account,prefix,class\nacme,,premium\n,4989111,\n")
        tests.check(reason("+449098790000") == (403, 'Q.850;cause=21;text="number is blocked"'), "a class is blocked",
                    repr(reason("+449098790000")))
        tests.check(reason("+498911123456") == (403, 'Q.850;cause=21;text="number is blocked"'), "so is a prefix")
        call = Call(s.caller, PORT, "+442079460000")
        call.invite()
        tests.check(s.red.wait("INVITE", call_id=call.call_id) is not None, "other numbers there are not")
        tests.check(reason("+9991234567") == (404, 'Q.850;cause=1;text="no such country code"'), "no such country code")
        for bad in ("+4989abc4567", "+49%0d%0a89123", "+49';--"):
            tests.check((reason(bad) or (0,))[0] in (400, 404), f"no number: {bad}", repr(reason(bad)))


if __name__ == "__main__":
    Tests().run(codes, causes, pauses, no_ringing, time_for_all, at_its_turn, limits, rewriting, refused_numbers)
