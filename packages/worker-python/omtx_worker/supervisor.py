"""The worker's own process: speaks the protocol on descriptors 3 and 4, does no work, and so always hears the hub."""
from __future__ import annotations

import os
import signal
import sys

from .children import Child, ChildLoop
from .lines import encode, write_all
from .messages import Message, failure_message
from .shard_process import OpenShard, Predict, describe_status, run_shard_process

FROM_HUB = 3
TO_HUB = 4


class Supervisor(ChildLoop):
    """Passes messages between the hub and the shards' processes, and answers for those that die.

    A shard's process that dies fails the shard (`failure` without a row); its rows die with it.
    """

    def __init__(self, open_shard: OpenShard, predict: Predict, slots: int) -> None:
        super().__init__(FROM_HUB)
        self._open_shard = open_shard
        self._predict = predict
        self._slots = slots
        self._shards: dict[str, Child] = {}
        self._failed: set[str] = set()

    def on_input(self, message: Message) -> None:
        match message.get("type"):
            case "open":
                self._open(message)
            case "predict":
                self._pass_row(message)
            case "cancel":
                for child in self._shards.values():
                    self.tell(child, message)
            case "close":
                self._close(message["shard"])
            case "stop":
                self.stop()
            case other:
                print(f"omtx_worker: a message of unknown type {other!r} is passed over", file=sys.stderr, flush=True)

    def on_child_message(self, child: Child, message: Message) -> None:
        if child.killed_by_us:
            return
        if message["type"] == "failure" and "row" not in message:
            self._failed.add(child.name)
        self._send(message)

    def on_child_end(self, child: Child, status: int) -> None:
        if self._shards.get(child.name) is not child:
            return
        del self._shards[child.name]
        if child.name not in self._failed:
            killed = status == -signal.SIGKILL
            code = "out_of_memory" if killed else "model_error"
            self._send(failure_message(None, code, f"The process that held the shard ended ({describe_status(status)}); see the log of the run."))
        self._failed.discard(child.name)

    def _open(self, message: Message) -> None:
        def body(input_descriptor: int, output: int) -> None:
            os.close(TO_HUB)
            run_shard_process(message, self._open_shard, self._predict, self._slots, input_descriptor, output)

        self._close(message["shard"])
        self._shards[message["shard"]] = self.fork(message["shard"], body)

    def _pass_row(self, message: Message) -> None:
        child = self._shards.get(message["shard"])
        if child is None:
            self._send(failure_message(message["row"], "protocol_error", f"The shard {message['shard']} is not open."))
        else:
            self.tell(child, message)

    def _close(self, shard: str) -> None:
        child = self._shards.pop(shard, None)
        if child is not None:
            child.kill()

    def _send(self, message: Message) -> None:
        write_all(TO_HUB, encode(message))
