"""Readers of what programs write."""
from __future__ import annotations

import ast
import csv
import math
import re
import struct
import zipfile
import zlib
from pathlib import Path

from omtx_worker import Failure

FORMATS = {"f2": "e", "f4": "f", "f8": "d", "i4": "i", "i8": "q", "b1": "?", "u1": "B"}


def only(found: list[Path], what: str) -> list[Path]:
    """@raises Failure `missing_output` when there is none"""
    if not found:
        raise Failure("missing_output", f"The program wrote no {what}.")
    return sorted(found, key=natural)


def natural(path: Path) -> list[object]:
    """By number where names have one: sample_2 before sample_10."""
    return [int(part) if part.isdigit() else part for part in re.split(r"(\d+)", str(path))]


def read_npz(path: Path) -> dict[str, list[float]]:
    """Arrays of an .npz, flat, in C order; little-endian numbers and booleans. @raises ValueError for a file that is none, or half of one"""
    try:
        with zipfile.ZipFile(path) as archive:
            return {name.removesuffix(".npy"): read_npy(archive.read(name)) for name in archive.namelist()}
    except (zipfile.BadZipFile, zlib.error, struct.error, EOFError) as error:
        raise ValueError(f"{path.name} is no whole .npz file: {error}") from error


def read_npy(data: bytes) -> list[float]:
    if data[:6] != b"\x93NUMPY":
        raise ValueError("no .npy file")
    size, start = (struct.unpack("<H", data[8:10])[0], 10) if data[6] == 1 else (struct.unpack("<I", data[8:12])[0], 12)
    header = ast.literal_eval(data[start : start + size].decode("latin1"))
    code = FORMATS[header["descr"].lstrip("<|=")]
    body = data[start + size :]
    return [float(value) for (value,) in struct.iter_unpack(f"<{code}", body)]


def confidence_of_structure(path: Path) -> float:
    """Mean B-factor over atoms of a PDB or mmCIF file, where programs put pLDDT; on 0 to 100."""
    text = path.read_text()
    values = cif_factors(text) if path.suffix == ".cif" else [float(line[60:66]) for line in text.splitlines() if line.startswith(("ATOM", "HETATM"))]
    if not values:
        raise ValueError(f"{path.name} has no atoms")
    return percent(sum(values) / len(values))


def cif_factors(text: str) -> list[float]:
    columns: list[str] = []
    values: list[float] = []
    for line in text.splitlines():
        if line.startswith("_atom_site."):
            columns.append(line.split()[0].removeprefix("_atom_site."))
        elif line.startswith(("ATOM", "HETATM")) and columns:
            values.append(float(line.split()[columns.index("B_iso_or_equiv")]))
    return values


def percent(value: float) -> float:
    """Programs write pLDDT as a fraction or on 0 to 100; the hub has 0 to 100."""
    if not math.isfinite(value):
        raise ValueError(f"a confidence is {value}")
    return round(value * 100 if value <= 1 else value, 3)


def read_csv(path: Path) -> list[dict[str, str]]:
    """Records by trimmed header; some programs pad both."""
    with path.open(newline="") as file:
        return [{(key or "").strip(): (value or "").strip() for key, value in row.items()} for row in csv.DictReader(file)]


def read_fasta(path: Path) -> list[tuple[str, str]]:
    records = [record.split("\n", 1) for record in path.read_text().lstrip()[1:].split("\n>")]
    return [(header.strip(), "".join(body[0].split()) if body else "") for header, *body in records]


def header_values(header: str) -> dict[str, float]:
    """`score=0.72, seq_recovery=0.57` of a FASTA header; `nan` is one, to be refused by name."""
    return {name: float(value) for name, value in re.findall(r"(\w+)=(-?(?:\d+(?:\.\d+)?(?:[eE]-?\d+)?|nan|inf))(?![\w.])", header)}


def sdf_records(text: str) -> list[tuple[str, dict[str, str]]]:
    """Records of an SDF with their data."""
    records = [record for record in re.split(r"^\$\$\$\$\s*$", text, flags=re.MULTILINE) if record.strip()]
    return [(record.lstrip("\n") if index else record, dict(re.findall(r"^> *<([^>]+)>[^\n]*\n([^\n]*)", record, flags=re.MULTILINE))) for index, record in enumerate(records)]
