#!/usr/bin/env python3
"""Records whose events are late, missing or from several nodes: sweeps, signs of life, corrections

Usage: tests/e2e/test_records.py BUILD
"""
import json
import os
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from lab import Lab, Tests  # noqa: E402
from peer import Call, Peer  # noqa: E402

BUILD = os.path.abspath(sys.argv[1])
PORT = 5360
NUMBER = "+498912345678"


def wait_until(what, seconds=8):
    deadline = time.time() + seconds
    while not what() and time.time() < deadline:
        time.sleep(0.1)


class Scene:
    """A lab with a caller and a gateway as scripted peers."""

    def __init__(self, settings="", **more):
        self.lab = Lab(BUILD, "records", workers=1, port=PORT, settings=settings, **more)

    def __enter__(self):
        self.lab.prepare()
        self.lab.start()
        self.caller, self.blue = Peer(5380), Peer(5391)
        return self

    def __exit__(self, kind, value, trace):
        self.caller.close()
        self.blue.close()
        if kind is None:
            self.lab.stop()
        self.lab.__exit__(kind, value, trace)

    def answered(self, headers="", proxy=PORT):
        call = Call(self.caller, proxy, NUMBER)
        call.invite()
        invite = self.blue.wait("INVITE", call_id=call.call_id)
        self.blue.answer(invite, 200, headers=headers)
        call.learn(self.caller.wait(200, call_id=call.call_id))
        call.ack()
        self.blue.wait("ACK", call_id=call.call_id)
        return call, invite

    def refresh(self, call, method="UPDATE", headers=""):
        call.send(method)
        self.blue.answer(self.blue.wait(method, call_id=call.call_id), 200, headers=headers)
        return self.caller.wait(200, call_id=call.call_id)

    def end(self, call):
        call.send("BYE")
        self.blue.answer(self.blue.wait("BYE", call_id=call.call_id), 200)
        return self.caller.wait(200, call_id=call.call_id)

    def record(self, call):
        self.lab.wait_shipped()
        rows = [row for row in self.lab.records() if row["call_id"] == call.call_id]
        return rows[0] if len(rows) == 1 else {"rows": len(rows)}


def schedule(tests):
    """The daemon closes a call after its session interval, at its last sign of life, and a late BYE corrects that"""
    with Scene("records = { sweep_interval_s = 1; sweep_grace_s = 0; };") as s:
        timed, _ = s.answered("Session-Expires: 2;refresher=uas\r\n")
        plain, _ = s.answered()
        time.sleep(1)
        s.refresh(timed, headers="Session-Expires: 2\r\n")
        row = s.record(timed)
        tests.check(row.get("status") == "open" and row["session_s"] == "2" and row["last_seen"] > row["answer_time"],
                    "a refresh is a sign of life", str(row))
        wait_until(lambda: s.record(timed)["status"] == "swept")
        row = s.record(timed)
        tests.check((row["status"], row["end_source"], row["end_time"]) == ("swept", "session_timer", row["last_seen"]),
                    "swept at its last sign of life", str(row))
        tests.check(900000 < int(row["duration_us"]) < 1500000, "so the time-out is not billed", row["duration_us"])
        tests.check(s.record(plain)["status"] == "open", "a call without session timers goes on")
        tests.check(s.lab.ctl_json("status")["accounting"]["calls_swept"] == 1, "it is counted")
        s.lab.run("cdr-rate")
        tests.check(s.record(timed)["sell_amount"] != "", "the swept call is rated")
        s.end(timed)
        row = s.record(timed)
        tests.check((row["status"], row["end_source"], row["sell_amount"]) == ("answered", "caller", "") and
                    int(row["duration_us"]) > 2500000, "a late BYE corrects the record and undoes the rating", str(row))
        s.end(plain)
        row = s.record(plain)
        tests.check(row["status"] == "answered" and row["anomaly"] == "", "the other one ends as usual", str(row))


def program(tests):
    """cdr-sweep says what it does, and does it"""
    with Scene("records = { sweep_interval_s = 0; };") as s:
        call, _ = s.answered()
        time.sleep(1.2)
        s.refresh(call, "INVITE")
        s.record(call)
        sweep = ("cdr-sweep", "--max-call-s", "1", "--grace-s", "0", "--json")
        time.sleep(1.2)
        dry = json.loads(s.lab.run(*sweep, "--dry-run").stdout)
        tests.check(dry["swept"] == 1 and dry["dry_run"] and s.record(call)["status"] == "open", "--dry-run changes nothing", str(dry))
        tests.check("1 to be swept" in s.lab.run("cdr-sweep", "--max-call-s", "1", "--grace-s", "0", "--dry-run").stdout, "as text")
        done = json.loads(s.lab.run(*sweep).stdout)
        row = s.record(call)
        tests.check(done["swept"] == 1 and done["calls"][0]["call_id"] == call.call_id and row["status"] == "swept" and
                    row["end_source"] == "sweep" and 1000000 < int(row["duration_us"]) < 2000000,
                    "swept at the re-INVITE", f"{done} {row}")
        s.refresh(call)
        s.record(call)
        done = json.loads(s.lab.run("cdr-sweep", "--grace-s", "0", "--json").stdout)
        tests.check(done["reopened"] == 1 and s.record(call)["status"] == "open", "life after the sweep opens it again", str(done))
        s.end(call)
        tests.check(s.record(call)["status"] == "answered", "and its BYE ends it")
        tests.check(s.lab.run("cdr-sweep", "--grace-s", "x", check=False).returncode == 2, "wrong usage is refused")


class Nodes:
    """Three nodes on one store, with one set of keys; a caller and a gateway."""

    def __init__(self):
        self.lab = Lab(BUILD, "nodes", workers=1, port=PORT, settings="records = { sweep_interval_s = 0; };")

    def __enter__(self):
        self.lab.prepare()
        self.nodes = [self.lab.node(i) for i in range(3)]
        for node in self.nodes:
            node.start()
        for node in self.nodes:
            node.wait()
        self.caller, self.blue = Peer(5380), Peer(5391)
        return self

    def __exit__(self, kind, value, trace):
        self.caller.close()
        self.blue.close()
        self.lab.__exit__(kind, value, trace)

    answered = Scene.answered
    refresh = Scene.refresh
    end = Scene.end

    def record(self, call, *nodes):
        for node in nodes:
            node.wait(backlog=True)
        time.sleep(0.2)
        rows = [row for row in self.lab.records() if row["call_id"] == call.call_id]
        return rows[0] if len(rows) == 1 else {"rows": len(rows)}


def three_nodes(tests):
    """Set up by one node, a re-INVITE through the second, the BYE through the third, the first one dead"""
    with Nodes() as s:
        a, b, c = s.nodes
        call, _ = s.answered()
        a.kill()
        call.proxy = b.port
        tests.check(s.refresh(call, "INVITE") is not None, "the re-INVITE goes through the second node")
        call.proxy = c.port
        tests.check(s.end(call) is not None, "the BYE goes through the third")
        a.start()
        a.wait()
        row = s.record(call, a, b, c)
        tests.check((row.get("status"), row["node"], row["end_source"], row["number"], row["anomaly"], row["last_seen"] != "") ==
                    ("answered", "node0", "caller", NUMBER[1:], "", True), "one complete record, once the first one's journal is read", str(row))


def lost_journal(tests):
    """The journal with the START is lost: what other nodes saw is on record, and marked"""
    with Nodes() as s:
        a, b, c = s.nodes
        # The first node gets no event into the store.
        a.kill()
        for name in os.listdir(a.journal):
            os.unlink(os.path.join(a.journal, name))
        with open(s.lab.path("node0.conf"), encoding="utf-8") as file:
            text = file.read()
        with open(s.lab.path("node0.conf"), "w", encoding="utf-8") as file:
            file.write(text.replace("ship_interval_ms = 100", "ship_interval_ms = 60000"))
        a.start()
        a.wait()
        time.sleep(0.3)  # its first look for events is over
        witnessed, _ = s.answered()
        unseen, invite = s.answered()
        a.kill()
        for name in os.listdir(a.journal):
            os.unlink(os.path.join(a.journal, name))
        # The gateway repeats its 200 and the caller its ACK, which another node sees now.
        witnessed.proxy = b.port
        witnessed.ack()
        tests.check(s.blue.wait("ACK", call_id=witnessed.call_id) is not None, "the ACK goes through the second node")
        row = s.record(witnessed, b)
        tests.check((row.get("status"), row["node"], row["number"], row["anomaly"]) == ("open", "", "", "no_start") and
                    row["answer_time"] != "" and row["account"] == "acme" and row["gateway"] == "blue1" and row["last_seen"] != "",
                    "the ACK tells when it was answered, for whom and by which gateway", str(row))
        witnessed.proxy = c.port
        s.end(witnessed)
        row = s.record(witnessed, c)
        tests.check(row.get("status") == "answered" and int(row["duration_us"]) > 0 and row["anomaly"] == "no_start",
                    "its BYE ends the record, which stays marked", str(row))
        unseen.proxy = b.port
        unseen.callee_request(s.blue, "BYE", invite)
        bye = s.caller.wait("BYE", call_id=unseen.call_id)
        tests.check(bye is not None, "a BYE of the callee is forwarded")
        if bye is not None:
            s.caller.answer(bye, 200)
            s.blue.wait(200, call_id=unseen.call_id)
        row = s.record(unseen, b)
        tests.check((row.get("status"), row["answer_time"], row["duration_us"], row["end_source"], row["anomaly"]) ==
                    ("answered", "", "", "callee", "no_start"), "its record has no answer, no duration, and is marked", str(row))
        s.lab.run("cdr-rate")
        tests.check(all(r["sell_amount"] == "" and r["rating_run"] == "" for r in s.lab.records()), "neither is rated")


Tests().run(schedule, program, three_nodes, lost_journal)
