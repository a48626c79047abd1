"""The worker side of the hub's model protocol: standard library only.

A model author writes two functions and calls `run_worker`:

    def open_shard(request: OpenRequest) -> Opened: ...      # once per target: read, prepare, build maps
    def predict(state, request: RowRequest) -> RowResult: ...  # once per row, in a forked child

Either may raise `Failure(code, message)`; codes are those of the hub's contract. Anything printed goes to the log.
"""
from .deathsig import run_tool
from .messages import Artifact, Failure, Note, Opened, OpenRequest, RowRequest, RowResult
from .worker import granted_cpus, run_worker

__all__ = [
    "Artifact",
    "Failure",
    "Note",
    "OpenRequest",
    "Opened",
    "RowRequest",
    "RowResult",
    "granted_cpus",
    "run_tool",
    "run_worker",
]
