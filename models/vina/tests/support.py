"""What the tests share: a small receptor cut from a real one, so that maps take a fraction of a second."""
from __future__ import annotations

import hashlib
import json
import os
import platform
import subprocess
import sys
import tempfile
import unittest
from functools import cache
from pathlib import Path

MODEL = Path(__file__).resolve().parents[1]
WORKER_PACKAGE = MODEL.parents[1] / "packages" / "worker-python"
sys.path += [str(MODEL), str(WORKER_PACKAGE), str(WORKER_PACKAGE / "tests")]

from rdkit import RDLogger  # noqa: E402
from vina_worker import pdbqt, targets  # noqa: E402
from vina_worker.box import Box  # noqa: E402
from vina_worker.settings import Settings, settings_of  # noqa: E402

RDLogger.DisableLog("rdApp.*")

ASPIRIN = "CC(=O)Oc1ccccc1C(=O)O"
# On celecoxib's pocket in COX-2.
SMALL_BOX = {"center": [30.101, -23.094, -15.4], "size": [16, 16, 16]}
CUT_ANGSTROM = 7.0
DATA_CACHE = MODEL.parents[1] / ".cache" / "vina-tests"


def receptor_python() -> str | None:
    """The interpreter of the receptor environment: as the hub names it, else the one beside this environment in the hub's data folder."""
    given = os.environ.get("OMTX_PYTHON_RECEPTOR")
    if given:
        return given
    # As in packages/server/src/catalog/environments/environment.ts.
    machine = {"x86_64": "x64", "aarch64": "arm64"}.get(platform.machine(), platform.machine())
    lock = (MODEL / "receptor" / "requirements.lock").read_text()
    named = {"format": 1, "lockText": lock, "pythonVersion": "3.11", "platform": f"{sys.platform}-{machine}"}
    digest = hashlib.sha256(json.dumps(named, separators=(",", ":"), ensure_ascii=False).encode()).hexdigest()
    folder = Path(sys.prefix).resolve().parent / digest
    return str(folder / "bin" / "python") if (folder / "complete.json").exists() else None


RECEPTOR_PYTHON = receptor_python()
if RECEPTOR_PYTHON:
    os.environ["OMTX_PYTHON_RECEPTOR"] = RECEPTOR_PYTHON


def settings(seed: int = 42, **parameters: object) -> Settings:
    return settings_of({"exhaustiveness": 1, **parameters}, seed)


@cache
def small_receptor() -> str:
    """PDBQT of the whole residues of COX-2 that come near the small box."""
    text, _ = targets.read_target("PTGS2")
    box = Box(tuple(SMALL_BOX["center"]), tuple(SMALL_BOX["size"]))
    atoms = pdbqt.read_atoms(text, "PTGS2")
    near = box.contains(pdbqt_points(atoms), CUT_ANGSTROM)
    residues = {atom.residue for atom, is_near in zip(atoms, near, strict=True) if is_near}
    lines = [line for line in text.splitlines() if line.startswith("ATOM")]
    return "".join(line + "\n" for line, atom in zip(lines, atoms, strict=True) if atom.residue in residues)


def pdbqt_points(atoms):
    import numpy as np

    return np.array([atom.position for atom in atoms])


@cache
def raw_pdb(first: int = 23, last: int = 82) -> str:
    """A raw PDB of residues of COX-2, heavy atoms only, chain A; those of the default have no gap."""
    from vina_worker.hydrogens import STANDARD_NAMES, element

    lines = []
    for atom in pdbqt.read_atoms(targets.read_target("PTGS2")[0], "PTGS2"):
        _, number, name = atom.residue
        if not atom.is_hydrogen and first <= int(number) <= last:
            x, y, z = atom.position
            lines.append(f"ATOM  {len(lines) + 1:>5}  {atom.name:<3} {STANDARD_NAMES.get(name, name):>3} A{number:>4}    {x:8.3f}{y:8.3f}{z:8.3f}  1.00  0.00          {element(atom.type):>2}")
    return "\n".join([*lines, "END", ""])


def needs_receptor_environment(test):
    """Skips on a laptop without it, fails in CI."""
    is_missing = RECEPTOR_PYTHON is None and os.environ.get("CI") != "true"
    return unittest.skipIf(is_missing, "OMTX_PYTHON_RECEPTOR is not set: the receptor environment is not installed")(test)


@cache
def complex_folder() -> Path:
    """Files of the complex 1ia1 from the package posebusters, which is fetched once by pip.

    @raises unittest.SkipTest on a laptop without a network; CI fails instead
    """
    lock = MODEL / "tests" / "requirements.lock"
    folder = DATA_CACHE / hashlib.sha256(lock.read_bytes()).hexdigest()[:16]
    if not folder.exists():
        try:
            fetch_packages(lock, folder)
        except subprocess.CalledProcessError as error:
            if os.environ.get("CI") == "true":
                raise
            raise unittest.SkipTest(f"posebusters could not be fetched: {error.stderr[-300:]}") from error
    return folder / "posebusters" / "datasets" / "pdb" / "1ia1"


def fetch_packages(lock: Path, folder: Path) -> None:
    """Into a folder of their own, so that the worker's environment stays as it is locked. Whole or not at all."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent) as work:
        base = Path(sys.base_prefix) / "bin" / "python3.11"
        subprocess.run([base, "-I", "-m", "venv", f"{work}/venv"], check=True, capture_output=True, text=True)
        quiet = ["--quiet", "--disable-pip-version-check", "--no-deps", "--require-hashes", "--only-binary", ":all:"]
        pip = [f"{work}/venv/bin/python", "-I", "-m", "pip", "install", *quiet]
        subprocess.run([*pip, "--target", f"{work}/packages", "-r", lock], check=True, capture_output=True, text=True)
        os.rename(f"{work}/packages", folder)


def worker(cpus: int = 1):
    """The worker as the hub starts it; a context."""
    from worker_process import WorkerProcess

    environment = {"OMTX_PYTHON_RECEPTOR": RECEPTOR_PYTHON} if RECEPTOR_PYTHON else {}
    return WorkerProcess(MODEL / "worker.py", cpus=cpus, environment={"PYTHONDONTWRITEBYTECODE": "1", **environment})
