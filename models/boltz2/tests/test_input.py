"""The input file of the program for each way of asking, against goldens; paths of alignments and templates are put in by the worker."""
import json
import unittest
from pathlib import Path

from support import ASPIRIN, MODEL, SEQUENCE
from boltz_worker.complex import complex_of
from boltz_worker.yaml_input import write_yaml
from omtx_worker import Failure

GOLDEN = Path(__file__).parent / "golden"
PEPTIDE = "ACDEFGHIKLMNPQRSTVWY"
ASKED = {
    "binding": {"proteinSequence": f" {SEQUENCE.lower()}\n", "ligand": {"smiles": ASPIRIN, "name": "aspirin"}},
    "structure": {"proteinSequence": SEQUENCE},
    "two_chains": {"chainASequence": SEQUENCE, "chainBSequence": PEPTIDE},
    "complex": json.loads((MODEL / "examples" / "complex.json").read_text())["input"],
    "everything": {
        "molecules": [
            {"type": "protein", "id": "P", "sequence": SEQUENCE, "cyclic": True},
            {"type": "protein", "sequence": PEPTIDE, "copies": 2, "modifications": [{"position": 16, "ccd": "SEP"}]},
            {"type": "rna", "sequence": "ACGU"},
            {"type": "dna", "sequence": "ACGT"},
            {"type": "ligand", "id": "G", "ccd": "GOL"},
            {"type": "ligand", "ccd": ["BEN", "GOL"]},
        ],
        "constraints": [
            {"type": "bond", "atom1": {"chain": "P", "residue": 1, "atom": "N"}, "atom2": {"chain": "G", "atom": "C1"}},
            {"type": "pocket", "binder": "G", "contacts": [{"chain": "P", "residue": 2}]},
            {"type": "contact", "token1": {"chain": "P", "residue": 3}, "token2": {"chain": "G", "atom": "O1"}, "maxDistanceAngstrom": 10, "force": True},
        ],
        "templates": [
            {"format": "cif", "text": "data_x", "chains": ["P"], "templateChains": ["Q"]},
            {"format": "pdb", "text": "ATOM", "force": True, "thresholdAngstrom": 2.5},
        ],
        "affinity": {"binder": "G"},
    },
}


def written(name: str) -> str:
    asked = complex_of(ASKED[name])
    templates = {template: Path(f"/run/template{number}.{template.format}") for number, template in enumerate(asked.templates, 1)}
    return write_yaml(asked, {PEPTIDE: Path("/shard/msa0.a3m")}, templates)


class Input(unittest.TestCase):
    def test_each_way_of_asking_gives_the_golden_file(self):
        for name in ASKED:
            with self.subTest(name):
                self.assertEqual(written(name), (GOLDEN / f"{name}.yaml").read_text())

    def test_molecules_without_an_id_get_names_that_nobody_has(self):
        asked = complex_of({"molecules": [{"type": "protein", "sequence": "A", "copies": 2}, {"type": "ligand", "id": "B", "smiles": "C"}, {"type": "ligand", "smiles": "O"}]})
        self.assertEqual([each.ids for each in asked.molecules], [("A", "C"), ("B",), ("D",)])

    def test_a_binder_that_is_nobody_is_refused(self):
        from boltz_worker.complex import only_binder

        with self.assertRaises(Failure):
            only_binder(complex_of({"molecules": [{"type": "protein", "sequence": "A"}], "affinity": {"binder": "Z"}}))


if __name__ == "__main__":
    unittest.main()
