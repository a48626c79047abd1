"""Runs the program of an adapter: its output is the log, its end is judged by what it wrote."""
from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from omtx_worker import Failure
from omtx_worker.deathsig import die_with_parent
from omtx_worker.memory import speaks_of_memory

LOG = "program.log"
TAIL_LINES = 15


def setting(name: str) -> str:
    """A value that the operator set by `omtx models set`. @raises Failure `setup_failed`"""
    value = os.environ.get(f"OMTX_SETTING_{name.upper()}")
    if not value:
        raise Failure("setup_failed", f'The setting "{name}" is missing: run "omtx models set MODEL {name}=VALUE".')
    return value


def run_program(arguments: Sequence[str], folder: Path, cwd: Path | None = None, environment: Mapping[str, str] | None = None) -> None:
    """@raises Failure `model_error` or `out_of_memory` with the end of the log"""
    parent = os.getpid()
    with (folder / LOG).open("wb") as log:
        try:
            done = subprocess.run(
                list(arguments),
                cwd=cwd or folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                check=False,
                env={**os.environ, **(environment or {})},
                preexec_fn=lambda: die_with_parent(parent),
            )
        except OSError as error:
            raise Failure("model_unavailable", f"{arguments[0]} could not be started: {error}") from error
    text = tail_of(folder)
    print(text, file=sys.stderr, flush=True)
    if speaks_of_memory(text):
        raise Failure("out_of_memory", f"{Path(arguments[0]).name} ran out of memory: {text[-500:]}")
    if done.returncode != 0:
        raise Failure("model_error", f"{Path(arguments[0]).name} ended with {done.returncode}: {text[-2000:]}")


def tail_of(folder: Path, lines: int = TAIL_LINES) -> str:
    """The end of the program's log, without the redrawn lines of progress bars."""
    path = folder / LOG
    if not path.exists():
        return ""
    text = path.read_text(errors="replace")
    return "\n".join(line.rsplit("\r", 1)[-1] for line in text.splitlines()[-lines:])
