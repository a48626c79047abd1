"""The adapter's input against goldens, its reader against documented output, and what it refuses."""
import io
import struct
import sys
import unittest
import zipfile
from pathlib import Path

MODEL = Path(__file__).resolve().parents[1]
sys.path.append(str(MODEL.parents[1] / "packages" / "model-tests-python"))

from omtx_model_tests.adapters import AdapterCase  # noqa: E402

CASE = AdapterCase(MODEL)


def nan_score(data: bytes) -> bytes:
    """The scores with a NaN in place of the aggregate score (32 bits)."""
    target = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(target, "w") as new:
        for name in old.namelist():
            content = old.read(name)
            new.writestr(name, content[:-4] + struct.pack("<f", float("nan")) if name == "aggregate_score.npy" else content)
    return target.getvalue()


class Chai1(unittest.TestCase):
    def test_input_and_command_are_the_golden_ones(self):
        self.assertEqual(CASE.written(CASE.input), CASE.golden())

    def test_documented_output_gives_these_numbers(self):
        result = CASE.run_documented()
        self.assertEqual([each["sample"] for each in result.tables["samples"]], [1, 0])
        self.assertAlmostEqual(result.metrics["chai1.aggregate_score"], 0.78, places=5)
        self.assertEqual((result.metrics["plddt"], result.artifacts[0].path), (91, "out/pred.model_idx_1.cif"))

    def test_an_end_without_output_is_no_success_and_one_with_an_error_is_told(self):
        CASE.check_bad_ends(self)

    def test_output_that_is_damaged_or_partial_or_no_number_is_told_row_by_row(self):
        CASE.check_damaged(self, {"out/scores.model_idx_1.npz": nan_score})

    def test_what_the_program_would_stumble_over_is_refused(self):
        CASE.check_refusals(self, {
            "Molecule 1 (protein) has 1": {"molecules": [{"type": "protein", "sequence": "MK1"}]},
            "without SMILES": {"molecules": [{"type": "ligand"}]},
            "takes protein": {"molecules": [{"type": "glycan"}]},
        })


if __name__ == "__main__":
    unittest.main()
