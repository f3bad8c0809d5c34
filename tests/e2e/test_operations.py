#!/usr/bin/env python3
"""What operators do: reload under load, a store that goes away, broken files, wrong configuration

Usage: tests/e2e/test_operations.py BUILD
"""
import os
import socket
import subprocess
import sys
import threading
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from lab import Lab, Tests  # noqa: E402

BUILD = os.path.abspath(sys.argv[1])


def reload_under_load(tests):
    """Reloads swap whole snapshots under load without a lost call"""
    with Lab(BUILD, "reload") as lab:
        lab.prepare()
        lab.start()
        lab.gateway("blue1", 5391, "gateway", REFUSE=0, RING_MS=20, HOLD_MS=5000)
        lab.gateway("red1", 5392, "gateway", REFUSE=0, RING_MS=20, HOLD_MS=5000)
        time.sleep(0.5)
        caller = lab.caller("caller", 5370, "+498912345678", 1500, 150, HOLD_MS=400)
        first = lab.ctl_json("status")["generation"]
        reloads = 0
        while caller.poll() is None:
            # The cheaper carrier changes with every other generation.
            price = "0.0150" if reloads % 2 == 0 else "0.0071"
            with open(lab.path("again.csv"), "w", encoding="utf-8") as file:
                file.write(f"tariff,prefix,destination,rate,first_increment,increment\nblue,49,Germany,{price},1,1\n")
            lab.run("lcrdb", "import", "rates", lab.path("again.csv"))
            lab.ctl("reload")
            reloads += 1
        tests.check(caller.wait() == 0, "no failed call", lab.read("caller.errors")[-500:])
        tests.check(reloads >= 10 and lab.ctl_json("status")["generation"] >= first + reloads, f"{reloads} reloads, each a new generation")
        lab.wait_shipped()
        records = lab.records()
        tests.check(len(records) == 1500 and all(r["status"] == "answered" for r in records), "1,500 calls, 1,500 records", str(len(records)))
        tests.check({r["gateway"] for r in records} == {"blue1", "red1"}, "calls followed the prices")
        tests.check(len({r["generation"] for r in records}) > 5, "records name the generation that planned them")
        rows = lab.ctl_json("gateways")
        tests.check(all(g["pending"] == 0 and g["answered"] == 0 for g in rows) and sum(g["answers"] for g in rows) == 1500,
                    "the gateways' counters survived the reloads", str(rows))
        lab.stop()


def store_goes_away(tests):
    """A store that goes away costs no call and no record"""
    if not os.path.isdir("/usr/lib/postgresql"):
        print("skipped: PostgreSQL is not installed")
        tests.skipped += 1
        return
    with Lab(BUILD, "store", store="postgresql") as lab:
        lab.prepare()
        lab.start()
        lab.gateway("blue1", 5391, "gateway", REFUSE=0, RING_MS=20, HOLD_MS=5000)
        time.sleep(0.5)
        caller = lab.caller("caller", 5370, "+498912345678", 600, 100, HOLD_MS=300)
        time.sleep(1)
        subprocess.run([*lab.pg_ctl, "-m", "immediate", "stop"], check=True, stdout=subprocess.DEVNULL)
        time.sleep(2)
        status = lab.ctl_json("status")["accounting"]
        tests.check(status["store_lost_at"] is not None and status["backlog_bytes"] > 0, "the daemon says so, and keeps the events", str(status))
        failed = subprocess.run([os.path.join(BUILD, "lcrctl"), "-s", lab.path("control.sock"), "reload"], capture_output=True, text=True)
        tests.check(failed.returncode == 1 and "snapshot kept" in failed.stderr, "a reload keeps the old snapshot", failed.stderr)
        tests.check(caller.wait(timeout=60) == 0, "no failed call", lab.read("caller.errors")[-500:])
        options = f"-k {lab.path('pg')} -p 5433 -c listen_addresses="
        subprocess.run([*lab.pg_ctl, "-o", options, "start"], check=True, stdout=subprocess.DEVNULL)
        lab.wait_shipped(30)
        records = lab.records()
        tests.check(len(records) == 600 and all(r["status"] == "answered" for r in records), "600 calls, 600 records", str(len(records)))
        lab.stop()


def wrong_configuration(tests):
    """A wrong configuration stops the start with all errors listed"""
    with Lab(BUILD, "conf") as lab:
        lab.prepare()
        text = lab.read("lcrproxy.conf")
        with open(lab.path("bad.conf"), "w", encoding="utf-8") as file:
            file.write(text.replace("workers = 2", "workers = 900") + "colour = 1;\nrouting = { max_hops = \"many\"; };\n")
        for options in (["-t"], ["-f"]):
            done = subprocess.run([os.path.join(BUILD, "lcrproxyd"), *options, "-c", lab.path("bad.conf")], capture_output=True, text=True)
            lines = [f"bad.conf:{n}:" for n in (1, 8, 9)]
            tests.check(done.returncode == 1 and all(line in done.stderr for line in lines), f"{options[0]}: three errors with their lines",
                        done.stderr)
        for what, change in (("no such store", (lab.url(), "sqlite:/nowhere/lcr.db")), ("no such secret", ("rr.key", "no.key")),
                             ("two keys of one id", ("keys = (", f'keys = ( {{ id = 1; secret_file = "{lab.path("rr.key")}"; }},')),
                             ("no directory for the control socket", ("control.sock", "no/control.sock")),
                             ("address of another machine", ("127.0.0.1:5360", "192.0.2.1:5360"))):
            with open(lab.path("bad.conf"), "w", encoding="utf-8") as file:
                file.write(text.replace(*change))
            done = subprocess.run([os.path.join(BUILD, "lcrproxyd"), "-f", "-c", lab.path("bad.conf")], capture_output=True, text=True,
                                  timeout=20)
            tests.check(done.returncode == 1 and "error" in done.stderr and "Sanitizer" not in done.stderr, f"{what}: the start fails",
                        done.stderr)
            if what.startswith("two"):
                tests.check("two have the id 1" in done.stderr, "and says why", done.stderr)
        done = subprocess.run([os.path.join(BUILD, "lcrproxyd"), "-t", "-c", lab.path("lcrproxy.conf")], capture_output=True, text=True)
        tests.check(done.returncode == 0 and "7 rates" in done.stderr, "-t says what the tables hold", done.stderr)
        done = subprocess.run([os.path.join(BUILD, "lcrproxyd"), "--nonsense"], capture_output=True, text=True)
        tests.check(done.returncode == 2, "wrong usage is status 2")


def broken_files(tests):
    """A broken CSV row is named by file, line and column, and nothing of the file is imported"""
    with Lab(BUILD, "csv") as lab:
        lab.prepare()
        before = lab.run("lcrdb", "export", "rates").stdout
        for what, row, where in (("letters in a prefix", "blue,49x,Germany,0.01,1,1", "bad.csv:3: prefix"), ("negative price", "blue,49,Germany,-1,1,1", "bad.csv:3: rate"),
                                 ("increment 0", "blue,49,Germany,0.01,1,0", "bad.csv:3: increment"), ("no such tariff", "pink,49,Germany,0.01,1,1", "bad.csv:3: tariff"),
                                 ("too few fields", "blue,49,Germany", "bad.csv:3"), ("not a number", "blue,49,Germany,cheap,1,1", "bad.csv:3: rate")):
            with open(lab.path("bad.csv"), "w", encoding="utf-8") as file:
                file.write(f"tariff,prefix,destination,rate,first_increment,increment\nblue,33,France,0.02,1,1\n{row}\n")
            done = lab.run("lcrdb", "import", "rates", lab.path("bad.csv"), check=False)
            tests.check(done.returncode == 1 and where in done.stdout + done.stderr, f"{what}: {where}", done.stdout + done.stderr)
        tests.check(lab.run("lcrdb", "export", "rates").stdout == before, "nothing was imported")


def empty_store(tests):
    """The daemon runs with an empty store, and refuses every call"""
    with Lab(BUILD, "empty") as lab:
        lab.prepare()
        os.unlink(lab.path("lcr.db"))
        lab.run("lcrdb", "init")
        lab.start()
        route = lab.ctl_json("route", "+4930123456")
        tests.check(route["plan"] == [] and route["candidates"] == [] and route["refused"], "lcrctl route says there is none", str(route))
        status = lab.ctl_json("status")
        tests.check(status["snapshot"]["rates"] == 0 and status["workers"] == 2, "lcrctl status")
        answers = []
        threads = [threading.Thread(target=lambda: answers.append(lab.run("lcrctl", "-s", lab.path("control.sock"), "counters").returncode))
                   for _ in range(20)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        tests.check(answers == [0] * 20, "20 lcrctl at once")
        idle = socket.socket(socket.AF_UNIX)
        idle.connect(lab.path("control.sock"))
        lab.ctl("stop")
        tests.check(lab.daemon.wait(timeout=20) == 0, "lcrctl stop ends it with status 0, though a client hangs on")
        idle.close()


def policies(pid):
    return {os.sched_getscheduler(int(thread)) for thread in os.listdir(f"/proc/{pid}/task")}


def scheduling(tests):
    """No thread interrupts who has the processor, unless the operator has chosen another policy"""
    with Lab(BUILD, "scheduling") as lab:
        lab.prepare()
        lab.start()
        tests.check(policies(lab.daemon.pid) == {os.SCHED_BATCH}, "SCHED_BATCH", repr(policies(lab.daemon.pid)))
        lab.stop()
        with open(lab.path("lcrproxy.conf"), encoding="utf-8") as file:
            conf = file.read()
        with open(lab.path("lcrproxy.conf"), "a", encoding="utf-8") as file:
            file.write('scheduling = "other";\n')
        lab.start()
        tests.check(policies(lab.daemon.pid) == {os.SCHED_OTHER}, "or as it is told", repr(policies(lab.daemon.pid)))
        lab.stop()
        with open(lab.path("lcrproxy.conf"), "w", encoding="utf-8") as file:
            file.write(conf)
        lab.start(preexec_fn=lambda: os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0)))
        tests.check(policies(lab.daemon.pid) == {os.SCHED_IDLE}, "what was chosen stays", repr(policies(lab.daemon.pid)))
        lab.stop()


Tests().run(wrong_configuration, broken_files, empty_store, scheduling, reload_under_load, store_goes_away)
