"""The parameters of a shard, as the manifest declares them."""
from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from omtx_worker import Failure

# A C++ int; 0 means "random" to the engine.
LARGEST_SEED = 2**31 - 1


@dataclass(frozen=True)
class Settings:
    """`poses` is how many the search keeps and is part of the result: 5 and 9 give other poses."""

    seed: int
    exhaustiveness: int
    poses: int
    energy_range_kcal_per_mol: float
    min_rmsd_angstrom: float
    protonation: str
    ph: float
    rigid_macrocycles: bool


def settings_of(parameters: Mapping[str, Any], seed: int) -> Settings:
    """@raises Failure `setup_failed` for a seed that the engine would replace by a random one"""
    if not 1 <= seed <= LARGEST_SEED:
        raise Failure("setup_failed", f"The seed is {seed}; give 1 to {LARGEST_SEED}. To the engine 0 means a random one, which nobody could repeat.")
    return Settings(
        seed=seed,
        exhaustiveness=int(parameters.get("exhaustiveness", 8)),
        poses=int(parameters.get("poses", 9)),
        energy_range_kcal_per_mol=float(parameters.get("energyRangeKcalPerMol", 3)),
        min_rmsd_angstrom=float(parameters.get("minRmsdAngstrom", 1)),
        protonation=str(parameters.get("protonation", "as_drawn")),
        ph=float(parameters.get("ph", 7.4)),
        rigid_macrocycles=bool(parameters.get("rigidMacrocycles", False)),
    )
