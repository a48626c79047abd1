"""A model's worker driven over descriptors 3 and 4, as the hub does, and its two functions called in this process."""
from __future__ import annotations

import json
import os
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[3]
LIBRARIES = [ROOT / "packages" / name for name in ("worker-python", "worker-python/tests", "chemistry-python", "adapter-python")]
sys.path += [str(folder) for folder in LIBRARIES if str(folder) not in sys.path]

from omtx_worker import Opened, OpenRequest, RowRequest, RowResult  # noqa: E402
from worker_process import WorkerProcess  # noqa: E402


def manifest_of(model: Path) -> dict[str, Any]:
    return json.loads((model / "model.json").read_text())


def defaults_of(manifest: Mapping[str, Any]) -> dict[str, Any]:
    """Parameters as the hub makes them explicit."""
    return {name: each["default"] for name, each in manifest["parameters"].get("properties", {}).items()}


def worker(model: Path, cpus: int = 1, environment: Mapping[str, str] | None = None) -> WorkerProcess:
    """The worker as the hub starts it; use as a context."""
    libraries = os.pathsep.join(str(folder) for folder in LIBRARIES)
    return WorkerProcess(model / "worker.py", cpus=cpus, environment={"PYTHONDONTWRITEBYTECODE": "1", "PYTHONPATH": libraries, **(environment or {})})


@contextmanager
def shard(module: Any, manifest: Mapping[str, Any], shared: Mapping[str, Any] | None = None, seed: int = 42, **parameters: Any) -> Iterator[tuple[Opened, Any]]:
    """An opened shard of a worker module with `open_shard` and `predict`. @returns what it opened, and a function `run(input) -> RowResult`, whose `folder` is that of the last row"""
    with tempfile.TemporaryDirectory() as work:
        folder = Path(work)
        opened = module.open_shard(OpenRequest("s", shared or {}, {**defaults_of(manifest), **parameters}, seed, folder))

        def run(asked: Mapping[str, Any]) -> RowResult:
            row = run.folder = Path(tempfile.mkdtemp(dir=folder))
            result = module.predict(opened.state, RowRequest("0", asked, row))
            check_declared(manifest, result, row)
            return result

        yield opened, run


def check_declared(manifest: Mapping[str, Any], result: RowResult, folder: Path) -> None:
    """What the hub checks of a result: declared metrics, tables and columns, files with content."""
    undeclared = set(result.metrics) - set(manifest["metrics"])
    assert not undeclared, f"metrics {undeclared} are not declared"
    assert "rankBy" not in manifest or manifest["rankBy"] in result.metrics, "the metric that ranks is missing"
    tables = {each["id"]: {column["id"] for column in each["columns"]} for each in manifest["tables"]}
    for name, records in result.tables.items():
        for record in records:
            assert set(record) <= tables[name], f"table {name}: columns {set(record) - tables[name]} are not declared"
    roles = {artifact.role for artifact in result.artifacts}
    for each in manifest["artifacts"]:
        assert each["per"] != "row" or not each["required"] or each["role"] in roles, f"artifact {each['name']} is missing"
    for artifact in result.artifacts:
        assert (folder / artifact.path).stat().st_size > 0, f"{artifact.path} has no content"
    json.dumps([result.metrics, result.tables], allow_nan=False)


def example_of(model: Path, manifest: Mapping[str, Any], task: str | None = None) -> dict[str, Any]:
    """The submission that the health check runs, or the first example of a task."""
    if task is None:
        return json.loads((model / manifest["healthCheck"]["example"]).read_text())
    examples = [json.loads((model / each["file"]).read_text()) for each in manifest["examples"]]
    return next(example for example in examples if example["taskType"] == task)
