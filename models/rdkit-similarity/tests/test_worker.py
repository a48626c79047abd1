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
from rdkit.Chem import AllChem, rdFingerprintGenerator, rdShapeAlign  # noqa: E402

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

    def test_shape_and_colour_are_those_of_rdkit_for_the_best_conformer(self):
        with shard(worker, MANIFEST, {"query": {"smiles": IBUPROFEN}}, method="shape", conformers=6) as (_, run):
            metrics = run({"ligand": {"smiles": NAPROXEN}}).metrics
            [aligned] = Chem.SDMolSupplier(str(run.folder / "aligned.sdf"), removeHs=False)
        query, probe = conformers(IBUPROFEN, 1), conformers(NAPROXEN, 6)
        scores = [rdShapeAlign.AlignMol(query, Chem.Mol(probe, confId=each.GetId())) for each in probe.GetConformers()]
        shape, colour = max(scores, key=sum)
        self.assertGreater(len({round(sum(each), 4) for each in scores}), 1)
        self.assertAlmostEqual(metrics["rdkit-similarity.shape"], shape, places=3)
        self.assertAlmostEqual(metrics["rdkit-similarity.colour"], colour, places=3)
        self.assertAlmostEqual(metrics["similarity"], (shape + colour) / 2, places=3)
        # The file holds the molecule where it was scored: on the query.
        options = rdShapeAlign.ShapeInputOptions()
        self.assertAlmostEqual(rdShapeAlign.ScoreMol(query, aligned, options, options)[0], shape, delta=0.01)

    def test_coordinates_that_are_given_are_compared_as_they_are(self):
        probe = conformers(NAPROXEN, 1)
        with shard(worker, MANIFEST, {"query": {"smiles": IBUPROFEN}}, method="shape", conformers=6) as (_, run):
            metrics = run({"ligand": {"molblock": Chem.MolToMolBlock(probe)}}).metrics
        shape, colour = rdShapeAlign.AlignMol(conformers(IBUPROFEN, 1), Chem.Mol(probe))
        # A molblock has four decimals of an angstrom.
        self.assertAlmostEqual(metrics["rdkit-similarity.shape"], shape, delta=0.01)
        self.assertAlmostEqual(metrics["rdkit-similarity.colour"], colour, delta=0.01)

    def test_a_bad_query_fails_the_shard_and_a_bad_row_itself(self):
        with self.assertRaises(Failure) as caught, shard(worker, MANIFEST, {"query": {"smiles": "C1CC"}}):
            pass
        self.assertEqual(caught.exception.code, "setup_failed")
        with shard(worker, MANIFEST, {"query": {"smiles": "CCO"}}) as (_, run), self.assertRaises(Failure) as row:
            run({"ligand": {"smiles": "xx"}})
        self.assertEqual(row.exception.code, "invalid_input")


def conformers(smiles: str, count: int) -> Chem.Mol:
    """By RDKit alone, with the seed that the shard is given."""
    molecule = Chem.AddHs(Chem.MolFromSmiles(Chem.CanonSmiles(smiles)))
    settings = AllChem.ETKDGv3()
    settings.randomSeed = 42
    assert len(AllChem.EmbedMultipleConfs(molecule, count, settings)) == count
    return molecule


if __name__ == "__main__":
    unittest.main()
