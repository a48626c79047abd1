/** From files and flags to the body of a submission. */
import { openAsBlob } from 'node:fs';
import { open, readFile } from 'node:fs/promises';
import { basename, extname } from 'node:path';
import type { OmtxClient } from '@omtx/client';
import type { Library, SubmitJob } from '@omtx/contract';
import { UsageError } from './exit-codes.ts';

export interface SubmitOptions {
  readonly model: string;
  readonly task?: string;
  readonly name?: string;
  readonly target?: string;
  readonly ligands?: string;
  readonly smiles?: readonly string[];
  readonly input?: string;
  readonly box?: string;
  readonly boxAround?: string;
  readonly keep?: readonly string[];
  readonly chains?: readonly string[];
  readonly param?: readonly string[];
  readonly seed?: string;
  readonly maxConcurrency?: string;
  readonly timeout?: string;
  readonly tag?: readonly string[];
  readonly priority?: 'low' | 'normal' | 'high' | 'urgent';
  readonly rejectAll?: boolean;
  readonly idempotencyKey?: string;
  readonly smilesColumn?: string;
  readonly nameColumn?: string;
}

export const DEFAULT_TASK = 'protein_ligand_docking';
const LIBRARY_FORMATS: Readonly<Record<string, Library['format']>> = {
  '.csv': 'csv',
  '.tsv': 'csv',
  '.txt': 'csv',
  '.smi': 'smi',
  '.smiles': 'smi',
  '.sdf': 'sdf',
  '.ndjson': 'ndjson',
  '.jsonl': 'ndjson',
  '.fasta': 'fasta',
  '.fa': 'fasta',
};
/** A file that is larger, or packed, is sent as a file and not as a text in the body. */
const MAX_TEXT_BYTES = 4 * 1024 ** 2;
/** First bytes of gzip, and of UTF-16 in both byte orders. */
const FILE_MARKS = [Buffer.from([0x1f, 0x8b]), Buffer.from([0xff, 0xfe]), Buffer.from([0xfe, 0xff])];

/** Sends a large library to the hub as a file. @throws UsageError that names the option and the remedy */
export async function readSubmission(options: SubmitOptions, client: OmtxClient): Promise<SubmitJob> {
  const given = options.input === undefined ? {} : await readJson(options.input);
  const { input: givenInput, ...givenRest } = isRecord(given['input']) ? given : { input: given };
  const input = {
    ...(isRecord(givenInput) ? givenInput : {}),
    ...(await readTarget(options.target, options)),
    ...(await readBox(options)),
    ...(await readLigands(options, client)),
  };
  return {
    name: nameOf(options),
    taskType: DEFAULT_TASK,
    ...givenRest,
    // The command line wins over the file.
    modelId: options.model,
    ...optional('name', options.name),
    ...optional('taskType', options.task),
    input,
    parameters: { ...(isRecord(given['parameters']) ? given['parameters'] : {}), ...readParameters(options.param ?? []) },
    ...optional('seed', numberOf('--seed', options.seed)),
    ...optional('maxConcurrency', numberOf('--max-concurrency', options.maxConcurrency)),
    ...optional('timeoutSeconds', numberOf('--timeout', options.timeout)),
    ...optional('tags', options.tag && [...options.tag]),
    ...optional('priority', options.priority),
    ...optional('onInvalid', options.rejectAll ? ('rejectAll' as const) : undefined),
    ...optional('idempotencyKey', options.idempotencyKey),
  };
}

/** Shared input of a task from a file, or from a dockstring target by name. @throws UsageError */
export async function readTarget(
  target: string | undefined,
  { keep, chains }: Pick<SubmitOptions, 'keep' | 'chains'> = {},
): Promise<Record<string, unknown>> {
  const extension = extname(target ?? '').toLowerCase();
  const isRaw = extension === '.pdb' || extension === '.ent';
  if (!isRaw && keep) throw new UsageError('--keep names cofactors of a raw PDB; give one with --target.');
  if (!isRaw && chains) throw new UsageError('--chains names chains of a raw PDB; give one with --target.');
  if (target === undefined) return {};
  const [, collection] = /^dockstring:(.+)$/.exec(target) ?? [];
  if (collection !== undefined) return { receptor: { dockstring: collection } };
  switch (extension) {
    case '.pdbqt':
      return { receptor: { pdbqt: await readText(target) } };
    case '.pdb':
    case '.ent':
      return { receptor: { pdb: await readText(target), ...optional('keepCofactors', keep), ...optional('chains', chains) } };
    case '.fasta':
    case '.fa':
      return { proteinSequence: readFasta(await readText(target), target), proteinName: basename(target, extname(target)) };
    case '.json':
      return readJson(target);
    default:
      throw new UsageError(
        `--target ${target}: give a .pdbqt, .pdb, .fasta or .json file, or dockstring:NAME (for example dockstring:PTGS2).`,
      );
  }
}

/** One record; a file with several is a complex, which only a JSON input describes. */
function readFasta(text: string, path: string): string {
  const records = text
    .split(/^>.*$/m)
    .map((part) => part.replaceAll(/\s/g, ''))
    .filter((part) => part !== '');
  if (records.length !== 1)
    throw new UsageError(`--target ${path}: it must hold one sequence and holds ${String(records.length)}. Describe a complex by --input.`);
  return records[0] ?? '';
}

async function readBox({ box, boxAround }: SubmitOptions): Promise<Record<string, unknown>> {
  if (box !== undefined && boxAround !== undefined) throw new UsageError('Give --box or --box-around, not both.');
  if (boxAround !== undefined) return { box: { aroundLigand: await readReference(boxAround) } };
  if (box === undefined) return {};
  const numbers = box.split(',').map(Number);
  if (numbers.length !== 6 || numbers.some((each) => !Number.isFinite(each)))
    throw new UsageError('--box takes six numbers in angstrom: centre x,y,z and size x,y,z, for example --box 11.3,23.4,180.1,20,20,20.');
  return { box: { center: numbers.slice(0, 3), size: numbers.slice(3) } };
}

/** A file of a ligand in the frame of the receptor, or the name of a residue that is in the receptor's own PDB. */
async function readReference(reference: string): Promise<Record<string, string>> {
  switch (extname(reference).toLowerCase()) {
    case '.sdf':
    case '.mol':
      return { sdf: await readText(reference) };
    case '.pdb':
    case '.ent':
      return { pdb: await readText(reference) };
    default:
      return { residueName: reference };
  }
}

async function readLigands(options: SubmitOptions, client: OmtxClient): Promise<Record<string, unknown>> {
  const { ligands, smiles, smilesColumn, nameColumn } = options;
  const format = LIBRARY_FORMATS[extname((ligands ?? '').replace(/\.gz$/i, '')).toLowerCase()];
  if (format !== 'csv' && smilesColumn !== undefined)
    throw new UsageError('--smiles-column names a column of a table; give one with --ligands.');
  if (format !== 'csv' && nameColumn !== undefined)
    throw new UsageError('--name-column names a column of a table; give one with --ligands.');
  if (ligands !== undefined && smiles !== undefined) throw new UsageError('Give --ligands or --smiles, not both.');
  if (smiles !== undefined)
    return smiles.length === 1 ? { ligand: { smiles: smiles[0] } } : { ligands: smiles.map((each) => ({ smiles: each })) };
  if (ligands === undefined) return {};
  if (extname(ligands).toLowerCase() === '.json') return readJsonLigands(ligands);
  if (format === undefined)
    throw new UsageError(`--ligands ${ligands}: give a .csv, .tsv, .smi, .sdf, .ndjson, .fasta (each also as .gz) or .json file.`);
  const columns = { ...optional('smilesColumn', smilesColumn), ...optional('nameColumn', nameColumn) };
  if (await isSmallText(ligands)) return { library: { format, text: await readText(ligands), ...columns } };
  const upload = await client.upload(await openFile(ligands), { fileName: basename(ligands), format, ...columns });
  return { library: { uploadId: upload.id, ...columns } };
}

/** `exhaustiveness=32`: a value is JSON where it reads as such, else text. */
export function readParameters(parameters: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(
    parameters.map((each) => {
      const place = each.indexOf('=');
      if (place < 1) throw new UsageError(`--param ${each}: write it as name=value, for example --param exhaustiveness=16.`);
      return [each.slice(0, place), jsonOrText(each.slice(place + 1))];
    }),
  );
}

function jsonOrText(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function nameOf({ model, target, ligands }: SubmitOptions): string {
  const parts = [target, ligands].flatMap((path) => (path === undefined ? [] : [basename(path, extname(path))]));
  return [model, ...parts].join(' ').slice(0, 200);
}

async function readJson(path: string): Promise<Record<string, unknown>> {
  const value: unknown = jsonOrText(await readText(path));
  if (isRecord(value)) return value;
  throw new UsageError(`${path} holds no JSON object.`);
}

async function readJsonLigands(path: string): Promise<Record<string, unknown>> {
  const value: unknown = jsonOrText(await readText(path));
  if (Array.isArray(value)) return { ligands: value };
  if (isRecord(value)) return value;
  throw new UsageError(`--ligands ${path}: it holds neither a JSON object nor a list of ligands.`);
}

async function openFile(path: string): Promise<Blob> {
  try {
    return await openAsBlob(path);
  } catch (error) {
    throw new UsageError(`${path} cannot be read: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
}

/** Whatever it is called: the hub unpacks a packed file, and knows the text of other systems. What is no file is read as a text. */
async function isSmallText(path: string): Promise<boolean> {
  const file = await open(path === '-' ? '/dev/stdin' : path).catch(() => undefined); // Reading it says why it cannot be read.
  if (!file) return true;
  try {
    const found = await file.stat();
    if (!found.isFile()) return true;
    const { buffer, bytesRead } = await file.read(Buffer.alloc(2), 0, 2, 0);
    return found.size <= MAX_TEXT_BYTES && !FILE_MARKS.some((mark) => bytesRead === 2 && buffer.equals(mark));
  } finally {
    await file.close();
  }
}

async function readText(path: string): Promise<string> {
  try {
    return await readFile(path === '-' ? '/dev/stdin' : path, 'utf8');
  } catch (error) {
    throw new UsageError(`${path} cannot be read: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
}

function numberOf(option: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const value = Number(text);
  if (Number.isInteger(value)) return value;
  throw new UsageError(`${option} takes a whole number, not "${text}".`);
}

function optional<K extends string, T>(key: K, value: T | undefined): Partial<Record<K, T>> {
  const entry: Partial<Record<K, T>> = {};
  if (value !== undefined) entry[key] = value;
  return entry;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
