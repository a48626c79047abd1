"""What anyone needs to get the same bytes from the bare engine with the artifacts of a row and its shard."""
from __future__ import annotations

import hashlib
import shlex
from importlib.metadata import version
from typing import Any

from omtx_chemistry.box import Box
from .engine import ENGINE_VERSION, RECEPTOR_FILE
from omtx_chemistry.ligand import PreparedLigand
from omtx_chemistry.settings import Settings

LIGAND_FILE = "ligand.pdbqt"
POSES_FILE = "poses.pdbqt"


def reproduction(receptor_pdbqt: str, ligand: PreparedLigand, box: Box, settings: Settings) -> dict[str, Any]:
    """The contents of `reproduce.json`; lengths in ångström, energies in kcal/mol."""
    return {
        "engine": {"name": "AutoDock Vina", "version": ENGINE_VERSION, "scoring": "vina"},
        "parameters": {
            "center": list(box.center),
            "size": list(box.size),
            "spacing": 0.375,
            "seed": settings.seed,
            "exhaustiveness": settings.exhaustiveness,
            "poses": settings.poses,
            "energyRangeKcalPerMol": settings.energy_range_kcal_per_mol,
            "minRmsdAngstrom": settings.min_rmsd_angstrom,
        },
        "inputs": {
            "receptor": {"artifact": RECEPTOR_FILE, "sha256": _digest(receptor_pdbqt)},
            "ligand": {"artifact": LIGAND_FILE, "sha256": _digest(ligand.pdbqt)},
        },
        "ligandPreparation": {
            "smiles": ligand.smiles,
            "protonation": settings.protonation,
            "ph": settings.ph if settings.protonation == "ph" else None,
            "embeddingSeed": settings.seed,
            "rigidMacrocycles": settings.rigid_macrocycles,
            "versions": {name: version(name) for name in ("rdkit", "meeko", "dimorphite-dl", "numpy")},
        },
        "python": python_text(box, settings),
        "commandLine": command_line(box, settings),
    }


def python_text(box: Box, settings: Settings) -> str:
    """A program that writes the same `poses.pdbqt`, byte for byte; any number of CPUs will do."""
    return f"""from pathlib import Path
from vina import Vina
engine = Vina(sf_name="vina", cpu=1, seed={settings.seed}, verbosity=0)
engine.set_receptor("{RECEPTOR_FILE}")
engine.compute_vina_maps({list(box.center)!r}, {list(box.size)!r})
engine.set_ligand_from_string(Path("{LIGAND_FILE}").read_text())
engine.dock(exhaustiveness={settings.exhaustiveness}, n_poses={settings.poses}, min_rmsd={settings.min_rmsd_angstrom!r})
Path("{POSES_FILE}").write_text(engine.poses({settings.poses}, {settings.energy_range_kcal_per_mol!r}))
"""


def command_line(box: Box, settings: Settings) -> str:
    """The same search by the program `vina` of the same version."""
    numbers = zip(("center_x", "center_y", "center_z", "size_x", "size_y", "size_z"), (*box.center, *box.size), strict=True)
    words = ["vina", "--receptor", RECEPTOR_FILE, "--ligand", LIGAND_FILE]
    words += [word for name, value in numbers for word in (f"--{name}", repr(value))]
    words += ["--seed", str(settings.seed), "--exhaustiveness", str(settings.exhaustiveness), "--num_modes", str(settings.poses)]
    words += ["--energy_range", repr(settings.energy_range_kcal_per_mol), "--min_rmsd", repr(settings.min_rmsd_angstrom), "--cpu", "1", "--out", POSES_FILE]
    return shlex.join(words)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
