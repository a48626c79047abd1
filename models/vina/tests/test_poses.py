"""Poses: structures with the input's bond orders, and modes that are no binding modes."""
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

import numpy as np
from omtx_worker import Failure
from rdkit import Chem
from support import ASPIRIN, SMALL_BOX, settings, small_receptor
from omtx_chemistry.box import read_box
from vina_worker.engine import build_maps, dock
from omtx_chemistry.ligand import prepare_ligand
from omtx_chemistry.poses import favourable, read_poses, write_sdf

# Stereo at carbon and sulphur and at a double bond, a nitro group, charges, an aromatic NH and an opened macrocycle.
HARD = (
    "C[C@H](N)C(=O)O",
    "C[C@@H](N)C(=O)O",
    "C[S@](=O)c1ccccc1",
    "C/C=C/C(=O)O",
    "C/C=C\\C(=O)O",
    "O=[N+]([O-])c1ccc2[nH]cnc2c1",
    "C[NH2+]CC(=O)[O-]",
    "O=C1CCCCCCCCCCN1",
    "C[Si](C)(C)c1ccccc1",
)


def model(rank, score, x=0.0):
    return (
        f"MODEL {rank}\nREMARK VINA RESULT:    {score:.3f}      0.000      0.000\n"
        f"ATOM      1  C   UNL     1    {x:8.3f}   0.000   0.000  1.00  0.00     0.000 C \nENDMDL\n"
    )


def modes(*scores):
    text = "".join(model(rank, score) for rank, score in enumerate(scores, 1))
    return text, np.array([[score, score, 0.0, 0.0, 0.0] for score in scores])


class Structures(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "receptor.pdbqt"
            path.write_text(small_receptor())
            cls.engine = build_maps(path, read_box(SMALL_BOX, None), settings())

    def docked(self, smiles):
        """@returns the prepared ligand, its modes, and the molecules of its SDF"""
        ligand = prepare_ligand({"smiles": smiles}, settings())
        docking = dock(self.engine, ligand.pdbqt, settings())
        poses = favourable(read_poses(docking.pdbqt, docking.energies))
        supplier = Chem.SDMolSupplier()
        supplier.SetData(write_sdf(ligand.molecule, ligand.pdbqt, poses, "a name"), removeHs=False)
        return ligand, poses, list(supplier)

    def test_every_pose_is_the_molecule_that_was_asked_for_with_all_hydrogens(self):
        for smiles in HARD:
            with self.subTest(smiles):
                ligand, poses, molecules = self.docked(smiles)
                self.assertEqual(len(molecules), len(poses))
                for molecule in molecules:
                    self.assertEqual(molecule.GetNumAtoms(), ligand.molecule.GetNumAtoms())
                    Chem.AssignStereochemistryFrom3D(molecule)
                    self.assertEqual(Chem.MolToSmiles(Chem.RemoveHs(molecule)), Chem.CanonSmiles(smiles))

    def test_heavy_atoms_are_where_the_engine_put_them_and_the_scores_are_fields(self):
        _, poses, molecules = self.docked(ASPIRIN)
        for pose, molecule in zip(poses, molecules, strict=True):
            places = {tuple(position) for position in pose.positions.values()}
            heavy = [atom.GetIdx() for atom in molecule.GetAtoms() if atom.GetAtomicNum() > 1]
            for position in molecule.GetConformer().GetPositions()[heavy]:
                self.assertIn(tuple(position), places)
            self.assertEqual(float(molecule.GetProp("docking_score")), pose.score)
            self.assertEqual(molecule.GetProp("_Name"), "a name")

    def test_a_molblock_is_docked_in_its_own_order_of_atoms(self):
        block = Chem.MolToMolBlock(prepare_ligand({"smiles": ASPIRIN}, settings()).molecule)
        ligand = prepare_ligand({"molblock": block}, settings())
        docking = dock(self.engine, ligand.pdbqt, settings())
        molecule = Chem.MolFromMolBlock(write_sdf(ligand.molecule, ligand.pdbqt, read_poses(docking.pdbqt, docking.energies)[:1], "x"), removeHs=False)
        given = Chem.MolFromMolBlock(block)
        self.assertEqual([atom.GetSymbol() for atom in molecule.GetAtoms()][: given.GetNumAtoms()], [atom.GetSymbol() for atom in given.GetAtoms()])


    def test_garbage_is_a_refusal_and_the_engine_docks_on(self):
        with self.assertRaises(Failure) as caught:
            dock(self.engine, "garbage\n", settings())
        self.assertEqual(caught.exception.code, "invalid_input")
        self.assertIn("refused the ligand", caught.exception.message)
        ligand = prepare_ligand({"smiles": ASPIRIN}, settings())
        self.assertGreater(len(dock(self.engine, ligand.pdbqt, settings()).energies), 0)

    def test_a_receptor_that_the_engine_refuses_is_a_failure_with_its_words(self):
        with tempfile.TemporaryDirectory() as folder, self.assertRaises(Failure) as caught:
            path = Path(folder) / "receptor.pdbqt"
            path.write_text("garbage\n")
            build_maps(path, read_box(SMALL_BOX, None), settings())
        self.assertEqual(caught.exception.code, "setup_failed")
        self.assertIn("refused the receptor", caught.exception.message)


class Modes(unittest.TestCase):
    def test_a_weak_positive_or_lost_best_is_no_result(self):
        for score in (-0.17, 0.0, 12.5, 1e7):
            with self.subTest(score), self.assertRaises(Failure) as caught:
                read_poses(*modes(score))
            self.assertEqual(caught.exception.code, "no_result")

    def test_modes_of_positive_energy_are_left_out(self):
        self.assertEqual([pose.score for pose in favourable(read_poses(*modes(-5.0, -1.0, 109.8)))], [-5.0, -1.0])

    def test_texts_and_energies_that_disagree_are_an_error(self):
        text, energies = modes(-5.0, -4.0)
        with self.assertRaises(Failure) as caught:
            read_poses(text, energies[:1])
        self.assertEqual(caught.exception.code, "model_error")


class Engine(unittest.TestCase):
    """What the guards are for; should the engine change, one of these says so."""

    def test_an_empty_ligand_ends_the_engines_process_and_never_reaches_it(self):
        program = "from vina import Vina; v = Vina(verbosity=0, seed=1); v.set_ligand_from_string(''); print('alive')"
        done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
        self.assertNotIn("alive", done.stdout)
        with self.assertRaises(Failure):
            dock(None, " \n", settings())

    def test_a_plain_pdb_is_taken_for_a_receptor_by_the_engine(self):
        line = next(line for line in small_receptor().splitlines())
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "plain.pdbqt"
            path.write_text(line[:66] + "           C\n")
            program = f"from vina import Vina; v = Vina(verbosity=0, seed=1); v.set_receptor({str(path)!r}); print('taken')"
            done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
        self.assertIn("taken", done.stdout)


if __name__ == "__main__":
    unittest.main()
