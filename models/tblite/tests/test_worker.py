"""Against tblite called directly."""
import sys
import unittest
from pathlib import Path

MODEL = Path(__file__).resolve().parents[1]
sys.path += [str(MODEL), str(MODEL.parents[1] / "packages" / "model-tests-python")]

import numpy as np  # noqa: E402

from omtx_model_tests.workers import manifest_of, shard  # noqa: E402
import worker  # noqa: E402
from omtx_worker import Failure  # noqa: E402
from rdkit import Chem  # noqa: E402
from rdkit.Chem import AllChem, rdMolTransforms  # noqa: E402
from tblite.interface import Calculator  # noqa: E402

MANIFEST = manifest_of(MODEL)


def molblock(smiles: str, dihedral: float | None = None) -> str:
    molecule = Chem.AddHs(Chem.MolFromSmiles(smiles))
    AllChem.EmbedMolecule(molecule, randomSeed=1)
    AllChem.MMFFOptimizeMolecule(molecule)
    if dihedral is not None:
        rdMolTransforms.SetDihedralDeg(molecule.GetConformer(), 0, 1, 2, 3, dihedral)
    return Chem.MolToMolBlock(molecule)


def energy_of(molecule: Chem.Mol, solvent: str | None = None) -> float:
    """By tblite alone, in Hartree."""
    numbers = np.array([atom.GetAtomicNum() for atom in molecule.GetAtoms()])
    calculator = Calculator("GFN2-xTB", numbers, molecule.GetConformer().GetPositions() / 0.529177210903, charge=float(Chem.GetFormalCharge(molecule)))
    calculator.set("verbosity", 0)
    if solvent is not None:
        calculator.add("alpb-solvation", solvent)
    return float(calculator.singlepoint().get("energy"))


class Energies(unittest.TestCase):
    def test_the_energy_of_water_is_that_of_the_engine_at_its_minimum(self):
        with shard(worker, MANIFEST) as (_, run):
            result = run({"ligand": {"smiles": "O"}})
        geometry, _ = worker.geometry_of(Chem.MolFromSmiles("O"), 42)
        calculator = Calculator("GFN2-xTB", np.array([8, 1, 1]), geometry.GetConformer().GetPositions() / worker.BOHR_ANGSTROM)
        calculator.set("verbosity", 0)
        direct = float(calculator.singlepoint().get("energy"))
        self.assertAlmostEqual(result.metrics["tblite.energy"], -5.0705, places=3)
        self.assertAlmostEqual(result.metrics["tblite.energy"] + result.metrics["strain_energy"] / worker.HARTREE_KCAL_PER_MOL, direct, places=5)
        self.assertLess(result.metrics["solvation_energy"], -3)

    def test_solvation_and_strain_are_those_of_the_engine_at_the_geometries_of_the_result(self):
        aspirin = molblock("CC(=O)Oc1ccccc1C(=O)O")
        for solvent, near in (("water", -12.0), ("hexane", None)):
            with self.subTest(solvent), shard(worker, MANIFEST, solvent=solvent) as (_, run):
                metrics = run({"ligand": {"molblock": aspirin}}).metrics
                [optimised] = Chem.SDMolSupplier(str(run.folder / "optimised.sdf"), removeHs=False)
            vacuum, solvated = energy_of(optimised), energy_of(optimised, solvent)
            # SDF has four decimals of an angstrom.
            self.assertAlmostEqual(metrics["tblite.energy"], vacuum, places=5)
            self.assertAlmostEqual(metrics["solvation_energy"], (solvated - vacuum) * worker.HARTREE_KCAL_PER_MOL, delta=0.02)
            given = energy_of(Chem.MolFromMolBlock(aspirin, removeHs=False))
            self.assertAlmostEqual(metrics["strain_energy"], (given - vacuum) * worker.HARTREE_KCAL_PER_MOL, delta=0.02)
            if near is not None:
                self.assertAlmostEqual(metrics["solvation_energy"], near, delta=1.5)

    def test_an_eclipsed_butane_is_strained_and_a_relaxed_one_is_not(self):
        with shard(worker, MANIFEST) as (_, run):
            eclipsed = run({"ligand": {"molblock": molblock("CCCC", 0)}}).metrics["strain_energy"]
            relaxed = run({"ligand": {"molblock": molblock("CCCC")}}).metrics["strain_energy"]
        self.assertGreater(eclipsed, relaxed + 2)
        self.assertGreaterEqual(relaxed, 0)

    def test_the_charge_is_that_of_the_formula(self):
        with shard(worker, MANIFEST) as (_, run):
            self.assertEqual(run({"ligand": {"smiles": "CC(=O)[O-]"}}).metrics["tblite.charge"], -1)

    def test_radicals_salts_and_what_is_too_large_are_refused(self):
        with shard(worker, MANIFEST) as (_, run):
            for smiles in ("[CH3]", "[Na+].[Cl-]", "C" * 100, "C1CC"):
                with self.subTest(smiles=smiles), self.assertRaises(Failure) as caught:
                    run({"ligand": {"smiles": smiles}})
                self.assertEqual(caught.exception.code, "invalid_input")


if __name__ == "__main__":
    unittest.main()
