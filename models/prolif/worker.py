"""Which residues a pose touches, and how, by ProLIF."""
import os

for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[variable] = "1"

import warnings  # noqa: E402
from pathlib import Path  # noqa: E402

import prolif  # noqa: E402
from omtx_chemistry.counted import counted  # noqa: E402
from omtx_chemistry.pdb_text import check_pdb  # noqa: E402
from omtx_chemistry.pose_set import read_poses, with_hydrogens  # noqa: E402
from omtx_worker import Failure, Note, Opened, OpenRequest, RowRequest, RowResult, granted_cpus, run_worker  # noqa: E402
from prolif.exceptions import OptionalException  # noqa: E402
from rdkit import Chem  # noqa: E402

VERSION = "2.2.3"
warnings.filterwarnings("ignore")


def open_shard(request: OpenRequest) -> Opened:
    """The protein needs its hydrogens: without them bonds to acceptors are lost in silence."""
    pdb = (request.shared.get("receptor") or {}).get("pdb")
    try:
        facts = check_pdb(pdb, "The receptor", 3)
    except Failure as failure:
        raise Failure("setup_failed", failure.message) from failure
    if facts.hydrogens < facts.atoms / 4:
        raise Failure(
            "setup_failed",
            f"The receptor has {counted(facts.hydrogens, 'hydrogen')} for {counted(facts.atoms, 'atom')}; give it with all of them (receptor-hydrogens.pdb of receptor-prep or vina).",
        )
    protein, way = protein_of(pdb, request)
    return Opened(state=protein, notes=[] if way is None else [Note("bonds_guessed", way)])


def protein_of(pdb: str, request: OpenRequest) -> tuple[prolif.Molecule, str | None]:
    """RDKit reads most files; one with clashes goes through MDAnalysis, which guesses bonds by distance."""
    try:
        molecule = Chem.MolFromPDBBlock(pdb, removeHs=False)
        if molecule is not None:
            return prolif.Molecule.from_rdkit(molecule), None
        return by_distance(pdb, request.folder / "receptor.pdb"), "RDKit could not read the receptor (atoms clash), so its bonds were guessed by distance."
    except (ValueError, AttributeError, Chem.AtomValenceException, OptionalException) as error:
        raise Failure("setup_failed", f"The receptor cannot be read: {error}") from error
    except KeyError as error:  # an order of bonds that RDKit does not have
        raise Failure("setup_failed", "The receptor cannot be read: atoms lie so near to each other that their bonds make no sense. Repair the structure.") from error


def by_distance(pdb: str, path: Path) -> prolif.Molecule:
    import MDAnalysis

    path.write_text(pdb)
    universe = MDAnalysis.Universe(str(path))
    universe.guess_TopologyAttrs(to_guess=["elements", "bonds"])
    return prolif.Molecule.from_mda(universe.atoms)


def predict(protein: prolif.Molecule, request: RowRequest) -> RowResult:
    poses = [prolif.Molecule.from_rdkit(with_hydrogens(pose)) for pose in read_poses(request.input)]
    fingerprint = prolif.Fingerprint()
    fingerprint.run_from_iterable(poses, protein, progress=False, n_jobs=1)
    records = [record for number in range(len(poses)) for record in records_of(number + 1, fingerprint.ifp[number])]
    best = [record for record in records if record["pose"] == 1]
    metrics = {
        "pose_count": float(len(poses)),
        "interaction_count": float(len(best)),
        "prolif.residue_count": float(len({record["residue"] for record in best})),
        "prolif.hydrogen_bond_count": float(sum(record["type"] in ("HBAcceptor", "HBDonor") for record in best)),
    }
    return RowResult(metrics, {"interactions": records})


def records_of(pose: int, interactions) -> list[dict]:
    """One record per residue and kind, the nearest where there are several."""
    return [
        {"pose": pose, "residue": str(residue), "type": kind, "distance": round(min(each["distance"] for each in found), 2), "count": len(found)}
        for (_, residue), kinds in interactions.items()
        for kind, found in kinds.items()
    ]


if __name__ == "__main__":
    run_worker(model="prolif", version=VERSION, open_shard=open_shard, predict=predict, slots=granted_cpus())
