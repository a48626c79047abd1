/** Alignments: how an A3M is read, and which proteins of an input want one. Pure. */
import { MAX_MSA_SEQUENCES, type Manifest } from '@omtx/contract';
import { isRecord, valueAt, type FreeObject } from './free-object.ts';

export interface ReadMsa {
  /** Header of the protein, without `>`. */
  readonly header: string;
  /** The protein, without gaps, in capitals. */
  readonly sequence: string;
  readonly sequences: number;
  /** One line a sequence: models read an A3M by lines, so a wrapped one would be taken for other sequences. */
  readonly a3m: string;
}

/** Of an aligned row; gaps are `-`, insertions lower case. */
const ROW = /^[ACDEFGHIKLMNPQRSTVWYXBZJOU-]+$/;
const PROTEIN = /^[ACDEFGHIKLMNPQRSTVWYX]+$/;

/** @returns the alignment, or what is wrong with it */
export function readA3m(text: string): ReadMsa | string {
  const records: { header: string; row: string }[] = [];
  for (const line of text.split(/\r?\n/)) {
    if (line.startsWith('>')) records.push({ header: line.slice(1).trim(), row: '' });
    else if (line.startsWith('#') || line.trim() === '') continue;
    else {
      const last = records.at(-1);
      if (!last) return 'It does not begin with a header line (">").';
      last.row += line.replaceAll(/\s/g, '');
    }
  }
  const [query] = records;
  if (!query) return 'It has no sequences.';
  if (records.length > MAX_MSA_SEQUENCES)
    return `It has ${String(records.length)} sequences; at most ${String(MAX_MSA_SEQUENCES)} are taken.`;
  const sequence = query.row.replaceAll('-', '').toUpperCase();
  if (!PROTEIN.test(sequence)) return 'Its first sequence is no protein: one-letter amino acids are expected.';
  const columns = columnsOf(query.row);
  for (const [index, { row }] of records.entries()) {
    if (!ROW.test(row.toUpperCase())) return `Sequence ${String(index + 1)} has a letter that is none of an alignment, or nothing.`;
    if (columnsOf(row) !== columns)
      return `Sequence ${String(index + 1)} has ${String(columnsOf(row))} columns, the first one ${String(columns)}. Lower-case letters are insertions, and no columns.`;
  }
  const lines = records.map(({ header, row }, index) => `>${header}\n${index === 0 ? row.toUpperCase() : row}`);
  return { header: query.header, sequence, sequences: records.length, a3m: `${lines.join('\n')}\n` };
}

function columnsOf(row: string): number {
  return row.replaceAll(/[a-z]/g, '').length;
}

/** @returns the distinct protein sequences of inputs that the model wants alignments of, by the pointers of its manifest */
export function proteinsOf(inputs: readonly FreeObject[], { pointers }: NonNullable<Manifest['alignments']>): readonly string[] {
  const found = new Set<string>();
  for (const input of inputs)
    for (const pointer of pointers) for (const sequence of sequencesAt(valueAt(input, pointer))) found.add(sequence);
  return [...found];
}

function sequencesAt(value: unknown): readonly string[] {
  if (typeof value === 'string') return [lettersOf(value)];
  if (!Array.isArray(value)) return [];
  return value.flatMap((entry: unknown) => {
    if (!isRecord(entry) || typeof entry['sequence'] !== 'string') return [];
    return entry['type'] === undefined || entry['type'] === 'protein' ? [lettersOf(entry['sequence'])] : [];
  });
}

export function lettersOf(sequence: string): string {
  return sequence.replaceAll(/\s/g, '').toUpperCase();
}
