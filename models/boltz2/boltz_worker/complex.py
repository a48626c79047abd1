"""What is asked, in one form: the chains and ligands of a complex, what is modified or held together, and whose affinity is wanted.

The tasks ask in several ways (a protein and a ligand, two sequences, a list of molecules); everything behind this file knows one.
"""
from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from omtx_worker import Failure

POLYMERS = ("protein", "dna", "rna")
LIGAND = "ligand"
DEFAULT_DISTANCE_ANGSTROM = 6.0


@dataclass(frozen=True)
class Molecule:
    """A polymer (with `sequence`) or a ligand (with `smiles` or `codes` of the chemical component dictionary); `ids` has one name per copy."""

    kind: str
    ids: tuple[str, ...]
    sequence: str = ""
    cyclic: bool = False
    # Position from 1, code of the component.
    modifications: tuple[tuple[int, str], ...] = ()
    smiles: str = ""
    codes: tuple[str, ...] = ()
    name: str = ""


@dataclass(frozen=True)
class Template:
    """A known structure as text; `chains` are those of the complex, `template_chains` those of the structure."""

    format: str
    text: str
    chains: tuple[str, ...] = ()
    template_chains: tuple[str, ...] = ()
    force: bool = False
    threshold_angstrom: float | None = None


@dataclass(frozen=True)
class Complex:
    molecules: tuple[Molecule, ...]
    constraints: tuple[Mapping[str, Any], ...] = ()
    templates: tuple[Template, ...] = ()
    # The ligand whose affinity is wanted.
    binder: str | None = None

    @property
    def sequences(self) -> tuple[str, ...]:
        """Of the proteins, each once."""
        return tuple(dict.fromkeys(each.sequence for each in self.molecules if each.kind == "protein"))


def complex_of(asked: Mapping[str, Any]) -> Complex:
    """@param asked shared and own input merged, as one of the tasks of the manifest describes it @raises Failure `invalid_input`"""
    if "molecules" in asked:
        binder = asked.get("affinity", {}).get("binder")
        return Complex(tuple(named(asked["molecules"])), tuple(asked.get("constraints", ())), tuple(map(template_of, asked.get("templates", ()))), binder)
    if "chainASequence" in asked:
        return Complex((protein(asked["chainASequence"], "A"), protein(asked["chainBSequence"], "B")))
    chain = protein(asked["proteinSequence"], "A")
    if "ligand" not in asked:
        return Complex((chain,))
    ligand = asked["ligand"]
    return Complex((chain, Molecule(LIGAND, ("B",), smiles=ligand.get("smiles", ""), name=ligand.get("name", ""))), binder="B")


def protein(sequence: str, name: str) -> Molecule:
    return Molecule("protein", (name,), letters_of(sequence))


def letters_of(sequence: str) -> str:
    """Pasted text has blanks and lower case; the model would take each lower-case letter for an unknown residue."""
    return re.sub(r"\s+", "", sequence).upper()


def named(molecules: Sequence[Mapping[str, Any]]) -> Iterator[Molecule]:
    """Copies and molecules without an id get the next names that nobody has taken."""
    taken = {each["id"] for each in molecules if "id" in each}
    free = (name for name in chain_names() if name not in taken)
    for each in molecules:
        copies = int(each.get("copies", 1))
        ids = [each["id"]] if "id" in each else []
        ids += [next(free) for _ in range(copies - len(ids))]
        yield molecule_of(each, tuple(ids))


def molecule_of(asked: Mapping[str, Any], ids: tuple[str, ...]) -> Molecule:
    if asked["type"] == LIGAND:
        codes = asked.get("ccd", ())
        return Molecule(LIGAND, ids, smiles=asked.get("smiles", ""), codes=(codes,) if isinstance(codes, str) else tuple(codes), name=asked.get("name", ""))
    modifications = tuple((int(each["position"]), str(each["ccd"])) for each in asked.get("modifications", ()))
    return Molecule(asked["type"], ids, letters_of(asked.get("sequence", "")), bool(asked.get("cyclic", False)), modifications, name=asked.get("name", ""))


def template_of(asked: Mapping[str, Any]) -> Template:
    chains, template_chains = tuple(asked.get("chains", ())), tuple(asked.get("templateChains", ()))
    return Template(asked["format"], asked["text"], chains, template_chains, bool(asked.get("force", False)), asked.get("thresholdAngstrom"))


def chain_names() -> Iterator[str]:
    """A to Z, then AA and so on; a name of the model has at most five characters."""
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    yield from letters
    yield from (first + second for first in letters for second in letters)


def only_binder(asked: Complex) -> Molecule | None:
    """@raises Failure `invalid_input` where the binder is nobody"""
    if asked.binder is None:
        return None
    found = [each for each in asked.molecules if asked.binder in each.ids]
    if len(found) != 1:
        raise Failure("invalid_input", f"Affinity is asked of the ligand {asked.binder}; there are {len(found)} molecules with this id.")
    return found[0]
