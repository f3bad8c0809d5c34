#!/usr/bin/env python3
"""Records whose events are late, missing or from several nodes: sweeps, signs of life, corrections

Usage: tests/e2e/test_records.py BUILD [TEST...]
"""
import datetime
import json
import os
import string
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from lab import Lab, Tests  # noqa: E402
from peer import Call, Peer  # noqa: E402
from preload import STEPPING, Preload, set_clock  # noqa: E402

BUILD = os.path.abspath(sys.argv[1])
PORT = 5360
NUMBER = "+498912345678"


def wait_until(what, seconds=8):
    deadline = time.time() + seconds
    while not what() and time.time() < deadline:
        time.sleep(0.1)


def seconds_of(text):
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()


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
        return call, call.be_answered(self.blue, headers)

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


def killed_at_once(tests):
    """kill -9 right behind the answer to the BYE: what is in no segment yet is in the front, for whoever starts next and for cdr-export"""
    with Nodes() as s:
        node, fronts = s.nodes[0], 0
        for turn in range(6):
            calls = [s.answered()[0] for _ in range(3)]
            for call in calls:
                s.end(call)
            node.kill()
            front = os.path.join(node.journal, "node0.0.front")
            before = s.lab.run("cdr-export", "--journal", node.journal, "--json").stdout
            mine = [json.loads(line) for line in before.splitlines()]
            mine = {row["call_id"]: row for row in mine}
            tests.check(all(mine.get(call.call_id, {}).get("end_source") == "caller" for call in calls),
                        f"{turn}: cdr-export --journal has all calls with their ends", str([mine.get(call.call_id) for call in calls]))
            os.rename(front, front + ".away")
            without = s.lab.run("cdr-export", "--journal", node.journal, "--json").stdout
            os.rename(front + ".away", front)
            fronts += without != before
            node.start()
            node.wait(backlog=True)
            rows = [s.record(call, node) for call in calls]
            tests.check(all((row.get("status"), row.get("end_source"), row.get("anomaly")) == ("answered", "caller", "") for row in rows),
                        f"{turn}: and so has the store once the node runs again", str(rows))
        tests.check(fronts > 0, "some of it was in the front only", str(fronts))


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
        for _ in range(20):
            witnessed.ack()
            s.blue.wait("ACK", call_id=witnessed.call_id)
        counters = json.loads(s.lab.run("lcrctl", "--socket", s.lab.path("control1.sock"), "counters", "--json").stdout)
        tests.check(counters["refreshes"] == 1, "once, however often it comes", str(counters["refreshes"]))
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


def live_view(tests):
    """lcrctl events as they come; cdr-export --open"""
    with Scene("records = { sweep_interval_s = 0; };") as s:
        before, _ = s.answered()
        s.record(before)  # what is in no segment yet would be an event of now
        watch = s.lab.spawn([os.path.join(BUILD, "lcrctl"), "--socket", s.lab.path("control.sock"), "events"], "events.log")
        one = s.lab.spawn([os.path.join(BUILD, "lcrctl"), "--socket", s.lab.path("control.sock"), "events", "--account", "other"], "other.log")
        time.sleep(0.5)
        call, _ = s.answered()
        s.refresh(call)
        wait_until(lambda: s.record(call).get("last_seen"))
        open_now = {row["call_id"] for row in s.lab.records("--open")}
        tests.check(open_now == {before.call_id, call.call_id}, "both calls are open in the store", str(open_now))
        s.end(call)
        wait_until(lambda: '"stop"' in s.lab.read("events.log"))
        events = [json.loads(line) for line in s.lab.read("events.log").splitlines()]
        tests.check([e["event"] for e in events] == ["attempt", "start", "refresh", "stop"], "each event comes, and none from before", str(events))
        tests.check(all(e["call_id"] == call.call_id for e in events) and [e["seq"] - events[0]["seq"] for e in events] == [0, 0, 1, 2],
                    "in order, the attempt with its start", str(events))
        tests.check(events[1]["number"].endswith("xxx") and events[1]["account"] == "acme" and events[1]["answer_time"] <= events[3]["end_time"],
                    "with what is known, numbers masked", str(events[1]))
        tests.check(s.lab.read("other.log") == "" and one.poll() is None, "nothing of another account")
        wait_until(lambda: s.record(call)["status"] == "answered")
        tests.check({row["call_id"] for row in s.lab.records("--open")} == {before.call_id}, "the ended one is open no more")
        one.kill()
        time.sleep(0.2)
        s.end(before)
        wait_until(lambda: before.call_id in s.lab.read("events.log"))
        tests.check(before.call_id in s.lab.read("events.log") and watch.poll() is None, "who goes away disturbs nobody")
        s.lab.stop()
        tests.check(watch.wait(timeout=5) == 0, "the stream ends with the daemon")
        s.lab.start()


def answer_byes(peer, call, status, seconds=0.6):
    """Answer each BYE of the call that comes; how many."""
    n = 0
    while (bye := peer.wait("BYE", seconds, call_id=call.call_id)) is not None:
        peer.answer(bye, status)
        n += 1
    return n


def byes(tests):
    """A gateway that rejects BYEs; a storm of them; two that cross"""
    with Scene("records = { sweep_interval_s = 0; };") as s:
        call, _ = s.answered()
        for status in (401, 403, 500, 400):  # 400 or 500: what a wrong CSeq gets
            call.send("BYE")
            s.blue.answer(s.blue.wait("BYE", call_id=call.call_id), status)
            tests.check(s.caller.wait(status, call_id=call.call_id) is not None, f"{status}: the caller hears that its BYE is rejected")
            row = s.record(call)
            tests.check((row.get("status"), row["end_time"], row["end_source"]) == ("open", "", ""), f"{status}: that is no end", str(row))
        s.end(call)
        row = s.record(call)
        tests.check((row.get("status"), row["end_source"], row["reason"]) == ("answered", "caller", ""), "the one that is answered is", str(row))

        call, invite = s.answered()
        time.sleep(0.3)
        first = time.time()
        call.send("BYE")
        for i in range(60):
            if i % 3 == 0:
                call.callee_request(s.blue, "BYE", invite)
            else:
                call.send("BYE")
        n = answer_byes(s.blue, call, 200)
        n += answer_byes(s.caller, call, 481)
        row = s.record(call)
        spread = seconds_of(row["end_time"]) - first
        tests.check(n > 20 and row.get("status") == "answered" and row["end_source"] == "caller" and abs(spread) < 0.15,
                    "a storm of BYEs from both sides is one record with the first one's end", f"{n} {spread} {row}")
        tests.check(300000 < int(row["duration_us"]) < 600000, "and its length", row["duration_us"])

        call, _ = s.answered()
        call.send("BYE")
        s.blue.answer(s.blue.wait("BYE", call_id=call.call_id), 408)
        tests.check(not s.caller.wait(408, 0.4, call.call_id), "408 to a BYE is not passed on (RFC 4320 4.2)")
        row = s.record(call)
        tests.check((row.get("status"), row["end_source"], row["reason"]) == ("answered", "caller", "BYE answered with 408"), "but ends the call", str(row))

        call, invite = s.answered()
        call.send("BYE")
        call.callee_request(s.blue, "BYE", invite)
        callers, callees = s.blue.wait("BYE", call_id=call.call_id), s.caller.wait("BYE", call_id=call.call_id)
        tests.check(callers is not None and callees is not None, "BYEs that cross both arrive")
        s.caller.answer(callees, 200)
        time.sleep(0.2)
        s.blue.answer(callers, 200)
        s.caller.wait(200, call_id=call.call_id)
        time.sleep(0.2)
        row = s.record(call)
        tests.check((row.get("status"), row["end_source"], row["anomaly"]) == ("answered", "caller", ""),
                    "one record, the end of the one that came first, whichever was answered first", str(row))
        events = [json.loads(line) for line in s.lab.run("cdr-export", "--journal", s.lab.path("journal"), "--format", "json").stdout.splitlines()]
        mine = [e for e in events if e.get("call_id") == call.call_id]
        tests.check(len(mine) == 1 and mine[0]["end_source"] == "caller", "the journal alone says the same", str(mine))


def second_stop(tests):
    """The BYE once more, through another node: the first valid end stays, whichever journal is read first"""
    for late in (False, True):
        with Nodes() as s:
            a, b, c = s.nodes
            call, _ = s.answered()
            time.sleep(0.2)
            call.proxy = b.port
            s.end(call)
            if late:
                b.wait(backlog=True)
                b.kill()
            first = s.record(call, a, *([] if late else [b]))
            call.proxy = c.port
            call.send("BYE")
            s.blue.answer(s.blue.wait("BYE", call_id=call.call_id), 481)
            s.caller.wait(481, call_id=call.call_id)
            row = s.record(call, a, c)
            tests.check(row == first and row.get("status") == "answered" and row["reason"] == "",
                        f"the second node's STOP changes nothing (late={late})", f"{first} {row}")

    with Nodes() as s:
        a, b, c = s.nodes
        call, _ = s.answered()
        a.wait(backlog=True)
        # The first end's journal cannot be read yet.
        b.kill()
        with open(s.lab.path("node1.conf"), encoding="utf-8") as file:
            text = file.read()
        with open(s.lab.path("node1.conf"), "w", encoding="utf-8") as file:
            file.write(text.replace("ship_interval_ms = 100", "ship_interval_ms = 60000"))
        b.start()
        b.wait()
        time.sleep(0.3)
        call.proxy = b.port
        s.end(call)
        time.sleep(0.5)
        call.proxy = c.port
        call.send("BYE")
        s.blue.answer(s.blue.wait("BYE", call_id=call.call_id), 200)
        s.caller.wait(200, call_id=call.call_id)
        later = s.record(call, a, c)
        tests.check(later.get("status") == "answered", "the second end is there first", str(later))
        s.lab.run("cdr-rate")
        tests.check(s.record(call, a, c)["sell_amount"] != "", "and is rated")
        b.daemon.terminate()
        b.daemon.wait()
        row = s.record(call, a, c)
        tests.check(int(row["duration_us"]) < int(later["duration_us"]) - 400000 and row["status"] == "answered",
                    "the earlier one takes its place when it comes", f"{later} {row}")
        tests.check(row["sell_amount"] == row["rating_run"] == "", "the rating is undone", str(row))
        s.lab.run("cdr-rate")
        tests.check(s.record(call, a, c)["sell_amount"] != "", "and done again")


def clock_set_while_down(tests):
    """The clock is set while the node is down between answer and BYE: the record says so"""
    with Scene("records = { sweep_interval_s = 0; };") as s:
        call, _ = s.answered()
        plain, _ = s.answered()
        s.end(plain)
        s.lab.stop()
        mark = os.path.join(s.lab.path("journal"), "e2e.clock")
        with open(mark, encoding="utf-8") as file:
            lines = file.read().splitlines()
        # As if the clock had shown an hour more when the node went down: it has been set back since.
        look = next(line for line in lines if line.startswith("look ")).split()
        moved = f"look {int(look[1]) + 3600 * 1000000} {look[2]}"
        with open(mark, "w", encoding="utf-8") as file:
            file.write("\n".join(moved if line.startswith("look ") else line for line in lines) + "\n")
        s.lab.start()
        tests.check("it was set by -3600" in s.lab.read("lcrproxyd.log") or "it was set by -3599" in s.lab.read("lcrproxyd.log"),
                    "it is noticed", s.lab.read("lcrproxyd.log")[-600:])
        s.end(call)
        row = s.record(call)
        tests.check((row.get("status"), row["anomaly"]) == ("answered", "clock") and abs(int(row["clock_us"]) + 3600 * 1000000) < 2000000,
                    "and the call that spans it is marked", str(row))
        tests.check(s.record(plain)["anomaly"] == "", "the other one is not")


def no_accounting(tests):
    """accounting = false: calls go on, nothing is on record"""
    with Scene("accounting = false;") as s:
        call, _ = s.answered()
        tests.check(s.end(call) is not None, "a call is set up and ended")
        counters = s.lab.ctl_json("counters")
        tests.check((counters["starts"], counters["stops"]) == (1, 1), "it is counted", str(counters))
        s.lab.wait_shipped()
        tests.check(s.lab.records() == [] and "no call is put on record" in s.lab.read("lcrproxyd.log"), "it is not on record, and that is said")


def long_ids(tests):
    """Call-IDs and tags of 1 byte to 8 kB, of all legal octets: each call is one record, also after a restart"""
    legal = string.ascii_letters + string.digits + "-.!%*_+`'~()<>:\\\"/[]?{}"  # word, RFC 3261 25.1
    token = string.ascii_letters + string.digits + "-.!%*_+`'~"
    with Scene("sip = { udp_max_bytes = 65000; };") as s:
        calls, sizes = [], set()
        for length in (1, 2, 255, 1024, 1025, 4000, 8192):
            call = Call(s.caller, PORT, NUMBER)
            call.call_id = (legal * 100)[:length - 1] + chr(ord("A") + len(calls))
            call.from_tag = (token * 300)[:length]
            call.invite()
            invite = s.blue.wait("INVITE", call_id=call.call_id)
            if not invite:
                tests.check(False, f"{length} octets: the call gets through", s.lab.read("lcrproxyd.log")[-500:])
                continue
            s.blue.answer(invite, 200, tag=(token * 300)[length:][:length])
            call.learn(s.caller.wait(200, call_id=call.call_id))
            sizes |= {len(call.routes[0]), len(invite.get("Record-Route"))}
            call.ack()
            s.blue.wait("ACK", call_id=call.call_id)
            calls.append((length, call))
        tests.check(max(sizes) < 160, "Record-Route has less than 160 octets", str(sizes))
        s.lab.stop()
        s.lab.start()  # which knows none of them
        for length, call in calls:
            tests.check(s.end(call) is not None, f"{length} octets: it is ended")
        rows = {length: s.record(call) for length, call in calls}
        odd = {length: row for length, row in rows.items() if row.get("status") != "answered" or row["anomaly"] or not row["number"]}
        tests.check(len(rows) == 7 and not odd, "each is one whole record", str({k: str(v)[-400:] for k, v in odd.items()}))
        call = Call(s.caller, PORT, NUMBER)
        call.call_id = "x" * 8193
        call.invite()
        tests.check(s.caller.wait(400, call_id=call.call_id) is not None, "longer ones are refused")


FAILING = """
#include <errno.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>
int
fdatasync(int fd)
{
	if (access(getenv("LCR_TEST_FILE"), F_OK) == 0) {
		errno = EIO;
		return -1;
	}
	return (int)syscall(SYS_fdatasync, fd);
}
"""
# The file has the microseconds that the wall clock is ahead of the real one.
def failing_disk(tests):
    """fdatasync fails: no later success is believed, new calls get 503, and all is written again"""
    with Preload(FAILING) as preload, Scene() as s:
        os.environ.pop("LD_PRELOAD")  # the daemon runs
        said = lambda text: text in s.lab.read("lcrproxyd.log")  # noqa: E731
        calls = [s.answered()[0]]
        time.sleep(0.3)
        with open(preload.path, "w", encoding="utf-8"):
            pass
        calls.append(s.answered()[0])
        wait_until(lambda: said("go into another segment"))
        tests.check(said("may not be on the disk, and go into another segment"), "the records in doubt are named",
                    s.lab.read("lcrproxyd.log")[-600:])
        refused = Call(s.caller, PORT, NUMBER)
        refused.invite()
        tests.check(s.caller.wait(503, call_id=refused.call_id) is not None, "a new call is refused")
        refused.ack()
        s.end(calls[0])  # a call in progress goes on, and is recorded
        tests.check(s.lab.ctl_json("status")["accounting"]["journal_full"] is True, "status says full")
        os.unlink(preload.path)
        wait_until(lambda: said("are safe"), 12)
        tests.check(said("are safe"), "without any call all is written again and synced", s.lab.read("lcrproxyd.log")[-600:])
        wait_until(lambda: s.lab.ctl_json("status")["accounting"]["journal_full"] is False)
        calls.append(s.answered()[0])
        s.end(calls[1])
        s.end(calls[2])
        rows = [s.record(call) for call in calls]
        tests.check(all(row.get("status") == "answered" for row in rows), "each call is one record, with its end", str(rows)[:500])
        segments = [name for name in os.listdir(s.lab.path("journal")) if ".journal" in name]
        tests.check(len(segments) >= 2, "in another segment", str(segments))
        out = s.lab.run("cdr-export", "--json", "--journal", s.lab.path("journal")).stdout
        ids = [json.loads(line)["call_id"] for line in out.splitlines()]
        tests.check(sorted(i for i in ids if i != refused.call_id) == sorted(call.call_id for call in calls),
                    "cdr-export --journal has each once, too", str(ids))


def clock_steps(tests):
    """The clock is set back and forth by hours under a running daemon, and goes through a change of summer time"""
    change = datetime.datetime(2026, 10, 25, 1, 0, tzinfo=datetime.timezone.utc).timestamp()  # 3:00 becomes 2:00 in Berlin
    with Preload(STEPPING) as preload:
        os.environ["TZ"] = "Europe/Berlin"
        set_clock(preload.path, (change - time.time() - 3600) * 1e6)
        with Scene() as s:
            os.environ.pop("LD_PRELOAD")
            ahead, rows = (change - time.time() - 3) * 1e6, []
            set_clock(preload.path, ahead)
            time.sleep(1.2)  # it looks once a second
            for step in (None, 7200, -7200, 18000, -86400):
                call, _ = s.answered()
                if step is None:  # until it is over
                    time.sleep(max(1.2, change + 1 - (time.time() + ahead / 1e6)))
                else:
                    time.sleep(0.5)
                    ahead += step * 1e6
                    set_clock(preload.path, ahead)
                    time.sleep(0.5)
                s.end(call)
                row = s.record(call)
                rows.append((step or 0, int(row.get("duration_us") or -1), row["anomaly"], int(row["clock_us"] or 0), row["answer_time"], row["end_time"]))
            tests.check(rows[0][4] < "2026-10-25T01:00" < rows[0][5] and rows[0][2] == "" and 1e6 < rows[0][1] < 1e7,
                        "summer time changes nothing", str(rows[0]))
            tests.check(all(8e5 < row[1] < 4e6 for row in rows[1:]), "no step changes a duration", str(rows))
            tests.check(all(abs(row[3] - row[0] * 1e6) < 2e6 and row[2] == "clock" for row in rows[1:]), "each is marked, with the step", str(rows))
            tests.check(s.lab.read("lcrproxyd.log").count("clock: it was set by") >= 3, "and logged", s.lab.read("lcrproxyd.log")[-800:])


TESTS = (clock_steps, long_ids, failing_disk, live_view, schedule, program, three_nodes, killed_at_once, lost_journal, byes, second_stop, clock_set_while_down, no_accounting)
Tests().run(*(test for test in TESTS if len(sys.argv) < 3 or test.__name__ in sys.argv[2:]))
