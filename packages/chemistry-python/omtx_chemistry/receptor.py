"""The receptor of a shard: prepared PDBQT as it is, a target by name, or a raw PDB through the chain in the receptor environment."""
from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from omtx_worker import Failure, Note, run_tool

from . import pdbqt
from .box import Box, read_box
from .targets import read_target

PREPARE_SCRIPT = Path(__file__).with_name("receptor_chain.py")
# 22,000 atoms take 12 s.
PREPARE_TIMEOUT_SECONDS = 540
# What was dropped or rebuilt within this distance of the box can touch a ligand.
NEAR_BOX_ANGSTROM = 4.0


@dataclass(frozen=True)
class PreparedReceptor:
    """`pdbqt` goes to the engine as it is; `report` says where it came from and what was dropped or rebuilt."""

    pdbqt: str
    atoms: tuple[pdbqt.Atom, ...]
    box: Box
    report: Mapping[str, Any]
    notes: tuple[Note, ...]

    def heavy_points(self) -> np.ndarray:
        """@returns [heavy atom, 3] in ångström"""
        return np.array([atom.position for atom in self.atoms if not atom.is_hydrogen])


def prepare_receptor(shared: Mapping[str, Any], folder: Path) -> PreparedReceptor:
    """@param shared `receptor` and `box` of the task @raises Failure `setup_failed`"""
    source = shared["receptor"]
    if sum(key in source for key in ("dockstring", "pdbqt", "pdb")) != 1:
        raise Failure("setup_failed", "Give the receptor as exactly one of dockstring, pdbqt and pdb.")
    notes: list[Note] = []
    if "dockstring" in source:
        text, own_box = read_target(source["dockstring"])
        box = read_box(shared["box"], None) if "box" in shared else own_box
        report: dict[str, Any] = {"source": "dockstring 0.3.4", "target": source["dockstring"], "boxFrom": "request" if "box" in shared else "target"}
    elif "pdbqt" in source:
        text, box = source["pdbqt"], _required_box(shared, None)
        report = {"source": "pdbqt"}
    else:
        box = _required_box(shared, source["pdb"])
        _check_reference(shared["box"], source)
        text, report = _run_chain(source, folder)
        notes = _check_changes(report, box)
    atoms = _check_receptor(text)
    if not any(atom.type == "HD" for atom in atoms):
        notes.append(Note("receptor_without_polar_hydrogens", "The receptor has no polar hydrogens (type HD). Vina does not score them, but the file was likely not prepared for docking."))
    return PreparedReceptor(text, tuple(atoms), box, report, tuple(notes))


def _required_box(shared: Mapping[str, Any], pdb: str | None) -> Box:
    if "box" not in shared:
        raise Failure("setup_failed", "A receptor given as pdbqt or pdb needs a box: center and size, or aroundLigand.")
    return read_box(shared["box"], pdb)


def _check_reference(asked_box: Mapping[str, Any], source: Mapping[str, Any]) -> None:
    """@raises Failure `setup_failed` when the ligand that marks the pocket would stay in it"""
    name = asked_box.get("aroundLigand", {}).get("residueName")
    if name is not None and name in source.get("keepCofactors", []):
        raise Failure("setup_failed", f"{name} marks the box and is in keepCofactors, so it would fill the pocket. Take it out of one of them.")


def _check_receptor(text: str) -> list[pdbqt.Atom]:
    """The receptor must be rigid: ROOT or BRANCH are a ligand's. @raises Failure `setup_failed`"""
    if any(line.startswith(("ROOT", "BRANCH", "BEGIN_RES")) for line in text.splitlines()):
        raise Failure("setup_failed", "The receptor PDBQT has ROOT or BRANCH records, so it is a ligand or flexible residues. Give a rigid receptor.")
    try:
        atoms = pdbqt.read_atoms(text, "The receptor")
        pdbqt.check_types(atoms, "The receptor")
    except Failure as failure:
        raise Failure("setup_failed", failure.message) from failure
    return atoms


def _run_chain(source: Mapping[str, Any], folder: Path) -> tuple[str, dict[str, Any]]:
    """Runs the chain as a program: Open Babel and the engine cannot be loaded into one process. @returns PDBQT and report"""
    python = os.environ.get("OMTX_PYTHON_RECEPTOR")
    if not python:
        raise Failure("setup_failed", "The receptor environment is not installed, so a raw PDB cannot be prepared. Give a PDBQT, or set the model up again.")
    request = json.dumps({"pdb": source["pdb"], "chains": source.get("chains"), "keepCofactors": source.get("keepCofactors", [])})
    try:
        done = run_tool([python, str(PREPARE_SCRIPT)], folder, PREPARE_TIMEOUT_SECONDS, request)
    except subprocess.TimeoutExpired as error:
        raise Failure("setup_failed", f"The receptor was not prepared within {PREPARE_TIMEOUT_SECONDS} s. Give a part of it, or a PDBQT.") from error
    print(done.stderr, flush=True)
    try:
        answer = json.loads((folder / "receptor-chain.json").read_text())
    except (OSError, ValueError) as error:
        raise Failure("setup_failed", f"The receptor's preparation ended without an answer (exit code {done.returncode}); see the log.") from error
    if "error" in answer:
        raise Failure("setup_failed", answer["error"])
    return answer["pdbqt"], {"source": "pdb", **answer["report"]}


def _check_changes(report: Mapping[str, Any], box: Box) -> list[Note]:
    """@returns notes of all changes @raises Failure when residues near the box were dropped or rebuilt: scores there would be fiction"""
    near = [change for change in report["changes"] if change["kind"] in ("dropped", "rebuilt") and _is_near(change, box)]
    if near:
        names = "; ".join(f"{change['residue']} {change['kind']} ({change['why']})" for change in near)
        raise Failure("setup_failed", f"Residues near the box could not be kept as they are: {names}. Repair the structure, or give a PDBQT.")
    notes = []
    for kind in _TITLES:
        found = [change for change in report["changes"] if change["kind"] == kind]
        if found:
            names = ", ".join(change["residue"] + (" (in the box)" if _is_near(change, box) else "") for change in found[:20])
            more = f" and {len(found) - 20} more" if len(found) > 20 else ""
            notes.append(Note(f"receptor_{kind}", f"{_TITLES[kind]}: {names}{more}."))
    return notes


_TITLES = {
    "dropped": "Residues dropped from the receptor",
    "rebuilt": "Residues with missing atoms rebuilt",
    "replaced": "Residues in another state than in the file",
    "gap": "The chain is broken, and loops are not modelled, after",
    "altloc": "Residues with alternative locations, of which the first was kept",
    "heterogen_removed": "Other molecules removed (name them in keepCofactors to keep them)",
}


def _is_near(change: Mapping[str, Any], box: Box) -> bool:
    return bool(box.contains(np.array(change["positions"]).reshape(-1, 3), NEAR_BOX_ANGSTROM).any())
