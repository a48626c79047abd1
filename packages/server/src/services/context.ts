/** What every use case needs; made once in main.ts. */
import type { MsaFallback, OwnerId } from '@omtx/contract';
import type { Logger } from 'pino';
import type { Registry } from '../catalog/registry.ts';
import type { Chemistry } from '../chemistry/chemistry.ts';
import type { Meter } from '../observe/meter.ts';
import type { ArtifactStore } from '../storage/artifacts/artifact-store.ts';
import type { Database } from '../storage/database.ts';
import type { Caches } from './cache.ts';
import type { StructureCache } from './structure-cache.ts';

/** Who asks. Every storage function that reads or changes a job takes it; a foreign id is not found. */
export interface Principal {
  readonly owner: OwnerId;
}

export interface HubContext {
  readonly db: Database;
  /** The present registry; read anew on each use, because it may be reloaded. */
  readonly registry: () => Registry;
  readonly artifacts: ArtifactStore;
  /** Folder of this machine for files that come or go; what is in it is of the moment. */
  readonly spoolDir: string;
  readonly chemistry: Chemistry;
  /** Answers that still hold, of this process. */
  readonly caches: Caches;
  /** Searches by structure, of this process. */
  readonly structures: StructureCache;
  /** What becomes of a protein without an alignment, where one is wanted. */
  readonly msaFallback: MsaFallback;
  readonly log: Logger;
  readonly meter: Meter;
}
