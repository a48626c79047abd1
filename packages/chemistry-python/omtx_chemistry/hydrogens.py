"""A PDB with all hydrogens from a prepared PDBQT: for viewers and checks that need them; the engine never sees it.

A PDBQT has its polar hydrogens (with the protonation that was chosen) and lacks those on carbon. Polar ones are kept where they are;
carbons are filled up, by the bond orders of standard residues, else (cofactors, caps) by the geometry around the carbon.
"""
from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence

import numpy as np
from rdkit import Chem

from .pdbqt import Atom

# Names of protonation states and the like, to the residue whose bond orders they have.
STANDARD_NAMES = {
    **dict.fromkeys(("HIE", "HID", "HIP", "HIZ", "HSD", "HSE", "HSP", "DID", "DIC"), "HIS"),
    **dict.fromkeys(("CYX", "CYM", "CYT"), "CYS"),
    **dict.fromkeys(("GLH", "GLZ"), "GLU"),
    "ASH": "ASP",
    "LYN": "LYS",
}
STANDARD = frozenset("ALA ARG ASN ASP CYS GLN GLU GLY HIS ILE LEU LYS MET PHE PRO SER THR TRP TYR VAL".split())
ELEMENT_OF_TYPE = {"A": "C", "CG0": "C", "NA": "N", "OA": "O", "SA": "S", "HD": "H"}
# Bonds of carbon to heavy atoms: shorter than this is sp2 or sp (C=C 1.34, aromatic 1.40, C=N 1.30, C=O 1.23; single 1.43 and more).
LONGEST_UNSATURATED_ANGSTROM = {"C": 1.43, "N": 1.40, "O": 1.30}
TETRAHEDRAL = Chem.HybridizationType.SP3
TRIGONAL = Chem.HybridizationType.SP2
LINEAR = Chem.HybridizationType.SP


def add_hydrogens(atoms: Sequence[Atom]) -> tuple[str, dict[str, int]]:
    """@returns PDB text, and the counts `heavy`, `polarHydrogens` (kept) and `carbonHydrogens` (added)"""
    molecule = _molecule(atoms)
    for atom in molecule.GetAtoms():
        atom.SetNoImplicit(True)
        atom.SetNumExplicitHs(0)
        if atom.GetAtomicNum() == 6:
            _fill_carbon(molecule, atom, STANDARD_NAMES.get(atoms[atom.GetIdx()].residue[2], atoms[atom.GetIdx()].residue[2]) in STANDARD)
    molecule.UpdatePropertyCache(strict=False)
    whole = Chem.AddHs(molecule, explicitOnly=True, addCoords=True)
    polar = sum(atom.is_hydrogen for atom in atoms)
    counts = {"heavy": len(atoms) - polar, "polarHydrogens": polar, "carbonHydrogens": whole.GetNumAtoms() - len(atoms)}
    return _write(atoms, whole), counts


def element(atom_type: str) -> str:
    return ELEMENT_OF_TYPE.get(atom_type, atom_type)


def _molecule(atoms: Sequence[Atom]) -> Chem.Mol:
    """With bonds by distance and the bond orders of standard residues (RDKit's own tables, by atom name)."""
    lines = [_line(index + 1, atom.name, (atom.residue[0], atom.residue[1], STANDARD_NAMES.get(atom.residue[2], atom.residue[2])), atom.position, element(atom.type)) for index, atom in enumerate(atoms)]
    return Chem.MolFromPDBBlock("\n".join([*lines, "END"]), sanitize=False, removeHs=False, proximityBonding=True)


def _fill_carbon(molecule: Chem.Mol, carbon: Chem.Atom, is_standard: bool) -> None:
    bonded = carbon.GetNeighbors()
    if is_standard:
        unsaturation = sum(bond.GetBondTypeAsDouble() - 1 for bond in carbon.GetBonds())
        shape = TETRAHEDRAL if unsaturation == 0 else TRIGONAL
    else:
        shape = _shape(molecule, carbon)
    carbon.SetHybridization(shape)
    wanted = {TETRAHEDRAL: 4, TRIGONAL: 3, LINEAR: 2}[shape]
    carbon.SetNumExplicitHs(max(0, wanted - len(bonded)))


def _shape(molecule: Chem.Mol, carbon: Chem.Atom) -> Chem.HybridizationType:
    """Trigonal where a bond is short, or three bonds lie in a plane."""
    positions = molecule.GetConformer().GetPositions()
    here = positions[carbon.GetIdx()]
    bonds = [(each.GetSymbol(), positions[each.GetIdx()] - here) for each in carbon.GetNeighbors() if each.GetAtomicNum() > 1]
    if len(bonds) >= 4:
        return TETRAHEDRAL
    if len(bonds) == 3:
        units = [vector / np.linalg.norm(vector) for _, vector in bonds]
        is_planar = abs(float(np.dot(units[0], np.cross(units[1], units[2])))) < 0.35  # tetrahedral 0.77, planar 0
        return TRIGONAL if is_planar else TETRAHEDRAL
    is_short = any(np.linalg.norm(vector) < LONGEST_UNSATURATED_ANGSTROM.get(symbol, 0) for symbol, vector in bonds)
    return TRIGONAL if is_short else TETRAHEDRAL


def _write(atoms: Sequence[Atom], whole: Chem.Mol) -> str:
    """Each residue's atoms, then the hydrogens added to it, named after their carbon."""
    positions = whole.GetConformer().GetPositions()
    added: dict[int, list[tuple[float, ...]]] = defaultdict(list)
    for index in range(len(atoms), whole.GetNumAtoms()):
        [carbon] = whole.GetAtomWithIdx(index).GetNeighbors()
        added[carbon.GetIdx()].append(tuple(positions[index]))
    lines: list[str] = []
    waiting: list[tuple[str, Atom, tuple[float, ...]]] = []
    names: Counter[str] = Counter()
    for index, atom in enumerate(atoms):
        lines.append(_line(len(lines) + 1, atom.name, atom.residue, atom.position, element(atom.type)))
        names[atom.name] += 1
        for number, position in enumerate(added[index], 1):
            waiting.append((_hydrogen_name(atom.name, number, len(added[index]), names), atom, position))
        if index + 1 == len(atoms) or atoms[index + 1].residue != atom.residue:
            for name, parent, position in waiting:
                lines.append(_line(len(lines) + 1, name, parent.residue, position, "H"))
            waiting.clear()
            names.clear()
    return "\n".join([*lines, "END", ""])


def _hydrogen_name(carbon: str, number: int, count: int, taken: Counter[str]) -> str:
    """HB, HB2 and HB3, HB1 to HB3; another number where that name is taken."""
    stem = "H" + carbon[1:][:2]
    name = stem if count == 1 else f"{stem}{number + (count == 2)}"
    while taken[name]:
        number += 1
        name = f"{stem}{number}"[:4]
        if number > 99:
            break
    taken[name] += 1
    return name


def _line(serial: int, name: str, residue: tuple[str, str, str], position: Sequence[float], symbol: str) -> str:
    chain, number, residue_name = residue
    padded_name = name[:4].ljust(4) if len(name) >= 4 or len(symbol) == 2 else f" {name:<3}"
    digits = number.rstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz")
    insertion = number[len(digits) :] or " "
    x, y, z = position
    record = "ATOM  " if STANDARD_NAMES.get(residue_name, residue_name) in STANDARD else "HETATM"
    return f"{record}{serial % 100_000:>5} {padded_name} {residue_name:>3} {chain or ' ':1}{digits:>4}{insertion:1}   {x:8.3f}{y:8.3f}{z:8.3f}  1.00  0.00          {symbol.upper():>2}"
