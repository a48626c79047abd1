"""Chai-1 as a program: FASTA in, CIF and scores of each sample out."""
from adapter import ADAPTER
from omtx_adapter import serve

if __name__ == "__main__":
    serve(ADAPTER, "chai1", "0.6.1")
