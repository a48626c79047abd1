"""
One complex through both stages, in a folder of its own that is named by its content: a folder that is used again would silently give the
results of what lay there before.

States: written -> prepared -> structure predicted -> (affinity predicted) -> read. Each step that fails ends the input, but for
- the structure stage out of memory with several samples at once: once more with one at a time;
- the affinity stage, whatever its failure: once more from the structure that is there.
"""
from __future__ import annotations

import hashlib
import os
import shutil
import sys
import traceback
from collections.abc import Callable, Mapping
from dataclasses import astuple, dataclass, field
from pathlib import Path

from omtx_worker import Failure, Note

from . import engine as stages
from .capture import captured, text_of
from .check import checked
from .complex import Complex, Template
from .engine import Engine
from .said import failure_of, skip_reason
from .settings import Settings
from .yaml_input import write_yaml

# Stem of the input file: the model names its record and files after it.
RECORD = "complex"
LOG = "boltz.log"
PHASES = ("structure", "affinity")


@dataclass
class Run:
    """What one input has: its folder, and what there is to say of it."""

    asked: Complex
    settings: Settings
    folder: Path
    notes: list[Note] = field(default_factory=list)

    @property
    def source(self) -> Path:
        return self.folder / f"{RECORD}.yaml"

    @property
    def log(self) -> Path:
        return self.folder / LOG

    @property
    def predictions(self) -> Path:
        return self.folder / "predictions" / RECORD


def run_complex(
    engine: Engine, asked: Complex, settings: Settings, parent: Path, msas: Mapping[str, Path], progress: Callable[..., None]
) -> Run:
    """@param msas alignment by protein sequence @returns the finished run @raises Failure"""
    run = start_run(engine, asked, settings, parent, msas)
    phases = PHASES[: 2 if run.asked.binder else 1]
    progress("structure", 0, 1)
    prepare(engine, run)
    structure_stage(engine, run)
    progress("structure", 1, 1)
    if len(phases) > 1:
        progress("affinity", 0, 1)
        affinity_stage(engine, run)
        progress("affinity", 1, 1)
    return run


def start_run(engine: Engine, asked: Complex, settings: Settings, parent: Path, msas: Mapping[str, Path]) -> Run:
    """Writes the input into a fresh folder. @raises Failure `invalid_input`"""
    notes: list[Note] = []
    complete = checked(asked, engine.components, notes)
    folder = parent / f"run-{digest_of(complete, settings, msas)}"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    run = Run(complete, settings, folder, notes)
    run.source.write_text(write_yaml(complete, msas, write_templates(complete, folder)))
    return run


def digest_of(asked: Complex, settings: Settings, msas: Mapping[str, Path]) -> str:
    alignments = [hashlib.sha256(msas[each].read_bytes()).hexdigest() if each in msas else "" for each in asked.sequences]
    return hashlib.sha256(repr((asked, astuple(settings), alignments)).encode()).hexdigest()[:16]


def write_templates(asked: Complex, folder: Path) -> dict[Template, Path]:
    """The model names templates by file, so each has a name of its own."""
    files = {template: folder / f"template{number}.{template.format}" for number, template in enumerate(asked.templates, 1)}
    for template, path in files.items():
        path.write_text(template.text)
    return files


def prepare(engine: Engine, run: Run) -> None:
    """In a child that has embedded no molecule yet (see `engine`). @raises Failure `invalid_input` with the model's reason"""
    with captured(run.log):
        status = in_child(lambda: stages.prepare(engine, run.source, run.folder, run.settings))
    if stages.records_of(run.folder).records:
        return
    reason = skip_reason(text_of(run.log))
    if reason is None:
        raise Failure("model_error", f"Reading the input ended with {status} and without a reason; see the log of the run.")
    raise Failure("invalid_input", reason)


def in_child(work: Callable[[], None]) -> int:
    """@returns the exit code, or minus the signal"""
    sys.stdout.flush()
    sys.stderr.flush()
    child = os.fork()
    if child == 0:
        status = 1
        try:
            work()
            status = 0
        except BaseException:  # nothing may return into the parent's stack
            traceback.print_exc()
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(status)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def structure_stage(engine: Engine, run: Run) -> None:
    """@raises Failure"""
    for parallel_samples in dict.fromkeys((min(run.settings.max_parallel_samples, run.settings.diffusion_samples), 1)):
        if attempt(run, "structure", lambda samples=parallel_samples: stages.predict_structure(engine, run.folder, run.settings, samples)):
            return
        shutil.rmtree(run.predictions, ignore_errors=True)
    raise Failure("out_of_memory", "The structure stage ran out of memory, also with one sample at a time. Give a smaller complex, or run it on a larger GPU.")


def affinity_stage(engine: Engine, run: Run) -> None:
    """@raises Failure that says that the structure was there"""
    work = lambda: stages.predict_affinity(engine, run.folder, run.settings)  # noqa: E731
    try:
        if attempt(run, "affinity", work):
            return
    except Failure as failure:
        print(f"{failure.message} The affinity stage is tried once more, from the structure that is there.", file=sys.stderr, flush=True)
    try:
        if attempt(run, "affinity", work):
            run.notes.append(Note("affinity_retried", "The affinity stage failed once and was run again from the same structure."))
            return
    except Failure as failure:
        raise Failure(failure.code, f"The structure was predicted, its affinity was not. {failure.message}") from failure
    raise Failure("out_of_memory", "The structure was predicted, its affinity was not: the affinity stage ran out of memory twice.")


def attempt(run: Run, stage: str, work: Callable[[], bool]) -> bool:
    """@returns false where memory ran out @raises Failure for any other end"""
    try:
        with captured(run.log):
            return work()
    except Exception as error:  # the model raises whatever its libraries do
        with captured(run.log):
            traceback.print_exc()
        failure = failure_of(error, text_of(run.log), stage)
        if failure.code == "out_of_memory":
            return False
        raise failure from error
