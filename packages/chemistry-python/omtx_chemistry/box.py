"""The search box: given, or around a reference ligand; and whether it makes sense on a receptor and for a ligand."""
from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from omtx_worker import Failure
from rdkit import Chem

from .counted import counted

# Below this no drug fits; measured: a 3 A box gives one "pose" at +10 million kcal/mol.
SMALLEST_EDGE_ANGSTROM = 8.0
# Measured: a 500 A box aborts the process (bad_alloc); a 30 A box takes 504 MB, growing with the volume.
LARGEST_EDGE_ANGSTROM = 40.0
LARGEST_VOLUME_ANGSTROM3 = 43_000.0
# A box on a pocket holds hundreds; beside the protein poses come with energies about 0 and no error.
FEWEST_RECEPTOR_ATOMS = 20
# A centre further out lies beside the protein, whatever the corners of the box touch.
FARTHEST_CENTER_ANGSTROM = 10.0
# The engine's own warning: beyond this the same number of searches covers the box thinly.
THIN_VOLUME_ANGSTROM3 = 27_000.0
LIGAND_MARGIN_ANGSTROM = 4.0
DEFAULT_PADDING_ANGSTROM = 6.0

Vector = tuple[float, float, float]


@dataclass(frozen=True)
class Box:
    """Centre and edge lengths along the axes, in ångström."""

    center: Vector
    size: Vector

    def contains(self, points: np.ndarray, margin_angstrom: float = 0.0) -> np.ndarray:
        """@param points [n, 3] @returns [n], true within the box grown by the margin on each side"""
        return np.all(np.abs(points - np.array(self.center)) <= np.array(self.size) / 2 + margin_angstrom, axis=1)

    def config_text(self) -> str:
        """Lines of the engine's own `--config`, with every digit, so that the numbers read back are the same."""
        names = ("center_x", "center_y", "center_z", "size_x", "size_y", "size_z")
        return "".join(f"{name} = {value!r}\n" for name, value in zip(names, (*self.center, *self.size), strict=True))


def read_box(asked: Mapping[str, Any], receptor_pdb: str | None) -> Box:
    """A box from its input: `center` and `size`, or `aroundLigand` (`sdf`, `pdb` or `residueName` of the given PDB).

    @raises Failure `setup_failed`
    """
    if "aroundLigand" in asked:
        padding = float(asked.get("paddingAngstrom", DEFAULT_PADDING_ANGSTROM))
        box = _box_around(_ligand_points(asked["aroundLigand"], receptor_pdb), padding)
    else:
        box = Box(_vector(asked.get("center"), "center"), _vector(asked.get("size"), "size"))
    check_size(box)
    return box


def check_size(box: Box) -> None:
    """@raises Failure `setup_failed` for numbers with which the engine hangs, aborts or answers nonsense"""
    if not all(map(math.isfinite, (*box.center, *box.size))):
        raise Failure("setup_failed", "The box has a number that is not finite.")
    if min(box.size) < SMALLEST_EDGE_ANGSTROM:
        raise Failure("setup_failed", f"The box is {_edges(box)} Å; each edge must be at least {SMALLEST_EDGE_ANGSTROM:g} Å (20 to 30 Å is usual).")
    if max(box.size) > LARGEST_EDGE_ANGSTROM or math.prod(box.size) > LARGEST_VOLUME_ANGSTROM3:
        raise Failure(
            "setup_failed",
            f"The box is {_edges(box)} Å; edges can be at most {LARGEST_EDGE_ANGSTROM:g} Å and the volume {LARGEST_VOLUME_ANGSTROM3:g} Å³. Dock into a part of it.",
        )


def check_on_receptor(box: Box, heavy_atoms: np.ndarray) -> int:
    """@param heavy_atoms [n, 3] @returns how many lie in the box @raises Failure `setup_failed` for a box beside the protein"""
    inside = int(box.contains(heavy_atoms).sum())
    nearest = float(np.min(np.linalg.norm(heavy_atoms - np.array(box.center), axis=1)))
    if inside < FEWEST_RECEPTOR_ATOMS or nearest > FARTHEST_CENTER_ANGSTROM:
        raise Failure(
            "setup_failed",
            f"The box holds {counted(inside, 'atom')} of the receptor and its centre is {nearest:.1f} Å from the nearest one; "
            f"it must hold at least {FEWEST_RECEPTOR_ATOMS} and be within {FARTHEST_CENTER_ANGSTROM:g} Å. Put it on the pocket.",
        )
    return inside


def note_of_size(box: Box) -> str | None:
    """A note for a box that the usual number of searches covers thinly."""
    volume = math.prod(box.size)
    if volume <= THIN_VOLUME_ANGSTROM3:
        return None
    return f"The box has {volume:,.0f} Å³; beyond {THIN_VOLUME_ANGSTROM3:,.0f} Å³ the search is thin. Raise the exhaustiveness, or dock into a part of it."


def fit_of_ligand(box: Box, length_angstrom: float) -> str | None:
    """A note for a box that is tight for a ligand of this length (largest distance between two heavy atoms).

    @raises Failure `invalid_input` when it does not fit even along the diagonal
    """
    needed = length_angstrom + LIGAND_MARGIN_ANGSTROM
    if math.hypot(*box.size) < needed:
        raise Failure("invalid_input", f"The ligand is {length_angstrom:.1f} Å long and the box is {_edges(box)} Å; it does not fit. Give a larger box.")
    if min(box.size) < needed:
        return f"The ligand is {length_angstrom:.1f} Å long as embedded; the box of {_edges(box)} Å leaves less than {LIGAND_MARGIN_ANGSTROM:g} Å of room, so it can lie only in some directions."
    return None


def _box_around(points: np.ndarray, padding: float) -> Box:
    low, high = points.min(axis=0), points.max(axis=0)
    return Box(_rounded((low + high) / 2), _rounded(high - low + 2 * padding))


def _ligand_points(asked: Mapping[str, Any], receptor_pdb: str | None) -> np.ndarray:
    """@returns heavy atoms of the reference ligand [n, 3]"""
    if "sdf" in asked:
        molecule = Chem.MolFromMolBlock(asked["sdf"], sanitize=False, removeHs=False)
        if molecule is None or molecule.GetNumAtoms() == 0:
            raise Failure("setup_failed", "The reference ligand's SDF cannot be read.")
        heavy = [atom.GetIdx() for atom in molecule.GetAtoms() if atom.GetAtomicNum() > 1]
        points = molecule.GetConformer().GetPositions()[heavy]
    elif "pdb" in asked:
        points = _pdb_points(asked["pdb"].splitlines(), "The reference ligand's PDB")
    else:
        name = asked["residueName"]
        if receptor_pdb is None:
            raise Failure("setup_failed", "A box around a residue by name needs the receptor as pdb.")
        points = _pdb_points(_first_residue(receptor_pdb, name, asked.get("chain")), f"The residue {name} of the receptor")
    if not np.isfinite(points).all() or not points.any():
        raise Failure("setup_failed", "The reference ligand has no 3D coordinates.")
    return points


def _first_residue(pdb: str, name: str, chain: str | None) -> list[str]:
    """Lines of the first residue of that name in the first model."""
    lines = [line for line in pdb.split("\nENDMDL")[0].splitlines() if line.startswith(("ATOM", "HETATM"))]
    named = [line for line in lines if line[17:20].strip() == name and chain in (None, line[21:22].strip())]
    return [line for line in named if line[21:27] == named[0][21:27]]


def _pdb_points(lines: Sequence[str], what: str) -> np.ndarray:
    atoms = [line for line in lines if line.startswith(("ATOM", "HETATM")) and line[76:78].strip() not in ("H", "D")]
    if not atoms:
        raise Failure("setup_failed", f"{what} has no atoms.")
    try:
        return np.array([[float(line[30:38]), float(line[38:46]), float(line[46:54])] for line in atoms])
    except ValueError:
        raise Failure("setup_failed", f"{what} has coordinates that cannot be read.") from None


def _vector(value: object, name: str) -> Vector:
    if not isinstance(value, list | tuple) or len(value) != 3 or not all(isinstance(each, int | float) for each in value):
        raise Failure("setup_failed", f"The box needs {name} as three numbers in ångström, or aroundLigand.")
    return (float(value[0]), float(value[1]), float(value[2]))


def _rounded(values: np.ndarray) -> Vector:
    x, y, z = (round(float(value), 3) for value in values)
    return (x, y, z)


def _edges(box: Box) -> str:
    return " x ".join(f"{edge:g}" for edge in box.size)
