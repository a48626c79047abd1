"""The engine without a hub, in the fastest way we know to call it: maps once, then a fork per CPU that takes ligand after ligand.

Arguments: a JSON file {"shared", "parameters", "seed", "ligands": [SMILES], "cpus"}. Prints one JSON object: scores by index.
It prepares and docks by the model folder's own functions, so both sides do the same work; nothing is written but the poses.
"""
import json
import os
import sys
import tempfile
from pathlib import Path

for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[variable] = "1"

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "packages" / "worker-python"), str(ROOT / "packages" / "chemistry-python"), str(ROOT / "models" / "vina")]

from omtx_worker import OpenRequest, RowRequest  # noqa: E402
from vina_worker.shard import open_shard, predict  # noqa: E402


def main() -> None:
    request = json.loads(Path(sys.argv[1]).read_text())
    folder = Path(tempfile.mkdtemp(prefix="bare-vina-"))
    opened = open_shard(OpenRequest("bare", request["shared"], request["parameters"], request["seed"], folder))
    # One pipe as the line of work: each fork reads the next index, so no fork waits for another.
    to_do, give = os.pipe()
    os.write(give, bytes(range(len(request["ligands"]))))
    os.close(give)
    done, tell = os.pipe()
    children = [fork(opened.state, request["ligands"], folder, to_do, tell) for _ in range(request["cpus"])]
    os.close(tell)
    with os.fdopen(done) as lines:
        scores = dict(json.loads(line) for line in lines)
    for child in children:
        os.waitpid(child, 0)
    print(json.dumps(scores))


def fork(state, ligands: list[str], folder: Path, to_do: int, tell: int) -> int:
    child = os.fork()
    if child:
        return child
    while index := os.read(to_do, 1):
        row = index[0]
        own = folder / str(row)
        own.mkdir()
        result = predict(state, RowRequest(str(row), {"ligand": {"smiles": ligands[row]}}, own))
        os.write(tell, (json.dumps([row, result.metrics["docking_score"]]) + "\n").encode())
    os._exit(0)


main()
