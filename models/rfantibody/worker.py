"""RFantibody as three programs, one after another: backbones, sequences, and a prediction of each design."""
from adapter import ADAPTER
from omtx_adapter import serve

if __name__ == "__main__":
    serve(ADAPTER, "rfantibody", "1.0.0")
