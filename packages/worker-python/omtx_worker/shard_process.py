"""The process of one shard: holds what `open_shard` made, and forks a child for each row.

Why a process of its own: an engine that exits, aborts or takes all memory while it opens a shard ends this process and not the
worker, and closing the shard gives all of its memory back.

States: opening (in `open_shard`, deaf) -> open (rows come and go) -> ended (`close`, end of the supervisor, or a failure to open).
A row: waiting for a slot -> in a child -> told (result, failure, or by how its child ended).
"""
from __future__ import annotations

import os
import signal
import time
import traceback
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Any

from .children import Child, ChildLoop
from .lines import encode, write_all
from .messages import Failure, Message, Opened, OpenRequest, RowRequest, RowResult, failure_message, opened_message, progress_message, result_message

OpenShard = Callable[[OpenRequest], Opened]
Predict = Callable[[Any, RowRequest], RowResult]


def attempt(row: str | None, unexpected: str, work: Callable[[], Message]) -> Message:
    """The message of `work`, or of the failure it ended with; `unexpected` is the code of an exception nobody named."""
    try:
        return work()
    except Failure as failure:
        return failure_message(row, failure.code, failure.message)
    except MemoryError:
        return failure_message(row, "out_of_memory", "The model ran out of memory.")
    except Exception as error:
        traceback.print_exc()
        return failure_message(row, unexpected, f"{type(error).__name__}: {error}")


def row_end_message(row: str, status: int) -> Message:
    """What to say of a row whose child ended without an answer; SIGKILL that we did not send is taken for the kernel's, out of memory."""
    if status == -signal.SIGKILL:
        return failure_message(row, "out_of_memory", "The process of the row was killed from outside, most likely for want of memory.")
    return failure_message(row, "model_error", f"The engine ended its process without an answer ({describe_status(status)}); see the log of the run.")


def describe_status(status: int) -> str:
    return f"exit code {status}" if status >= 0 else f"signal {signal.Signals(-status).name}"


def predict_message(predict: Predict, state: Any, shard: str, request: Message, send: Callable[[Message], None]) -> Message:
    """Runs one row. @returns its result or failure, already known to be sendable"""
    row = request["row"]
    folder = Path(request["folder"])

    def progress(phase: str, done: float, total: float, note: str = "") -> None:
        send(progress_message(shard, row, phase, done, total, note))

    def work() -> Message:
        folder.mkdir(parents=True, exist_ok=True)
        os.chdir(folder)
        message = result_message(row, predict(state, RowRequest(row, request["input"], folder, progress)))
        encode(message)  # a number that is not finite is the model's failure
        return message

    return attempt(row, "model_error", work)


class ShardProcess(ChildLoop):
    """Runs in a child of the supervisor; `output` is read by it alone."""

    def __init__(self, shard: str, state: Any, predict: Predict, slots: int, input_descriptor: int, output: int) -> None:
        super().__init__(input_descriptor)
        self._shard = shard
        self._state = state
        self._predict = predict
        self._slots = slots
        self._output = output
        self._waiting: deque[Message] = deque()
        self._running: dict[str, Child] = {}
        self._answered: set[str] = set()

    def on_input(self, message: Message) -> None:
        if message["type"] == "cancel":
            self._cancel(message["row"])
        else:
            self._waiting.append(message)
            self._start_rows()

    def on_child_message(self, child: Child, message: Message) -> None:
        if child.killed_by_us:
            return
        if message["type"] in ("result", "failure"):
            self._answered.add(child.name)
        self._send(message)

    def on_child_end(self, child: Child, status: int) -> None:
        row = child.name
        del self._running[row]
        if child.killed_by_us:
            self._send(failure_message(row, "cancelled", "The row was cancelled."))
        elif row not in self._answered:
            self._send(row_end_message(row, status))
        self._answered.discard(row)
        self._start_rows()

    def _start_rows(self) -> None:
        while self._waiting and len(self._running) < self._slots:
            request = self._waiting.popleft()
            self._send({"type": "started", "row": request["row"]})
            self._running[request["row"]] = self.fork(request["row"], lambda _, output, request=request: self._run_row(request, output))

    def _run_row(self, request: Message, output: int) -> None:
        os.close(self._output)
        send = lambda message: write_all(output, encode(message))  # noqa: E731
        send(predict_message(self._predict, self._state, self._shard, request, send))

    def _cancel(self, row: str) -> None:
        """A row that has answered is over: its result stands, whatever its child still does."""
        waiting = [request for request in self._waiting if request["row"] == row]
        for request in waiting:
            self._waiting.remove(request)
            self._send(failure_message(row, "cancelled", "The row was cancelled before it started."))
        if row in self._running and row not in self._answered:
            self._running[row].kill()

    def _send(self, message: Message) -> None:
        write_all(self._output, encode(message))


def run_shard_process(request: Message, open_shard: OpenShard, predict: Predict, slots: int, input_descriptor: int, output: int) -> None:
    """Body of the shard's process: opens, then serves rows until its input ends."""
    shard = request["shard"]
    send = lambda message: write_all(output, encode(message))  # noqa: E731
    states: list[Any] = []

    def work() -> Message:
        message, state = open_message(open_shard, request, send)
        states.append(state)
        return message

    send(attempt(None, "setup_failed", work))
    if states:
        ShardProcess(shard, states[0], predict, slots, input_descriptor, output).run()


def open_message(open_shard: OpenShard, request: Message, send: Callable[[Message], None]) -> tuple[Message, Any]:
    """Opens a shard. @returns the `opened` message and the shard's state @raises Failure and whatever `open_shard` raises"""
    shard = request["shard"]
    folder = Path(request["folder"])

    def progress(phase: str, done: float, total: float, note: str = "") -> None:
        send(progress_message(shard, None, phase, done, total, note))

    started = time.monotonic()
    folder.mkdir(parents=True, exist_ok=True)
    os.chdir(folder)
    opened = open_shard(OpenRequest(shard, request["shared"], request["parameters"], request["seed"], folder, progress))
    return opened_message(shard, time.monotonic() - started, opened), opened.state
