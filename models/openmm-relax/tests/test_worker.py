"""Against OpenMM called directly, and twice the same bytes."""
import sys
import unittest
from pathlib import Path

MODEL = Path(__file__).resolve().parents[1]
sys.path += [str(MODEL), str(MODEL.parents[1] / "packages" / "model-tests-python")]

import io  # noqa: E402

from omtx_model_tests.workers import example_of, manifest_of, shard  # noqa: E402
import openmm  # noqa: E402
import worker  # noqa: E402
from omtx_worker import Failure  # noqa: E402
from openmm import unit  # noqa: E402
from openmm.app import CutoffNonPeriodic, ForceField, PDBFile, Simulation  # noqa: E402

MANIFEST = manifest_of(MODEL)
EXAMPLE = example_of(MODEL, MANIFEST)["input"]


class Relaxation(unittest.TestCase):
    def test_the_energy_of_the_relaxed_file_is_that_of_the_engine_and_lower_than_before(self):
        with shard(worker, MANIFEST, steps=20) as (_, run):
            metrics = run(EXAMPLE).metrics
            text = (run.folder / "relaxed.pdb").read_text()
        pdb = PDBFile(io.StringIO(text))
        system = ForceField("amber14-all.xml").createSystem(pdb.topology, nonbondedMethod=CutoffNonPeriodic, nonbondedCutoff=1 * unit.nanometer)
        simulation = Simulation(pdb.topology, system, openmm.VerletIntegrator(0.001), openmm.Platform.getPlatformByName("Reference"))
        simulation.context.setPositions(pdb.positions)
        direct = simulation.context.getState(getEnergy=True).getPotentialEnergy().value_in_unit(unit.kilojoule_per_mole)
        # The file has three decimals of an angstrom.
        self.assertAlmostEqual(metrics["openmm-relax.energy"], direct, delta=max(5.0, abs(direct) * 0.01))
        self.assertGreater(metrics["openmm-relax.energy_drop"], 0)
        self.assertLess(metrics["openmm-relax.heavy_atom_rmsd"], 2)

    def test_twice_gives_the_same_bytes(self):
        texts = []
        for _ in range(2):
            with shard(worker, MANIFEST, steps=20) as (_, run):
                run(EXAMPLE)
                texts.append((run.folder / "relaxed.pdb").read_text())
        self.assertEqual(texts[0], texts[1])

    def test_each_bad_structure_fails_with_its_code_and_says_why(self):
        water = "\n".join(f"HETATM    {n}  O   HOH A   {n}      34.647  15.096  1{n}.623  1.00  0.00           O" for n in range(1, 4))
        pdb = EXAMPLE["structure"]["pdb"]
        atoms = [line for line in pdb.splitlines() if line.startswith("ATOM")]
        many = "\n".join(atoms * (worker.MOST_ATOMS // len(atoms) + 1))
        bad = (
            ({"pdb": water}, "invalid_input", "0 residues"),
            ({"pdb": "garbage"}, "invalid_input", "no ATOM records"),
            ({}, "invalid_input", "is missing"),
            ({"pdb": pdb.replace(atoms[0][30:38], "     nan", 1)}, "invalid_input", "not finite"),
            ({"pdb": many}, "invalid_input", f"at most {worker.MOST_ATOMS}"),
            ({"pdb": pdb, "chains": ["Q"]}, "preparation_failed", "chain Q"),
            ({"pdb": moved(pdb, 100, onto=1, by=0)}, "preparation_failed", "in one place: A:1 MET CA and A:14 LYS CE"),
            ({"pdb": moved(pdb, 100, onto=1, by=0.01)}, "preparation_failed", "lie on each other"),
        )
        with shard(worker, MANIFEST, steps=1) as (_, run):
            for structure, code, words in bad:
                with self.subTest(words), self.assertRaises(Failure) as caught:
                    run({"structure": structure})
                self.assertEqual(caught.exception.code, code)
                self.assertIn(words, caught.exception.message)


    def test_a_clash_that_is_not_hopeless_is_relaxed(self):
        with shard(worker, MANIFEST, steps=200) as (_, run):
            metrics = run({"structure": {"pdb": moved(EXAMPLE["structure"]["pdb"], 100, onto=1, by=1.0)}}).metrics
        self.assertGreater(metrics["openmm-relax.energy_drop"], 1e6)
        self.assertLess(metrics["openmm-relax.energy"], 1e5)


def moved(pdb: str, atom: int, onto: int, by: float) -> str:
    """With an atom put beside another one, `by` angstrom along x; both counted from 0."""
    lines = [line for line in pdb.splitlines() if line.startswith("ATOM")]
    place = lines[onto]
    lines[atom] = f"{lines[atom][:30]}{float(place[30:38]) + by:8.3f}{place[38:54]}{lines[atom][54:]}"
    return "\n".join(lines)


if __name__ == "__main__":
    unittest.main()
