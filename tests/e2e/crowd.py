"""crowd - many callers and a gateway that answers them, by the rules of SIP over UDP, in two threads

Each notes what it saw, so that records can be held against it. A caller sends its requests again until they are answered, and
turns to the other node when one is silent. It counts how often, so that all of it may be stopped (SIGSTOP) for a while.
"""
import heapq
import itertools
import random
import re
import select
import socket
import threading
import time

T1 = 0.5
GIVE_UP_S = 6.0  # an INVITE without final response
BYE_S = 30.0
BYES = 17  # in BYE_S
TAG = re.compile(rb"\r\nTo:[^\r]*;tag=([^;\r]+)")
CALL_ID = re.compile(rb"\r\nCall-ID: ([^\r]+)")
CSEQ = re.compile(rb"\r\nCSeq: (\d+) (\w+)")
VIA = re.compile(rb"\r\nVia: [^\r]+")
ROUTE = re.compile(rb"\r\nRecord-Route: ([^\r]+)")
BRANCH = re.compile(rb"branch=([^;\r,]+)")


class Loop(threading.Thread):
    """One socket, timers, messages."""

    def __init__(self, port):
        super().__init__(daemon=True)
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 16 << 20)
        self.socket.bind(("127.0.0.1", port))
        self.socket.setblocking(False)
        self.port, self.timers, self.order, self.ended = port, [], itertools.count(), False

    def after(self, seconds, what, *words):
        heapq.heappush(self.timers, (time.time() + seconds, next(self.order), what, words))

    def send(self, data, port):
        try:
            self.socket.sendto(data, ("127.0.0.1", port))
        except OSError:  # nobody listens there now
            pass

    def close(self):
        self.ended = True
        self.join()
        self.socket.close()

    def run(self):
        while not self.ended:
            now = time.time()
            while self.timers and self.timers[0][0] <= now:
                _, _, what, words = heapq.heappop(self.timers)
                what(*words)
            wait = min(0.05, max(0, self.timers[0][0] - time.time())) if self.timers else 0.05
            if select.select([self.socket], [], [], wait)[0]:
                for _ in range(200):
                    try:
                        data, source = self.socket.recvfrom(65536)
                    except OSError:
                        break
                    self.receive(data, source[1])


class Gateway(Loop):
    """Rings nobody: answers at once, and every BYE."""

    def __init__(self, port):
        super().__init__(port)
        self.answered = {}  # branch: the 200
        self.dialogs = {}  # (call-id, tag): acknowledged
        self.tags = itertools.count(1)

    def receive(self, data, port):
        method = data.split(b" ", 1)[0]
        if method == b"INVITE":
            self.invite(data, port)
        elif method == b"ACK":
            self.dialogs[CALL_ID.search(data).group(1), TAG.search(data).group(1)] = True
        elif method in (b"BYE", b"UPDATE"):
            self.send(self.response(data, b""), port)

    @staticmethod
    def response(data, extra, tag=b""):
        head = b"".join(VIA.findall(data))
        for name in (rb"\r\nFrom: [^\r]+", rb"\r\nTo: [^\r]+"):
            head += re.search(name, data).group(0)
        head += tag + re.search(rb"\r\nCall-ID: [^\r]+", data).group(0) + re.search(rb"\r\nCSeq: [^\r]+", data).group(0)
        return b"SIP/2.0 200 OK" + head + extra + b"\r\nContent-Length: 0\r\n\r\n"

    def invite(self, data, port):
        branch = BRANCH.search(data).group(1)
        if branch in self.answered:
            self.send(self.answered[branch], port)
            return
        tag = b"gw%d" % next(self.tags)
        routes = b"".join(b"\r\nRecord-Route: " + route for route in ROUTE.findall(data))
        text = self.response(data, routes + b"\r\nContact: <sip:gw@127.0.0.1:%d>" % self.port, b";tag=" + tag)
        self.answered[branch] = text
        key = (CALL_ID.search(data).group(1), tag)
        self.dialogs[key] = False
        self.again(key, text, port, T1)

    def again(self, key, text, port, pause):
        if self.dialogs[key] or pause > 16:
            return
        self.send(text, port)
        self.after(pause, self.again, key, text, port, pause * 2)


class Dialog:
    """What the caller saw of an answered dialog."""

    def __init__(self, call, tag, node):
        self.call, self.tag, self.node = call, tag, node
        self.answered, self.bye, self.ended = time.time(), 0.0, 0.0


class Caller:
    def __init__(self, number, node):
        self.call_id = b"crowd-%d-%d" % (number, random.randrange(1 << 40))
        self.tag, self.node = b"c%d" % number, node
        self.begun, self.final, self.heard = time.time(), 0, False
        self.dialogs = {}


class Crowd(Loop):
    """Callers at a rate; `nodes` are the ports of the proxies."""

    def __init__(self, port, nodes, rate, seconds, hold, seed, dialled="+498912345678"):
        super().__init__(port)
        self.nodes, self.hold, self.dialled = nodes, hold, dialled.encode()
        self.random = random.Random(seed)
        self.calls, self.done = {}, False
        self.end_at = time.time() + seconds
        self.pending_byes = 0
        self.interval = 1.0 / rate
        self.after(0, self.place, time.time())

    def request(self, method, call, cseq, node, to_tag=b"", routes=b"", target=None, branch=None):
        uri = target or b"sip:%s@127.0.0.1:%d" % (self.dialled, node)
        return (b"%s %s SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:%d;branch=%s\r\nMax-Forwards: 70\r\n"
                b"From: <sip:+49891234567@127.0.0.1>;tag=%s\r\nTo: <sip:%s@127.0.0.1>%s\r\nCall-ID: %s\r\nCSeq: %d %s\r\n"
                b"Contact: <sip:caller@127.0.0.1:%d>\r\n%sContent-Length: 0\r\n\r\n" % (
                    method, uri, self.port, branch or b"z9hG4bK%x" % self.random.getrandbits(60), call.tag, self.dialled,
                    b";tag=" + to_tag if to_tag else b"", call.call_id, cseq, method, self.port, routes))

    def other(self, node):
        return self.nodes[(self.nodes.index(node) + 1) % len(self.nodes)]

    def place(self, due):
        if time.time() >= self.end_at:
            self.done = True
            return
        node = self.random.choice(self.nodes)
        call = Caller(len(self.calls), node)
        self.calls[call.call_id] = call
        text = self.request(b"INVITE", call, 1, node)
        self.invite(call, text, T1)
        stopped = max(0, time.time() - due - 1)
        self.end_at += stopped
        due += stopped + self.interval
        self.after(max(0, due - time.time()), self.place, due)

    def invite(self, call, text, pause):
        if call.heard or call.final or call.dialogs or pause > GIVE_UP_S:
            return
        self.send(text, call.node)
        self.after(pause, self.invite, call, text, pause * 2)

    def receive(self, data, port):
        if not data.startswith(b"SIP/2.0 "):
            return
        status = int(data[8:11])
        call = self.calls.get(CALL_ID.search(data).group(1))
        cseq, method = CSEQ.search(data).groups()
        if call is None:
            return
        if method == b"INVITE":
            self.on_invite_response(call, data, status)
        elif method == b"BYE" and status >= 200:
            dialog = call.dialogs.get(TAG.search(data).group(1))
            if dialog is not None and not dialog.ended and (status < 300 or status in (408, 481)):
                dialog.ended = time.time()
                self.pending_byes -= 1

    def on_invite_response(self, call, data, status):
        if status < 200:
            call.heard = True
            return
        tag = TAG.search(data).group(1)
        if status >= 300:
            call.final = call.final or status
            branch = BRANCH.search(data).group(1)
            self.send(self.request(b"ACK", call, 1, call.node, tag, branch=branch), call.node)
            return
        routes = b"".join(b"Route: " + route + b"\r\n" for route in reversed(ROUTE.findall(data)))
        target = re.search(rb"\r\nContact: <([^>]+)>", data).group(1)
        dialog = call.dialogs.get(tag)
        if dialog is None:
            dialog = call.dialogs[tag] = Dialog(call, tag, call.node)
            hold = self.random.uniform(*self.hold) if len(call.dialogs) == 1 else 0.2
            self.pending_byes += 1
            text = self.request(b"BYE", call, 2, call.node, tag, routes, target)
            self.after(hold, self.hang_up, dialog, text, T1, 0)
        self.send(self.request(b"ACK", call, 1, call.node, tag, routes, target), call.node)

    def hang_up(self, dialog, text, pause, times):
        """Again until it is answered: twice to the own node, then to the other one, and so on."""
        if dialog.ended:
            return
        if not dialog.bye:
            dialog.bye = time.time()
        if times >= BYES:
            self.pending_byes -= 1
            return
        node = dialog.node if times % 4 < 2 else self.other(dialog.node)
        self.send(text, node)
        self.after(pause, self.hang_up, dialog, text, min(pause * 2, 2), times + 1)

    def wait(self):
        while time.time() < self.end_at + GIVE_UP_S + BYE_S + self.hold[1] and not (self.done and self.pending_byes == 0 and time.time() > self.end_at + GIVE_UP_S):
            time.sleep(0.1)
