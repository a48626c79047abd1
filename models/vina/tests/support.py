"""What the tests share: a small receptor cut from a real one, so that maps take a fraction of a second."""
from __future__ import annotations

import os
import sys
import unittest
from functools import cache
from pathlib import Path

MODEL = Path(__file__).resolve().parents[1]
sys.path += [str(MODEL), str(MODEL.parents[1] / "packages" / "model-tests-python")]

from omtx_model_tests.environments import python_of  # noqa: E402
from omtx_model_tests.fetched import complex_folder  # noqa: E402, F401
from omtx_model_tests.workers import worker as model_worker  # noqa: E402
from omtx_chemistry import pdbqt, targets  # noqa: E402
from omtx_chemistry.box import Box  # noqa: E402
from omtx_chemistry.settings import Settings, settings_of  # noqa: E402
from rdkit import RDLogger  # noqa: E402

RDLogger.DisableLog("rdApp.*")

ASPIRIN = "CC(=O)Oc1ccccc1C(=O)O"
# On celecoxib's pocket in COX-2.
SMALL_BOX = {"center": [30.101, -23.094, -15.4], "size": [16, 16, 16]}
CUT_ANGSTROM = 7.0


def receptor_python() -> str | None:
    """The interpreter of the receptor environment: as the hub names it, else the one beside this environment in the hub's data folder."""
    return os.environ.get("OMTX_PYTHON_RECEPTOR") or python_of(MODEL.parent / "environments" / "receptor" / "requirements.lock")


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
    from omtx_chemistry.hydrogens import STANDARD_NAMES, element

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


def worker(cpus: int = 1):
    """The worker as the hub starts it; a context."""
    return model_worker(MODEL, cpus, {"OMTX_PYTHON_RECEPTOR": RECEPTOR_PYTHON} if RECEPTOR_PYTHON else {})
