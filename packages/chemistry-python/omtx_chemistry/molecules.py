"""A molecule as a row names it."""
from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from omtx_worker import Failure
from rdkit import Chem


def read_molecule(asked: Mapping[str, Any]) -> Chem.Mol:
    """A molblock keeps its hydrogens and coordinates."""
    if ("smiles" in asked) == ("molblock" in asked):
        raise Failure("invalid_input", "Give the ligand as exactly one of smiles and molblock.")
    if "smiles" in asked:
        molecule = Chem.MolFromSmiles(asked["smiles"])
    else:
        molecule = Chem.MolFromMolBlock(asked["molblock"], removeHs=False)
    if molecule is None or molecule.GetNumAtoms() == 0:
        raise Failure("invalid_input", "The SMILES cannot be read." if "smiles" in asked else "The molblock cannot be read.")
    return molecule
