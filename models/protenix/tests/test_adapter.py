"""The adapter's input against goldens, its reader against documented output, and what it refuses."""
import sys
import unittest
from pathlib import Path

MODEL = Path(__file__).resolve().parents[1]
sys.path.append(str(MODEL.parents[1] / "packages" / "model-tests-python"))

from omtx_model_tests.adapters import AdapterCase  # noqa: E402
from omtx_worker import Failure  # noqa: E402

CASE = AdapterCase(MODEL)


class Protenix(unittest.TestCase):
    def test_input_and_command_are_the_golden_ones(self):
        self.assertEqual(CASE.written(CASE.input), CASE.golden())

    def test_documented_output_gives_these_numbers(self):
        result = CASE.run_documented()
        self.assertEqual(result.metrics, {"protenix.ranking_score": 0.83, "ptm": 0.80, "iptm": 0.84, "plddt": 88.9})
        self.assertIn("sample_1.cif", result.artifacts[0].path)

    def test_an_end_without_output_is_no_success_and_one_with_an_error_is_told(self):
        with self.assertRaises(Failure) as caught:
            CASE.run_documented("golden")
        self.assertEqual(caught.exception.code, "missing_output")
        with self.assertRaises(Failure) as failed:
            CASE.run_documented(exit_code=3, log="RuntimeError: broken weights")
        self.assertEqual((failed.exception.code, "broken weights" in failed.exception.message), ("model_error", True))
        with self.assertRaises(Failure) as memory:
            CASE.run_documented(exit_code=1, log="torch.OutOfMemoryError: CUDA out of memory.")
        self.assertEqual(memory.exception.code, "out_of_memory")

    def test_what_the_program_would_stumble_over_is_refused(self):
        with self.subTest("Molecule 1 (protein) has 1"), self.assertRaises(Failure) as caught:
            CASE.written({"molecules": [{"type": "protein", "sequence": "MK1"}]})
        self.assertIn("Molecule 1 (protein) has 1", caught.exception.message)
        with self.subTest("without SMILES"), self.assertRaises(Failure) as caught:
            CASE.written({"molecules": [{"type": "ligand"}]})
        self.assertIn("without SMILES", caught.exception.message)
        with self.subTest("takes protein"), self.assertRaises(Failure) as caught:
            CASE.written({"molecules": [{"type": "glycan"}]})
        self.assertIn("takes protein", caught.exception.message)


if __name__ == "__main__":
    unittest.main()
