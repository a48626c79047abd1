"""Poses as SDF text, as docking models write them: read whole or refused with the record that is wrong."""
from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from omtx_worker import Failure
from rdkit import Chem

MOST_POSES = 1000


def read_poses(asked: Mapping[str, Any]) -> list[Chem.Mol]:
    """@param asked the row's input: `poses` with `sdf` @returns molecules with hydrogens as written and 3D coordinates, in order"""
    text = (asked.get("poses") or {}).get("sdf")
    if not isinstance(text, str) or not text.strip():
        raise Failure("invalid_input", "The row has no poses: give them as SDF text.")
    supplier = Chem.SDMolSupplier()
    supplier.SetData(text, removeHs=False)
    poses = []
    for number, pose in enumerate(supplier, 1):
        if pose is None:
            raise Failure("invalid_input", f"Record {number} of the SDF cannot be read.")
        if pose.GetNumConformers() == 0 or not pose.GetConformer().Is3D():
            raise Failure("invalid_input", f"Record {number} of the SDF has no 3D coordinates.")
        poses.append(pose)
        if len(poses) > MOST_POSES:
            raise Failure("invalid_input", f"The SDF has more than {MOST_POSES} records; split it.")
    if not poses:
        raise Failure("invalid_input", "The SDF has no records.")
    return poses


def with_hydrogens(pose: Chem.Mol) -> Chem.Mol:
    """All hydrogens, the missing ones set by geometry."""
    return Chem.AddHs(pose, addCoords=True)
