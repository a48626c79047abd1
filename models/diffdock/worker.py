"""DiffDock as a program: a CSV with one complex in, ranked poses with a confidence in their file names out."""
from adapter import ADAPTER
from omtx_adapter import serve

if __name__ == "__main__":
    serve(ADAPTER, "diffdock", "1.1.3")
