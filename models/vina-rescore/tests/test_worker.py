"""Against the engine called directly on a docked pose, and the poses that it must not score."""
import sys
import unittest
from pathlib import Path

MODEL = Path(__file__).resolve().parents[1]
sys.path += [str(MODEL), str(MODEL.parents[1] / "packages" / "model-tests-python")]

from omtx_model_tests.workers import manifest_of, shard  # noqa: E402
import worker  # noqa: E402
from omtx_chemistry.ligand import prepare_ligand  # noqa: E402
from omtx_chemistry.poses import read_poses, write_sdf  # noqa: E402
from omtx_worker import Failure  # noqa: E402
from rdkit import Chem  # noqa: E402
from rdkit.Geometry import Point3D  # noqa: E402

MANIFEST = manifest_of(MODEL)
BOX = {"center": [30.101, -23.094, -15.4], "size": [18, 18, 18]}
SHARED = {"receptor": {"dockstring": "PTGS2"}, "box": BOX}


class Rescoring(unittest.TestCase):
    def test_a_docked_pose_has_the_score_that_docking_gave_and_a_moved_one_a_worse(self):
        with shard(worker, MANIFEST, SHARED, optimise=True) as (opened, run):
            engine, ligand = opened.state.engines["vina"], prepare_ligand({"smiles": "CC(=O)Nc1ccc(O)cc1"}, opened.state.settings)
            engine.set_ligand_from_string(ligand.pdbqt)
            engine.dock(exhaustiveness=1, n_poses=3)
            docked = read_poses(engine.poses(3), engine.energies(3))
            sdf = write_sdf(ligand.molecule, ligand.pdbqt, docked[:1], "paracetamol")
            result = run({"poses": {"sdf": sdf}})
            moved = run({"poses": {"sdf": shifted(sdf, 1.5)}})
        # PDBQT and SDF hold three decimals of coordinates.
        self.assertAlmostEqual(result.metrics["docking_score"], docked[0].score, delta=0.03)
        self.assertGreater(moved.metrics["docking_score"], result.metrics["docking_score"] + 0.5)
        self.assertLess(result.metrics["vina-rescore.vinardo"], 0)
        self.assertEqual(set(result.tables["poses"][0]), {"pose", "vina", "vinardo", "vina_optimised", "vinardo_optimised"})

    def test_a_pose_outside_the_box_a_flat_one_and_no_sdf_are_refused(self):
        flat = Chem.SDWriter.GetText(Chem.MolFromSmiles("CCO"))
        far = "\n     RDKit          3D\n\n  1  0  0  0  0  0  0  0  0  0999 V2000\n    0.0000    0.0000    1.0000 C   0  0\nM  END\n$$$$\n"
        with shard(worker, MANIFEST, SHARED) as (_, run):
            for sdf, words in ((far, "leaves the box"), (flat, "no 3D"), ("garbage", "cannot be read"), ("", "no poses")):
                with self.subTest(words=words), self.assertRaises(Failure) as caught:
                    run({"poses": {"sdf": sdf}})
                self.assertIn(words, caught.exception.message)


def shifted(sdf: str, by: float) -> str:
    molecule = Chem.MolFromMolBlock(sdf, removeHs=False)
    conformer = molecule.GetConformer()
    for atom in range(molecule.GetNumAtoms()):
        x, y, z = conformer.GetAtomPosition(atom)
        conformer.SetAtomPosition(atom, Point3D(x + by, y, z))
    return Chem.SDWriter.GetText(molecule)


if __name__ == "__main__":
    unittest.main()
