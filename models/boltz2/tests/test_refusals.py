"""What the real program refuses, misreads or stops at, and what a user is told instead; nothing is predicted here."""
import tempfile
import unittest
from pathlib import Path

from support import ASPIRIN, SEQUENCE, cache
from boltz_worker.capture import captured, text_of
from boltz_worker.check import checked
from boltz_worker.complex import complex_of
from boltz_worker.said import skip_reason
from omtx_worker import Failure

COMPONENTS = cache() / "mols"
CHLORINATED = "C" * 52 + "Cl"


def binding(smiles: str, sequence: str = SEQUENCE) -> dict:
    return {"proteinSequence": sequence, "ligand": {"smiles": smiles}}


def molecules(*extra: dict, **more: object) -> dict:
    return {"molecules": [{"type": "protein", "id": "A", "sequence": SEQUENCE}, *extra], **more}


LIGAND = {"type": "ligand", "id": "L", "smiles": "CCO"}
# Words of the reason, and what gets it.
REFUSED = {
    "cannot be read": binding("C1CC"),
    "no heavy atom": binding("[H][H]"),
    "excludes this molecule": binding("N[Pt](N)(Cl)Cl"),
    "more than 7 boron atoms": binding("B" * 8),
    "has 130 atoms": binding("C" * 130),
    "whose name would be CL": binding(CHLORINATED),
    "has - at position 3": binding("C", "MK-V"),
    "has Z at position 2": binding("C", "MZKV"),
    "has no residues": binding("C", ""),
    "no component ZZZ": molecules({"type": "ligand", "ccd": "ZZZ"}),
    "no component QQQ": {"molecules": [{"type": "protein", "id": "A", "sequence": "ACDEFG", "modifications": [{"position": 1, "ccd": "QQQ"}]}]},
    "modification is at position 99": {"molecules": [{"type": "protein", "id": "A", "sequence": "ACDEFG", "modifications": [{"position": 99, "ccd": "SEP"}]}]},
    "exactly one of smiles and ccd": molecules({"type": "ligand", "smiles": "C", "ccd": "GOL"}),
    "is given to two molecules": molecules({**LIGAND, "id": "A"}),
    "there are 0 molecules": molecules(LIGAND, affinity={"binder": "Z"}),
    "A is a chain": molecules(LIGAND, affinity={"binder": "A"}),
    "one copy of a ligand": molecules({**LIGAND, "copies": 2}, affinity={"binder": "L"}),
    "more of L": molecules(LIGAND, {"type": "ligand", "smiles": "OCC"}, affinity={"binder": "L"}),
    "of one component": molecules({"type": "ligand", "id": "L", "ccd": ["GOL", "BEN"]}, affinity={"binder": "L"}),
    "there is no protein": {"molecules": [{"type": "dna", "id": "A", "sequence": "ACGT"}, LIGAND], "affinity": {"binder": "L"}},
    "names the chain Q": molecules(LIGAND, constraints=[{"type": "contact", "token1": {"chain": "Q", "residue": 1}, "token2": {"chain": "L", "atom": "C1"}}]),
    "its atoms are C8, C9, O7": molecules(LIGAND, constraints=[{"type": "contact", "token1": {"chain": "A", "residue": 1}, "token2": {"chain": "L", "atom": "N9"}}]),
    "names residue 99": molecules(LIGAND, constraints=[{"type": "pocket", "binder": "L", "contacts": [{"chain": "A", "residue": 99}]}]),
    "of the chain X": molecules(LIGAND, constraints=[{"type": "pocket", "binder": "X", "contacts": [{"chain": "A", "residue": 1}]}]),
}
# What the program itself says of an input that reaches it, by the words that stand for it.
SAID = {
    "cannot be read": "- ligand: {id: B, smiles: C1CC}",
    "several parts": "- ligand: {id: B, smiles: CCO.Cl}",
    "excludes this molecule": "- ligand: {id: B, smiles: 'N[Pt](N)(Cl)Cl'}",
    "whose name would be CL": f"- ligand: {{id: B, smiles: '{CHLORINATED}'}}",
    "no component ZZZ": "- ligand: {id: B, ccd: ZZZ}",
    "refuses the input: while scanning a quoted scalar": '- ligand: {id: B, smiles: "C',
}


class Refusals(unittest.TestCase):
    def test_each_is_told_with_its_reason_before_any_work(self):
        for words, asked in REFUSED.items():
            with self.subTest(words):
                with self.assertRaises(Failure) as caught:
                    checked(complex_of(asked), COMPONENTS, [])
                self.assertEqual(caught.exception.code, "invalid_input")
                self.assertIn(words, caught.exception.message)

    def test_the_program_s_own_reasons_become_plain_words(self):
        from boltz_worker import engine as stages
        from boltz_worker.engine import Engine
        from boltz_worker.run import in_child
        from boltz_worker.settings import Settings

        engine = Engine(None, None, cache(), "cpu")
        for words, ligand in SAID.items():
            with self.subTest(words), tempfile.TemporaryDirectory() as work:
                source, log = Path(work) / "complex.yaml", Path(work) / "log"
                source.write_text(f"sequences:\n- protein: {{id: A, sequence: {SEQUENCE}, msa: empty}}\n{ligand}\nproperties:\n- affinity: {{binder: B}}\n")
                with captured(log):
                    in_child(lambda source=source, work=work: stages.prepare(engine, source, Path(work) / "out", Settings(1)))
                self.assertEqual(len(stages.records_of(Path(work) / "out").records), 0)
                self.assertIn(words, skip_reason(text_of(log)) or "it was taken")

    def test_a_salt_is_taken_off_and_told(self):
        notes = []
        found = checked(complex_of(binding("OC(=O)c1ccccc1OC(C)=O.[Na+]")), COMPONENTS, notes)
        self.assertEqual(found.molecules[1].smiles, ASPIRIN)
        self.assertEqual([(note.code, "[Na+]" in note.message) for note in notes], [("salt_removed", True)])

    def test_a_ligand_larger_than_those_of_the_training_runs_with_a_note(self):
        notes = []
        checked(complex_of(binding("C" * 60)), COMPONENTS, notes)
        self.assertEqual([note.code for note in notes], ["large_ligand"])


if __name__ == "__main__":
    unittest.main()
