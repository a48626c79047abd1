"""Against pyKVFinder called directly, on a structure whose ligand is known."""
import sys
import unittest
from pathlib import Path

MODEL = Path(__file__).resolve().parents[1]
sys.path += [str(MODEL), str(MODEL.parents[1] / "packages" / "model-tests-python")]

import tempfile  # noqa: E402

from omtx_model_tests.fetched import complex_folder  # noqa: E402
from omtx_model_tests.workers import manifest_of, shard  # noqa: E402
import pyKVFinder  # noqa: E402
import worker  # noqa: E402
from omtx_worker import Failure  # noqa: E402

MANIFEST = manifest_of(MODEL)


class Pockets(unittest.TestCase):
    def test_volumes_are_those_of_the_engine_and_the_largest_box_holds_the_ligand(self):
        folder = complex_folder("1s3v")
        pdb = (folder / "1s3v_protein_one_lig_removed.pdb").read_text()
        with tempfile.TemporaryDirectory() as work:
            path = Path(work) / "x.pdb"
            path.write_text(worker.protein_only(pdb))
            direct = pyKVFinder.run_workflow(str(path), include_depth=True, include_hydropathy=True, nthreads=2)
        with shard(worker, MANIFEST) as (_, run):
            pockets = run({"structure": {"pdb": pdb}}).tables["pockets"]
        self.assertEqual({each["name"]: each["volume"] for each in pockets}, dict(direct.volume))
        for field, numbers in (("area", direct.area), ("max_depth", direct.max_depth), ("avg_depth", direct.avg_depth), ("hydropathy", direct.avg_hydropathy)):
            with self.subTest(field):
                self.assertEqual({each["name"]: each[field] for each in pockets}, {name: numbers[name] for name in direct.volume})
        best, center = pockets[0], center_of((folder / "1s3v_ligand.sdf").read_text())
        self.assertGreater(best["volume"], 500)
        for axis, place in zip("xyz", center, strict=True):
            self.assertLess(abs(best[f"center_{axis}"] - place), best[f"size_{axis}"] / 2)

    def test_what_has_no_pocket_or_is_no_structure_is_refused(self):
        line = "ATOM  {0:>5}  CA  ALA A{0:>4}    {1:8.3f}  15.096  17.623  1.00  0.00           C"
        chain = "\n".join(line.format(number, 4.0 * number) for number in range(1, 9))
        with shard(worker, MANIFEST) as (_, run):
            for pdb, code in ((chain, "no_result"), ("garbage", "invalid_input"), (line.format(1, 1.0), "invalid_input")):
                with self.subTest(code=code), self.assertRaises(Failure) as caught:
                    run({"structure": {"pdb": pdb}})
                self.assertEqual(caught.exception.code, code)


def center_of(sdf: str) -> list[float]:
    lines = sdf.splitlines()
    points = [[float(value) for value in line.split()[:3]] for line in lines[4 : 4 + int(lines[3][:3])]]
    return [sum(values) / len(values) for values in zip(*points, strict=True)]


if __name__ == "__main__":
    unittest.main()
