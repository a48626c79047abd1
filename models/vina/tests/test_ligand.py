"""Ligands: what is kept, told and refused before the engine sees it."""
import unittest
from unittest.mock import patch

from omtx_worker import Failure
from rdkit import Chem
from rdkit.Chem import AllChem
from support import ASPIRIN, settings
from omtx_chemistry import ligand as ligands
from omtx_chemistry.ligand import prepare_ligand, write_pdbqt


def prepared(smiles=ASPIRIN, **parameters):
    return prepare_ligand({"smiles": smiles}, settings(**parameters))


def codes(ligand):
    return [note.code for note in ligand.notes]


def molblock(smiles=ASPIRIN, embedded=True, hydrogens=True):
    molecule = Chem.AddHs(Chem.MolFromSmiles(smiles))
    if embedded:
        AllChem.EmbedMolecule(molecule, randomSeed=1)
    else:
        AllChem.Compute2DCoords(molecule)
    return Chem.MolToMolBlock(molecule if hydrogens else Chem.RemoveHs(molecule))


class Refused(unittest.TestCase):
    def assert_refused(self, asked, code, word, **parameters):
        with self.assertRaises(Failure) as caught:
            prepare_ligand(asked, settings(**parameters))
        self.assertEqual(caught.exception.code, code)
        self.assertIn(word, caught.exception.message)

    def test_text_that_is_no_molecule(self):
        for smiles in ("C1CC", "", "not smiles", "c1cccc1"):
            with self.subTest(smiles):
                self.assert_refused({"smiles": smiles}, "invalid_input", "SMILES")
        self.assert_refused({"molblock": "garbage"}, "invalid_input", "molblock")

    def test_both_or_neither_form(self):
        self.assert_refused({}, "invalid_input", "exactly one")
        self.assert_refused({"smiles": "CC", "molblock": molblock("CC")}, "invalid_input", "exactly one")

    def test_elements_without_a_type(self):
        for smiles, symbol in (("OB(O)c1ccccc1", "B"), ("c1cc[se]c1", "Se"), ("[Na+]", "Na"), ("C*", "*"), ("[Fe]", "Fe")):
            with self.subTest(smiles):
                self.assert_refused({"smiles": smiles}, "invalid_input", f"The ligand has {symbol};")

    def test_a_ligand_of_one_heavy_atom_is_docked_like_any_other_and_hydrogen_alone_is_refused(self):
        for smiles in ("O", "[Cl-]"):
            with self.subTest(smiles):
                self.assertEqual(prepare_ligand({"smiles": smiles}, settings()).heavy_atoms, 1)
        self.assert_refused({"smiles": "[H][H]"}, "invalid_input", "0 heavy atoms")

    def test_more_torsions_than_can_be_searched(self):
        self.assert_refused({"smiles": "C" * 32}, "invalid_input", "torsions")

    def test_more_atoms_than_can_be_embedded(self):
        self.assert_refused({"smiles": "C" * 300}, "invalid_input", "300 heavy atoms")

    def test_zero_and_flat_coordinates(self):
        self.assert_refused({"molblock": molblock(embedded=False)}, "invalid_input", "flat")
        zero = Chem.MolFromMolBlock(molblock(), removeHs=False)
        for atom in range(zero.GetNumAtoms()):
            zero.GetConformer().SetAtomPosition(atom, (0.0, 0.0, 0.0))
        self.assert_refused({"molblock": Chem.MolToMolBlock(zero)}, "invalid_input", "zero or flat")

    def test_a_tilted_drawing_is_flat_too(self):
        drawing = Chem.MolFromMolBlock(molblock(embedded=False), removeHs=False)
        for atom in range(drawing.GetNumAtoms()):
            x, y, _ = drawing.GetConformer().GetAtomPosition(atom)
            drawing.GetConformer().SetAtomPosition(atom, (x, y, x + y))
        self.assert_refused({"molblock": Chem.MolToMolBlock(drawing)}, "invalid_input", "flat")

    def test_atoms_on_top_of_each_other(self):
        molecule = Chem.MolFromMolBlock(molblock(), removeHs=False)
        molecule.GetConformer().SetAtomPosition(0, molecule.GetConformer().GetAtomPosition(1))
        self.assert_refused({"molblock": Chem.MolToMolBlock(molecule)}, "invalid_input", "closer than")

    def test_a_molecule_that_no_geometry_fits(self):
        """Three carbons in a ring cannot hold a triple bond: the embedding says -1 and raises nothing."""
        self.assert_refused({"smiles": "C1#CC1"}, "preparation_failed", "No 3D coordinates")

    def test_no_state_at_the_ph(self):
        """dimorphite-dl answers an empty list, and no exception, for what it cannot take."""
        self.assertEqual(ligands._protonate_smiles("not smiles", 7.4), ())
        with patch.object(ligands, "_protonate_smiles", return_value=()):
            self.assert_refused({"smiles": ASPIRIN}, "preparation_failed", "No protonation state", protonation="ph")

    def test_what_meeko_refuses_without_an_exception_with_one_or_not_at_all(self):
        """The checks before it are stricter; should one of them go, none of these reaches the engine."""
        for smiles, code, word in (
            ("c1cc[se]c1", "preparation_failed", "None type"),  # says so in its answer
            ("CCO.CC", "preparation_failed", "2 fragments"),  # raises
            ("OB(O)c1ccccc1", "invalid_input", "atom type B"),  # writes a type that the engine does not know
        ):
            with self.subTest(smiles):
                molecule = Chem.AddHs(Chem.MolFromSmiles(smiles))
                AllChem.EmbedMolecule(molecule, randomSeed=1)
                with self.assertRaises(Failure) as caught:
                    write_pdbqt(molecule, settings())
                self.assertEqual(caught.exception.code, code)
                self.assertIn(word, caught.exception.message)

    def test_protonation_of_a_molblock_which_would_drop_its_coordinates(self):
        self.assert_refused({"molblock": molblock()}, "invalid_input", "drop the coordinates", protonation="ph")


class Told(unittest.TestCase):
    def test_a_salt_is_docked_as_its_largest_fragment_with_its_charge(self):
        ligand = prepared("[Na+].COc1ccc2cc(ccc2c1)[C@H](C)C([O-])=O")
        self.assertEqual(codes(ligand), ["salt_removed"])
        self.assertIn("[Na+]", ligand.notes[0].message)
        self.assertEqual(ligand.smiles, Chem.CanonSmiles("COc1ccc2cc(ccc2c1)[C@H](C)C([O-])=O"))

    def test_undefined_stereo_says_which_isomer_was_docked(self):
        ligand = prepared("CC(C)Cc1ccc(cc1)C(C)C(=O)O")
        self.assertEqual(codes(ligand), ["undefined_stereo"])
        self.assertIn("@", ligand.notes[0].message)
        self.assertEqual(codes(prepared("C/C=C/C(=O)O")), [])
        self.assertEqual(codes(prepared("CC=CC(=O)O")), ["undefined_stereo"])

    def test_defined_stereo_is_kept(self):
        for smiles in ("C[C@H](N)C(=O)O", "C[C@@H](N)C(=O)O"):
            self.assertEqual(prepared(smiles).smiles, Chem.CanonSmiles(smiles))

    def test_a_ligand_stays_as_drawn_unless_a_ph_is_asked_for(self):
        self.assertEqual((codes(prepared()), prepared().smiles), ([], Chem.CanonSmiles(ASPIRIN)))
        charged = prepared(protonation="ph", ph=7.4)
        self.assertEqual(codes(charged), ["protonated"])
        self.assertIn("C(=O)[O-]", charged.notes[0].message)
        self.assertEqual(codes(prepared("c1ccccc1", protonation="ph")), ["protonation_unchanged"])

    def test_hydrogens_that_a_molblock_lacks_are_added_and_its_atoms_stay(self):
        block = molblock(hydrogens=False)
        ligand = prepare_ligand({"molblock": block}, settings())
        self.assertEqual(codes(ligand), ["hydrogens_added"])
        given = Chem.MolFromMolBlock(block).GetConformer().GetPositions()
        self.assertLess(abs(ligand.molecule.GetConformer().GetPositions()[: len(given)] - given).max(), 1e-6)


class Same(unittest.TestCase):
    def test_any_spelling_of_a_smiles_gives_the_same_bytes(self):
        self.assertEqual(prepared("O=C(O)c1ccccc1OC(C)=O").pdbqt, prepared(ASPIRIN).pdbqt)

    def test_the_seed_decides_the_conformer(self):
        self.assertNotEqual(prepared(seed=1).pdbqt, prepared(seed=2).pdbqt)
        self.assertEqual(prepared(seed=1).pdbqt, prepared(seed=1).pdbqt)

    def test_seed_zero_is_refused_because_it_means_random(self):
        with self.assertRaises(Failure):
            settings(seed=0)

    def test_silicon_and_iodine_are_prepared(self):
        for smiles in ("C[Si](C)(C)c1ccccc1", "Ic1ccccc1"):
            self.assertGreater(prepared(smiles).heavy_atoms, 0)

    def test_a_macrocycle_is_rigid_on_request(self):
        ring = "C1CCCCCCCCCCCCCC1"
        self.assertEqual((prepared(ring, rigidMacrocycles=True).torsions, prepared(ring).torsions > 5), (0, True))


if __name__ == "__main__":
    unittest.main()
