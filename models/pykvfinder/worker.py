"""Cavities of a structure by pyKVFinder, with a docking box around each. GPL: in a process and an environment of its own."""
import json

import numpy as np
import pyKVFinder
from omtx_chemistry.pdb_text import check_pdb, first_model
from omtx_worker import Artifact, Failure, Opened, OpenRequest, RowRequest, RowResult, granted_cpus, run_worker

VERSION = "0.9.6"
STEP_ANGSTROM = 0.6
MOST_ATOMS = 30_000
# Vina takes boxes up to 40 A.
LARGEST_EDGE_ANGSTROM = 40.0
FILES = (
    Artifact("pockets.json", "pockets.json", "application/json", "boxes"),
    Artifact("cavities.pdb", "cavities.pdb", "chemical/x-pdb", "cavities"),
)


def open_shard(request: OpenRequest) -> Opened:
    return Opened(state=dict(request.parameters))


def predict(parameters: dict, request: RowRequest) -> RowResult:
    pdb = (request.input.get("structure") or {}).get("pdb")
    facts = check_pdb(pdb, fewest_residues=5)
    if facts.atoms > MOST_ATOMS:
        raise Failure("invalid_input", f"The structure has {facts.atoms} atoms; at most {MOST_ATOMS} are taken. Give fewer chains.")
    path = request.folder / "structure.pdb"
    path.write_text(protein_only(pdb))
    try:
        found = pyKVFinder.run_workflow(
            str(path),
            step=STEP_ANGSTROM,
            probe_in=float(parameters["probeInAngstrom"]),
            probe_out=float(parameters["probeOutAngstrom"]),
            volume_cutoff=float(parameters["volumeCutoffAngstrom3"]),
            include_depth=True,
            include_hydropathy=True,
            nthreads=1,
        )
    except ValueError as error:
        raise Failure("model_error", f"pyKVFinder could not read the structure: {error}") from error
    if found is None or not found.volume:
        raise Failure("no_result", "No cavity was found; lower volumeCutoffAngstrom3, or give the whole structure.")
    pockets = sorted((pocket_record(found, name, index, float(parameters["paddingAngstrom"])) for index, name in enumerate(found.volume)), key=lambda each: -each["volume"])
    found.export(output=str(request.folder / "cavities.pdb"))
    (request.folder / "pockets.json").write_text(json.dumps([{"name": each["name"], "box": box_of(each)} for each in pockets], indent=2))
    metrics = {"pocket_count": float(len(pockets)), "pykvfinder.largest_volume": pockets[0]["volume"]}
    return RowResult(metrics, {"pockets": [{"rank": rank, **each} for rank, each in enumerate(pockets, 1)]}, FILES)


def protein_only(pdb: str) -> str:
    """Ligands and waters fill the pocket that is looked for."""
    return "\n".join([line for line in first_model(pdb).splitlines() if line.startswith("ATOM")] + ["END", ""])


def pocket_record(found, name: str, index: int, padding: float) -> dict:
    """Grid points of a cavity have the tag index + 2. Distances in angstrom, volume in cubic, area in square angstrom."""
    low, high = extent_of(found, index + 2)
    center, size = (low + high) / 2, np.minimum(high - low + padding, LARGEST_EDGE_ANGSTROM)
    record = {
        "name": name,
        "volume": float(found.volume[name]),
        "area": float(found.area[name]),
        "max_depth": float(found.max_depth[name]),
        "avg_depth": float(found.avg_depth[name]),
        "hydropathy": float(found.avg_hydropathy[name]),
        "residues": ", ".join(f"{chain}:{number} {residue}" for number, chain, residue in found.residues[name]),
    }
    for axis, place, edge in zip("xyz", center, size, strict=True):
        record[f"center_{axis}"], record[f"size_{axis}"] = round(float(place), 3), round(float(edge), 3)
    return record


def extent_of(found, tag: int) -> tuple[np.ndarray, np.ndarray]:
    """@returns lowest and highest corner of the cavity's grid points, in the frame of the structure"""
    origin, *ends = (np.asarray(vertex, dtype=float) for vertex in found._vertices)
    axes = np.array([(end - origin) / np.linalg.norm(end - origin) for end in ends])
    points = origin + STEP_ANGSTROM * np.argwhere(found.cavities == tag) @ axes
    return points.min(axis=0), points.max(axis=0)


def box_of(record: dict) -> dict:
    """As the task of docking takes it."""
    return {"center": [record[f"center_{axis}"] for axis in "xyz"], "size": [max(8.0, record[f"size_{axis}"]) for axis in "xyz"]}


if __name__ == "__main__":
    run_worker(model="pykvfinder", version=VERSION, open_shard=open_shard, predict=predict, slots=granted_cpus())
