"""Against RDKit called directly, and textbook molecules."""
import sys
import unittest
from pathlib import Path

MODEL = Path(__file__).resolve().parents[1]
sys.path += [str(MODEL), str(MODEL.parents[1] / "packages" / "model-tests-python")]

from omtx_model_tests.workers import manifest_of, shard  # noqa: E402
import worker  # noqa: E402 (also puts the scorer of RDKit's contributions on the path)
import sascorer  # noqa: E402
from omtx_worker import Failure  # noqa: E402
from rdkit import Chem  # noqa: E402
from rdkit.Chem import QED, Crippen, Descriptors  # noqa: E402

MANIFEST = manifest_of(MODEL)
ASPIRIN = "CC(=O)Oc1ccccc1C(=O)O"


class Properties(unittest.TestCase):
    def test_numbers_are_those_of_rdkit(self):
        molecule = Chem.MolFromSmiles(ASPIRIN)
        with shard(worker, MANIFEST) as (_, run):
            metrics = run({"ligand": {"smiles": ASPIRIN}}).metrics
        self.assertAlmostEqual(metrics["molecular_weight"], Descriptors.MolWt(molecule), places=3)
        self.assertAlmostEqual(metrics["molecular_weight"], 180.159, places=2)
        self.assertAlmostEqual(metrics["logp"], Crippen.MolLogP(molecule), places=3)
        self.assertAlmostEqual(metrics["qed"], QED.qed(molecule), places=3)
        self.assertAlmostEqual(metrics["sa_score"], sascorer.calculateScore(molecule), places=3)
        self.assertEqual((metrics["tpsa"], metrics["hydrogen_bond_donor_count"]), (63.6, 1))

    def test_a_nuisance_and_a_reactive_molecule_raise_their_alerts_by_name(self):
        with shard(worker, MANIFEST) as (_, run):
            rhodanine = run({"ligand": {"smiles": "O=C1NC(=S)SC1=Cc1ccccc1"}})
            acyl = run({"ligand": {"smiles": "CCC(=O)Cl"}})
        self.assertGreaterEqual(rhodanine.metrics["rdkit-properties.pains_alerts"], 1)
        self.assertGreaterEqual(acyl.metrics["rdkit-properties.brenk_alerts"], 1)
        self.assertEqual(acyl.tables["alerts"][0]["filter"], "BRENK")

    def test_a_large_greasy_molecule_breaks_the_rules(self):
        with shard(worker, MANIFEST) as (_, run):
            metrics = run({"ligand": {"smiles": "C" * 45}}).metrics
        self.assertEqual((metrics["rdkit-properties.lipinski_violations"], metrics["rdkit-properties.veber_violations"]), (2, 1))

    def test_all_descriptors_come_when_asked_for(self):
        with shard(worker, MANIFEST, descriptors=True) as (_, run):
            table = run({"ligand": {"smiles": ASPIRIN}}).tables["descriptors"]
        self.assertGreater(len(table), 200)

    def test_what_is_no_molecule_is_refused(self):
        with shard(worker, MANIFEST) as (_, run):
            for ligand in ({"smiles": "C1CC"}, {"smiles": "C" * 501}, {}, None):
                with self.subTest(ligand=ligand), self.assertRaises(Failure) as caught:
                    run({"ligand": ligand})
                self.assertEqual(caught.exception.code, "invalid_input")


if __name__ == "__main__":
    unittest.main()
