/** The one structure that stands for a result, as mmCIF or PDB whatever the model wrote: a predicted complex, or a pose in its target. */
import { text } from 'node:stream/consumers';
import type { ArtifactView } from '@omtx/contract';
import type { Atom } from '../domain/structure/atom.ts';
import { readCif } from '../domain/structure/read-cif.ts';
import { readPdb } from '../domain/structure/read-pdb.ts';
import { readSdf } from '../domain/structure/read-sdf.ts';
import { writeCif, writePdb } from '../domain/structure/write-structure.ts';
import type { HubContext } from './context.ts';
import type { JobOfEntry, RowEntry, RowOfEntry } from './read-entries.ts';

export type StructureFormat = 'cif' | 'pdb';

const MIB = 1024 * 1024;
/** A larger file is no single structure; it is read through its own address. */
const MAX_BYTES = 64 * MIB;
const CIF_TYPES = ['chemical/x-mmcif', 'chemical/x-cif'];
const PDB = 'chemical/x-pdb';
const SDF = 'chemical/x-mdl-sdfile';
/** The ligand of a pose gets a chain that no receptor has. */
const LIGAND = { residue: 'LIG', residueNumber: 1 };

/** Where the structure of a row comes from; undefined where it has none. */
type Source =
  | { readonly from: 'file'; readonly format: StructureFormat; readonly file: ArtifactView }
  | { readonly from: 'pose'; readonly pose: ArtifactView; readonly target: ArtifactView | undefined };

export function hasStructure({ job, row }: RowEntry): boolean {
  return sourceOf(job, row) !== undefined;
}

/** Bytes of the files that the structure is made of; 0 without one. */
export function structureBytes({ job, row }: RowEntry): number {
  const source = sourceOf(job, row);
  if (!source) return 0;
  return source.from === 'file' ? source.file.sizeBytes : source.pose.sizeBytes + (source.target?.sizeBytes ?? 0);
}

/** @returns undefined where the row has no structure, or none that the format can tell */
export async function readStructure(ctx: HubContext, { job, row }: RowEntry, format: StructureFormat): Promise<string | undefined> {
  const source = sourceOf(job, row);
  if (!source) return undefined;
  if (source.from === 'file') {
    const content = await readText(ctx, source.file);
    if (content === undefined || source.format === format) return content;
    return write(row.id, source.format === 'cif' ? readCif(content) : readPdb(content), format);
  }
  const pose = await readText(ctx, source.pose);
  if (pose === undefined) return undefined;
  const target = source.target && (await readText(ctx, source.target));
  const targetAtoms = target === undefined ? [] : readPdb(target);
  return write(row.id, [...targetAtoms, ...readSdf(pose, { ...LIGAND, chain: freeChain(targetAtoms) })], format);
}

function sourceOf(job: JobOfEntry, row: RowOfEntry): Source | undefined {
  if (row.status !== 'completed') return undefined;
  const byRole = (files: readonly ArtifactView[], role: string): readonly ArtifactView[] => files.filter((file) => file.role === role);
  for (const file of [...byRole(row.artifacts, 'structure'), ...row.artifacts]) {
    if (CIF_TYPES.includes(file.mediaType)) return { from: 'file', format: 'cif', file };
    if (file.mediaType === PDB) return { from: 'file', format: 'pdb', file };
  }
  const poses = [...byRole(row.artifacts, 'best_pose'), ...row.artifacts].filter((file) => file.mediaType === SDF);
  const [pose] = poses;
  const [target] = byRole(job.artifacts, 'receptor').filter((file) => file.mediaType === PDB);
  return pose && { from: 'pose', pose, target };
}

async function readText(ctx: HubContext, { sha256, sizeBytes }: ArtifactView): Promise<string | undefined> {
  if (sizeBytes > MAX_BYTES) return undefined;
  const { stream } = await ctx.artifacts.open(sha256);
  return text(stream);
}

function write(name: string, atoms: readonly Atom[], format: StructureFormat): string | undefined {
  if (atoms.length === 0) return undefined;
  return format === 'cif' ? writeCif(name, atoms) : writePdb(atoms);
}

function freeChain(atoms: readonly Atom[]): string {
  const taken = new Set(atoms.map(({ chain }) => chain));
  return [...'LXYZABCDEFGHIJKMNOPQRSTUVW'].find((letter) => !taken.has(letter)) ?? 'L';
}
