"""Against the chain called directly, on a crystal structure, and its bad inputs."""
import json
import sys
import unittest
from pathlib import Path

MODEL = Path(__file__).resolve().parents[1]
sys.path += [str(MODEL), str(MODEL.parents[1] / "packages" / "model-tests-python")]

from omtx_model_tests.workers import example_of, manifest_of, shard, worker as start  # noqa: E402
import worker  # noqa: E402
from omtx_chemistry import receptor_chain  # noqa: E402
from omtx_worker import Failure  # noqa: E402

MANIFEST = manifest_of(MODEL)
EXAMPLE = example_of(MODEL, MANIFEST)["input"]


class ReceptorPreparation(unittest.TestCase):
    def test_the_files_are_those_of_the_chain_and_the_report_says_what_was_removed(self):
        with shard(worker, MANIFEST) as (_, run):
            result = run(EXAMPLE)
        text, report = receptor_chain.prepare(EXAMPLE["structure"]["pdb"], None, [])
        self.assertEqual(result.metrics["receptor-prep.heavy_atom_count"], sum(line.startswith("ATOM") and line.split()[-1] not in ("H", "HD") for line in text.splitlines()))
        self.assertEqual(result.metrics["receptor-prep.heterogen_removed_count"], 1.0)
        self.assertIn("NDP", " ".join(each["residue"] for each in result.tables["changes"]))
        self.assertEqual(len(result.tables["changes"]), len(report["changes"]))

    def test_a_text_that_is_no_structure_is_refused(self):
        with shard(worker, MANIFEST) as (_, run):
            for pdb, code in (("garbage", "invalid_input"), ("", "invalid_input"), ("ATOM      1  N   ALA A   1      xx.xxx  15.096  17.623  1.00  0.00           N", "invalid_input")):
                with self.assertRaises(Failure) as caught:
                    run({"structure": {"pdb": pdb}})
                self.assertEqual(caught.exception.code, code)

    def test_chains_that_are_not_there_are_named(self):
        with shard(worker, MANIFEST) as (_, run), self.assertRaises(Failure) as caught:
            run({"structure": {**EXAMPLE["structure"], "chains": ["Q"]}})
        self.assertEqual((caught.exception.code, "chain Q" in caught.exception.message), ("preparation_failed", True))

    def test_over_the_protocol_the_same_row_gives_the_same_bytes(self):
        with start(MODEL) as process:
            process.open()
            process.next("opened")
            texts = []
            for row in ("0", "1"):
                process.predict(row, EXAMPLE)
                process.next("result", limit_seconds=120)
                texts.append((process.folder / "s" / f"row-{row}" / "receptor.pdbqt").read_bytes())
        self.assertEqual(texts[0], texts[1])
        self.assertTrue(json.dumps(MANIFEST["artifacts"]).count("receptor.pdbqt"))


if __name__ == "__main__":
    unittest.main()
