/**
 * Messages between the hub and a model worker (process runner): UTF-8 JSON, one object a line,
 * on file descriptors 3 (to the worker) and 4 (back). stdout and stderr are the worker's log.
 */
import { Type, type Static } from 'typebox';

export const PROTOCOL_VERSION = 1;

const Text = Type.String({ maxLength: 10_000 });
const Path = Type.String({ minLength: 1, maxLength: 4_096 });
/** Free JSON of the model; its shape is the manifest's business. */
const Free = Type.Record(Type.String({ maxLength: 200 }), Type.Unknown());

/** Something worth telling the user about a row or a shard that is no failure (`salt_removed`, `undefined_stereo`). */
export const Note = Type.Object({ code: Type.String({ maxLength: 100 }), message: Text });
export type Note = Static<typeof Note>;

/** A file that the worker wrote; `path` is relative to the folder it was given. */
export const WorkerArtifact = Type.Object({
  name: Type.String({ minLength: 1, maxLength: 200 }),
  path: Path,
  mediaType: Type.String({ maxLength: 200 }),
  role: Type.Optional(Type.String({ maxLength: 100 })),
});
export type WorkerArtifact = Static<typeof WorkerArtifact>;

export const Ready = Type.Object({
  type: Type.Literal('ready'),
  protocol: Type.Literal(PROTOCOL_VERSION),
  model: Type.String(),
  version: Type.String(),
  device: Type.String(),
  /** Rows in flight at once. */
  slots: Type.Integer({ minimum: 1, maximum: 10_000 }),
  /** Rows that one `predictMany` may hold; absent where the worker takes one at a time. */
  batchRows: Type.Optional(Type.Integer({ minimum: 1, maximum: 100_000 })),
});

export const Opened = Type.Object({
  type: Type.Literal('opened'),
  shard: Type.String(),
  setupSeconds: Type.Number({ minimum: 0 }),
  artifacts: Type.Array(WorkerArtifact, { maxItems: 1_000 }),
  notes: Type.Array(Note, { maxItems: 1_000 }),
});
export type Ready = Static<typeof Ready>;
export type Opened = Static<typeof Opened>;

export const Started = Type.Object({ type: Type.Literal('started'), row: Type.String() });

export const Progress = Type.Object({
  type: Type.Literal('progress'),
  shard: Type.String(),
  row: Type.Optional(Type.String()),
  phase: Type.String({ maxLength: 200 }),
  done: Type.Number(),
  total: Type.Number(),
  note: Type.Optional(Text),
});

export const RowResult = Type.Object({
  type: Type.Literal('result'),
  row: Type.String(),
  metrics: Type.Record(Type.String({ maxLength: 100 }), Type.Number()),
  tables: Type.Record(Type.String({ maxLength: 100 }), Type.Array(Free, { maxItems: 100_000 })),
  artifacts: Type.Array(WorkerArtifact, { maxItems: 10_000 }),
  notes: Type.Array(Note, { maxItems: 1_000 }),
});
export type RowResult = Static<typeof RowResult>;

export const RowFailure = Type.Object({
  type: Type.Literal('failure'),
  /** Absent: the shard failed, and every row left ends with this code. */
  row: Type.Optional(Type.String()),
  code: Type.String({ maxLength: 100 }),
  message: Text,
});

export const WorkerMessage = Type.Union([Ready, Opened, Started, Progress, RowResult, RowFailure]);
export type WorkerMessage = Static<typeof WorkerMessage>;

export type HubMessage =
  | {
      readonly type: 'open';
      readonly shard: string;
      readonly shared: unknown;
      readonly parameters: unknown;
      readonly seed: number;
      readonly folder: string;
    }
  | { readonly type: 'predict'; readonly shard: string; readonly row: string; readonly input: unknown; readonly folder: string }
  | {
      readonly type: 'predictMany';
      readonly shard: string;
      readonly rows: readonly { readonly row: string; readonly input: unknown; readonly folder: string }[];
    }
  | { readonly type: 'cancel'; readonly row: string }
  | { readonly type: 'close'; readonly shard: string }
  | { readonly type: 'stop' };
