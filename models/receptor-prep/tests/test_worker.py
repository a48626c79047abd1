"""Against meeko and PDBFixer called directly, on a pocket of a crystal structure, and its bad inputs."""
import io
import json
import math
import sys
import unittest
from pathlib import Path

MODEL = Path(__file__).resolve().parents[1]
sys.path += [str(MODEL), str(MODEL.parents[1] / "packages" / "model-tests-python")]

from omtx_model_tests.workers import example_of, manifest_of, shard, worker as start  # noqa: E402
import worker  # noqa: E402
from omtx_chemistry import receptor_chain  # noqa: E402
from meeko import MoleculePreparation, PDBQTWriterLegacy, Polymer, ResidueChemTemplates  # noqa: E402
from omtx_worker import Failure  # noqa: E402
from pdbfixer import PDBFixer  # noqa: E402

MANIFEST = manifest_of(MODEL)
EXAMPLE = example_of(MODEL, MANIFEST)["input"]


class ReceptorPreparation(unittest.TestCase):
    def test_the_files_are_those_of_the_chain_and_the_report_says_what_was_removed(self):
        with shard(worker, MANIFEST) as (_, run):
            result = run(EXAMPLE)
        text, report = receptor_chain.prepare(EXAMPLE["structure"]["pdb"], None, [])
        self.assertEqual(result.metrics["receptor-prep.heavy_atom_count"], sum(line.startswith("ATOM") and line.split()[-1] not in ("H", "HD") for line in text.splitlines()))
        self.assertEqual(result.metrics["receptor-prep.heterogen_removed_count"], 1.0)
        self.assertIn("NDP", " ".join(each["residue"] for each in result.tables["changes"]))
        self.assertEqual(len(result.tables["changes"]), len(report["changes"]))

    def test_places_types_and_charges_of_atoms_are_those_of_meeko_alone(self):
        with shard(worker, MANIFEST) as (_, run):
            result = run(EXAMPLE)
            told = records(run.folder.joinpath("receptor.pdbqt").read_text())
        protein = [line for line in EXAMPLE["structure"]["pdb"].splitlines() if line.startswith("ATOM") and line[76:78].strip() != "H"]
        polymer = Polymer.from_pdb_string("\n".join([*protein, "END", ""]), ResidueChemTemplates.create_from_defaults(), MoleculePreparation(), default_altloc="A")
        direct = records(PDBQTWriterLegacy.write_from_polymer(polymer)[0])
        dropped = {each["residue"] for each in result.tables["changes"] if each["kind"] == "dropped"}
        self.assertEqual(dropped, {"B:133 THR"})
        self.assertEqual(told, {key: record for key, record in direct.items() if key[1:] != ("THR", "B", "133")})
        self.assertGreater(len({record[2] for record in told.values()}), 4)

    def test_missing_atoms_are_those_that_pdbfixer_finds_and_are_built_where_bonds_are_sound(self):
        lines = [line for line in EXAMPLE["structure"]["pdb"].splitlines() if line.startswith("ATOM")]
        cut = "\n".join(line for line in lines if line[22:26].strip() != "118" or line[12:16].strip() in ("N", "CA", "C", "O", "CB"))
        fixer = PDBFixer(pdbfile=io.StringIO(cut))
        fixer.findMissingResidues()
        fixer.missingResidues = {}
        fixer.findMissingAtoms()
        [(residue, atoms)] = fixer.missingAtoms.items()
        with shard(worker, MANIFEST) as (_, run):
            result = run({"structure": {"pdb": cut}})
            told = records(run.folder.joinpath("receptor.pdbqt").read_text())
        [change] = [each for each in result.tables["changes"] if each["kind"] == "rebuilt"]
        self.assertEqual((change["residue"], residue.name, residue.id), ("B:118 TYR", "TYR", "118"))
        self.assertEqual(change["why"], f"atoms {', '.join(atom.name for atom in atoms)} were missing")
        place = {name: tuple(map(float, record[0])) for (name, *rest), record in told.items() if rest == ["TYR", "B", "118"]}
        for one, other in (("CB", "CG"), ("CG", "CD1"), ("CG", "CD2"), ("CD1", "CE1"), ("CE1", "CZ"), ("CZ", "OH")):
            with self.subTest(f"{one}-{other}"):
                self.assertAlmostEqual(math.dist(place[one], place[other]), 1.43, delta=0.12)

    def test_a_structure_that_engines_would_stumble_over_is_refused_with_the_reason(self):
        lines = EXAMPLE["structure"]["pdb"].splitlines()
        onto = list(lines)
        onto[6] = f"{lines[6][:30]}{lines[5][30:54]}{lines[6][54:]}"
        nameless = [f"{line[:17]}UNK{line[20:]}" if line.startswith("ATOM") else line for line in lines]
        with shard(worker, MANIFEST) as (_, run):
            for text, words in ((onto, "in one place: B:9 ILE CG1 and B:9 ILE CG2"), (nameless, "names of its residues")):
                with self.subTest(words), self.assertRaises(Failure) as caught:
                    run({"structure": {"pdb": "\n".join(text)}})
                self.assertEqual(caught.exception.code, "preparation_failed")
                self.assertIn(words, caught.exception.message)

    def test_a_text_that_is_no_structure_is_refused(self):
        with shard(worker, MANIFEST) as (_, run):
            for pdb, code in (("garbage", "invalid_input"), ("", "invalid_input"), ("ATOM      1  N   ALA A   1      xx.xxx  15.096  17.623  1.00  0.00           N", "invalid_input")):
                with self.assertRaises(Failure) as caught:
                    run({"structure": {"pdb": pdb}})
                self.assertEqual(caught.exception.code, code)

    def test_chains_that_are_not_there_are_named(self):
        with shard(worker, MANIFEST) as (_, run), self.assertRaises(Failure) as caught:
            run({"structure": {**EXAMPLE["structure"], "chains": ["Q"]}})
        self.assertEqual((caught.exception.code, "chain Q" in caught.exception.message), ("preparation_failed", True))

    def test_over_the_protocol_the_same_row_gives_the_same_bytes(self):
        with start(MODEL) as process:
            process.open()
            process.next("opened")
            texts = []
            for row in ("0", "1"):
                process.predict(row, EXAMPLE)
                process.next("result", limit_seconds=120)
                texts.append((process.folder / "s" / f"row-{row}" / "receptor.pdbqt").read_bytes())
        self.assertEqual(texts[0], texts[1])
        self.assertTrue(json.dumps(MANIFEST["artifacts"]).count("receptor.pdbqt"))


def records(pdbqt: str) -> dict[tuple[str, str, str, str], tuple[tuple[str, ...], str, str]]:
    """Place, charge and type by name of atom and residue, chain and number."""
    return {
        (line[12:16].strip(), line[17:20], line[21], line[22:27].strip()): (tuple(line[start : start + 8] for start in (30, 38, 46)), line[70:76], line[77:79].strip())
        for line in pdbqt.splitlines()
        if line.startswith("ATOM")
    }


if __name__ == "__main__":
    unittest.main()
