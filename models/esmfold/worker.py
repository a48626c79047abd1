"""ESMFold as a program: FASTA in, a PDB with pLDDT in the B-factor out."""
from adapter import ADAPTER
from omtx_adapter import serve

if __name__ == "__main__":
    serve(ADAPTER, "esmfold", "2.0.0")
