"""Interactions of the ligands of a complex, by PLIP. GPL: in a process and an environment of its own."""
from omtx_chemistry.pdb_text import check_pdb
from omtx_worker import Failure, Opened, OpenRequest, RowRequest, RowResult, granted_cpus, run_worker
from plip.structure.preparation import PDBComplex

VERSION = "3.0.1"
MOST_ATOMS = 30_000
KINDS = {
    "hydrogen bond (ligand donor)": "hbonds_ldon",
    "hydrogen bond (protein donor)": "hbonds_pdon",
    "hydrophobic": "hydrophobic_contacts",
    "pi stacking": "pistacking",
    "pi cation (charged protein)": "pication_paro",
    "pi cation (charged ligand)": "pication_laro",
    "salt bridge (negative ligand)": "saltbridge_lneg",
    "salt bridge (positive ligand)": "saltbridge_pneg",
    "halogen bond": "halogen_bonds",
    "water bridge": "water_bridges",
    "metal": "metal_complexes",
}
DISTANCES = ("distance_ad", "distance", "distance_aw")


def open_shard(request: OpenRequest) -> Opened:
    return Opened(state=None)


def predict(_state: None, request: RowRequest) -> RowResult:
    pdb = (request.input.get("structure") or {}).get("pdb")
    facts = check_pdb(pdb, fewest_residues=3)
    if facts.heterogen_atoms == 0:
        raise Failure("invalid_input", "The complex has no ligand: it must be in the same PDB as HETATM records.")
    if facts.atoms > MOST_ATOMS:
        raise Failure("invalid_input", f"The complex has {facts.atoms} atoms; at most {MOST_ATOMS} are taken. Give fewer chains.")
    found = analyse(pdb, request)
    records = [record for site, interactions in found.items() for record in records_of(site, interactions)]
    if not found:
        raise Failure("no_result", "PLIP found no ligand in the complex; waters, ions and buffers do not count.")
    metrics = {
        "interaction_count": float(len(records)),
        "plip.ligand_count": float(len(found)),
        "plip.hydrogen_bond_count": float(sum(record["type"].startswith("hydrogen bond") for record in records)),
    }
    return RowResult(metrics, {"interactions": records})


def analyse(pdb: str, request: RowRequest) -> dict:
    """The engine ends the process by SystemExit for what it cannot read."""
    path = request.folder / "complex.pdb"
    path.write_text(pdb)
    complex_ = PDBComplex()
    complex_.output_path = str(request.folder)
    try:
        complex_.load_pdb(str(path))
        complex_.analyze()
    except (SystemExit, ValueError, AttributeError, KeyError, IndexError) as error:
        raise Failure("model_error", f"PLIP could not read the complex: {error or type(error).__name__}.") from error
    return dict(complex_.interaction_sets)


def records_of(site: str, interactions) -> list[dict]:
    records = []
    for kind, attribute in KINDS.items():
        for each in getattr(interactions, attribute, ()):
            distance = next((getattr(each, name) for name in DISTANCES if getattr(each, name, None) is not None), None)
            record = {"ligand": site, "type": kind, "residue": f"{each.reschain}:{each.resnr} {each.restype}"}
            records.append(record if distance is None else {**record, "distance": round(float(distance), 2)})
    return records


if __name__ == "__main__":
    run_worker(model="plip", version=VERSION, open_shard=open_shard, predict=predict, slots=granted_cpus())
