/** Results as files. */
import { Type, type Static } from 'typebox';
import { RowViewQuery } from './views.ts';

const closed = { additionalProperties: false } as const;

export const EXPORT_FORMATS = ['csv', 'tsv', 'json', 'jsonl', 'sdf', 'xlsx', 'parquet', 'zip', 'bib'] as const;
export const ExportFormat = Type.Enum(EXPORT_FORMATS);
export type ExportFormat = (typeof EXPORT_FORMATS)[number];

/** Header of an export: number of the job's last event that is in it. `Last-Event-ID` of the event stream goes on from there. */
export const CURSOR_HEADER = 'omtx-cursor';
/** Rows chosen one by one; more are chosen by a filter. */
export const MAX_CHOSEN_ROWS = 100_000;
/** Pictures of structures in a spreadsheet; further rows have none, because no spreadsheet bears them. */
export const MAX_PICTURES = 1_000;

/** Where the bytes are; whoever holds a signed address may read them until it expires. */
export const ArtifactLink = Type.Object(
  {
    url: Type.String(),
    /** Null: an address of the hub itself, which stays. */
    expiresAt: Type.Union([Type.String({ format: 'date-time' }), Type.Null()]),
    name: Type.String(),
    mediaType: Type.String(),
    sizeBytes: Type.Integer({ minimum: 0 }),
    sha256: Type.String(),
  },
  { $id: 'ArtifactLink', ...closed },
);
export type ArtifactLink = Static<typeof ArtifactLink>;

/** `GET /api/v4/jobs/:id/export`: rows of a view in its order; all in input order where nothing is said. */
export const ExportQuery = Type.Object(
  {
    format: Type.Enum(EXPORT_FORMATS, { default: 'csv' }),
    ...RowViewQuery,
    rows: Type.Optional(
      Type.String({
        maxLength: 12_000,
        pattern: '^\\d{1,9}(,\\d{1,9})*$',
        description: 'Indexes of rows, in the order that they shall have.',
      }),
    ),
  },
  closed,
);
export type ExportQuery = Static<typeof ExportQuery>;

/** `POST /api/v4/jobs/:id/export`: the same, with many chosen rows. */
export const ExportRows = Type.Object(
  {
    format: ExportFormat,
    ...RowViewQuery,
    rows: Type.Optional(Type.Array(Type.Integer({ minimum: 0, maximum: 999_999_999 }), { minItems: 1, maxItems: MAX_CHOSEN_ROWS })),
  },
  { $id: 'ExportRows', ...closed },
);
export type ExportRows = Static<typeof ExportRows>;
