"""A raw PDB to a rigid receptor PDBQT; a program of its own environment, run by the worker.

Reads JSON on stdin: `{pdb, chains: [..] | null, keepCofactors: [residue name, ...]}`. Writes `receptor-chain.json` into the current
folder: `{pdbqt, report}` or `{error}`. A report lists `changes`: `{kind, residue, why, positions: [[x, y, z], ...]}` in ångström, kind
one of `dropped`, `rebuilt`, `replaced`, `gap`, `altloc`, `heterogen_removed`; whether one is too near to the box is the worker's to decide.

The chain: gemmi cleans, PDBFixer rebuilds missing atoms, OpenMM relaxes only those, meeko adds hydrogens and types. Each step is there
because a file failed without it; the same input gives the same bytes.
"""
from __future__ import annotations

import io
import json
import random
import subprocess
import sys
from collections import Counter
from pathlib import Path

import gemmi
import numpy as np
import openmm
import openmm.unit as unit
from meeko import MoleculePreparation, PDBQTWriterLegacy, Polymer, ResidueChemTemplates
from openmm.app import CutoffNonPeriodic, ForceField, Modeller, PDBFile
from pdbfixer import PDBFixer

ANSWER = "receptor-chain.json"
# Names of protonation states, which PDBFixer would take for ligands and delete.
ALIASES = {**dict.fromkeys("HSD HSE HSP HID HIE HIP".split(), "HIS"), "CYX": "CYS", "CYM": "CYS", "ASH": "ASP", "GLH": "GLU", "LYN": "LYS"}
# Names that say a protonation state which meeko does not choose; HSE and HIE are what it gives, CYX it finds by distance.
LOST_STATES = {"HSD", "HSP", "HID", "HIP", "CYM", "ASH", "GLH", "LYN"}
WATERS = {"HOH", "WAT", "DOD", "H2O", "TIP", "TIP3", "SOL"}
LONGEST_PEPTIDE_BOND_ANGSTROM = 2.5
PH = 7.4
OPEN_BABEL_TIMEOUT_SECONDS = 60
# meeko takes the first atoms of a residue for its backbone; without hydrogens it mistakes the CB-OG of Ser for C=O in files that list
# them before C and O.
BACKBONE_ORDER = {"N": 0, "CA": 1, "C": 2, "O": 3}


class Refusal(Exception):
    """The structure cannot be prepared; the text is for the user."""


def prepare(pdb: str, chains: list[str] | None, keep_cofactors: list[str]) -> tuple[str, dict]:
    """@returns PDBQT text and the report @raises Refusal"""
    changes: list[dict] = []
    structure = read_structure(pdb, chains, changes)
    cofactors = take_cofactors(structure, keep_cofactors, changes)
    note_gaps(structure, changes)
    kept = [name_of(chain, residue) for chain, residue in cofactors]
    fixer = fixer_of(structure, set(kept), changes)
    lines = order_atoms(relaxed_pdb(fixer, changes))
    text, has_dropped = polymer_pdbqt(lines, changes)
    report = {
        "chains": list(dict.fromkeys(chain.name for chain in structure[0])),
        "keptCofactors": kept,
        "changes": changes,
        "badResiduesAllowed": has_dropped,
        "histidines": "HIE where both tautomers are possible (meeko's default)",
        "versions": {"gemmi": gemmi.__version__, "openmm": openmm.__version__},
    }
    return text + cofactor_pdbqt(cofactors), report


# --- gemmi: one model, one alternative location, no hydrogens, no water ---------------------------------------------------------


def read_structure(pdb: str, chains: list[str] | None, changes: list[dict]) -> gemmi.Structure:
    try:
        structure = gemmi.read_pdb_string(pdb)
    except (RuntimeError, ValueError) as error:
        raise Refusal(f"The PDB cannot be read: {error}") from error
    if len(structure) == 0 or structure[0].count_atom_sites() == 0:
        raise Refusal("The PDB has no atoms.")
    while len(structure) > 1:
        del structure[-1]
    choose_chains(structure, chains)
    for chain in structure[0]:
        for residue in chain:
            standard = ALIASES.get(residue.name, residue.name)
            if residue.name in LOST_STATES:
                changes.append(change("replaced", chain, residue, f"protonated anew, as {standard}"))
            residue.name = standard
            if residue.name == "MSE":
                selenium_to_sulfur(residue, chain, changes)
            if len({atom.name for atom in residue}) < len(residue):
                changes.append(change("altloc", chain, residue, "the first location kept"))
    structure.setup_entities()
    structure.remove_alternative_conformations()
    structure.remove_hydrogens()
    structure.remove_waters()
    structure.remove_empty_chains()
    return structure


def choose_chains(structure: gemmi.Structure, chains: list[str] | None) -> None:
    if not chains:
        return
    present = list(dict.fromkeys(chain.name for chain in structure[0]))
    missing = [name for name in chains if name not in present]
    if missing:
        raise Refusal(f"The PDB has no chain {', '.join(missing)}; it has {', '.join(present)}.")
    for name in present:
        if name not in chains:
            while structure[0].find_chain(name) is not None:
                structure[0].remove_chain(name)


def selenium_to_sulfur(residue: gemmi.Residue, chain: gemmi.Chain, changes: list[dict]) -> None:
    """Selenomethionine is methionine for crystallographers: the atom keeps its place."""
    changes.append(change("replaced", chain, residue, "selenomethionine as methionine"))
    residue.name = "MET"
    residue.het_flag = "A"
    for atom in residue:
        if atom.element == gemmi.Element("Se"):
            atom.name, atom.element = "SD", gemmi.Element("S")


def take_cofactors(structure: gemmi.Structure, names: list[str], changes: list[dict]) -> list[tuple[gemmi.Chain, gemmi.Residue]]:
    """@returns the residues to keep, in the order of the file; others that are no polymer are noted as removed"""
    kept, found = [], set()
    for chain in structure[0]:
        for residue in chain:
            if residue.name in names:
                if not is_heterogen(residue):
                    raise Refusal(f"{name_of(chain, residue)} is part of the protein or water, so it cannot be kept as a cofactor. Take {residue.name} out of keepCofactors.")
                kept.append((chain, residue))
                found.add(residue.name)
            elif is_heterogen(residue):
                changes.append(change("heterogen_removed", chain, residue, "no part of the protein, and not in keepCofactors"))
    missing = [name for name in names if name not in found]
    if missing:
        raise Refusal(f"The PDB has no residue {', '.join(missing)} to keep as a cofactor.")
    return [(chain.clone(), residue.clone()) for chain, residue in kept]


def is_heterogen(residue: gemmi.Residue) -> bool:
    """Ions too: the atom of a calcium is called CA, so one name does not make an amino acid."""
    known = gemmi.find_tabulated_residue(residue.name)
    is_peptide = all(name in residue for name in ("N", "CA", "C"))
    return residue.name not in WATERS and not known.is_amino_acid() and not known.is_nucleic_acid() and not is_peptide


def note_gaps(structure: gemmi.Structure, changes: list[dict]) -> None:
    """Breaks of the chain: loops that the crystal does not show and that nobody models here."""
    for chain in structure[0]:
        peptides = [residue for residue in chain if "CA" in residue and "C" in residue and "N" in residue]
        for before, after in zip(peptides, peptides[1:]):
            if before["C"][0].pos.dist(after["N"][0].pos) > LONGEST_PEPTIDE_BOND_ANGSTROM:
                ends = [list(before["C"][0].pos), list(after["N"][0].pos)]
                changes.append({"kind": "gap", "residue": name_of(chain, before), "why": f"next is {name_of(chain, after)}", "positions": ends})


# --- PDBFixer: standard residues, missing atoms; no loops, no hydrogens -----------------------------------------------------------


def fixer_of(structure: gemmi.Structure, told: set[str], changes: list[dict]) -> PDBFixer:
    """A fixer without heterogens (`told`: cofactors, kept apart) and with its missing atoms found, not yet added."""
    fixer = PDBFixer(pdbfile=io.StringIO(structure.make_pdb_string(gemmi.PdbWriteOptions(conect_records=False))))
    fixer.findMissingResidues()
    fixer.missingResidues = {}
    fixer.findNonstandardResidues()
    for residue, standard in fixer.nonstandardResidues:
        changes.append(topology_change("rebuilt", fixer.positions, residue, f"replaced by {standard}"))
    fixer.replaceNonstandardResidues()
    remove_heterogens(fixer, told | {each["residue"] for each in changes if each["kind"] == "heterogen_removed"}, changes)
    if fixer.topology.getNumAtoms() == 0:
        raise Refusal("The PDB has no protein (or the named chains have none).")
    remove_caps(fixer, changes)
    check_places(fixer)
    fixer.findMissingAtoms()
    for residue, missing in fixer.missingAtoms.items():
        names = ", ".join(atom.name for atom in missing)
        changes.append(topology_change("rebuilt", fixer.positions, residue, f"atoms {names} were missing"))
    return fixer


def remove_heterogens(fixer: PDBFixer, told: set[str], changes: list[dict]) -> None:
    """What PDBFixer does not know goes. `told`: names of those that need no note; peptide-like ligands still do, as they looked like residues of the chain."""
    positions = fixer.positions
    removed = [topology_change("heterogen_removed", positions, residue, "no residue that the preparation knows") for residue in fixer.removeHeterogens(keepWater=False)]
    changes.extend(each for each in removed if each["residue"] not in told)


def remove_caps(fixer: PDBFixer, changes: list[dict]) -> None:
    """Atoms that the template of their residue does not have; a residue of which none are left is told as dropped."""
    names = {name: {atom.name for atom in template.topology.atoms()} | {"OXT"} for name, template in fixer.templates.items()}
    foreign = [atom for residue in fixer.topology.residues() if residue.name in names for atom in residue.atoms() if atom.name not in names[residue.name]]
    for residue, count in Counter(atom.residue for atom in foreign).items():
        if count == sum(1 for _ in residue.atoms()):
            changes.append(topology_change("dropped", fixer.positions, residue, "none of its atoms belongs to such a residue"))
    modeller = Modeller(fixer.topology, fixer.positions)
    modeller.delete(foreign)
    fixer.topology, fixer.positions = modeller.topology, modeller.positions


def check_places(fixer: PDBFixer) -> None:
    """Two atoms in one place have no direction between them: engines divide by zero there, or write NaN. @raises Refusal"""
    seen: dict[tuple[int, int, int], str] = {}
    positions = fixer.positions.value_in_unit(unit.angstrom)
    for residue in fixer.topology.residues():
        if residue.name not in fixer.templates:  # goes anyway
            continue
        for atom in residue.atoms():
            place, name = coordinates(*positions[atom.index]), f"{residue_name(residue)} {atom.name}"
            if place in seen:
                raise Refusal(f"Two atoms are in one place: {seen[place]} and {name}. Repair the structure, or take one of them out.")
            seen[place] = name


def atom_key(atom) -> tuple[str, str, str, str]:
    return (atom.residue.chain.id, atom.residue.id, atom.residue.insertionCode, atom.name)


def relaxed_pdb(fixer: PDBFixer, changes: list[dict]) -> str:
    """Adds the missing atoms, places terminal oxygens, and relaxes what was rebuilt with everything else held. @returns PDB text"""
    was_rebuilt = bool(fixer.missingAtoms)
    old = {atom_key(atom) for atom in fixer.topology.atoms()}
    fixer.addMissingAtoms(seed=1)
    positions = np.array(fixer.positions.value_in_unit(unit.angstrom))
    place_terminal_oxygens(fixer, positions, old)
    topology, placed = fixer.topology, positions * unit.angstrom
    if was_rebuilt:
        topology, placed = relax(topology, placed, old)
    text = io.StringIO()
    PDBFile.writeFile(topology, placed, text, keepIds=True)
    return text.getvalue()


def place_terminal_oxygens(fixer: PDBFixer, positions: np.ndarray, old: set) -> None:
    """PDBFixer's own can be 1.7 A from C and within bonding distance of CB, on which meeko fails. Changes `positions` [atom, 3]."""
    for residue in fixer.topology.residues():
        atoms = {atom.name: atom for atom in residue.atoms()}
        if "OXT" not in atoms or atom_key(atoms["OXT"]) in old or not {"C", "CA", "O"} <= atoms.keys():
            continue
        c, ca, o = (positions[atoms[name].index] for name in ("C", "CA", "O"))
        positions[atoms["OXT"].index] = c - 1.25 * normed(normed(ca - c) + normed(o - c))


def normed(vector: np.ndarray) -> np.ndarray:
    return vector / np.linalg.norm(vector)


def relax(topology, positions, old: set):
    """Rebuilt atoms can overlap: a short minimisation in vacuum, everything that was there held in place."""
    platform = openmm.Platform.getPlatformByName("CPU")
    for name, value in (("Threads", "1"), ("DeterministicForces", "true")):  # else the bytes change
        platform.setPropertyDefaultValue(name, value)
    random.seed(1)
    modeller = Modeller(topology, positions)
    field = ForceField("amber14-all.xml")
    modeller.addHydrogens(field, pH=PH, platform=platform)
    system = field.createSystem(modeller.topology, nonbondedMethod=CutoffNonPeriodic, nonbondedCutoff=1 * unit.nanometer)
    for atom in modeller.topology.atoms():
        if atom.element.symbol != "H" and atom_key(atom) in old:
            system.setParticleMass(atom.index, 0)
    context = openmm.Context(system, openmm.VerletIntegrator(0.001), platform)
    context.setPositions(modeller.positions)
    openmm.LocalEnergyMinimizer.minimize(context, 50, 300)
    return modeller.topology, context.getState(getPositions=True).getPositions()


# --- meeko: hydrogens and atom types ----------------------------------------------------------------------------------------------


def order_atoms(pdb: str) -> list[str]:
    """Heavy atoms only, the backbone first in each residue."""
    kept = [line for line in pdb.splitlines() if line[:4] in ("ATOM", "TER ", "TER", "HETA") and line[76:78].strip() != "H"]
    residues: dict[str, list[str]] = {}
    for line in kept:
        residues.setdefault(line[21:27], []).append(line)
    rank = lambda line: 10 if line[:3] == "TER" else BACKBONE_ORDER.get(line[12:16].strip(), 9)  # noqa: E731
    return [line for lines in residues.values() for line in sorted(lines, key=rank)]


def polymer_pdbqt(lines: list[str], changes: list[dict]) -> tuple[str, bool]:
    """@returns PDBQT, and whether residues that meeko cannot take (clashes) were dropped; each is in `changes`"""
    known = lines_of_known_residues(lines)
    if all(line.startswith("TER") for line in known):
        raise Refusal("No residue of the receptor is one that can be prepared; give a protein, with the names of its residues.")
    text = "\n".join([*known, "END", ""])
    try:
        polymer, allowed = polymer_of(text, False), False
    except (ValueError, RuntimeError, KeyError) as error:
        print(f"meeko: {error}", file=sys.stderr)
        try:
            polymer, allowed = polymer_of(text, True), True
        except (ValueError, RuntimeError, KeyError) as second:
            raise Refusal(f"meeko could not prepare the receptor: {first_line(second)}") from second
    rigid = PDBQTWriterLegacy.write_from_polymer(polymer)[0]
    written = {(line[21:22].strip(), line[22:27].strip()) for line in rigid.splitlines() if line.startswith(("ATOM", "HETATM"))}
    dropped: dict[tuple[str, str, str], list[list[float]]] = {}
    for line in lines:
        if line.startswith(("ATOM", "HETATM")) and (line[21:22].strip(), line[22:27].strip()) not in written:
            residue = (line[21:22].strip(), line[22:27].strip(), line[17:20].strip())
            dropped.setdefault(residue, []).append([float(line[30:38]), float(line[38:46]), float(line[46:54])])
    for (chain, number, name), positions in dropped.items():
        changes.append({"kind": "dropped", "residue": f"{chain}:{number} {name}", "why": "its atoms clash or are no residue that meeko knows", "positions": positions})
    if not written:
        raise Refusal("No residue of the receptor could be prepared.")
    return rigid, allowed


def lines_of_known_residues(lines: list[str]) -> list[str]:
    """Without residues like UNK, whose templates meeko would try to download."""
    templates = ResidueChemTemplates.create_from_defaults()
    known = templates.ambiguous.keys() | templates.residue_templates.keys()
    return [line for line in lines if line[:3] == "TER" or line[17:20].strip() in known]


def polymer_of(text: str, allow_bad: bool) -> Polymer:
    return Polymer.from_pdb_string(text, ResidueChemTemplates.create_from_defaults(), MoleculePreparation(), allow_bad_res=allow_bad, default_altloc="A")


# --- Open Babel, as a program: cofactors ------------------------------------------------------------------------------------------


def cofactor_pdbqt(cofactors: list[tuple[gemmi.Chain, gemmi.Residue]]) -> str:
    """Rigid ATOM lines of the cofactors with polar hydrogens at pH 7.4. One molecule a call, so that none are bonded to each other."""
    return "".join(named_lines(open_babel(residue_pdb(chain, residue), name_of(chain, residue)), chain, residue) for chain, residue in cofactors)


def residue_pdb(chain: gemmi.Chain, residue: gemmi.Residue) -> str:
    alone = gemmi.Structure()
    alone.add_model(gemmi.Model(1))
    copy = gemmi.Chain(chain.name)
    copy.add_residue(residue)
    alone[0].add_chain(copy)
    return alone.make_pdb_string(gemmi.PdbWriteOptions(conect_records=False))


def named_lines(lines: list[str], chain: gemmi.Chain, residue: gemmi.Residue) -> str:
    """Names of atoms and residue as they were, by coordinates: Open Babel guesses residues anew when it adds hydrogens."""
    names = {coordinates(*atom.pos): atom.padded_name() for atom in residue}
    number, insertion = residue.seqid.num, residue.seqid.icode
    text = ""
    for line in lines:
        name = names.get(coordinates(*(float(line[start : start + 8]) for start in (30, 38, 46))), " H")
        text += f"{line[:12]}{name:4.4} {residue.name:>3.3} {chain.name:1.1}{number:>4}{insertion:1}{line[27:]}\n"
    return text


def coordinates(x: float, y: float, z: float) -> tuple[int, int, int]:
    """In thousandths of an ångström, as PDB files have them."""
    return (round(x * 1000), round(y * 1000), round(z * 1000))


def open_babel(pdb: str, name: str) -> list[str]:
    program = Path(sys.executable).with_name("obabel")
    if not program.exists():
        raise Refusal("Open Babel is not installed in the receptor environment, so cofactors cannot be kept.")
    arguments = [str(program), "-ipdb", "-opdbqt", "-xr", "-p", str(PH)]
    done = subprocess.run(arguments, input=pdb, capture_output=True, text=True, timeout=OPEN_BABEL_TIMEOUT_SECONDS, check=False)
    lines = [line for line in done.stdout.splitlines() if line.startswith(("ATOM", "HETATM"))]
    if done.returncode != 0 or not lines:  # it ends with 0 on most failures
        raise Refusal(f"Open Babel could not prepare the cofactor {name}: {done.stderr.strip()[:500]}")
    return lines


# --- reports ----------------------------------------------------------------------------------------------------------------------


def name_of(chain: gemmi.Chain, residue: gemmi.Residue) -> str:
    return f"{chain.name}:{residue.seqid} {residue.name}"


def change(kind: str, chain: gemmi.Chain, residue: gemmi.Residue, why: str) -> dict:
    return {"kind": kind, "residue": name_of(chain, residue), "why": why, "positions": [list(atom.pos) for atom in residue]}


def topology_change(kind: str, positions, residue, why: str) -> dict:
    """@param positions of all atoms of the residue's topology, with OpenMM's units"""
    places = [list(positions[atom.index].value_in_unit(unit.angstrom)) for atom in residue.atoms()]
    return {"kind": kind, "residue": residue_name(residue), "why": why, "positions": places}


def residue_name(residue) -> str:
    return f"{residue.chain.id}:{residue.id}{residue.insertionCode.strip()} {residue.name}"


def first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:500]


def main() -> None:
    request = json.load(sys.stdin)
    try:
        text, report = prepare(request["pdb"], request.get("chains"), request.get("keepCofactors") or [])
        counts = Counter(each["kind"] for each in report["changes"])
        answer = {"pdbqt": text, "report": {**report, "counts": dict(counts)}}
    except Refusal as refusal:
        answer = {"error": str(refusal)}
    Path(ANSWER).write_text(json.dumps(answer))


if __name__ == "__main__":
    main()
