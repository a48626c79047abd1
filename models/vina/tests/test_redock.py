"""A known complex: from its PDB and the SMILES of its ligand back to the crystal's pose."""
import json
import unittest

from rdkit import Chem
from rdkit.Chem import rdMolAlign
from support import complex_folder, needs_receptor_environment, worker

LIMIT_SECONDS = 120


@needs_receptor_environment
class Redocking(unittest.TestCase):
    """1ia1: dihydrofolate reductase with NADPH (NDP), which lines the pocket. Residues 104 and 105 of chain A clash in the crystal."""

    @classmethod
    def setUpClass(cls):
        folder = complex_folder()
        cls.pdb = (folder / "1ia1_protein_one_lig_removed.pdb").read_text()
        cls.sdf = (folder / "1ia1_ligand.sdf").read_text()
        cls.crystal = Chem.MolFromMolBlock(cls.sdf)

    def shared(self, **receptor):
        return {"receptor": {"pdb": self.pdb, **receptor}, "box": {"aroundLigand": {"sdf": self.sdf}, "paddingAngstrom": 6}}

    def redock(self, shared):
        """@returns messages `opened` and `result`, report, and RMSD of each pose to the crystal in ångström, symmetry-aware, in place"""
        with worker(cpus=2) as process:
            process.open(shared=shared, parameters={"exhaustiveness": 4}, seed=42)
            opened = process.next("opened", "failure", limit_seconds=LIMIT_SECONDS)
            self.assertEqual(opened["type"], "opened", opened)
            process.predict("1", {"ligand": {"smiles": Chem.MolToSmiles(self.crystal)}})
            result = process.outcomes(1, LIMIT_SECONDS)["1"]
            self.assertEqual(result["type"], "result", result)
            poses = Chem.SDMolSupplier(str(process.folder / "s" / "row-1" / "poses.sdf"))
            report = json.loads((process.folder / "s" / "receptor-report.json").read_text())
            return opened, result, report, [rdMolAlign.CalcRMS(pose, self.crystal) for pose in poses]

    def test_with_its_cofactor_the_best_pose_is_within_an_angstrom_of_the_crystal(self):
        opened, result, report, rmsds = self.redock(self.shared(chains=["B"], keepCofactors=["NDP"]))
        self.assertLess(rmsds[0], 1.0)
        self.assertLess(result["metrics"]["docking_score"], -8.5)
        self.assertEqual((report["keptCofactors"], report["changes"], opened["notes"]), (["B:195 NDP"], [], []))

    def test_without_its_cofactor_the_pose_is_wrong_and_a_note_says_what_was_in_the_box(self):
        opened, result, _, rmsds = self.redock(self.shared(chains=["B"]))
        self.assertGreater(rmsds[0], 1.0)
        self.assertGreater(result["metrics"]["docking_score"], -8.5)
        self.assertIn("B:195 NDP (in the box)", opened["notes"][0]["message"])

    def test_residues_that_clash_are_told_far_from_the_box_and_refused_near_it(self):
        opened, _, report, rmsds = self.redock(self.shared(keepCofactors=["NDP"]))
        notes = {note["code"]: note["message"] for note in opened["notes"]}
        self.assertIn("A:104 SER, A:105 ASP", notes["receptor_dropped"])
        self.assertIn("A:194 TQ3", notes["receptor_heterogen_removed"])
        self.assertTrue(report["badResiduesAllowed"])
        self.assertLess(rmsds[0], 1.0)
        serine = next(line for line in self.pdb.splitlines() if line[12:26] == " CA  SER A 104")
        on_it = {"center": [float(serine[start : start + 8]) for start in (30, 38, 46)], "size": [10, 10, 10]}
        with worker() as process:
            process.open(shared={**self.shared(), "box": on_it})
            failure = process.next("opened", "failure", limit_seconds=LIMIT_SECONDS)
        self.assertEqual(failure["code"], "setup_failed")
        self.assertIn("A:104 SER dropped", failure["message"])

    def test_a_box_in_the_other_chain_is_refused(self):
        with worker() as process:
            process.open(shared=self.shared(chains=["A"]))
            failure = process.next("opened", "failure", limit_seconds=LIMIT_SECONDS)
        self.assertEqual(failure["code"], "setup_failed")
        self.assertIn("Put it on the pocket", failure["message"])


if __name__ == "__main__":
    unittest.main()
