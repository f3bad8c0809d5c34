#!/usr/bin/env python3
"""Each brake of doc/access.md: what the caller is told, what is counted, and what the record says

Usage: tests/e2e/test_brakes.py BUILD

Every brake has an account and an address of its own: with the brake as it is, with it only observed, and with room enough to be warned.
"""
import os
import re
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from lab import TOP, Lab, Tests  # noqa: E402
from peer import Call, Peer  # noqa: E402

BUILD = os.path.abspath(sys.argv[1])
PORT = 5160
UK, MOBILE, FRANCE, ITALY, GERMANY = "+442079460123", "+447700900123", "+33142685300", "+390612345678", "+498912345678"
CLOSED = time.strftime("%H:00-%H:30", time.gmtime(time.time() + 2 * 3600))  # does not begin before long
# 180 s to the United Kingdom cost 0.063
TIGHT = {"channels": "channels=1", "cps": "cps=1", "calls": "calls=1,window_s=600", "minutes_hour": "minutes_hour=4", "minutes_day": "minutes_day=4",
         "spend_hour": "spend_hour=0.1", "spend_day": "spend_day=0.1", "hours": f"hours={CLOSED}", "international": "class=international,calls=1,window_s=600",
         "class": "class=mobile,calls=0,window_s=600", "trunk": "trunk=trunk,calls=0,window_s=600"}
ROOMY = {"calls": "calls=2,window_s=600", "minutes_hour": "minutes_hour=6", "minutes_day": "minutes_day=6", "spend_hour": "spend_hour=0.12",
         "spend_day": "spend_day=0.12"}
# brake: the number that is called, and how many times with success before
CALLS = {name: (UK, 1) for name in ("channels", "cps", "calls", "minutes_hour", "minutes_day", "spend_hour", "spend_day", "international")}
CALLS.update({"hours": (UK, 0), "class": (MOBILE, 0), "trunk": (UK, 0), "prefix": (UK, 0), "numbers": (MOBILE, 0), "disabled": (UK, 0),
              "privilege": (UK, 0), "caller": (UK, 0), "price": (FRANCE, 0), "route": (ITALY, 0), "policy": (GERMANY, 0)})
COLUMNS = ("class", "trunk", "channels", "cps", "calls", "window_s", "minutes_hour", "minutes_day", "spend_hour", "spend_day", "hours")


def promised():
    """The table of refusals in doc/access.md: {brake: (status, cause, reason, counter, record)}."""
    with open(os.path.join(TOP, "doc/access.md"), encoding="utf-8") as file:
        text = file.read().split("| brake | response | cause |")[1].split("\n\n")[0]
    rows = [[cell.strip(" `") for cell in line.split("|")[1:-1]] for line in text.split("\n")[2:]]
    return {row[0]: tuple(row[1:6]) for row in rows}


def limit_row(account, text, warn, mode):
    values = dict(part.split("=") for part in text.split(","))
    return ",".join([account, *(values.get(column, "") for column in COLUMNS), str(warn), mode]) + "\n"


class Scene:
    def __init__(self):
        self.names = list(CALLS) + ["see-" + name for name in TIGHT] + ["warn-" + name for name in ROOMY]
        self.addresses = {name: f"127.0.4.{n + 1}" for n, name in enumerate(self.names)}
        accounts = "account,tariff,country_code,international,enabled\n" + "".join(
            f"{name},retail,49,{str(name != 'privilege').lower()},{str(name != 'disabled').lower()}\n" for name in self.names)
        trunks = "account,address,trunk\n" + "".join(f"{name},{address},{'trunk' if name.endswith('trunk') else ''}\n" for name, address in self.addresses.items())
        limits = f"account,{','.join(COLUMNS)},warn_percent,mode\n"
        limits += "".join(limit_row(name, text, 0, "block") + limit_row("see-" + name, text, 0, "observe") for name, text in TIGHT.items())
        limits += "".join(limit_row("warn-" + name, text, 50, "block") for name, text in ROOMY.items())
        blocks = "account,prefix,class,verdict,valid_until,source,reason\nprefix,44,,blocked,,fraud desk,case 7\nnumbers,,mobile,blocked,,,\n"
        blocks += "channels,44,,blocked,2020-01-01T00:00:00Z,old,over\n"  # has ended
        self.lab = Lab(BUILD, "brakes", workers=4, port=PORT, gateways="gateway,carrier,uri\nblue1,blue,sip:127.0.0.1:5191\n",
                       settings='routing = { first_response_timeout_ms = 800; };\n'
                                'policy = ( { name = "closed"; account = "policy"; action = "reject"; code = 488; reason = "Not For You"; } );',
                       tables={"accounts": accounts, "trunks": trunks, "limits": limits, "blocks": blocks, "callers": "account,prefix,preset\ncaller,4940,false\n",
                               "carriers": "carrier,tariff\nblue,blue\n",
                               "rates": "tariff,prefix,rate\nblue,49,0.001\nblue,44,0.002\nblue,33,0.002\nretail,49,0.019\nretail,44,0.021\nretail,39,0.03\n"})

    def __enter__(self):
        self.lab.prepare()
        self.lab.start()
        self.gateway = Peer(5191)
        return self

    def __exit__(self, kind, value, trace):
        self.gateway.close()
        if kind is None:
            self.lab.stop()
        self.lab.__exit__(kind, value, trace)

    def call(self, name, number):
        """A call that the gateway answers, if it gets it, and that goes on; (call, final response)."""
        peer = Peer(5180, self.addresses[name])
        call = Call(peer, PORT, number)
        call.invite()
        final, deadline = None, time.time() + 2
        while final is None and time.time() < deadline:
            invite = self.gateway.next(0.005)
            if invite and invite.method == "INVITE":
                self.gateway.answer(invite, 200)
            message = peer.next(0.02)
            if message and message.status >= 200 and message.get("Call-ID") == call.call_id:
                final = message
        if final and final.status == 200:
            call.learn(final)
            call.ack()
        elif final:
            call.to = final.get("To")
            peer.send(call.request("ACK", cseq=call.cseq, branch=call.branch), PORT)
        peer.close()
        return call, final

    def counters(self):
        return self.lab.ctl_json("counters")

    def records(self):
        self.lab.wait_shipped()
        time.sleep(0.2)
        return {row["call_id"]: row for row in self.lab.records()}


def refused(tests):
    """Each brake refuses with its code and its Reason, counts, and leaves a record that says why"""
    table = promised()
    tests.check(set(table) == set(CALLS), "the table in doc/access.md has these brakes, and these alone", str(set(table) ^ set(CALLS)))
    with Scene() as s:
        calls = {}
        for name, (number, n_good) in CALLS.items():
            before = s.counters()  # nothing between the calls: a second makes room for another one
            good = [s.call(name, number)[1] for _ in range(n_good)]
            calls[name], final = s.call(name, number)
            after = s.counters()
            status, cause, reason, counter, _ = table[name]
            changed = {key for key in after if key.startswith("refused_") and after[key] != before[key]}
            tests.check(all(response is not None and response.status == 200 for response in good), f"{name}: {n_good} calls pass", repr(good))
            tests.check(final is not None and str(final.status) == status and final.get("Reason") == f'Q.850;cause={cause};text="{reason}"' and
                        changed == {counter} and after[counter] == before[counter] + 1, f"{name}: {status} ({cause}, {reason}), {counter}",
                        f"{final} {final and final.get('Reason')} {changed}")
            tests.check((final.get("Retry-After") == "1") == (status == "503"), f"{name}: Retry-After with 503 and only there")
        rows = s.records()
        for name, call in calls.items():
            row = rows.get(call.call_id, {})
            tests.check((row.get("status"), row.get("sip_code"), row.get("reason"), row.get("account"), row.get("number")) ==
                        ("failed", table[name][0], table[name][4], name, CALLS[name][0][1:]), f"{name}: on record", str(row))


def observed(tests):
    """A brake that only observes refuses nobody, counts and reports"""
    with Scene() as s:
        for name in TIGHT:
            number, n_good = CALLS[name]
            before = s.counters()
            finals = [s.call("see-" + name, number)[1] for _ in range(n_good + 1)]
            after = s.counters()
            kind = {"international": "calls", "class": "calls", "trunk": "calls"}.get(name, name)
            log = re.findall(f"account see-{name}: limit reached, only observed, kind={kind} class=\\S+ trunk=\\S+ used=\\S+", s.lab.read("lcrproxyd.log"))
            tests.check(all(final is not None and final.status == 200 for final in finals) and after["limits_observed"] == before["limits_observed"] + 1 and
                        not any(after[key] != before[key] for key in after if key.startswith("refused_")) and len(log) == 1,
                        f"{name}: passes, counted and reported once", f"{finals} {after['limits_observed'] - before['limits_observed']} {log}")


def warned(tests):
    """Before a bound is reached there is a warning, once"""
    with Scene() as s:
        for name in ROOMY:
            before = s.counters()
            finals = [s.call("warn-" + name, UK)[1]]
            after = s.counters()
            log = re.findall(f"account warn-{name}: limit nearly reached, kind={name} class=all trunk=all used=\\S+", s.lab.read("lcrproxyd.log"))
            tests.check(finals[0] is not None and finals[0].status == 200 and after["limits_warned"] == before["limits_warned"] + 1 and len(log) == 1,
                        f"{name}: the call passes, one warning", f"{finals} {log}")


if __name__ == "__main__":
    Tests().run(refused, observed, warned)
