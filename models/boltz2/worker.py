"""Boltz-2 as a worker of the hub: both models loaded once; on a CPU a fork per input, on a GPU one input after another."""
import os

from omtx_worker import granted_cpus, run_worker

# Before torch is imported: no threads before the forks, and none that spin while they wait (a small input took ten times as long).
os.environ["OMP_NUM_THREADS"] = "1"
os.environ["OMP_WAIT_POLICY"] = "PASSIVE"

import torch  # noqa: E402
from boltz_worker.engine import load_engine  # noqa: E402
from boltz_worker.place import boltz_version, cache_folder  # noqa: E402
from boltz_worker.shard import Boltz2  # noqa: E402

if __name__ == "__main__":
    device = "gpu" if torch.cuda.is_available() else "cpu"
    worker = Boltz2(load_engine(cache_folder(), device, granted_cpus()))
    # A context on a GPU does not survive a fork.
    run_worker(model="boltz2", version=boltz_version(), open_shard=worker.open_shard, predict=worker.predict, device=device, fork=device == "cpu")
