"""Against PoseBusters called directly, and what it would pass over in silence."""
import sys
import unittest
from pathlib import Path

MODEL = Path(__file__).resolve().parents[1]
sys.path += [str(MODEL), str(MODEL.parents[1] / "packages" / "model-tests-python")]

from omtx_model_tests.fetched import complex_folder  # noqa: E402
from omtx_model_tests.workers import manifest_of, shard  # noqa: E402
import worker  # noqa: E402
from omtx_worker import Failure  # noqa: E402
from posebusters import PoseBusters  # noqa: E402
from rdkit import Chem  # noqa: E402
from rdkit.Geometry import Point3D  # noqa: E402

MANIFEST = manifest_of(MODEL)


def shifted(sdf: str, by: float) -> str:
    molecule = Chem.MolFromMolBlock(sdf, removeHs=False)
    conformer = molecule.GetConformer()
    for atom in range(molecule.GetNumAtoms()):
        x, y, z = conformer.GetAtomPosition(atom)
        conformer.SetAtomPosition(atom, Point3D(x + by, y, z))
    return Chem.SDWriter.GetText(molecule)


class Poses(unittest.TestCase):
    def setUp(self):
        self.folder = complex_folder("1ia1")
        self.sdf = (self.folder / "1ia1_ligand.sdf").read_text()
        self.receptor = (self.folder / "1ia1_protein_one_lig_removed.pdb").read_text()

    def test_the_crystal_pose_passes_and_one_in_the_wall_fails_as_the_engine_says(self):
        poses = shifted(self.sdf, 0.0) + shifted(self.sdf, 3.0)
        direct = PoseBusters(config="dock").bust(
            [Chem.MolFromMolBlock(self.sdf, removeHs=False)], None, str(self.folder / "1ia1_protein_one_lig_removed.pdb")
        )
        with shard(worker, MANIFEST, {"receptor": {"pdb": self.receptor}}) as (_, run):
            result = run({"poses": {"sdf": poses}})
        crystal, wall = result.tables["poses"]
        self.assertEqual(crystal["check_count"], len(direct.columns))
        self.assertEqual(crystal["passed"], int(direct.iloc[0].all()))
        self.assertEqual((crystal["passed"], wall["passed"]), (1, 0))
        self.assertIn("minimum_distance_to_protein", wall["failed"].replace(" ", "_").lower())
        self.assertEqual(result.metrics["posebusters.passed_fraction"], 0.5)

    def test_a_reference_gives_the_rmsd(self):
        shared = {"receptor": {"pdb": self.receptor}, "reference": {"sdf": self.sdf}}
        with shard(worker, MANIFEST, shared) as (_, run):
            result = run({"poses": {"sdf": shifted(self.sdf, 1.0)}})
        self.assertAlmostEqual(result.metrics["posebusters.best_rmsd"], 1.0, places=2)

    def test_without_a_receptor_the_molecule_alone_is_checked(self):
        with shard(worker, MANIFEST) as (_, run):
            self.assertEqual(run({"poses": {"sdf": self.sdf}}).metrics["posebusters.passed_count"], 1)

    def test_what_cannot_be_read_is_refused_and_is_no_pass(self):
        self.assertFalse(worker.is_pass(None))
        with self.assertRaises(Failure) as caught, shard(worker, MANIFEST, {"receptor": {"pdb": "garbage"}}):
            pass
        self.assertEqual(caught.exception.code, "setup_failed")
        with shard(worker, MANIFEST) as (_, run), self.assertRaises(Failure) as row:
            run({"poses": {"sdf": "garbage"}})
        self.assertEqual(row.exception.code, "invalid_input")


if __name__ == "__main__":
    unittest.main()
