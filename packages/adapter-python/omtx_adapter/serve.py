"""The worker of every adapter."""
from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from omtx_worker import Failure, Opened, OpenRequest, RowRequest, RowResult, run_worker

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
        return adapter.read_output(asked, parameters, seed, folder)
    except (OSError, ValueError, KeyError, IndexError) as error:
        raise Failure("missing_output", f"The program ended well, but its output cannot be read: {type(error).__name__}: {error}") from error
