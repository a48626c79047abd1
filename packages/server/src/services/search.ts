/** Makes ready what a person looks for: one matcher for all lists, old and new. */
import { HubError } from '@omtx/contract';
import { canBeMisspelt, likelyMeant, readSearchText, tsqueryOf, type SearchText, type SearchWord } from '../domain/search-text.ts';
import type { SearchTerms } from '../storage/search/match.ts';
import { noteDegraded } from '../observe/degraded.ts';
import { hasWord, wordsHolding, wordsLike } from '../storage/search/vocabulary.ts';
import type { HubContext, Principal } from './context.ts';

/** A word that no job has, and those that were looked for in its place. */
export interface Correction {
  readonly word: string;
  readonly as: readonly string[];
}

export interface Search extends SearchTerms {
  readonly corrections: readonly Correction[];
  /** A part of it failed: what is found is right, but structures or slips were not looked for. */
  readonly isPartial: boolean;
}

/** @returns undefined where nothing is looked for; a text of marks alone is looked for and found nowhere @throws HubError invalid_query */
export async function readSearch(ctx: HubContext, principal: Principal, text: string | undefined): Promise<Search | undefined> {
  if (text === undefined || text.trim() === '') return undefined;
  if (text.includes('\0')) throw new HubError('invalid_query', 'The search has the character U+0000, which no text has. Take it out.');
  const read = readSearchText(text);
  let isPartial = false;
  /** What only finds more must not cost the answer: the words as they were typed are looked for in the database. */
  const orElse = <T>(work: Promise<T>, otherwise: T): Promise<T> =>
    work.catch((error: unknown) => {
      isPartial = true;
      noteDegraded('search');
      ctx.log.warn({ event: 'search_failed', err: error }, 'a part of the search failed; the words are looked for as they were typed');
      return otherwise;
    });
  const canonicalSmiles = await orElse(canonicalOf(ctx, read), []);
  // A text that is a structure and nothing else has no words: `CC(=O)O` would be looked for as `cc`, `o` and `o`.
  const isWords = read.inchikey === null && !(read.isStructure && canonicalSmiles.length > 0);
  const words = isWords ? await Promise.all(read.words.map((word) => orElse(readWord(ctx, principal, word), plainWord(word)))) : [];
  return {
    words,
    ids: read.ids,
    inchikey: read.inchikey,
    canonicalSmiles,
    corrections: words.flatMap(({ correction }) => correction ?? []),
    isPartial,
  };
}

/** A word that is nowhere is looked for inside words, then as a misspelt one. */
async function readWord({ db }: HubContext, { owner }: Principal, word: SearchWord) {
  const plain = tsqueryOf(word);
  const withOthers = (others: readonly string[]) => wordWith(word, others);
  const [part = ''] = word.parts;
  if (word.parts.length > 1 || part.length < 3 || !/^\p{L}+$/u.test(part) || (await hasWord(db, owner, part, plain))) return withOthers([]);
  const holding = await wordsHolding(db, owner, part);
  if (holding.length > 0 || !canBeMisspelt(word)) return withOthers(holding);
  return withOthers(likelyMeant(part, await wordsLike(db, owner, part)));
}

function plainWord(word: SearchWord) {
  return wordWith(word, []);
}

/** @param others words that are looked for in its place */
function wordWith(word: SearchWord, others: readonly string[]) {
  return {
    tsquery: tsqueryOf(word, others),
    patterns: [word.text, word.parts.join(''), ...others].map(containing),
    correction: others.length === 0 ? undefined : { word: word.text, as: others },
  };
}

/** As the check writes it, with and without counter-ions. */
async function canonicalOf({ chemistry }: HubContext, { smiles }: SearchText): Promise<readonly string[]> {
  if (smiles === null) return [];
  const readings = await chemistry.read([
    { smiles, cleaning: 'as_is' },
    { smiles, cleaning: 'largest_fragment' },
  ]);
  return [...new Set(readings.flatMap((reading) => (reading.kind === 'molecule' ? [reading.canonicalSmiles] : [])))];
}

function containing(text: string): string {
  return `%${text.replace(/[\\%_]/g, '\\$&')}%`;
}
