"""Residues near a ligand in a predicted complex: where it would sit if the prediction is right. No pocket is searched for."""
from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import gemmi
import numpy as np

CONTACT_ANGSTROM = 4.0


def binding_site(structure: Path, ligands: Sequence[str]) -> list[dict[str, Any]]:
    """@returns residues of polymers with a heavy atom within 4 Å of one of a ligand, nearest first"""
    model = gemmi.read_structure(str(structure))[0]
    points = {chain.name: heavy_points(residue for residue in chain) for chain in model}
    records = []
    for chain in model:
        if chain.name in ligands:
            continue
        for residue in chain:
            own = heavy_points([residue])
            records += [record_of(chain.name, residue, ligand, own, points[ligand]) for ligand in ligands if ligand in points and len(own)]
    near = [each for each in records if each["distance"] <= CONTACT_ANGSTROM]
    return sorted(near, key=lambda each: (each["distance"], each["chain"], each["residue"]))


def record_of(chain: str, residue: gemmi.Residue, ligand: str, own: np.ndarray, others: np.ndarray) -> dict[str, Any]:
    distance = float(np.linalg.norm(own[:, None] - others[None], axis=2).min())
    # The model's confidence in the place of the residue, 0 to 100, is its B-factor.
    return {"chain": chain, "residue": residue.seqid.num, "name": residue.name, "ligand": ligand, "distance": round(distance, 3), "plddt": round(residue[0].b_iso, 2)}


def heavy_points(residues: Any) -> np.ndarray:
    """@returns [heavy atom, 3] in ångström"""
    return np.array([atom.pos.tolist() for residue in residues for atom in residue if not atom.is_hydrogen()]).reshape(-1, 3)
