"""BoltzGen as a program: a design specification in, ranked designs with their metrics out."""
from adapter import ADAPTER
from omtx_adapter import serve

if __name__ == "__main__":
    serve(ADAPTER, "boltzgen", "0.2.0")
