#!/usr/bin/env python3
"""Calls in progress are counted on after kill -9 and a restart, and no longer once they have ended, wherever that was

Usage: tests/e2e/test_restart.py BUILD
"""
import os
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from lab import Tests  # noqa: E402
from scene import NUMBER, PORT, Scene  # noqa: E402

BUILD = os.path.abspath(sys.argv[1])
ONE = "gateway,carrier,uri,priority,capacity\nblue1,blue,sip:127.0.0.1:5391,0,{}\n"
TWO = ONE + "red1,red,sip:127.0.0.1:5392,0,{}\n"
SWEEP = "records = { sweep_interval_s = 1; };"


def gateway(s, name="blue1"):
    row, = [g for g in s.lab.ctl_json("gateways") if g["gateway"] == name]
    return row["answered"], row["pending"]


def waits_for(s, answered, seconds=5):
    deadline = time.time() + seconds
    while gateway(s)[0] != answered and time.time() < deadline:
        time.sleep(0.05)
    return gateway(s)[0] == answered


def refused(s):
    """The status and the Reason of a call that no gateway gets."""
    call = s.call()
    call.invite()
    final = s.final(call)
    return final.status, final.get("Reason"), s.blue.quiet(0.1)


def hang_up(s, call):
    call.send("BYE")
    bye = s.blue.wait("BYE", call_id=call.call_id)
    s.blue.answer(bye, 200, tag="")
    return s.caller.wait(200, call_id=call.call_id)


class Restart(Scene):
    def restart(self):
        self.lab.kill()
        self.lab.start()

    def final(self, call):
        while True:
            message = self.caller.next(3)
            if message is None or (message.status >= 200 and message.get("Call-ID") == call.call_id):
                if message is not None and message.status >= 300:
                    self.caller.send(call.request("ACK", cseq=1, branch=call.branch), PORT)
                return message

    def answered(self, **more):
        """As a scene's, and the INVITE for what the callee sends."""
        call, invite, _ = super().answered(**more)
        return call, invite


def ten_channels(tests, store, workers):
    with Restart(BUILD, "restart", workers=workers, store=store, gateways=ONE.format(10), settings=SWEEP) as s:
        calls = [s.answered() for _ in range(10)]
        tests.check(gateway(s) == (10, 0), "ten calls are up", repr(gateway(s)))
        status, _, unasked = refused(s)
        tests.check(status >= 400 and unasked, "the eleventh is refused", repr(status))
        s.restart()
        tests.check(gateway(s) == (10, 0), "kill -9 and a start later they are counted", repr(gateway(s)))
        told = s.lab.ctl_json("calls")
        tests.check(sorted(c["call_id"] for c in told) == sorted(c.call_id for c, _ in calls) and
                    {(c["state"], c["account"], c["gateway"], c["carrier"]) for c in told} == {("answered", "acme", "blue1", "blue")},
                    "lcrctl calls has them", repr(told))
        tests.check(s.lab.ctl_json("counters")["calls_resumed"] == 10, "and they are told apart in the counters")
        route = s.lab.ctl_json("route", NUMBER, "--account", "acme")
        tests.check(route["candidates"][0]["excluded"] == "gateway has no free channel", "no channel is free", repr(route["candidates"]))
        status, _, unasked = refused(s)
        tests.check(status >= 400 and unasked, "the eleventh is refused", repr(status))
        tests.check(hang_up(s, calls[0][0]) is not None and gateway(s) == (9, 0), "one hangs up", repr(gateway(s)))
        late, _ = s.answered()
        tests.check(gateway(s) == (10, 0), "the next is accepted", repr(gateway(s)))
        status, _, unasked = refused(s)
        tests.check(status >= 400 and unasked, "and the one after that is not", repr(status))
        call, invite = calls[1]
        call.callee_request(s.blue, "BYE", invite)
        bye = s.caller.wait("BYE", call_id=call.call_id)
        s.caller.answer(bye, 200, tag="")
        tests.check(s.blue.wait(200) is not None and gateway(s) == (9, 0), "a gateway hangs up", repr(gateway(s)))
        for again in (calls[0][0], call):
            again.send("BYE")
            bye = s.blue.wait("BYE", call_id=again.call_id)
            s.blue.answer(bye, 481, tag="")
            s.caller.wait(481, call_id=again.call_id)
        tests.check(gateway(s) == (9, 0), "who hangs up twice is counted out once", repr(gateway(s)))
        s.restart()
        tests.check(gateway(s) == (9, 0), "once more", repr(gateway(s)))
        for call in [c for c, _ in calls[2:]] + [late]:
            hang_up(s, call)
        tests.check(gateway(s) == (0, 0) and s.lab.ctl_json("calls") == [], "all have hung up: nothing is left, nothing negative", repr(gateway(s)))


def channels_sqlite(tests):
    """Capacity of a gateway, one worker, SQLite"""
    ten_channels(tests, "sqlite", 1)


def channels_postgresql(tests):
    """Capacity of a gateway, three workers, PostgreSQL"""
    ten_channels(tests, "postgresql", 3)


def swept(tests):
    """Calls that ended while nobody listened: the sweep gives their channels back"""
    with Restart(BUILD, "swept", gateways=ONE.format(10), settings=SWEEP) as s:
        calls = [s.answered()[0] for _ in range(3)]
        s.restart()
        fresh, _ = s.answered()
        tests.check(gateway(s) == (4, 0), "three of before, one of now", repr(gateway(s)))
        s.lab.wait_shipped()
        time.sleep(1.2)
        s.lab.run("cdr-sweep", "--max-call-s", "1", "--grace-s", "0")
        tests.check(waits_for(s, 0), "the records are closed, the channels free", repr(gateway(s)))
        tests.check(s.lab.ctl_json("counters")["calls_healed"] == 4, "and that is counted")
        for call in (*calls, fresh):
            tests.check(hang_up(s, call) is not None and gateway(s) == (0, 0), "a late BYE takes nothing off", repr(gateway(s)))
        ringing = s.call()
        ringing.invite()
        invite = s.blue.wait("INVITE", call_id=ringing.call_id)
        s.blue.answer(invite, 180)
        s.caller.wait(180)
        tests.check(gateway(s) == (0, 1), "a ringing call", repr(gateway(s)))
        s.restart()
        tests.check(gateway(s) == (0, 0), "does not outlive the process", repr(gateway(s)))


def limits(tests):
    """The channels of an account"""
    tables = {"accounts": "account,name,tariff,country_code,international,timezone,channels\nacme,Acme GmbH,retail,49,true,Europe/Berlin,3\n",
              "limits": "account,trunk,class,channels\nacme,north,international,1\n",
              "trunks": "account,address,trunk\nacme,127.0.0.1,north\n"}
    with Restart(BUILD, "limits", gateways=TWO.format("", ""), tables=tables, settings=SWEEP) as s:
        calls = [s.answered()[0] for _ in range(2)]
        call = s.call("+44207946000")
        call.invite()
        invite = s.red.wait("INVITE", call_id=call.call_id)
        s.red.answer(invite, 200)
        call.learn(s.caller.wait(200, call_id=call.call_id))
        call.ack()
        s.restart()

        def used():
            return {(row["class"], row["trunk"]): row["channels_used"] for row in s.lab.ctl_json("limits", "acme")}

        tests.check(used() == {("all", None): 3, ("international", "north"): 1}, "three channels, one of them abroad by its trunk",
                    s.lab.ctl("limits", "--json"))
        status, reason, unasked = refused(s)
        tests.check(status == 480 and "channels" in reason and unasked, "the fourth call is refused", repr((status, reason)))
        hang_up(s, calls[0])
        again = s.call("+44207946000")
        again.invite()
        tests.check(s.final(again).status == 480, "a second one abroad, too")
        more, _ = s.answered()
        call.send("BYE")
        bye = s.red.wait("BYE")
        s.red.answer(bye, 200, tag="")
        s.caller.wait(200, call_id=call.call_id)
        for one in (calls[1], more):
            hang_up(s, one)
        tests.check(used() == {("all", None): 0, ("international", "north"): 0}, "all have hung up", s.lab.ctl("limits", "--json"))


def other_node(tests):
    """A call that another node ends is counted no more by the one that began it"""
    with Restart(BUILD, "nodes", gateways=ONE.format(10), settings=SWEEP) as s:
        other = s.lab.node(1)
        other.start()
        other.wait()
        calls = [s.answered()[0] for _ in range(2)]
        tests.check(gateway(s) == (2, 0), "two calls by the first node", repr(gateway(s)))
        calls[0].proxy = other.port
        tests.check(hang_up(s, calls[0]) is not None, "the second one sees the BYE")
        tests.check(waits_for(s, 1), "the first one learns of it from the store", repr(gateway(s)))
        time.sleep(2.5)
        tests.check(gateway(s) == (1, 0), "and keeps the other call", repr(gateway(s)))
        other.kill()
        s.restart()
        tests.check(gateway(s) == (1, 0), "after a restart, too", repr(gateway(s)))
        hang_up(s, calls[1])
        tests.check(gateway(s) == (0, 0), "which ends here", repr(gateway(s)))


if __name__ == "__main__":
    Tests().run(channels_sqlite, channels_postgresql, swept, limits, other_node)
