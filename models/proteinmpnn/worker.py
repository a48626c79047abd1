"""ProteinMPNN as a program: a backbone in, sequences with their scores out."""
from adapter import ADAPTER
from omtx_adapter import serve

if __name__ == "__main__":
    serve(ADAPTER, "proteinmpnn", "1.0.1")
