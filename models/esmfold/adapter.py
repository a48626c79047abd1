"""ESMFold as a program: FASTA in, a PDB with pLDDT in the B-factor out."""
from __future__ import annotations

import re
from pathlib import Path

from omtx_adapter import Adapter, tail_of
from omtx_adapter.files import confidence_of_structure, only
from omtx_adapter.molecules import sequence_of
from omtx_worker import Artifact, RowResult

# "... pLDDT 85.1, pTM 0.83 in 4.2s."
PTM = re.compile(r"pTM\s+([0-9.]+[0-9])")


def write_input(asked, _parameters, _seed, folder: Path) -> None:
    (folder / "input.fasta").write_text(f">row\n{sequence_of(asked['proteinSequence'], 'protein', 1)}\n")


def commands(_asked, parameters, _seed, folder: Path) -> list[list[str]]:
    command = ["esm-fold", "-i", str(folder / "input.fasta"), "-o", str(folder / "pdb"), "--num-recycles", str(parameters["recycles"])]
    chunk = int(parameters["chunkSize"])
    return [[*command, *(["--chunk-size", str(chunk)] if chunk > 0 else [])]]


def read_output(_asked, _parameters, _seed, folder: Path) -> RowResult:
    [structure] = only(list((folder / "pdb").glob("*.pdb")), "PDB file")
    metrics = {"plddt": confidence_of_structure(structure)}
    found = PTM.findall(tail_of(folder, 200))
    if found:
        metrics["ptm"] = float(found[-1])
    return RowResult(metrics, artifacts=[Artifact("structure.pdb", str(structure.relative_to(folder)), "chemical/x-pdb", "structure")])


ADAPTER = Adapter(write_input, commands, read_output)
