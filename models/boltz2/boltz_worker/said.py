"""What the program printed, in words that help: it names a refused input only by an exception's text, and often not the reason."""
from __future__ import annotations

import re

from omtx_worker import Failure
from omtx_worker.memory import speaks_of_memory

# The text may have several lines: it ends where a line that the program itself begins comes next, or with the log.
SKIPPED = re.compile(r"^Failed to process (?P<path>.+?)\. Skipping\. Error: (?P<text>.*?)\.?\s*(?=^(?:Failed to process |\s*\d+%\||Running |Checking |Processing |Predicting )|\Z)", re.MULTILINE | re.DOTALL)
# A record that fails after it was read is replaced by the first one, without an error; with a single one it is a RecursionError.
FEATURES = re.compile(r"^(?:Tokenizer failed on|Cropper failed on|Featurizer failed on|Molecule loading failed for) \S+ with error (?P<text>.*?)\. Skipping\.", re.MULTILINE)

PLAIN = (
    (r"'NoneType' object has no attribute 'GetAtoms'|rdmolops\.AddHs\(NoneType\)", "The SMILES of the ligand cannot be read."),
    (r"Pre-condition Violation", "The SMILES of the ligand has several parts. Give one molecule, without its salt."),
    (r"Molecule is excluded", "The standardisation of ligands for affinity excludes this molecule: it has a metal, or more than 7 boron atoms. Ask for its structure alone."),
    (r"Molecule is broken", "The standardisation of ligands for affinity breaks this molecule. Draw it in another way, or ask for its structure alone."),
    (r"ligand for affinity is too large", "The ligand has more than 128 atoms, the most that the affinity stage takes. Ask for its structure alone."),
    (r"atom with a name longer than 4 characters: (\S+)", r"The ligand has an atom whose name would be \1, longer than four characters: a chlorine or bromine in a molecule of more than 99 atoms, hydrogens counted."),
    (r"Failed to compute 3D conformer", "No 3D conformer of the ligand could be made."),
    (r"CCD component (\S+) not found", r"The chemical component dictionary of this hub has no component \1."),
    (r"reference asym IDs that don't have coordinates", "A chain or ligand has no heavy atom."),
    (r"'utf-8' codec|KeyError\('?[A-Za-z]", "The MSA has a letter that is none."),
)


def skip_reason(log: str) -> str | None:
    """Why the program left an input out, in plain words where they are known; None where it did not."""
    found = SKIPPED.search(log)
    return None if found is None else plain(found.group("text"))


def plain(text: str) -> str:
    for pattern, words in PLAIN:
        if found := re.search(pattern, text):
            return found.expand(words)
    return f"Boltz-2 refuses the input: {one_line(text)}"


def one_line(text: str) -> str:
    return " ".join(text.split())[:1_000] or "it gave no reason"


def failure_of(error: BaseException, log: str, stage: str) -> Failure:
    """The failure of a stage, from its exception and what was printed before."""
    text = f"{type(error).__name__}: {error}"
    if speaks_of_memory(text):
        return Failure("out_of_memory", f"The {stage} stage ran out of memory: {one_line(text)}")
    if found := FEATURES.search(log):
        return Failure("invalid_input", plain(found.group("text")))
    if "reference asym IDs" in text:
        return Failure("invalid_input", plain(text))
    return Failure("model_error", f"The {stage} stage failed: {one_line(text)}")
