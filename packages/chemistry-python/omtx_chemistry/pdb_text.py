"""What can be said of a PDB text without a package: enough to refuse what an engine would crash on or pass over in silence."""
from __future__ import annotations

from dataclasses import dataclass

from omtx_worker import Failure

from .counted import counted


@dataclass(frozen=True)
class PdbFacts:
    """Of the first model. `chains` in their order; hydrogens and heterogens counted apart."""

    atoms: int
    hydrogens: int
    heterogen_atoms: int
    residues: int
    chains: tuple[str, ...]


def check_pdb(text: object, subject: str = "The structure", fewest_residues: int = 1) -> PdbFacts:
    """@raises Failure `invalid_input` for a text without readable atoms or too few residues"""
    if not isinstance(text, str):
        raise Failure("invalid_input", f"{subject} is missing: give it as PDB text.")
    lines = [line for line in first_model(text).splitlines() if line.startswith(("ATOM  ", "HETATM"))]
    if not lines:
        raise Failure("invalid_input", f"{subject} has no ATOM records; give it in PDB format.")
    for line in lines:
        try:
            position = [float(line[start : start + 8]) for start in (30, 38, 46)]
        except ValueError:
            raise Failure("invalid_input", f"{subject} has coordinates that cannot be read: {line[:60].strip()}") from None
        if not all(-1e5 < value < 1e5 for value in position):
            raise Failure("invalid_input", f"{subject} has a coordinate that is not finite or far away: {line[:60].strip()}")
    polymer = {line[21:27] for line in lines if line.startswith("ATOM")}
    if len(polymer) < fewest_residues:
        raise Failure("invalid_input", f"{subject} has {counted(len(polymer), 'residue')}; at least {fewest_residues} are needed.")
    return PdbFacts(
        atoms=len(lines),
        hydrogens=sum(is_hydrogen(line) for line in lines),
        heterogen_atoms=sum(line.startswith("HETATM") for line in lines),
        residues=len(polymer),
        chains=tuple(dict.fromkeys(line[21] for line in lines)),
    )


def first_model(text: str) -> str:
    return text.split("\nENDMDL")[0]


def is_hydrogen(line: str) -> bool:
    element = line[76:78].strip()
    return element in ("H", "D") if element else line[12:16].strip().lstrip("0123456789").startswith(("H", "D"))
