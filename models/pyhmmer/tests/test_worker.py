"""Against pyhmmer called directly, on two homologues and a stranger."""
import sys
import unittest
from pathlib import Path

MODEL = Path(__file__).resolve().parents[1]
sys.path += [str(MODEL), str(MODEL.parents[1] / "packages" / "model-tests-python")]

from omtx_model_tests.workers import example_of, manifest_of, shard  # noqa: E402
import pyhmmer  # noqa: E402
import worker  # noqa: E402
from omtx_worker import Failure  # noqa: E402

MANIFEST = manifest_of(MODEL)
EXAMPLE = example_of(MODEL, MANIFEST)["input"]
SHARED, QUERY = {"targets": EXAMPLE["targets"]}, {"query": EXAMPLE["query"]}


class Search(unittest.TestCase):
    def test_the_homologue_is_found_with_the_score_of_the_engine_and_the_stranger_is_not(self):
        with shard(worker, MANIFEST, SHARED) as (opened, run):
            result = run(QUERY)
            query = worker.digital("query", EXAMPLE["query"]["sequence"])
            [direct] = pyhmmer.hmmer.phmmer([query], opened.state[0], cpus=1, E=10)
        self.assertEqual([each["target"] for each in result.tables["hits"]][:1], ["DHFR_CANAL"])
        self.assertAlmostEqual(result.tables["hits"][0]["score"], direct[0].score, places=2)
        self.assertLess(result.metrics["pyhmmer.best_evalue"], 1e-15)
        self.assertNotIn("UBQ_HUMAN", [each["target"] for each in result.tables["hits"] if each["evalue"] < 1e-3])

    def test_an_iterated_search_has_the_hits_scores_and_evalues_of_jackhmmer_called_directly(self):
        with shard(worker, MANIFEST, SHARED, iterations=3, evalue=100.0) as (_, run):
            result = run(QUERY)
        letters = pyhmmer.easel.Alphabet.amino()
        named = EXAMPLE["targets"]["sequences"] if "sequences" in EXAMPLE["targets"] else None
        pairs = [(each["name"], each["sequence"]) for each in named] if named else worker.read_fasta(EXAMPLE["targets"]["fasta"])
        block = pyhmmer.easel.DigitalSequenceBlock(letters, [worker.digital(name, sequence) for name, sequence in pairs])
        [found] = pyhmmer.hmmer.jackhmmer([worker.digital("query", EXAMPLE["query"]["sequence"])], block, max_iterations=3, cpus=1, E=100.0)
        direct = [(worker.text_of(hit.name), hit.score, hit.evalue) for hit in found.hits if hit.included or hit.reported]
        self.assertGreaterEqual(len(direct), 1)
        self.assertEqual([each["target"] for each in result.tables["hits"]], [name for name, _, _ in direct])
        for record, (_, score, evalue) in zip(result.tables["hits"], direct, strict=True):
            self.assertAlmostEqual(record["score"], score, places=2)
            self.assertAlmostEqual(record["evalue"] / evalue, 1, places=6)
        self.assertEqual(result.metrics["pyhmmer.best_evalue"], direct[0][2])

    def test_iterations_find_it_too_and_a_set_without_relatives_has_no_hits(self):
        with shard(worker, MANIFEST, SHARED, iterations=2) as (_, run):
            self.assertEqual(run(QUERY).tables["hits"][0]["target"], "DHFR_CANAL")
        with shard(worker, MANIFEST, {"targets": {"sequences": [{"name": "g", "sequence": "G" * 50}]}}, evalue=1e-5) as (_, run):
            self.assertEqual(run(QUERY).metrics, {"hit_count": 0})

    def test_bad_sets_and_queries_are_refused_by_name(self):
        for targets in ({"fasta": "no header"}, {"sequences": []}, {"fasta": ">a\nMK1"}, {"fasta": ">a\nMK\n>a\nMV"}):
            with self.subTest(targets=targets), self.assertRaises(Failure) as caught, shard(worker, MANIFEST, {"targets": targets}):
                pass
            self.assertEqual(caught.exception.code, "setup_failed")
        with shard(worker, MANIFEST, SHARED) as (_, run), self.assertRaises(Failure) as row:
            run({"query": {"sequence": "12"}})
        self.assertEqual(row.exception.code, "invalid_input")


if __name__ == "__main__":
    unittest.main()
