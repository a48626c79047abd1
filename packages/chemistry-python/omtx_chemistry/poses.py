"""The engine's poses: numbers per mode, and structures with the input's bond orders."""
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from omtx_worker import Failure
from rdkit import Chem
from rdkit.Geometry import Point3D

# Weaker than this is no binding mode: boxes beside the protein gave 0.0 and -0.17.
WEAKEST_SCORE_KCAL_PER_MOL = -0.5


@dataclass(frozen=True)
class Pose:
    """One mode. Energies in kcal/mol; RMSD bounds to mode 1 in ångström as the engine states them: the lower matches each atom with the
    nearest of its type, the upper with itself. `positions` by PDBQT serial."""

    rank: int
    score: float
    rmsd_lower: float
    rmsd_upper: float
    inter: float
    intra: float
    torsion: float
    positions: dict[int, tuple[float, float, float]]


def read_poses(text: str, energies: np.ndarray) -> list[Pose]:
    """@param text the engine's PDBQT of all modes @param energies [mode, 5]: total, inter, intra, torsion, intra of the best

    @raises Failure `no_result` when no mode is favourable, `model_error` when text and energies disagree
    """
    models = [model for model in text.split("MODEL ")[1:]]
    if not models or len(models) != len(energies):
        raise Failure("model_error", f"The engine wrote {len(models)} poses and gave {len(energies)} energies.")
    poses = [_read_pose(rank, model, row) for rank, (model, row) in enumerate(zip(models, energies, strict=True), 1)]
    best = poses[0].score
    if not np.isfinite(best) or best > WEAKEST_SCORE_KCAL_PER_MOL:
        raise Failure("no_result", f"No favourable pose: the best score is {best:g} kcal/mol (must be below {WEAKEST_SCORE_KCAL_PER_MOL}). Check that the box covers the pocket and is large enough.")
    return poses


def favourable(poses: Sequence[Pose]) -> list[Pose]:
    """Without modes of positive energy, which overlap with the receptor."""
    return [pose for pose in poses if pose.score <= 0]


def _read_pose(rank: int, model: str, energies: np.ndarray) -> Pose:
    """The remark holds three decimals, as do the energies."""
    lines = model.splitlines()
    remark = next(line for line in lines if line.startswith("REMARK VINA RESULT:")).split()
    atoms = [line for line in lines if line.startswith(("ATOM", "HETATM"))]
    positions = {int(line[6:11]): (float(line[30:38]), float(line[38:46]), float(line[46:54])) for line in atoms}
    total, inter, intra, torsion = (float(value) for value in energies[:4])
    return Pose(rank, total, float(remark[4]), float(remark[5]), inter, intra, torsion, positions)


def index_map(pdbqt_text: str) -> dict[int, int]:
    """Atom index in the prepared molecule (from 0) to PDBQT serial."""
    numbers = [int(word) for line in pdbqt_text.splitlines() if line.startswith("REMARK INDEX MAP") for word in line.split()[3:]]
    return {atom - 1: serial for atom, serial in zip(numbers[::2], numbers[1::2], strict=True)}


def pose_molecule(molecule: Chem.Mol, serials: dict[int, int], pose: Pose) -> Chem.Mol:
    """The prepared molecule, with its bond orders, in the place of the pose. Hydrogens that the engine does not move by name
    (those on carbon) are set again by geometry."""
    placed = Chem.RWMol(molecule)
    conformer = placed.GetConformer()
    for atom, serial in serials.items():
        if atom < molecule.GetNumAtoms():  # beyond are the glue atoms of opened macrocycles
            conformer.SetAtomPosition(atom, Point3D(*pose.positions[serial]))
    for atom in sorted(range(molecule.GetNumAtoms()), reverse=True):
        if atom not in serials:
            [carbon] = placed.GetAtomWithIdx(atom).GetNeighbors()
            carbon.SetNumExplicitHs(carbon.GetNumExplicitHs() + 1)  # written with brackets, it would not be filled up by itself
            placed.RemoveAtom(atom)
    Chem.SanitizeMol(placed)
    whole = Chem.AddHs(placed, addCoords=True)
    Chem.AssignStereochemistryFrom3D(whole)
    return whole


def write_sdf(molecule: Chem.Mol, pdbqt_text: str, poses: Sequence[Pose], name: str) -> str:
    """All poses as SDF, best first, the scores as fields."""
    serials = index_map(pdbqt_text)
    records = []
    for pose in poses:
        placed = pose_molecule(molecule, serials, pose)
        placed.SetProp("_Name", name)
        for field, value in pose_record(pose).items():
            placed.SetProp(field, f"{value:g}")
        records.append(Chem.SDWriter.GetText(placed))
    return "".join(records)


def pose_record(pose: Pose) -> dict[str, float]:
    """A row of the table `poses`."""
    return {
        "rank": pose.rank,
        "docking_score": pose.score,
        "rmsd_lower": pose.rmsd_lower,
        "rmsd_upper": pose.rmsd_upper,
        "inter": pose.inter,
        "intra": pose.intra,
        "torsion": pose.torsion,
    }
