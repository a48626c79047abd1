"""The manifest says what the worker does."""
import csv
import json
import unittest
from collections import Counter

from rdkit import Chem
from support import MODEL, settings
from omtx_chemistry import ligand, targets
from vina_worker import shard
from omtx_chemistry.box import LARGEST_EDGE_ANGSTROM, SMALLEST_EDGE_ANGSTROM
from vina_worker.engine import ENGINE_VERSION
from omtx_chemistry.poses import Pose, pose_record
from omtx_chemistry.settings import settings_of

MANIFEST = json.loads((MODEL / "model.json").read_text())
[TASK] = MANIFEST["tasks"]


def choices(schema):
    """Alternatives of a oneOf, by their first required field."""
    return {each["required"][0]: each for each in schema["oneOf"]}


class Manifest(unittest.TestCase):
    def test_targets_are_those_of_the_package(self):
        target = choices(TASK["shared"]["properties"]["receptor"])["dockstring"]
        self.assertEqual(target["properties"]["dockstring"]["enum"], targets.target_names())

    def test_defaults_are_those_of_the_worker(self):
        defaults = {name: each["default"] for name, each in MANIFEST["parameters"]["properties"].items()}
        self.assertEqual(settings_of(defaults, 42), settings_of({}, 42))
        self.assertEqual((defaults["exhaustiveness"], defaults["protonation"]), (8, "as_drawn"))

    def test_limits_are_those_of_the_worker(self):
        limits = {each["rule"]: each for each in MANIFEST["limits"]}
        self.assertEqual(tuple(limits["elements"]["allowed"]), ligand.ELEMENTS)
        self.assertEqual(limits["heavy_atoms"]["max"], ligand.MOST_HEAVY_ATOMS)
        self.assertEqual(limits["rotatable_bonds"]["max"], ligand.MOST_TORSIONS)
        # Measured: at 0 the engine ends with an error; more than this is an hour a ligand.
        exhaustiveness = MANIFEST["parameters"]["properties"]["exhaustiveness"]
        self.assertEqual((exhaustiveness["minimum"], exhaustiveness["maximum"]), (1, 128))
        size = choices(TASK["shared"]["properties"]["box"])["center"]["properties"]["size"]["items"]
        self.assertEqual((size["minimum"], size["maximum"]), (SMALLEST_EDGE_ANGSTROM, LARGEST_EDGE_ANGSTROM))

    def test_artifacts_tables_and_metrics_are_those_of_the_worker(self):
        for per, artifacts in (("shard", shard.SHARD_ARTIFACTS), ("row", shard.ROW_ARTIFACTS)):
            declared = [(each["name"], each["role"], each["mediaType"]) for each in MANIFEST["artifacts"] if each["per"] == per]
            self.assertEqual(declared, [(each.name, each.role, each.media_type) for each in artifacts])
        pose = Pose(1, -1.0, 0.0, 0.0, -1.0, 0.0, 0.0, {})
        self.assertEqual([column["id"] for column in MANIFEST["tables"][0]["columns"]], list(pose_record(pose)))
        docked = ligand.PreparedLigand(None, "", (), "", 1, 0, 0, 0.0)
        self.assertEqual(MANIFEST["metrics"], list(shard.row_metrics(docked, [pose])))

    def test_version_is_that_of_the_engine(self):
        self.assertEqual(MANIFEST["version"], ENGINE_VERSION)


class Examples(unittest.TestCase):
    def test_the_drugs_are_twelve_a_broken_one_a_duplicate_and_a_salt(self):
        with (MODEL / "examples" / "cox2-drugs.csv").open() as file:
            rows = list(csv.DictReader(file))
        self.assertEqual(list(rows[0]), ["name", "smiles"])
        broken = [row["name"] for row in rows if Chem.MolFromSmiles(row["smiles"]) is None]
        self.assertEqual(broken, ["not a molecule"])
        smiles = {row["name"]: Chem.CanonSmiles(row["smiles"]) for row in rows if row["name"] not in broken}
        self.assertEqual(len(set(list(smiles.values())[:12])), 12)
        self.assertEqual([name for name, count in Counter(smiles.values()).items() if count > 1], [smiles["aspirin"]])
        salt = ligand.prepare_ligand({"smiles": smiles["naproxen sodium"]}, settings())
        self.assertEqual([note.code for note in salt.notes], ["salt_removed"])

    def test_the_target_is_one_that_there_is(self):
        target = json.loads((MODEL / "examples" / "cox2-target.json").read_text())
        self.assertIn(target["receptor"]["dockstring"], targets.target_names())


if __name__ == "__main__":
    unittest.main()
