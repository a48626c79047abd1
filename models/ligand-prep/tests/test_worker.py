"""Against RDKit and meeko called directly, and the inputs that they pass over in silence."""
import sys
import unittest
from pathlib import Path

MODEL = Path(__file__).resolve().parents[1]
sys.path += [str(MODEL), str(MODEL.parents[1] / "packages" / "model-tests-python")]

from omtx_model_tests.workers import manifest_of, shard  # noqa: E402
import worker  # noqa: E402
from meeko import MoleculePreparation, PDBQTWriterLegacy  # noqa: E402
from omtx_worker import Failure  # noqa: E402
from rdkit import Chem  # noqa: E402
from rdkit.Chem import AllChem  # noqa: E402

MANIFEST = manifest_of(MODEL)
IBUPROFEN = "CC(C)Cc1ccc(cc1)[C@@H](C)C(=O)O"


class LigandPreparation(unittest.TestCase):
    def test_coordinates_and_torsions_are_those_of_the_engines(self):
        parameters = AllChem.ETKDGv3()
        parameters.randomSeed = 42
        molecule = Chem.AddHs(Chem.MolFromSmiles(Chem.CanonSmiles(IBUPROFEN)))
        AllChem.EmbedMolecule(molecule, parameters)
        AllChem.MMFFOptimizeMolecule(molecule, maxIters=500)
        text, _, _ = PDBQTWriterLegacy.write_string(MoleculePreparation().prepare(molecule)[0])
        lines = lambda pdbqt: [line[:54] for line in pdbqt.splitlines() if line.startswith("ATOM")]  # noqa: E731
        with shard(worker, MANIFEST) as (opened, run):
            result = run({"ligand": {"smiles": IBUPROFEN}})
            from omtx_chemistry.ligand import prepare_ligand

            self.assertEqual(lines(prepare_ligand({"smiles": IBUPROFEN}, opened.state).pdbqt), lines(text))
        self.assertEqual(result.metrics["ligand-prep.torsion_count"], text.count("\nBRANCH"))
        self.assertEqual(result.metrics["heavy_atom_count"], 15)

    def test_a_salt_a_guessed_stereo_centre_and_a_protonation_are_told(self):
        with shard(worker, MANIFEST, protonation="ph") as (_, run):
            result = run({"ligand": {"smiles": "[Na+].CC(C)Cc1ccc(cc1)C(C)C(=O)O"}})
        self.assertEqual(result.tables["prepared"][0]["smiles"].count("[O-]"), 1)
        codes = [note.code for note in result.notes]
        self.assertIn("salt_removed", codes)
        self.assertIn("protonated", codes)

    def test_a_stereo_centre_that_is_given_is_kept_and_one_that_is_not_is_the_engines_choice_and_told(self):
        labels = {}
        for hand in ("@", "@@"):
            smiles = f"CC(C)Cc1ccc(cc1)[C{hand}H](C)C(=O)O"
            given = Chem.FindMolChiralCenters(Chem.MolFromSmiles(smiles), useLegacyImplementation=False)
            with shard(worker, MANIFEST) as (_, run):
                result = run({"ligand": {"smiles": smiles}})
                labels[hand] = labels_in_3d(run.folder / "ligand.sdf")
            self.assertEqual(labels[hand], [label for _, label in given])
            self.assertNotIn("undefined_stereo", [note.code for note in result.notes])
        self.assertEqual(sorted(labels["@"] + labels["@@"]), ["R", "S"])
        parameters = AllChem.ETKDGv3()
        parameters.randomSeed = 42
        molecule = Chem.AddHs(Chem.MolFromSmiles(Chem.CanonSmiles("CC(C)Cc1ccc(cc1)C(C)C(=O)O")))
        AllChem.EmbedMolecule(molecule, parameters)
        Chem.AssignStereochemistryFrom3D(molecule)
        with shard(worker, MANIFEST) as (_, run):
            result = run({"ligand": {"smiles": "CC(C)Cc1ccc(cc1)C(C)C(=O)O"}})
            self.assertEqual(labels_in_3d(run.folder / "ligand.sdf"), [label for _, label in Chem.FindMolChiralCenters(molecule)])
        self.assertIn("undefined_stereo", [note.code for note in result.notes])

    def test_what_cannot_be_prepared_is_refused(self):
        with shard(worker, MANIFEST) as (_, run):
            for ligand in ({"smiles": "not a molecule"}, {"smiles": ""}, {"smiles": "[Fe]"}, {"smiles": "C" * 200}, None):
                with self.subTest(ligand=ligand), self.assertRaises(Failure) as caught:
                    run({"ligand": ligand})
                self.assertEqual(caught.exception.code, "invalid_input")


def labels_in_3d(path: Path) -> list[str]:
    [molecule] = Chem.SDMolSupplier(str(path), removeHs=False)
    Chem.AssignStereochemistryFrom3D(molecule)
    return [label for _, label in Chem.FindMolChiralCenters(molecule)]


if __name__ == "__main__":
    unittest.main()
