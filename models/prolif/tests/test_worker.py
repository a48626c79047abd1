"""Against ProLIF called directly, on the complex that comes with it."""
import sys
import unittest
from pathlib import Path

MODEL = Path(__file__).resolve().parents[1]
sys.path += [str(MODEL), str(MODEL.parents[1] / "packages" / "model-tests-python")]

import warnings  # noqa: E402

from omtx_model_tests.workers import example_of, manifest_of, shard  # noqa: E402
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
        self.assertEqual(opened.notes, [])
        direct = fingerprint_of(prolif.Molecule.from_rdkit(Chem.MolFromPDBFile(str(DATA / "rec.pdb"), removeHs=False)), first_two)
        told = {(each["pose"], each["residue"], each["type"]): each for each in result.tables["interactions"]}
        self.assertEqual(set(told), set(direct))
        for key, found in direct.items():
            with self.subTest(key):
                self.assertAlmostEqual(told[key]["distance"], min(found), delta=0.005)
                self.assertEqual(told[key]["count"], len(found))
        self.assertGreater(len({each["distance"] for each in told.values()}), 10)
        first = [(residue, kind) for pose, residue, kind in direct if pose == 1]
        self.assertEqual(
            result.metrics,
            {
                "pose_count": 2,
                "interaction_count": len(first),
                "prolif.residue_count": len({residue for residue, _ in first}),
                "prolif.hydrogen_bond_count": sum(kind in ("HBAcceptor", "HBDonor") for _, kind in first),
            },
        )

    def test_a_distance_is_that_of_the_atoms_in_the_files(self):
        receptor, sdf = (DATA / "rec.pdb").read_text(), (DATA / "vina_output.sdf").read_text().split("$$$$\n")[0] + "$$$$\n"
        with shard(worker, MANIFEST, {"receptor": {"pdb": receptor}}) as (_, run):
            records = run({"poses": {"sdf": sdf}}).tables["interactions"]
        [pose] = prolif_poses(sdf)
        ligand = pose.GetConformer().GetPositions()
        bonds = [each for each in records if each["type"] in ("HBAcceptor", "HBDonor")]
        self.assertGreater(len(bonds), 0)
        for bond in bonds:
            name, number, chain = bond["residue"][:3], bond["residue"][3:].split(".")[0], bond["residue"].split(".")[1]
            lines = [line for line in receptor.splitlines() if line[17:20] == name and line[21] == chain and line[22:26].strip() == number]
            protein = [[float(line[start : start + 8]) for start in (30, 38, 46)] for line in lines]
            between = [sum((a - b) ** 2 for a, b in zip(mine, theirs)) ** 0.5 for mine in ligand for theirs in protein]
            with self.subTest(bond["residue"]):
                self.assertLess(min(abs(each - bond["distance"]) for each in between), 0.006)

    def test_a_receptor_whose_atoms_lie_on_each_other_is_refused(self):
        example = example_of(MODEL, MANIFEST)["input"]["receptor"]["pdb"].splitlines()
        for place, onto in ((100, 1), (6, 5)):
            lines = list(example)
            lines[place] = f"{lines[place][:30]}{lines[onto][30:54]}{lines[place][54:]}"
            with self.subTest(place), self.assertRaises(Failure) as caught, shard(worker, MANIFEST, {"receptor": {"pdb": "\n".join(lines)}}):
                pass
            self.assertEqual(caught.exception.code, "setup_failed")
            self.assertIn("cannot be read", caught.exception.message)

    def test_a_receptor_without_hydrogens_is_refused_because_bonds_would_be_lost(self):
        heavy = "\n".join(line for line in (DATA / "rec.pdb").read_text().splitlines() if line[76:78].strip() != "H")
        with self.assertRaises(Failure) as caught, shard(worker, MANIFEST, {"receptor": {"pdb": heavy}}):
            pass
        self.assertIn("hydrogens", caught.exception.message)

    def test_garbage_is_refused(self):
        with self.assertRaises(Failure) as caught, shard(worker, MANIFEST, {"receptor": {"pdb": "garbage"}}):
            pass
        self.assertEqual(caught.exception.code, "setup_failed")


def fingerprint_of(protein: prolif.Molecule, sdf: str) -> dict[tuple[int, str, str], list[float]]:
    """By ProLIF alone. @returns distances of all occurrences by pose, residue and kind"""
    fingerprint = prolif.Fingerprint()
    fingerprint.run_from_iterable([prolif.Molecule.from_rdkit(pose) for pose in prolif_poses(sdf)], protein, progress=False, n_jobs=1)
    return {
        (number + 1, str(residue), kind): [each["distance"] for each in found]
        for number in fingerprint.ifp
        for (_, residue), kinds in fingerprint.ifp[number].items()
        for kind, found in kinds.items()
    }


def prolif_poses(sdf: str):
    supplier = Chem.SDMolSupplier()
    supplier.SetData(sdf, removeHs=False)
    return [Chem.AddHs(pose, addCoords=True) for pose in supplier]


if __name__ == "__main__":
    unittest.main()
