"""Against RDKit called directly."""
import sys
import unittest
from pathlib import Path

MODEL = Path(__file__).resolve().parents[1]
sys.path += [str(MODEL), str(MODEL.parents[1] / "packages" / "model-tests-python")]

from omtx_model_tests.workers import manifest_of, shard  # noqa: E402
import worker  # noqa: E402
from omtx_worker import Failure  # noqa: E402
from rdkit import Chem, DataStructs  # noqa: E402
from rdkit.Chem import rdFingerprintGenerator  # noqa: E402

MANIFEST = manifest_of(MODEL)
IBUPROFEN, NAPROXEN = "CC(C)Cc1ccc(cc1)[C@@H](C)C(=O)O", "COc1ccc2cc(ccc2c1)[C@H](C)C(=O)O"


class Similarity(unittest.TestCase):
    def test_fingerprint_similarity_is_that_of_rdkit_and_one_for_the_query(self):
        generator = rdFingerprintGenerator.GetMorganGenerator(radius=2, fpSize=2048)
        prints = [generator.GetFingerprint(Chem.MolFromSmiles(smiles)) for smiles in (IBUPROFEN, NAPROXEN)]
        with shard(worker, MANIFEST, {"query": {"smiles": IBUPROFEN}}) as (_, run):
            same, other = (run({"ligand": {"smiles": smiles}}).metrics["similarity"] for smiles in (IBUPROFEN, NAPROXEN))
        self.assertEqual(same, 1)
        self.assertAlmostEqual(other, DataStructs.TanimotoSimilarity(*prints), places=4)

    def test_shape_similarity_is_near_one_for_the_query_and_lower_for_methane(self):
        with shard(worker, MANIFEST, {"query": {"smiles": IBUPROFEN}}, method="shape", conformers=4) as (_, run):
            same = run({"ligand": {"smiles": IBUPROFEN}}).metrics
            other = run({"ligand": {"smiles": "C"}}).metrics
            again = run({"ligand": {"smiles": IBUPROFEN}}).metrics
        self.assertGreater(same["rdkit-similarity.shape"], 0.8)
        self.assertLess(other["rdkit-similarity.shape"], 0.3)
        self.assertEqual(same, again)

    def test_a_bad_query_fails_the_shard_and_a_bad_row_itself(self):
        with self.assertRaises(Failure) as caught, shard(worker, MANIFEST, {"query": {"smiles": "C1CC"}}):
            pass
        self.assertEqual(caught.exception.code, "setup_failed")
        with shard(worker, MANIFEST, {"query": {"smiles": "CCO"}}) as (_, run), self.assertRaises(Failure) as row:
            run({"ligand": {"smiles": "xx"}})
        self.assertEqual(row.exception.code, "invalid_input")


if __name__ == "__main__":
    unittest.main()
