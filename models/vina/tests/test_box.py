"""Boxes with which the engine hangs, aborts or answers nonsense are refused."""
import unittest

import numpy as np
from omtx_worker import Failure
from support import SMALL_BOX, raw_pdb, small_receptor
from omtx_chemistry import pdbqt
from omtx_chemistry.box import Box, check_on_receptor, fit_of_ligand, note_of_size, read_box

SDF = """ligand
  test

  2  1  0  0  0  0  0  0  0  0999 V2000
    0.0000    0.0000    0.0000 C   0  0
    4.0000    2.0000    0.0000 C   0  0
  1  2  1  0
M  END
"""


def heavy_points():
    return np.array([atom.position for atom in pdbqt.read_atoms(small_receptor(), "receptor") if not atom.is_hydrogen])


class Refused(unittest.TestCase):
    def assert_refused(self, asked, word, pdb=None):
        with self.assertRaises(Failure) as caught:
            read_box(asked, pdb)
        self.assertEqual(caught.exception.code, "setup_failed")
        self.assertIn(word, caught.exception.message)

    def test_a_number_that_is_not_finite(self):
        self.assert_refused({"center": [float("nan"), 0, 0], "size": [20, 20, 20]}, "finite")
        self.assert_refused({"center": [0, 0, 0], "size": [20, 20, float("inf")]}, "finite")

    def test_a_box_in_which_no_ligand_has_room(self):
        self.assert_refused({"center": [0, 0, 0], "size": [3, 20, 20]}, "at least 8")
        self.assert_refused({"center": [0, 0, 0], "size": [0, 20, 20]}, "at least 8")

    def test_a_box_that_takes_all_memory(self):
        self.assert_refused({"center": [0, 0, 0], "size": [500, 500, 500]}, "at most 40")
        self.assert_refused({"center": [0, 0, 0], "size": [40, 40, 40]}, "volume")

    def test_a_box_that_is_not_three_numbers(self):
        self.assert_refused({"center": [0, 0], "size": [20, 20, 20]}, "center")
        self.assert_refused({"center": [0, 0, 0]}, "size")

    def test_a_box_beside_the_protein(self):
        with self.assertRaises(Failure) as caught:
            check_on_receptor(Box((500, 500, 500), (20, 20, 20)), heavy_points())
        self.assertIn("holds 0 atoms", caught.exception.message)
        self.assertGreater(check_on_receptor(Box(tuple(SMALL_BOX["center"]), tuple(SMALL_BOX["size"])), heavy_points()), 100)

    def test_a_box_whose_corner_touches_the_protein_and_whose_centre_is_in_the_solvent(self):
        """Enough atoms in the box, and 11 Å or more from its centre to the nearest: poses would lie on the outside."""
        slab = np.array([[x, y, 15.0] for x in range(-14, 15, 4) for y in range(-14, 15, 4)], dtype=float)
        with self.assertRaises(Failure) as caught:
            check_on_receptor(Box((0, 0, 0), (30, 30, 30)), slab)
        self.assertEqual(caught.exception.code, "setup_failed")
        self.assertIn("centre is 15.", caught.exception.message)
        self.assertEqual(check_on_receptor(Box((0, 0, 0), (30, 30, 30)), slab - [0, 0, 6]), len(slab))

    def test_a_box_that_the_search_can_only_cover_thinly_is_told(self):
        self.assertIsNone(note_of_size(Box((0, 0, 0), (30, 30, 30))))
        self.assertIn("29,400", note_of_size(Box((0, 0, 0), (30, 28, 35))) or "")

    def test_a_ligand_longer_than_the_diagonal(self):
        box = Box((0, 0, 0), (8, 8, 8))
        with self.assertRaises(Failure) as caught:
            fit_of_ligand(box, 12)
        self.assertEqual(caught.exception.code, "invalid_input")
        self.assertIn("leaves less than", fit_of_ligand(box, 7) or "")
        self.assertIsNone(fit_of_ligand(Box((0, 0, 0), (20, 20, 20)), 12))

    def test_a_reference_ligand_that_is_not_there(self):
        self.assert_refused({"aroundLigand": {"residueName": "XYZ"}}, "no atoms", raw_pdb())
        self.assert_refused({"aroundLigand": {"residueName": "XYZ"}}, "needs the receptor as pdb")
        self.assert_refused({"aroundLigand": {"sdf": "garbage"}}, "cannot be read")
        self.assert_refused({"aroundLigand": {"sdf": SDF.replace("4.0000    2.0000", "0.0000    0.0000")}}, "no 3D")


class Around(unittest.TestCase):
    def test_a_box_is_the_extent_of_the_ligand_and_the_padding_on_each_side(self):
        self.assertEqual(read_box({"aroundLigand": {"sdf": SDF}, "paddingAngstrom": 5}, None), Box((2, 1, 0), (14, 12, 10)))

    def test_a_residue_of_the_receptor_can_mark_the_pocket(self):
        box = read_box({"aroundLigand": {"residueName": "TRP"}}, raw_pdb(1, 200))
        self.assertTrue(all(12 < edge < 24 for edge in box.size))

    def test_the_configuration_reads_back_to_the_same_numbers(self):
        box = Box((1.0000001, -2.5, 3), (20, 21.375, 22))
        read = [float(line.split("=")[1]) for line in box.config_text().splitlines()]
        self.assertEqual(tuple(read), (*box.center, *box.size))


if __name__ == "__main__":
    unittest.main()
