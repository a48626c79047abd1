"""Poses that are there already, scored by Vina and by Vinardo in the receptor, as they are or after a local optimisation."""
import os

for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[variable] = "1"

from dataclasses import dataclass  # noqa: E402

import numpy as np  # noqa: E402
from omtx_chemistry.box import Box, check_size  # noqa: E402
from omtx_chemistry.ligand import check_molecule, write_pdbqt  # noqa: E402
from omtx_chemistry.pose_set import read_poses, with_hydrogens  # noqa: E402
from omtx_chemistry.receptor import prepare_receptor  # noqa: E402
from omtx_chemistry.settings import settings_of  # noqa: E402
from omtx_worker import Artifact, Failure, Opened, OpenRequest, RowRequest, RowResult, granted_cpus, run_worker  # noqa: E402
from rdkit import Chem  # noqa: E402
from vina import Vina  # noqa: E402

VERSION = "1.2.7"
FILE = Artifact("scored.sdf", "scored.sdf", "chemical/x-mdl-sdfile", "poses")
SCORINGS = ("vina", "vinardo")


@dataclass(frozen=True)
class Receptor:
    engines: dict[str, Vina]
    box: Box
    settings: object
    optimises: bool


def open_shard(request: OpenRequest) -> Opened:
    """Maps of both scoring functions over the box, once for all poses."""
    settings = settings_of({}, request.seed)
    receptor = prepare_receptor(request.shared, request.folder)
    check_size(receptor.box)
    path = request.folder / "receptor.pdbqt"
    path.write_text(receptor.pdbqt)
    engines = {}
    for scoring in SCORINGS:
        engine = Vina(sf_name=scoring, cpu=1, seed=settings.seed, verbosity=0)
        try:
            engine.set_receptor(str(path))
            engine.compute_vina_maps(list(receptor.box.center), list(receptor.box.size))
        except (TypeError, RuntimeError, ValueError) as error:
            raise Failure("setup_failed", f"The engine refused the receptor or the box: {error}") from error
        engines[scoring] = engine
    state = Receptor(engines, receptor.box, settings, bool(request.parameters["optimise"]))
    return Opened(state, [Artifact("receptor.pdbqt", "receptor.pdbqt", "chemical/x-pdbqt", "prepared_receptor")], receptor.notes)


def predict(receptor: Receptor, request: RowRequest) -> RowResult:
    records, scored = [], []
    for rank, pose in enumerate(read_poses(request.input), 1):
        record = {"pose": rank, **score_pose(receptor, pose, rank)}
        records.append(record)
        copy = Chem.Mol(pose)
        for name, value in record.items():
            copy.SetProp(name, f"{value:g}")
        scored.append(Chem.SDWriter.GetText(copy))
    (request.folder / FILE.path).write_text("".join(scored))
    best = min(records, key=lambda each: each["vina"])
    metrics = {
        "docking_score": best["vina"],
        "vina-rescore.vinardo": min(each["vinardo"] for each in records),
        "vina-rescore.best_pose": float(best["pose"]),
        "pose_count": float(len(records)),
    }
    return RowResult(metrics, {"poses": records}, [FILE])


def score_pose(receptor: Receptor, pose: Chem.Mol, rank: int) -> dict[str, float]:
    """@raises Failure `invalid_input` for a pose outside the box, and what the engine does not know"""
    molecule = with_hydrogens(pose)
    check_molecule(molecule)
    if len(Chem.GetMolFrags(molecule)) > 1:
        raise Failure("invalid_input", f"Pose {rank} has several fragments; give the ligand alone.")
    points = molecule.GetConformer().GetPositions()[[atom.GetIdx() for atom in molecule.GetAtoms() if atom.GetAtomicNum() > 1]]
    if not receptor.box.contains(np.asarray(points)).all():
        raise Failure("invalid_input", f"Pose {rank} leaves the box; give a larger box.")
    text, _ = write_pdbqt(molecule, receptor.settings)
    record = {}
    for scoring, engine in receptor.engines.items():
        engine.set_ligand_from_string(text)
        record[scoring] = round(float(engine.score()[0]), 3)
        if receptor.optimises:
            record[f"{scoring}_optimised"] = round(float(engine.optimize()[0]), 3)
    return record


if __name__ == "__main__":
    run_worker(model="vina-rescore", version=VERSION, open_shard=open_shard, predict=predict, slots=granted_cpus())
