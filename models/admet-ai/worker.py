"""ADMET endpoints of a molecule by ADMET-AI: 41 models that come inside its package, predicted one molecule at a time."""
import contextlib
import os
import sys

os.environ["CUDA_VISIBLE_DEVICES"] = ""
for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[variable] = "1"

from omtx_worker import Failure, Note, Opened, OpenRequest, RowRequest, RowResult, run_worker  # noqa: E402
from rdkit import Chem  # noqa: E402

VERSION = "2.0.1"
# Regressions are not clipped: what is below this cannot be.
NON_NEGATIVE = ("Half_Life_Obach", "VDss_Lombardo", "Clearance_Hepatocyte_AZ", "Clearance_Microsome_AZ", "PPBR_AZ")


def open_shard(request: OpenRequest) -> Opened:
    from admet_ai import ADMETModel

    with contextlib.redirect_stdout(sys.stderr):
        return Opened(state=ADMETModel(num_workers=0))


def predict(model, request: RowRequest) -> RowResult:
    smiles = (request.input.get("ligand") or {}).get("smiles")
    molecule = Chem.MolFromSmiles(smiles) if isinstance(smiles, str) else None
    # Empty text and salts get numbers from the engine.
    if molecule is None or molecule.GetNumHeavyAtoms() == 0 or len(Chem.GetMolFrags(molecule)) > 1:
        raise Failure("invalid_input", "Give the ligand as SMILES of one molecule that can be read.")
    with contextlib.redirect_stdout(sys.stderr):
        found = model.predict(smiles=Chem.MolToSmiles(molecule))
    endpoints = {name: round(float(value), 4) for name, value in found.items() if float(value) == float(value)}
    odd = [name for name in NON_NEGATIVE if endpoints.get(name, 0) < 0]
    notes = [Note("out_of_range", f"The models gave values that cannot be: {', '.join(odd)}.")] if odd else []
    records = [{"endpoint": name, "value": value} for name, value in endpoints.items()]
    return RowResult(metrics_of(endpoints), {"endpoints": records}, notes=notes)


def metrics_of(endpoints: dict[str, float]) -> dict[str, float]:
    shown = {"admet-ai.herg": "hERG", "admet-ai.ames": "AMES", "admet-ai.solubility": "Solubility_AqSolDB", "admet-ai.absorption": "HIA_Hou", "admet-ai.bbb": "BBB_Martins", "admet-ai.dili": "DILI"}
    return {metric: endpoints[name] for metric, name in shown.items() if name in endpoints}


if __name__ == "__main__":
    run_worker(model="admet-ai", version=VERSION, open_shard=open_shard, predict=predict, fork=False)
