"""For models that are programs of their own: write the input, run the program, read what it wrote. Standard library only.

An adapter is three pure functions:

    write_input(asked, parameters, seed, folder)              # files into the folder
    command(asked, parameters, seed, folder) -> list[str]     # an argument vector, never a shell line
    read_output(asked, parameters, seed, folder) -> RowResult # `completed` only where the outputs exist and parse
"""
from .program import setting, tail_of
from .serve import Adapter, serve

__all__ = ["Adapter", "serve", "setting", "tail_of"]
