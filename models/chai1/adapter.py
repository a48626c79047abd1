"""Chai-1 as a program: FASTA in, CIF and scores of each sample out."""
from __future__ import annotations

from pathlib import Path

from omtx_adapter import Adapter
from omtx_adapter.files import confidence_of_structure, only, read_npz
from omtx_adapter.molecules import molecules_of
from omtx_worker import Artifact, RowResult

KINDS = ("protein", "dna", "rna", "ligand")


def write_input(asked, _parameters, _seed, folder: Path) -> None:
    records = [
        f">{molecule['type']}|name={molecule['type']}-{number}-{copy}\n{molecule.get('sequence') or molecule['smiles']}\n"
        for number, molecule in enumerate(molecules_of(asked, KINDS), 1)
        for copy in range(1, molecule["copies"] + 1)
    ]
    (folder / "input.fasta").write_text("".join(records))


def commands(_asked, parameters, seed, folder: Path) -> list[list[str]]:
    """The program wants its output folder empty or absent."""
    command = ["chai-lab", "fold", str(folder / "input.fasta"), str(folder / "out")]
    command += ["--num-trunk-recycles", str(parameters["recycles"]), "--num-diffn-timesteps", str(parameters["timesteps"])]
    command += ["--num-diffn-samples", str(parameters["samples"]), "--seed", str(seed)]
    return [[*command, *(["--use-msa-server"] if parameters["useMsaServer"] else [])]]


def read_output(_asked, _parameters, _seed, folder: Path) -> RowResult:
    records, files = [], []
    for path in only(list((folder / "out").glob("scores.model_idx_*.npz")), "scores.model_idx_N.npz"):
        number = int(path.stem.rsplit("_", 1)[1])
        scores = {name: values[0] for name, values in read_npz(path).items()}
        structure = folder / "out" / f"pred.model_idx_{number}.cif"
        record = {"sample": number, "score": scores["aggregate_score"], "ptm": scores["ptm"], "iptm": scores["iptm"], "plddt": confidence_of_structure(structure)}
        records.append({**record, "clashes": int(scores.get("has_inter_chain_clashes", 0))})
    records.sort(key=lambda each: -each["score"])
    for rank, record in enumerate(records, 1):
        record["rank"] = rank
        files.append(Artifact(f"rank-{rank}.cif", f"out/pred.model_idx_{record['sample']}.cif", "chemical/x-cif", "structure"))
    best = records[0]
    return RowResult({"chai1.aggregate_score": best["score"], "ptm": best["ptm"], "iptm": best["iptm"], "plddt": best["plddt"]}, {"samples": records}, files)


ADAPTER = Adapter(write_input, commands, read_output, samples=("samples", lambda parameters: int(parameters["samples"])))
