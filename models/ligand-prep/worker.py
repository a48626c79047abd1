"""A molecule made ready to dock: largest fragment, protonation as asked, 3D, PDBQT, with every change told."""
import os

for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[variable] = "1"

from omtx_chemistry.ligand import prepare_ligand  # noqa: E402
from omtx_chemistry.settings import settings_of  # noqa: E402
from omtx_worker import Artifact, Failure, Opened, OpenRequest, RowRequest, RowResult, granted_cpus, run_worker  # noqa: E402
from rdkit import Chem  # noqa: E402
from rdkit.Chem import Descriptors  # noqa: E402

FILES = (
    Artifact("ligand.sdf", "ligand.sdf", "chemical/x-mdl-sdfile", "best_pose"),
    Artifact("ligand.pdbqt", "ligand.pdbqt", "chemical/x-pdbqt", "prepared_ligand"),
)


def open_shard(request: OpenRequest) -> Opened:
    return Opened(state=settings_of(request.parameters, request.seed))


def predict(settings, request: RowRequest) -> RowResult:
    asked = request.input.get("ligand")
    if not isinstance(asked, dict):
        raise Failure("invalid_input", "The row has no ligand.")
    ligand = prepare_ligand(asked, settings)
    heavy = Chem.RemoveHs(ligand.molecule)
    ligand.molecule.SetProp("_Name", str(asked.get("name") or ligand.smiles))
    (request.folder / "ligand.sdf").write_text(Chem.SDWriter.GetText(ligand.molecule))
    (request.folder / "ligand.pdbqt").write_text(ligand.pdbqt)
    metrics = {
        "molecular_weight": round(Descriptors.MolWt(heavy), 3),
        "heavy_atom_count": float(ligand.heavy_atoms),
        "rotatable_bond_count": float(ligand.rotatable_bonds),
        "ligand-prep.torsion_count": float(ligand.torsions),
        "ligand-prep.formal_charge": float(Chem.GetFormalCharge(heavy)),
        "ligand-prep.length": round(ligand.length_angstrom, 3),
    }
    return RowResult(metrics, {"prepared": [{"smiles": ligand.smiles}]}, FILES, ligand.notes)


if __name__ == "__main__":
    run_worker(model="ligand-prep", version="1.0.0", open_shard=open_shard, predict=predict, slots=granted_cpus())
