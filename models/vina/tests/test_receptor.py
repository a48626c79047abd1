"""Receptors: prepared ones as they are, raw ones through the chain, and what is refused."""
import os
import tempfile
import unittest
from collections import Counter
from pathlib import Path

import numpy as np
from omtx_worker import Failure
from support import SMALL_BOX, needs_receptor_environment, raw_pdb, small_receptor
from omtx_chemistry import pdbqt, targets
from omtx_chemistry.box import check_on_receptor, check_size
from omtx_chemistry.hydrogens import add_hydrogens
from omtx_chemistry.receptor import prepare_receptor


def refusal(receptor, box=SMALL_BOX):
    with tempfile.TemporaryDirectory() as folder:
        try:
            prepare_receptor({"receptor": receptor, **({} if box is None else {"box": box})}, Path(folder))
        except Failure as failure:
            return failure.code, failure.message
    return None


def edited(text, *edits):
    for old, new in edits:
        assert old in text, old
        text = text.replace(old, new)
    return text


class Prepared(unittest.TestCase):
    def test_a_pdbqt_is_used_as_it_is(self):
        with tempfile.TemporaryDirectory() as folder:
            receptor = prepare_receptor({"receptor": {"pdbqt": small_receptor()}, "box": SMALL_BOX}, Path(folder))
        self.assertEqual(receptor.pdbqt, small_receptor())

    def test_a_target_brings_its_box(self):
        with tempfile.TemporaryDirectory() as folder:
            receptor = prepare_receptor({"receptor": {"dockstring": "PTGS2"}}, Path(folder))
        self.assertEqual((receptor.box.center, receptor.box.size), ((30.101, -23.094, -15.4), (30.0, 30.0, 30.0)))

    def test_every_target_passes_the_guards(self):
        self.assertEqual(len(targets.target_names()), 58)
        for name in targets.target_names():
            text, own_box = targets.read_target(name)
            atoms = pdbqt.read_atoms(text, name)
            pdbqt.check_types(atoms, name)
            check_size(own_box)
            check_on_receptor(own_box, np.array([atom.position for atom in atoms if not atom.is_hydrogen]))

    def test_an_unknown_target_is_refused_with_the_known_ones(self):
        code, message = refusal({"dockstring": "COX2"}, None)
        self.assertEqual(code, "setup_failed")
        self.assertIn("PTGS2", message)

    def test_what_is_no_receptor_pdbqt_is_refused(self):
        line = small_receptor().splitlines()[0]
        cases = {
            "no atoms": "",
            "has no atoms": "garbage\n",
            "plain PDB": raw_pdb(),
            "coordinates": line[:30] + "   a.b  " + line[38:],
            "not finite": line[:30] + "     nan" + line[38:],
            "atom type Xx": small_receptor() + line[:77] + "Xx\n",
            "atom type B": small_receptor() + line[:77] + "B \n",
            "ROOT": "ROOT\n" + line + "\nENDROOT\n",
        }
        for word, text in cases.items():
            with self.subTest(word):
                code, message = refusal({"pdbqt": text})
                self.assertEqual(code, "setup_failed")
                self.assertIn(word, message)

    def test_a_pdbqt_without_a_box_is_refused(self):
        self.assertIn("needs a box", refusal({"pdbqt": small_receptor()}, None)[1])


class Hydrogens(unittest.TestCase):
    def test_every_carbon_of_a_protein_gets_its_hydrogens_and_polar_ones_stay(self):
        atoms = pdbqt.read_atoms(small_receptor(), "receptor")
        pdb, counts = add_hydrogens(atoms)
        names = Counter()
        residue_of_first_ala = next(atom.residue for atom in atoms if atom.residue[2] == "ALA")
        for line in pdb.splitlines()[:-1]:
            if line[22:27].strip() == residue_of_first_ala[1] and line[76:78].strip() == "H":
                names[line[12:16].strip()] += 1
        self.assertLessEqual({"HA", "HB1", "HB2", "HB3"}, set(names))
        self.assertEqual(max(names.values()), 1)
        self.assertEqual(counts["heavy"] + counts["polarHydrogens"], len(atoms))
        self.assertEqual(sum(counts.values()), len(pdb.splitlines()) - 1)

    def test_aromatic_rings_and_cofactors_get_flat_hydrogens_by_geometry(self):
        pdb, _ = add_hydrogens(pdbqt.read_atoms(targets.read_target("PTGS2")[0], "PTGS2"))
        per_residue = Counter(line[17:27] for line in pdb.splitlines() if line[76:78].strip() == "H" and line[17:20] == "PHE")
        self.assertEqual(set(per_residue.values()), {9})  # HN, HA, 2 HB, 5 ring
        heme = [line[12:16].strip() for line in pdb.splitlines() if line[17:20] == "HEM" and line[76:78].strip() == "H"]
        self.assertEqual(sum(name.startswith("HH") for name in heme), 4)  # the four methine bridges have one each
        self.assertEqual(len(heme), 30)  # protohaem IX without acid hydrogens

    def test_hydrogens_on_carbon_are_one_angstrom_away(self):
        pdb, _ = add_hydrogens(pdbqt.read_atoms(small_receptor(), "receptor"))
        lines = pdb.splitlines()[:-1]
        points = np.array([[float(line[30:38]), float(line[38:46]), float(line[46:54])] for line in lines])
        is_hydrogen = np.array([line[76:78].strip() == "H" for line in lines])
        nearest = np.array([np.linalg.norm(points[~is_hydrogen] - point, axis=1).min() for point in points[is_hydrogen]])
        self.assertTrue(((nearest > 0.85) & (nearest < 1.4)).all())


@needs_receptor_environment
class RawPdb(unittest.TestCase):
    """On 60 residues, with the faults planted one by one."""

    near = {"center": [36.0, -7.0, -17.0], "size": [20, 20, 20]}

    @classmethod
    def setUpClass(cls):
        cls.sound = cls.prepared(raw_pdb(), cls.near)

    @staticmethod
    def prepared(pdb, box, **more):
        with tempfile.TemporaryDirectory() as folder:
            return prepare_receptor({"receptor": {"pdb": pdb, **more}, "box": box}, Path(folder))

    def test_a_sound_file_passes_twice_with_the_same_bytes_and_drops_nothing(self):
        first, second = self.sound, self.prepared(raw_pdb(), self.near)
        self.assertEqual(first.pdbqt, second.pdbqt)
        self.assertEqual(first.report["changes"], [])
        self.assertTrue(any(atom.type == "HD" for atom in first.atoms))
        given = {tuple(atom.position) for atom in pdbqt.read_atoms(targets.read_target("PTGS2")[0], "") if not atom.is_hydrogen and 23 <= int(atom.residue[1]) <= 82}
        kept = {tuple(atom.position) for atom in first.atoms if not atom.is_hydrogen}
        self.assertLessEqual(len(kept - given), 1)  # the terminal oxygen

    def test_waters_models_altlocs_and_ligands_are_left_out_and_ligands_told(self):
        line = raw_pdb().splitlines()[0]
        extra = [
            "HETATM 9001  O   HOH A 901      36.000  -7.000 -17.000  1.00  0.00           O",
            "HETATM 9002  C1  LIG A 902      36.000  -7.000 -17.000  1.00  0.00           C",
            "HETATM 9003 CA    CA A 903      36.000  -7.000 -14.000  1.00  0.00          CA",
        ]
        altloc = line[:16] + "B" + line[17:30] + "   0.000   0.000   0.000  0.30" + line[60:]
        model = "MODEL        1\n" + raw_pdb().replace(line, f"{line}\n{altloc}").replace("END\n", "\n".join(extra) + "\nENDMDL\nMODEL        2\n" + line + "\nENDMDL\nEND\n")
        receptor = self.prepared(model, self.near)
        self.assertEqual(receptor.pdbqt, self.sound.pdbqt)
        altloc_note, note = receptor.notes
        self.assertEqual((altloc_note.code, note.code), ("receptor_altloc", "receptor_heterogen_removed"))
        self.assertIn("A:23 TYR", altloc_note.message)
        self.assertIn("LIG (in the box)", note.message)
        self.assertIn("A:903 CA", note.message)

    def test_a_rebuilt_residue_is_refused_near_the_box_and_told_elsewhere(self):
        lines = raw_pdb().splitlines()
        broken = "\n".join(line for line in lines if not (line[22:26].strip() == "24" and line[12:16].strip() not in ("N", "CA", "C", "O", "CB")))
        far = self.prepared(broken, SMALL_FAR)
        self.assertEqual([note.code for note in far.notes], ["receptor_rebuilt"])
        with self.assertRaises(Failure) as caught:
            self.prepared(broken, box_on(lines, "24"))
        self.assertIn("A:24 LYS", caught.exception.message)
        self.assertIn("rebuilt", caught.exception.message)

    def test_a_broken_chain_is_told(self):
        gap = "\n".join(line for line in raw_pdb().splitlines() if line[22:26].strip() not in ("50", "51", "52"))
        self.assertIn("receptor_gap", [note.code for note in self.prepared(gap, SMALL_FAR).notes])

    def test_a_cofactor_is_kept_when_it_is_named(self):
        heme = [line for line in small_heme()]
        with_heme = raw_pdb().replace("END\n", "\n".join(heme) + "\nEND\n")
        receptor = self.prepared(with_heme, SMALL_FAR, keepCofactors=["HEM"])
        kept = Counter(atom.type for atom in receptor.atoms if atom.residue[2] == "HEM")
        self.assertEqual((kept["Fe"], sum(count for kind, count in kept.items() if kind not in ("H", "HD"))), (1, 43))
        self.assertEqual(receptor.report["keptCofactors"], ["A:800 HEM"])

    def test_a_ligand_that_looks_like_a_residue_is_told_too(self):
        like = [line.replace("TYR A  59", "0QE A 903").replace("ATOM  ", "HETATM") for line in raw_pdb().splitlines() if " A  59 " in line]
        receptor = self.prepared(raw_pdb().replace("END\n", "\n".join(like) + "\nEND\n"), SMALL_FAR)
        self.assertIn("A:903 0QE", next(note.message for note in receptor.notes if note.code == "receptor_heterogen_removed"))

    def test_residues_without_a_template_are_dropped_without_asking_a_network(self):
        like = [line.replace("TYR A  59", f"{name:>3} A {number}") for name, number in (("UNK", 903), ("DA", 904)) for line in raw_pdb().splitlines() if " A  59 " in line]
        receptor = self.prepared(raw_pdb().replace("END\n", "TER\n" + "\n".join(like) + "\nEND\n"), SMALL_FAR)
        dropped = next(note.message for note in receptor.notes if note.code == "receptor_dropped")
        self.assertIn("A:903 UNK", dropped)
        self.assertIn("A:904 DA", dropped)

    def test_names_of_protonation_states_are_kept_as_residues_and_told(self):
        receptor = self.prepared(raw_pdb().replace("HIS A  58", "HSP A  58").replace("HIS A  63", "HSE A  63"), SMALL_FAR)
        self.assertEqual([note.code for note in receptor.notes], ["receptor_replaced"])
        self.assertIn("A:58 HSP", receptor.notes[0].message)
        self.assertEqual(receptor.pdbqt, self.sound.pdbqt)

    def test_what_cannot_be_prepared_is_refused_with_its_reason(self):
        for word, receptor in {
            "no chain B": {"pdb": raw_pdb(), "chains": ["B"]},
            "no residue NAP": {"pdb": raw_pdb(), "keepCofactors": ["NAP"]},
            "part of the protein": {"pdb": raw_pdb(), "keepCofactors": ["TYR"]},
            "no atoms": {"pdb": "garbage"},
            "in one place": {"pdb": raw_pdb().replace(atom_line(2)[30:54], atom_line(1)[30:54])},
            "no protein": {"pdb": "HETATM    1  C1  LIG A   1      36.000  -7.000 -17.000  1.00  0.00           C\nEND\n"},
        }.items():
            with self.subTest(word):
                code, message = refusal(receptor, self.near)
                self.assertEqual(code, "setup_failed")
                self.assertIn(word, message)

    def test_a_ligand_that_marks_the_box_must_not_stay_in_it(self):
        box = {"aroundLigand": {"residueName": "PHE"}}
        self.assertIn("would fill the pocket", refusal({"pdb": raw_pdb(), "keepCofactors": ["PHE"]}, box)[1])


SMALL_FAR = {"center": [300.0, 0.0, 0.0], "size": [20, 20, 20]}


def box_on(lines, number):
    atom = next(line for line in lines if line[22:26].strip() == number and line[12:16].strip() == "CA")
    return {"center": [float(atom[30:38]), float(atom[38:46]), float(atom[46:54])], "size": [10, 10, 10]}


def small_heme():
    atoms = [atom for atom in pdbqt.read_atoms(targets.read_target("PTGS2")[0], "") if atom.residue[2] == "HEM" and not atom.is_hydrogen]
    for index, atom in enumerate(atoms):
        x, y, z = atom.position
        symbol = {"A": "C", "NA": "N", "OA": "O"}.get(atom.type, atom.type)
        name = f"{atom.name:<4}" if len(symbol) == 2 else f" {atom.name:<3}"
        yield f"HETATM{9000 + index:>5} {name} HEM A 800    {x:8.3f}{y:8.3f}{z:8.3f}  1.00  0.00          {symbol.upper():>2}"


class WithoutItsEnvironment(unittest.TestCase):
    def test_a_raw_pdb_is_refused_with_the_remedy(self):
        kept = os.environ.pop("OMTX_PYTHON_RECEPTOR", None)
        try:
            self.assertIn("not installed", refusal({"pdb": raw_pdb()})[1])
        finally:
            if kept is not None:
                os.environ["OMTX_PYTHON_RECEPTOR"] = kept


def atom_line(number: int) -> str:
    return raw_pdb().splitlines()[number]


if __name__ == "__main__":
    unittest.main()
