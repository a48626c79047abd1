"""Ligands as the model will see them, checked before it does any work: it names a refused one by an exception's text, or stops the whole run."""
from __future__ import annotations

import pickle
from collections.abc import Sequence
from pathlib import Path

from boltz.data.parse.schema import standardize
from omtx_chemistry.molecules import keep_largest_fragment, read_molecule
from omtx_worker import Failure, Note
from rdkit import Chem, rdBase
from rdkit.Chem import AllChem

from .said import plain

MOST_AFFINITY_ATOMS = 128
# The largest ligand that the affinity heads were trained on.
MOST_TRAINED_ATOMS = 56
MOST_NAME_CHARACTERS = 4


def cleaned(smiles: str, wants_affinity: bool, notes: list[Note]) -> str:
    """
    Canonical, without its salt, so that any spelling gives the same bytes.

    @raises Failure `invalid_input` for what the model would refuse
    """
    with rdBase.BlockLogs():
        molecule = keep_largest_fragment(read_molecule({"smiles": smiles}), notes, "Predicted")
    if molecule.GetNumHeavyAtoms() == 0:
        raise Failure("invalid_input", f"The ligand {smiles} has no heavy atom.")
    text = Chem.MolToSmiles(Chem.RemoveHs(molecule))
    seen = as_seen(text, wants_affinity)
    if wants_affinity:
        check_size(Chem.RemoveHs(seen, sanitize=False).GetNumAtoms(), notes)
    return text


def as_seen(smiles: str, wants_affinity: bool) -> Chem.Mol:
    """With hydrogens and the model's names of atoms (`name`). @raises Failure `invalid_input`"""
    with rdBase.BlockLogs():
        try:
            molecule = Chem.MolFromSmiles(standardize(smiles) if wants_affinity else smiles)
        except Exception as error:  # the standardiser raises whatever RDKit does
            raise Failure("invalid_input", plain(str(error))) from error
    molecule = Chem.AddHs(molecule)
    for atom, rank in zip(molecule.GetAtoms(), AllChem.CanonicalRankAtoms(molecule), strict=True):
        name = f"{atom.GetSymbol().upper()}{rank + 1}"
        if len(name) > MOST_NAME_CHARACTERS:
            raise Failure("invalid_input", plain(f"atom with a name longer than 4 characters: {name}"))
        atom.SetProp("name", name)
    return molecule


def check_size(atoms: int, notes: list[Note]) -> None:
    if atoms > MOST_AFFINITY_ATOMS:
        raise Failure("invalid_input", f"The ligand has {atoms} atoms; the affinity stage takes at most {MOST_AFFINITY_ATOMS}. Ask for its structure alone.")
    if atoms > MOST_TRAINED_ATOMS:
        notes.append(Note("large_ligand", f"The ligand has {atoms} heavy atoms; affinity was trained on at most {MOST_TRAINED_ATOMS}, so its value may be wrong."))


def atom_names(smiles: str, codes: Sequence[str], components: Path, wants_affinity: bool) -> set[str]:
    """Names that constraints may use, of heavy atoms."""
    if smiles:
        return {atom.GetProp("name") for atom in as_seen(smiles, wants_affinity).GetAtoms() if atom.GetAtomicNum() > 1}
    molecule = read_component(codes[0], components)
    return {atom.GetProp("name") for atom in molecule.GetAtoms() if atom.HasProp("name")}


def read_component(code: str, components: Path) -> Chem.Mol:
    """@raises Failure `invalid_input`"""
    path = components / f"{code}.pkl"
    if not path.exists():
        raise Failure("invalid_input", f"The chemical component dictionary of this hub has no component {code}.")
    with path.open("rb") as file:
        return pickle.load(file)  # noqa: S301 (the operator's own cache, which the model reads in the same way)
