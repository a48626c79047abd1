"""pKa of the titratable groups of a structure, and its isoelectric point, by PROPKA."""
import io
import logging

import propka.run
from omtx_chemistry.pdb_text import check_pdb
from omtx_worker import Failure, Opened, OpenRequest, RowRequest, RowResult, granted_cpus, run_worker

VERSION = "3.5.1"
# 22,000 atoms took 21 s.
MOST_ATOMS = 30_000
logging.getLogger("propka").setLevel(logging.ERROR)


def open_shard(request: OpenRequest) -> Opened:
    return Opened(state=float(request.parameters["ph"]))


def predict(ph: float, request: RowRequest) -> RowResult:
    pdb = (request.input.get("structure") or {}).get("pdb")
    # A file of one atom passes the engine in silence.
    facts = check_pdb(pdb, fewest_residues=3)
    if facts.atoms > MOST_ATOMS:
        raise Failure("invalid_input", f"The structure has {facts.atoms} atoms; at most {MOST_ATOMS} are taken. Give fewer chains.")
    try:
        molecule = propka.run.single("structure.pdb", stream=io.StringIO(pdb), optargs=["-q"], write_pka=False)
        groups = [group_record(group) for group in molecule.conformations["AVR"].groups if group.residue_type and abs(group.pka_value) < 99]
        folded, unfolded = molecule.get_pi()
    except (ValueError, KeyError, IndexError, TypeError, AttributeError) as error:
        raise Failure("model_error", f"PROPKA could not read the structure: {error}") from error
    if not groups:
        raise Failure("no_result", "The structure has no titratable group.")
    shifted = sum(abs(each["shift"]) >= 1 for each in groups)
    unusual = sum(changes_state(each, ph) for each in groups)
    metrics = {
        "propka.group_count": float(len(groups)),
        "propka.pi_folded": round(folded, 2),
        "propka.pi_unfolded": round(unfolded, 2),
        "propka.shifted_count": float(shifted),
        "propka.unusual_count": float(unusual),
    }
    return RowResult(metrics, {"groups": groups})


def group_record(group) -> dict:
    return {
        "residue": f"{group.atom.chain_id}:{group.atom.res_num} {group.residue_type}",
        "pka": round(group.pka_value, 2),
        "model_pka": round(group.model_pka, 2),
        "shift": round(group.pka_value - group.model_pka, 2),
        "buried": round(100 * group.buried, 0),
    }


def changes_state(record: dict, ph: float) -> bool:
    """The group is on the other side of the pH than it would be in water."""
    return (record["pka"] > ph) != (record["model_pka"] > ph)


if __name__ == "__main__":
    run_worker(model="propka", version=VERSION, open_shard=open_shard, predict=predict, slots=granted_cpus())
