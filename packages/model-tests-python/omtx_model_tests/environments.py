"""Other environments of the hub beside the one that these tests run in."""
from __future__ import annotations

import hashlib
import json
import platform
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]


def python_of(lock: Path) -> str | None:
    """The interpreter of the environment made from a lock, in the same data folder; None where it is not made."""
    # As in packages/server/src/catalog/environments/environment.ts.
    machine = {"x86_64": "x64", "aarch64": "arm64"}.get(platform.machine(), platform.machine())
    named = {"format": 1, "lockText": lock.read_text(), "pythonVersion": "3.11", "platform": f"{sys.platform}-{machine}"}
    digest = hashlib.sha256(json.dumps(named, separators=(",", ":"), ensure_ascii=False).encode()).hexdigest()
    folder = Path(sys.prefix).resolve().parent / digest
    return str(folder / "bin" / "python") if (folder / "complete.json").exists() else None
