"""What libraries print, to a file of its own: it is read for reasons, and is the log of the run as well."""
from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def captured(path: Path) -> Iterator[None]:
    """Descriptors 1 and 2 go to the end of the file; afterwards what was added is printed where they went before."""
    sys.stdout.flush()
    sys.stderr.flush()
    before = path.stat().st_size if path.exists() else 0
    kept = [os.dup(descriptor) for descriptor in (1, 2)]
    with path.open("ab") as file:
        for descriptor in (1, 2):
            os.dup2(file.fileno(), descriptor)
    try:
        yield
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        for descriptor, old in zip((1, 2), kept, strict=True):
            os.dup2(old, descriptor)
            os.close(old)
        with path.open("rb") as file:
            file.seek(before)
            os.write(2, file.read())


def text_of(path: Path) -> str:
    return path.read_text(errors="replace") if path.exists() else ""
