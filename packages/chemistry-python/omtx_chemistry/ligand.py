"""A ligand from its input to the engine's PDBQT: cleaned, in one protonation state, in 3D.

What each step changed is told in notes, so that nobody finds a score for a molecule that he did not ask for.
"""
from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from meeko import MoleculePreparation, PDBQTWriterLegacy
from omtx_worker import Failure, Note
from rdkit import Chem
from rdkit.Chem import AllChem, rdMolDescriptors

from . import pdbqt
from .counted import counted
from .molecules import keep_largest_fragment, read_molecule
from .settings import Settings

ELEMENTS = ("H", "C", "N", "O", "F", "Si", "P", "S", "Cl", "Br", "I")
# A chain of 300 carbons took 24 s to embed, and then failed.
MOST_HEAVY_ATOMS = 150
# 29 torsions in a 12 A box: over 60 s at exhaustiveness 1.
MOST_TORSIONS = 25
# Heavy atoms closer than this are no molecule.
SHORTEST_DISTANCE_ANGSTROM = 0.6
# A drawing is exactly flat; crystal structures of planar molecules never are.
FLAT_ANGSTROM = 0.005
MMFF_STEPS = 500


@dataclass(frozen=True)
class PreparedLigand:
    """`molecule` has all hydrogens and one 3D conformer; `pdbqt` maps its atoms by `REMARK INDEX MAP`."""

    molecule: Chem.Mol
    pdbqt: str
    notes: tuple[Note, ...]
    smiles: str
    heavy_atoms: int
    rotatable_bonds: int
    torsions: int
    length_angstrom: float


def prepare_ligand(asked: Mapping[str, Any], settings: Settings) -> PreparedLigand:
    """@param asked `smiles` or `molblock` @raises Failure `invalid_input`, `preparation_failed`"""
    notes: list[Note] = []
    drawn = keep_largest_fragment(read_molecule(asked), notes, "Docked")
    check_molecule(drawn)
    if "smiles" in asked:
        molecule = embed(protonate(drawn, settings, notes), settings.seed, notes)
    else:
        molecule = keep_coordinates(drawn, settings, notes)
    text, torsions = write_pdbqt(molecule, settings)
    heavy = Chem.RemoveHs(molecule)
    return PreparedLigand(
        molecule=molecule,
        pdbqt=text,
        notes=tuple(notes),
        smiles=Chem.MolToSmiles(heavy),
        heavy_atoms=molecule.GetNumHeavyAtoms(),
        rotatable_bonds=rdMolDescriptors.CalcNumRotatableBonds(heavy),
        torsions=torsions,
        length_angstrom=_length(molecule),
    )


def check_molecule(molecule: Chem.Mol) -> None:
    unknown = sorted({atom.GetSymbol() for atom in molecule.GetAtoms()} - set(ELEMENTS))
    if unknown:
        raise Failure("invalid_input", f"The ligand has {', '.join(unknown)}; AutoDock Vina docks {', '.join(ELEMENTS)} only.")
    if not 1 <= molecule.GetNumHeavyAtoms() <= MOST_HEAVY_ATOMS:
        raise Failure("invalid_input", f"The ligand has {molecule.GetNumHeavyAtoms()} heavy atoms; 1 to {MOST_HEAVY_ATOMS} can be docked.")


def protonate(molecule: Chem.Mol, settings: Settings, notes: list[Note]) -> Chem.Mol:
    """As drawn, or the one state of dimorphite-dl at the pH (known to be wrong on some: the phenol of amoxicillin, double metformin)."""
    if settings.protonation == "as_drawn":
        return molecule
    before = Chem.MolToSmiles(molecule)
    states = _protonate_smiles(before, settings.ph)
    after = Chem.MolFromSmiles(states[0]) if states else None
    if after is None:
        raise Failure("preparation_failed", f"No protonation state at pH {settings.ph:g} was found for {before}. Draw the state and use protonation as_drawn.")
    same = Chem.MolToSmiles(after) == before
    message = f"At pH {settings.ph:g} the ligand stays as drawn: {before}." if same else f"At pH {settings.ph:g}: {before} became {Chem.MolToSmiles(after)}. Check it."
    notes.append(Note("protonation_unchanged" if same else "protonated", message))
    return after


def embed(molecule: Chem.Mol, seed: int, notes: list[Note]) -> Chem.Mol:
    """3D by ETKDG and MMFF (UFF where MMFF lacks a parameter), from the canonical order: any spelling of a SMILES gives the same bytes."""
    canonical = Chem.MolFromSmiles(Chem.MolToSmiles(molecule))
    undefined = undefined_stereo(canonical)
    with_hydrogens = Chem.AddHs(canonical)
    parameters = AllChem.ETKDGv3()
    parameters.randomSeed = seed
    if AllChem.EmbedMolecule(with_hydrogens, parameters) != 0:
        parameters.useRandomCoords = True
        if AllChem.EmbedMolecule(with_hydrogens, parameters) != 0:
            raise Failure("preparation_failed", "No 3D coordinates could be made for the ligand. Give it as a 3D molblock.")
    if AllChem.MMFFHasAllMoleculeParams(with_hydrogens):
        AllChem.MMFFOptimizeMolecule(with_hydrogens, maxIters=MMFF_STEPS)
    elif AllChem.UFFHasAllMoleculeParams(with_hydrogens):
        AllChem.UFFOptimizeMolecule(with_hydrogens, maxIters=MMFF_STEPS)
    _check_distances(with_hydrogens, "preparation_failed")
    if undefined:
        Chem.AssignStereochemistryFrom3D(with_hydrogens)
        docked = Chem.MolToSmiles(Chem.RemoveHs(with_hydrogens))
        notes.append(Note("undefined_stereo", f"{counted(undefined, 'stereo element')} {'is' if undefined == 1 else 'are'} not defined in the input; docked as {docked}, chosen by the seed. Give the stereo to choose."))
    return with_hydrogens


def undefined_stereo(molecule: Chem.Mol) -> int:
    """Number of stereo centres and double bonds that could be either way."""
    return sum(each.specified == Chem.StereoSpecified.Unspecified for each in Chem.FindPotentialStereo(molecule))


def keep_coordinates(molecule: Chem.Mol, settings: Settings, notes: list[Note]) -> Chem.Mol:
    """A molblock's own 3D: heavy atoms stay where they are, hydrogens that it lacks are added."""
    if settings.protonation != "as_drawn":
        raise Failure("invalid_input", "Protonation by pH would drop the coordinates of the molblock. Give the state in the molblock with protonation as_drawn, or a SMILES.")
    if not is_3d(molecule):
        raise Failure("invalid_input", "The coordinates of the molblock are all zero or flat, so they are a drawing. Give 3D coordinates, or a SMILES.")
    _check_distances(molecule, "invalid_input")
    with_hydrogens = Chem.AddHs(molecule, addCoords=True)
    added = with_hydrogens.GetNumAtoms() - molecule.GetNumAtoms()
    if added:
        notes.append(Note("hydrogens_added", f"{counted(added, 'hydrogen')} {'was' if added == 1 else 'were'} added to the molblock; its other coordinates are kept."))
    Chem.AssignStereochemistryFrom3D(with_hydrogens)
    return with_hydrogens


def is_3d(molecule: Chem.Mol) -> bool:
    """False for no, zero or flat coordinates; three atoms or fewer are flat by nature and need only be apart."""
    if molecule.GetNumConformers() == 0:
        return False
    points = molecule.GetConformer().GetPositions()
    if not np.isfinite(points).all():
        return False
    centered = points - points.mean(axis=0)
    if len(points) <= 3:
        return len(points) == 1 or bool(np.abs(centered).max() > FLAT_ANGSTROM)
    _, _, axes = np.linalg.svd(centered)
    return bool(np.abs(centered @ axes[2]).max() > FLAT_ANGSTROM)


def write_pdbqt(molecule: Chem.Mol, settings: Settings) -> tuple[str, int]:
    """@returns PDBQT text with the index map, and its torsions"""
    try:
        [setup] = MoleculePreparation(rigid_macrocycles=settings.rigid_macrocycles).prepare(molecule)
        text, is_ok, reason = PDBQTWriterLegacy.write_string(setup, add_index_map=True)
    except (ValueError, RuntimeError, KeyError) as error:
        raise Failure("preparation_failed", f"meeko could not prepare the ligand: {error}") from error
    if not is_ok or not text.strip():
        raise Failure("preparation_failed", f"meeko could not prepare the ligand: {reason.strip() or 'no text'}")
    pdbqt.check_types(pdbqt.read_atoms(text, "The prepared ligand"), "The prepared ligand")
    torsions = text.count("\nBRANCH")
    if torsions > MOST_TORSIONS:
        raise Failure("invalid_input", f"The ligand has {torsions} torsions; at most {MOST_TORSIONS} can be searched. Fix part of it, or choose another model.")
    return text, torsions


def _check_distances(molecule: Chem.Mol, code: str) -> None:
    points = _heavy_points(molecule)
    if not np.isfinite(points).all() or (len(points) > 1 and _distances(points)[np.triu_indices(len(points), 1)].min() < SHORTEST_DISTANCE_ANGSTROM):
        raise Failure(code, f"Two heavy atoms of the ligand are closer than {SHORTEST_DISTANCE_ANGSTROM} Å.")


def _length(molecule: Chem.Mol) -> float:
    return float(_distances(_heavy_points(molecule)).max())


def _heavy_points(molecule: Chem.Mol) -> np.ndarray:
    """@returns [heavy atom, 3]"""
    heavy = [atom.GetIdx() for atom in molecule.GetAtoms() if atom.GetAtomicNum() > 1]
    return molecule.GetConformer().GetPositions()[heavy]


def _distances(points: np.ndarray) -> np.ndarray:
    return np.linalg.norm(points[:, None] - points[None], axis=2)


@cache
def _protonate_smiles(smiles: str, ph: float) -> tuple[str, ...]:
    """dimorphite-dl answers an empty list for what it cannot read; imported late, because most screens never need it."""
    from dimorphite_dl import protonate_smiles

    return tuple(protonate_smiles(smiles, ph_min=ph, ph_max=ph, precision=0.0))
