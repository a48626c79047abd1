/** Models as they are told: the manifest with its state on this hub. */
import { type Static, Type } from 'typebox';
import { COMMERCIAL_USE } from './manifest-license.ts';
import { Source } from './manifest-source.ts';
import { MODEL_STATUSES } from './manifest.ts';
import { MetricDefinition } from './metrics.ts';
import { Nullable } from './nullable.ts';

const closed = { additionalProperties: false } as const;
const FreeObject = Type.Record(Type.String(), Type.Unknown());

export const MODEL_STATES = ['installed', 'offered', 'not_installed', 'disabled'] as const;
export const GPU_NEEDS = ['none', 'helpful', 'required'] as const;

export const ModelSummary = Type.Object(
  {
    id: Type.String(),
    name: Type.String(),
    version: Type.String(),
    summary: Type.String(),
    state: Type.Enum(MODEL_STATES),
    /** What to do where the state is `not_installed`, why where it is `disabled`. */
    remedy: Nullable(Type.String()),
    status: Type.Enum(MODEL_STATUSES),
    gpu: Type.Enum(GPU_NEEDS),
    taskTypes: Type.Array(Type.String()),
    rankBy: Nullable(Type.String()),
    license: Type.Object(
      {
        code: Type.String(),
        /** `none` where it has no weights, `unknown` where their licence is not stated. */
        weights: Type.String(),
        commercialUse: Type.Enum(COMMERCIAL_USE),
        note: Type.Optional(Type.String()),
      },
      closed,
    ),
  },
  closed,
);

/** The manifest as it is, with the state on this hub. */
export const ModelDetail = Type.Object(
  {
    ...ModelSummary.properties,
    /** All that are here, newest first. */
    versions: Type.Array(Type.Object({ version: Type.String(), state: Type.Enum(MODEL_STATES) }, closed)),
    homepage: Type.String(),
    /** Where the program comes from, and its pinned version. */
    source: Source,
    citation: FreeObject,
    bibtex: Type.String(),
    tasks: Type.Array(FreeObject),
    parameters: FreeObject,
    metrics: Type.Array(MetricDefinition),
    tables: Type.Array(FreeObject),
    artifacts: Type.Array(FreeObject),
    limits: Type.Array(FreeObject),
    resources: FreeObject,
    timing: FreeObject,
    examples: Type.Array(Type.Object({ title: Type.String(), file: Type.String() }, closed)),
    /** Template of the program's own command; null where the hub runs it. */
    command: Nullable(Type.Array(Type.String())),
    caveats: Type.Array(Type.String()),
  },
  closed,
);
export type ModelDetail = Static<typeof ModelDetail>;
