"""Against the engine called directly on a docked pose, and the poses that it must not score."""
import sys
import unittest
from pathlib import Path

MODEL = Path(__file__).resolve().parents[1]
sys.path += [str(MODEL), str(MODEL.parents[1] / "packages" / "model-tests-python")]

from omtx_model_tests.workers import manifest_of, shard  # noqa: E402
import worker  # noqa: E402
from omtx_chemistry.ligand import prepare_ligand  # noqa: E402
from meeko import MoleculePreparation, PDBQTWriterLegacy  # noqa: E402
from omtx_chemistry.poses import read_poses, write_sdf  # noqa: E402
from omtx_chemistry.settings import settings_of  # noqa: E402
from omtx_worker import Failure  # noqa: E402
from rdkit import Chem  # noqa: E402
from rdkit.Geometry import Point3D  # noqa: E402
from vina import Vina  # noqa: E402

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

    def test_scores_of_both_functions_as_they_are_and_optimised_are_those_of_the_engine(self):
        with shard(worker, MANIFEST, SHARED, optimise=True) as (_, run):
            ligand = prepare_ligand({"smiles": "CC(=O)Nc1ccc(O)cc1"}, settings_of({}, 42))
            sdfs = [shifted(placed(ligand.molecule, BOX["center"]), by) for by in (0, 1.5)]
            told = run({"poses": {"sdf": "".join(sdfs)}})
            receptor = run.folder.parent / "receptor.pdbqt"
            direct = engine_scores(receptor, sdfs)
        for record, scores in zip(told.tables["poses"], direct, strict=True):
            for name, score in scores.items():
                with self.subTest(f"pose {record['pose']} {name}"):
                    self.assertAlmostEqual(record[name], score, delta=0.002)
        self.assertNotAlmostEqual(direct[0]["vina"], direct[0]["vina_optimised"], delta=0.05)
        self.assertEqual(told.metrics["docking_score"], min(each["vina"] for each in told.tables["poses"]))
        self.assertEqual(told.metrics["vina-rescore.vinardo"], min(each["vinardo"] for each in told.tables["poses"]))

    def test_a_pose_outside_the_box_a_flat_one_and_no_sdf_are_refused(self):
        flat = Chem.SDWriter.GetText(Chem.MolFromSmiles("CCO"))
        far = "\n     RDKit          3D\n\n  1  0  0  0  0  0  0  0  0  0999 V2000\n    0.0000    0.0000    1.0000 C   0  0\nM  END\n$$$$\n"
        with shard(worker, MANIFEST, SHARED) as (_, run):
            for sdf, words in ((far, "leaves the box"), (flat, "no 3D"), ("garbage", "cannot be read"), ("", "no poses")):
                with self.subTest(words=words), self.assertRaises(Failure) as caught:
                    run({"poses": {"sdf": sdf}})
                self.assertIn(words, caught.exception.message)


def engine_scores(receptor: Path, sdfs: list[str]) -> list[dict[str, float]]:
    """By meeko and Vina alone; the ligand is set anew before it is optimised."""
    scores: list[dict[str, float]] = [{} for _ in sdfs]
    for name in ("vina", "vinardo"):
        engine = Vina(sf_name=name, cpu=1, seed=7, verbosity=0)
        engine.set_receptor(str(receptor))
        engine.compute_vina_maps(BOX["center"], BOX["size"])
        for record, sdf in zip(scores, sdfs, strict=True):
            pdbqt = by_meeko(sdf)
            for key, call in ((name, engine.score), (f"{name}_optimised", engine.optimize)):
                engine.set_ligand_from_string(pdbqt)
                record[key] = float(call()[0])
    return scores


def by_meeko(sdf: str) -> str:
    [setup] = MoleculePreparation().prepare(Chem.MolFromMolBlock(sdf, removeHs=False))
    pdbqt, is_ok, reason = PDBQTWriterLegacy.write_string(setup)
    assert is_ok, reason
    return pdbqt


def placed(molecule: Chem.Mol, center: list[float]) -> str:
    """With its middle in a point."""
    copy = Chem.Mol(molecule)
    points = copy.GetConformer().GetPositions()
    for atom, point in enumerate(points - points.mean(axis=0) + center):
        copy.GetConformer().SetAtomPosition(atom, Point3D(*map(float, point)))
    return Chem.SDWriter.GetText(copy)


def shifted(sdf: str, by: float) -> str:
    molecule = Chem.MolFromMolBlock(sdf, removeHs=False)
    conformer = molecule.GetConformer()
    for atom in range(molecule.GetNumAtoms()):
        x, y, z = conformer.GetAtomPosition(atom)
        conformer.SetAtomPosition(atom, Point3D(x + by, y, z))
    return Chem.SDWriter.GetText(molecule)


if __name__ == "__main__":
    unittest.main()
