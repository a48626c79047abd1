"""Binding energy of a protein-protein complex from its structure, by PRODIGY."""
import contextlib
import math
import sys

from omtx_chemistry.pdb_text import check_pdb
from omtx_worker import Failure, Opened, OpenRequest, RowRequest, RowResult, granted_cpus, run_worker
from prodigy_prot.modules.parsers import parse_structure
from prodigy_prot.modules.prodigy import Prodigy

VERSION = "2.4.0"
MOST_ATOMS = 30_000
CONTACTS = ("AA", "PP", "CC", "AP", "CP", "AC")


def open_shard(request: OpenRequest) -> Opened:
    return Opened(state=dict(request.parameters))


def predict(parameters: dict, request: RowRequest) -> RowResult:
    structure = request.input.get("structure") or {}
    facts = check_pdb(structure.get("pdb"), fewest_residues=4)
    if facts.atoms > MOST_ATOMS:
        raise Failure("invalid_input", f"The structure has {facts.atoms} atoms; at most {MOST_ATOMS} are taken. Give the two partners alone.")
    partners = [str(each) for each in request.input.get("partners") or []]
    check_partners(partners, facts.chains)
    path = request.folder / "complex.pdb"
    path.write_text(structure["pdb"])
    with contextlib.redirect_stdout(sys.stderr):
        try:
            models, *_ = parse_structure(str(path))
            found = Prodigy(models[0], "complex", selection=partners, temp=float(parameters["temperatureCelsius"]))
            found.predict(distance_cutoff=5.5, acc_threshold=0.05)
        except (ValueError, IndexError, KeyError, ZeroDivisionError) as error:
            # Its own words for partners that do not touch.
            code = "no_result" if "contact" in str(error).lower() else "model_error"
            raise Failure(code, f"PRODIGY could not score the complex: {error or type(error).__name__}.") from error
    return RowResult(metrics_of(found.as_dict()))


def check_partners(partners: list[str], chains: tuple[str, ...]) -> None:
    """A partner is one chain, or several with commas between."""
    named = [chain for partner in partners for chain in partner.split(",")]
    missing = [chain for chain in named if chain not in chains]
    if missing:
        raise Failure("invalid_input", f"The structure has no chain {', '.join(missing)}; it has {', '.join(chains)}.")
    if len(partners) == 1 or len(set(named)) != len(named):
        raise Failure("invalid_input", "Name two or more partners, and each chain once.")
    if not partners and len(chains) < 2:
        raise Failure("invalid_input", "The structure has one chain; a complex needs two.")


def metrics_of(found: dict) -> dict[str, float]:
    metrics = {
        "binding_energy": round(float(found["ba_val"]), 3),
        "prodigy.log_kd": round(math.log10(float(found["kd_val"])), 3),
        "prodigy.contact_count": float(found["ICs"]),
        "prodigy.apolar_surface": round(float(found["nis_a"]), 2),
        "prodigy.charged_surface": round(float(found["nis_c"]), 2),
    }
    return metrics | {f"prodigy.contacts_{pair.lower()}": float(found[pair]) for pair in CONTACTS if pair in found}


if __name__ == "__main__":
    run_worker(model="prodigy", version=VERSION, open_shard=open_shard, predict=predict, slots=granted_cpus())
