"""Against PLIP called directly, on a pocket with its ligand."""
import sys
import unittest
from pathlib import Path

MODEL = Path(__file__).resolve().parents[1]
sys.path += [str(MODEL), str(MODEL.parents[1] / "packages" / "model-tests-python")]

import tempfile  # noqa: E402

from omtx_model_tests.workers import example_of, manifest_of, shard  # noqa: E402
import worker  # noqa: E402
from omtx_worker import Failure  # noqa: E402
from plip.structure.preparation import PDBComplex  # noqa: E402

MANIFEST = manifest_of(MODEL)
EXAMPLE = example_of(MODEL, MANIFEST)["input"]


class Interactions(unittest.TestCase):
    def test_interactions_are_those_of_the_engine(self):
        with tempfile.TemporaryDirectory() as work:
            path = Path(work) / "x.pdb"
            path.write_text(EXAMPLE["structure"]["pdb"])
            direct = PDBComplex()
            direct.load_pdb(str(path))
            direct.analyze()
        with shard(worker, MANIFEST) as (_, run):
            result = run(EXAMPLE)
        sets = direct.interaction_sets
        bonds = sum(len(each.hbonds_ldon) + len(each.hbonds_pdon) for each in sets.values())
        contacts = sum(len(each.hydrophobic_contacts) for each in sets.values())
        self.assertEqual(result.metrics["plip.hydrogen_bond_count"], bonds)
        self.assertEqual(sum(each["type"] == "hydrophobic" for each in result.tables["interactions"]), contacts)
        self.assertGreater(bonds + contacts, 3)
        told = [(each["type"], each["residue"], each["distance"]) for each in result.tables["interactions"]]
        for each in [bond for site in sets.values() for bond in [*site.hbonds_ldon, *site.hbonds_pdon]]:
            kind = "hydrogen bond (protein donor)" if each.protisdon else "hydrogen bond (ligand donor)"
            self.assertIn((kind, f"{each.reschain}:{each.resnr} {each.restype}", round(each.distance_ad, 2)), told)
        for each in [contact for site in sets.values() for contact in site.hydrophobic_contacts]:
            self.assertIn(("hydrophobic", f"{each.reschain}:{each.resnr} {each.restype}", round(each.distance, 2)), told)
        self.assertEqual(result.metrics["plip.ligand_count"], len(sets))

    def test_no_ligand_and_no_structure_are_refused(self):
        protein = "\n".join(line for line in EXAMPLE["structure"]["pdb"].splitlines() if line.startswith("ATOM"))
        with shard(worker, MANIFEST) as (_, run):
            for pdb in (protein, "garbage", ""):
                with self.subTest(pdb=pdb[:10]), self.assertRaises(Failure) as caught:
                    run({"structure": {"pdb": pdb}})
                self.assertEqual(caught.exception.code, "invalid_input")


if __name__ == "__main__":
    unittest.main()
