"""Related sequences of a set, by phmmer or jackhmmer of HMMER through pyhmmer."""
import pyhmmer
from omtx_worker import Failure, Opened, OpenRequest, RowRequest, RowResult, granted_cpus, run_worker

VERSION = "0.12.3"
ALPHABET = pyhmmer.easel.Alphabet.amino()
AMINO_ACIDS = set("ACDEFGHIKLMNPQRSTVWYBJOUXZ")
MOST_HITS = 10_000


def open_shard(request: OpenRequest) -> Opened:
    """Digitises the set once; forked rows inherit it."""
    try:
        targets = [digital(name, sequence) for name, sequence in targets_of(request.shared)]
    except Failure as failure:
        raise Failure("setup_failed", failure.message) from failure
    block = pyhmmer.easel.DigitalSequenceBlock(ALPHABET, targets)
    return Opened(state=(block, dict(request.parameters)))


def predict(state, request: RowRequest) -> RowResult:
    block, parameters = state
    query = request.input.get("query") or {}
    sequence = digital(str(query.get("name") or "query"), query.get("sequence"))
    options = {"cpus": 1, "E": float(parameters["evalue"])}
    if int(parameters["iterations"]) > 1:
        [found] = pyhmmer.hmmer.jackhmmer([sequence], block, max_iterations=int(parameters["iterations"]), **options)
        hits = found.hits
    else:
        [hits] = pyhmmer.hmmer.phmmer([sequence], block, **options)
    records = [hit_record(rank, hit) for rank, hit in enumerate((hit for hit in hits if hit.included or hit.reported), 1)][:MOST_HITS]
    metrics = {"hit_count": float(len(records))}
    if records:
        metrics |= {"pyhmmer.best_evalue": records[0]["evalue"], "pyhmmer.best_score": records[0]["score"]}
    return RowResult(metrics, {"hits": records})


def hit_record(rank: int, hit) -> dict:
    alignment = hit.best_domain.alignment
    return {
        "rank": rank,
        "target": text_of(hit.name),
        "evalue": float(hit.evalue),
        "score": round(float(hit.score), 2),
        "query_from": alignment.hmm_from,
        "query_to": alignment.hmm_to,
        "target_from": alignment.target_from,
        "target_to": alignment.target_to,
    }


def targets_of(shared) -> list[tuple[str, object]]:
    """A list of sequences, or FASTA text; each name once."""
    given = shared.get("targets") or {}
    if "fasta" in given:
        named = read_fasta(given["fasta"])
    else:
        named = [(str(each.get("name") or f"sequence-{number}"), each.get("sequence")) for number, each in enumerate(given.get("sequences") or [], 1)]
    names = [name for name, _ in named]
    repeated = sorted({name for name in names if names.count(name) > 1})[:5] if len(set(names)) < len(names) else []
    if not named:
        raise Failure("invalid_input", "The set of sequences is empty: give targets as fasta or sequences.")
    if repeated:
        raise Failure("invalid_input", f"Names must be there once; these are not: {', '.join(repeated)}.")
    return named


def read_fasta(text: str) -> list[tuple[str, str]]:
    if not text.lstrip().startswith(">"):
        raise Failure("invalid_input", "The FASTA text does not begin with >.")
    records = text.lstrip()[1:].split("\n>")
    return [(lines[0].split()[0] if lines[0].split() else f"sequence-{number}", "".join(lines[1:])) for number, lines in enumerate((record.split("\n") for record in records), 1)]


def digital(name: str, asked: object):
    sequence = "".join(str(asked or "").split()).upper().rstrip("*")
    unknown = sorted(set(sequence) - AMINO_ACIDS)
    if not sequence or unknown:
        raise Failure("invalid_input", f"The sequence {name} has {', '.join(unknown) or 'no residues'}; give amino acids as letters.")
    return pyhmmer.easel.TextSequence(name=encoded(name), sequence=sequence).digitize(ALPHABET)


def encoded(name: str):
    """Names are bytes or text, by the version of the engine."""
    try:
        pyhmmer.easel.TextSequence(name=name, sequence="A")
        return name
    except TypeError:
        return name.encode()


def text_of(name) -> str:
    return name.decode() if isinstance(name, bytes) else str(name)


if __name__ == "__main__":
    run_worker(model="pyhmmer", version=VERSION, open_shard=open_shard, predict=predict, slots=granted_cpus())
