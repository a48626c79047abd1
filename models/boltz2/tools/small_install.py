"""Installs boltz for CPU tests: the program itself without the 4 GB of CUDA libraries that a test never calls.

    python small_install.py FOLDER [--uv uv]

Makes a virtual environment in FOLDER (about 2 GB). Linux x86_64 only: there PyPI has no build of PyTorch without CUDA, so this one is
installed without NVIDIA's libraries, and small stand-ins answer in their place that there is no device. For real predictions install the
whole program: `uv pip install boltz==2.2.1`.
"""
from __future__ import annotations

import argparse
import re
import subprocess
import sys
import tempfile
from collections import defaultdict
from pathlib import Path

TOOLS = Path(__file__).resolve().parent
# cudaErrorNoDevice
NO_DEVICE = 100
# Symbols of these libraries carry no version; a wider pattern would catch the interpreter's own.
UNVERSIONED = re.compile(r"^(nccl|cuFile|cusparseLt|cudnn|nvshmem|cu[A-Z])")
CUDA = re.compile(r"^lib(cu|nv|nccl)")
HOME_OF_UNVERSIONED = re.compile(r"^libcudart\.so")


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("folder", type=Path)
    asked.add_argument("--uv", default="uv")
    options = asked.parse_args()
    python = options.folder / "bin" / "python"
    subprocess.run([options.uv, "venv", "--quiet", "--clear", "--python", "3.11", str(options.folder)], check=True)
    install = [options.uv, "pip", "install", "--quiet", "--no-deps", "--require-hashes", "--compile-bytecode", "--python", str(python)]
    fetch([*install, "-r", str(TOOLS / "small.lock")])
    libraries = next((options.folder / "lib").glob("python3*/site-packages/torch/lib"))
    for name in write_stand_ins(libraries):
        print(f"stand-in for {name}")
    subprocess.run([str(python), "-c", "import boltz.main"], check=True)


def fetch(command: list[str]) -> None:
    """Behind a proxy with a certificate of its own, uv needs to be told to trust those of the machine, as pip does."""
    ended = subprocess.run(command, stderr=subprocess.PIPE, text=True)
    if ended.returncode != 0 and "certificate" in ended.stderr:
        ended = subprocess.run([*command, "--system-certs"], stderr=subprocess.PIPE, text=True)
    if ended.returncode != 0:
        raise SystemExit(ended.stderr)


def write_stand_ins(libraries: Path) -> list[str]:
    """@returns the names of the libraries that were made"""
    needed: set[str] = set()
    versions: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    homes: dict[str, str] = {}
    loose: set[str] = set()
    for library in sorted(libraries.glob("*.so*")):
        header = tool("objdump", "-p", library)
        needed |= {name for name in re.findall(r"^\s+NEEDED\s+(\S+)", header, re.MULTILINE) if CUDA.match(name) and not (libraries / name).exists()}
        homes |= version_homes(header)
        for symbol, version in undefined_symbols(library):
            if version in homes:
                versions[homes[version]][version].add(symbol)
            elif version is None and UNVERSIONED.match(symbol):
                loose.add(symbol)
    for name in sorted(needed):
        symbols = {version: names for version, names in versions[name].items()}
        compile_library(libraries / name, name, symbols, loose if HOME_OF_UNVERSIONED.match(name) else set())
    return sorted(needed)


def version_homes(header: str) -> dict[str, str]:
    """Which library defines a version node: the section of version references of `objdump -p`."""
    homes: dict[str, str] = {}
    library = ""
    for line in header.partition("Version References:")[2].splitlines():
        if found := re.match(r"\s+required from (\S+):", line):
            library = found.group(1)
        elif (found := re.match(r"\s+0x\S+ 0x\S+ \d+ (\S+)", line)) and CUDA.match(library):
            homes[found.group(1)] = library
    return homes


def undefined_symbols(library: Path) -> list[tuple[str, str | None]]:
    lines = tool("nm", "-D", "--undefined-only", library).splitlines()
    return [(symbol, version or None) for symbol, _, version in (line.split()[-1].partition("@") for line in lines)]


def compile_library(path: Path, name: str, versions: dict[str, set[str]], loose: set[str]) -> None:
    symbols = sorted(loose.union(*versions.values()))
    with tempfile.TemporaryDirectory() as folder:
        source, script = Path(folder) / "stand_in.c", Path(folder) / "stand_in.map"
        source.write_text("".join(f"int {symbol}(void) {{ return {NO_DEVICE}; }}\n" for symbol in symbols))
        nodes = [f"{version} {{ global: {' '.join(f'{each};' for each in sorted(names))} }};\n" for version, names in sorted(versions.items())]
        script.write_text("".join(nodes))
        scripted = [f"-Wl,--version-script={script}"] if nodes else []
        subprocess.run(["gcc", "-shared", "-fPIC", "-w", "-fno-builtin", f"-Wl,-soname,{name}", *scripted, "-o", str(path), str(source)], check=True)


def tool(*arguments: object) -> str:
    return subprocess.run([str(each) for each in arguments], check=True, capture_output=True, text=True).stdout


if __name__ == "__main__":
    if sys.platform != "linux":
        raise SystemExit("The small form of boltz is made for Linux x86_64 only.")
    main()
