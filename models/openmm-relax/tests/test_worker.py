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

    def test_what_is_no_protein_is_refused(self):
        water = "\n".join(f"HETATM    {n}  O   HOH A   {n}      34.647  15.096  1{n}.623  1.00  0.00           O" for n in range(1, 4))
        with shard(worker, MANIFEST) as (_, run):
            for pdb in (water, "garbage"):
                with self.subTest(pdb=pdb[:8]), self.assertRaises(Failure):
                    run({"structure": {"pdb": pdb}})


if __name__ == "__main__":
    unittest.main()
