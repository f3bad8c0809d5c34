#!/usr/bin/env python3
"""Calls over a network that loses, doubles and reorders: every one ends in a record, none doubled

Usage: tests/e2e/test_lossy.py BUILD [LOSS [CALLS]]
"""
import collections
import os
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from lab import Lab, Tests  # noqa: E402
from lossy import Caller, Gateway, Loop, Relay  # noqa: E402

BUILD = os.path.abspath(sys.argv[1])
LOSS = float(sys.argv[2]) if len(sys.argv) > 2 else 0.05
CALLS = int(sys.argv[3]) if len(sys.argv) > 3 else 600
PORT = 5360


def lossy(tests):
    """Both sides hang up, the relay loses LOSS, doubles and delays 5 % each, in both directions on both sides"""
    relay = Relay(4711, LOSS, 0.05, 0.05)
    loop = Loop(relay)
    with Lab(BUILD, "lossy", port=PORT, gateways="gateway,carrier,uri\nblue1,blue,sip:127.0.0.1:5391\n") as lab:
        lab.prepare()
        lab.start()
        caller, gateway = Caller(loop, 5380, PORT), Gateway(loop, 5391, PORT)
        for n in range(CALLS):
            by_gateway = n % 2
            loop.after(n * 0.02, caller.place, f"lossy{n}{'g' if by_gateway else 'c'}", "+498912345678", None if by_gateway else 0.5)
        loop.run(lambda: len(caller.calls) == CALLS and all(caller.calls.values()), 80)
        loop.run(lambda: False, 5)  # the last answers to BYEs, lost or not
        caller.close()
        gateway.close()
        ends = collections.Counter(how.split(" ")[0] for how in caller.calls.values())
        tests.check(ends["caller"] + ends["callee"] >= 0.98 * CALLS, "nearly all calls were answered and hung up", str(ends))
        lab.wait_shipped()
        time.sleep(0.3)
        rows = lab.records()
        calls = {row["call_id"] for row in rows}
        tests.check(calls == set(caller.calls), "every call is on record", str(len(calls)))
        # A gateway of which three INVITEs or answers were lost was given up; if it answers after all, that dialog has a record
        # beside the failure (RFC 3261 16.7 step 5).
        count = collections.Counter((row["call_id"], row["to_tag"]) for row in rows)
        answered = collections.Counter(row["call_id"] for row in rows if row["answer_time"])
        doubled = [c for c in (count + answered).items() if c[1] > 1]
        tests.check(not doubled, "none doubled", str(doubled[:5]))
        rows.sort(key=lambda row: row["answer_time"] != "")
        status = {row["call_id"]: (row["status"], row["end_source"]) for row in rows}
        wrong = [(c, how, status.get(c)) for c, how in caller.calls.items()
                 if how.startswith("call") and status.get(c) != ("answered", how.split(" ")[0])]
        tests.check(not wrong, "each ended by the side that hung up", str(wrong[:5]))
        sent = CALLS * 10  # at least: five messages of a call, by both parties
        tests.check(relay.lost > sent * LOSS * 0.5 and relay.doubled > sent * 0.025 and relay.overtaken > CALLS * 0.05,
                    f"the relay lost {relay.lost}, doubled {relay.doubled}, delayed {relay.delayed}; {relay.overtaken} were overtaken within their call")
        counters = lab.ctl_json("counters")
        tests.check(counters["answered_calls"] == 0, "no call is thought to go on", str(counters["answered_calls"]))
        lab.stop()


Tests().run(lossy)
