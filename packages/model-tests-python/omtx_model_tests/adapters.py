"""
Tests of adapters: goldens of what they write, and a program that does nothing but put documented output in its place. The files of
`tests/documented/` are written by hand after what each program documents of its output; no run of the program recorded them.
"""
from __future__ import annotations

import importlib.util
import json
import os
import shutil
import sys
import tempfile
import unittest
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any
from unittest import mock

from .workers import check_declared, defaults_of, example_of, manifest_of  # noqa: F401 (also sets the import path)

# In place of a folder that is another one in each run.
FOLDER = "<folder>"


def load_adapter(model: Path) -> ModuleType:
    specification = importlib.util.spec_from_file_location(f"adapter_of_{model.name}", model / "adapter.py")
    module = importlib.util.module_from_spec(specification)
    sys.modules[specification.name] = module
    specification.loader.exec_module(module)
    return module


def put(old: bytes, new: bytes) -> Callable[[bytes], bytes]:
    def change(data: bytes) -> bytes:
        assert old in data, f"{old!r} is not in the documented output"
        return data.replace(old, new, 1)

    return change


class AdapterCase:
    """One model's adapter with an example: that of its health check, or of one task where goldens and documented output lie in a folder per task."""

    def __init__(self, model: Path, task: str | None = None) -> None:
        self.model = model
        self.module = load_adapter(model)
        self.manifest = manifest_of(model)
        self.example = example_of(model, self.manifest, task)
        self.golden_folder = "/".join(["golden", *([task] if task else [])])
        self.documented_folder = "/".join(["documented", *([task] if task else [])])
        self.parameters = {**defaults_of(self.manifest), **self.example.get("parameters", {})}

    @property
    def input(self) -> dict[str, Any]:
        return json.loads(json.dumps(self.example["input"]))

    def written(self, asked: Mapping[str, Any], **parameters: Any) -> dict[str, str]:
        """Every file of the input, and the commands, with the folder's name taken out."""
        with tempfile.TemporaryDirectory() as work, self.settings(Path("/opt/program")):
            folder = Path(work)
            changed = {**self.parameters, **parameters}
            self.module.write_input(asked, changed, 42, folder)
            files = {str(path.relative_to(folder)): path.read_text() for path in sorted(folder.rglob("*")) if path.is_file()}
            files["commands.json"] = json.dumps(self.module.commands(asked, changed, 42, folder), indent=2) + "\n"
        return {name: text.replace(work, FOLDER) for name, text in files.items()}

    def golden(self) -> dict[str, str]:
        folder = self.model / "tests" / self.golden_folder
        return {str(path.relative_to(folder)): path.read_text() for path in sorted(folder.rglob("*")) if path.is_file()}

    def run_documented(self, fixture: str | None = None, exit_code: int = 0, log: str = "", damage: Callable[[Path], None] | None = None) -> Any:
        """The whole row, with programs that copy `tests/<fixture>/`, damaged first where asked, into the row's folder. @returns the result"""
        from omtx_adapter.serve import run_row

        with tempfile.TemporaryDirectory() as work:
            folder, programs = Path(work) / "row", Path(work) / "bin"
            folder.mkdir()
            programs.mkdir()
            output = Path(work) / "output"
            shutil.copytree(self.model / "tests" / (fixture or self.documented_folder), output)
            if damage is not None:
                damage(output)
            script = f"#!/bin/sh\ncp -r '{output}/.' '{folder}/'\nprintf '%s\\n' '{log}'\nexit {exit_code}\n"
            for name in [*(each["name"] for each in self.manifest.get("requires", {}).get("programs", [])), "python"]:
                (programs / name).write_text(script)
                (programs / name).chmod(0o755)
            path = f"{programs}{os.pathsep}{os.environ['PATH']}"
            with mock.patch.dict(os.environ, {"PATH": path}), self.settings(programs):
                result = run_row(self.module.ADAPTER, self.input, self.parameters, 42, folder)
            check_declared(self.manifest, result, folder)
            return result

    def check_bad_ends(self, test: unittest.TestCase) -> None:
        """A program that writes nothing, one that ends with an error, and one that says that memory ran out."""
        from omtx_worker import Failure

        ends = (
            ("missing_output", "", {"fixture": self.golden_folder}),
            ("model_error", "broken weights", {"exit_code": 3, "log": "RuntimeError: broken weights"}),
            ("out_of_memory", "", {"exit_code": 1, "log": "torch.OutOfMemoryError: CUDA out of memory."}),
        )
        for code, words, end in ends:
            with test.subTest(code):
                with test.assertRaises(Failure) as caught:
                    self.run_documented(**end)
                test.assertEqual(caught.exception.code, code)
                test.assertIn(words, caught.exception.message)

    def check_damaged(self, test: unittest.TestCase, nan: Mapping[str, Callable[[bytes], bytes]], unread: tuple[str, ...] = ()) -> None:
        """Each file of the output emptied or missing, and numbers that are none: a failure that says why, or a result that says it is partial.

        @param nan file of the output to a function that puts a NaN into it @param unread files that are copies of others
        """
        from omtx_worker import Failure

        documented = self.model / "tests" / self.documented_folder
        names = [str(path.relative_to(documented)) for path in sorted(documented.rglob("*")) if path.is_file()]
        for name in (each for each in names if Path(each).name not in unread):
            with test.subTest(f"{name} is empty"), test.assertRaises(Failure) as caught:
                self.run_documented(damage=lambda folder, name=name: (folder / name).write_bytes(b""))
            # A program that finds nothing may well write a file without content.
            test.assertIn(caught.exception.code, ("missing_output", "no_result"))
            with test.subTest(f"{name} is not there"):
                try:
                    result = self.run_documented(damage=lambda folder, name=name: (folder / name).unlink())
                    test.assertIn("partial", [note.code for note in result.notes])
                except Failure as failure:
                    test.assertEqual(failure.code, "missing_output")
        for name, change in nan.items():
            with test.subTest(f"{name} has a NaN"), test.assertRaises(Failure) as caught:
                self.run_documented(damage=lambda folder, name=name, change=change: (folder / name).write_bytes(change((folder / name).read_bytes())))
            test.assertEqual(caught.exception.code, "missing_output")
            test.assertIn("nan", caught.exception.message.lower())

    def check_refusals(self, test: unittest.TestCase, refusals: Mapping[str, Mapping[str, Any]]) -> None:
        """Each input is refused as invalid, with the words in front of it in the message."""
        from omtx_worker import Failure

        for words, asked in refusals.items():
            with test.subTest(words):
                with test.assertRaises(Failure) as caught:
                    self.written(asked)
                test.assertEqual(caught.exception.code, "invalid_input")
                test.assertIn(words, caught.exception.message)

    @contextmanager
    def settings(self, folder: Path) -> Iterator[None]:
        with mock.patch.dict(os.environ, {"OMTX_SETTING_HOME": str(folder), "OMTX_SETTING_PYTHON": str(folder / "python")}):
            yield
