#!/usr/bin/env python3
"""A disk that stays full over kill -9 and restarts: the calls in progress are on record with their ends

Usage: tests/e2e/test_full_disk.py BUILD
Somebody else takes each block of the disk as soon as it is free: only what the journal has reserved is left to it.
"""
import os
import signal
import subprocess
import sys
import threading
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from crowd import Crowd, Gateway  # noqa: E402
from lab import Lab, Tests, say  # noqa: E402

# A small disk can be mounted where nobody else sees it.
if "LCR_FULL_MOUNTS" not in os.environ and subprocess.run(["unshare", "-m", "true"], stderr=subprocess.DEVNULL).returncode == 0:
    os.environ["LCR_FULL_MOUNTS"] = "1"
    os.execvp("unshare", ["unshare", "-m", sys.executable, *sys.argv])

BUILD = os.path.abspath(sys.argv[1])
PORT = 5360
GATEWAYS = "gateway,carrier,uri,priority\nblue1,blue,sip:127.0.0.1:5391,0\n"
CALLS = 300


class Filler(threading.Thread):
    """Takes what is free, and looks for more each 2 ms until it is told to give all of it back."""

    def __init__(self, directory):
        super().__init__(daemon=True)
        self.path, self.ended, self.is_full = os.path.join(directory, "filler"), False, threading.Event()
        self.start()
        self.is_full.wait(20)

    def run(self):
        with open(self.path, "ab", buffering=0) as file:
            while not self.ended:
                try:
                    file.write(bytes(65536 if not self.is_full.is_set() else 4096))
                except OSError:
                    self.is_full.set()
                    time.sleep(0.002)

    def give_back(self):
        self.ended = True
        self.join()
        os.unlink(self.path)


def mount_small(path):
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=2m,mode=0750", "tmpfs", path], stderr=subprocess.DEVNULL)
    return "LCR_FULL_MOUNTS" in os.environ and done.returncode == 0


def set_reserve(lab, before, after):
    before, after = "ship_interval_ms" if before is None else f"reserve_kb = {before};", f"reserve_kb = {after};"
    text = lab.read("lcrproxy.conf")
    with open(lab.path("lcrproxy.conf"), "w", encoding="utf-8") as file:
        file.write(text.replace(before, after if before.startswith("reserve") else after + " " + before))


def start(lab):
    lab.daemon = None
    lab.start()


def status_of(lab):
    return lab.ctl_json("status")["accounting"]


def crowd_of(lab, port, calls, hold):
    """Callers of a rate of 200 a second; started."""
    crowd = Crowd(port, (PORT,), 200, calls / 200, hold, 7)
    crowd.start()
    return crowd


def over_restarts(tests):
    """kill -9, a start, a stop and a start on a full disk: each call has its end, and new ones are refused"""
    with Lab(BUILD, "fulldisk", workers=1, port=PORT, gateways=GATEWAYS) as lab:
        lab.prepare()
        lab.run("lcrdb", "check")
        set_reserve(lab, None, 256)
        if not mount_small(lab.path("journal")):
            say("skipped: no small disk can be mounted here")
            tests.skipped += 1
            return
        lab.start()
        gateway = Gateway(5391)
        gateway.start()
        before = crowd_of(lab, 5380, CALLS, (3, 12))
        time.sleep(2)
        filler = Filler(lab.path("journal"))
        try:
            restart_twice(tests, lab, before)
        finally:
            filler.give_back()
        deadline = time.time() + 10
        while status_of(lab)["journal_full"] and time.time() < deadline:
            time.sleep(0.1)
        tests.check(not status_of(lab)["journal_full"], "room is found again")
        lab.wait_shipped()
        check_records(tests, lab, before)
        before.close()
        gateway.close()
        lab.stop()
        subprocess.run(["umount", "-l", lab.path("journal")], check=False)


def restart_twice(tests, lab, before):
    time.sleep(2.5)
    lab.kill()
    set_reserve(lab, 256, 1024)  # what there is is too small from now on
    left = reserved(lab)
    time.sleep(0.2)
    said = len(lab.read("lcrproxyd.log"))
    start(lab)
    log = lab.read("lcrproxyd.log")[said:]
    say(f"      {left} bytes reserved before, {reserved(lab)} after")
    # between giving it back and taking it again another program may be faster, more so on a busy machine
    tests.check(reserved(lab) >= 16384, "of what was left of the reserve enough stays a reserve", f"{left} before, {reserved(lab)} after")
    tests.check("the disk is full" in log, "the log says at the start that the disk is full", log[-800:])
    tests.check(status_of(lab)["journal_full"], "and so does lcrctl status")
    late = crowd_of(lab, 5381, 40, (0.2, 0.4))
    time.sleep(2)
    lab.daemon.send_signal(signal.SIGTERM)
    lab.daemon.wait(timeout=30)
    time.sleep(0.2)
    start(lab)
    before.wait()
    late.wait()
    finals = [call.final for call in late.calls.values()]
    tests.check(len(finals) >= 30 and set(finals) == {503}, "new calls are refused", str(finals))
    lab.wait_shipped()
    tests.check(not {row["call_id"] for row in lab.records()} & {key.decode() for key in late.calls}, "and use nothing of the reserve")
    tests.check(status_of(lab)["unwritten_bytes"] == 0, "every event is in the journal", str(status_of(lab)))
    late.close()


def reserved(lab):
    """Bytes of blocks behind the ends of the segments."""
    files = [os.stat(os.path.join(lab.path("journal"), name)) for name in os.listdir(lab.path("journal")) if name.endswith(".journal")]
    return sum(max(0, file.st_blocks * 512 - file.st_size) for file in files)


def check_records(tests, lab, crowd):
    answered = {call.call_id.decode(): dialog for call in crowd.calls.values() for dialog in call.dialogs.values()}
    rows = {row["call_id"]: row for row in lab.records()}
    tests.check(len(answered) > CALLS * 0.9 and all(dialog.ended for dialog in answered.values()), "all calls were answered and ended", str(len(answered)))
    missing = [i for i in answered if i not in rows or rows[i]["status"] != "answered"]
    tests.check(not missing, "each of them is on record with its end", f"{len(missing)} of {len(answered)} are not")
    short = [i for i in answered if i in rows and int(rows[i]["duration_us"] or 0) < 2_900_000]
    tests.check(not short, "and its duration", f"{len(short)} are too short")


Tests().run(over_restarts)
