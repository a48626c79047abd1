"""The input that structure predictors share: a list of molecules, each with a kind."""
from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from omtx_worker import Failure

LETTERS = {"protein": set("ACDEFGHIKLMNPQRSTVWYX"), "dna": set("ACGTN"), "rna": set("ACGUN")}


def molecules_of(asked: Mapping[str, Any], kinds: tuple[str, ...]) -> list[dict[str, Any]]:
    """Checked: kind, sequence or SMILES, copies. @raises Failure `invalid_input`"""
    molecules = []
    for number, each in enumerate(asked["molecules"], 1):
        kind = each.get("type")
        if kind not in kinds:
            raise Failure("invalid_input", f"Molecule {number} is {kind}; the model takes {', '.join(kinds)}.")
        copies = int(each.get("copies", 1))
        if kind == "ligand":
            smiles = "".join(str(each.get("smiles", "")).split())
            if not smiles:
                raise Failure("invalid_input", f"Molecule {number} is a ligand without SMILES.")
            molecules.append({"type": kind, "smiles": smiles, "copies": copies})
        else:
            molecules.append({"type": kind, "sequence": sequence_of(each.get("sequence"), kind, number), "copies": copies})
    return molecules


def sequence_of(asked: object, kind: str, number: int) -> str:
    sequence = re.sub(r"\s+", "", str(asked or "")).upper().rstrip("*")
    unknown = sorted(set(sequence) - LETTERS[kind])
    if not sequence or unknown:
        raise Failure("invalid_input", f"Molecule {number} ({kind}) has {', '.join(unknown) or 'no residues'}.")
    return sequence


def chain_names(count: int) -> list[str]:
    """A to Z, then AA and so on."""
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    return [letters[index] if index < 26 else letters[index // 26 - 1] + letters[index % 26] for index in range(count)]


def file_name(text: object, otherwise: str) -> str:
    """A name that is safe as a file's and that no program changes."""
    return re.sub(r"[^A-Za-z0-9-]+", "-", str(text or "")).strip("-")[:60] or otherwise
