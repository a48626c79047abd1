"""Processes that die with their parent, so that nothing outlives a hub that was killed."""
from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

PR_SET_PDEATHSIG = 1

# Loaded before any fork: a child of fork must not wait for the lock of the loader.
_LIBC = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


def die_with_parent(parent: int) -> None:
    """Called in a child: SIGKILL when `parent` (its process id) ends. Linux only; elsewhere the group kill of the hub must do."""
    if _LIBC is None:
        return
    _LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:  # it ended before the call
        os._exit(1)


def run_tool(arguments: Sequence[str], cwd: Path, timeout_seconds: float, stdin: str | None = None) -> subprocess.CompletedProcess[str]:
    """Runs a program that dies with this process; never a shell.

    @returns exit code and both streams as text
    @raises subprocess.TimeoutExpired after killing it
    """
    parent = os.getpid()
    return subprocess.run(
        list(arguments),
        cwd=cwd,
        input="" if stdin is None else stdin,
        capture_output=True,
        text=True,
        timeout=timeout_seconds,
        check=False,
        preexec_fn=lambda: die_with_parent(parent),
    )
