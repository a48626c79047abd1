/** The model folder's `model.json`: everything the hub knows of a model. The server never branches on a model id. */
import { Type, type Static } from 'typebox';
import { HttpRunner } from './manifest-http.ts';
import { Citation, License } from './manifest-license.ts';
import { LimitRule } from './manifest-limits.ts';
import { SlurmRunner } from './manifest-slurm.ts';
import { Source } from './manifest-source.ts';
import { MetricDefinition } from './metrics.ts';

const Id = Type.String({ pattern: '^[a-z0-9][a-z0-9_.-]{0,63}$' });
const Text = Type.String({ minLength: 1, maxLength: 4_000 });
/** A JSON Schema (2020-12) of an object; form, check and help come from it. */
const JsonSchema = Type.Object({ type: Type.Literal('object') }, { additionalProperties: true });
/** A path inside the model folder, or of a lock that models share, in `../environments/`. */
const FilePath = Type.String({ pattern: '^(\\.\\./environments/)?[A-Za-z0-9_][A-Za-z0-9_./-]*$', maxLength: 300 });
const closed = { additionalProperties: false } as const;

/** What can be said of a model honestly: it runs in our tests; its adapter was tested against documented output; or only its card is here. */
export const MODEL_STATUSES = ['runs_here', 'adapter_tested', 'manifest_only'] as const;

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
    taskType: Type.String({ ...Id, description: 'A shared task type, or one with a namespace of its own (`antibody.numbering`).' }),
    title: Text,
    shared: Type.Unsafe<Static<typeof JsonSchema>>({
      ...JsonSchema,
      description: 'JSON Schema of what all rows have in common: the target, the box.',
    }),
    own: Type.Unsafe<Static<typeof JsonSchema>>({ ...JsonSchema, description: 'JSON Schema of what a row has of its own: its ligand.' }),
    rowsFrom: Type.Array(Type.String({ maxLength: 100 }), {
      maxItems: 10,
      description: 'Names of input arrays whose entries become rows; the first one is the name in the schema of the task.',
    }),
    molecule: Type.Optional(Molecule),
    rankBy: Type.Optional(
      Type.Union([Id, Type.Null()], { description: 'Orders the rows of this task in place of the rankBy of the model; null for none.' }),
    ),
  },
  closed,
);
export type ManifestTask = Static<typeof ManifestTask>;

/** The metric that orders the rows of a task, best first; every result of it must have that metric. */
export function rankingOf(manifest: Pick<Manifest, 'rankBy'>, task: Pick<ManifestTask, 'rankBy'> | undefined): string | undefined {
  return task?.rankBy === undefined ? manifest.rankBy : (task.rankBy ?? undefined);
}

const Environment = Type.Object(
  {
    kind: Type.Literal('python'),
    python: Type.String({ pattern: '^3\\.\\d+$', description: 'Version of the interpreter, such as 3.11.' }),
    lock: Type.String({
      ...FilePath,
      description: 'Lock with pinned versions and hashes. Models with the same lock share the environment.',
    }),
    diskBytes: Type.Optional(Type.Integer({ minimum: 0, description: 'Room that it takes, to be told before it is made.' })),
  },
  closed,
);

const ProcessRunner = Type.Object(
  {
    kind: Type.Literal('process'),
    command: Type.Array(Type.String({ minLength: 1, maxLength: 1_000 }), {
      minItems: 1,
      maxItems: 100,
      description: 'Argument vector. {python}: interpreter of `environment`; {model}: the model folder; {node}: the Node of the hub.',
    }),
    environment: Type.Optional(Id),
  },
  closed,
);

const NoRunner = Type.Object(
  {
    kind: Type.Literal('none'),
    install: Text,
    command: Type.Optional(
      Type.Array(Type.String({ minLength: 1, maxLength: 1_000 }), { maxItems: 100, description: "Template of the program's own command." }),
    ),
  },
  { ...closed, description: 'The hub knows the model and its tasks, but cannot run it itself; a worker elsewhere may.' },
);

const Weights = Type.Object(
  {
    name: Type.String({ pattern: '^[A-Za-z0-9_][A-Za-z0-9_.-]*$', maxLength: 200, description: 'File name as the worker finds it.' }),
    url: Type.String({ format: 'uri', maxLength: 2_000 }),
    bytes: Type.Integer({ minimum: 1 }),
    sha256: Type.String({ pattern: '^[0-9a-f]{64}$' }),
  },
  closed,
);
export type Weights = Static<typeof Weights>;

/** What the operator brings, and the hub cannot make. */
const Requirements = Type.Object(
  {
    programs: Type.Optional(
      Type.Array(Type.Object({ name: Type.String({ pattern: '^[A-Za-z0-9_.+-]+$', maxLength: 100 }), remedy: Text }, closed), {
        maxItems: 20,
        description: 'Programs that must be on PATH.',
      }),
    ),
    settings: Type.Optional(
      Type.Array(
        Type.Object(
          {
            name: Type.String({ pattern: '^[a-z][A-Za-z0-9]{0,39}$' }),
            kind: Type.Union([Type.Literal('folder'), Type.Literal('file'), Type.Literal('text')]),
            title: Text,
          },
          closed,
        ),
        { maxItems: 20, description: 'Values that the operator sets by `omtx models set`; the worker gets them as OMTX_SETTING_<NAME>.' },
      ),
    ),
  },
  closed,
);

const Table = Type.Object(
  {
    id: Id,
    title: Type.Optional(Text),
    columns: Type.Array(Type.Object({ id: Id, label: Text, unit: Type.Optional(Type.String()) }, closed), { maxItems: 100 }),
  },
  closed,
);

const ArtifactDefinition = Type.Object(
  {
    name: Text,
    role: Id,
    mediaType: Text,
    per: Type.Union([Type.Literal('row'), Type.Literal('shard')]),
    required: Type.Boolean(),
    title: Type.Optional(Text),
  },
  closed,
);

const Resources = Type.Object(
  {
    cpus: Type.Number({ exclusiveMinimum: 0 }),
    memoryBytes: Type.Integer({ minimum: 0 }),
    gpus: Type.Integer({ minimum: 0 }),
    gpuMemoryBytes: Type.Optional(Type.Integer()),
    gpuHelps: Type.Optional(Type.Boolean({ description: 'It runs without a GPU, and faster with one.' })),
  },
  closed,
);

export const Manifest = Type.Object(
  {
    $schema: Type.Optional(Type.String()),
    id: Id,
    name: Text,
    version: Type.String({
      pattern: '^[0-9A-Za-z][0-9A-Za-z.+-]{0,63}$',
      description: 'Of the engine; `unpinned` for a card whose source has no known version. Several versions may lie side by side.',
    }),
    summary: Text,
    status: Type.Enum(MODEL_STATUSES, {
      description: 'What is known of it here: it runs, its adapter is tested, or only its card is there.',
    }),
    source: Source,
    license: License,
    citation: Citation,
    homepage: Text,
    tasks: Type.Array(ManifestTask, { minItems: 1, maxItems: 50 }),
    parameters: Type.Unsafe<Static<typeof JsonSchema>>({
      ...JsonSchema,
      description: 'JSON Schema of the parameters, each with its default.',
    }),
    metrics: Type.Array(Id, { maxItems: 200, description: 'Metric ids: of the shared registry, or of `ownMetrics`.' }),
    rankBy: Type.Optional(Type.String({ ...Id, description: 'Metric that orders the rows, best first.' })),
    ownMetrics: Type.Optional(Type.Array(MetricDefinition, { maxItems: 200 })),
    tables: Type.Array(Table, { maxItems: 50, description: 'Many things per row: poses, designs, pockets, hits, residues.' }),
    artifacts: Type.Array(ArtifactDefinition, { maxItems: 100, description: 'Files that a row or a shard makes.' }),
    limits: Type.Array(LimitRule, { maxItems: 100 }),
    resources: Resources,
    runner: Type.Union([ProcessRunner, HttpRunner, SlurmRunner, NoRunner]),
    alignments: Type.Optional(
      Type.Object(
        {
          parameter: Type.String({ maxLength: 100, description: 'The parameter that asks for them; a boolean.' }),
          pointers: Type.Array(Type.String({ pattern: '^(/[A-Za-z0-9_]+)+$' }), {
            minItems: 1,
            maxItems: 50,
            description:
              'Where proteins are in the shared and own input: a sequence, or a list of objects with `sequence` and maybe `type`.',
          }),
        },
        { ...closed, description: 'It takes alignments (MSAs) of its proteins; the worker gets them as `msas` of the shared input.' },
      ),
    ),
    environments: Type.Record(Id, Environment),
    weights: Type.Optional(
      Type.Array(Weights, { maxItems: 100, description: 'Files that are fetched once, checked, and shared read-only.' }),
    ),
    requires: Type.Optional(Requirements),
    install: Type.Optional(
      Type.Union([Type.Literal('with_hub'), Type.Literal('on_request')], {
        description: 'Whether `npm run setup` makes its environments, or only `omtx models install`; with_hub when absent.',
      }),
    ),
    shard: Type.Object({ maxRows: Type.Integer({ minimum: 1, maximum: 100_000 }) }, closed),
    timeoutSeconds: Type.Integer({ minimum: 1, maximum: 604_800, description: 'Limit of one row, from its start.' }),
    setupTimeoutSeconds: Type.Integer({ minimum: 1, maximum: 604_800, description: 'Limit of loading the model, and of opening a shard.' }),
    stop: Type.Object(
      {
        signal: Type.Union([Type.Literal('SIGTERM'), Type.Literal('SIGINT')]),
        graceSeconds: Type.Number({ minimum: 0, maximum: 60 }),
        cancelRow: Type.Union([Type.Literal('cooperative'), Type.Literal('kill')]),
      },
      closed,
    ),
    timing: Type.Object({ setupSeconds: Type.Number({ minimum: 0 }), rowSeconds: Type.Number({ minimum: 0 }) }, closed),
    examples: Type.Optional(
      Type.Array(Type.Object({ title: Text, file: FilePath }, closed), {
        maxItems: 20,
        description: 'Submissions (taskType, input, parameters) as files of the folder.',
      }),
    ),
    healthCheck: Type.Optional(
      Type.Object({ example: FilePath }, { ...closed, description: 'The example that `omtx models test` runs; it should take seconds.' }),
    ),
    caveats: Type.Array(Text, { maxItems: 50 }),
  },
  closed,
);
export type Manifest = Static<typeof Manifest>;

/** The schema as a document of its own: what an editor and `docs/model.schema.json` get. */
export function manifestSchema(): Readonly<Record<string, unknown>> {
  const plain: unknown = JSON.parse(JSON.stringify(Manifest));
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: 'Manifest of a model of OMTX-Hub (model.json)',
    ...(typeof plain === 'object' ? plain : {}),
  };
}
