"""DiffDock as a program: a CSV with one complex in, ranked poses with a confidence in their file names out."""
from __future__ import annotations

import csv
import re
from pathlib import Path

from omtx_adapter import Adapter, setting
from omtx_adapter.files import only
from omtx_chemistry.pdb_text import check_pdb
from omtx_worker import Artifact, Failure, RowResult

NAME = re.compile(r"rank(\d+)_confidence(-?\d+(?:\.\d+)?)\.sdf$")


def write_input(asked, _parameters, _seed, folder: Path) -> None:
    receptor, ligand = asked["receptor"], asked["ligand"]
    if "smiles" not in ligand and "molblock" not in ligand:
        raise Failure("invalid_input", "Give the ligand as smiles or molblock.")
    if "pdb" in receptor:
        check_pdb(receptor["pdb"], "The receptor", 5)
        (folder / "receptor.pdb").write_text(receptor["pdb"])
    if "molblock" in ligand:
        (folder / "ligand.sdf").write_text(ligand["molblock"].rstrip() + "\n$$$$\n")
    with (folder / "complexes.csv").open("w", newline="") as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow(["complex_name", "protein_path", "ligand_description", "protein_sequence"])
        path = str(folder / "receptor.pdb") if "pdb" in receptor else ""
        table.writerow(["row", path, ligand.get("smiles") or str(folder / "ligand.sdf"), receptor.get("sequence", "")])


def commands(_asked, parameters, _seed, folder: Path) -> list[list[str]]:
    command = [setting("python"), "-m", "inference", "--config", "default_inference_args.yaml"]
    command += ["--protein_ligand_csv", str(folder / "complexes.csv"), "--out_dir", str(folder / "out")]
    return [[*command, "--samples_per_complex", str(parameters["samples"])]]


def read_output(_asked, _parameters, _seed, folder: Path) -> RowResult:
    """A sample that failed has no file; rank1.sdf is a copy of the first."""
    named = [(NAME.search(path.name), path) for path in only(list((folder / "out" / "row").glob("rank*_confidence*.sdf")), "ranked poses")]
    found = sorted((int(match[1]), float(match[2]), path) for match, path in named if match)
    if not found:
        raise ValueError("no pose has a confidence in its name")
    empty = [path.name for _, _, path in found if path.stat().st_size == 0]
    if empty:
        raise ValueError(f"{', '.join(empty)} is empty")
    records = [{"rank": rank, "confidence": confidence} for rank, confidence, _ in found]
    files = [Artifact("best-pose.sdf", str(found[0][2].relative_to(folder)), "chemical/x-mdl-sdfile", "best_pose")]
    (folder / "poses.sdf").write_text("".join(path.read_text().rstrip("\n").removesuffix("$$$$").rstrip("\n") + "\n$$$$\n" for _, _, path in found))
    files.append(Artifact("poses.sdf", "poses.sdf", "chemical/x-mdl-sdfile", "poses"))
    return RowResult({"diffdock.confidence": found[0][1], "pose_count": float(len(found))}, {"poses": records}, files)


ADAPTER = Adapter(write_input, commands, read_output, cwd=lambda: Path(setting("home")), samples=("poses", lambda parameters: int(parameters["samples"])))
