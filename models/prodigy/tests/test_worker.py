"""Against PRODIGY called directly, on a crystal dimer."""
import math
import sys
import unittest
from pathlib import Path

MODEL = Path(__file__).resolve().parents[1]
sys.path += [str(MODEL), str(MODEL.parents[1] / "packages" / "model-tests-python")]

from omtx_model_tests.fetched import complex_folder  # noqa: E402
from omtx_model_tests.workers import example_of, manifest_of, shard  # noqa: E402
import worker  # noqa: E402
from omtx_worker import Failure  # noqa: E402
from prodigy_prot.modules.parsers import parse_structure  # noqa: E402
from prodigy_prot.modules.prodigy import Prodigy  # noqa: E402

MANIFEST = manifest_of(MODEL)


class Dimer(unittest.TestCase):
    def test_the_energy_is_that_of_the_engine(self):
        path = complex_folder("1ia1") / "1ia1_protein_one_lig_removed.pdb"
        models, *_ = parse_structure(str(path))
        direct = Prodigy(models[0], "x", selection=["A", "B"], temp=25.0)
        direct.predict(distance_cutoff=5.5, acc_threshold=0.05)
        with shard(worker, MANIFEST) as (_, run):
            metrics = run({"structure": {"pdb": path.read_text()}, "partners": ["A", "B"]}).metrics
        self.assertAlmostEqual(metrics["binding_energy"], direct.as_dict()["ba_val"], places=3)
        self.assertAlmostEqual(metrics["binding_energy"], -6.46, places=2)
        self.assertEqual(metrics["prodigy.contact_count"], direct.as_dict()["ICs"])
        self.assertAlmostEqual(metrics["prodigy.log_kd"], math.log10(direct.as_dict()["kd_val"]), places=3)
        self.assertAlmostEqual(metrics["prodigy.apolar_surface"], direct.as_dict()["nis_a"], places=2)
        self.assertAlmostEqual(metrics["prodigy.charged_surface"], direct.as_dict()["nis_c"], places=2)

    def test_one_chain_an_unknown_chain_and_chains_apart_are_refused(self):
        pdb = example_of(MODEL, MANIFEST)["input"]["structure"]["pdb"]
        alone = "\n".join(line for line in pdb.splitlines() if line[21:22] != "B")
        apart = "\n".join(line[:30] + f"{float(line[30:38]) + 200:8.3f}" + line[38:] if line[21:22] == "B" else line for line in pdb.splitlines())
        with shard(worker, MANIFEST) as (_, run):
            for text, partners, code in ((alone, [], "invalid_input"), (pdb, ["A", "Q"], "invalid_input"), (pdb, ["A"], "invalid_input"), (apart, ["A", "B"], "no_result"), ("garbage", [], "invalid_input")):
                with self.subTest(partners=partners, code=code), self.assertRaises(Failure) as caught:
                    run({"structure": {"pdb": text}, "partners": partners})
                self.assertEqual(caught.exception.code, code)


if __name__ == "__main__":
    unittest.main()
