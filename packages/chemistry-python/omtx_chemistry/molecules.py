"""A molecule as a row names it."""
from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from omtx_worker import Failure, Note
from rdkit import Chem
from rdkit.Chem import rdMolDescriptors


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


def keep_largest_fragment(molecule: Chem.Mol, notes: list[Note], verb: str) -> Chem.Mol:
    """Most heavy atoms, then weight, then the canonical SMILES, so that the choice does not hang on the order. Charges stay.

    @param verb what is done with it, as the note begins: "Docked"
    """
    fragments = list(Chem.GetMolFrags(molecule, asMols=True, sanitizeFrags=True))
    if len(fragments) == 1:
        return molecule
    smiles = {id(fragment): Chem.MolToSmiles(Chem.RemoveHs(fragment)) for fragment in fragments}
    fragments.sort(key=lambda fragment: (-fragment.GetNumHeavyAtoms(), -rdMolDescriptors.CalcExactMolWt(fragment), smiles[id(fragment)]))
    largest, *removed = fragments
    names = ", ".join(smiles[id(fragment)] for fragment in removed)
    notes.append(Note("salt_removed", f"{verb} as {smiles[id(largest)]}, the largest fragment; removed: {names}."))
    return largest
