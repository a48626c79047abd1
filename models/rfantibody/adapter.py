"""RFantibody as three programs, one after another: backbones, sequences, and a prediction of each design."""
from __future__ import annotations

import re
from pathlib import Path

from omtx_adapter import Adapter
from omtx_adapter.files import only
from omtx_chemistry.pdb_text import check_pdb
from omtx_worker import Artifact, Failure, RowResult

HOTSPOT = re.compile(r"^[A-Za-z]\d+$")
LOOPS = ("H1", "H2", "H3", "L1", "L2", "L3")
SCORE = re.compile(r"^SCORE\s+(\w+):\s*(-?(?:\d+(?:\.\d+)?|nan|inf))", re.MULTILINE)


def write_input(asked, _parameters, _seed, folder: Path) -> None:
    """Both structures in the HLT format: chains H and L of the antibody, T of the target."""
    check_pdb(asked["target"]["pdb"], "The target", 5)
    facts = check_pdb(asked["framework"]["pdb"], "The framework", 50)
    if "H" not in facts.chains:
        raise Failure("invalid_input", f"The framework needs a heavy chain H; it has {', '.join(facts.chains)}. Convert it to the HLT format.")
    residues = {f"{line[21]}{line[22:26].strip()}" for line in asked["target"]["pdb"].splitlines() if line.startswith("ATOM")}
    wrong = [hotspot for hotspot in asked["hotspots"] if not HOTSPOT.match(hotspot)]
    unknown = [loop for loop in asked.get("loops", {}) if loop not in LOOPS]
    if wrong or unknown:
        raise Failure("invalid_input", f"These are no hotspots or loops: {', '.join([*wrong, *unknown])}. Hotspots are like T305, loops H1 to L3.")
    away = [hotspot for hotspot in asked["hotspots"] if hotspot not in residues]
    if away:
        raise Failure("invalid_input", f"The target has no residue {', '.join(away)}. Hotspots name chain and number as they are in its PDB.")
    light = [loop for loop in asked.get("loops", {}) if loop.startswith("L")]
    if light and "L" not in facts.chains:
        raise Failure("invalid_input", f"The framework is a nanobody (no chain L), so {', '.join(light)} cannot be designed.")
    (folder / "target.pdb").write_text(asked["target"]["pdb"])
    (folder / "framework.pdb").write_text(asked["framework"]["pdb"])


def commands(asked, parameters, _seed, folder: Path) -> list[list[str]]:
    backbones, sequences, predictions = (folder / name for name in ("backbones", "sequences", "predictions"))
    diffuse = ["rfdiffusion", "-t", str(folder / "target.pdb"), "-f", str(folder / "framework.pdb"), "-o", str(backbones), "-n", str(parameters["designs"])]
    if asked.get("loops"):
        diffuse += ["-l", ",".join(f"{loop}:{asked['loops'][loop]}" for loop in LOOPS if loop in asked["loops"])]
    diffuse += ["-h", ",".join(asked["hotspots"])]
    design = ["proteinmpnn", "-i", str(backbones), "-o", str(sequences), "-n", str(parameters["sequencesPerBackbone"])]
    return [diffuse, design, ["rf2", "-i", str(sequences), "-o", str(predictions)]]


def read_output(_asked, _parameters, _seed, folder: Path) -> RowResult:
    records = []
    for path in only(list((folder / "predictions").rglob("*.pdb")), "predicted designs"):
        scores = {name: float(value) for name, value in SCORE.findall(path.read_text())}
        record = {"design": path.stem, "pae": scores["interaction_pae"], "rmsd": scores["target_aligned_antibody_rmsd"], "path": str(path.relative_to(folder))}
        records.append({**record, **({"plddt": round(scores["pred_lddt"] * 100, 2)} if "pred_lddt" in scores else {})})
    records.sort(key=lambda each: (each["pae"], each["design"]))
    files = [Artifact(f"rank-{rank}.pdb", each["path"], "chemical/x-pdb", "structure") for rank, each in enumerate(records, 1)]
    best = records[0]
    table = [{"rank": rank, **{name: value for name, value in each.items() if name != "path"}} for rank, each in enumerate(records, 1)]
    return RowResult({"rfantibody.interaction_pae": best["pae"], "rfantibody.rmsd": best["rmsd"], "design_count": float(len(records))}, {"designs": table}, files)


ADAPTER = Adapter(
    write_input,
    commands,
    read_output,
    samples=("designs", lambda parameters: int(parameters["designs"]) * int(parameters["sequencesPerBackbone"])),
)
