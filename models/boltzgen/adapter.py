"""BoltzGen as a program: a design specification in, ranked designs with their metrics out."""
from __future__ import annotations

import json
from pathlib import Path

from omtx_adapter import Adapter
from omtx_adapter.files import only, read_csv
from omtx_chemistry.pdb_text import check_pdb
from omtx_worker import Artifact, Failure, RowResult

COLUMNS = {"design_to_target_iptm": "iptm", "min_design_to_target_pae": "pae", "design_ptm": "ptm", "filter_rmsd": "rmsd"}


def write_input(asked, _parameters, _seed, folder: Path) -> None:
    """YAML is written as JSON, of which it is a superset."""
    target = asked["target"]
    facts = check_pdb(target["pdb"], "The target", 5)
    missing = [chain for chain in target["chains"] if chain not in facts.chains]
    if missing:
        raise Failure("invalid_input", f"The target has no chain {', '.join(missing)}; it has {', '.join(facts.chains)}.")
    (folder / "target.pdb").write_text(target["pdb"])
    shortest, longest = asked["length"]
    if shortest > longest:
        raise Failure("invalid_input", f"The length runs from {shortest} to {longest}; give the shorter first.")
    file = {"path": "target.pdb", "include": [{"chain": {"id": chain}} for chain in target["chains"]]}
    if asked.get("hotspots"):
        by_chain: dict[str, list[str]] = {}
        for hotspot in asked["hotspots"]:
            by_chain.setdefault(hotspot[0], []).append(hotspot[1:])
        file["binding_types"] = [{"chain": {"id": chain, "binding": ",".join(numbers)}} for chain, numbers in by_chain.items()]
    specification = {"entities": [{"protein": {"id": "Z", "sequence": f"{shortest}..{longest}"}}, {"file": file}]}
    (folder / "spec.yaml").write_text(json.dumps(specification, indent=2) + "\n")


def commands(asked, parameters, _seed, folder: Path) -> list[list[str]]:
    command = ["boltzgen", "run", str(folder / "spec.yaml"), "--output", str(folder / "out"), "--protocol", str(asked["protocol"])]
    return [[*command, "--num_designs", str(parameters["designs"]), "--budget", str(parameters["budget"])]]


def read_output(_asked, parameters, _seed, folder: Path) -> RowResult:
    ranked = folder / "out" / "final_ranked_designs"
    [table] = only(list(ranked.glob("final_designs_metrics_*.csv")), "final_designs_metrics_<budget>.csv")
    if table.stat().st_size == 0:
        raise ValueError(f"{table.name} is empty")
    records = [design_record(rank, row) for rank, row in enumerate(read_csv(table), 1)][: int(parameters["budget"])]
    if not records:
        raise Failure("no_result", "No design passed the filters; ask for more designs.")
    structures = only(list(ranked.glob("final_*_designs/*.cif")), "structures of the designs")
    if len(structures) < len(records):
        raise ValueError(f"structures: {len(structures)}, designs: {len(records)}")
    files = [Artifact(f"design-{number}.cif", str(path.relative_to(folder)), "chemical/x-cif", "structure") for number, path in enumerate(structures, 1)]
    files.append(Artifact("metrics.csv", str(table.relative_to(folder)), "text/csv", "metrics"))
    best = records[0]
    metrics = {"design_count": float(len(records))} | {name: best[name] for name in ("iptm", "ptm") if name in best}
    return RowResult(metrics | ({"boltzgen.pae": best["pae"]} if "pae" in best else {}), {"designs": records}, files)


def design_record(rank: int, row: dict[str, str]) -> dict:
    """Columns that a protocol does not have are left out."""
    found = {ours: float(row[theirs]) for theirs, ours in COLUMNS.items() if row.get(theirs)}
    return {"rank": rank, "design": row["id"], "sequence": row.get("designed_chain_sequence") or row.get("designed_sequence", ""), **found}


ADAPTER = Adapter(write_input, commands, read_output, samples=("designs", lambda parameters: int(parameters["budget"])))
