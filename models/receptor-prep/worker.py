"""A raw structure made ready to dock into: PDBQT, a PDB with all hydrogens, and a report of what was changed."""
import json

from omtx_chemistry import pdbqt, receptor_chain
from omtx_chemistry.hydrogens import add_hydrogens
from omtx_chemistry.pdb_text import check_pdb
from omtx_worker import Artifact, Failure, Note, Opened, OpenRequest, RowRequest, RowResult, granted_cpus, run_worker

KINDS = ("dropped", "rebuilt", "replaced", "gap", "altloc", "heterogen_removed")
FILES = (
    Artifact("receptor.pdbqt", "receptor.pdbqt", "chemical/x-pdbqt", "prepared_receptor"),
    Artifact("receptor-hydrogens.pdb", "receptor-hydrogens.pdb", "chemical/x-pdb", "receptor"),
    Artifact("receptor-report.json", "receptor-report.json", "application/json", "report"),
)


def open_shard(request: OpenRequest) -> Opened:
    return Opened(state=None)


def predict(_state: None, request: RowRequest) -> RowResult:
    structure = request.input.get("structure") or {}
    check_pdb(structure.get("pdb"))
    try:
        text, report = receptor_chain.prepare(structure["pdb"], structure.get("chains"), structure.get("keepCofactors") or [])
    except receptor_chain.Refusal as refusal:
        raise Failure("preparation_failed", str(refusal)) from refusal
    atoms = pdbqt.read_atoms(text, "The prepared receptor")
    pdbqt.check_types(atoms, "The prepared receptor")
    pdb, counts = add_hydrogens(atoms)
    for name, content in (("receptor.pdbqt", text), ("receptor-hydrogens.pdb", pdb), ("receptor-report.json", json.dumps({**report, "atoms": counts}, indent=2))):
        (request.folder / name).write_text(content)
    changes = [{"kind": each["kind"], "residue": each["residue"], "why": each["why"]} for each in report["changes"]]
    metrics = {f"receptor-prep.{kind}_count": float(sum(each["kind"] == kind for each in changes)) for kind in KINDS}
    metrics["receptor-prep.heavy_atom_count"] = float(counts["heavy"])
    return RowResult(metrics, {"changes": changes}, FILES, notes_of(changes))


def notes_of(changes: list[dict]) -> list[Note]:
    """What a person must look at before he docks."""
    serious = [each for each in changes if each["kind"] in ("dropped", "rebuilt", "gap")]
    if not serious:
        return []
    names = ", ".join(f"{each['residue']} ({each['kind']})" for each in serious[:20])
    return [Note("look_at_changes", f"Look whether these are near the pocket: {names}{' and more' if len(serious) > 20 else ''}.")]


if __name__ == "__main__":
    run_worker(model="receptor-prep", version="1.0.0", open_shard=open_shard, predict=predict, slots=granted_cpus())
