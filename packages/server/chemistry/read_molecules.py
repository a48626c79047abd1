"""Reads molecules with RDKit: the same answers as the WebAssembly build gives, several times as fast.

A line of JSON in is a list of questions; a line of JSON out is a list of answers in the same order. What RDKit cannot read is answered
by its log, a string. The questions:

["read", SMILES, cleaning, more]: [canonical SMILES, heavy atoms, rotatable bonds, elements, fragments, Morgan fingerprint, InChIKey,
    pattern fingerprint]. `more` is "" (the last three are null), "fingerprint" (Morgan) or "ligand" (InChIKey and pattern).
["pattern", text]: pattern fingerprint of a substructure.
["match", canonical SMILES, text]: whether the molecule holds the substructure.

Fingerprints have 2,048 bits and are sent as base64. The first line out is {"rdkit": version}.
"""

import base64
import functools
import io
import json
import sys

from rdkit import Chem, DataStructs, rdBase
from rdkit.Chem import rdFingerprintGenerator, rdMolDescriptors

log = io.StringIO()
sys.stderr = log
rdBase.LogToPythonStderr()

STRICT = rdMolDescriptors.NumRotatableBondsOptions.Strict
BITS = 2048
MORGAN = rdFingerprintGenerator.GetMorganGenerator(radius=2, fpSize=BITS)


def answer(question: list) -> list | str | bool:
    if log.tell():
        log.seek(0)
        log.truncate()
    kind, text, *rest = question
    if kind == "match":
        return matches(text, rest[0])
    if kind == "pattern":
        pattern = pattern_of(text)
        return log.getvalue() if pattern is None else [encoded(Chem.PatternFingerprint(pattern, fpSize=BITS))]
    return read(text, *rest)


def read(smiles: str, cleaning: str, more: str) -> list | str:
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
    return [canonical, mol.GetNumHeavyAtoms(), rotatable, sorted(elements), len(fragments), *described(mol, more)]


def described(mol: Chem.Mol, more: str) -> list:
    if more == "fingerprint":
        return [encoded(MORGAN.GetFingerprint(mol)), None, None]
    if more == "ligand":
        return [None, Chem.MolToInchiKey(mol) or None, encoded(Chem.PatternFingerprint(mol, fpSize=BITS))]
    return [None, None, None]


def encoded(bits: DataStructs.ExplicitBitVect) -> str:
    return base64.b64encode(DataStructs.BitVectToBinaryText(bits)).decode()


@functools.lru_cache(maxsize=64)
def pattern_of(text: str) -> Chem.Mol | None:
    """Without brackets a text is a SMILES, so that a Kekule ring finds aromatic ones; with them it is a SMARTS."""
    mol = None if "[" in text else Chem.MolFromSmiles(text)
    return mol if mol is not None else Chem.MolFromSmarts(text)


def matches(smiles: str, text: str) -> bool:
    """The SMILES is one that RDKit wrote, so it is not sanitized again: that is three times as fast."""
    pattern = pattern_of(text)
    mol = Chem.MolFromSmiles(smiles, sanitize=False)
    if pattern is None or mol is None:
        return False
    mol.UpdatePropertyCache(False)
    Chem.FastFindRings(mol)
    return mol.HasSubstructMatch(pattern)


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
        print(json.dumps([answer(question) for question in json.loads(line)]), flush=True)


main()
