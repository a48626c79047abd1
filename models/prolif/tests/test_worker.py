"""Against ProLIF called directly, on the complex that comes with it."""
import sys
import unittest
from pathlib import Path

MODEL = Path(__file__).resolve().parents[1]
sys.path += [str(MODEL), str(MODEL.parents[1] / "packages" / "model-tests-python")]

import warnings  # noqa: E402

from omtx_model_tests.workers import manifest_of, shard  # noqa: E402
import prolif  # noqa: E402
import worker  # noqa: E402
from omtx_worker import Failure  # noqa: E402
from rdkit import Chem  # noqa: E402

warnings.filterwarnings("ignore")
MANIFEST = manifest_of(MODEL)
DATA = Path(prolif.__file__).parent / "data" / "vina"


class Interactions(unittest.TestCase):
    def test_interactions_of_every_pose_are_those_of_the_engine(self):
        receptor, sdf = (DATA / "rec.pdb").read_text(), (DATA / "vina_output.sdf").read_text()
        first_two = "$$$$\n".join(sdf.split("$$$$\n")[:2]) + "$$$$\n"
        with shard(worker, MANIFEST, {"receptor": {"pdb": receptor}}) as (opened, run):
            result = run({"poses": {"sdf": first_two}})
            fingerprint = prolif.Fingerprint()
            poses = [prolif.Molecule.from_rdkit(pose) for pose in list(prolif_poses(first_two))]
            fingerprint.run_from_iterable(poses, opened.state, progress=False, n_jobs=1)
        direct = {(number + 1, str(residue), kind) for number in (0, 1) for (_, residue), kinds in fingerprint.ifp[number].items() for kind in kinds}
        self.assertEqual({(each["pose"], each["residue"], each["type"]) for each in result.tables["interactions"]}, direct)
        self.assertGreater(result.metrics["interaction_count"], 5)

    def test_a_receptor_without_hydrogens_is_refused_because_bonds_would_be_lost(self):
        heavy = "\n".join(line for line in (DATA / "rec.pdb").read_text().splitlines() if line[76:78].strip() != "H")
        with self.assertRaises(Failure) as caught, shard(worker, MANIFEST, {"receptor": {"pdb": heavy}}):
            pass
        self.assertIn("hydrogens", caught.exception.message)

    def test_garbage_is_refused(self):
        with self.assertRaises(Failure) as caught, shard(worker, MANIFEST, {"receptor": {"pdb": "garbage"}}):
            pass
        self.assertEqual(caught.exception.code, "setup_failed")


def prolif_poses(sdf: str):
    supplier = Chem.SDMolSupplier()
    supplier.SetData(sdf, removeHs=False)
    return [Chem.AddHs(pose, addCoords=True) for pose in supplier]


if __name__ == "__main__":
    unittest.main()
