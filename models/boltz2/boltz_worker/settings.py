"""The parameters of the manifest under the names of the program."""
from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Settings:
    seed: int
    recycling_steps: int = 3
    sampling_steps: int = 200
    diffusion_samples: int = 1
    # Samples that are computed at once: fewer need less memory.
    max_parallel_samples: int = 5
    step_scale: float = 1.5
    sampling_steps_affinity: int = 200
    diffusion_samples_affinity: int = 5
    affinity_mw_correction: bool = False
    use_potentials: bool = False
    # Kind of experiment that the structure should look like; None as the model likes.
    method: str | None = None
    max_msa_seqs: int = 8192
    write_matrices: bool = True
    write_embeddings: bool = False


def settings_of(parameters: Mapping[str, Any], seed: int) -> Settings:
    method = parameters.get("method", "any")
    return Settings(
        seed=seed,
        recycling_steps=int(parameters["recyclingSteps"]),
        sampling_steps=int(parameters["samplingSteps"]),
        diffusion_samples=int(parameters["diffusionSamples"]),
        max_parallel_samples=int(parameters["maxParallelSamples"]),
        step_scale=float(parameters["stepScale"]),
        sampling_steps_affinity=int(parameters["samplingStepsAffinity"]),
        diffusion_samples_affinity=int(parameters["diffusionSamplesAffinity"]),
        affinity_mw_correction=bool(parameters["affinityMwCorrection"]),
        use_potentials=bool(parameters["usePotentials"]),
        method=None if method == "any" else method,
        max_msa_seqs=int(parameters["maxMsaSequences"]),
        write_matrices=bool(parameters["writeMatrices"]),
        write_embeddings=bool(parameters["writeEmbeddings"]),
    )
