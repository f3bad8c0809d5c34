"""lossy - a caller and a gateway that keep to the timers of RFC 3261 over UDP, behind a relay that loses, doubles and delays

One thread, one seed: the relay's decisions come in the same order in every run.
"""
import collections
import heapq
import itertools
import random
import re
import select
import socket
import time

T1 = 0.5
GIVE_UP = 32.0
LATE = (0.005, 0.3)  # so that a 200 may overtake its 180, and a BYE the ACK before it


class Relay:
    """What happens to each datagram between a party and the network."""

    def __init__(self, seed, loss, double, late):
        self.rng = random.Random(seed)
        self.loss, self.double, self.late = loss, double, late
        self.lost = self.doubled = self.delayed = self.overtaken = 0
        self.numbers, self.newest = collections.Counter(), collections.Counter()

    def delays(self):
        """When the copies of a datagram arrive: none, one or two."""
        if self.rng.random() < self.loss:
            self.lost += 1
            return []
        copies = 2 if self.rng.random() < self.double else 1
        self.doubled += copies - 1
        out = []
        for _ in range(copies):
            is_late = self.rng.random() < self.late
            self.delayed += is_late
            out.append(self.rng.uniform(*LATE) if is_late else 0.0)
        return out


    def number(self, stream):
        """The next number of those that go one way for one call."""
        self.numbers[stream] += 1
        return self.numbers[stream]

    def arrives(self, stream, number):
        self.overtaken += number < self.newest[stream]
        self.newest[stream] = max(number, self.newest[stream])


class Loop:
    def __init__(self, relay):
        self.relay, self.timers, self.order, self.parties = relay, [], itertools.count(), []

    def after(self, seconds, what, *words):
        heapq.heappush(self.timers, (time.monotonic() + seconds, next(self.order), what, words))

    def run(self, until, seconds):
        end = time.monotonic() + seconds
        while not until() and time.monotonic() < end:
            while self.timers and self.timers[0][0] <= time.monotonic():
                _, _, what, words = heapq.heappop(self.timers)
                what(*words)
            wait = min(0.02, max(0, self.timers[0][0] - time.monotonic())) if self.timers else 0.02
            for ready in select.select(self.parties, [], [], wait)[0]:
                ready.take()


class Party:
    """A socket behind the relay, and requests that are sent again until they have a final answer."""

    def __init__(self, loop, port, proxy):
        self.loop, self.port, self.proxy = loop, port, proxy
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8 << 20)
        self.socket.bind(("127.0.0.1", port))
        self.waiting = {}  # branch: what to do with answers
        self.numbers = itertools.count(1)
        loop.parties.append(self)

    def fileno(self):
        return self.socket.fileno()

    def close(self):
        self.socket.close()

    def take(self):
        data, _ = self.socket.recvfrom(65536)
        self.relay(data.decode(), "in", self.on_message)

    def send(self, text):
        self.relay(text, "out", lambda text: self.socket.sendto(text.encode(), ("127.0.0.1", self.proxy)))

    def relay(self, text, way, arrive):
        relay, stream = self.loop.relay, (self.port, way, value(text, "Call-ID"))
        number = relay.number(stream)

        def arrived():
            relay.arrives(stream, number)
            arrive(text)

        for delay in relay.delays():
            self.loop.after(delay, arrived)

    def on_message(self, text):
        if text.startswith("SIP/2.0 "):
            waits = self.waiting.get(value(text, "Via").split("branch=")[1].split(";")[0])
            if waits:
                waits(int(text[8:11]), text)
        else:
            self.on_request(text.split(" ")[0], text)

    def request(self, method, uri, lines, on_answer, body=""):
        """Timers A/B or E/F; on_answer(status, text) gets the responses."""
        branch = f"z9hG4bK{self.port}x{next(self.numbers)}"
        head = [f"{method} {uri} SIP/2.0", f"Via: SIP/2.0/UDP 127.0.0.1:{self.port};branch={branch}", "Max-Forwards: 70", *lines]
        text = "\r\n".join(head) + f"\r\nContent-Length: {len(body)}\r\n\r\n" + body
        state = {"over": False}

        def answered(status, answer):
            state["over"] = state["over"] or status >= 200 or method == "INVITE"
            on_answer(status, answer)

        def again(wait):
            if not state["over"]:
                self.send(text)
                self.loop.after(wait, again, min(2 * wait, GIVE_UP if method == "INVITE" else 4.0))

        def give_up():
            if not state["over"]:
                state["over"] = True
                on_answer(408, "")

        self.waiting[branch] = answered
        self.loop.after(GIVE_UP, give_up)
        again(T1)
        return text

    def reply(self, request, status, tag="", more=""):
        to = value(request, "To")
        if tag and ";tag=" not in to:
            to += ";tag=" + tag
        lines = [f"SIP/2.0 {status} Reason"] + [f"Via: {via}" for via in values(request, "Via")]
        lines += [f"From: {value(request, 'From')}", f"To: {to}", f"Call-ID: {value(request, 'Call-ID')}", f"CSeq: {value(request, 'CSeq')}"]
        lines += [f"Record-Route: {route}" for route in values(request, "Record-Route")]
        text = "\r\n".join(lines) + f"\r\nContact: <sip:p@127.0.0.1:{self.port}>\r\n{more}Content-Length: 0\r\n\r\n"
        self.send(text)
        return text


def values(text, name):
    return re.findall(rf"(?m)^{name}: ([^\r]*)\r$", text)


def value(text, name):
    return (values(text, name) or [""])[0]


class Caller(Party):
    """Places calls; calls[call_id] is how each ended."""

    def __init__(self, *words):
        super().__init__(*words)
        self.calls, self.dialogs = {}, {}

    def place(self, call_id, number, hold):
        """hold None: the gateway hangs up."""
        lines = [f"From: <sip:+49891234567@127.0.0.1>;tag=c{call_id}", f"To: <sip:{number}@127.0.0.1:{self.proxy}>", f"Call-ID: {call_id}",
                 "CSeq: 1 INVITE", f"Contact: <sip:c@127.0.0.1:{self.port}>"]
        self.calls[call_id] = ""
        self.request("INVITE", f"sip:{number}@127.0.0.1:{self.proxy}", lines, lambda status, text: self.on_invite(call_id, hold, status, text))

    def on_invite(self, call_id, hold, status, text):
        if 200 <= status < 300:
            lines = [f"From: {value(text, 'From')}", f"To: {value(text, 'To')}", f"Call-ID: {call_id}"]
            lines += [f"Route: {route}" for route in reversed(values(text, "Record-Route"))]
            uri = re.search("<([^>]*)>", value(text, "Contact")).group(1)
            self.send("\r\n".join([f"ACK {uri} SIP/2.0", f"Via: SIP/2.0/UDP 127.0.0.1:{self.port};branch=z9hG4bKa{next(self.numbers)}",
                                   "Max-Forwards: 70", *lines, "CSeq: 1 ACK"]) + "\r\nContent-Length: 0\r\n\r\n")
            if call_id not in self.dialogs:
                self.dialogs[call_id] = True
                if hold is not None:
                    self.loop.after(hold, self.request, "BYE", uri, [*lines, "CSeq: 2 BYE"],
                                    lambda status, _: status >= 200 and self.end(call_id, f"caller {status}"))
        elif status >= 300:
            self.end(call_id, f"failed {status}")

    def end(self, call_id, how):
        self.calls[call_id] = self.calls[call_id] or how

    def on_request(self, method, text):
        if method == "BYE":
            self.reply(text, 200)
            self.end(value(text, "Call-ID"), "callee")


class Gateway(Party):
    """Answers calls; hangs up those whose Call-ID ends in "g"."""

    def __init__(self, *words):
        super().__init__(*words)
        self.dialogs = {}

    def on_request(self, method, text):
        call_id = value(text, "Call-ID")
        if method == "INVITE" and call_id not in self.dialogs:
            self.dialogs[call_id] = {"acked": False, "invite": text}
            self.reply(text, 180, "g" + call_id)
            self.loop.after(0.1, self.answer, call_id, T1)
        elif method == "ACK" and call_id in self.dialogs:
            dialog = self.dialogs[call_id]
            if not dialog["acked"] and call_id.endswith("g"):
                self.loop.after(0.5, self.hang_up, dialog["invite"])
            dialog["acked"] = True
        elif method == "BYE":
            self.reply(text, 200)

    def answer(self, call_id, wait):
        if not self.dialogs[call_id]["acked"]:
            self.reply(self.dialogs[call_id]["invite"], 200, "g" + call_id)
            self.loop.after(wait, self.answer, call_id, min(2 * wait, 4.0))

    def hang_up(self, invite):
        lines = [f"From: {value(invite, 'To')};tag=g{value(invite, 'Call-ID')}", f"To: {value(invite, 'From')}", f"Call-ID: {value(invite, 'Call-ID')}",
                 "CSeq: 1 BYE", *[f"Route: {route}" for route in values(invite, "Record-Route")]]
        uri = re.search("<([^>]*)>", value(invite, "Contact")).group(1)
        self.request("BYE", uri, lines, lambda status, text: None)
