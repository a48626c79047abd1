"""A structure with its strain relaxed: missing atoms and hydrogens added, then minimised in vacuum in amber14, by OpenMM on one thread."""
import io
import json
import random

import gemmi
import openmm
from omtx_chemistry.pdb_text import check_pdb
from omtx_chemistry.receptor_chain import Refusal, fixer_of, note_gaps, read_structure, take_cofactors
from omtx_worker import Artifact, Failure, Note, Opened, OpenRequest, RowRequest, RowResult, granted_cpus, run_worker
from openmm import unit
from openmm.app import CutoffNonPeriodic, ForceField, Modeller, PDBFile, Simulation

VERSION = "8.6.1"
MOST_ATOMS = 12_000
# kJ/mol. Two atoms 0.5 angstrom apart give 2e10, which is relaxed well; from 0.3 on it is more than this.
LARGEST_ENERGY = 1e12
FILES = (
    Artifact("relaxed.pdb", "relaxed.pdb", "chemical/x-pdb", "structure"),
    Artifact("report.json", "report.json", "application/json", "report"),
)
# On more threads, or with the defaults, the bytes change from run to run.
PLATFORM = {"Threads": "1", "DeterministicForces": "true"}


def open_shard(request: OpenRequest) -> Opened:
    return Opened(state=(dict(request.parameters), request.seed))


def predict(state, request: RowRequest) -> RowResult:
    parameters, seed = state
    structure = request.input.get("structure") or {}
    facts = check_pdb(structure.get("pdb"), fewest_residues=2)
    if facts.atoms > MOST_ATOMS:
        raise Failure("invalid_input", f"The structure has {facts.atoms} atoms; at most {MOST_ATOMS} are relaxed. Give fewer chains.")
    topology, positions, changes = prepared(structure, parameters, seed)
    before, after, moved, placed = minimised(topology, positions, parameters)
    text = io.StringIO()
    PDBFile.writeFile(topology, placed, text, keepIds=True)
    (request.folder / "relaxed.pdb").write_text(text.getvalue())
    told = [{"kind": each["kind"], "residue": each["residue"], "why": each["why"]} for each in changes]
    (request.folder / "report.json").write_text(json.dumps({"changes": told, "gemmi": gemmi.__version__}, indent=2))
    metrics = {
        "openmm-relax.energy": round(after, 2),
        "openmm-relax.energy_drop": round(before - after, 2),
        "openmm-relax.heavy_atom_rmsd": round(moved, 4),
        "openmm-relax.atom_count": float(topology.getNumAtoms()),
    }
    gaps = [each for each in told if each["kind"] == "gap"]
    notes = [Note("gaps", f"The chain is broken after {', '.join(each['residue'] for each in gaps[:10])}; loops are not modelled.")] if gaps else []
    return RowResult(metrics, {"changes": told}, FILES, notes)


def prepared(structure: dict, parameters: dict, seed: int):
    """Ligands and waters removed, missing atoms and hydrogens at the pH added. @returns topology, positions, changes"""
    changes: list[dict] = []
    try:
        read = read_structure(structure["pdb"], structure.get("chains"), changes)
        take_cofactors(read, [], changes)
        note_gaps(read, changes)
        fixer = fixer_of(read, set(), changes)
        fixer.addMissingAtoms(seed=seed)
        random.seed(seed)
        modeller = Modeller(fixer.topology, fixer.positions)
        modeller.addHydrogens(FIELD, pH=float(parameters["ph"]), platform=platform())
    except (Refusal, ValueError, KeyError) as error:
        raise Failure("preparation_failed", f"The structure could not be prepared: {error}") from error
    return modeller.topology, modeller.positions, changes


FIELD = ForceField("amber14-all.xml")


def platform() -> openmm.Platform:
    chosen = openmm.Platform.getPlatformByName("CPU")
    for name, value in PLATFORM.items():
        chosen.setPropertyDefaultValue(name, value)
    return chosen


def minimised(topology, positions, parameters: dict):
    """@returns energy before and after in kJ/mol, RMSD of heavy atoms in angstrom, positions"""
    try:
        system = FIELD.createSystem(topology, nonbondedMethod=CutoffNonPeriodic, nonbondedCutoff=1 * unit.nanometer)
    except ValueError as error:
        raise Failure("preparation_failed", f"amber14 has no parameters for the structure: {error}") from error
    simulation = Simulation(topology, system, openmm.VerletIntegrator(0.001), platform())
    simulation.context.setPositions(positions)
    start = simulation.context.getState(getPositions=True).getPositions(asNumpy=True).value_in_unit(unit.angstrom)
    before = finite_energy(simulation)
    simulation.minimizeEnergy(tolerance=10 * unit.kilojoule_per_mole / unit.nanometer, maxIterations=int(parameters["steps"]))
    placed = simulation.context.getState(getPositions=True).getPositions(asNumpy=True)
    end = placed.value_in_unit(unit.angstrom)
    heavy = [atom.index for atom in topology.atoms() if atom.element is not None and atom.element.symbol != "H"]
    moved = float((((end[heavy] - start[heavy]) ** 2).sum(axis=1).mean()) ** 0.5)
    return before, finite_energy(simulation), moved, placed


def finite_energy(simulation: Simulation) -> float:
    """@returns kJ/mol @raises Failure for atoms so near to each other that the energy is no number, or beyond all meaning"""
    energy = simulation.context.getState(getEnergy=True).getPotentialEnergy().value_in_unit(unit.kilojoule_per_mole)
    if not abs(energy) < LARGEST_ENERGY:
        raise Failure("preparation_failed", f"The energy, {energy:.3g} kJ/mol, is beyond all meaning: atoms of the structure lie on each other. Repair the structure.")
    return energy


if __name__ == "__main__":
    run_worker(model="openmm-relax", version=VERSION, open_shard=open_shard, predict=predict, slots=granted_cpus())
