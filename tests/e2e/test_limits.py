#!/usr/bin/env python3
"""What accounts may use: a toll-fraud burst, floods, channels, barred numbers, calls for help, observing

Usage: tests/e2e/test_limits.py BUILD

Each account calls from an address of its own; all calls are spread over four workers.
"""
import os
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from lab import Lab, Tests  # noqa: E402
from peer import Call, Peer  # noqa: E402

BUILD = os.path.abspath(sys.argv[1])
PORT = 5560
NAMES = ("burst", "lines", "flood", "desk", "night", "watch", "many", "off", "sorts", "east", "west")
ADDRESSES = {name: f"127.0.1.{n + 1}" for n, name in enumerate(NAMES)}
CHANNELS, CPS = {"lines": 2, "off": 0}, {"flood": 5}
ACCOUNTS = ("account,tariff,country_code,international,channels,cps,enabled\n" +
            "".join(f"{name},retail,49,true,{CHANNELS.get(name, '')},{CPS.get(name, '')},{name != 'off'}\n" for name in (*NAMES, "pair")))
OF = {"east": "pair", "west": "pair"}  # two trunks of one account
TRUNKS = "account,address,trunk\n" + "".join(f"{OF.get(name, name)},{address},{name}\n" for name, address in ADDRESSES.items())
# 180 s to the United Kingdom cost 0.063
LIMITS = ("account,class,trunk,calls,window_s,spend_hour,minutes_day,hours,mode\n"
          "burst,,,,,0.2,,,block\n"
          "night,international,,,,,,00:00-00:01,block\n"
          "watch,,,,,,5,,observe\n"
          "many,international,,3,600,,,,block\n"
          "sorts,mobile,,1,600,,,,block\n"
          "pair,,east,1,600,,,,block\n"
          "pair,mobile,west,0,600,,,,block\n")
BLOCKS = ("account,prefix,verdict,valid_until,source\n"
            "desk,44,blocked,,fraud desk\noff,,blocked,,\ndesk,4420,allowed,,\n,4670,blocked,2020-01-01T00:00:00Z,old\n")
UK, GERMANY = "+442079460123", "+498912345678"


class Scene:
    def __init__(self):
        self.lab = Lab(BUILD, "limits", workers=4, port=PORT, gateways="gateway,carrier,uri\nblue1,blue,sip:127.0.0.1:5591\nhelp,free,sip:127.0.0.1:5592\n",
                       settings="routing = { first_response_timeout_ms = 800; };",
                       tables={"accounts": ACCOUNTS, "trunks": TRUNKS, "limits": LIMITS, "blocks": BLOCKS, "carriers": "carrier,tariff\nblue,blue\nfree,\n",
                               "emergencies": "number,country_code,gateway\n112,,help\n113,39,help\n",
                               "rates": "tariff,prefix,rate\nblue,49,0.001\nblue,44,0.002\nretail,49,0.019\nretail,44,0.021\n"})

    def __enter__(self):
        self.lab.prepare()
        self.lab.start()
        self.gateway = Peer(5591)
        self.peers = {name: Peer(5570 + n, address) for n, (name, address) in enumerate(ADDRESSES.items())}
        return self

    def __exit__(self, kind, value, trace):
        for peer in (self.gateway, *self.peers.values()):
            peer.close()
        if kind is None:
            self.lab.stop()
        self.lab.__exit__(kind, value, trace)

    def call(self, name, number=GERMANY, answer=200):
        """Place a call that the gateway answers so; (call, final response)."""
        call = Call(self.peers[name], PORT, number)
        call.invite()
        final = None
        for _ in range(60):
            invite = self.gateway.next(0.01)
            if invite and invite.method == "INVITE":
                self.gateway.answer(invite, answer)
            message = call.peer.next(0.02)
            if message and message.status >= 200 and message.get("Call-ID") == call.call_id:
                final = message
                break
        if final and final.status == 200:
            call.learn(final)
            call.ack()
        elif final:
            call.to = final.get("To")
            call.peer.send(call.request("ACK", cseq=call.cseq, branch=call.branch), PORT)
        return call, final

    def end(self, call):
        call.send("BYE")
        for _ in range(10):
            request = self.gateway.wait("BYE", 0.5)
            if request and request.get("Call-ID") == call.call_id:
                self.gateway.answer(request, 200)
                break
        call.peer.wait(200, 1.0, call_id=call.call_id)

    def limits(self, name, kind="all"):
        return next(row for row in self.lab.ctl_json("limits", name) if row["class"] == kind)

    def counters(self):
        return self.lab.ctl_json("counters")


def toll_fraud(tests):
    """A burst of expensive calls is stopped by what they are expected to cost"""
    with Scene() as s:
        calls = [s.call("burst", UK) for _ in range(8)]
        statuses = [final.status for _, final in calls]
        tests.check(statuses == [200] * 3 + [403] * 5, "three calls of 0.063 fit into 0.20, the rest is refused", str(statuses))
        tests.check(calls[4][1].get("Reason") == 'Q.850;cause=21;text="money of the hour is used up"', "with a Reason",
                    calls[4][1].get("Reason"))
        row = s.limits("burst")
        tests.check((row["spend_hour"], row["spend_hour_used"], row["channels_used"]) == ("0.20", "0.189", 3), "lcrctl limits tells", str(row))
        s.lab.ctl("reload")
        tests.check(s.call("burst", UK)[1].status == 403, "a reload forgets nothing")
        for call, final in calls[:3]:
            s.end(call)
        row = s.limits("burst")
        tests.check(row["channels_used"] == 0 and float(row["spend_hour_used"]) < 0.02, "afterwards what they did cost counts", str(row))
        tests.check(s.call("burst", UK)[1].status == 200, "and there is room again")
        counters = s.counters()
        tests.check(counters["refused_spend"] == 6 and counters["limits_warned"] == 1, "counted", str(counters))
        log = s.lab.read("lcrproxyd.log")
        tests.check(log.count("limit nearly reached, kind=spend_hour") == 1 and
                    log.count("limit reached, calls are refused, kind=spend_hour class=all") == 1, "warned of, once per time")
        s.lab.wait_shipped()
        time.sleep(0.2)
        failed = [row for row in s.lab.records() if row["status"] == "failed"]
        tests.check(len(failed) == 6 and {(row["reason"], row["sip_code"], row["account"]) for row in failed} ==
                    {("money of the hour is used up", "403", "burst")}, "each refusal has its record")


def channels(tests):
    """Channels are held by calls in progress, on whatever worker"""
    with Scene() as s:
        first, second = s.call("lines")[0], s.call("lines")[0]
        _, refused = s.call("lines")
        tests.check(refused.status == 480 and refused.get("Reason").startswith("Q.850;cause=34"), "the third finds none free", repr(refused))
        s.end(first)
        tests.check(s.call("lines", answer=486)[1].status == 486, "one that hangs up makes room")
        third, final = s.call("lines")
        tests.check(final.status == 200, "and so does one that failed")
        s.end(second)
        s.end(third)
        tests.check(s.limits("lines")["channels_used"] == 0 and s.counters()["refused_channels"] == 1, "all are given back")


def flood(tests):
    """A flood gets as many calls per second as agreed on"""
    with Scene() as s:
        peer = s.peers["flood"]
        calls = [Call(peer, PORT, GERMANY) for _ in range(60)]
        for call in calls:
            call.invite()
        statuses, retry = [], set()
        while (message := peer.next(0.3)) is not None:
            if message.status == 503:
                statuses.append(message.get("Call-ID"))
                retry.add((message.get("Retry-After"), message.get("Reason")))
        refused = len(set(statuses))
        tests.check(50 <= refused <= 55, "most of sixty calls at once are refused", str(refused))
        tests.check(retry == {("1", 'Q.850;cause=42;text="too many calls per second"')}, "with 503 and Retry-After", str(retry))
        tests.check(s.counters()["refused_cps"] == refused, "each counted")
        tests.check(s.call("lines")[1].status == 200, "others do not notice")


def barred(tests):
    """Barred numbers, hours, and calls of a window"""
    with Scene() as s:
        tests.check(s.call("desk", "+447700900123")[1].status == 403, "a barred prefix")
        tests.check(s.call("desk", UK)[1].status == 200, "a longer one that is allowed")
        tests.check(s.call("lines", "+447700900123")[1].status == 200, "of nobody else")
        tests.check(s.call("night", UK)[1].status == 403, "an international call outside of its hours")
        tests.check(s.call("night")[1].status == 200, "a national one has none")
        statuses = [s.call("many", UK, answer=486)[1].status for _ in range(5)]
        tests.check(statuses == [486] * 3 + [403] * 2, "three international calls in ten minutes", str(statuses))
        tests.check(s.call("many")[1].status == 200, "national ones go on")
        counters = s.counters()
        tests.check((counters["refused_prefix"], counters["refused_hours"], counters["refused_calls"]) == (1, 1, 2), "counted")
        s.lab.wait_shipped()
        time.sleep(0.2)
        reasons = {row["reason"] for row in s.lab.records() if row["account"] == "desk" and row["status"] == "failed"}
        tests.check(reasons == {'number is blocked, prefix "44" source "fraud desk" reason ""'}, "the record says who barred it", str(reasons))


def emergencies(tests):
    """A call for help goes to its gateway whatever is the matter"""
    with Scene() as s:
        helper = Peer(5592)
        body = "Geolocation: <cid:here@test>;inserted-by=\"127.0.1.8\"\r\nGeolocation-Routing: yes\r\n"
        call = Call(s.peers["off"], PORT, "11-2")
        place = ('--xyz\r\nContent-Type: application/sdp\r\n\r\nv=0\r\n--xyz\r\nContent-Type: application/pidf+xml\r\nContent-ID: <here@test>\r\n\r\n'
                 '<?xml version="1.0"?><presence entity="pres:a@b">\u00e4\u20ac</presence>\r\n--xyz--\r\n')
        text = call.request("INVITE", body + "Content-Type: multipart/mixed;boundary=xyz\r\n", place)
        call.sent = text.replace(f"Content-Length: {len(place)}", f"Content-Length: {len(place.encode())}")
        call.peer.send(call.sent, PORT)
        invite = helper.wait("INVITE")
        tests.check(invite is not None and invite.start == "INVITE sip:112@127.0.0.1:5592 SIP/2.0",
                    "of an account that is disabled, without channels, and barred from everything", repr(invite))
        tests.check((invite.get("Geolocation"), invite.get("Geolocation-Routing")) == ('<cid:here@test>;inserted-by="127.0.1.8"', "yes"),
                    "with the caller's location")
        tests.check(invite.body == place and invite.get("Content-Type") == "multipart/mixed;boundary=xyz", "and the body that it refers to, octet by octet",
                    repr(invite.body))
        helper.answer(invite, 200)
        call.learn(call.peer.wait(200, call_id=call.call_id))
        call.ack()
        tests.check(s.call("off")[1].status == 403, "which cannot call anybody else")
        other = Call(s.peers["off"], PORT, "113")
        other.invite()
        tests.check(other.peer.wait(403, call_id=other.call_id) is not None and helper.wait("INVITE", 0.3) is None,
                    "and 113 is no emergency here")
        helper.close()
        s.lab.wait_shipped()
        time.sleep(0.2)
        rows = [row for row in s.lab.records() if row["destination_class"] == "emergency"]
        tests.check([(row["account"], row["dialled"], row["gateway"], row["status"]) for row in rows] == [("off", "11-2", "help", "open")],
                    "on record as what it is", str(rows))
        tests.check(s.counters()["emergency_calls"] == 1, "and counted")


def observing(tests):
    """A limit that only observes refuses nobody"""
    with Scene() as s:
        statuses = [s.call("watch")[1].status for _ in range(3)]
        tests.check(statuses == [200] * 3, "three calls of three minutes in five", str(statuses))
        counters = s.counters()
        tests.check(counters["limits_observed"] == 2 and counters["refused_minutes"] == 0, "are counted")
        tests.check("account watch: limit reached, only observed, kind=minutes_day" in s.lab.read("lcrproxyd.log"), "and reported")


def classes_and_trunks(tests):
    """A limit may be about a class of numbers, and about a trunk"""
    with Scene() as s:
        mobile = "+447700900123"
        statuses = [s.call(name, number, 486)[1].status for name, number in (("sorts", mobile), ("sorts", mobile), ("sorts", UK), ("sorts", UK))]
        tests.check(statuses == [486, 403, 486, 486], "of mobile numbers one call, of others as many as there are", str(statuses))
        statuses = [s.call(name, number, 486)[1].status
                    for name, number in (("east", UK), ("east", UK), ("west", UK), ("west", UK), ("west", mobile))]
        tests.check(statuses == [486, 403, 486, 486, 403], "by one trunk one call, by the other none to mobile numbers", str(statuses))
        rows = s.lab.ctl_json("limits", "pair")
        tests.check([(row["class"], row["trunk"], row["calls_used"]) for row in rows] == [("all", "east", 1), ("mobile", "west", 0)],
                    "lcrctl limits tells them apart", str(rows))
        tests.check(s.lab.ctl_json("counters")["refused_calls"] == 3, "all are counted")


if __name__ == "__main__":
    Tests().run(toll_fraud, channels, flood, barred, emergencies, observing, classes_and_trunks)
