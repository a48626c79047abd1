"""JSON lines over file descriptors: whole lines in, whole lines out."""
from __future__ import annotations

import json
import os

from .messages import Message

READ_BYTES = 1 << 16


def encode(message: Message) -> bytes:
    """One line. NaN and infinity are no JSON, so a number that is not finite is a `ValueError` of the model, not a broken line."""
    return json.dumps(message, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode() + b"\n"


def write_all(descriptor: int, data: bytes) -> None:
    """Writes every byte to a blocking descriptor. Callers that share a descriptor take turns themselves."""
    view = memoryview(data)
    while view:
        view = view[os.write(descriptor, view) :]


class LineReader:
    """Splits what arrives on a descriptor into lines; a last line without its end (a killed writer) is never given out."""

    def __init__(self, descriptor: int) -> None:
        self.descriptor = descriptor
        self.is_at_end = False
        self._rest = bytearray()

    def read(self) -> list[Message]:
        """Reads once, at most `READ_BYTES`; blocks only if the descriptor does. An empty list means nothing whole yet, or the end."""
        try:
            data = os.read(self.descriptor, READ_BYTES)
        except BlockingIOError:
            return []
        if not data:
            self.is_at_end = True
            return []
        self._rest += data
        *whole, self._rest = self._rest.split(b"\n")
        return [json.loads(line) for line in whole if line.strip()]

    def drain(self) -> list[Message]:
        """Everything that is there now, from a descriptor that does not block."""
        messages: list[Message] = []
        while not self.is_at_end:
            before = len(self._rest)
            batch = self.read()
            if not batch and len(self._rest) == before:
                break
            messages += batch
        return messages


class Outbox:
    """Lines for a descriptor that does not block; what does not fit waits. So two processes cannot block on writing to each other."""

    def __init__(self, descriptor: int) -> None:
        self.descriptor = descriptor
        self._waiting = bytearray()

    def put(self, message: Message) -> None:
        self._waiting += encode(message)
        self.flush()

    def flush(self) -> bool:
        """Writes what fits. @returns true when nothing waits; a reader that is gone counts as that."""
        try:
            while self._waiting:
                del self._waiting[: os.write(self.descriptor, self._waiting)]
        except BlockingIOError:
            return False
        except BrokenPipeError:
            self._waiting.clear()
        return True
