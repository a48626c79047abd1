/** What a person types into a search box, read as words, the beginning of an id, a structure, or an InChIKey. Pure. */
import { editDistance } from './edit-distance.ts';

/** A word as the index may hold it. */
export interface SearchWord {
  /** As typed, in small letters. */
  readonly text: string;
  /** Letters and digits without the marks between: `COX-2` is `cox` and `2`. */
  readonly parts: readonly string[];
}

export interface SearchText {
  readonly words: readonly SearchWord[];
  /** First and last id that begin so; null where the text is no beginning of an id. */
  readonly ids: readonly [string, string] | null;
  /** A whole InChIKey, or its first block: the skeleton without stereo and charge. */
  readonly inchikey: string | null;
  /** The text where it may be a SMILES. */
  readonly smiles: string | null;
  /** True where it can be nothing but a structure. */
  readonly isStructure: boolean;
}

const MAX_WORDS = 8;
const INCHIKEY = /^[A-Z]{14}(-[A-Z]{10}-[A-Z])?$/;
const SMILES = /^[A-Za-z0-9@+\-[\]()=#$%./\\:*~]+$/;
const BONDS_OR_RINGS = /[=#()[\]]|[A-Za-z]\d[A-Za-z]/;
const PLAIN_ATOMS = /^(?:Cl|Br|[BCNOPSFI]|[bcnops])*[BCNOPSFI](?:Cl|Br|[BCNOPSFI]|[bcnops])*$/;

export function readSearchText(given: string): SearchText {
  const text = given.trim();
  const inchikey = INCHIKEY.test(text) ? text : null;
  const isStructure = SMILES.test(text) && BONDS_OR_RINGS.test(text);
  const words = text
    .toLowerCase()
    .split(/\s+/)
    .map((word) => ({ text: word, parts: word.split(/[^\p{L}\p{N}]+/u).filter((part) => part !== '') }))
    .filter(({ parts }) => parts.length > 0)
    .slice(0, MAX_WORDS);
  const ids = idRange(text);
  const smiles = inchikey === null && !/^\d/.test(text) && (isStructure || PLAIN_ATOMS.test(text)) ? text : null;
  return { words, ids, inchikey, smiles, isStructure };
}

/** An id's beginning is a range of ids, so the key finds it. */
function idRange(text: string): readonly [string, string] | null {
  const digits = text.toLowerCase().replaceAll('-', '').slice(0, 32);
  if (!/^[0-9a-f-]{4,}$/.test(text.toLowerCase()) || digits.length < 4) return null;
  const filled = (fill: string): string => digits.padEnd(32, fill).replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
  return [filled('0'), filled('f')];
}

/** Only words of letters are spelt wrongly; a number that differs is another number. */
export function canBeMisspelt({ text, parts }: SearchWord): boolean {
  return parts.length === 1 && text.length >= 4 && /^\p{L}+$/u.test(text);
}

/** Of words that look alike, those that may have been meant: one slip in up to five letters, two in longer ones; the nearest first. */
export function likelyMeant(written: string, alike: readonly string[]): readonly string[] {
  const most = written.length <= 5 ? 1 : 2;
  return alike
    .map((word) => ({ word, edits: editDistance(written, word) }))
    .filter(({ edits }) => edits <= most)
    .sort((a, b) => a.edits - b.edits || (a.word < b.word ? -1 : 1))
    .slice(0, 5)
    .map(({ word }) => word);
}

/** As PostgreSQL reads it: any of the forms of the word, each as the beginning of a word. @param others words that are looked for beside it */
export function tsqueryOf({ parts }: SearchWord, others: readonly string[] = []): string {
  const joined = parts.join('');
  const forms = [parts.map(beginning).join(' & '), ...(parts.length > 1 ? [beginning(joined)] : []), ...others.map(quoted)];
  return `(${[...new Set(forms)].map((form) => `(${form})`).join(' | ')})`;
}

/** One letter begins too many words. */
function beginning(part: string): string {
  return part.length === 1 ? quoted(part) : `${quoted(part)}:*`;
}

/** Words have neither quotes nor backslashes: they are letters and digits. */
function quoted(word: string): string {
  return `'${word.slice(0, 100)}'`;
}
