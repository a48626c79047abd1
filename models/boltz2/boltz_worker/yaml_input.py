"""The complex as the input file of Boltz: YAML, one complex a file, paths absolute because Boltz resolves them against its own folder."""
from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from .complex import DEFAULT_DISTANCE_ANGSTROM, LIGAND, Complex, Molecule, Template

NO_MSA = "empty"


def write_yaml(asked: Complex, msas: Mapping[str, Path], templates: Mapping[Template, Path]) -> str:
    """@param msas file by protein sequence; a protein without one is run as a single sequence @param templates file of each template"""
    document: dict[str, Any] = {"version": 1, "sequences": [{each.kind: molecule_entry(each, msas)} for each in asked.molecules]}
    if asked.constraints:
        document["constraints"] = [constraint_entry(each) for each in asked.constraints]
    if asked.templates:
        document["templates"] = [template_entry(each, templates[each]) for each in asked.templates]
    if asked.binder is not None:
        document["properties"] = [{"affinity": {"binder": asked.binder}}]
    return yaml.safe_dump(document, sort_keys=False, default_flow_style=None, width=1_000_000, allow_unicode=True)


def molecule_entry(molecule: Molecule, msas: Mapping[str, Path]) -> dict[str, Any]:
    entry: dict[str, Any] = {"id": molecule.ids[0] if len(molecule.ids) == 1 else list(molecule.ids)}
    if molecule.kind == LIGAND:
        codes = molecule.codes[0] if len(molecule.codes) == 1 else list(molecule.codes)
        return {**entry, "ccd": codes} if molecule.codes else {**entry, "smiles": molecule.smiles}
    entry["sequence"] = molecule.sequence
    if molecule.kind == "protein":
        entry["msa"] = str(msas[molecule.sequence]) if molecule.sequence in msas else NO_MSA
    if molecule.modifications:
        entry["modifications"] = [{"position": position, "ccd": code} for position, code in molecule.modifications]
    return {**entry, "cyclic": True} if molecule.cyclic else entry


def constraint_entry(asked: Mapping[str, Any]) -> dict[str, Any]:
    distance = {"max_distance": float(asked.get("maxDistanceAngstrom", DEFAULT_DISTANCE_ANGSTROM)), "force": bool(asked.get("force", False))}
    match asked["type"]:
        case "bond":
            return {"bond": {name: atom_of(asked[name]) for name in ("atom1", "atom2")}}
        case "pocket":
            return {"pocket": {"binder": asked["binder"], "contacts": [token_of(each) for each in asked["contacts"]], **distance}}
        case _:
            return {"contact": {name: token_of(asked[name]) for name in ("token1", "token2")} | distance}


def atom_of(asked: Mapping[str, Any]) -> list[Any]:
    """A ligand has one residue."""
    return [asked["chain"], int(asked.get("residue", 1)), asked["atom"]]


def token_of(asked: Mapping[str, Any]) -> list[Any]:
    """A residue of a polymer, an atom of a ligand."""
    return [asked["chain"], asked["atom"] if "atom" in asked else int(asked["residue"])]


def template_entry(template: Template, path: Path) -> dict[str, Any]:
    entry: dict[str, Any] = {template.format: str(path)}
    if template.chains:
        entry["chain_id"] = list(template.chains)
    if template.template_chains:
        entry["template_id"] = list(template.template_chains)
    return {**entry, "force": True, "threshold": template.threshold_angstrom} if template.force else entry
