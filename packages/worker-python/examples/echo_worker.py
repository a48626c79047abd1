"""A worker without an engine, for tests of the hub: does what its input says.

Shared input: `{"openSleepSeconds"?, "openFail"?: code, "openCrash"?: true}`.
Own input: `{"score"?: number, "sleepSeconds"?, "spinSeconds"?, "fail"?: code, "crash"?: true, "exit"?: n, "print"?: text, "progress"?: n}`; any of
them together, in this order: print, progress, sleep, spin, crash, exit, fail. Else the input comes back as a file, `score` as a metric.
`OMTX_CPUS` is the number of slots; `--inline` runs without forks.
"""
import json
import os
import signal
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from omtx_worker import Artifact, Failure, Note, Opened, OpenRequest, RowRequest, RowResult, granted_cpus, run_worker  # noqa: E402


def open_shard(request: OpenRequest) -> Opened:
    time.sleep(request.shared.get("openSleepSeconds", 0))
    if request.shared.get("openCrash"):
        os.abort()
    if "openFail" in request.shared:
        raise Failure(request.shared["openFail"], "The shared input asked for this failure.")
    (request.folder / "shared.json").write_text(json.dumps(request.shared))
    state = {"parameters": dict(request.parameters), "seed": request.seed}
    return Opened(state, [Artifact("shared.json", "shared.json", "application/json", "report")], [Note("opened", "The shard is open.")])


def predict(state: dict, request: RowRequest) -> RowResult:
    asked = request.input
    if "print" in asked:
        os.write(1, asked["print"].encode())
        print(asked["print"])
    for step in range(asked.get("progress", 0)):
        request.progress("echo", step + 1, asked["progress"])
    time.sleep(asked.get("sleepSeconds", 0))
    spin(asked.get("spinSeconds", 0))
    if asked.get("crash"):
        os.kill(os.getpid(), signal.SIGSEGV)
    if "exit" in asked:
        os._exit(asked["exit"])
    if "fail" in asked:
        raise Failure(asked["fail"], "The row asked for this failure.")
    (request.folder / "echo.json").write_text(json.dumps({"input": asked, **state}, sort_keys=True))
    return RowResult(
        metrics={"score": float(asked.get("score", 0))},
        tables={"echo": [{"key": key, "value": str(value)} for key, value in asked.items()]},
        artifacts=[Artifact("echo.json", "echo.json", "application/json", "echo")],
        notes=[],
    )


def spin(seconds: float) -> None:
    """Uses a core, as an engine does."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        pass


if __name__ == "__main__":
    inline = "--inline" in sys.argv
    run_worker(model="echo", version="1.0.0", open_shard=open_shard, predict=predict, slots=1 if inline else granted_cpus(), fork=not inline)
