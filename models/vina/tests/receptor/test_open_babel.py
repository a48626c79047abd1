"""Open Babel ends with 0 on most of its failures: what it wrote is looked at, and its own words are told."""

import os
import sys
import tempfile
import unittest
from pathlib import Path
from unittest.mock import patch

from omtx_chemistry import receptor_chain
from omtx_chemistry.receptor_chain import Refusal, open_babel

ATOM = "ATOM      1  C   LIG A   1       0.000   0.000   0.000  0.00  0.00    +0.000 C \n"


class OpenBabel(unittest.TestCase):
    def run_fake(self, script: str) -> list[str]:
        """Beside an interpreter of its own, as the real one lies."""
        with tempfile.TemporaryDirectory() as folder:
            program = Path(folder) / "obabel"
            program.write_text(f"#!{sys.executable}\n{script}", encoding="utf-8")
            program.chmod(0o755)
            with patch.object(receptor_chain.sys, "executable", os.path.join(folder, "python")):
                return open_babel(ATOM, "A:1 LIG")

    def test_success_without_an_atom_is_a_refusal_with_what_it_said(self):
        silent = "import sys; sys.stderr.write('0 molecules converted')"
        for script in (silent, f"{silent}; print('ROOT')"):
            with self.subTest(script), self.assertRaises(Refusal) as caught:
                self.run_fake(script)
            self.assertIn("A:1 LIG: 0 molecules converted", str(caught.exception))

    def test_a_failure_that_it_admits_is_one_too(self):
        with self.assertRaises(Refusal):
            self.run_fake(f"import sys; print({ATOM!r}); sys.exit(1)")

    def test_atoms_are_taken_as_they_are(self):
        self.assertEqual(self.run_fake(f"print({ATOM!r})"), [ATOM.rstrip("\n")])

    def test_where_it_is_missing_the_reason_names_it(self):
        with patch.object(receptor_chain.sys, "executable", "/nowhere/python"), self.assertRaises(Refusal) as caught:
            open_babel(ATOM, "A:1 LIG")
        self.assertIn("Open Babel is not installed", str(caught.exception))


if __name__ == "__main__":
    unittest.main()
