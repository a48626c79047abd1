"""OpenFold3 as a program: a query JSON in, CIF and confidences of each sample out."""
from __future__ import annotations

import json
from pathlib import Path

from omtx_adapter import Adapter
from omtx_adapter.files import only, percent
from omtx_adapter.molecules import chain_names, molecules_of
from omtx_worker import Artifact, RowResult

KINDS = ("protein", "dna", "rna", "ligand")
CONFIDENCES = "_confidences_aggregated.json"


def write_input(asked, _parameters, seed, folder: Path) -> None:
    molecules = molecules_of(asked, KINDS)
    names = iter(chain_names(sum(each["copies"] for each in molecules)))
    chains = []
    for each in molecules:
        chain = {"molecule_type": each["type"], "chain_ids": [next(names) for _ in range(each["copies"])]}
        chains.append({**chain, **({"smiles": each["smiles"]} if each["type"] == "ligand" else {"sequence": each["sequence"]})})
    (folder / "query.json").write_text(json.dumps({"seeds": [seed], "queries": {"row": {"chains": chains}}}, indent=2) + "\n")


def commands(_asked, parameters, _seed, folder: Path) -> list[list[str]]:
    command = ["run_openfold", "predict", f"--query_json={folder / 'query.json'}", f"--output_dir={folder / 'out'}"]
    command += [f"--num_diffusion_samples={parameters['samples']}", "--num_model_seeds=1"]
    return [[*command, f"--use_msa_server={parameters['useMsaServer']}"]]


def read_output(_asked, _parameters, _seed, folder: Path) -> RowResult:
    records = []
    for path in only(list((folder / "out").rglob(f"*{CONFIDENCES}")), "aggregated confidences"):
        found = json.loads(path.read_text())
        structure = path.with_name(path.name.replace(CONFIDENCES, "_model.cif"))
        if not structure.exists():
            raise FileNotFoundError(structure.name)
        record = {"path": str(structure.relative_to(folder)), "score": float(found["sample_ranking_score"]), "plddt": percent(float(found["avg_plddt"]))}
        records.append({**record, "ptm": float(found["ptm"]), "iptm": float(found.get("iptm") or 0)})
    records.sort(key=lambda each: -each["score"])
    files = [Artifact(f"rank-{rank}.cif", each["path"], "chemical/x-cif", "structure") for rank, each in enumerate(records, 1)]
    best = records[0]
    table = [{"rank": rank, **{name: value for name, value in each.items() if name != "path"}} for rank, each in enumerate(records, 1)]
    return RowResult({"openfold3.ranking_score": best["score"], "ptm": best["ptm"], "iptm": best["iptm"], "plddt": best["plddt"]}, {"samples": table}, files)


ADAPTER = Adapter(write_input, commands, read_output, samples=("samples", lambda parameters: int(parameters["samples"])))
