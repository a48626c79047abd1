"""The adapter's input against goldens, its reader against documented output, and what it refuses."""
import sys
import unittest
from pathlib import Path

MODEL = Path(__file__).resolve().parents[1]
sys.path.append(str(MODEL.parents[1] / "packages" / "model-tests-python"))

from omtx_model_tests.adapters import AdapterCase  # noqa: E402

CASE = AdapterCase(MODEL)


class EsmFold(unittest.TestCase):
    def test_input_and_command_are_the_golden_ones(self):
        self.assertEqual(CASE.written(CASE.input), CASE.golden())

    def test_documented_output_gives_these_numbers(self):
        result = CASE.run_documented(log="INFO Predicted structure for row with length 61, pLDDT 88.0, pTM 0.83 in 4.2s. 1 / 1 completed.")
        self.assertEqual(result.metrics, {"plddt": 88.0, "ptm": 0.83})

    def test_an_end_without_output_is_no_success_and_one_with_an_error_is_told(self):
        CASE.check_bad_ends(self)

    def test_output_that_is_damaged_or_partial_or_no_number_is_told_row_by_row(self):
        CASE.check_damaged(self, {"pdb/row.pdb": lambda data: b"".join(line[:60] + b"   nan" + line[66:] for line in data.splitlines(True) if line.startswith(b"ATOM"))})

    def test_what_the_program_would_stumble_over_is_refused(self):
        CASE.check_refusals(self, {
            "has 1": {"proteinSequence": "MKV1"},
        })


if __name__ == "__main__":
    unittest.main()
