"""Numbers with their nouns, for messages."""


def counted(count: int, noun: str) -> str:
    """`1 pose`, `2 poses`; for nouns that take an s."""
    return f"{count} {noun}{'' if count == 1 else 's'}"
