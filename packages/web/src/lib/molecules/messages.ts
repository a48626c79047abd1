/** What the page asks of the worker that holds RDKit, and what comes back. */
import type { RGroupRow } from './rdkit-series.ts';

export interface DrawRequest {
  readonly kind: 'draw';
  readonly id: number;
  /** SMILES or molblock. */
  readonly molecule: string;
  readonly width: number;
  readonly height: number;
  readonly isDark: boolean;
  /** SMARTS whose match is marked. */
  readonly highlight?: string | undefined;
  /** Molblock or SMILES of a core that all pictures are laid out on. */
  readonly core?: string | undefined;
}

export interface ReadRequest {
  readonly kind: 'read';
  readonly id: number;
  readonly molecules: readonly string[];
  /** Salts and solvents are left out before molecules are compared, as the model does. */
  readonly largestFragment: boolean;
}

export interface DescribeRequest {
  readonly kind: 'describe';
  readonly id: number;
  readonly molecule: string;
}

export interface ScaffoldsRequest {
  readonly kind: 'scaffolds';
  readonly id: number;
  readonly molecules: readonly string[];
}

export interface RGroupsRequest {
  readonly kind: 'rgroups';
  readonly id: number;
  readonly core: string;
  readonly molecules: readonly string[];
}

export type MoleculeRequest = DrawRequest | ReadRequest | DescribeRequest | ScaffoldsRequest | RGroupsRequest;

export interface KnownMolecule {
  readonly canonical: string;
  readonly heavyAtoms: number;
  /** Pieces that were given; all but the largest are left out. */
  readonly fragments: number;
}

/** What became of one molecule of a `read`, or why there is none. */
export type ReadMolecule = KnownMolecule | { readonly reason: string };

export interface Description {
  readonly formula: string;
  readonly descriptors: Readonly<Record<string, number>>;
}

export type MoleculeAnswer =
  | { readonly id: number; readonly kind: 'draw'; readonly svg: string | null }
  | { readonly id: number; readonly kind: 'read'; readonly molecules: readonly ReadMolecule[] }
  | { readonly id: number; readonly kind: 'describe'; readonly description: Description | null }
  | { readonly id: number; readonly kind: 'scaffolds'; readonly scaffolds: readonly (string | null)[] }
  | { readonly id: number; readonly kind: 'rgroups'; readonly rows: readonly RGroupRow[] | null };
