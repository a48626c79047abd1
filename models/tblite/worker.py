"""Semi-empirical energies of a molecule by GFN2-xTB or GFN1-xTB: strain of the conformer given, and solvation."""
import os

for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[variable] = "1"

import numpy as np  # noqa: E402
from omtx_chemistry.molecules import read_molecule  # noqa: E402
from omtx_worker import Artifact, Failure, Note, Opened, OpenRequest, RowRequest, RowResult, granted_cpus, run_worker  # noqa: E402
from rdkit import Chem  # noqa: E402
from rdkit.Chem import AllChem  # noqa: E402
from rdkit.Geometry import Point3D  # noqa: E402
from scipy.optimize import minimize  # noqa: E402
from tblite.interface import Calculator  # noqa: E402
from tblite.exceptions import TBLiteRuntimeError  # noqa: E402

VERSION = "0.8.0"
BOHR_ANGSTROM = 0.529177210903
HARTREE_KCAL_PER_MOL = 627.5094740631
# As the manifest says; with hydrogens some 200 atoms.
MOST_HEAVY_ATOMS = 80
MOST_STEPS = 500
FILE = Artifact("optimised.sdf", "optimised.sdf", "chemical/x-mdl-sdfile", "best_pose")


def open_shard(request: OpenRequest) -> Opened:
    return Opened(state=(dict(request.parameters), request.seed))


def predict(state, request: RowRequest) -> RowResult:
    parameters, seed = state
    asked = request.input.get("ligand")
    if not isinstance(asked, dict):
        raise Failure("invalid_input", "The row has no ligand.")
    molecule, notes = geometry_of(read_molecule(asked), seed)
    engine = Engine(molecule, parameters)
    start = engine.positions_bohr()
    given = engine.energy(start)
    best, steps, converged = engine.optimise(start)
    if not converged:
        notes.append(Note("not_converged", f"The optimisation was stopped after {steps} steps; the strain is a lower bound."))
    vacuum, water = (engine.energy(best, solvent) for solvent in (None, parameters["solvent"]))
    engine.write(best, request.folder / FILE.path, str(asked.get("name") or Chem.MolToSmiles(Chem.RemoveHs(molecule))))
    metrics = {
        "tblite.energy": round(vacuum, 8),
        "strain_energy": round((given - vacuum) * HARTREE_KCAL_PER_MOL, 3),
        "solvation_energy": round((water - vacuum) * HARTREE_KCAL_PER_MOL, 3),
        "heavy_atom_count": float(molecule.GetNumHeavyAtoms()),
        "tblite.charge": float(Chem.GetFormalCharge(molecule)),
        "tblite.step_count": float(steps),
    }
    return RowResult(metrics, artifacts=[FILE], notes=notes)


def geometry_of(molecule: Chem.Mol, seed: int) -> tuple[Chem.Mol, list[Note]]:
    """Coordinates that were given, with all hydrogens, or a conformer by ETKDG and MMFF. The charge is that of the formula."""
    if len(Chem.GetMolFrags(molecule)) > 1:
        raise Failure("invalid_input", "The molecule has several fragments; give one.")
    if molecule.GetNumHeavyAtoms() > MOST_HEAVY_ATOMS:
        raise Failure("invalid_input", f"The molecule has {molecule.GetNumHeavyAtoms()} heavy atoms; at most {MOST_HEAVY_ATOMS} are taken.")
    if molecule.GetNumConformers() > 0 and molecule.GetConformer().Is3D():
        whole, notes = Chem.AddHs(molecule, addCoords=True), []
    else:
        whole = Chem.AddHs(molecule)
        settings = AllChem.ETKDGv3()
        settings.randomSeed = seed
        if AllChem.EmbedMolecule(whole, settings) != 0:
            raise Failure("preparation_failed", "No 3D coordinates could be made; give a 3D molblock.")
        AllChem.MMFFOptimizeMolecule(whole, maxIters=500)
        notes = [Note("conformer_made", "No coordinates were given; the strain is that of a conformer by ETKDG and MMFF.")]
    if sum(atom.GetNumRadicalElectrons() for atom in whole.GetAtoms()) > 0:
        raise Failure("invalid_input", "The molecule is a radical; only closed shells are taken.")
    return whole, notes


class Engine:
    """One molecule; energies in Hartree, positions in bohr [atom, 3]."""

    def __init__(self, molecule: Chem.Mol, parameters: dict) -> None:
        self._molecule = molecule
        self._method = str(parameters["method"])
        self._numbers = np.array([atom.GetAtomicNum() for atom in molecule.GetAtoms()])
        self._charge = float(Chem.GetFormalCharge(molecule))

    def positions_bohr(self) -> np.ndarray:
        return self._molecule.GetConformer().GetPositions() / BOHR_ANGSTROM

    def _calculator(self, positions: np.ndarray, solvent: str | None) -> Calculator:
        calculator = Calculator(self._method, self._numbers, positions, charge=self._charge)
        calculator.set("verbosity", 0)
        if solvent is not None:
            calculator.add("alpb-solvation", solvent)
        return calculator

    def energy(self, positions: np.ndarray, solvent: str | None = None) -> float:
        return float(self._run(positions, solvent).get("energy"))

    def _run(self, positions: np.ndarray, solvent: str | None = None):
        try:
            return self._calculator(positions, solvent).singlepoint()
        except (TBLiteRuntimeError, RuntimeError, ValueError) as error:
            raise Failure("model_error", f"tblite could not compute the molecule: {error}") from error

    def optimise(self, start: np.ndarray) -> tuple[np.ndarray, int, bool]:
        def evaluate(flat: np.ndarray):
            result = self._run(flat.reshape(-1, 3))
            return float(result.get("energy")), result.get("gradient").flatten()

        found = minimize(evaluate, start.flatten(), jac=True, method="L-BFGS-B", options={"maxiter": MOST_STEPS, "gtol": 5e-4, "ftol": 1e-10})
        return found.x.reshape(-1, 3), int(found.nfev), bool(found.success)

    def write(self, positions: np.ndarray, path, name: str) -> None:
        placed = Chem.Mol(self._molecule)
        for atom, (x, y, z) in enumerate(positions * BOHR_ANGSTROM):
            placed.GetConformer().SetAtomPosition(atom, Point3D(float(x), float(y), float(z)))
        placed.SetProp("_Name", name)
        path.write_text(Chem.SDWriter.GetText(placed))


if __name__ == "__main__":
    run_worker(model="tblite", version=VERSION, open_shard=open_shard, predict=predict, slots=granted_cpus())
