"""OpenFold3 as a program: a query JSON in, CIF and confidences of each sample out."""
from adapter import ADAPTER
from omtx_adapter import serve

if __name__ == "__main__":
    serve(ADAPTER, "openfold3", "0.3.0")
