"""Properties and filters of a molecule from its structure alone."""
import os
import sys

from omtx_chemistry.molecules import read_molecule
from omtx_worker import Failure, Opened, OpenRequest, RowRequest, RowResult, granted_cpus, run_worker
from rdkit import Chem, RDConfig
from rdkit.Chem import QED, Crippen, Descriptors, FilterCatalog, rdMolDescriptors

sys.path.append(os.path.join(RDConfig.RDContribDir, "SA_Score"))
import sascorer  # noqa: E402

CATALOGS = FilterCatalog.FilterCatalogParams.FilterCatalogs
MOST_ATOMS = 500


def catalog(which) -> FilterCatalog.FilterCatalog:
    parameters = FilterCatalog.FilterCatalogParams()
    parameters.AddCatalog(which)
    return FilterCatalog.FilterCatalog(parameters)


def open_shard(request: OpenRequest) -> Opened:
    """Filters are compiled once; forked rows inherit them."""
    filters = {"PAINS": catalog(CATALOGS.PAINS), "BRENK": catalog(CATALOGS.BRENK)}
    return Opened(state=(filters, bool(request.parameters["descriptors"])))


def predict(state, request: RowRequest) -> RowResult:
    filters, wants_descriptors = state
    asked = request.input.get("ligand")
    if not isinstance(asked, dict):
        raise Failure("invalid_input", "The row has no ligand.")
    molecule = Chem.RemoveHs(read_molecule(asked))
    if molecule.GetNumHeavyAtoms() > MOST_ATOMS:
        raise Failure("invalid_input", f"The molecule has {molecule.GetNumHeavyAtoms()} heavy atoms; at most {MOST_ATOMS} are taken.")
    alerts = [{"filter": name, "alert": match.GetDescription()} for name, each in filters.items() for match in each.GetMatches(molecule)]
    tables = {"alerts": alerts}
    if wants_descriptors:
        tables["descriptors"] = [{"name": name, "value": value} for name, value in Descriptors.CalcMolDescriptors(molecule).items() if is_finite(value)]
    return RowResult(metrics_of(molecule, alerts), tables)


def metrics_of(molecule: Chem.Mol, alerts: list[dict]) -> dict[str, float]:
    weight, logp = Descriptors.MolWt(molecule), Crippen.MolLogP(molecule)
    donors, acceptors = rdMolDescriptors.CalcNumLipinskiHBD(molecule), rdMolDescriptors.CalcNumLipinskiHBA(molecule)
    tpsa, rotatable = rdMolDescriptors.CalcTPSA(molecule), rdMolDescriptors.CalcNumRotatableBonds(molecule)
    return {
        "molecular_weight": round(weight, 3),
        "heavy_atom_count": float(molecule.GetNumHeavyAtoms()),
        "rotatable_bond_count": float(rotatable),
        "qed": round(QED.qed(molecule), 4),
        "sa_score": round(sascorer.calculateScore(molecule), 3),
        "logp": round(logp, 3),
        "tpsa": round(tpsa, 2),
        "hydrogen_bond_donor_count": float(donors),
        "hydrogen_bond_acceptor_count": float(acceptors),
        "rdkit-properties.formal_charge": float(Chem.GetFormalCharge(molecule)),
        "rdkit-properties.ring_count": float(rdMolDescriptors.CalcNumRings(molecule)),
        "rdkit-properties.fraction_csp3": round(rdMolDescriptors.CalcFractionCSP3(molecule), 4),
        "rdkit-properties.lipinski_violations": float(sum((weight > 500, logp > 5, donors > 5, acceptors > 10))),
        "rdkit-properties.veber_violations": float(sum((rotatable > 10, tpsa > 140))),
        "rdkit-properties.pains_alerts": float(sum(each["filter"] == "PAINS" for each in alerts)),
        "rdkit-properties.brenk_alerts": float(sum(each["filter"] == "BRENK" for each in alerts)),
    }


def is_finite(value: float) -> bool:
    return value == value and abs(value) != float("inf")


if __name__ == "__main__":
    run_worker(model="rdkit-properties", version="1.0.0", open_shard=open_shard, predict=predict, slots=granted_cpus())
