"""carriers - SIPp as carriers that do what the dialled number says (sipp/carrier.xml)

The last six digits of a number are two codes: the first is what the carrier blue answers, the second what red does.
"""
import os
import time

from lab import HERE, Lab
from peer import Call, Peer

PORT = 5360
CODES = (403, 404, 408, 480, 484, 486, 500, 502, 503, 504, 603, 604)
ANSWER = """  <label id="{0}"/>
  <send><![CDATA[
SIP/2.0 {0} As Dialled
[last_Via:]
[last_From:]
[last_To:];tag=[pid]c[call_number]
[last_Call-ID:]
[last_CSeq:]
Content-Length: 0

  ]]></send>
  <recv request="ACK" timeout="3000" ontimeout="9" next="9"/>"""
TEST = ('      <strcmp assign_to="cmp" variable="code" value="{0}"/>'
        '<test assign_to="is{0}" variable="cmp" compare="equal" value="0"/>')


def scenario(digits):
    """The values for sipp/carrier.xml of a carrier whose code the expression captures."""
    return {"DIGITS": digits, "TESTS": "\n".join(TEST.format(c) for c in CODES), "ANSWERS": "\n".join(ANSWER.format(c) for c in CODES),
            "JUMPS": "\n".join(f'  <nop next="{c}" test="is{c}"/>' for c in CODES)}


FIRST, SECOND = scenario("([0-9]{3})[0-9]{3}[@;]"), scenario("([0-9]{3})[@;]")


class Carriers:
    """A lab with SIPp as blue1 (5391), red1 (5392) and green1 (5393), and a scripted caller."""

    def __init__(self, build, name, **more):
        self.lab = Lab(build, name, workers=1, port=PORT, **more)

    def __enter__(self):
        self.lab.prepare()
        self.sipp = {"blue1": self.lab.gateway("blue1", 5391, "carrier", **FIRST),
                     "red1": self.lab.gateway("red1", 5392, "carrier", **SECOND),
                     "green1": self.lab.gateway("green1", 5393, "carrier", **FIRST)}
        self.lab.start()
        self.caller = Peer(5380)
        time.sleep(0.5)  # SIPp has its sockets
        return self

    def __exit__(self, kind, value, trace):
        self.caller.close()
        if kind is None:
            self.lab.stop()
        self.lab.__exit__(kind, value, trace)

    def change(self, kind, text):
        """Rows into the store, and into the running daemon."""
        with open(self.lab.path(kind + ".csv"), "w", encoding="utf-8") as file:
            file.write(text)
        self.lab.run("lcrdb", "import", kind, self.lab.path(kind + ".csv"))
        self.lab.ctl("reload")

    def begin(self, number, headers=""):
        call = Call(self.caller, PORT, number)
        call.invite(headers)
        return call

    def ends(self, call, seconds=6):
        """The final response to a call; acknowledged when it is a failure."""
        deadline = time.time() + seconds
        while (left := deadline - time.time()) > 0:
            message = self.caller.next(left)
            if message and message.status >= 200 and message.get("Call-ID") == call.call_id and message.get("CSeq").endswith("INVITE"):
                if message.status >= 300:
                    self.caller.send(call.request("ACK", cseq=1, branch=call.branch), PORT)
                return message
        return None

    def call(self, number, headers="", seconds=6):
        """A call to its end: (status, the carriers that SIPp saw it at)."""
        call = self.begin(number, headers)
        final = self.ends(call, seconds)
        return final.status if final else None, self.seen(call)

    def lines(self, gateway, call):
        """What a SIPp carrier logged of a call, as lists: uri, code, From, P-Asserted-Identity, Remote-Party-ID, Diversion."""
        rows = [line.split("|")[1:] for line in self.lab.read(gateway + ".calls").split("\n") if line.startswith(call.call_id + "|")]
        return [[cell.strip() for cell in row] for row in rows]

    def traces(self, gateway, call):
        """What it logged of the caller besides: Call-Info, Organization, Subject, as far as they were there."""
        row, = [line.split("|")[2:] for line in self.lab.read(gateway + ".calls").split("\n") if line.startswith(f"traces|{call.call_id}|")]
        return [cell for cell in row if cell.strip()]

    def seen(self, call):
        time.sleep(0.05)
        return [gateway for gateway in self.sipp if self.lines(gateway, call)]

    def explained(self, number, *words):
        route = self.lab.ctl_json("route", number, "--account", "acme", *words)
        return {c["gateway"]: c["excluded"] for c in route["candidates"]}

    def health(self, gateway):
        row, = [g for g in self.lab.ctl_json("gateways") if g["gateway"] == gateway]
        return row

    def wait_health(self, gateway, state, seconds, of=None):
        deadline = time.time() + seconds
        while time.time() < deadline:
            row = self.health(gateway)
            now = row["classes"].get(of, {"health": "up"})["health"] if of else row["health"]
            if now == state:
                return True
            time.sleep(0.05)
        return False


