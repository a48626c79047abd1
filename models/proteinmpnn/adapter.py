"""ProteinMPNN as a program: a backbone in, sequences with their scores out."""
from __future__ import annotations

from pathlib import Path

from omtx_adapter import Adapter, setting
from omtx_adapter.files import header_values, only, read_fasta
from omtx_chemistry.pdb_text import check_pdb
from omtx_worker import Artifact, Failure, RowResult


def write_input(asked, _parameters, _seed, folder: Path) -> None:
    structure = asked["structure"]
    facts = check_pdb(structure["pdb"], fewest_residues=2)
    missing = [chain for chain in asked.get("chains", []) if chain not in facts.chains]
    if missing:
        raise Failure("invalid_input", f"The structure has no chain {', '.join(missing)}; it has {', '.join(facts.chains)}.")
    (folder / "backbone.pdb").write_text(structure["pdb"])


def commands(asked, parameters, seed, folder: Path) -> list[list[str]]:
    command = [setting("python"), str(Path(setting("home")) / "protein_mpnn_run.py"), "--pdb_path", str(folder / "backbone.pdb")]
    if asked.get("chains"):
        command += ["--pdb_path_chains", " ".join(asked["chains"])]
    command += ["--out_folder", str(folder / "out"), "--num_seq_per_target", str(parameters["sequences"])]
    return [[*command, "--sampling_temp", str(parameters["temperature"]), "--seed", str(seed), "--model_name", str(parameters["modelName"])]]


def read_output(_asked, _parameters, _seed, folder: Path) -> RowResult:
    """The first record is the sequence of the structure itself."""
    [path] = only(list((folder / "out" / "seqs").glob("*.fa")), "sequences (seqs/*.fa)")
    _native, *designs = read_fasta(path)
    if not designs:
        raise ValueError("there is no design beside the native sequence")
    records = []
    for header, sequence in designs:
        found = header_values(header)
        records.append({"sequence": sequence, "score": found["score"], "global_score": found.get("global_score", found["score"]), "recovery": found["seq_recovery"]})
    records.sort(key=lambda each: each["score"])
    best = records[0]
    metrics = {"proteinmpnn.score": best["score"], "sequence_recovery": best["recovery"], "design_count": float(len(records))}
    table = [{"rank": rank, **each} for rank, each in enumerate(records, 1)]
    return RowResult(metrics, {"designs": table}, [Artifact("designs.fa", str(path.relative_to(folder)), "text/x-fasta", "designs")])


ADAPTER = Adapter(write_input, commands, read_output, cwd=lambda: Path(setting("home")), samples=("designs", lambda parameters: int(parameters["sequences"])))
