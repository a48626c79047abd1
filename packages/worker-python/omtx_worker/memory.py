"""Whether what a program printed says that memory ran out; the hub reads the same list."""
from __future__ import annotations

import json
import re
from pathlib import Path

MEMORY_SAYINGS = json.loads(Path(__file__).with_name("memory-sayings.json").read_text())
PATTERNS = [re.compile(each["pattern"], re.IGNORECASE if each["ignoreCase"] else 0) for each in MEMORY_SAYINGS["sayings"]]


def speaks_of_memory(text: str) -> bool:
    return any(pattern.search(text) for pattern in PATTERNS)
