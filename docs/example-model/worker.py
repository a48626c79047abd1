"""Mass and charge of a peptide: the worker of the example model."""
from omtx_worker import Failure, Opened, OpenRequest, RowRequest, RowResult, granted_cpus, run_worker

WATER_DA = 18.015
RESIDUE_DA = dict(
    A=71.079, R=156.188, N=114.104, D=115.089, C=103.145, Q=128.131, E=129.116, G=57.052, H=137.142, I=113.160,
    L=113.160, K=128.174, M=131.199, F=147.177, P=97.117, S=87.078, T=101.105, W=186.213, Y=163.176, V=99.133,
)  # fmt: skip
POSITIVE_PKA = {"K": 10.5, "R": 12.5, "H": 6.0}
NEGATIVE_PKA = {"D": 3.9, "E": 4.1, "C": 8.3, "Y": 10.1}
N_TERMINUS_PKA, C_TERMINUS_PKA = 8.0, 3.1


def open_shard(request: OpenRequest) -> Opened:
    """Once for all rows: what they have in common. A model would load its weights here."""
    return Opened(state=float(request.parameters["ph"]))


def predict(ph: float, request: RowRequest) -> RowResult:
    """Once per row, in a process of its own, so that a crash costs this row alone."""
    sequence = str(request.input.get("sequence", "")).upper()
    unknown = sorted(set(sequence) - set(RESIDUE_DA))
    if not sequence or unknown:
        raise Failure("invalid_input", f"The sequence has {', '.join(unknown) or 'no residues'}; give the 20 amino acids as letters.")
    mass = sum(RESIDUE_DA[letter] for letter in sequence) + WATER_DA
    return RowResult(metrics={"molecular_weight": round(mass, 2), "peptide-mass.charge": round(charge(sequence, ph), 2)})


def charge(sequence: str, ph: float) -> float:
    positive = [N_TERMINUS_PKA, *(POSITIVE_PKA[letter] for letter in sequence if letter in POSITIVE_PKA)]
    negative = [C_TERMINUS_PKA, *(NEGATIVE_PKA[letter] for letter in sequence if letter in NEGATIVE_PKA)]
    return sum(1 / (1 + 10 ** (ph - pka)) for pka in positive) - sum(1 / (1 + 10 ** (pka - ph)) for pka in negative)


if __name__ == "__main__":
    run_worker(model="peptide-mass", version="1.0.0", open_shard=open_shard, predict=predict, slots=granted_cpus())
