"""What the model wrote, as metrics, tables and files. A result is complete only where every file is there and every number is one."""
from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from omtx_worker import Artifact, Failure, RowResult

from .contacts import binding_site
from .run import RECORD, Run

CIF = "chemical/x-mmcif"
NPZ = "application/x-npz"
# Metric in the hub, name in the file, factor: the model writes pLDDT as a fraction, the hub counts it to 100.
CONFIDENCE = (
    ("confidence_score", "confidence_score", 1),
    ("ptm", "ptm", 1),
    ("iptm", "iptm", 1),
    ("ligand_iptm", "ligand_iptm", 1),
    ("protein_iptm", "protein_iptm", 1),
    ("complex_plddt", "complex_plddt", 100),
    ("complex_iplddt", "complex_iplddt", 100),
    ("complex_pde", "complex_pde", 1),
    ("complex_ipde", "complex_ipde", 1),
)
AFFINITY = (
    ("affinity", "affinity_pred_value"),
    ("affinity_probability", "affinity_probability_binary"),
    ("boltz2.affinity_1", "affinity_pred_value1"),
    ("boltz2.affinity_probability_1", "affinity_probability_binary1"),
    ("boltz2.affinity_2", "affinity_pred_value2"),
    ("boltz2.affinity_probability_2", "affinity_probability_binary2"),
)
# log10 of an IC50 in micromolar, as the negative one in molar.
MICROMOLAR = 6


@dataclass(frozen=True)
class Sample:
    """One structure; rank 0 has the best confidence."""

    rank: int
    structure: Path
    confidence: Mapping[str, Any]


def result_of(run: Run, row: Path) -> RowResult:
    """@param row folder that paths are relative to @raises Failure `missing_output`"""
    try:
        return read_result(run, row)
    except (OSError, ValueError, KeyError, IndexError) as error:
        raise Failure("missing_output", f"The model ended well, but its output cannot be read: {type(error).__name__}: {error}") from error


def read_result(run: Run, row: Path) -> RowResult:
    samples = samples_of(run)
    names = chain_names(run)
    metrics = {**confidence_metrics(samples[0].confidence), **affinity_metrics(run)}
    tables = {"models": [model_record(each) for each in samples], **chain_tables(samples[0].confidence, names)}
    ligands = [name for each in run.asked.molecules if each.kind == "ligand" for name in each.ids]
    if ligands:
        tables["binding_sites"] = binding_site(samples[0].structure, ligands)
    return RowResult(metrics, tables, artifacts_of(run, samples, row), run.notes)


def samples_of(run: Run) -> list[Sample]:
    found = []
    for path in run.predictions.glob(f"{RECORD}_model_*.cif"):
        rank = int(re.findall(r"\d+", path.stem)[-1])
        found.append(Sample(rank, path, json.loads((run.predictions / f"confidence_{RECORD}_model_{rank}.json").read_text())))
    if len(found) != run.settings.diffusion_samples:
        raise ValueError(f"{len(found)} structures of {run.settings.diffusion_samples}")
    return sorted(found, key=lambda each: each.rank)


def chain_names(run: Run) -> list[str]:
    """By the index that confidences are keyed by: of first appearance by entity, which need not be the order of the input."""
    record = json.loads((run.folder / "processed" / "records" / f"{RECORD}.json").read_text())
    return [chain["chain_name"] for chain in record["chains"]]


def confidence_metrics(confidence: Mapping[str, Any]) -> dict[str, float]:
    return {metric: finite(confidence[name], name) * factor for metric, name, factor in CONFIDENCE}


def affinity_metrics(run: Run) -> dict[str, float]:
    if run.asked.binder is None:
        return {}
    values = json.loads((run.predictions / f"affinity_{RECORD}.json").read_text())
    metrics = {metric: finite(values[name], name) for metric, name in AFFINITY if name in values}
    return {**metrics, "boltz2.pic50": MICROMOLAR - metrics["affinity"]}


def finite(value: Any, name: str) -> float:
    """A number that is none would rank anywhere."""
    if not math.isfinite(float(value)):
        raise ValueError(f"{name} is {value}")
    return float(value)


def model_record(sample: Sample) -> dict[str, Any]:
    return {"rank": sample.rank, **confidence_metrics(sample.confidence), "artifact": structure_name(sample.rank)}


def chain_tables(confidence: Mapping[str, Any], names: list[str]) -> dict[str, list[dict[str, Any]]]:
    chains = [{"chain": index, "name": names[int(index)], "ptm": value} for index, value in confidence["chains_ptm"].items()]
    pairs = [
        {"chain": first, "name": names[int(first)], "partner": second, "partner_name": names[int(second)], "iptm": value}
        for first, row in confidence["pair_chains_iptm"].items()
        for second, value in row.items()
    ]
    return {"chains": chains, "chain_pairs": pairs}


def structure_name(rank: int) -> str:
    return "best_model.cif" if rank == 0 else f"model_{rank}.cif"


def artifacts_of(run: Run, samples: list[Sample], row: Path) -> list[Artifact]:
    at = lambda path: str(path.relative_to(row))  # noqa: E731
    files = []
    for sample in samples:
        suffix = "" if sample.rank == 0 else f"_{sample.rank}"
        files.append(Artifact(structure_name(sample.rank), at(sample.structure), CIF, "structure" if sample.rank == 0 else "sample"))
        confidence = run.predictions / f"confidence_{RECORD}_model_{sample.rank}.json"
        files.append(Artifact(f"confidence{suffix}.json", at(confidence), "application/json", "report"))
        for kind in ("plddt", "pae", "pde") if run.settings.write_matrices else ():
            files.append(Artifact(f"{kind}{suffix}.npz", at(run.predictions / f"{kind}_{RECORD}_model_{sample.rank}.npz"), NPZ, "matrix"))
    if run.asked.binder is not None:
        files.append(Artifact("affinity.json", at(run.predictions / f"affinity_{RECORD}.json"), "application/json", "report"))
    if run.settings.write_embeddings:
        files.append(Artifact("embeddings.npz", at(run.predictions / f"embeddings_{RECORD}.npz"), NPZ, "embeddings"))
    return [*files, Artifact("input.yaml", at(run.source), "application/yaml", "reproduce")]
