"""Reads SMILES with RDKit: the same answers as the WebAssembly build gives, several times as fast.

A line of JSON in is a list of [SMILES, cleaning]; a line of JSON out is a list of readings in the same order. A reading is
[canonical SMILES, heavy atoms, rotatable bonds, elements, fragments], or the log of RDKit as a string for what it cannot read.
The first line out is {"rdkit": version}.
"""

import io
import json
import sys

from rdkit import Chem, rdBase
from rdkit.Chem import rdMolDescriptors

log = io.StringIO()
sys.stderr = log
rdBase.LogToPythonStderr()

STRICT = rdMolDescriptors.NumRotatableBondsOptions.Strict


def read(smiles: str, cleaning: str) -> list | str:
    if log.tell():
        log.seek(0)
        log.truncate()
    mol = Chem.MolFromSmiles(smiles)
    if mol is None:
        return log.getvalue()
    canonical = Chem.MolToSmiles(mol)
    fragments = canonical.split(".")
    if cleaning != "as_is" and len(fragments) > 1:
        mol = largest_fragment(fragments)
        canonical = Chem.MolToSmiles(mol)
    elements = {atom.GetSymbol() for atom in mol.GetAtoms()} - {"H"}
    rotatable = rdMolDescriptors.CalcNumRotatableBonds(mol, STRICT)
    return [canonical, mol.GetNumHeavyAtoms(), rotatable, sorted(elements), len(fragments)]


def largest_fragment(fragments: list[str]) -> Chem.Mol:
    """Most heavy atoms; then the larger average molecular weight; then the first canonical SMILES."""
    mols = {}
    for text in fragments:
        mol = Chem.MolFromSmiles(text)
        mols[Chem.MolToSmiles(mol)] = mol
    most = max(mol.GetNumHeavyAtoms() for mol in mols.values())
    candidates = {smiles: mol for smiles, mol in mols.items() if mol.GetNumHeavyAtoms() == most}
    ordered = sorted(candidates, key=lambda smiles: (-rdMolDescriptors._CalcMolWt(candidates[smiles]), smiles))
    return Chem.MolFromSmiles(ordered[0])


def main() -> None:
    print(json.dumps({"rdkit": rdBase.rdkitVersion}), flush=True)
    for line in sys.stdin:
        print(json.dumps([read(smiles, cleaning) for smiles, cleaning in json.loads(line)]), flush=True)


main()
