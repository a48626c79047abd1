/**
 * Which rows of a job hold a substructure or are like a molecule. Fingerprints screen in pieces, so memory does not grow with the job; RDKit
 * decides about what passes. What was found is kept: molecules of checked rows never change.
 */
import { HubError, type JobId } from '@omtx/contract';
import { FINGERPRINT_BYTES } from '../chemistry/chemistry.ts';
import { screen, similarities, wordsOf } from '../domain/fingerprints.ts';
import type { ChemistryFilter } from '../domain/row-selection.ts';
import { readLigandSource, readMoleculesAt, readPiece, type LigandSource, type RowMolecule } from '../storage/search/row-ligands.ts';
import type { HubContext, Principal } from './context.ts';
import { notFound } from './read-jobs.ts';
import type { StructureHits, StructureSearch } from './structure-cache.ts';

/** Molecules that are matched at once. */
const GROUP = 4_096;

type Hits = StructureHits & { readonly search: StructureSearch };

/** Starts a search, or joins the one that there is. @throws HubError job_not_found */
export async function searchStructures(
  ctx: HubContext,
  { owner }: Principal,
  jobId: JobId,
  filter: ChemistryFilter,
): Promise<StructureSearch> {
  const source = await readLigandSource(ctx.db, owner, jobId);
  if (!source) throw notFound(jobId);
  // With more fingerprints the same rows are found sooner, so they are no part of the name.
  const name = `${owner} ${jobId} ${String(source.checked)} ${JSON.stringify(filter)}`;
  return ctx.structures.of(name, source.total, () => start(ctx, source, filter));
}

function start(ctx: HubContext, source: LigandSource, filter: ChemistryFilter): StructureSearch {
  const { total, checked } = source;
  const { promise, resolve, reject } = Promise.withResolvers<StructureHits>();
  const search: StructureSearch = { total, checked, examined: 0, matching: 0, done: promise };
  const hits: Hits = { passes: new Uint8Array(total), similarity: new Float32Array(total), search };
  const work =
    filter.kind === 'substructure' ? findSubstructure(ctx, source, filter.pattern, hits) : findSimilar(ctx, source, filter, hits);
  work.then(() => {
    search.examined = total;
    resolve(hits);
  }, reject);
  return search;
}

async function findSubstructure(ctx: HubContext, source: LigandSource, pattern: string, hits: Hits): Promise<void> {
  const reading = await ctx.chemistry.readPattern(pattern);
  if (reading.kind === 'unreadable') throw unreadable('substructure', pattern, reading.reason);
  const bits = wordsOf(reading.bits);
  const working: Promise<void>[] = [];
  for await (const { first, end, candidates } of candidatesOf(ctx, source, bits)) {
    // The next piece is read while RDKit looks at this one; no more than two wait in memory.
    if (working.length >= 2) await working.shift();
    working.push(matchGroup(ctx, source, pattern, candidates, hits).then(() => void (hits.search.examined += end - first)));
  }
  await Promise.all(working);
}

interface Candidates {
  /** Rows [first, end). */
  readonly first: number;
  readonly end: number;
  readonly candidates: readonly number[];
}

/** Piece by piece: rows that pass the screen, and all rows of pieces that have no fingerprints yet. */
async function* candidatesOf({ db }: HubContext, source: LigandSource, bits: Uint32Array): AsyncGenerator<Candidates> {
  const { jobId, checked, pieces } = source;
  const starts = pieces.pattern.filter((first) => first < checked);
  for (let next = 0; next < checked;) {
    const first = next;
    if (starts[0] === first) {
      starts.shift();
      const piece = await readPiece(db, jobId, 'pattern', first);
      next = Math.min(checked, first + piece.length / FINGERPRINT_BYTES);
      const length = next - first;
      yield { first, end: next, candidates: screen(wordsOf(piece), bits).flatMap((place) => (place < length ? [first + place] : [])) };
      if (next > first) continue;
    }
    next = Math.min(checked, first + GROUP, starts[0] ?? checked);
    yield { first, end: next, candidates: Array.from({ length: next - first }, (_, place) => first + place) };
  }
}

async function matchGroup(
  ctx: HubContext,
  { jobId }: LigandSource,
  pattern: string,
  indexes: readonly number[],
  hits: Hits,
): Promise<void> {
  if (indexes.length === 0) return;
  const molecules = await canonical(ctx, await readMoleculesAt(ctx.db, jobId, indexes));
  const matches = await ctx.chemistry.match(
    pattern,
    molecules.map(({ smiles }) => smiles),
  );
  molecules.forEach(({ index }, place) => {
    if (matches[place] === 1) pass(hits, index, 1);
  });
}

/** Rows of imported jobs have a SMILES as it was written. */
async function canonical({ chemistry }: HubContext, molecules: readonly RowMolecule[]): Promise<readonly RowMolecule[]> {
  const written = molecules.filter(({ isCanonical }) => !isCanonical);
  const readings = await chemistry.read(written.map(({ smiles }) => ({ smiles, cleaning: 'as_is' })));
  const read = readings.flatMap((reading, place) => {
    const molecule = written[place];
    return molecule && reading.kind === 'molecule' ? [{ ...molecule, smiles: reading.canonicalSmiles }] : [];
  });
  return [...molecules.filter(({ isCanonical }) => isCanonical), ...read];
}

async function findSimilar(
  ctx: HubContext,
  source: LigandSource,
  { smiles, minSimilarity }: Extract<ChemistryFilter, { kind: 'similarity' }>,
  hits: Hits,
): Promise<void> {
  const [reading] = await ctx.chemistry.read([{ smiles, cleaning: 'as_is', more: 'fingerprint' }]);
  if (reading?.kind !== 'molecule') throw unreadable('similarTo', smiles, reading?.reason ?? 'RDKit does not answer');
  const query = wordsOf(reading.morgan ?? new Uint8Array());
  for await (const { first, bits } of morganOf(ctx, source)) {
    const found = similarities(wordsOf(bits), query);
    const length = Math.min(found.length, source.checked - first);
    for (let place = 0; place < length; place += 1) {
      const similarity = found[place] ?? 0;
      if (similarity >= minSimilarity) pass(hits, first + place, similarity);
      else hits.similarity[first + place] = similarity;
    }
    hits.search.examined += length;
  }
}

/** Morgan fingerprints of all checked rows: stored ones, and those of small jobs read now. */
async function* morganOf(
  ctx: HubContext,
  { jobId, checked, pieces }: LigandSource,
): AsyncGenerator<{ readonly first: number; readonly bits: Uint8Array }> {
  const starts = [...pieces.morgan];
  for (let next = 0; next < checked;) {
    const first = next;
    if (starts[0] === first) {
      starts.shift();
      const bits = await readPiece(ctx.db, jobId, 'morgan', first);
      next = first + bits.length / FINGERPRINT_BYTES;
      yield { first, bits };
      if (next > first) continue;
    }
    next = Math.min(checked, first + GROUP, starts[0] ?? checked);
    yield { first, bits: await readMorgan(ctx, jobId, first, next) };
  }
}

async function readMorgan({ db, chemistry }: HubContext, jobId: JobId, first: number, end: number): Promise<Uint8Array> {
  const indexes = Array.from({ length: end - first }, (_, place) => first + place);
  const molecules = await readMoleculesAt(db, jobId, indexes);
  const readings = await chemistry.read(molecules.map(({ smiles }) => ({ smiles, cleaning: 'as_is', more: 'fingerprint' })));
  const bits = new Uint8Array((end - first) * FINGERPRINT_BYTES);
  readings.forEach((reading, place) => {
    const index = molecules[place]?.index;
    if (index !== undefined && reading.kind === 'molecule' && reading.morgan) bits.set(reading.morgan, (index - first) * FINGERPRINT_BYTES);
  });
  return bits;
}

function pass({ passes, similarity, search }: Hits, index: number, value: number): void {
  passes[index] = 1;
  similarity[index] = value;
  search.matching += 1;
}

function unreadable(pointer: string, text: string, reason: string): HubError {
  const detail = `"${text.slice(0, 80)}" cannot be read: ${reason}`;
  return new HubError('invalid_query', `${pointer}: ${detail}`, [{ pointer, detail }]);
}
