"""scene - a lab with a scripted caller and the gateways blue1 and red1 as scripted peers"""
import time

from lab import Lab
from peer import Call, Peer

PORT = 5360
NUMBER = "+498912345678"
ROUTING = "routing = { first_response_timeout_ms = 400; ringing_timeout_ms = 1500; };"


class Scene:
    def __init__(self, build, name, workers=1, settings=ROUTING, **more):
        self.lab = Lab(build, name, workers=workers, port=PORT, settings=settings, **more)

    def __enter__(self):
        self.lab.prepare()
        self.lab.start()
        self.caller, self.blue, self.red = Peer(5380), Peer(5391), Peer(5392)
        return self

    def __exit__(self, kind, value, trace):
        for peer in (self.caller, self.blue, self.red):
            peer.close()
        if kind is None:
            self.lab.stop()
        self.lab.__exit__(kind, value, trace)

    def call(self, number=NUMBER, **more):
        return Call(self.caller, PORT, number, **more)

    def answered(self, number=NUMBER, headers="", answer=""):
        """A call that blue1 has answered; (call, the INVITE it got, the 200 the caller got)."""
        call = self.call(number)
        call.invite(headers)
        invite = self.blue.wait("INVITE", call_id=call.call_id)
        self.blue.answer(invite, 180)
        self.blue.answer(invite, 200, headers=answer)
        ok = self.caller.wait(200, call_id=call.call_id)
        call.learn(ok)
        call.ack()
        self.blue.wait("ACK", call_id=call.call_id)
        return call, invite, ok

    def record(self, call, *options):
        self.lab.wait_shipped()
        time.sleep(0.2)
        return [row for row in self.lab.records(*options) if row["call_id"] == call.call_id]
