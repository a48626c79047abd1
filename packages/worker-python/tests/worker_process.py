"""Drives a worker over real descriptors 3 and 4, as the hub does."""
from __future__ import annotations

import json
import os
import queue
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

PACKAGE = Path(__file__).resolve().parents[1]
LIMIT_SECONDS = 20


class WorkerProcess:
    """A worker in a process group of its own; use as a context. `environment` adds to its clean one. Its folder goes with it."""

    def __init__(self, script: Path, arguments: tuple[str, ...] = (), cpus: int = 1, environment: dict[str, str] | None = None) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="omtx-worker-test-"))
        self.log = self.folder / "log.txt"
        to_read, self._to = os.pipe()
        back, back_write = os.pipe()
        descriptors = {3: to_read, 4: back_write}
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, str(script), *arguments],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=self.folder,
                env={"OMTX_CPUS": str(cpus), "PYTHONPATH": str(PACKAGE), "PATH": os.environ["PATH"], **(environment or {})},
                start_new_session=True,
                close_fds=False,
                preexec_fn=lambda: place(descriptors),
            )
        os.close(to_read)
        os.close(back_write)
        self._messages: queue.Queue[dict[str, Any] | None] = queue.Queue()
        threading.Thread(target=self._read, args=(back,), daemon=True).start()

    def __enter__(self) -> WorkerProcess:
        return self

    def __exit__(self, *_: object) -> None:
        try:
            os.killpg(self.process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self.process.wait(LIMIT_SECONDS)
        self.close_input()
        shutil.rmtree(self.folder, ignore_errors=True)

    def send(self, message: dict[str, Any]) -> None:
        data = json.dumps(message).encode() + b"\n"
        while data:
            data = data[os.write(self._to, data) :]

    def open(self, shard: str = "s", shared: dict[str, Any] | None = None, parameters: dict[str, Any] | None = None, seed: int = 42) -> None:
        folder = str(self.folder / shard)
        self.send({"type": "open", "shard": shard, "shared": shared or {}, "parameters": parameters or {}, "seed": seed, "folder": folder})

    def predict(self, row: str, asked: dict[str, Any], shard: str = "s") -> None:
        self.send({"type": "predict", "shard": shard, "row": row, "input": asked, "folder": str(self.folder / shard / f"row-{row}")})

    def close_input(self) -> None:
        if self._to >= 0:
            os.close(self._to)
            self._to = -1

    def next(self, *types: str, limit_seconds: float = LIMIT_SECONDS) -> dict[str, Any]:
        """The next message of one of the types; others are passed over."""
        end = time.monotonic() + limit_seconds
        while True:
            message = self._messages.get(timeout=max(0.01, end - time.monotonic()))
            if message is None:
                raise EOFError(self.log.read_text(errors="replace"))
            if not types or message["type"] in types:
                return message

    def outcomes(self, count: int, limit_seconds: float = LIMIT_SECONDS) -> dict[str | None, dict[str, Any]]:
        """The next `count` results and failures by row, in the order in which they came."""
        messages = [self.next("result", "failure", limit_seconds=limit_seconds) for _ in range(count)]
        return {message.get("row"): message for message in messages}

    def has_ended(self) -> bool:
        """Every process of the group is gone (zombies of the group's leader are reaped here)."""
        self.process.poll()
        return not group_members(self.process.pid)

    def _read(self, descriptor: int) -> None:
        with os.fdopen(descriptor, "rb") as stream:
            for line in stream:
                self._messages.put(json.loads(line))
        self._messages.put(None)


def place(descriptors: dict[int, int]) -> None:
    """In the child: puts pipes on the protocol's descriptors, whatever numbers they have now."""
    copies = {target: os.dup2(source, 100 + target) for target, source in descriptors.items()}
    for target, copy in copies.items():
        os.dup2(copy, target, inheritable=True)
    os.closerange(5, 256)


def group_members(group: int) -> list[int]:
    """Live processes of a process group, from /proc; zombies do not count."""
    members = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            fields = (entry / "stat").read_text().rsplit(")", 1)[1].split()
        except OSError:  # it ended while we looked
            continue
        if fields[2] == str(group) and fields[0] != "Z":
            members.append(int(entry.name))
    return members


def wait_until(condition: Any, limit_seconds: float = LIMIT_SECONDS) -> bool:
    end = time.monotonic() + limit_seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.01)
    return False
