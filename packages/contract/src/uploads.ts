/** Files that are sent before or with a submission, such as a library of a million rows. */
import { Type, type Static } from 'typebox';
import { Library, LIBRARY_FORMATS } from './job.ts';
import { Nullable } from './nullable.ts';

const closed = { additionalProperties: false } as const;
const Count = Type.Integer({ minimum: 0 });

/** Bytes of one file as it is sent. */
export const MAX_UPLOAD_BYTES = 2 * 1024 ** 3;
/** Bytes of its text, which is larger where the file is compressed. */
export const MAX_UPLOAD_TEXT_BYTES = 8 * 1024 ** 3;
/** An upload that no job was made of is kept this long. */
export const UPLOAD_DAYS = 7;
/** A text field of a multipart form: the body of a submission without its library. */
export const MAX_FORM_FIELD_BYTES = 16 * 1024 ** 2;

const Column = Type.String({ minLength: 1, maxLength: 200 });

/** What the sender may say of the file; the hub finds out the rest. */
export const UploadQuery = Type.Object(
  {
    id: Type.Optional(
      Type.String({ format: 'uuid', description: 'Chosen by the sender, so that it can ask how far the upload is while it sends.' }),
    ),
    fileName: Type.Optional(Type.String({ minLength: 1, maxLength: 255, description: 'Of a file that is sent as the body itself.' })),
    format: Type.Optional(Type.Enum(LIBRARY_FORMATS, { description: 'By name and content where left out.' })),
    smilesColumn: Type.Optional(Column),
    nameColumn: Type.Optional(Column),
  },
  closed,
);
export type UploadQuery = Static<typeof UploadQuery>;

/** `receiving` -> `reading` -> `ready`, or `failed` from either. */
export const UPLOAD_STATES = ['receiving', 'reading', 'ready', 'failed'] as const;

/** What was found in the file. */
export const UploadContents = Type.Object(
  {
    /** Data records; rows of a job that is made of it. */
    records: Count,
    /** Of them, those that cannot be read, whatever the chemistry. */
    malformed: Count,
    /** The first of those, at most 100. */
    problems: Type.Array(Type.Object({ line: Type.Integer(), code: Type.String(), message: Type.String() }, closed)),
    /** Of a table, in order, with its first values; the properties of other files by the first time they are met. */
    columns: Type.Array(Type.Object({ name: Type.String(), samples: Type.Array(Type.String()) }, closed)),
    /** Null where no header says so, or where the file is no table. */
    smilesColumn: Nullable(Type.String()),
    nameColumn: Nullable(Type.String()),
    /** The first records. */
    preview: Type.Array(
      Type.Object(
        { line: Type.Integer(), name: Nullable(Type.String()), smiles: Nullable(Type.String()), problem: Nullable(Type.String()) },
        closed,
      ),
    ),
    /** Why no job can be made of it as it is, and what to name; null where one can. */
    unusable: Nullable(Type.Object({ field: Type.String(), message: Type.String() }, closed)),
  },
  closed,
);
export type UploadContents = Static<typeof UploadContents>;

export const Upload = Type.Object(
  {
    id: Type.String(),
    fileName: Type.String(),
    state: Type.Enum(UPLOAD_STATES),
    /** Null while it is not known. */
    format: Nullable(Type.Enum(LIBRARY_FORMATS)),
    isCompressed: Type.Boolean(),
    encoding: Type.String(),
    receivedBytes: Count,
    /** Null where the sender did not say. */
    totalBytes: Nullable(Count),
    /** Records read so far while it is read; all of them afterwards. */
    recordsRead: Count,
    sha256: Nullable(Type.String()),
    contents: Nullable(UploadContents),
    /** Why it failed. */
    failure: Nullable(Type.String()),
    /** Rows that a submission which is being stored has written so far. */
    rowsStored: Count,
    /** The last job made of it. */
    jobId: Nullable(Type.String()),
    createdAt: Type.String({ format: 'date-time' }),
    expiresAt: Type.String({ format: 'date-time' }),
  },
  closed,
);
export type Upload = Static<typeof Upload>;

/** `input.library` of a submission: a text, or an upload by its id. */
export const UploadedLibrary = Type.Object(
  {
    uploadId: Type.String({ format: 'uuid' }),
    format: Type.Optional(Type.Enum(LIBRARY_FORMATS)),
    smilesColumn: Type.Optional(Column),
    nameColumn: Type.Optional(Column),
  },
  closed,
);
export type UploadedLibrary = Static<typeof UploadedLibrary>;
export const AnyLibrary = Type.Union([Library, UploadedLibrary]);
