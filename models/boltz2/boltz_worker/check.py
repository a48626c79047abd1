"""
What the model would refuse, misread in silence, or stop at, told before it works.

The hub has checked most of it at submission, by the limits of the manifest; this needs what only this folder has: the model's own
reading of molecules, and its dictionary of components.
"""
from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from omtx_worker import Failure, Note

from .complex import LIGAND, Complex, Molecule, only_binder
from .ligands import atom_names, check_size, cleaned, read_component

LETTERS = {"protein": set("ACDEFGHIKLMNPQRSTVWYX"), "dna": set("ACGTN"), "rna": set("ACGUN")}


def checked(asked: Complex, components: Path, notes: list[Note]) -> Complex:
    """@returns the complex with ligands in their canonical form @raises Failure `invalid_input`"""
    check_names(asked)
    binder = only_binder(asked)
    molecules = tuple(checked_molecule(each, each is binder, components, notes) for each in asked.molecules)
    found = replace(asked, molecules=molecules)
    if asked.binder is not None:
        check_binder(found)
    for each in asked.constraints:
        check_constraint(each, found, components)
    return found


def check_names(asked: Complex) -> None:
    names = [name for each in asked.molecules for name in each.ids]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise Failure("invalid_input", f"The id {twice[0]} is given to two molecules; the model would drop one of them in silence.")


def checked_molecule(molecule: Molecule, wants_affinity: bool, components: Path, notes: list[Note]) -> Molecule:
    if molecule.kind != LIGAND:
        check_polymer(molecule, components)
        return molecule
    if bool(molecule.smiles) == bool(molecule.codes):
        raise Failure("invalid_input", f"Give the ligand {molecule.ids[0]} as exactly one of smiles and ccd.")
    if molecule.smiles:
        return replace(molecule, smiles=cleaned(molecule.smiles, wants_affinity, notes))
    found = [read_component(code, components) for code in molecule.codes]
    if wants_affinity:
        check_size(found[0].GetNumAtoms(), notes)
    return molecule


def check_polymer(molecule: Molecule, components: Path) -> None:
    """Unknown letters would become unknown residues without a word."""
    if not molecule.sequence:
        raise Failure("invalid_input", f"Chain {molecule.ids[0]} has no residues.")
    for position, letter in enumerate(molecule.sequence, 1):
        if letter not in LETTERS[molecule.kind]:
            raise Failure("invalid_input", f"Chain {molecule.ids[0]} ({molecule.kind}) has {letter} at position {position}, which is no letter of such a chain.")
    for position, code in molecule.modifications:
        if not 1 <= position <= len(molecule.sequence):
            raise Failure("invalid_input", f"Chain {molecule.ids[0]} has {len(molecule.sequence)} residues; a modification is at position {position}.")
        read_component(code, components)


def check_binder(asked: Complex) -> None:
    binder = only_binder(asked)
    if binder is None or binder.kind != LIGAND:
        raise Failure("invalid_input", f"Affinity is predicted of a ligand; {asked.binder} is a chain.")
    same = [each for each in asked.molecules if (each.smiles, each.codes) == (binder.smiles, binder.codes) and each.kind == LIGAND]
    if len(binder.ids) > 1 or len(same) > 1:
        raise Failure("invalid_input", f"Affinity is predicted of one copy of a ligand; there are more of {asked.binder}.")
    if len(binder.codes) > 1:
        raise Failure("invalid_input", f"Affinity is predicted of a ligand of one component; {asked.binder} has {len(binder.codes)}.")
    if not asked.sequences:
        raise Failure("invalid_input", "Affinity is predicted of a protein and a ligand; there is no protein.")


def check_constraint(constraint: Mapping[str, Any], asked: Complex, components: Path) -> None:
    for place in places_of(constraint):
        molecule = next((each for each in asked.molecules if place["chain"] in each.ids), None)
        if molecule is None:
            raise Failure("invalid_input", f"A constraint names the chain {place['chain']}, which is not there.")
        if molecule.kind == LIGAND:
            names = atom_names(molecule.smiles, molecule.codes, components, asked.binder in molecule.ids)
            if place.get("atom") not in names:
                raise Failure("invalid_input", f"A constraint names the atom {place.get('atom')} of ligand {place['chain']}; its atoms are {', '.join(sorted(names))}.")
        elif not 1 <= int(place.get("residue", 0)) <= len(molecule.sequence):
            raise Failure("invalid_input", f"A constraint names residue {place.get('residue')} of chain {place['chain']}, which has {len(molecule.sequence)}.")
    if "binder" in constraint and not any(constraint["binder"] in each.ids for each in asked.molecules):
        raise Failure("invalid_input", f"A pocket is of the chain {constraint['binder']}, which is not there.")


def places_of(constraint: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Residues and atoms that a constraint names."""
    names = {"bond": ("atom1", "atom2"), "contact": ("token1", "token2")}.get(constraint["type"], ())
    return [constraint[name] for name in names] + list(constraint.get("contacts", ()))
