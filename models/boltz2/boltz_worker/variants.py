"""A wild type and its variants, each predicted by itself; what differs is confidence and shape. Neither stability nor function follows from that."""
from __future__ import annotations

from collections.abc import Mapping
from difflib import SequenceMatcher
from pathlib import Path
from typing import Any

import gemmi
import numpy as np

WILD_TYPE = "wild type"
# A shape cannot be laid over another with fewer points.
LEAST_POINTS = 3


def mutations_of(wild_type: str, variant: str) -> str:
    """`A24V` and the like where both are as long; else what was inserted and deleted."""
    if len(wild_type) == len(variant):
        return ", ".join(f"{old}{position}{new}" for position, (old, new) in enumerate(zip(wild_type, variant, strict=True), 1) if old != new) or "none"
    changes = [each for each in SequenceMatcher(None, wild_type, variant, autojunk=False).get_opcodes() if each[0] != "equal"]
    return ", ".join(f"{wild_type[start:end]}{start + 1}>{variant[first:last] or 'del'}" for _, start, end, first, last in changes)


def backbone_rmsd(first: Path, second: Path) -> float | None:
    """Of CA atoms of residues that both sequences share, after superposition, in ångström; None with fewer than three."""
    (names, points), (other_names, other_points) = trace_of(first), trace_of(second)
    blocks = SequenceMatcher(None, names, other_names, autojunk=False).get_matching_blocks()
    if len(names) == len(other_names):  # a substitution keeps its place
        pairs = [(index, index) for index in range(len(names))]
    else:
        pairs = [(block.a + offset, block.b + offset) for block in blocks for offset in range(block.size)]
    if len(pairs) < LEAST_POINTS:
        return None
    left, right = (np.array([points_of[index] for index in indexes]) for points_of, indexes in zip((points, other_points), zip(*pairs, strict=True), strict=True))
    return superposed_rmsd(left, right)


def superposed_rmsd(left: np.ndarray, right: np.ndarray) -> float:
    """@param left, right [point, 3]"""
    left, right = left - left.mean(axis=0), right - right.mean(axis=0)
    u, _, v = np.linalg.svd(left.T @ right)
    mirror = np.diag([1.0, 1.0, np.sign(np.linalg.det(u @ v))])
    return float(np.sqrt(((left @ u @ mirror @ v - right) ** 2).sum(axis=1).mean()))


def trace_of(path: Path) -> tuple[list[str], list[list[float]]]:
    """Names of residues, and their CA atoms."""
    found = [(residue.name, atom.pos.tolist()) for chain in gemmi.read_structure(str(path))[0] for residue in chain for atom in residue if atom.name == "CA"]
    return [name for name, _ in found], [point for _, point in found]


def variant_record(name: str, sequence: str, wild_type: str, metrics: Mapping[str, float], base: Mapping[str, float], rmsd: float | None) -> dict[str, Any]:
    differences = {f"{metric}_change": round(metrics[metric] - base[metric], 4) for metric in ("confidence_score", "ptm", "complex_plddt")}
    shape = {} if rmsd is None else {"ca_rmsd": round(rmsd, 3)}
    return {"name": name, "mutations": mutations_of(wild_type, sequence), "confidence_score": metrics["confidence_score"], "complex_plddt": metrics["complex_plddt"], **differences, **shape}
