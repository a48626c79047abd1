"""The loop for models that cannot fork (a GPU context does not survive it): everything in one process, one row at a time.

A thread reads the hub, so that its end is noticed while the model works. A running row cannot be cancelled here: such a model says
`cancelRow: "kill"` in its manifest, and the hub ends the process.
"""
from __future__ import annotations

import os
import queue
import threading
from typing import Any

from .lines import LineReader, encode, write_all
from .messages import Message, failure_message
from .shard_process import OpenShard, Predict, attempt, open_message, predict_message
from .supervisor import FROM_HUB, TO_HUB


class InlineWorker:
    def __init__(self, open_shard: OpenShard, predict: Predict) -> None:
        self._open_shard = open_shard
        self._predict = predict
        self._messages: queue.Queue[Message] = queue.Queue()
        self._cancelled: set[str] = set()
        self._states: dict[str, Any] = {}
        self._turn = threading.Lock()

    def run(self) -> None:
        threading.Thread(target=self._read_hub, daemon=True).start()
        while True:
            message = self._messages.get()
            match message["type"]:
                case "open":
                    self._send(attempt(None, "setup_failed", lambda message=message: self._open(message)))
                case "predict":
                    self._run_row(message)
                case "close":
                    self._states.pop(message["shard"], None)

    def _read_hub(self) -> None:
        reader = LineReader(FROM_HUB)
        while not reader.is_at_end:
            for message in reader.read():
                if message["type"] == "stop":
                    os._exit(0)
                if message["type"] == "cancel":
                    self._cancelled.add(message["row"])
                self._messages.put(message)
        os._exit(0)

    def _open(self, message: Message) -> Message:
        opened, self._states[message["shard"]] = open_message(self._open_shard, message, self._send)
        return opened

    def _run_row(self, message: Message) -> None:
        row, shard = message["row"], message["shard"]
        if row in self._cancelled:
            self._cancelled.discard(row)
            self._send(failure_message(row, "cancelled", "The row was cancelled before it started."))
        elif shard not in self._states:
            self._send(failure_message(row, "protocol_error", f"The shard {shard} is not open."))
        else:
            self._send({"type": "started", "row": row})
            self._send(predict_message(self._predict, self._states[shard], shard, message, self._send))

    def _send(self, message: Message) -> None:
        with self._turn:
            write_all(TO_HUB, encode(message))
