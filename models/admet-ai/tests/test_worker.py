"""Against ADMET-AI called directly; not in the ordinary test run, because its environment has 6 GB."""
import sys
import unittest
from pathlib import Path

MODEL = Path(__file__).resolve().parents[1]
sys.path += [str(MODEL), str(MODEL.parents[1] / "packages" / "model-tests-python")]

from omtx_model_tests.workers import manifest_of, shard  # noqa: E402
import worker  # noqa: E402
from omtx_worker import Failure  # noqa: E402

MANIFEST = manifest_of(MODEL)
ENDPOINTS = {
    "admet-ai.herg": "hERG",
    "admet-ai.ames": "AMES",
    "admet-ai.dili": "DILI",
    "admet-ai.solubility": "Solubility_AqSolDB",
    "admet-ai.absorption": "HIA_Hou",
    "admet-ai.bbb": "BBB_Martins",
}


class Endpoints(unittest.TestCase):
    def test_endpoints_are_those_of_the_engine_and_odd_ones_are_told(self):
        with shard(worker, MANIFEST) as (opened, run):
            result = run({"ligand": {"smiles": "CC(=O)Oc1ccccc1C(=O)O"}})
            direct = opened.state.predict(smiles="CC(=O)Oc1ccccc1C(=O)O")
        told = {each["endpoint"]: each["value"] for each in result.tables["endpoints"]}
        self.assertEqual(told, {name: round(float(value), 4) for name, value in direct.items()})
        self.assertGreater(len(told), 90)
        for metric, endpoint in ENDPOINTS.items():
            with self.subTest(metric):
                self.assertAlmostEqual(result.metrics[metric], direct[endpoint], places=3)
        self.assertEqual([note.code for note in result.notes], ["out_of_range"])

    def test_salts_nothing_and_garbage_are_refused(self):
        with shard(worker, MANIFEST) as (_, run):
            for smiles in ("", "[Na+].[Cl-]", "C1CC", None):
                with self.subTest(smiles=smiles), self.assertRaises(Failure):
                    run({"ligand": {"smiles": smiles}})


if __name__ == "__main__":
    unittest.main()
