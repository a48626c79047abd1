"""Prepared receptors and boxes by name, from the package dockstring (data only; its code is never imported)."""
from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

from omtx_worker import Failure

from .box import Box


def target_names() -> list[str]:
    return sorted(path.name.removesuffix("_target.pdbqt") for path in _folder().glob("*_target.pdbqt"))


def read_target(name: str) -> tuple[str, Box]:
    """@returns PDBQT text and box @raises Failure `setup_failed` for a name that there is not"""
    names = target_names()
    if name not in names:
        raise Failure("setup_failed", f"There is no dockstring target {name!r}. There are: {', '.join(names)}.")
    config = _read_config((_folder() / f"{name}_conf.txt").read_text())
    x, y, z = (config[f"center_{axis}"] for axis in "xyz")
    a, b, c = (config[f"size_{axis}"] for axis in "xyz")
    return (_folder() / f"{name}_target.pdbqt").read_text(), Box((x, y, z), (a, b, c))


def _folder() -> Path:
    spec = find_spec("dockstring")
    if spec is None or not spec.submodule_search_locations:
        raise Failure("setup_failed", "The targets of dockstring are not installed; set up the environment of the model again.")
    return Path(spec.submodule_search_locations[0]) / "resources" / "targets"


def _read_config(text: str) -> dict[str, float]:
    """Lines of `name = number`."""
    pairs = [line.split("=") for line in text.splitlines() if "=" in line]
    return {name.strip(): float(value) for name, value in pairs}
