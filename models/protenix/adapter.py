"""Protenix as a program: a JSON of the AlphaFold-server kind in, CIF and confidences of each sample out."""
from __future__ import annotations

import json
from pathlib import Path

from omtx_adapter import Adapter
from omtx_adapter.files import only, percent
from omtx_adapter.molecules import molecules_of
from omtx_worker import Artifact, RowResult

NAMES = {"protein": "proteinChain", "dna": "dnaSequence", "rna": "rnaSequence"}
KINDS = (*NAMES, "ligand")


def write_input(asked, _parameters, seed, folder: Path) -> None:
    sequences = []
    for molecule in molecules_of(asked, KINDS):
        if molecule["type"] == "ligand":
            sequences.append({"ligand": {"ligand": molecule["smiles"], "count": molecule["copies"]}})
        else:
            sequences.append({NAMES[molecule["type"]]: {"sequence": molecule["sequence"], "count": molecule["copies"]}})
    job = {"name": "row", "modelSeeds": [seed], "sequences": sequences}
    (folder / "input.json").write_text(json.dumps([job], indent=2) + "\n")


def commands(_asked, parameters, seed, folder: Path) -> list[list[str]]:
    return [["protenix", "pred", "-i", str(folder / "input.json"), "-o", str(folder / "out"), "-n", str(parameters["modelName"]), "-s", str(seed)]]


def read_output(_asked, _parameters, _seed, folder: Path) -> RowResult:
    records = []
    for path in only(list((folder / "out").rglob("*summary_confidence*.json")), "summary_confidence file"):
        found = json.loads(path.read_text())
        structure = path.with_name(path.name.replace("summary_confidence_", "")).with_suffix(".cif")
        if not structure.exists():
            raise FileNotFoundError(structure.name)
        record = {"path": str(structure.relative_to(folder)), "score": float(found["ranking_score"]), "plddt": percent(float(found["plddt"]))}
        records.append({**record, "ptm": float(found["ptm"]), "iptm": float(found["iptm"])})
    written = {str(path.relative_to(folder)) for path in (folder / "out").rglob("*.cif")}
    unscored = sorted(written - {each["path"] for each in records})
    if unscored:
        raise ValueError(f"{', '.join(Path(each).name for each in unscored)} has no summary_confidence file")
    records.sort(key=lambda each: -each["score"])
    files = [Artifact(f"rank-{rank}.cif", each["path"], "chemical/x-cif", "structure") for rank, each in enumerate(records, 1)]
    best = records[0]
    table = [{"rank": rank, **{name: value for name, value in each.items() if name != "path"}} for rank, each in enumerate(records, 1)]
    return RowResult({"protenix.ranking_score": best["score"], "ptm": best["ptm"], "iptm": best["iptm"], "plddt": best["plddt"]}, {"samples": table}, files)


ADAPTER = Adapter(write_input, commands, read_output)
