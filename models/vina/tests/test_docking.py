"""The worker over its protocol with the real engine: the bare engine's bytes whatever the neighbours, and rows that die alone."""
from __future__ import annotations

import hashlib
import json
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path

from support import ASPIRIN, SMALL_BOX, small_receptor, worker
from worker_process import wait_until

LIMIT_SECONDS = 120
SHARED = {"receptor": {"pdbqt": small_receptor()}, "box": SMALL_BOX}
# A salt, undefined stereo, an opened macrocycle (types CG0 and G0), silicon and iodine among them: a type without a map ends the process.
LIGANDS = {
    "aspirin": ASPIRIN,
    "paracetamol": "CC(=O)Nc1ccc(O)cc1",
    "caffeine": "Cn1cnc2c1c(=O)n(C)c(=O)n2C",
    "ibuprofen": "CC(C)Cc1ccc(cc1)C(C)C(=O)O",
    "naproxen sodium": "[Na+].COc1ccc2cc(ccc2c1)[C@H](C)C([O-])=O",
    "iodobenzene": "Ic1ccccc1",
    "silane": "C[Si](C)(C)c1ccccc1",
    "macrocycle": "O=C1CCCCCCCCCCN1",
    "benzene": "c1ccccc1",
    "dichlorobromophenol": "Oc1c(Cl)cc(Br)cc1Cl",
}
# Runs the program of each row's reproduce.json in the row's folder; its arguments are folders.
BARE = "import os, sys, pathlib, json\nfor folder in sys.argv[1:]:\n    os.chdir(folder)\n    exec(pathlib.Path('program.py').read_text())\n    pathlib.Path('energies.json').write_text(json.dumps(engine.energies(9, 3.0).tolist()))\n"

Outcome = tuple[dict, dict[str, bytes]]


def dock(names: list[str], cpus: int = 1, alone: bool = False, seed: int = 42, **parameters: object) -> dict[str, Outcome]:
    """Docks ligands in this order, each in a shard of its own with `alone`. @returns by name: the message, and files by name (with the shard's)"""
    found: dict[str, Outcome] = {}
    with worker(cpus) as process:
        for number, group in enumerate([[name] for name in names] if alone else [names]):
            shard = f"s{number}"
            process.open(shard, SHARED, {"exhaustiveness": 1, **parameters}, seed)
            opened = process.next("opened", "failure", limit_seconds=LIMIT_SECONDS)
            assert opened["type"] == "opened", opened
            for row, name in enumerate(group):
                process.predict(str(row), {"ligand": {"name": name, "smiles": LIGANDS[name]}}, shard)
            outcomes = process.outcomes(len(group), LIMIT_SECONDS)
            for row, name in enumerate(group):
                message = outcomes[str(row)]
                folder = process.folder / shard / f"row-{row}"
                paths = [folder / each["path"] for each in message.get("artifacts", [])] + [process.folder / shard / each["path"] for each in opened["artifacts"]]
                found[name] = ({**message, "row": ""}, {path.name: path.read_bytes() for path in paths})
            process.send({"type": "close", "shard": shard})
    return found


class SameBytes(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.names = list(LIGANDS)
        cls.ten = dock(cls.names, cpus=2)

    def test_every_ligand_is_docked_and_told(self):
        self.assertEqual({name: message["type"] for name, (message, _) in self.ten.items()}, dict.fromkeys(LIGANDS, "result"))
        notes = {name: [note["code"] for note in message["notes"]] for name, (message, _) in self.ten.items() if message["notes"]}
        self.assertEqual(notes, {"ibuprofen": ["undefined_stereo"], "naproxen sodium": ["salt_removed"]})

    def test_the_bare_engine_gives_the_same_poses_and_energies_from_the_artifacts(self):
        for cpus in (1, 2):
            for name, (poses, energies) in self.bare(self.names if cpus == 1 else self.names[:3], cpus).items():
                with self.subTest(name, cpus=cpus):
                    message, files = self.ten[name]
                    self.assertEqual(poses, files["poses.pdbqt"])
                    self.assertEqual(message["metrics"]["docking_score"], energies[0][0])
                    favourable = [row[0] for row in energies if row[0] <= 0]
                    self.assertEqual([pose["docking_score"] for pose in message["tables"]["poses"]], favourable)

    def bare(self, names: list[str], cpus: int) -> dict[str, tuple[bytes, list[list[float]]]]:
        """Poses and energies of the engine without any of our code, in other processes, one for each half of the names."""
        with tempfile.TemporaryDirectory() as folder:
            folders = {name: Path(folder) / str(number) for number, name in enumerate(names)}
            for name, place in folders.items():
                files = self.ten[name][1]
                place.mkdir()
                for file in ("receptor.pdbqt", "ligand.pdbqt"):
                    (place / file).write_bytes(files[file])
                program = json.loads(files["reproduce.json"])["python"]
                (place / "program.py").write_text(program.replace("cpu=1", f"cpu={cpus}"))
            places = list(map(str, folders.values()))
            halves = [subprocess.Popen([sys.executable, "-I", "-c", BARE, *half]) for half in (places[::2], places[1::2])]
            self.assertEqual([half.wait(LIMIT_SECONDS) for half in halves], [0, 0])
            return {name: ((place / "poses.pdbqt").read_bytes(), json.loads((place / "energies.json").read_text())) for name, place in folders.items()}

    def assert_same(self, found: dict[str, Outcome]) -> None:
        for name, outcome in found.items():
            with self.subTest(name):
                self.assertEqual(outcome, self.ten[name])

    def test_ten_backwards_on_one_cpu(self):
        self.assert_same(dock(self.names[::-1]))

    def test_three_of_them_on_two_cpus(self):
        self.assert_same(dock(["caffeine", "macrocycle", "aspirin"], cpus=2))

    def test_each_alone(self):
        self.assert_same(dock(["aspirin", "ibuprofen", "silane"], alone=True))

    def test_another_seed_or_other_parameters_are_another_result(self):
        first = self.ten["ibuprofen"][1]["poses.pdbqt"]
        for settings in ({"seed": 43}, {"poses": 1}, {"exhaustiveness": 2}):
            with self.subTest(settings):
                [(_, files)] = dock(["ibuprofen"], **settings).values()
                self.assertNotEqual(files["poses.pdbqt"], first)

    def test_the_digests_are_those_of_the_artifacts(self):
        for _, files in self.ten.values():
            for each in json.loads(files["reproduce.json"])["inputs"].values():
                self.assertEqual(each["sha256"], hashlib.sha256(files[each["artifact"]]).hexdigest())


class Rows(unittest.TestCase):
    def test_a_refused_row_leaves_the_others(self):
        with worker(cpus=2) as process:
            process.open(shared=SHARED, parameters={"exhaustiveness": 1})
            asked = {
                "bad": {"smiles": "c1cccc1"},
                "boron": {"smiles": "OB(O)c1ccccc1"},
                "long": {"smiles": "C" * 32},
                "flat": {"molblock": FLAT},
                "good": {"smiles": ASPIRIN},
            }
            for row, ligand in asked.items():
                process.predict(row, {"ligand": ligand})
            outcomes = process.outcomes(len(asked), LIMIT_SECONDS)
        codes = {row: message.get("code", "result") for row, message in outcomes.items()}
        self.assertEqual(codes, {**dict.fromkeys(asked, "invalid_input"), "good": "result"})

    def test_a_cancelled_row_ends_at_once_and_the_next_one_is_docked(self):
        with worker() as process:
            process.open(shared=SHARED, parameters={"exhaustiveness": 64})
            process.next("opened", limit_seconds=LIMIT_SECONDS)
            process.predict("slow", {"ligand": {"smiles": "CCCCCCCCc1ccccc1C(=O)NCCCCCC"}})
            process.predict("waiting", {"ligand": {"smiles": "c1ccccc1"}})
            process.next("started", limit_seconds=LIMIT_SECONDS)
            time.sleep(1.5)  # in the engine, which holds the interpreter
            asked_at = time.monotonic()
            process.send({"type": "cancel", "row": "slow"})
            self.assertEqual(process.next("failure", "result")["code"], "cancelled")
            self.assertLess(time.monotonic() - asked_at, 1)
            process.send({"type": "cancel", "row": "waiting"})
            self.assertEqual(process.next("failure")["code"], "cancelled")
            process.open("t", SHARED, {"exhaustiveness": 1})
            process.predict("next", {"ligand": {"smiles": ASPIRIN}}, "t")
            self.assertEqual(process.next("result", "failure", limit_seconds=LIMIT_SECONDS)["type"], "result")

    def test_nothing_is_left_when_the_hub_goes_in_the_middle_of_a_row(self):
        with worker(cpus=2) as process:
            process.open(shared=SHARED, parameters={"exhaustiveness": 64})
            process.predict("slow", {"ligand": {"smiles": "CCCCCCCCc1ccccc1C(=O)NCCCCCC"}})
            process.next("started", limit_seconds=LIMIT_SECONDS)
            time.sleep(1)
            process.close_input()
            self.assertTrue(wait_until(process.has_ended, 5))

    def test_no_favourable_pose_is_no_result(self):
        """Three rings in a box of 8 Å full of protein."""
        with worker() as process:
            process.open(shared={**SHARED, "box": {**SMALL_BOX, "center": [33.101, -27.53, -2.473], "size": [8, 8, 8]}}, parameters={"exhaustiveness": 1})
            process.predict("1", {"ligand": {"smiles": "c1ccc2cc3ccccc3cc2c1"}})
            message = process.next("result", "failure", limit_seconds=LIMIT_SECONDS)
        self.assertEqual(message.get("code"), "no_result", message)
        self.assertIn("No favourable pose", message["message"])


class Shards(unittest.TestCase):
    def refusal(self, shared, seed=42):
        with worker() as process:
            process.open(shared=shared, seed=seed)
            return process.next("opened", "failure", limit_seconds=LIMIT_SECONDS)

    def test_what_makes_the_engine_hang_exit_or_invent_is_refused_before_it_sees_it(self):
        line = small_receptor().splitlines()[0]
        cases = {
            "finite": {**SHARED, "box": {"center": [float("nan"), 0, 0], "size": [20, 20, 20]}},
            "at most 40": {**SHARED, "box": {"center": SMALL_BOX["center"], "size": [500, 500, 500]}},
            "at least 8": {**SHARED, "box": {"center": SMALL_BOX["center"], "size": [3, 3, 3]}},
            "Put it on the pocket": {**SHARED, "box": {"center": [500, 500, 500], "size": [20, 20, 20]}},
            "has no atoms": {**SHARED, "receptor": {"pdbqt": "REMARK nothing\n"}},
            "plain PDB": {**SHARED, "receptor": {"pdbqt": line[:66] + "\n"}},
            "atom type Xx": {**SHARED, "receptor": {"pdbqt": line[:77] + "Xx\n"}},
            "rigid receptor": {**SHARED, "receptor": {"pdbqt": "ROOT\n" + line + "\nENDROOT\n"}},
        }
        with worker() as process:
            for number, (word, shared) in enumerate(cases.items()):
                with self.subTest(word):
                    process.open(f"s{number}", shared)
                    failure = process.next("opened", "failure", limit_seconds=LIMIT_SECONDS)
                    self.assertEqual(failure.get("code"), "setup_failed", failure)
                    self.assertIn(word, failure["message"])

    def test_seed_zero_is_refused(self):
        self.assertIn("nobody could repeat", self.refusal(SHARED, seed=0)["message"])


FLAT = """
  flat

  3  2  0  0  0  0  0  0  0  0999 V2000
    0.0000    0.0000    0.0000 C   0  0
    0.0000    0.0000    0.0000 C   0  0
    0.0000    0.0000    0.0000 O   0  0
  1  2  1  0
  2  3  1  0
M  END
"""


if __name__ == "__main__":
    unittest.main()
