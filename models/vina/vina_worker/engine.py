"""The engine itself: maps once per shard, one docking per forked child."""
from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from omtx_worker import Failure
from vina import Vina

from omtx_chemistry.box import Box
from omtx_chemistry.settings import Settings

ENGINE_VERSION = "1.2.7"
RECEPTOR_FILE = "receptor.pdbqt"


@dataclass(frozen=True)
class Docking:
    """All modes as the engine writes them, and their energies [mode, 5] in kcal/mol: total, inter, intra, torsion, intra of the best."""

    pdbqt: str
    energies: np.ndarray


def build_maps(receptor: Path, box: Box, settings: Settings) -> Vina:
    """An engine with the maps of all atom types, so that any ligand can follow: one map missing and the engine would exit the process.

    Holds the interpreter lock (1 to 3 s). One CPU, because two forks of one CPU beat one docking on two, and bytes are equal.
    """
    engine = Vina(sf_name="vina", cpu=1, seed=settings.seed, verbosity=0)
    try:
        engine.set_receptor(str(receptor))
        engine.compute_vina_maps(list(box.center), list(box.size))
    except (TypeError, RuntimeError, ValueError) as error:
        raise Failure("setup_failed", f"The engine refused the receptor or the box: {error}") from error
    return engine


def dock(engine: Vina, ligand_pdbqt: str, settings: Settings) -> Docking:
    """Docks one ligand. The result depends on the engine's seed, maps and these settings alone, not on what was docked before.

    @raises Failure `invalid_input` for a ligand that the engine refuses
    """
    if not ligand_pdbqt.strip():  # the engine would exit the process
        raise Failure("invalid_input", "The ligand is empty.")
    try:
        engine.set_ligand_from_string(ligand_pdbqt)
        engine.dock(exhaustiveness=settings.exhaustiveness, n_poses=settings.poses, min_rmsd=settings.min_rmsd_angstrom)
    except (TypeError, RuntimeError) as error:
        raise Failure("invalid_input", f"The engine refused the ligand: {error}") from error
    text = engine.poses(settings.poses, settings.energy_range_kcal_per_mol)
    return Docking(text, engine.energies(settings.poses, settings.energy_range_kcal_per_mol))
