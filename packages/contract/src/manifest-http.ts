/** How a model that a server offers over HTTP is asked, and how its answers are read: settings of the runner of kind `http`. */
import { Type, type Static } from 'typebox';

const closed = { additionalProperties: false } as const;
const Id = Type.String({ pattern: '^[a-z0-9][a-z0-9_.-]{0,63}$' });
const Pointer = Type.String({ pattern: '^(/([^~/]|~[01])*)*$', maxLength: 500 });
const AnswerPointer = Type.String({ ...Pointer, description: "JSON pointer into the server's answer." });
const Status = Type.Integer({ minimum: 100, maximum: 599 });
const Statuses = Type.Array(Status, { minItems: 1, maxItems: 20 });
const HeaderName = Type.String({ pattern: '^[A-Za-z0-9-]+$', maxLength: 100 });
const Path = Type.String({
  pattern: '^(/|https?://)[^\\s]*$',
  maxLength: 2_000,
  description: 'Path below `baseUrl`, or a whole address; `{id}` is what the server calls the work.',
});

const Repeat = Type.Union(
  [
    Type.Literal('safe'),
    Type.Literal('never'),
    Type.Object({ header: HeaderName }, { ...closed, description: 'Header with a key that the server knows again.' }),
    Type.Object({ pointer: Pointer }, { ...closed, description: 'Place of such a key in the body.' }),
  ],
  {
    description:
      'Whether a request may be sent again when nobody knows whether the server took it. `never` when absent: such a row fails as `remote_unknown`, because it could be paid twice.',
  },
);

const Accepted = Type.Object(
  {
    status: Statuses,
    id: Type.Union([Type.Object({ header: HeaderName }, closed), Type.Object({ pointer: AnswerPointer }, closed)]),
    pollPath: Path,
    pollSeconds: Type.Number({
      minimum: 0.1,
      maximum: 3_600,
      description: 'Between two looks, where the server does not say `Retry-After`.',
    }),
    state: Type.Optional(
      Type.Object(
        {
          pointer: AnswerPointer,
          running: Type.Array(Type.String({ maxLength: 100 }), { minItems: 1, maxItems: 20 }),
          failed: Type.Array(Type.String({ maxLength: 100 }), { maxItems: 20 }),
        },
        { ...closed, description: 'Where a look at the work says how it stands. Without it 202 means that it still runs.' },
      ),
    ),
    resultPath: Type.Optional(Path),
    cancel: Type.Optional(
      Type.Object({ method: Type.Union([Type.Literal('POST'), Type.Literal('DELETE'), Type.Literal('PUT')]), path: Path }, closed),
    ),
  },
  { ...closed, description: 'For servers that take work and tell its result later.' },
);

const HttpTable = Type.Object(
  {
    rows: Type.Optional(Type.String({ ...Pointer, description: 'Leads to a list of records; columns are then pointers into a record.' })),
    columns: Type.Record(Id, Type.String({ ...Pointer, description: 'Without `rows`: leads to a list with a value for each row.' })),
  },
  closed,
);

export const ARTIFACT_FORMS = ['text', 'base64', 'json', 'url'] as const;

const HttpArtifact = Type.Object(
  {
    name: Type.String({
      pattern: '^[A-Za-z0-9_][A-Za-z0-9_.{}-]*$',
      maxLength: 200,
      description: 'File name; `{n}` counts from 1 where the pointer leads to a list, whose empty entries are passed over.',
    }),
    role: Id,
    mediaType: Type.String({ minLength: 1, maxLength: 200 }),
    pointer: AnswerPointer,
    form: Type.Enum(ARTIFACT_FORMS, { description: 'What is there: the content itself, or an address from which it is fetched at once.' }),
  },
  closed,
);
export type HttpArtifact = Static<typeof HttpArtifact>;

/** Dialects of one canonical complex (`complex.ts`) that the hub writes itself, because services differ in more than names. */
export const HTTP_DIALECTS = ['boltz_nim', 'boltz_hosted'] as const;
export type HttpDialect = (typeof HTTP_DIALECTS)[number];

export const HttpRunner = Type.Object(
  {
    kind: Type.Literal('http'),
    baseUrl: Type.String({
      minLength: 1,
      maxLength: 2_000,
      description: 'Address of the server; `{name}` is a setting of `requires.settings`, given by `omtx models set`.',
    }),
    concurrency: Type.Integer({ minimum: 1, maximum: 1_000, description: 'Rows that one worker host has there at once.' }),
    auth: Type.Optional(
      Type.Object(
        {
          header: HeaderName,
          scheme: Type.Optional(
            Type.String({ pattern: '^[A-Za-z0-9-]+$', maxLength: 40, description: 'Word before the secret, such as `Bearer`.' }),
          ),
          secret: Type.String({
            pattern: '^[a-z][a-z0-9_]{0,39}$',
            description: 'Name of a secret that the operator gives as OMTX_SECRET_<NAME>; the secret itself is never in a manifest.',
          }),
        },
        closed,
      ),
    ),
    headers: Type.Optional(Type.Record(HeaderName, Type.String({ maxLength: 1_000 }))),
    ready: Type.Optional(
      Type.Object(
        { path: Path, status: Type.Optional(Statuses) },
        { ...closed, description: 'Asked before rows are sent, until it answers so (200).' },
      ),
    ),
    submit: Type.Object(
      {
        method: Type.Optional(Type.Union([Type.Literal('POST'), Type.Literal('PUT')])),
        path: Path,
        body: Type.Unknown({
          description:
            'The request as JSON. `{"$from": POINTER}` is a value of {input, shared, parameters, seed, key}, left out where there is none; `{"$each": POINTER, "as": TEMPLATE}` is a list with its entry as `/item`.',
        }),
        dialect: Type.Optional(
          Type.Enum(HTTP_DIALECTS, {
            description:
              'The hub writes the request from the complex that is asked, with `body` laid over it; what the service would not do as it was asked is a note of the row.',
          }),
        ),
        repeat: Type.Optional(Repeat),
      },
      closed,
    ),
    accepted: Type.Optional(Accepted),
    busyStatus: Type.Optional(
      Type.Array(Status, {
        minItems: 1,
        maxItems: 20,
        description:
          'Answers after which the same request is made again, when `Retry-After` says or later and later: 429, 502, 503, 504 when absent.',
      }),
    ),
    success: Type.Optional(
      Type.Array(
        Type.Object(
          { pointer: AnswerPointer, equals: Type.Union([Type.String({ maxLength: 1_000 }), Type.Number(), Type.Boolean(), Type.Null()]) },
          closed,
        ),
        { maxItems: 20, description: 'What the body of a good answer says; one that does not is a failure, whatever its status.' },
      ),
    ),
    message: Type.Optional(Type.String({ ...Pointer, description: 'Where the answer of a failure says why.' })),
    result: Type.Object(
      {
        metrics: Type.Record(
          Id,
          Type.Object(
            {
              pointer: AnswerPointer,
              scale: Type.Optional(Type.Number({ description: 'The value is scale x number + offset.' })),
              offset: Type.Optional(Type.Number()),
            },
            closed,
          ),
        ),
        tables: Type.Optional(Type.Record(Id, HttpTable)),
        artifacts: Type.Optional(Type.Array(HttpArtifact, { maxItems: 50 })),
      },
      closed,
    ),
  },
  { ...closed, description: 'A server that answers over HTTP. Only hosts that the operator allows are called (OMTX_EGRESS).' },
);
export type HttpRunner = Static<typeof HttpRunner>;
