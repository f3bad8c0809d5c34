#!/usr/bin/env python3
"""Whose number a call shows: own numbers, spoofed ones, preset ones, anonymous callers

Usage: tests/e2e/test_callers.py BUILD
"""
import os
import re
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from lab import Lab, Tests  # noqa: E402
from peer import Call, Peer  # noqa: E402

BUILD = os.path.abspath(sys.argv[1])
PORT = 5660
NUMBER = "+493012345678"
ACCOUNTS = "account,tariff,country_code,international\nfirm,retail,49,true\nstrict,retail,49,true\ncarrier,retail,49,true\n"
TRUNKS = "account,address\nfirm,127.0.2.1\nstrict,127.0.2.2\ncarrier,127.0.2.3\n"
CALLERS = "account,prefix,preset\nfirm,4989555,false\nfirm,49895550,true\nstrict,4940777,false\n"
DOMAIN = "voice.example.net"
GATEWAYS = ("gateway,carrier,uri,priority,trusted,portability\nblue1,blue,sip:127.0.0.1:5691,0,true,params\n"
            "blue2,blue,sip:127.0.0.1:5692,1,false,none\n")
SETTINGS = f'''domains = [ "{DOMAIN}" ];
policy = ( {{ name = "messages"; method = "MESSAGE"; to = "number"; action = "route"; }},
           {{ name = "elsewhere"; method = "INVITE"; prefix = "4930777"; action = "redirect"; }} );'''
SECRETS = "P-Asserted-Identity: <sip:+4969999@bank.example>\r\nRemote-Party-ID: <sip:+4969999@bank.example>\r\n"


class Scene:
    def __init__(self):
        self.lab = Lab(BUILD, "callers", workers=2, port=PORT, gateways=GATEWAYS, settings=SETTINGS,
                       tables={"accounts": ACCOUNTS, "trunks": TRUNKS, "callers": CALLERS})

    def __enter__(self):
        self.lab.prepare()
        self.lab.start()
        self.gateway = Peer(5691)
        self.peers = {name: Peer(5680 + n, f"127.0.2.{n + 1}") for n, name in enumerate(("firm", "strict", "carrier"))}
        return self

    def __exit__(self, kind, value, trace):
        for peer in (self.gateway, *self.peers.values()):
            peer.close()
        if kind is None:
            self.lab.stop()
        self.lab.__exit__(kind, value, trace)

    def place(self, name, caller, headers=""):
        """A call that says it is from `caller`: the INVITE the gateway got (None: none), and the call."""
        call = Call(self.peers[name], PORT, NUMBER)
        text = call.request("INVITE", headers)
        self.said = f"{caller};tag={call.from_tag}"
        call.sent = re.sub(r"From: [^\r]*", lambda _: f"From: {self.said}", text)
        call.peer.send(call.sent, PORT)
        invite = self.gateway.next(0.5)
        while invite is not None and invite.method != "INVITE":
            invite = self.gateway.next(0.5)
        return invite, call

    def finish(self, invite, call, status=486):
        """Let the gateway answer; what the caller hears."""
        self.gateway.answer(invite, 180)
        ringing = call.peer.wait(180, call_id=call.call_id)
        self.gateway.answer(invite, status)
        return ringing, call.peer.wait(status, call_id=call.call_id)


def own_numbers(tests):
    """A number of the account's own is asserted, whatever else is claimed"""
    with Scene() as s:
        invite, call = s.place("firm", '"Desk" <sip:+4989555123@firm.example>')
        tests.check(invite.all("P-Asserted-Identity") == [f"<sip:+4989555123@{DOMAIN}>"], "the From is asserted", repr(invite.headers))
        tests.check(invite.get("From") == s.said, "and stays as it was")
        s.finish(invite, call)
        invite, call = s.place("firm", "<sip:089555123@firm.example>")
        tests.check(invite.get("P-Asserted-Identity") == f"<sip:+4989555123@{DOMAIN}>", "as dialled at home, too")
        s.finish(invite, call)
        invite, call = s.place("firm", "<sip:+4989555123@firm.example>",
                               "P-Asserted-Identity: <sip:+491110@x>, <tel:+491110>\r\nRemote-Party-ID: <sip:+491110@x>\r\n"
                               "P-Preferred-Identity: <sip:+491110@x>\r\nP-Preferred-Identity: <tel:+4989555777>\r\n")
        tests.check(invite.all("P-Asserted-Identity") == [f"<sip:+4989555777@{DOMAIN}>"], "the preferred one that is its own comes first",
                    repr(invite.headers))
        tests.check(not invite.all("Remote-Party-ID") and not invite.all("P-Preferred-Identity"), "what others claim does not get through")
        s.finish(invite, call)


def spoofed(tests):
    """Somebody else's number is not shown"""
    with Scene() as s:
        invite, call = s.place("firm", '"Your bank" <sip:+4969999@bank.example>', "P-Asserted-Identity: <sip:+4969999@bank.example>\r\n")
        tests.check("4969999" not in repr(invite.headers), "it is nowhere in the INVITE", repr(invite.headers))
        tests.check(invite.get("From") == f"<sip:+49895550@{DOMAIN}>;tag={call.from_tag}" and
                    invite.all("P-Asserted-Identity") == [f"<sip:+49895550@{DOMAIN}>"], "the account's preset number is", invite.get("From"))
        ringing, final = s.finish(invite, call)
        tests.check(ringing.get("From") == final.get("From") == s.said, "the caller gets back what it said", repr(final.headers))
        ack = s.gateway.wait("ACK")
        tests.check(ack is not None and ack.get("From") == invite.get("From"), "and the gateway what it got")
        invite, call = s.place("firm", "<sip:+4969999@bank.example>")
        s.gateway.answer(invite, 180)
        call.peer.wait(180, call_id=call.call_id)
        call.sent = re.sub(r"(?s)Content-Length: \d+\r\n\r\n.*", "Content-Length: 0\r\n\r\n", call.sent)
        call.cancel()
        cancel = s.gateway.wait("CANCEL")
        tests.check(cancel is not None and cancel.get("From") == invite.get("From"), "its CANCEL has the same From")
        s.gateway.answer(invite, 487)
        tests.check(call.peer.wait(487, call_id=call.call_id).get("From") == s.said, "and its end, too")
        invite, call = s.place("strict", "<sip:+4969999@bank.example>")
        final = call.peer.wait(403, call_id=call.call_id)
        tests.check(invite is None and final is not None and "caller number" in final.get("Reason"), "without a preset number: 403")
        counters = s.lab.ctl_json("counters")
        tests.check((counters["refused_caller"], counters["callers_replaced"]) == (1, 2), "counted", str(counters))
        s.lab.wait_shipped()
        time.sleep(0.2)
        rows = {(row["account"], row["caller"], row["caller_asserted"], row["status"]) for row in s.lab.records()}
        tests.check(rows == {("firm", "+4969999", "49895550", "failed"), ("firm", "+4969999", "49895550", "cancelled"),
                             ("strict", "+4969999", "", "failed")}, "the records have both", str(rows))


def hidden(tests):
    """Who hides is known to the network only; who is trusted passes"""
    with Scene() as s:
        anonymous = '"Anonymous" <sip:anonymous@anonymous.invalid>'
        invite, call = s.place("firm", anonymous, "Privacy: id\r\nP-Preferred-Identity: <sip:+4989555123@firm.example>\r\n")
        tests.check(invite.get("From") == s.said and invite.get("Privacy") == "id", "From and Privacy stay")
        tests.check(invite.all("P-Asserted-Identity") == [f"<sip:+4989555123@{DOMAIN}>"], "the network knows who it is")
        outside = Peer(5692)
        s.gateway.answer(invite, 503)
        again = outside.wait("INVITE")
        tests.check(again is not None and not again.all("P-Asserted-Identity") and "4989555123" not in repr(again.headers),
                    "a gateway outside of it is not told", again and repr(again.headers))
        outside.answer(again, 486)
        outside.close()
        call.peer.wait(486, call_id=call.call_id)
        invite, call = s.place("firm", anonymous)
        tests.check(invite.all("P-Asserted-Identity") == [f"<sip:+49895550@{DOMAIN}>"], "by the preset number, if by nothing else")
        s.finish(invite, call)
        invite, call = s.place("carrier", "<sip:+4969999@bank.example>", "P-Asserted-Identity: <sip:+331110@x>\r\n")
        tests.check(invite.get("From") == s.said and invite.all("P-Asserted-Identity") == ["<sip:+331110@x>"],
                    "an account without numbers is trusted with all")
        s.finish(invite, call)


def inside(tests):
    """What the INVITE hid or changed stays so inside the call, and each side gets its own answers"""
    with Scene() as s:
        outside = Peer(5692)

        def answered(name, caller, headers, peer):
            """(the INVITE that peer answered, the call)"""
            s.peers[name].host = s.peers[name].socket.getsockname()[0]
            invite, call = s.place(name, caller, headers)
            if peer is outside:
                s.gateway.answer(invite, 503)
                s.gateway.wait("ACK")
                invite = outside.wait("INVITE")
            peer.answer(invite, 200)
            final = call.peer.wait(200, call_id=call.call_id)
            tests.check(final.get("From") == s.said, "the 2xx has the caller's own From", final.get("From"))
            call.learn(final)
            return invite, call

        def says(call, method, peer, cseq):
            """A request of the caller with its own From: what peer got, and what it answered with."""
            text = re.sub(r"From: [^\r]*", lambda _: f"From: {s.said}", call.request(method, SECRETS, cseq=cseq))
            call.peer.send(text, PORT)
            got = peer.wait(method)
            if got is not None and method != "ACK":
                peer.answer(got, 200)
            return got, None if method == "ACK" else call.peer.wait(200, call_id=call.call_id)

        def whole(what, name, caller, headers, peer, secret):
            invite, call = answered(name, caller, headers, peer)
            shown = invite.get("From")
            tests.check(shown != s.said and secret not in shown, f"{what}: From is another", shown)
            for cseq, method in ((1, "ACK"), (2, "INVITE"), (2, "ACK"), (3, "INFO")):
                got, final = says(call, method, peer, cseq)
                tests.check(got is not None and got.get("From") == shown and secret not in got.get("From"), f"{method} has the same",
                            got and got.get("From"))
                tests.check(got is not None and secret not in repr(got.headers), "and tells nothing else", got and repr(got.headers))
                tests.check(method == "ACK" or (final is not None and final.get("From") == s.said), f"{method}: answered to its own From",
                            final and final.get("From"))
            call.callee_request(peer, "INFO", invite)
            got = call.peer.wait("INFO", call_id=call.call_id)
            tests.check(got is not None and got.get("From") == call.to and f";tag={call.from_tag}" in got.get("To"), "the callee's request", repr(got))
            call.peer.answer(got, 200)
            final = peer.wait(200)
            tests.check(final is not None and final.get("From") == call.to and final.get("To") == shown, "and its answer", repr(final))
            got, final = says(call, "BYE", peer, 4)
            tests.check(got is not None and got.get("From") == shown and final.get("From") == s.said, "and the BYE", repr(got))

        whole("hidden", "carrier", '"Ann" <sip:+4969999@bank.example>', "Privacy: id\r\n", outside, "4969999")
        whole("spoofed", "firm", '"Your bank" <sip:+4969999@bank.example>', "", s.gateway, "4969999")
        invite, call = answered("carrier", "<sip:+4969999@bank.example>", "", s.gateway)
        tests.check(invite.get("From") == s.said and "lcrf" not in repr(invite.headers), "nothing changed, nothing noted")
        s.lab.wait_shipped()
        outside.close()


def messages(tests):
    """What is no INVITE goes by the same rules"""
    with Scene() as s:
        outside = Peer(5692)

        def send(name, caller, headers="", uri=None):
            """(the MESSAGE the gateway got, the call)"""
            call = Call(s.peers[name], PORT, NUMBER, uri=uri or f"sip:{NUMBER}@{DOMAIN}")
            s.said = f"{caller};tag={call.from_tag}"
            call.peer.send(re.sub(r"From: [^\r]*", lambda _: f"From: {s.said}", call.request("MESSAGE", headers, "hello")), PORT)
            return s.gateway.wait("MESSAGE", 1, call.call_id), call

        message, call = send("firm", "<sip:+4989555123@firm.example>")
        tests.check(message is not None and message.get("From") == s.said and
                    message.all("P-Asserted-Identity") == [f"<sip:+4989555123@{DOMAIN}>"], "a number of its own is asserted", repr(message and message.headers))
        s.gateway.answer(message, 202)
        call.peer.wait(202, call_id=call.call_id)
        message, call = send("firm", '"Your bank" <sip:+4969999@bank.example>', SECRETS)
        tests.check(message is not None and "4969999" not in repr(message.headers) and "Your bank" not in repr(message.headers),
                    "somebody else's is nowhere", repr(message and message.headers))
        tests.check(message.get("From") == f"<sip:+49895550@{DOMAIN}>;tag={call.from_tag}" and
                    message.all("P-Asserted-Identity") == [f"<sip:+49895550@{DOMAIN}>"], "the preset one is", message.get("From"))
        s.gateway.answer(message, 202)
        final = call.peer.wait(202, call_id=call.call_id)
        tests.check(final is not None and final.get("From") == s.said, "and the answer has what was said", final and final.get("From"))
        message, call = send("strict", "<sip:+4969999@bank.example>")
        final = call.peer.wait(403, call_id=call.call_id)
        tests.check(message is None and final is not None, "without a preset number: 403", repr(final))
        message, call = send("carrier", '"Ann" <sip:+4969999@bank.example>', SECRETS + "Privacy: id\r\n")
        tests.check(message.get("From") == s.said and message.all("P-Asserted-Identity"), "a trusted gateway knows who hides")
        s.gateway.answer(message, 503)
        again = outside.wait("MESSAGE", 1, call.call_id)
        tests.check(again is not None and "4969999" not in repr(again.headers) and "anonymous.invalid" in again.get("From"),
                    "another one does not", repr(again and again.headers))
        outside.answer(again, 200)
        final = call.peer.wait(200, call_id=call.call_id)
        tests.check(final is not None and final.get("From") == s.said, "and its answer has the caller's own From", repr(final))
        message, call = send("carrier", "<sip:+4969999@bank.example>", uri=f"sip:{NUMBER};npdi;rn=+4930888@{DOMAIN};user=phone")
        tests.check(message is not None and message.start.split()[1] == "sip:+493012345678;npdi;rn=+4930888@127.0.0.1:5691;user=phone",
                    "a ported number goes with its routing number", repr(message))
        s.gateway.answer(message, 200)
        call.peer.wait(200, call_id=call.call_id)
        call = Call(s.peers["carrier"], PORT, "+4930777", uri=f"sip:+493077712345;npdi;rn=+4930888@{DOMAIN};user=phone")
        call.invite()
        final = call.peer.wait(302, call_id=call.call_id)
        tests.check(final is not None and any("npdi;rn=+4930888" in contact for contact in final.all("Contact")), "and so in a 302",
                    final and repr(final.all("Contact")))
        tests.check(s.lab.ctl_json("counters")["refused_caller"] == 1, "the refusal is counted")
        outside.close()


if __name__ == "__main__":
    Tests().run(own_numbers, spoofed, hidden, inside, messages)
