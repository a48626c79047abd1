"""Against ViennaRNA called directly, and what it folds without a word."""
import math
import sys
import unittest
from pathlib import Path

MODEL = Path(__file__).resolve().parents[1]
sys.path += [str(MODEL), str(MODEL.parents[1] / "packages" / "model-tests-python")]

from omtx_model_tests.workers import manifest_of, shard  # noqa: E402
import RNA  # noqa: E402
import worker  # noqa: E402
from omtx_worker import Failure  # noqa: E402

MANIFEST = manifest_of(MODEL)
# tRNA-Phe of yeast.
TRNA = "GCGGAUUUAGCUCAGUUGGGAGAGCGCCAGACUGAAGAUCUGGAGGUCCUGUGUUCGAUCCACAGAAUUCGCACCA"


class Folding(unittest.TestCase):
    def test_structure_and_energy_are_those_of_the_engine(self):
        structure, energy = RNA.fold(TRNA)
        with shard(worker, MANIFEST) as (_, run):
            result = run({"query": {"sequence": TRNA, "name": "tRNA"}})
        self.assertEqual(result.tables["structures"][0]["structure"], structure)
        self.assertAlmostEqual(result.metrics["folding_energy"], energy, places=2)
        _, ensemble = RNA.pf_fold(TRNA)
        self.assertAlmostEqual(result.metrics["viennarna.ensemble_energy"], ensemble, places=2)
        # Boltzmann's weight of the one structure among all of them.
        thermal = 0.0019872 * 310.15
        self.assertAlmostEqual(result.metrics["viennarna.mfe_frequency"], math.exp((ensemble - energy) / thermal), places=3)

    def test_dna_is_read_as_rna_and_warmer_is_less_stable(self):
        with shard(worker, MANIFEST, temperatureCelsius=60.0) as (_, run):
            warm = run({"query": {"sequence": TRNA.replace("U", "T")}}).metrics["folding_energy"]
        with shard(worker, MANIFEST) as (_, run):
            self.assertGreater(warm, run({"query": {"sequence": TRNA}}).metrics["folding_energy"])

    def test_proteins_gaps_and_nothing_are_refused(self):
        with shard(worker, MANIFEST) as (_, run):
            for sequence in ("MKV", "XYZ", "", None, "ACG-U"):
                with self.subTest(sequence=sequence), self.assertRaises(Failure) as caught:
                    run({"query": {"sequence": sequence}})
                self.assertEqual(caught.exception.code, "invalid_input")


if __name__ == "__main__":
    unittest.main()
