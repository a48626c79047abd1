"""Boltz-2 as a worker of the hub."""
# First: Boltz reads `AllChem.Descriptors`, which is there only where this was imported before AllChem.
import rdkit.Chem.Descriptors  # noqa: F401
