/** The model folder's `model.json`: everything the hub knows of a model. The server never branches on a model id. */
import { Type, type Static } from 'typebox';
import { MetricDefinition } from './metrics.ts';

const Id = Type.String({ pattern: '^[a-z0-9][a-z0-9_.-]{0,63}$' });
const Text = Type.String({ minLength: 1, maxLength: 4_000 });
/** A JSON Schema (2020-12) of an object; form, check and help come from it. */
const JsonSchema = Type.Object({ type: Type.Literal('object') }, { additionalProperties: true });
const closed = { additionalProperties: false } as const;

/** Where the row's molecule is in its own input, and how the model cleans it; two rows are the same when cleaned molecules are. */
const Molecule = Type.Object(
  {
    pointer: Type.String({ pattern: '^(/[A-Za-z0-9_]+)+$' }),
    cleaning: Type.Union([Type.Literal('as_is'), Type.Literal('largest_fragment')]),
  },
  closed,
);

export const ManifestTask = Type.Object(
  {
    taskType: Id,
    title: Text,
    /** What all rows have in common: the target, the box. */
    shared: JsonSchema,
    /** What a row stores of its own: its ligand. */
    own: JsonSchema,
    /** Names of input arrays whose entries become rows; the first one is the name in the schema of the task. */
    rowsFrom: Type.Array(Type.String({ maxLength: 100 }), { maxItems: 10 }),
    molecule: Type.Optional(Molecule),
  },
  closed,
);
export type ManifestTask = Static<typeof ManifestTask>;

/** A rule that is checked before any work starts. */
export const LimitRule = Type.Union([
  Type.Object({ rule: Type.Literal('heavy_atoms'), min: Type.Optional(Type.Integer()), max: Type.Optional(Type.Integer()) }, closed),
  Type.Object({ rule: Type.Literal('rotatable_bonds'), max: Type.Integer() }, closed),
  Type.Object({ rule: Type.Literal('elements'), allowed: Type.Array(Type.String({ maxLength: 2 }), { maxItems: 118 }) }, closed),
  Type.Object(
    { rule: Type.Literal('residues'), pointer: Type.String(), min: Type.Optional(Type.Integer()), max: Type.Optional(Type.Integer()) },
    closed,
  ),
]);
export type LimitRule = Static<typeof LimitRule>;

const Environment = Type.Object(
  {
    kind: Type.Literal('python'),
    python: Type.String({ pattern: '^3\\.\\d+$' }),
    /** Path of the lock inside the model folder: pinned versions with hashes. */
    lock: Type.String({ pattern: '^[A-Za-z0-9_./-]+$' }),
  },
  closed,
);

const ProcessRunner = Type.Object(
  {
    kind: Type.Literal('process'),
    /** Argument vector; `{python}` is the interpreter of `environment`, `{model}` the model folder, `{node}` the hub's Node. */
    command: Type.Array(Type.String({ minLength: 1, maxLength: 1_000 }), { minItems: 1, maxItems: 100 }),
    environment: Type.Optional(Id),
  },
  closed,
);

/** The hub knows the model and its tasks, but cannot run it itself: a remote worker may. */
const NoRunner = Type.Object({ kind: Type.Literal('none'), install: Text }, closed);

export const Manifest = Type.Object(
  {
    $schema: Type.Optional(Type.String()),
    id: Id,
    name: Text,
    version: Type.String({ pattern: '^[0-9A-Za-z][0-9A-Za-z.+-]{0,63}$' }),
    summary: Text,
    license: Type.Object({ code: Text, weights: Type.Optional(Text), note: Type.Optional(Text) }, closed),
    citation: Type.Object({ text: Text, doi: Type.Optional(Text), bibtex: Type.Optional(Text) }, closed),
    homepage: Text,
    tasks: Type.Array(ManifestTask, { minItems: 1, maxItems: 50 }),
    /** JSON Schema of the parameters, each with its default. */
    parameters: JsonSchema,
    /** Metric ids: of the shared registry, or of `ownMetrics`. */
    metrics: Type.Array(Id, { maxItems: 200 }),
    rankBy: Type.Optional(Id),
    ownMetrics: Type.Optional(Type.Array(MetricDefinition, { maxItems: 200 })),
    tables: Type.Array(
      Type.Object(
        {
          id: Id,
          title: Type.Optional(Text),
          columns: Type.Array(Type.Object({ id: Id, label: Text, unit: Type.Optional(Type.String()) }, closed), { maxItems: 100 }),
        },
        closed,
      ),
      { maxItems: 50 },
    ),
    artifacts: Type.Array(
      Type.Object(
        {
          name: Text,
          role: Id,
          mediaType: Text,
          per: Type.Union([Type.Literal('row'), Type.Literal('shard')]),
          required: Type.Boolean(),
          title: Type.Optional(Text),
        },
        closed,
      ),
      { maxItems: 100 },
    ),
    limits: Type.Array(LimitRule, { maxItems: 100 }),
    resources: Type.Object(
      {
        cpus: Type.Number({ exclusiveMinimum: 0 }),
        memoryBytes: Type.Integer({ minimum: 0 }),
        gpus: Type.Integer({ minimum: 0 }),
        gpuMemoryBytes: Type.Optional(Type.Integer()),
      },
      closed,
    ),
    runner: Type.Union([ProcessRunner, NoRunner]),
    environments: Type.Record(Id, Environment),
    shard: Type.Object({ maxRows: Type.Integer({ minimum: 1, maximum: 100_000 }) }, closed),
    /** Limit of one row, from `started`. */
    timeoutSeconds: Type.Integer({ minimum: 1, maximum: 604_800 }),
    /** Limit of loading the model, and of opening a shard. */
    setupTimeoutSeconds: Type.Integer({ minimum: 1, maximum: 604_800 }),
    stop: Type.Object(
      {
        signal: Type.Union([Type.Literal('SIGTERM'), Type.Literal('SIGINT')]),
        graceSeconds: Type.Number({ minimum: 0, maximum: 60 }),
        cancelRow: Type.Union([Type.Literal('cooperative'), Type.Literal('kill')]),
      },
      closed,
    ),
    timing: Type.Object({ setupSeconds: Type.Number({ minimum: 0 }), rowSeconds: Type.Number({ minimum: 0 }) }, closed),
    caveats: Type.Array(Text, { maxItems: 50 }),
  },
  closed,
);
export type Manifest = Static<typeof Manifest>;
