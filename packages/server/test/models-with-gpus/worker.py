"""A worker without an engine that tells which GPUs it was given. Own input: `{"ligand": {"sleep"?: seconds}}`; its first argument is its model id."""
import os
import sys
import time

from omtx_worker import Opened, OpenRequest, RowRequest, RowResult, run_worker


def open_shard(_: OpenRequest) -> Opened:
    return Opened(None)


def predict(_: None, request: RowRequest) -> RowResult:
    time.sleep(request.input["ligand"].get("sleep", 0))
    seen = {"devices": os.environ["CUDA_VISIBLE_DEVICES"], "worker": str(os.getpid())}
    return RowResult(metrics={}, tables={"seen": [seen]}, artifacts=[], notes=[])


run_worker(model=sys.argv[1], version="1.0.0", open_shard=open_shard, predict=predict, fork=False)
