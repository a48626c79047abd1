"""Where the weights are, and which program this is."""
from __future__ import annotations

import os
import sys
from importlib.metadata import version
from pathlib import Path

FILES = ("boltz2_conf.ckpt", "boltz2_aff.ckpt", "mols")


def cache_folder() -> Path:
    """The folder that the operator named. Ends the worker where it lacks a file: nothing is ever fetched."""
    named = os.environ.get("OMTX_SETTING_CACHE")
    if not named:
        sys.exit('The folder of the weights is not set: run "omtx models set boltz2 cache=FOLDER".')
    missing = [name for name in FILES if not (Path(named) / name).exists()]
    if missing:
        sys.exit(f"The folder of the weights, {named}, has no {', '.join(missing)}. README.md of the model says what belongs there.")
    return Path(named)


def boltz_version() -> str:
    return version("boltz")
