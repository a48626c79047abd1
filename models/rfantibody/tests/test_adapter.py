"""The adapter's input against goldens, its reader against documented output, and what it refuses."""
import sys
import unittest
from pathlib import Path

MODEL = Path(__file__).resolve().parents[1]
sys.path.append(str(MODEL.parents[1] / "packages" / "model-tests-python"))

from omtx_model_tests.adapters import AdapterCase, put  # noqa: E402

CASE = AdapterCase(MODEL)


class RFantibody(unittest.TestCase):
    def test_input_and_command_are_the_golden_ones(self):
        self.assertEqual(CASE.written(CASE.input), CASE.golden())

    def test_each_of_its_four_tasks_takes_the_same_input(self):
        tasks = CASE.manifest["tasks"]
        self.assertEqual(
            [task["taskType"] for task in tasks],
            ["nanobody_design", "cdr_optimization", "epitope_targeted_design", "antibody_de_novo_design"],
        )
        for task in tasks:
            with self.subTest(task["taskType"]):
                fields = {**task["shared"]["properties"], **task["own"]["properties"]}
                self.assertLessEqual(set(CASE.input), set(fields))

    def test_documented_output_gives_these_numbers(self):
        result = CASE.run_documented()
        self.assertEqual(result.metrics, {"rfantibody.interaction_pae": 7.53, "rfantibody.rmsd": 1.21, "design_count": 2})
        self.assertEqual(result.tables["designs"][0]["plddt"], 91)

    def test_an_end_without_output_is_no_success_and_one_with_an_error_is_told(self):
        CASE.check_bad_ends(self)

    def test_output_that_is_damaged_or_partial_or_no_number_is_told_row_by_row(self):
        CASE.check_damaged(self, {"predictions/design_0_dldesign_0_best.pdb": put(b'SCORE interaction_pae: 7.53', b"SCORE interaction_pae: nan")})

    def test_what_the_program_would_stumble_over_is_refused(self):
        CASE.check_refusals(self, {
            "no hotspots": {**CASE.input, "hotspots": ["305"]},
            "nanobody": {**CASE.input, "loops": {"L1": "8"}},
            "at least 50": {**CASE.input, "framework": CASE.input["target"]},
        })


if __name__ == "__main__":
    unittest.main()
