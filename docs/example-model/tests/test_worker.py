"""Tests of the model run by `npm test`, in the environment of the worker."""
import unittest
from pathlib import Path

import worker
from omtx_worker import Failure, RowRequest


def predict(sequence, ph=7.0):
    return worker.predict(ph, RowRequest("0", {"sequence": sequence}, Path()))


class PeptideMass(unittest.TestCase):
    def test_glycine_has_the_mass_of_the_free_amino_acid(self):
        self.assertAlmostEqual(predict("G").metrics["molecular_weight"], 75.07, places=2)

    def test_lysine_is_positive_and_aspartate_negative(self):
        self.assertGreater(predict("KKK").metrics["peptide-mass.charge"], 2)
        self.assertLess(predict("DDD").metrics["peptide-mass.charge"], -2)

    def test_what_is_no_amino_acid_is_refused_by_name(self):
        with self.assertRaises(Failure) as caught:
            predict("AXB")
        self.assertIn("B, X", caught.exception.message)


if __name__ == "__main__":
    unittest.main()
