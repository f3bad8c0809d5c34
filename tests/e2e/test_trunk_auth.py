#!/usr/bin/env python3
"""test_trunk_auth - gateways that demand credentials: by digest, at each request, and Kamailio as such a carrier"""
import functools
import hashlib
import os
import re
import shutil
import sys
import time

from lab import HERE, Lab, Tests
from peer import Call, Peer
from scene import NUMBER, PORT, ROUTING, Scene

BUILD = os.path.abspath(sys.argv[1])
USER, REALM, PASSWORD = "trunk-7", "carrier.example", "secret"
CREDENTIALS = f"gateway,realm,username,password\nblue1,{REALM},{USER},{PASSWORD}\n"
OTHERS = ('policy = ( { name = "others"; to = "number"; method = [ "MESSAGE", "SUBSCRIBE" ]; source = "trunk"; '
          'action = "route"; } );\n')
HASHES = {"MD5": hashlib.md5, "SHA-256": hashlib.sha256, "SHA-512-256": functools.partial(hashlib.new, "sha512_256")}


def fields(value):
    return {name: quoted or plain for name, quoted, plain in re.findall(r'(\w+)=(?:"([^"]*)"|([^\s,]+))', value)}


class Carrier:
    """What a gateway knows of digest: challenges, and whether an answer is right."""

    def __init__(self, peer, status=407, algorithm="SHA-256", qop="auth", password=PASSWORD):
        self.peer, self.status, self.algorithm, self.qop, self.password = peer, status, algorithm, qop, password
        self.nonces = 0

    def challenge(self, request, stale=False):
        self.nonces += 1
        self.nonce = f"nonce{self.nonces}"
        name = "Proxy-Authenticate" if self.status == 407 else "WWW-Authenticate"
        more = (f', qop="{self.qop}"' if self.qop else "") + (", stale=true" if stale else "")
        self.peer.answer(request, self.status, headers=f'{name}: Digest realm="{REALM}", nonce="{self.nonce}", '
                                                       f'algorithm={self.algorithm}{more}, opaque="o"\r\n')

    def right(self, request, nc=1):
        value = request.get("Proxy-Authorization" if self.status == 407 else "Authorization")
        if not value:
            return False
        said, hashed = fields(value), lambda text: HASHES[self.algorithm](text.encode()).hexdigest()
        ha1 = hashed(f"{USER}:{REALM}:{self.password}")
        ha2 = hashed(f"{request.method}:{request.start.split(' ')[1]}")
        middle = f":{said.get('nc')}:{said.get('cnonce')}:auth" if self.qop else ""
        return (said["nonce"] == self.nonce and said["uri"] == request.start.split(" ")[1] and said["opaque"] == "o" and
                (not self.qop or int(said["nc"], 16) == nc) and said["response"] == hashed(f"{ha1}:{self.nonce}{middle}:{ha2}"))


def cseq(message):
    return int(message.get("CSeq").split()[0])


def counters(scene):
    return scene.lab.ctl_json("counters")


def open_scene(build, name, **more):
    scene = Scene(build, name, tables={"gateway_credentials": CREDENTIALS}, **more)
    return scene


def whole_call(t, scene, carrier, first, what):
    """A call whose every request is challenged; first: the CSeq of the caller's INVITE."""
    caller, blue = scene.caller, scene.blue
    call = scene.call()
    call.cseq = first - 1
    call.invite()
    one = blue.wait("INVITE", call_id=call.call_id)
    t.check(one and cseq(one) == 4 * first, f"{what}: the first INVITE has room behind its number", one and one.get("CSeq"))
    carrier.challenge(one)
    two = blue.wait("INVITE", call_id=call.call_id)
    t.check(two and cseq(two) == 4 * first + 1 and carrier.right(two), f"{what}: the second the next one, and credentials", two and two.headers)
    t.check(two and two.get("From") == one.get("From") and ";tag=" not in two.get("To"), f"{what}: From and Call-ID are the same")
    blue.answer(two, 183, headers="Require: 100rel\r\nRSeq: 77\r\n")
    progress = caller.wait(183, call_id=call.call_id)
    t.check(progress and cseq(progress) == first, f"{what}: the 183 has the caller's own number", progress and progress.get("CSeq"))
    call.learn(progress)
    call.send("PRACK", headers=f"RAck: 77 {first} INVITE\r\n")
    prack = blue.wait("PRACK", call_id=call.call_id)
    t.check(prack and prack.get("RAck") == f"77 {4 * first + 1} INVITE" and cseq(prack) == 4 * first + 4 and carrier.right(prack, 2),
            f"{what}: the PRACK names the INVITE as it was sent", prack and prack.headers)
    blue.answer(prack, 200)
    ok = caller.wait(200, call_id=call.call_id)
    t.check(ok and ok.get("CSeq") == f"{first + 1} PRACK", f"{what}: and its 200 the caller's number", ok and ok.get("CSeq"))
    blue.answer(two, 200)
    ok = caller.wait(200, call_id=call.call_id)
    t.check(ok and ok.get("CSeq") == f"{first} INVITE", f"{what}: so does the answer", ok and ok.get("CSeq"))
    call.learn(ok)
    caller.send(call.request("ACK", cseq=first), PORT)
    ack = blue.wait("ACK", call_id=call.call_id)
    ack = blue.wait("ACK", call_id=call.call_id) if ack and ack.get("CSeq") == f"{4 * first} ACK" else ack
    t.check(ack and ack.get("CSeq") == f"{4 * first + 1} ACK", f"{what}: the ACK goes out with the INVITE's", ack and ack.get("CSeq"))
    return call, two, ok


def reinvite(t, scene, carrier, call, what, first):
    blue, caller = scene.blue, scene.caller
    call.send("INVITE", headers="Content-Type: application/sdp\r\n")
    at = call.cseq
    one = blue.wait("INVITE", call_id=call.call_id)
    base = 4 * at
    t.check(one and cseq(one) == base, f"{what}: a re-INVITE has room before it", one and one.get("CSeq"))
    carrier.challenge(one)
    two = blue.wait("INVITE", call_id=call.call_id)
    t.check(two and cseq(two) == base + 1 and carrier.right(two), f"{what}: challenged, it goes again", two and two.headers)
    blue.answer(two, 200)
    ok = caller.wait(200, call_id=call.call_id)
    t.check(ok and cseq(ok) == at, f"{what}: its 200 has the caller's number", ok and ok.get("CSeq"))
    caller.send(call.request("ACK", cseq=at), PORT)
    ack = blue.wait("ACK", call_id=call.call_id)
    while ack and cseq(ack) == base:  # of the challenge
        ack = blue.wait("ACK", call_id=call.call_id)
    t.check(ack and cseq(ack) == base + 1, f"{what}: and its ACK that of the INVITE which was answered", ack and ack.get("CSeq"))


def test_everything_challenged(t):
    """a gateway that challenges everything: PRACK, re-INVITE, and BYE of both sides"""
    for status, algorithm, qop, first in ((407, "SHA-256", "auth", 1), (401, "SHA-512-256", "auth", 70000), (407, "MD5", "", 4711)):
        with open_scene(BUILD, "trunk-auth") as scene:
            what = f"{status} {algorithm}"
            carrier = Carrier(scene.blue, status, algorithm, qop)
            call, invite, _ = whole_call(t, scene, carrier, first, what)
            reinvite(t, scene, carrier, call, what, first)
            call.callee_request(scene.blue, "INFO", invite)
            info = scene.caller.wait("INFO", call_id=call.call_id)
            t.check(info and cseq(info) == 1, f"{what}: the gateway's own numbers stay", info and info.get("CSeq"))
            scene.caller.answer(info, 200)
            t.check(scene.blue.wait(200, call_id=call.call_id), f"{what}: and are answered")
            call.send("BYE")
            bye = scene.blue.wait("BYE", call_id=call.call_id)
            carrier.challenge(bye)
            again = scene.blue.wait("BYE", call_id=call.call_id)
            t.check(again and cseq(again) == cseq(bye) + 1 and carrier.right(again), f"{what}: a challenged BYE goes again")
            scene.blue.answer(again, 200)
            ok = scene.caller.wait(200, call_id=call.call_id)
            t.check(ok and cseq(ok) == call.cseq, f"{what}: and ends the call")
            rows = scene.record(call)
            t.check(len(rows) == 1 and rows[0]["status"] == "answered" and rows[0]["end_source"] == "caller" and rows[0]["gateway"] == "blue1",
                    f"{what}: one record", rows)
            t.check(counters(scene)["challenges_answered"] == 3, f"{what}: counted", counters(scene))
            # the callee ends it
            call, invite, _ = whole_call_known(t, scene, carrier, what)
            call.callee_request(scene.blue, "BYE", invite)
            scene.caller.answer(scene.caller.wait("BYE", call_id=call.call_id), 200)
            t.check(scene.blue.wait(200, call_id=call.call_id), f"{what}: the callee hangs up")
            rows = scene.record(call)
            t.check(len(rows) == 1 and rows[0]["status"] == "answered" and rows[0]["end_source"] == "callee", f"{what}: one record", rows)
            log = scene.lab.read("lcrproxyd.log")
            ha1 = HASHES[algorithm](f"{USER}:{REALM}:{PASSWORD}".encode()).hexdigest()
            t.check(PASSWORD not in log and ha1 not in log, f"{what}: nothing secret in the log")


def whole_call_known(t, scene, carrier, what):
    """The next call: the nonce is known, and is used at once."""
    call = scene.call()
    call.invite()
    invite = scene.blue.wait("INVITE", call_id=call.call_id)
    used = int(fields(invite.get("Proxy-Authorization") or invite.get("Authorization")).get("nc", "1"), 16)
    t.check(carrier.right(invite, used) and (not carrier.qop or used > 1) and cseq(invite) == 4,
            f"{what}: the next call is authenticated at once", invite.headers)
    scene.blue.answer(invite, 200)
    ok = scene.caller.wait(200, call_id=call.call_id)
    call.learn(ok)
    call.ack()
    scene.blue.wait("ACK", call_id=call.call_id)
    return call, invite, ok


def test_two_realms(t):
    """a carrier whose proxy asks, and then what is behind it; sessions, bodies, and the next nonce"""
    more = CREDENTIALS + f"blue1,core,{USER},{PASSWORD}\n"
    with Scene(BUILD, "trunk-realms", tables={"gateway_credentials": more}) as scene:
        blue, call = scene.blue, scene.call()
        call.invite()
        one = blue.wait("INVITE", call_id=call.call_id)
        blue.answer(one, 407, headers=f'Proxy-Authenticate: Digest realm="{REALM}", nonce="edge1", algorithm=SHA-256-sess, qop="auth"\r\n')
        two = blue.wait("INVITE", call_id=call.call_id)
        t.check(two and answers(two, "Proxy-Authorization", REALM, "edge1") and not two.get("Authorization"), "407, a session: answered", two and two.headers)
        blue.answer(two, 401, headers='WWW-Authenticate: Digest realm="core", nonce="core1", qop="auth-int"\r\n')
        three = blue.wait("INVITE", call_id=call.call_id)
        t.check(three and answers(three, "Proxy-Authorization", REALM, "edge1") and answers(three, "Authorization", "core", "core1"),
                "then 401, with the body: both are answered", three and three.headers)
        blue.answer(three, 200, headers='Authentication-Info: nextnonce="core2"\r\n')
        call.learn(scene.caller.wait(200, call_id=call.call_id))
        call.ack()
        ack = blue.wait("ACK", call_id=call.call_id)
        while ack and cseq(ack) != cseq(three):  # of the challenges
            ack = blue.wait("ACK", call_id=call.call_id)
        t.check(ack and ack.get("Authorization") == three.get("Authorization") and
                ack.get("Proxy-Authorization") == three.get("Proxy-Authorization"), "the ACK has the INVITE's", ack and ack.headers)
        call.send("BYE")
        bye = blue.wait("BYE", call_id=call.call_id)
        t.check(bye and answers(bye, "Proxy-Authorization", REALM, "edge1") and answers(bye, "Authorization", "core", "core2"),
                "the BYE both, by the next nonce", bye and bye.headers)
        blue.answer(bye, 200)
        t.check(scene.caller.wait(200, call_id=call.call_id), "and it is answered")


def answers(request, name, realm, nonce):
    """Whether a request has right credentials, as the algorithm and qop that it says want them."""
    said = fields(request.get(name) or "")
    algorithm, session, _ = said.get("algorithm", "MD5").partition("-sess")
    hashed = lambda text: HASHES[algorithm](text.encode()).hexdigest()  # noqa: E731
    ha1, qop = hashed(f"{USER}:{realm}:{PASSWORD}"), said.get("qop")
    if session:
        ha1 = hashed(f"{ha1}:{nonce}:{said.get('cnonce')}")
    body = ":" + hashed(request.body) if qop == "auth-int" else ""
    ha2 = hashed(f"{request.method}:{request.start.split(' ')[1]}{body}")
    return (said.get("realm"), said.get("nonce")) == (realm, nonce) and said.get("response") == hashed(
        f"{ha1}:{nonce}:{said.get('nc')}:{said.get('cnonce')}:{qop}:{ha2}")


def test_refused(t):
    """wrong credentials, old nonces and realms of others end soon"""
    with open_scene(BUILD, "trunk-refused") as scene:
        carrier = Carrier(scene.blue)
        call = scene.call()
        call.invite()
        carrier.challenge(scene.blue.wait("INVITE", call_id=call.call_id))
        carrier.challenge(scene.blue.wait("INVITE", call_id=call.call_id))
        red = scene.red.wait("INVITE", call_id=call.call_id)
        t.check(red and cseq(red) == 1 and not red.get("Proxy-Authorization"), "wrong credentials: the next gateway, without them", red)
        t.check(not scene.blue.wait("INVITE", 0.3, call.call_id), "and no third INVITE")
        scene.red.answer(red, 486)
        busy = scene.caller.wait(486, call_id=call.call_id)
        t.check(busy and cseq(busy) == 1, "the caller hears of the second gateway alone")
        t.check("gateway blue1: does not accept our credentials" in scene.lab.read("lcrproxyd.log"), "the log says so")
        rows = scene.record(call)
        t.check(len(rows) == 1 and rows[0]["sip_code"] == "486", "one record", rows)
        # stale
        call = scene.call()
        call.invite()
        sent = []
        for _ in range(4):
            invite = scene.blue.wait("INVITE", call_id=call.call_id)
            sent.append(cseq(invite))
            carrier.challenge(invite, stale=True)
        t.check(sent == [4, 5, 6, 7], "old nonces: as often as there are numbers", sent)
        red = scene.red.wait("INVITE", call_id=call.call_id)
        t.check(not scene.blue.wait("INVITE", 0.1, call.call_id), "and not once more")
        scene.red.answer(red, 404)
        t.check(scene.caller.wait(404, call_id=call.call_id), "then the next gateway")
        # another realm
        call = scene.call()
        call.invite()
        invite = scene.blue.wait("INVITE", call_id=call.call_id)
        scene.blue.answer(invite, 401, headers='WWW-Authenticate: Digest realm="thief", nonce="x"\r\n')
        red = scene.red.wait("INVITE", call_id=call.call_id)
        t.check(red is not None, "a realm without credentials: the next gateway")
        scene.red.answer(red, 503)
        last = scene.caller.wait(500, call_id=call.call_id)
        t.check(last is not None, "all failed: 500, never a challenge of ours", last)
        t.check(counters(scene)["challenges_refused"] == 3, "counted", counters(scene)["challenges_refused"])
        # a gateway without credentials
        call = scene.call("+442079460000")
        call.invite()
        red = scene.red.wait("INVITE", call_id=call.call_id)
        scene.red.answer(red, 407, headers='Proxy-Authenticate: Digest realm="red", nonce="x"\r\n')
        up = scene.caller.wait(407, call_id=call.call_id)
        t.check(up and up.get("Proxy-Authenticate") == 'Digest realm="red", nonce="x"', "a gateway without credentials: its challenge goes up", up)


def test_cancelled(t):
    """CANCEL before, at and after a challenge"""
    with open_scene(BUILD, "trunk-cancel") as scene:
        carrier = Carrier(scene.blue)
        call = scene.call()
        call.invite()
        invite = scene.blue.wait("INVITE", call_id=call.call_id)
        scene.blue.answer(invite, 100)
        time.sleep(0.1)
        call.cancel()
        t.check(scene.blue.wait("CANCEL", call_id=call.call_id), "the CANCEL goes on")
        carrier.challenge(invite)
        t.check(scene.caller.wait(487, call_id=call.call_id), "a challenge that crosses a CANCEL: 487")
        t.check(not scene.blue.wait("INVITE", 0.3, call.call_id), "and no second INVITE")
        call = scene.call()
        call.invite()
        carrier.challenge(scene.blue.wait("INVITE", call_id=call.call_id))
        invite = scene.blue.wait("INVITE", call_id=call.call_id)
        scene.blue.answer(invite, 180)
        scene.caller.wait(180, call_id=call.call_id)
        call.cancel()
        cancel = scene.blue.wait("CANCEL", call_id=call.call_id)
        t.check(cancel and cseq(cancel) == cseq(invite) == 5, "a CANCEL has the number of the second INVITE", cancel and cancel.get("CSeq"))
        scene.blue.answer(cancel, 200)
        scene.blue.answer(invite, 487)
        ended = scene.caller.wait(487, call_id=call.call_id)
        t.check(ended and cseq(ended) == 1, "and the caller's 487 his own", ended and ended.get("CSeq"))


def test_other_node(t):
    """another node makes the same numbers, without having seen the call"""
    with open_scene(BUILD, "trunk-nodes") as scene:
        node = scene.lab.node(1)
        node.start()
        node.wait()
        carrier = Carrier(scene.blue)
        call, _, _ = whole_call(t, scene, carrier, 9, "407 SHA-256")
        call.proxy = node.port
        call.cseq = 12
        call.send("UPDATE")
        update = scene.blue.wait("UPDATE", call_id=call.call_id)
        t.check(update and cseq(update) == 4 * 13, "an UPDATE by the second node", update and update.get("CSeq"))
        carrier.challenge(update)
        again = scene.blue.wait("UPDATE", call_id=call.call_id)
        t.check(again and cseq(again) == 4 * 13 + 1 and carrier.right(again), "which answers challenges, too")
        scene.blue.answer(again, 200)
        t.check(scene.caller.wait(200, call_id=call.call_id), "and gets its 200")
        scene.caller.send(call.request("ACK", cseq=9), node.port)
        ack = scene.blue.wait("ACK", call_id=call.call_id)
        t.check(ack and ack.get("CSeq") == "37 ACK", "an ACK again by the second node", ack and ack.get("CSeq"))
        call.send("BYE")
        bye = scene.blue.wait("BYE", call_id=call.call_id)
        t.check(bye and cseq(bye) == 4 * 14 and carrier.right(bye, 2), "the BYE is authenticated at once", bye and bye.headers)
        scene.blue.answer(bye, 200)
        t.check(scene.caller.wait(200, call_id=call.call_id), "and ends the call")
        node.wait(backlog=True)
        rows = scene.record(call)
        t.check(len(rows) == 1 and rows[0]["status"] == "answered" and rows[0]["end_source"] == "caller", "one record", rows)
        node.kill()


def test_kamailio(t):
    """Kamailio as the carrier: digest for INVITE, re-INVITE and BYE, both hang-ups; MESSAGE and a subscription"""
    if shutil.which("kamailio") is None:
        t.skipped += 1
        return
    for algorithm in ("MD5", "SHA-256"):
        with open_scene(BUILD, "trunk-kamailio", settings=ROUTING + OTHERS,
                        gateways="gateway,carrier,uri\nblue1,blue,sip:127.0.0.1:5395\n") as scene:
            with open(os.path.join(HERE, "kamailio_carrier.cfg"), encoding="utf-8") as file:
                text = file.read().replace("LISTEN", "5395").replace("NEXT", "5391").replace("ALGORITHM", algorithm)
            with open(scene.lab.path("carrier.cfg"), "w", encoding="utf-8") as file:
                file.write(text)
            os.makedirs(scene.lab.path("run"))
            scene.lab.spawn(["kamailio", "-DD", "-f", scene.lab.path("carrier.cfg"), "-Y", scene.lab.path("run"), "-m", "16", "-M", "4"],
                            "kamailio.log")
            time.sleep(1.5)
            for by in ("caller", "callee", "caller"):
                kamailio_call(t, scene, algorithm, by)
            kamailio_others(t, scene, algorithm)
            count = counters(scene)
            t.check(count["challenges_answered"] >= 1 and count["challenges_refused"] == 0, f"{algorithm}: challenges answered", count)


def kamailio_others(t, scene, algorithm):
    """a MESSAGE gets through, and a subscription: NOTIFYs and refreshes come by both proxies"""
    call = scene.call()
    call.send("MESSAGE", "Content-Type: text/plain\r\n", "hello")
    message = scene.blue.wait("MESSAGE", 4, call.call_id)
    t.check(message and message.body == "hello", f"{algorithm}: a MESSAGE gets through Kamailio", scene.lab.read("kamailio.log")[-1500:])
    scene.blue.answer(message, 200)
    ok = scene.caller.wait(200, call_id=call.call_id)
    t.check(ok and cseq(ok) == 1, f"{algorithm}: its 200 has the sender's number", ok)
    call = scene.call()
    call.send("SUBSCRIBE", "Event: presence\r\nExpires: 60\r\n")
    subscribe = scene.blue.wait("SUBSCRIBE", 4, call.call_id)
    t.check(subscribe and len(subscribe.all("Record-Route")) == 2, f"{algorithm}: a SUBSCRIBE comes by two proxies", subscribe)
    scene.blue.answer(subscribe, 200, headers="Expires: 60\r\n")
    ok = scene.caller.wait(200, call_id=call.call_id)
    call.learn(ok)
    call.callee_request(scene.blue, "NOTIFY", subscribe, "Event: presence\r\nSubscription-State: active\r\n", hop=5395)
    notify = scene.caller.wait("NOTIFY", call_id=call.call_id)
    t.check(notify and notify.source[1] == PORT, f"{algorithm}: so does the NOTIFY, back", notify)
    t.check(notify and [value for value in notify.all("Record-Route") if ";lcr=" in value], f"{algorithm}: with our Record-Route", notify)
    scene.caller.answer(notify, 200)
    t.check(scene.blue.wait(200, call_id=call.call_id), f"{algorithm}: and is answered")
    call.send("SUBSCRIBE", "Event: presence\r\nExpires: 0\r\n")
    again = scene.blue.wait("SUBSCRIBE", 4, call.call_id)
    t.check(again and cseq(again) > cseq(subscribe), f"{algorithm}: a refresh logs in, and its number grows", again and again.get("CSeq"))
    scene.blue.answer(again, 200)
    t.check(scene.caller.wait(200, call_id=call.call_id), f"{algorithm}: and is answered, too")
    t.check(not scene.record(call), f"{algorithm}: it is on no record")


def kamailio_call(t, scene, algorithm, by):
    call = scene.call()
    call.invite()
    invite = scene.blue.wait("INVITE", 4, call.call_id)
    if not t.check(invite is not None, f"{algorithm}: the call gets through Kamailio", scene.lab.read("kamailio.log")[-1500:]):
        return
    scene.blue.answer(invite, 200)
    ok = scene.caller.wait(200, call_id=call.call_id)
    call.learn(ok)
    call.ack()
    ack = scene.blue.wait("ACK", call_id=call.call_id)
    t.check(cseq(ok) == 1 and ack and cseq(ack) == cseq(invite), f"{algorithm}: 200 and ACK have the right numbers", ack and ack.get("CSeq"))
    call.send("INVITE")
    again = scene.blue.wait("INVITE", 4, call.call_id)
    t.check(again and cseq(again) > cseq(invite), f"{algorithm}: a re-INVITE gets through", again)
    scene.blue.answer(again, 200)
    ok = scene.caller.wait(200, call_id=call.call_id)
    t.check(ok and cseq(ok) == 2, f"{algorithm}: its 200 comes back")
    scene.caller.send(call.request("ACK", cseq=2), PORT)
    ack = scene.blue.wait("ACK", call_id=call.call_id)
    t.check(ack and cseq(ack) == cseq(again), f"{algorithm}: its ACK gets there", ack and ack.get("CSeq"))
    if by == "caller":
        call.send("BYE")
        bye = scene.blue.wait("BYE", 4, call.call_id)
        t.check(bye is not None, f"{algorithm}: BYE of the caller")
        scene.blue.answer(bye, 200)
        t.check(scene.caller.wait(200, call_id=call.call_id), f"{algorithm}: is answered")
    else:
        call.callee_request(scene.blue, "BYE", invite, hop=5395)
        bye = scene.caller.wait("BYE", call_id=call.call_id)
        t.check(bye is not None, f"{algorithm}: BYE of the callee")
        scene.caller.answer(bye, 200)
        t.check(scene.blue.wait(200, call_id=call.call_id), f"{algorithm}: is answered")
    rows = scene.record(call)
    t.check(len(rows) == 1 and rows[0]["status"] == "answered" and rows[0]["end_source"] == by and rows[0]["gateway"] == "blue1",
            f"{algorithm}: one record, ended by the {by}", rows)


def test_secrets(t):
    """what the store gives away"""
    with Lab(BUILD, "trunk-secrets", tables={"gateway_credentials": CREDENTIALS}) as lab:
        lab.prepare()
        t.check(PASSWORD not in lab.run("lcrdb", "export", "gateway_credentials").stdout, "no password in an export")
        with open(lab.path("lcr.db"), "rb") as file:
            t.check(PASSWORD.encode() not in file.read(), "none in the store")


Tests().run(test_everything_challenged, test_two_realms, test_refused, test_cancelled, test_other_node, test_kamailio, test_secrets)
