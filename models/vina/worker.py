"""AutoDock Vina as a worker of the hub: one warm process, a fork per ligand, one CPU per fork."""
import os

# Before numpy is imported: each fork has one CPU.
for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[variable] = "1"

from omtx_worker import granted_cpus, run_worker  # noqa: E402
from vina_worker.engine import ENGINE_VERSION  # noqa: E402
from vina_worker.shard import open_shard, predict  # noqa: E402

if __name__ == "__main__":
    run_worker(model="vina", version=ENGINE_VERSION, open_shard=open_shard, predict=predict, slots=granted_cpus())
