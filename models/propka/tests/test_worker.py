"""Against PROPKA called directly, and what it would pass over in silence."""
import sys
import unittest
from pathlib import Path

MODEL = Path(__file__).resolve().parents[1]
sys.path += [str(MODEL), str(MODEL.parents[1] / "packages" / "model-tests-python")]

import io  # noqa: E402

from omtx_model_tests.fetched import complex_folder  # noqa: E402
from omtx_model_tests.workers import example_of, manifest_of, shard  # noqa: E402
import propka.run  # noqa: E402
import worker  # noqa: E402
from omtx_worker import Failure  # noqa: E402

MANIFEST = manifest_of(MODEL)


class Propka(unittest.TestCase):
    def test_groups_and_isoelectric_points_are_those_of_the_engine(self):
        pdb = (complex_folder("1s3v") / "1s3v_protein_one_lig_removed.pdb").read_text()
        direct = propka.run.single("x.pdb", stream=io.StringIO(pdb), optargs=["-q"], write_pka=False)
        with shard(worker, MANIFEST) as (_, run):
            result = run({"structure": {"pdb": pdb}})
        expected = {(group.atom.chain_id, group.atom.res_num, group.residue_type): round(group.pka_value, 2) for group in direct.conformations["AVR"].groups if group.residue_type}
        for record in result.tables["groups"]:
            place, kind = record["residue"].split(" ", 1)
            chain, number = place.split(":")
            self.assertEqual(record["pka"], expected[chain, int(number), kind])
        self.assertEqual([result.metrics["propka.pi_folded"], result.metrics["propka.pi_unfolded"]], [round(value, 2) for value in direct.get_pi()])
        self.assertGreater(len(result.tables["groups"]), 40)

    def test_one_atom_garbage_and_nothing_are_refused(self):
        with shard(worker, MANIFEST) as (_, run):
            one = "ATOM      1  N   ASP A   1      34.647  15.096  17.623  1.00  0.00           N"
            for structure in ({"pdb": one}, {"pdb": "garbage"}, {"pdb": ""}, {}):
                with self.subTest(structure=structure), self.assertRaises(Failure) as caught:
                    run({"structure": structure})
                self.assertEqual(caught.exception.code, "invalid_input")

    def test_the_example_runs(self):
        with shard(worker, MANIFEST) as (_, run):
            self.assertGreater(run(example_of(MODEL, MANIFEST)["input"]).metrics["propka.group_count"], 3)


if __name__ == "__main__":
    unittest.main()
