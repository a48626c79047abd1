"""Protenix as a program: a JSON of the AlphaFold-server kind in, CIF and confidences of each sample out."""
from adapter import ADAPTER
from omtx_adapter import serve

if __name__ == "__main__":
    serve(ADAPTER, "protenix", "1.0.0")
