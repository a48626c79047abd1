"""The two functions of the worker: open a shard (the alignments of its proteins), and predict a row."""
from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from omtx_worker import Artifact, Failure, Note, Opened, OpenRequest, RowRequest, RowResult

from .complex import Complex, Molecule, complex_of, letters_of
from .contacts import CONTACT_ANGSTROM
from .engine import Engine
from .results import confidence_metrics, result_of, samples_of
from .run import run_complex
from .settings import Settings, settings_of
from .variants import WILD_TYPE, backbone_rmsd, variant_record

SITE_NOTE = Note("site_by_contact", f"binding_sites are residues within {CONTACT_ANGSTROM:g} Å of the ligand in the predicted complex; no pocket was searched for.")
VARIANT_NOTE = Note("no_stability", "Variants are compared by confidence and shape of their predictions; neither stability nor function follows from that.")


@dataclass(frozen=True)
class OpenShard:
    engine: Engine
    shared: Mapping[str, Any]
    settings: Settings
    # Alignment by protein sequence: one file for all rows.
    msas: Mapping[str, Path]


class Boltz2:
    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def open_shard(self, request: OpenRequest) -> Opened:
        msas = write_msas(request)
        settings = settings_of(request.parameters, request.seed)
        return Opened(OpenShard(self._engine, request.shared, settings, msas))

    def predict(self, state: OpenShard, request: RowRequest) -> RowResult:
        """@raises Failure"""
        asked = {**state.shared, **request.input}
        if "wildtypeSequence" in asked:
            return compare_variants(state, asked, request)
        run = run_complex(state.engine, complex_of(asked), state.settings, request.folder, state.msas, request.progress)
        result = result_of(run, request.folder)
        told = [SITE_NOTE] if "binding_sites" in result.tables else []
        return replace(result, notes=[*result.notes, *told, *single_sequence_notes(run.asked, state.msas)])


def single_sequence_notes(asked: Complex, msas: Mapping[str, Path]) -> list[Note]:
    """Also where no alignment was wanted: a structure without one is another result."""
    alone = [each.ids[0] for each in asked.molecules if each.kind == "protein" and each.sequence not in msas]
    if not alone:
        return []
    return [Note("single_sequence", f"Chain {', '.join(alone)} was predicted from its sequence alone, without an alignment of related ones; such structures are less accurate.")]


def write_msas(request: OpenRequest) -> dict[str, Path]:
    """Alignments that the hub gives by sequence."""
    files = {}
    for number, each in enumerate(request.shared.get("msas", ())):
        path = request.folder / f"msa{number}.a3m"
        path.write_text(each["a3m"])
        files[letters_of(each["sequence"])] = path
    return files


def compare_variants(state: OpenShard, asked: Mapping[str, Any], request: RowRequest) -> RowResult:
    """The wild type first; its files are the row's, a variant's carry its number. @raises Failure"""
    wild_type = letters_of(asked["wildtypeSequence"])
    named = [(WILD_TYPE, wild_type), *((each["name"], letters_of(each["sequence"])) for each in asked["variants"])]
    runs = []
    for number, (name, sequence) in enumerate(named):
        request.progress("variants", number, len(named), name)
        alone = Complex((Molecule("protein", ("A",), sequence),))
        try:
            runs.append(run_complex(state.engine, alone, state.settings, request.folder / str(number), state.msas, lambda *_: None))
        except Failure as failure:
            raise Failure(failure.code, f"{name}: {failure.message}") from failure
    result = result_of(runs[0], request.folder)
    structures = [samples_of(run)[0] for run in runs]
    records = [
        variant_record(name, sequence, wild_type, confidence_metrics(sample.confidence), result.metrics, backbone_rmsd(structures[0].structure, sample.structure))
        for (name, sequence), sample in zip(named, structures, strict=True)
    ]
    files = [
        Artifact(f"variant_{number}.cif", str(sample.structure.relative_to(request.folder)), "chemical/x-mmcif", "variant")
        for number, sample in enumerate(structures[1:], 1)
    ]
    notes = [*result.notes, VARIANT_NOTE, *single_sequence_notes(runs[0].asked, state.msas)]
    return replace(result, tables={**result.tables, "variants": records}, artifacts=[*result.artifacts, *files], notes=notes)
