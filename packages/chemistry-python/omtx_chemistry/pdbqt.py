"""Reading PDBQT text, and what must be refused before the engine sees it: it exits, or takes wrong types for good ones."""
from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from omtx_worker import Failure

# Tried one by one on vina 1.2.7: these are taken; HS, NS, OS, B, Li, Al, Pt and upper-case metals raise TypeError. Se is taken by the
# engine and left out here, because meeko refuses it in ligands and its radius is sulphur's.
ATOM_TYPES = frozenset("H HD C A N NA O OA F Mg P SA S Cl Ca Mn Fe Zn Br I Si Cu Na K Hg Co Cd Ni CG0 G0 CG1 G1 CG2 G2 CG3 G3".split())
HYDROGENS = frozenset({"H", "HD"})


@dataclass(frozen=True)
class Atom:
    """One ATOM or HETATM line; `position` in ångström, `residue` as chain, number with insertion code, name."""

    serial: int
    name: str
    residue: tuple[str, str, str]
    position: tuple[float, float, float]
    type: str

    @property
    def is_hydrogen(self) -> bool:
        return self.type in HYDROGENS


def read_atoms(text: str, what: str) -> list[Atom]:
    """The atoms of PDBQT text, in order.

    A plain PDB has an element where PDBQT has its type, so the engine takes it and gives plausible wrong numbers; the partial charge,
    which only PDBQT has, tells them apart.
    @raises Failure `invalid_input`, naming line and reason
    """
    atoms = [_read_atom(line, number, what) for number, line in enumerate(text.splitlines(), 1) if line.startswith(("ATOM", "HETATM"))]
    if not atoms:
        raise Failure("invalid_input", f"{what} has no atoms. Give PDBQT text.")
    return atoms


def check_types(atoms: Sequence[Atom], what: str) -> None:
    """@raises Failure `invalid_input` for atom types that the engine does not know"""
    unknown = sorted({atom.type for atom in atoms} - ATOM_TYPES)
    if unknown:
        raise Failure("invalid_input", f"{what} has the atom type {', '.join(unknown)}, which AutoDock Vina does not know.")


def _read_atom(line: str, number: int, what: str) -> Atom:
    place = f"{what}, line {number}"
    try:
        position = (float(line[30:38]), float(line[38:46]), float(line[46:54]))
    except ValueError:
        raise Failure("invalid_input", f"{place}: the coordinates cannot be read. Give PDBQT text.") from None
    if not all(map(math.isfinite, position)):
        raise Failure("invalid_input", f"{place}: a coordinate is not finite.")
    if not _is_number(line[66:76]):
        raise Failure("invalid_input", f"{place}: no partial charge in columns 71-76, so this is a plain PDB and no PDBQT. Give it as pdb.")
    residue = (line[21:22].strip(), line[22:27].strip(), line[17:20].strip())
    serial = int(line[6:11]) if line[6:11].strip().isdigit() else number
    return Atom(serial, line[12:16].strip(), residue, position, (line[77:].split() or [""])[0])


def _is_number(text: str) -> bool:
    try:
        return math.isfinite(float(text))
    except ValueError:
        return False
