"""The worker with the real program: what a row gives, in any order, cancelled, killed, refused among others, and with the default parameters."""
import hashlib
import json
import os
import signal
import tempfile
import unittest
from pathlib import Path
from types import SimpleNamespace

import gemmi
import numpy as np
from support import ASPIRIN, MANIFEST, MODEL, QUICK, SEQUENCE, start
from omtx_model_tests.workers import check_declared, defaults_of
from omtx_worker import Artifact
from worker_process import group_members

LIMIT_SECONDS = 300
DEFAULTS = defaults_of(MANIFEST)
PARAMETERS = {**DEFAULTS, **QUICK}
BENZAMIDINE = "NC(=N)c1ccccc1"


def complex_with(smiles: str) -> dict:
    """A ligand without affinity: one stage, and its conformer is embedded all the same."""
    return {"molecules": [{"type": "protein", "id": "A", "sequence": SEQUENCE}, {"type": "ligand", "id": "L", "smiles": smiles}]}


class Worker(unittest.TestCase):
    @classmethod
    def setUpClass(cls) -> None:
        cls.worker = start()
        cls.addClassCleanup(cls.worker.__exit__)
        cls.ready = cls.worker.next("ready", limit_seconds=LIMIT_SECONDS)

    def setUp(self) -> None:
        self.shard = self.id().rsplit(".", 1)[-1]

    def open(self, **parameters: object) -> None:
        self.worker.open(self.shard, {}, {**PARAMETERS, **parameters})
        self.worker.next("opened", limit_seconds=LIMIT_SECONDS)

    def start_row(self, row: str, asked: dict) -> None:
        self.worker.predict(row, asked, self.shard)

    def answer(self) -> dict:
        return self.worker.next("result", "failure", limit_seconds=LIMIT_SECONDS)

    def run_row(self, row: str, asked: dict) -> dict:
        self.start_row(row, asked)
        return self.answer()

    def folder(self, row: str) -> Path:
        return self.worker.folder / self.shard / f"row-{row}"

    def digests(self, answer: dict) -> dict[str, str]:
        self.assertEqual(answer["type"], "result", answer)
        return {each["name"]: hashlib.sha256((self.folder(answer["row"]) / each["path"]).read_bytes()).hexdigest() for each in answer["artifacts"]}

    def check_result(self, answer: dict) -> dict:
        self.assertEqual(answer["type"], "result", answer)
        artifacts = [Artifact(each["name"], each["path"], each["mediaType"], each["role"]) for each in answer["artifacts"]]
        result = SimpleNamespace(metrics=answer["metrics"], tables=answer["tables"], artifacts=artifacts)
        check_declared({**MANIFEST, "rankBy": "confidence_score"}, result, self.folder(answer["row"]))
        return answer

    def test_a_ligand_gives_every_number_with_its_unit_structures_and_matrices(self):
        self.open()
        self.assertEqual((self.ready["model"], self.ready["version"]), (MANIFEST["id"], MANIFEST["version"]))
        self.start_row("0", {"proteinSequence": SEQUENCE, "ligand": {"smiles": f"{ASPIRIN}.[Na]"}})
        phases = []
        while (message := self.worker.next(limit_seconds=LIMIT_SECONDS))["type"] not in ("result", "failure"):
            phases += [(message["phase"], message["done"])] if message["type"] == "progress" else []
        self.assertEqual(phases, [("structure", 0), ("structure", 1), ("affinity", 0), ("affinity", 1)])
        answer = self.check_result(message)
        self.assertEqual(set(answer["metrics"]), set(MANIFEST["metrics"]))
        files = {each["name"]: self.folder("0") / each["path"] for each in answer["artifacts"]}
        wrote = json.loads(files["affinity.json"].read_text()) | json.loads(files["confidence.json"].read_text())
        metrics = answer["metrics"]
        self.assertEqual(metrics["affinity"], wrote["affinity_pred_value"])
        self.assertAlmostEqual(metrics["boltz2.pic50"], 6 - wrote["affinity_pred_value"])
        self.assertAlmostEqual(metrics["complex_plddt"], 100 * wrote["complex_plddt"])
        self.assertEqual(metrics["complex_ipde"], wrote["complex_ipde"])
        tokens = len(SEQUENCE) + 13
        shapes = {kind: np.load(files[f"{kind}.npz"])[kind].shape for kind in ("plddt", "pae", "pde")}
        self.assertEqual(shapes, {"plddt": (tokens,), "pae": (tokens, tokens), "pde": (tokens, tokens)})
        self.assertEqual([each["name"] for each in answer["tables"]["chains"]], ["A", "B"])
        self.assertEqual([note["code"] for note in answer["notes"]], ["salt_removed", "site_by_contact", "single_sequence"])
        self.check_contacts(gemmi.read_structure(str(files["best_model.cif"]))[0], answer["tables"]["binding_sites"])

    def check_contacts(self, model: gemmi.Model, sites: list[dict]) -> None:
        """By gemmi's own search, which shares nothing with the worker's."""
        search = gemmi.NeighborSearch(model, gemmi.UnitCell(), 5).populate(include_h=False)
        near = {(mark.to_cra(model).residue.seqid.num) for atom in (atom for residue in model["B"] for atom in residue) for mark in search.find_atoms(atom.pos, radius=4) if mark.to_cra(model).chain.name == "A"}
        self.assertEqual({each["residue"] for each in sites}, near)

    def test_the_same_seed_gives_the_same_bytes_alone_and_in_any_order_of_rows(self):
        self.open(diffusionSamples=2, writeEmbeddings=True)
        first = [self.run_row(str(row), complex_with(smiles)) for row, smiles in enumerate((ASPIRIN, BENZAMIDINE, "CCO.Cl"))]
        later = [self.run_row(str(row), complex_with(smiles)) for row, smiles in enumerate(("C(O)C", "C1CC", BENZAMIDINE, ASPIRIN), 3)]
        self.assertEqual(later[1]["code"], "invalid_input")
        self.assertEqual([self.digests(each) for each in first], [self.digests(each) for each in (later[3], later[2], later[0])])
        self.assertEqual(len({self.digests(each)["best_model.cif"] for each in first}), 3)
        self.check_result(first[0])
        with start() as other:
            other.next("ready", limit_seconds=LIMIT_SECONDS)
            other.open(self.shard, {}, {**PARAMETERS, "diffusionSamples": 2, "writeEmbeddings": True})
            other.next("opened", limit_seconds=LIMIT_SECONDS)
            other.predict("0", complex_with(BENZAMIDINE), self.shard)
            alone = other.next("result", "failure", limit_seconds=LIMIT_SECONDS)
            folder = other.folder / self.shard / "row-0"
            self.assertEqual({each["name"]: hashlib.sha256((folder / each["path"]).read_bytes()).hexdigest() for each in alone["artifacts"]}, self.digests(first[1]))

    def test_another_seed_gives_another_structure(self):
        self.open()
        first = self.digests(self.run_row("0", {"proteinSequence": SEQUENCE}))
        self.worker.open(self.shard, {}, PARAMETERS, seed=7)
        self.worker.next("opened", limit_seconds=LIMIT_SECONDS)
        self.assertNotEqual(self.digests(self.run_row("1", {"proteinSequence": SEQUENCE}))["best_model.cif"], first["best_model.cif"])

    def test_a_cancelled_and_a_killed_row_cost_themselves_alone_and_can_be_run_again(self):
        self.open()
        asked = {"proteinSequence": SEQUENCE}
        whole = self.digests(self.run_row("0", asked))
        self.open(samplingSteps=1000)
        before = set(group_members(self.worker.process.pid))
        self.start_row("1", asked)
        self.worker.next("progress", limit_seconds=LIMIT_SECONDS)
        self.worker.send({"type": "cancel", "row": "1"})
        self.assertEqual(self.answer()["code"], "cancelled")
        self.start_row("2", asked)
        self.worker.next("progress", limit_seconds=LIMIT_SECONDS)
        children = [pid for pid in set(group_members(self.worker.process.pid)) - before if has_folder(pid, self.folder("2"))]
        for child in children:
            os.kill(child, signal.SIGKILL)
        self.assertEqual(self.answer()["code"], "out_of_memory")
        self.open()
        self.assertEqual(self.digests(self.run_row("3", asked)), whole)

    def test_an_alignment_that_the_hub_gives_is_read_by_the_program(self):
        a3m = f">query\n{SEQUENCE}\n>other\n{SEQUENCE.replace('K', 'R')}\n"
        self.worker.open(self.shard, {"msas": [{"sequence": SEQUENCE, "a3m": a3m}]}, PARAMETERS)
        self.worker.next("opened", limit_seconds=LIMIT_SECONDS)
        answer = self.check_result(self.run_row("0", {"proteinSequence": SEQUENCE}))
        self.assertNotIn("single_sequence", [note["code"] for note in answer["notes"]])
        [path] = self.folder("0").rglob("processed/msa/*.npz")
        self.assertEqual(len(np.load(path)["sequences"]), 2)

    def test_variants_are_compared_with_the_wild_type_by_confidence_and_shape(self):
        self.open()
        variant = SEQUENCE[:4] + "W" + SEQUENCE[5:]
        answer = self.check_result(self.run_row("0", {"wildtypeSequence": SEQUENCE, "variants": [{"name": "N5W", "sequence": variant}, {"name": "same", "sequence": SEQUENCE}]}))
        wild, changed, same = answer["tables"]["variants"]
        self.assertEqual((wild["mutations"], changed["mutations"], same["mutations"]), ("none", "N5W", "none"))
        self.assertEqual((same["ca_rmsd"], same["confidence_score_change"]), (0, 0))
        self.assertGreater(changed["ca_rmsd"], 0)
        self.assertEqual([each["role"] for each in answer["artifacts"]].count("variant"), 2)
        self.assertIn("no_stability", [note["code"] for note in answer["notes"]])

    def test_templates_constraints_modifications_and_potentials_are_taken_by_the_program(self):
        self.open(usePotentials=True, samplingSteps=3)
        [first, *_] = self.run_row("0", {"proteinSequence": SEQUENCE})["artifacts"]
        template = {"format": "cif", "text": (self.folder("0") / first["path"]).read_text(), "chains": ["A"], "templateChains": ["A"]}
        example = json.loads((MODEL / "examples" / "complex.json").read_text())["input"]
        del example["affinity"]
        answer = self.run_row("1", {**example, "templates": [template]})
        self.check_result(answer)
        record = json.loads(next(self.folder("1").rglob("records/*.json")).read_text())
        self.assertEqual(({each["query_chain"] for each in record["templates"]}, len(record["inference_options"]["pocket_constraints"])), ({"A"}, 1))

    def test_the_default_parameters_run(self):
        self.worker.open(self.shard, {}, DEFAULTS)
        self.worker.next("opened", limit_seconds=LIMIT_SECONDS)
        self.check_result(self.run_row("0", {"proteinSequence": SEQUENCE, "ligand": {"smiles": "CCO"}}))


class Start(unittest.TestCase):
    def test_a_worker_without_its_weights_ends_and_says_what_is_missing(self):
        from omtx_model_tests.workers import worker

        with tempfile.TemporaryDirectory() as empty, worker(MODEL, 1, {"OMTX_SETTING_CACHE": empty}) as started:
            started.process.wait(LIMIT_SECONDS)
            self.assertIn("has no boltz2_conf.ckpt, boltz2_aff.ckpt, mols", started.log.read_text())


def has_folder(pid: int, folder: Path) -> bool:
    return os.path.realpath(f"/proc/{pid}/cwd") == str(folder)


if __name__ == "__main__":
    unittest.main()
