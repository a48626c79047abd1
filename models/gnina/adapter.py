"""GNINA as a program: receptor and ligand in 3D in, poses with the scores of its network out."""
from __future__ import annotations

from pathlib import Path

from omtx_adapter import Adapter
from omtx_adapter.files import sdf_records
from omtx_chemistry.pdb_text import check_pdb
from omtx_worker import Artifact, Failure, RowResult

TAGS = {"minimizedAffinity": "affinity", "CNNscore": "cnn_score", "CNNaffinity": "cnn_affinity"}


def write_input(asked, _parameters, _seed, folder: Path) -> None:
    check_pdb(asked["receptor"]["pdb"], "The receptor", 5)
    (folder / "receptor.pdb").write_text(asked["receptor"]["pdb"])
    (folder / "ligand.sdf").write_text(asked["ligand"]["molblock"].rstrip().removesuffix("$$$$").rstrip() + "\n$$$$\n")
    if "aroundLigand" in asked["box"]:
        (folder / "reference.sdf").write_text(asked["box"]["aroundLigand"]["sdf"])
    elif not {"center", "size"} <= set(asked["box"]):
        raise Failure("invalid_input", "Give the box as center and size, or aroundLigand.")


def commands(asked, parameters, seed, folder: Path) -> list[list[str]]:
    command = ["gnina", "-r", str(folder / "receptor.pdb"), "-l", str(folder / "ligand.sdf"), "-o", str(folder / "docked.sdf")]
    box = asked["box"]
    if "aroundLigand" in box:
        command += ["--autobox_ligand", str(folder / "reference.sdf")]
    else:
        for axis, place, edge in zip("xyz", box["center"], box["size"], strict=True):
            command += [f"--center_{axis}", str(place), f"--size_{axis}", str(edge)]
    command += ["--exhaustiveness", str(parameters["exhaustiveness"]), "--num_modes", str(parameters["poses"]), "--seed", str(seed)]
    return [[*command, "--cnn_scoring", str(parameters["cnnScoring"])]]


def read_output(_asked, _parameters, _seed, folder: Path) -> RowResult:
    """Poses come ordered by the network; those without scores are no result."""
    records = []
    for rank, (_, data) in enumerate(sdf_records((folder / "docked.sdf").read_text()), 1):
        records.append({"rank": rank, **{ours: float(data[theirs]) for theirs, ours in TAGS.items()}})
    if not records:
        raise Failure("no_result", "GNINA found no pose; check that the box covers the pocket.")
    best = records[0]
    metrics = {"docking_score": best["affinity"], "gnina.cnn_score": best["cnn_score"], "gnina.cnn_affinity": best["cnn_affinity"], "pose_count": float(len(records))}
    first = sdf_records((folder / "docked.sdf").read_text())[0][0].rstrip("\n")
    (folder / "best-pose.sdf").write_text(f"{first}\n\n$$$$\n")
    sdf = "chemical/x-mdl-sdfile"
    return RowResult(metrics, {"poses": records}, [Artifact("best-pose.sdf", "best-pose.sdf", sdf, "best_pose"), Artifact("poses.sdf", "docked.sdf", sdf, "poses")])


ADAPTER = Adapter(write_input, commands, read_output)
