"""The messages of the protocol, as a model author sees them. Shapes follow `packages/contract/src/protocol.ts`."""
from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

PROTOCOL_VERSION = 1

Message = dict[str, Any]


class Failure(Exception):
    """An expected end without a result. Raised in `predict` the row failed; in `open_shard` the shard, with every row left.

    `code` is one of the hub's table (`invalid_input`, `preparation_failed`, `no_result`, `setup_failed`, ...);
    `message` says what happened, to what, and what to do.
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


@dataclass(frozen=True)
class Note:
    """Something worth telling the user that is no failure (`salt_removed`)."""

    code: str
    message: str


@dataclass(frozen=True)
class Artifact:
    """A file that was written; `path` is relative to the folder of the row or shard."""

    name: str
    path: str
    media_type: str
    role: str


def _no_progress(phase: str, done: float, total: float, note: str = "") -> None:
    """For requests made outside a worker, as in tests."""


@dataclass(frozen=True)
class OpenRequest:
    """What all rows of a shard have in common. `folder` is private, absolute and exists."""

    shard: str
    shared: Mapping[str, Any]
    parameters: Mapping[str, Any]
    seed: int
    folder: Path
    progress: Callable[..., None] = _no_progress


@dataclass(frozen=True)
class Opened:
    """An opened shard: `state` is what `predict` gets; artifacts lie in the shard's folder."""

    state: Any
    artifacts: Sequence[Artifact] = ()
    notes: Sequence[Note] = ()


@dataclass(frozen=True)
class RowRequest:
    """One row. `row` is the hub's name for it and means nothing here; `folder` is private, absolute and exists."""

    row: str
    input: Mapping[str, Any]
    folder: Path
    progress: Callable[..., None] = _no_progress


@dataclass(frozen=True)
class RowResult:
    """Metrics by id, tables by id (a list of records each), files in the row's folder."""

    metrics: Mapping[str, float]
    tables: Mapping[str, Sequence[Mapping[str, Any]]] = field(default_factory=dict)
    artifacts: Sequence[Artifact] = ()
    notes: Sequence[Note] = ()


def opened_message(shard: str, seconds: float, opened: Opened) -> Message:
    return {
        "type": "opened",
        "shard": shard,
        "setupSeconds": round(seconds, 3),
        "artifacts": [_artifact(each) for each in opened.artifacts],
        "notes": [_note(each) for each in opened.notes],
    }


def result_message(row: str, result: RowResult) -> Message:
    return {
        "type": "result",
        "row": row,
        "metrics": dict(result.metrics),
        "tables": {name: list(records) for name, records in result.tables.items()},
        "artifacts": [_artifact(each) for each in result.artifacts],
        "notes": [_note(each) for each in result.notes],
    }


def failure_message(row: str | None, code: str, message: str) -> Message:
    """`row` None: the shard failed."""
    named = {} if row is None else {"row": row}
    return {"type": "failure", **named, "code": code, "message": message[:MESSAGE_CHARACTERS]}


def progress_message(shard: str, row: str | None, phase: str, done: float, total: float, note: str) -> Message:
    named = {} if row is None else {"row": row}
    return {"type": "progress", "shard": shard, **named, "phase": phase, "done": done, "total": total, "note": note}


# The hub refuses longer ones.
MESSAGE_CHARACTERS = 10_000


def _artifact(artifact: Artifact) -> Message:
    return {"name": artifact.name, "path": artifact.path, "mediaType": artifact.media_type, "role": artifact.role}


def _note(note: Note) -> Message:
    return {"code": note.code, "message": note.message}
