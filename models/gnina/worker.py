"""GNINA as a program: receptor and ligand in 3D in, poses with the scores of its network out."""
from adapter import ADAPTER
from omtx_adapter import serve

if __name__ == "__main__":
    serve(ADAPTER, "gnina", "1.3.2", device="cpu")
