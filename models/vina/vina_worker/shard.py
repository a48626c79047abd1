"""The two functions of the worker: open a shard (receptor, box, maps), and dock a row."""
from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Any

from omtx_worker import Artifact, Note, Opened, OpenRequest, RowRequest, RowResult
from vina import Vina

from omtx_chemistry.box import check_on_receptor, fit_of_ligand, note_of_size
from .engine import RECEPTOR_FILE, Docking, build_maps, dock
from omtx_chemistry.hydrogens import add_hydrogens
from omtx_chemistry.ligand import PreparedLigand, prepare_ligand
from omtx_chemistry.poses import Pose, favourable, pose_record, read_poses, write_sdf
from omtx_chemistry.receptor import PreparedReceptor, prepare_receptor
from .reproduce import LIGAND_FILE, POSES_FILE, reproduction
from omtx_chemistry.settings import Settings, settings_of

PDBQT = "chemical/x-pdbqt"
SDF = "chemical/x-mdl-sdfile"

SHARD_ARTIFACTS = (
    Artifact(RECEPTOR_FILE, RECEPTOR_FILE, PDBQT, "prepared_receptor"),
    Artifact("receptor-hydrogens.pdb", "receptor-hydrogens.pdb", "chemical/x-pdb", "receptor"),
    Artifact("box.json", "box.json", "application/json", "box"),
    Artifact("box.txt", "box.txt", "text/plain", "box_config"),
    Artifact("receptor-report.json", "receptor-report.json", "application/json", "report"),
)
ROW_ARTIFACTS = (
    Artifact("best-pose.sdf", "best-pose.sdf", SDF, "best_pose"),
    Artifact("poses.sdf", "poses.sdf", SDF, "poses"),
    Artifact(POSES_FILE, POSES_FILE, PDBQT, "engine_poses"),
    Artifact(LIGAND_FILE, LIGAND_FILE, PDBQT, "prepared_ligand"),
    Artifact("reproduce.json", "reproduce.json", "application/json", "reproduce"),
)


@dataclass(frozen=True)
class OpenShard:
    """What the rows of a shard share; the maps are in `engine`."""

    engine: Vina
    receptor: PreparedReceptor
    settings: Settings


def open_shard(request: OpenRequest) -> Opened:
    """Prepares the receptor, checks the box, writes the shard's artifacts and builds the maps. @raises Failure `setup_failed`"""
    settings = settings_of(request.parameters, request.seed)
    request.progress("receptor", 0, 2)
    receptor = prepare_receptor(request.shared, request.folder)
    atoms_in_box = check_on_receptor(receptor.box, receptor.heavy_points())
    pdb, counts = add_hydrogens(receptor.atoms)
    report = {**receptor.report, "atoms": counts, "receptorAtomsInBox": atoms_in_box, "hydrogens": HYDROGENS_NOTE}
    files = {
        RECEPTOR_FILE: receptor.pdbqt,
        "receptor-hydrogens.pdb": pdb,
        "box.json": _json(asdict(receptor.box)),
        "box.txt": receptor.box.config_text(),
        "receptor-report.json": _json(report),
    }
    for name, text in files.items():
        (request.folder / name).write_text(text)
    request.progress("maps", 1, 2)
    engine = build_maps(request.folder / RECEPTOR_FILE, receptor.box, settings)
    large = note_of_size(receptor.box)
    notes = (*receptor.notes, *((Note("box_large", large),) if large else ()))
    return Opened(OpenShard(engine, receptor, settings), SHARD_ARTIFACTS, notes)


HYDROGENS_NOTE = (
    "receptor-hydrogens.pdb: polar hydrogens as in the PDBQT that was docked into; hydrogens on carbon set by geometry, "
    "not optimised and not seen by the engine; no connectivity records."
)


def predict(state: OpenShard, request: RowRequest) -> RowResult:
    """Docks one ligand. @raises Failure `invalid_input`, `preparation_failed`, `no_result`"""
    ligand = prepare_ligand(request.input["ligand"], state.settings)
    notes = list(ligand.notes)
    tight = fit_of_ligand(state.receptor.box, ligand.length_angstrom)
    if tight:
        notes.append(Note("box_tight", tight))
    docking = dock(state.engine, ligand.pdbqt, state.settings)
    every = read_poses(docking.pdbqt, docking.energies)
    poses = favourable(every)
    if len(poses) < len(every):
        notes.append(Note("positive_poses_dropped", f"Poses with a positive energy, which are only in {POSES_FILE}: {len(every) - len(poses)} of {len(every)}."))
    _write_row(state, request, ligand, docking, poses)
    return RowResult(metrics=row_metrics(ligand, poses), tables={"poses": [pose_record(pose) for pose in poses]}, artifacts=ROW_ARTIFACTS, notes=notes)


def row_metrics(ligand: PreparedLigand, poses: list[Pose]) -> dict[str, float]:
    best = poses[0]
    return {
        "docking_score": best.score,
        "ligand_efficiency": round(best.score / ligand.heavy_atoms, 4),
        "pose_count": len(poses),
        "heavy_atom_count": ligand.heavy_atoms,
        "rotatable_bond_count": ligand.rotatable_bonds,
        "vina.inter": best.inter,
        "vina.intra": best.intra,
        "vina.torsion": best.torsion,
        "vina.torsion_count": ligand.torsions,
    }


def _write_row(state: OpenShard, request: RowRequest, ligand: PreparedLigand, docking: Docking, poses: list[Pose]) -> None:
    name = str(request.input["ligand"].get("name") or ligand.smiles).replace("\n", " ")
    files = {
        "best-pose.sdf": write_sdf(ligand.molecule, ligand.pdbqt, poses[:1], name),
        "poses.sdf": write_sdf(ligand.molecule, ligand.pdbqt, poses, name),
        POSES_FILE: docking.pdbqt,
        LIGAND_FILE: ligand.pdbqt,
        "reproduce.json": _json(reproduction(state.receptor.pdbqt, ligand, state.receptor.box, state.settings)),
    }
    for file, text in files.items():
        (request.folder / file).write_text(text)


def _json(value: Any) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"
