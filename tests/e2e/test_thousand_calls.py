#!/usr/bin/env python3
"""1,000 calls through two gateways with failover become exactly 1,000 records and an exact bill

Usage: tests/e2e/test_thousand_calls.py BUILD
Three times: on SQLite, on PostgreSQL, and on SQLite with kill -9 and restart of the daemon in mid-run.
"""
import datetime
import os
import subprocess
import sys
import time
import zoneinfo

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from lab import HERE, Lab, Pulse, Tests, say  # noqa: E402

BUILD = os.path.abspath(sys.argv[1])
CALLERS = (  # port, number, held so many ms by the caller (the gateway hangs up after GATEWAY_HOLD)
    (5400, "+493012345678", 700), (5401, "+498912345678", 1100), (5402, "+493087654321", 1500), (5403, "+491711234567", 20000))
GATEWAY_HOLD = 2400
REFUSE = 0.4  # of blue1's calls go on to red1
TOLERANCE_S = 0.020
PULSE = Pulse()  # a caller that did not run for a moment has measured that moment, not the call


def start_gateways(lab, hold=GATEWAY_HOLD):
    lab.gateway("blue1", 5391, "gateway", REFUSE=REFUSE, RING_MS=50, HOLD_MS=hold)
    lab.gateway("red1", 5392, "gateway", REFUSE=0, RING_MS=50, HOLD_MS=hold)
    time.sleep(0.5)


def place(lab, calls_per_caller, run, rate=25):
    return [(f"caller{run}-{port}", lab.caller(f"caller{run}-{port}", port + 10 * run, number, calls_per_caller, rate, HOLD_MS=hold))
            for port, number, hold in CALLERS]


def measured(lab, names):
    """What the callers saw: {call-id: (answered, ended, by)}."""
    seen = {}
    for name in names:
        for call_id, times in lab.logged(name).items():
            by = "caller" if "caller_bye" in times else "callee"
            seen[call_id] = (times["answered"], times.get("caller_bye", times.get("callee_bye")), by)
    return seen


def check_records(tests, lab, seen, what, tolerance=TOLERANCE_S):
    answered_by = {call_id: name for name in ("blue1", "red1") for call_id in lab.logged(name)}
    records = lab.records()
    tests.check(len(records) == 1000, f"{what}: exactly 1,000 records", f"there are {len(records)}")
    tests.check(len({r["call_key"] for r in records}) == len(records), f"{what}: none doubled")
    tests.check({r["call_id"] for r in records} == set(seen), f"{what}: the records are the callers' calls")
    tests.check(all(r["status"] == "answered" and r["token"] == "valid" for r in records), f"{what}: all answered and ended",
                str({r["status"] for r in records}))
    wrong = [r["call_id"] for r in records if r["gateway"] != answered_by.get(r["call_id"])]
    tests.check(not wrong, f"{what}: each record names the gateway that answered", str(wrong[:5]))
    hops = {r["hop"] for r in records}
    tests.check(hops == {"1", "2"}, f"{what}: some calls failed over", str(hops))
    off, unjudged = [], 0
    for r in records:
        start, end, by = seen.get(r["call_id"], (0, 0, ""))
        if PULSE.near(start) or PULSE.near(end):
            unjudged += 1
        elif abs(int(r["duration_us"] or -1) / 1e6 - (end - start)) > tolerance:
            off.append((r["call_id"], r["duration_us"], end - start))
    worst = max((abs(int(d or 0) / 1e6 - s) for _, d, s in off), default=0)
    # A party that waited for a processor while ours ran (PULSE sees only its own waits) is one call, an error of ours is all of them.
    tests.check(len(off) <= 5 and worst < 1, f"{what}: durations within {tolerance * 1000:.0f} ms of the callers'", f"{len(off)} off, worst {worst:.3f} s {off[:3]}")
    tests.check(unjudged <= 700, f"{what}: the machine ran steadily enough to judge ({unjudged} calls near a stall of it)")
    wrong = [r["call_id"] for r in records if r["end_source"] != seen.get(r["call_id"], (0, 0, ""))[2]]
    tests.check(not wrong, f"{what}: who hung up is right", str(wrong[:5]))
    attempts = lab.records("--attempts")
    refused = [a for a in attempts if a["outcome"] == "rejected"]
    second = sum(1 for r in records if r["hop"] == "2")
    tests.check(len(refused) == second and all(a["sip_code"] == "503" and a["q850_cause"] == "34" and a["gateway"] == "blue1"
                                               for a in refused), f"{what}: every refusal is an attempt with its cause",
                f"{len(refused)} refused, {second} on hop 2")


def check_bill(tests, lab, what):
    lab.run("cdr-rate")
    month = datetime.datetime.now(zoneinfo.ZoneInfo("Europe/Berlin")).strftime("%Y-%m")
    os.makedirs(lab.path("bills"), exist_ok=True)
    lab.run("cdr-bill", "--period", month, "--out", lab.path("bills"))
    done = subprocess.run([sys.executable, os.path.join(HERE, "recompute.py"), "--build", lab.build, "--store", lab.url(),
                           "--period", month, "--bills", lab.path("bills")], capture_output=True, text=True)
    tests.check(done.returncode == 0, f"{what}: the bill equals its recomputation to the last digit",
                done.stdout[-1500:] + done.stderr[-1500:])
    say("      " + done.stdout.strip().split("\n")[-1])


def thousand(tests, store):
    with Lab(BUILD, "thousand", store=store) as lab:
        lab.prepare()
        lab.start()
        start_gateways(lab)
        callers = place(lab, 250, 1)
        for name, process in callers:
            tests.check(process.wait(timeout=120) == 0, f"{store}: {name} had no failed call", lab.read(name + ".errors")[-500:])
        lab.wait_shipped()
        check_records(tests, lab, measured(lab, [name for name, _ in callers]), store)
        check_bill(tests, lab, store)
        lab.stop()


def on_sqlite(tests):
    """1,000 calls, SQLite"""
    thousand(tests, "sqlite")


def on_postgresql(tests):
    """1,000 calls, PostgreSQL"""
    if not os.path.isdir("/usr/lib/postgresql"):
        say("skipped: PostgreSQL is not installed")
        tests.skipped += 1
        return
    thousand(tests, "postgresql")


def with_kill(tests):
    """1,000 calls, the daemon killed with -9 in mid-run"""
    with Lab(BUILD, "kill") as lab:
        lab.prepare()
        lab.start()
        start_gateways(lab, 4500)  # so long that no BYE crosses another because of the outage
        first = place(lab, 125, 1, rate=80)
        deadline = time.time() + 20  # all set up, many talking, some ended
        while sum(len(lab.logged(name)) for name, _ in first) < 500 and time.time() < deadline:
            time.sleep(0.05)
        ended = sum(1 for name, _ in first for times in lab.logged(name).values() if len(times) > 1)
        time.sleep(0.2)  # the last ACK has passed; calls that are being set up are not the subject here
        lab.kill()
        tests.check(0 < ended < 500, "kill: calls were in progress", f"{ended} of 500 had ended")
        time.sleep(0.7)
        lab.start()
        second = place(lab, 125, 2, rate=80)
        for name, process in first + second:
            tests.check(process.wait(timeout=120) == 0, f"kill: {name} had no failed call", lab.read(name + ".errors")[-500:])
        lab.wait_shipped()
        # A BYE sent while nobody listened is seen when its retransmission comes: up to 1.5 s later for these.
        seen = measured(lab, [name for name, _ in first + second])
        late = [r for r in lab.records() if abs(int(r["duration_us"] or -1) / 1e6 - (seen[r["call_id"]][1] - seen[r["call_id"]][0])) > TOLERANCE_S]
        tests.check(len(late) < 450 and all(int(r["duration_us"] or 10**9) / 1e6 <= seen[r["call_id"]][1] - seen[r["call_id"]][0] + 2.1 for r in late),
                    "kill: only calls whose BYE fell into the outage are longer, by its retransmission", str(len(late)))
        check_records(tests, lab, seen, "kill", tolerance=2.1)
        check_bill(tests, lab, "kill")
        lab.stop()


Tests().run(on_sqlite, on_postgresql, with_kill)
