"""The worker of every adapter."""
from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from omtx_worker import Failure, Note, Opened, OpenRequest, RowRequest, RowResult, run_worker

from .program import run_program

Values = Mapping[str, Any]


@dataclass(frozen=True)
class Adapter:
    """`asked` is shared and own input merged."""

    write_input: Callable[[Values, Values, int, Path], None]
    commands: Callable[[Values, Values, int, Path], Sequence[Sequence[str]]]
    read_output: Callable[[Values, Values, int, Path], RowResult]
    # Where the program must be started; the row's folder when None.
    cwd: Callable[[], Path] | None = None
    # Table whose records are the samples that were asked for, and how many that is; a row with fewer says so.
    samples: tuple[str, Callable[[Values], int]] | None = None


def serve(adapter: Adapter, model: str, version: str, device: str = "gpu") -> None:
    def open_shard(request: OpenRequest) -> Opened:
        return Opened(state=(dict(request.shared), dict(request.parameters), request.seed))

    def predict(state: tuple[Values, Values, int], request: RowRequest) -> RowResult:
        shared, parameters, seed = state
        return run_row(adapter, {**shared, **request.input}, parameters, seed, request.folder)

    run_worker(model=model, version=version, open_shard=open_shard, predict=predict, device=device)


def run_row(adapter: Adapter, asked: Values, parameters: Values, seed: int, folder: Path) -> RowResult:
    """@raises Failure `invalid_input` where the input lacks a field, `missing_output` where the program wrote less than it should"""
    try:
        adapter.write_input(asked, parameters, seed, folder)
        commands = adapter.commands(asked, parameters, seed, folder)
    except KeyError as error:
        raise Failure("invalid_input", f"The input has no {error.args[0]}.") from error
    for command in commands:
        run_program(command, folder, adapter.cwd() if adapter.cwd else None)
    try:
        result = adapter.read_output(asked, parameters, seed, folder)
        check_whole(result, folder)
    except (OSError, ValueError, KeyError, IndexError) as error:
        raise Failure("missing_output", f"The program ended well, but its output cannot be read: {reason_of(error)}") from error
    return with_partial_note(adapter, result, parameters)


def reason_of(error: Exception) -> str:
    if isinstance(error, KeyError):
        return f"the field {error.args[0]} is missing"
    if isinstance(error, OSError) and error.filename:
        return f"{Path(error.filename).name}: {error.strerror}"
    return str(error) or type(error).__name__


def check_whole(result: RowResult, folder: Path) -> None:
    """A number that is none would rank anywhere. @raises ValueError for such a number, or a file without content"""
    numbers = [(name, value) for name, value in result.metrics.items()]
    numbers += [(f"{name} of record {number} of {table}", value) for table, records in result.tables.items() for number, record in enumerate(records, 1) for name, value in record.items()]
    for name, value in numbers:
        if isinstance(value, float) and not math.isfinite(value):
            raise ValueError(f"{name} is {value}")
    for artifact in result.artifacts:
        if (folder / artifact.path).stat().st_size == 0:
            raise ValueError(f"{Path(artifact.path).name} is empty")


def with_partial_note(adapter: Adapter, result: RowResult, parameters: Values) -> RowResult:
    if adapter.samples is None:
        return result
    table, count_of = adapter.samples
    found, wanted = len(result.tables[table]), count_of(parameters)
    if found >= wanted:
        return result
    return replace(result, notes=[*result.notes, Note("partial", f"The program gave {found} of the {wanted} {table} that were asked for.")])
