"""The adapter's input against goldens, its reader against documented output, and what it refuses."""
import sys
import unittest
from pathlib import Path

MODEL = Path(__file__).resolve().parents[1]
sys.path.append(str(MODEL.parents[1] / "packages" / "model-tests-python"))

from omtx_model_tests.adapters import AdapterCase, put  # noqa: E402

# Metrics of the best design, and the names of all, best first.
DOCUMENTED = {
    "nanobody_design": ({"rfantibody.interaction_pae": 7.53, "rfantibody.rmsd": 1.21, "design_count": 2}, ["design_0_dldesign_0_best", "design_1_dldesign_0_best"]),
    "cdr_optimization": ({"rfantibody.interaction_pae": 6.02, "rfantibody.rmsd": 0.84, "design_count": 2}, ["design_0_dldesign_1_best", "design_0_dldesign_0_best"]),
    "epitope_targeted_design": ({"rfantibody.interaction_pae": 11.05, "rfantibody.rmsd": 2.31, "design_count": 2}, ["design_1_dldesign_0_best", "design_0_dldesign_0_best"]),
    "antibody_de_novo_design": ({"rfantibody.interaction_pae": 8.15, "rfantibody.rmsd": 1.02, "design_count": 1}, ["design_0_dldesign_0_best"]),
}
CASES = {task: AdapterCase(MODEL, task) for task in DOCUMENTED}
CASE = CASES["nanobody_design"]


class RFantibody(unittest.TestCase):
    def test_input_and_commands_of_each_task_are_the_golden_ones(self):
        self.assertEqual([task["taskType"] for task in CASE.manifest["tasks"]], list(DOCUMENTED))
        for task, case in CASES.items():
            with self.subTest(task):
                self.assertEqual(case.written(case.input), case.golden())

    def test_documented_output_of_each_task_gives_these_numbers(self):
        for task, (metrics, designs) in DOCUMENTED.items():
            with self.subTest(task):
                result = CASES[task].run_documented()
                self.assertEqual(result.metrics, metrics)
                self.assertEqual([each["design"] for each in result.tables["designs"]], designs)
                self.assertEqual([artifact.name for artifact in result.artifacts], [f"rank-{rank}.pdb" for rank in range(1, len(designs) + 1)])
        self.assertEqual(CASE.run_documented().tables["designs"][0]["plddt"], 91)

    def test_tasks_differ_in_what_they_ask_for(self):
        own = {task["taskType"]: task["own"] for task in CASE.manifest["tasks"]}
        self.assertEqual(set(own["nanobody_design"]["properties"]["loops"]["properties"]), {"H1", "H2", "H3"})
        self.assertIn("loops", own["cdr_optimization"]["required"])
        self.assertEqual(len(own["antibody_de_novo_design"]["properties"]["loops"]["properties"]), 6)

    def test_an_end_without_output_is_no_success_and_one_with_an_error_is_told(self):
        CASE.check_bad_ends(self)

    def test_output_that_is_damaged_or_partial_or_no_number_is_told_row_by_row(self):
        CASE.check_damaged(self, {"predictions/design_0_dldesign_0_best.pdb": put(b"SCORE interaction_pae: 7.53", b"SCORE interaction_pae: nan")})

    def test_what_the_program_would_stumble_over_is_refused(self):
        CASE.check_refusals(self, {
            "no hotspots": {**CASE.input, "hotspots": ["305"]},
            "no residue T9999": {**CASE.input, "hotspots": ["T33", "T9999"]},
            "nanobody": {**CASE.input, "loops": {"L1": "8"}},
            "at least 50": {**CASE.input, "framework": CASE.input["target"]},
        })


if __name__ == "__main__":
    unittest.main()
