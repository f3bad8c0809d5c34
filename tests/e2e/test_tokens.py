#!/usr/bin/env python3
"""The token against each attack of doc/token.md: which record results

Usage: tests/e2e/test_tokens.py BUILD
The test has the secret, so it can sign whatever it wants, too. A gateway that says 200 to everything is the attacker's friend.
"""
import base64
import hashlib
import hmac
import os
import re
import struct
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from lab import Tests  # noqa: E402
from peer import Peer  # noqa: E402
from scene import PORT, Scene  # noqa: E402

BUILD = os.path.abspath(sys.argv[1])
SETTINGS = "sip = { forged_rate = 0; }; records = { sweep_interval_s = 0; };"
FIELDS = {"version": 0, "key id": 1, "hop": 2, "flags": 3, "node": 4, "account": 11, "gateway": 15, "generation": 19, "setup": 27, "ringing": 33,
          "cseq": 35, "signature": 36, "the signature's end": 47}


def token_of(route):
    return re.search(r";lcr=([^;>]+)", route).group(1)


def with_token(route, token):
    return re.sub(r";lcr=[^;>]+", "" if token is None else f";lcr={token}", route)


def decode(token):
    return bytearray(base64.urlsafe_b64decode(token))


def encode(raw):
    return base64.urlsafe_b64encode(bytes(raw)).decode().rstrip("=")


def sign(raw, secret, call_id, *tags):
    """The signature anew, over the payload as it is now."""
    text = bytes(raw[:36]) + b"".join(struct.pack(">H", len(part)) + part.encode() for part in (call_id, *tags))
    return encode(bytes(raw[:36]) + hmac.new(secret, text, hashlib.sha256).digest()[:12])


class Attack(Scene):
    def secret(self):
        return self.lab.read("rr.key").strip().encode()

    def bye(self, call, routes, status=200):
        """A BYE with these routes, that the gateway answers; whether it got through."""
        before, call.routes = call.routes, routes
        call.send("BYE")
        call.routes = before
        bye = self.blue.wait("BYE", call_id=call.call_id)
        if bye is not None:
            self.blue.answer(bye, status)
        return bye is not None and self.caller.wait(status, call_id=call.call_id) is not None

    def invite_is_refused(self, call, routes):
        before, call.routes = call.routes, routes
        call.send("INVITE")
        call.routes = before
        status = self.caller.wait(403, call_id=call.call_id)
        return status is not None and self.blue.quiet(0.02)

    def counts(self):
        counters = self.lab.ctl_json("counters")
        return {name: counters["token_" + name] for name in ("valid", "missing", "forged", "expired")}

    def the_row(self, call):
        rows = self.record(call)
        return rows[0] if len(rows) == 1 else {"rows": str(rows)}


def tag_of(value):
    return re.search(r";tag=([^;>]+)", value).group(1)


def damaged(real, resigned, other):
    """What is no valid token of the call, by kind: [(what, token or None, counted as)]."""
    raw = decode(real)
    tokens = [("stripped", None, "missing"), ("of another call", other, "forged"),
              ("forged: another secret", resigned(raw, b"x" * 32), "forged"), ("forged: no secret", encode(raw[:36] + bytes(12)), "forged")]
    for name, at in FIELDS.items():
        for bit in (1, 128):
            changed = bytearray(raw)
            changed[at] ^= bit
            tokens.append((f"altered: {name}, bit {bit}", encode(changed), "forged"))
    tokens += [(f"cut to {n}", real[:n], "forged") for n in (1, 4, 32, 47, 48, 60, 63)] + [("lengthened", real + "A", "forged"), ("twice", real * 2, "forged")]
    for what, at, value in (("unknown version 0", 0, 0), ("unknown version 2", 0, 2), ("unknown key id, signed", 1, 9), ("unknown flags, signed", 3, raw[3] | 0x80),
                            ("a cseq nobody spaced, signed", 35, 7)):
        changed = bytearray(raw)
        changed[at] = value
        tokens.append((what, resigned(changed), "forged"))
    for what, setup in (("too old, signed", int(time.time() * 1e6) - 8 * 86400 * 10**6), ("of the time 0, signed", 0)):
        changed = bytearray(raw)
        changed[20:28] = struct.pack(">Q", setup)
        tokens.append((what, resigned(changed), "expired" if setup else "forged"))
    return tokens


def try_all(tests, s, who, tokens, bye, refused):
    """Each in a BYE and, where another leg could be opened, in an INVITE; the record stays open."""
    for what, token, kind in tokens:
        before = s.counts()
        through, closed = bye(token), refused(token)
        after = s.counts()
        n = 2 if refused is not nobody else 1
        counted = {name: after[name] - before[name] for name in after}
        tests.check(through and closed and counted == {**dict.fromkeys(after, 0), kind: n},
                    f"{who}, {what}: the BYE is passed on, counted as {kind}, and opens nothing", f"{through} {closed} {counted}")


def nobody(_):
    return True


def damaged_kinds(tests):
    """Forged, altered, cut, of another call, stripped, too old, of unknown key, version and flags: no end, and no leg"""
    with Attack(BUILD, "tokens", settings=SETTINGS) as s:
        call, invite, _ = s.answered()
        began = time.time()
        other, other_invite, _ = s.answered()
        route, to_tag = call.routes[0], tag_of(call.to)
        real, secret = token_of(route), s.secret()
        tests.check(sign(decode(real), secret, call.call_id, call.from_tag, to_tag) == real, "the signature is what doc/token.md says")
        tests.check(len(call.routes) == 1 and real != token_of(invite.get("Record-Route")), "the callee has another one than the caller")
        tokens = damaged(real, lambda raw, key=secret: sign(raw, key, call.call_id, call.from_tag, to_tag), token_of(other.routes[0]))
        try_all(tests, s, "caller", tokens, lambda t: s.bye(call, [with_token(route, t)]), lambda t: s.invite_is_refused(call, [with_token(route, t)]))

        call.routes = [with_token(route, "")]
        call.send("BYE")
        tests.check(s.caller.wait(400, call_id=call.call_id) is not None, "caller, cut to nothing: no URI, 400")
        call.routes = [route]

        theirs = invite.get("Record-Route")
        tokens = damaged(token_of(theirs), lambda raw, key=secret: sign(raw, key, call.call_id, call.from_tag), token_of(other_invite.get("Record-Route")))

        def callee_bye(token):
            name = [(key, with_token(value, token) if key == "Record-Route" else value) for key, value in invite.headers]
            changed = type("Changed", (), {"get": invite.get, "all": lambda self, key: [v for k, v in name if k == key]})()
            call.callee_request(s.blue, "BYE", changed)
            bye = s.caller.wait("BYE", call_id=call.call_id)
            if bye is not None:
                s.caller.answer(bye, 200)
            return bye is not None and s.blue.wait(200, call_id=call.call_id) is not None

        try_all(tests, s, "callee", tokens, callee_bye, nobody)
        for one in (call, other):
            row = s.the_row(one)
            tests.check((row.get("status"), row["end_time"], row["account"], row["gateway"]) == ("open", "", "acme", "blue1"), "after all of that the record is open, and as it was", str(row))
        before = time.time()
        tests.check(s.bye(call, call.routes), "the true BYE is served")
        row = s.the_row(call)
        tests.check((row.get("status"), row["end_source"], row["token"], row["anomaly"]) == ("answered", "caller", "valid", "") and
                    int(row["duration_us"]) / 1e6 > before - began - 0.1, "and ends it, at its own time", str(row))
        s.lab.run("cdr-sweep", "--max-call-s", "1", "--grace-s", "0")
        s.bye(other, [with_token(other.routes[0], None)])
        time.sleep(1.1)
        s.lab.run("cdr-sweep", "--max-call-s", "1", "--grace-s", "0")
        row = s.the_row(other)
        tests.check((row.get("status"), row["end_source"], row["end_time"]) == ("swept", "sweep", row["answer_time"]),
                    "who strips it is swept, and ends at the last sign of life", str(row))


def own_dialog(tests):
    """True tokens in their own dialog: replayed after the end, swapped between legs, rolled back"""
    with Attack(BUILD, "tokens", settings=SETTINGS) as s:
        call, invite, _ = s.answered()
        time.sleep(0.3)
        s.bye(call, call.routes)
        first = s.the_row(call)
        time.sleep(0.3)
        s.bye(call, call.routes, 481)
        s.bye(call, call.routes, 200)
        call.callee_request(s.blue, "BYE", invite)
        s.caller.answer(s.caller.wait("BYE", call_id=call.call_id), 200)
        s.blue.wait(200, call_id=call.call_id)
        call.send("UPDATE")
        update = s.blue.wait("UPDATE", call_id=call.call_id)
        if update is not None:
            s.blue.answer(update, 481)
        s.caller.wait(481, call_id=call.call_id)
        row = s.the_row(call)
        tests.check(row.pop("last_seen") > first.pop("last_seen") and row == first and row.get("status") == "answered", "replayed after the end, by either side and answered with whatever: the record stays", f"{first} {row}")

        call, invite, _ = s.answered()
        time.sleep(0.3)
        s.bye(call, [invite.get("Record-Route")])
        row = s.the_row(call)
        tests.check((row.get("status"), row["end_source"], row["anomaly"]) == ("answered", "caller", "") and 250000 < int(row["duration_us"]) < 2e6,
                    "rolled back, the token of before the answer in the caller's BYE: START knows the answer", str(row))

        call, invite, _ = s.answered()
        time.sleep(0.3)
        swapped = type("Swapped", (), {"get": invite.get, "all": lambda self, key: list(call.routes)})()
        call.callee_request(s.blue, "BYE", swapped)
        s.caller.answer(s.caller.wait("BYE", call_id=call.call_id), 200)
        s.blue.wait(200, call_id=call.call_id)
        row = s.the_row(call)
        tests.check((row.get("status"), row["end_source"], row["anomaly"]) == ("answered", "callee", "") and 250000 < int(row["duration_us"]) < 2e6,
                    "swapped, the caller's token in the callee's BYE: the same facts, one record, who hung up by From", str(row))

        call, invite, _ = s.answered()
        time.sleep(0.3)
        text = call.request("BYE")
        sender, receiver = (re.search(rf"{name}: ([^\r]*)", text).group(1) for name in ("\r\nFrom", "\r\nTo"))
        s.caller.send(text.replace(sender, "@").replace(receiver, sender).replace("@\r", receiver + "\r", 1), PORT)
        bye = s.blue.wait("BYE", call_id=call.call_id)
        tests.check(bye is not None and bye.get("From") == receiver, "From and To exchanged, and the token of the caller", repr(bye and bye.headers))
        s.blue.answer(bye, 200, tag="")
        s.caller.wait(200, call_id=call.call_id)
        row = s.the_row(call)
        tests.check((row.get("status"), row["end_source"], row["anomaly"]) == ("answered", "callee", "") and 250000 < int(row["duration_us"]) < 2e6,
                    "names the other side as the one that hung up, and changes nothing else", str(row))


def earlier_call(tests):
    """Rolled back to an earlier call of the same Call-ID and tags: its token names that call, and no other"""
    with Attack(BUILD, "tokens", settings=SETTINGS) as s:
        old, _, _ = s.answered()
        s.bye(old, old.routes)
        before = s.record(old)
        new = s.call(call_id=old.call_id)
        new.from_tag = old.from_tag
        new.invite()
        invite = s.blue.wait("INVITE", call_id=new.call_id)
        s.blue.answer(invite, 200)
        new.learn(s.caller.wait(200, call_id=new.call_id))
        new.ack()
        s.blue.wait("ACK", call_id=new.call_id)
        tests.check(tag_of(new.to) == tag_of(old.to), "the same dialog identifiers")
        s.bye(new, old.routes)
        rows = sorted(s.record(new), key=lambda row: row["setup_time"])
        tests.check(len(rows) == 2 and rows[0] == before[0] | {"last_seen": rows[0]["last_seen"]} and rows[1]["status"] == "open", "the earlier record stays, the later one is open", str(rows))
        s.bye(new, new.routes)
        rows = sorted(s.record(new), key=lambda row: row["setup_time"])
        tests.check([row["status"] for row in rows] == ["answered", "answered"], "and ends with its own", str(rows))


def led_elsewhere(tests):
    """A BYE that a friend of the caller answers, through a node that does not know the way: what is heard of the call after it is on record"""
    with Attack(BUILD, "tokens", settings=SETTINGS) as s:
        friend = Peer(5396)
        call, invite, _ = s.answered()
        s.lab.stop()
        s.lab.start()
        target, call.target = call.target, "sip:friend@127.0.0.1:5396"
        call.send("BYE")
        friend.answer(friend.wait("BYE", call_id=call.call_id), 200)
        s.caller.wait(200, call_id=call.call_id)
        friend.close()
        call.target = target
        ended = s.the_row(call)
        tests.check((ended.get("status"), ended["end_source"], ended["last_seen"]) == ("answered", "caller", ended["end_time"]) and s.blue.quiet(0.02),
                    "a record with an end, and a gateway that has heard of none", str(ended))
        call.callee_request(s.blue, "INVITE", invite, "Session-Expires: 1800;refresher=uac\r\nContact: <sip:blue@127.0.0.1:5391>\r\n")
        s.caller.answer(s.caller.wait("INVITE", call_id=call.call_id), 200)
        s.blue.wait(200, call_id=call.call_id)
        refreshed = s.the_row(call)
        tests.check((refreshed["end_time"], refreshed["last_seen"] > ended["last_seen"]) == (ended["end_time"], True), "its refresh is a sign of life after the end", str(refreshed))
        call.callee_request(s.blue, "BYE", invite)
        s.caller.answer(s.caller.wait("BYE", call_id=call.call_id), 481)
        s.blue.wait(481, call_id=call.call_id)
        row = s.the_row(call)
        tests.check((row["end_time"], row["last_seen"] > refreshed["last_seen"]) == (ended["end_time"], True), "so is its BYE, whatever the caller says to that", str(row))


Tests().run(damaged_kinds, own_dialog, earlier_call, led_elsewhere)
