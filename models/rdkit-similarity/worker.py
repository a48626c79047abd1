"""How alike molecules are to one query: by Morgan fingerprint, or by shape and colour of aligned conformers."""
from omtx_chemistry.molecules import read_molecule
from omtx_worker import Artifact, Failure, Opened, OpenRequest, RowRequest, RowResult, granted_cpus, run_worker
from rdkit import Chem, DataStructs
from rdkit.Chem import AllChem, rdFingerprintGenerator, rdShapeAlign

FILE = Artifact("aligned.sdf", "aligned.sdf", "chemical/x-mdl-sdfile", "best_pose")
MOST_ATOMS = 150


def open_shard(request: OpenRequest) -> Opened:
    """Reads the query and makes its fingerprint, and its conformer where shapes are compared."""
    parameters = dict(request.parameters)
    try:
        query = molecule_of(request.shared.get("query"), "The query")
        by_shape = parameters["method"] == "shape"
        reference = conformers_of(query, 1, request.seed, "The query") if by_shape else None
    except Failure as failure:
        raise Failure("setup_failed", failure.message) from failure
    generator = rdFingerprintGenerator.GetMorganGenerator(radius=int(parameters["radius"]), fpSize=int(parameters["bits"]), includeChirality=bool(parameters["chirality"]))
    return Opened(state=(generator, generator.GetFingerprint(query), reference, parameters, request.seed))


def predict(state, request: RowRequest) -> RowResult:
    generator, fingerprint, reference, parameters, seed = state
    molecule = molecule_of(request.input.get("ligand"), "The molecule")
    tanimoto = DataStructs.TanimotoSimilarity(fingerprint, generator.GetFingerprint(molecule))
    metrics = {"similarity": round(tanimoto, 4), "rdkit-similarity.tanimoto": round(tanimoto, 4)}
    if reference is None:
        return RowResult(metrics)
    probe = conformers_of(molecule, int(parameters["conformers"]), seed, "The molecule")
    best = max((align(reference, probe, conformer.GetId()) for conformer in probe.GetConformers()), key=lambda each: each[0] + each[1])
    shape, colour, aligned = best
    aligned.SetProp("_Name", str(request.input["ligand"].get("name") or Chem.MolToSmiles(molecule)))
    (request.folder / FILE.path).write_text(Chem.SDWriter.GetText(aligned))
    metrics |= {"similarity": round((shape + colour) / 2, 4), "rdkit-similarity.shape": round(shape, 4), "rdkit-similarity.colour": round(colour, 4)}
    return RowResult(metrics, artifacts=[FILE])


def molecule_of(asked, subject: str) -> Chem.Mol:
    if not isinstance(asked, dict):
        raise Failure("invalid_input", f"{subject} is missing.")
    molecule = read_molecule(asked)
    if molecule.GetNumHeavyAtoms() > MOST_ATOMS:
        raise Failure("invalid_input", f"{subject} has {molecule.GetNumHeavyAtoms()} heavy atoms; at most {MOST_ATOMS} are taken.")
    return Chem.RemoveHs(molecule)


def conformers_of(molecule: Chem.Mol, count: int, seed: int, subject: str) -> Chem.Mol:
    """Coordinates that were given are kept; else ETKDG with the job's seed."""
    if molecule.GetNumConformers() > 0 and molecule.GetConformer().Is3D():
        return Chem.AddHs(molecule, addCoords=True)
    whole = Chem.AddHs(Chem.MolFromSmiles(Chem.MolToSmiles(molecule)))
    settings = AllChem.ETKDGv3()
    settings.randomSeed = seed
    if not AllChem.EmbedMultipleConfs(whole, count, settings):
        raise Failure("preparation_failed", f"No 3D coordinates could be made for {subject.lower()}.")
    return whole


def align(reference: Chem.Mol, probe: Chem.Mol, conformer: int) -> tuple[float, float, Chem.Mol]:
    """@returns shape and colour overlap as Tanimoto, and the probe laid on the query (one conformer)"""
    placed = Chem.Mol(probe, confId=conformer)
    shape, colour = rdShapeAlign.AlignMol(reference, placed)
    return shape, colour, placed


if __name__ == "__main__":
    run_worker(model="rdkit-similarity", version="1.0.0", open_shard=open_shard, predict=predict, slots=granted_cpus())
