"""The real program with made-up weights: numbers mean nothing, all else is its own."""
from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

MODEL = Path(__file__).resolve().parents[1]
sys.path += [str(MODEL), str(MODEL.parents[1] / "packages" / "model-tests-python")]

from omtx_model_tests.workers import manifest_of, worker  # noqa: E402

MANIFEST = manifest_of(MODEL)
# One chain, short enough for a CPU, with all twenty amino acids.
SEQUENCE = "MSEQNKTHLAVDPERGWYFCTIKLMNPQ"
ASPIRIN = "CC(=O)Oc1ccccc1C(=O)O"
# As few steps as give a structure at all; with the usual scale two steps end kilometres away.
QUICK = {"samplingSteps": 2, "stepScale": 1.0, "recyclingSteps": 0, "samplingStepsAffinity": 2, "diffusionSamplesAffinity": 1}


def cache() -> Path:
    """Made once beside the environment, which is of one version of the program."""
    folder = Path(sys.prefix) / "omtx-tiny-cache"
    if not (folder / "boltz2_aff.ckpt").exists():
        subprocess.run([sys.executable, str(MODEL / "tools" / "tiny_cache.py"), str(folder)], check=True, env={**os.environ, "OMP_NUM_THREADS": "1"})
    return folder


def start(cpus: int = 1):
    return worker(MODEL, cpus, {"OMTX_SETTING_CACHE": str(cache())})
