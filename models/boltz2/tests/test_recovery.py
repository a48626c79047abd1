"""What cannot be provoked in the real program on a CPU: stages that run out of memory or crash, in place of which these stages do so."""
import json
import tempfile
import unittest
from collections.abc import Callable
from pathlib import Path
from unittest import mock

from support import SEQUENCE, cache
from boltz_worker import engine as stages
from boltz_worker.complex import complex_of
from boltz_worker.engine import Engine
from boltz_worker.run import RECORD, run_complex
from boltz_worker.settings import Settings
from omtx_worker import Failure

ASKED = complex_of({"proteinSequence": SEQUENCE, "ligand": {"smiles": "CCO"}})
SETTINGS = Settings(1, diffusion_samples=5)


class Recovery(unittest.TestCase):
    def run_with(self, structure: Callable[[Path, int], bool], affinity: Callable[[Path], bool] = lambda _: True):
        """@returns the notes of the run"""
        with tempfile.TemporaryDirectory() as work, mock.patch.object(stages, "predict_structure", lambda _e, out, _s, samples: structure(out / "predictions" / RECORD, samples)), mock.patch.object(
            stages, "predict_affinity", lambda _e, out, _s: affinity(out / "predictions" / RECORD)
        ):
            return [note.code for note in run_complex(Engine(None, None, cache(), "cpu"), ASKED, SETTINGS, Path(work), {}, lambda *_: None).notes]

    def test_a_structure_stage_out_of_memory_is_run_again_with_one_sample_at_a_time_in_an_empty_folder(self):
        asked = []

        def structure(folder: Path, samples: int) -> bool:
            asked.append((samples, folder.exists()))
            folder.mkdir(parents=True)
            (folder / "partial.cif").write_text("half")
            return samples == 1

        self.run_with(structure)
        self.assertEqual(asked, [(5, False), (1, False)])

    def test_memory_that_is_short_for_one_sample_is_told_so(self):
        def exhausted(_folder: Path, _samples: int) -> bool:
            raise RuntimeError("CUDA out of memory. Tried to allocate 20.00 GiB")

        with self.assertRaises(Failure) as caught:
            self.run_with(exhausted)
        self.assertEqual(caught.exception.code, "out_of_memory")

    def test_an_affinity_stage_that_crashes_is_run_again_from_the_same_structure(self):
        tries = []

        def affinity(_folder: Path) -> bool:
            tries.append(1)
            if len(tries) == 1:
                raise FileNotFoundError("pre_affinity_complex.npz")
            return True

        self.assertEqual(self.run_with(lambda *_: True, affinity), ["affinity_retried"])
        self.assertEqual(len(tries), 2)

    def test_an_affinity_stage_that_fails_twice_says_that_the_structure_was_there(self):
        def broken(_folder: Path) -> bool:
            raise ValueError("broken weights")

        for stage, code in ((broken, "model_error"), (lambda _: False, "out_of_memory")):
            with self.subTest(code), self.assertRaises(Failure) as caught:
                self.run_with(lambda *_: True, stage)
            self.assertEqual(caught.exception.code, code)
            self.assertIn("The structure was predicted, its affinity was not", caught.exception.message)

    def test_a_record_that_fails_after_it_was_read_is_told_by_the_reason_that_was_printed(self):
        def recursion(_folder: Path, _samples: int) -> bool:
            print("Molecule loading failed for complex with error CCD component GOL not found!. Skipping.")
            raise RecursionError("maximum recursion depth exceeded")

        with self.assertRaises(Failure) as caught:
            self.run_with(recursion)
        self.assertEqual((caught.exception.code, "no component GOL" in caught.exception.message), ("invalid_input", True))

    def test_what_lay_in_the_folder_before_is_never_taken_for_the_result(self):
        with tempfile.TemporaryDirectory() as work:
            folders = []

            def structure(_engine, out: Path, *_) -> bool:
                folders.append(out)
                self.assertFalse((out / "predictions" / RECORD).exists())
                (out / "predictions" / RECORD).mkdir(parents=True)
                return True

            with mock.patch.object(stages, "predict_structure", structure), mock.patch.object(stages, "predict_affinity", lambda *_: True):
                for smiles in ("CCO", "CCN", "CCO"):
                    run_complex(Engine(None, None, cache(), "cpu"), complex_of({"proteinSequence": SEQUENCE, "ligand": {"smiles": smiles}}), SETTINGS, Path(work), {}, lambda *_: None)
            self.assertEqual(folders[0], folders[2])
            self.assertNotEqual(folders[0], folders[1])


class Output(unittest.TestCase):
    def test_missing_files_and_numbers_that_are_none_are_no_result(self):
        from boltz_worker.results import result_of
        from boltz_worker.run import Run

        confidence = {name: 0.5 for name in ("confidence_score", "ptm", "iptm", "ligand_iptm", "protein_iptm", "complex_plddt", "complex_iplddt", "complex_pde", "complex_ipde")}
        structure_only = complex_of({"proteinSequence": SEQUENCE})
        for damage in ({"ptm": float("nan")}, None):
            with self.subTest(str(damage)), tempfile.TemporaryDirectory() as work:
                run = Run(structure_only, Settings(1), Path(work))
                run.predictions.mkdir(parents=True)
                (Path(work) / "processed" / "records").mkdir(parents=True)
                (Path(work) / "processed" / "records" / f"{RECORD}.json").write_text(json.dumps({"chains": [{"chain_name": "A"}]}))
                if damage is not None:
                    (run.predictions / f"{RECORD}_model_0.cif").write_text("data_x")
                    (run.predictions / f"confidence_{RECORD}_model_0.json").write_text(json.dumps({**confidence, **damage}))
                with self.assertRaises(Failure) as caught:
                    result_of(run, Path(work))
                self.assertEqual(caught.exception.code, "missing_output")


if __name__ == "__main__":
    unittest.main()
