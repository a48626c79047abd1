"""Whether poses are possible, by PoseBusters: geometry, clashes, distance to the protein; with a reference also RMSD."""
import os

for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[variable] = "1"

from dataclasses import dataclass  # noqa: E402
from pathlib import Path  # noqa: E402

from omtx_chemistry.pdb_text import check_pdb  # noqa: E402
from omtx_chemistry.pose_set import read_poses  # noqa: E402
from omtx_worker import Failure, Opened, OpenRequest, RowRequest, RowResult, granted_cpus, run_worker  # noqa: E402
from posebusters import PoseBusters  # noqa: E402
from rdkit import Chem  # noqa: E402

VERSION = "0.6.5"


@dataclass(frozen=True)
class Shard:
    receptor: Path | None
    reference: Chem.Mol | None

    @property
    def config(self) -> str:
        if self.reference is not None and self.receptor is not None:
            return "redock"
        return "dock" if self.receptor is not None else "mol"


def open_shard(request: OpenRequest) -> Opened:
    try:
        return Opened(state=Shard(receptor_of(request), reference_of(request)))
    except Failure as failure:
        raise Failure("setup_failed", failure.message) from failure


def receptor_of(request: OpenRequest) -> Path | None:
    """The engine passes over a protein that it cannot read, so it is read here first."""
    if "receptor" not in request.shared:
        return None
    pdb = request.shared["receptor"].get("pdb")
    check_pdb(pdb, "The receptor", 5)
    if Chem.MolFromPDBBlock(pdb, sanitize=False, removeHs=False, proximityBonding=False) is None:
        raise Failure("invalid_input", "The receptor's PDB cannot be read.")
    path = request.folder / "receptor.pdb"
    path.write_text(pdb)
    return path


def reference_of(request: OpenRequest) -> Chem.Mol | None:
    if "reference" not in request.shared:
        return None
    if "receptor" not in request.shared:
        raise Failure("invalid_input", "A reference ligand needs a receptor.")
    return read_poses({"poses": request.shared["reference"]})[0]


def predict(state: Shard, request: RowRequest) -> RowResult:
    poses = read_poses(request.input)
    given = {} if state.receptor is None else {"mol_cond": str(state.receptor)}
    table = check(state, poses, full=False)
    rmsds = [round(float(value), 3) for value in check(state, poses, full=True)["rmsd"]] if state.config == "redock" else []
    records = [pose_record(rank, dict(row)) for rank, (_, row) in enumerate(table.iterrows(), 1)]
    if len(records) != len(poses):
        raise Failure("model_error", f"PoseBusters answered {len(records)} of {len(poses)} poses.")
    for record, rmsd in zip(records, rmsds, strict=False):
        record["rmsd"] = rmsd
    passed = sum(each["passed"] for each in records)
    metrics = {"pose_count": float(len(records)), "posebusters.passed_count": float(passed), "posebusters.passed_fraction": round(passed / len(records), 4)}
    if rmsds:
        metrics["posebusters.best_rmsd"] = min(rmsds)
    return RowResult(metrics, {"poses": records})


def check(state: Shard, poses: list[Chem.Mol], full: bool):
    """@returns a table with a row per pose: in the short one every column is a check"""
    given = {} if state.receptor is None else {"mol_cond": str(state.receptor)}
    try:
        return PoseBusters(config=state.config).bust(mol_pred=poses, mol_true=state.reference, full_report=full, **given)
    except (ValueError, RuntimeError, KeyError) as error:
        raise Failure("model_error", f"PoseBusters could not check the poses: {error}") from error


def pose_record(rank: int, checks: dict) -> dict:
    """A check that could not be made (None) is no pass."""
    failed = [name for name, value in checks.items() if not is_pass(value)]
    return {"pose": rank, "passed": int(not failed), "check_count": len(checks), "failed": "; ".join(failed)}


def is_pass(value: object) -> bool:
    return value is not None and value == True  # noqa: E712: numpy has a truth of its own


if __name__ == "__main__":
    run_worker(model="posebusters", version=VERSION, open_shard=open_shard, predict=predict, slots=granted_cpus())
