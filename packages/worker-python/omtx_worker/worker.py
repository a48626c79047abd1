"""Start of a worker: says `ready`, then serves the hub until it says `stop` or is gone."""
from __future__ import annotations

import os
import signal

from .inline import InlineWorker
from .lines import encode, write_all
from .messages import PROTOCOL_VERSION
from .shard_process import OpenShard, Predict
from .supervisor import FROM_HUB, TO_HUB, Supervisor


def granted_cpus() -> int:
    """CPUs that the hub grants to this worker (`OMTX_CPUS`), at least 1; without the variable, 1."""
    return max(1, int(os.environ.get("OMTX_CPUS", "1")))


def run_worker(*, model: str, version: str, open_shard: OpenShard, predict: Predict, slots: int = 1, device: str = "cpu", fork: bool = True) -> None:
    """Serves the hub; returns when it says `stop` or closes its end, with every child killed.

    With `fork` (the default) each shard and each row is a forked child: rows run at once up to `slots`, a crash of the engine costs
    its row alone, and a cancel kills in milliseconds. Import the engine before the call, so that children inherit it.
    Without, everything runs in this process, one row at a time (`slots` must be 1).
    """
    if not fork and slots != 1:
        raise ValueError("A worker that does not fork has one slot.")
    for descriptor in (FROM_HUB, TO_HUB):
        os.set_inheritable(descriptor, False)
    # Python's own handler would wait for the engine to give the interpreter lock back.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    loop = Supervisor(open_shard, predict, slots) if fork else InlineWorker(open_shard, predict)
    write_all(TO_HUB, encode({"type": "ready", "protocol": PROTOCOL_VERSION, "model": model, "version": version, "device": device, "slots": slots}))
    loop.run()
