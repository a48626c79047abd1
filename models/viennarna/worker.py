"""Secondary structure of an RNA by ViennaRNA: minimum free energy, and its share of the ensemble."""
import RNA
from omtx_worker import Artifact, Failure, Opened, OpenRequest, RowRequest, RowResult, granted_cpus, run_worker

VERSION = "2.8.0"
# 2,000 bases take 2.3 s and grow with the cube.
MOST_BASES = 10_000
FILE = Artifact("structure.dbn", "structure.dbn", "text/plain", "secondary_structure")


def open_shard(request: OpenRequest) -> Opened:
    return Opened(state=dict(request.parameters))


def predict(parameters: dict, request: RowRequest) -> RowResult:
    query = request.input.get("query") or {}
    sequence = bases_of(query.get("sequence"))
    model = RNA.md()
    model.temperature = float(parameters["temperatureCelsius"])
    folding = RNA.fold_compound(sequence, model)
    structure, energy = folding.mfe()
    metrics = {
        "folding_energy": round(energy, 2),
        "viennarna.length": float(len(sequence)),
        "viennarna.paired_fraction": round(sum(sign != "." for sign in structure) / len(sequence), 4),
        "viennarna.gc_fraction": round(sum(base in "GC" for base in sequence) / len(sequence), 4),
    }
    if parameters["ensemble"]:
        folding.exp_params_rescale(energy)
        _, ensemble = folding.pf()
        metrics["viennarna.ensemble_energy"] = round(ensemble, 2)
        metrics["viennarna.mfe_frequency"] = round(folding.pr_structure(structure), 6)
    name = str(query.get("name") or "query").replace("\n", " ")
    (request.folder / FILE.path).write_text(f">{name}\n{sequence}\n{structure} ({energy:.2f})\n")
    return RowResult(metrics, {"structures": [{"sequence": sequence, "structure": structure, "energy": round(energy, 2)}]}, [FILE])


def bases_of(asked: object) -> str:
    """The engine folds proteins and nothing at all without a word."""
    sequence = "".join(str(asked or "").split()).upper().replace("T", "U")
    unknown = sorted(set(sequence) - set("ACGU"))
    if not sequence or unknown:
        raise Failure("invalid_input", f"The sequence has {', '.join(unknown) or 'no bases'}; give A, C, G, U (or T).")
    if len(sequence) > MOST_BASES:
        raise Failure("invalid_input", f"The sequence has {len(sequence)} bases; at most {MOST_BASES} are folded.")
    return sequence


if __name__ == "__main__":
    run_worker(model="viennarna", version=VERSION, open_shard=open_shard, predict=predict, slots=granted_cpus())
