/** What a task of a model asks for, read from its manifest: where its rows come from and what must be given. */
import { isObject, propertiesOf, textOf, type Schema } from '../../lib/json-schema.ts';
import type { ModelAnswer } from '../models/api/models.ts';

/** `ligands`: a library of molecules; `sequences`: chains, one a row; `form`: the own input of one row, drawn from its schema. */
export type RowsKind = 'ligands' | 'sequences' | 'form';

/** Where the letters of a row stand in its own input, and what the model says of them. */
export interface SequencePlace {
  /** Array of the input that holds several rows. */
  readonly arrayName: string;
  /** Object of the own input that holds letters and name; undefined where the letters stand alone. */
  readonly holder: string | undefined;
  readonly property: string;
  readonly pattern: string | undefined;
  readonly minLength: number | undefined;
  readonly maxLength: number | undefined;
}

export interface TaskShape {
  readonly rows: RowsKind;
  /** Schema of what all rows share; undefined where they share nothing. */
  readonly shared: Schema | undefined;
  readonly own: Schema;
  readonly sequence: SequencePlace | undefined;
}

export function shapeOf(task: ModelAnswer['tasks'][number] | undefined): TaskShape | undefined {
  if (!task) return undefined;
  const { rowsFrom, shared, own } = task;
  const from = Array.isArray(rowsFrom) ? rowsFrom.map(String) : [];
  const ownSchema = isObject(own) ? own : {};
  const sequence = sequencePlaceOf(from, ownSchema);
  return {
    rows: from.includes('ligands') ? 'ligands' : sequence ? 'sequences' : 'form',
    shared: isObject(shared) && Object.keys(propertiesOf(shared)).length > 0 ? shared : undefined,
    own: ownSchema,
    sequence,
  };
}

/** Rows that are letters alone, or letters with a name; what asks for more is a form. */
function sequencePlaceOf(from: readonly string[], own: Schema): SequencePlace | undefined {
  const { proteinSequence, query } = propertiesOf(own);
  const inQuery = query && propertiesOf(query)['sequence'];
  const required = Array.isArray(own['required']) ? own['required'] : [];
  if (from.includes('sequences') && proteinSequence && required.every((name) => name === 'proteinSequence'))
    return placeOf('sequences', undefined, 'proteinSequence', proteinSequence);
  if (from.includes('queries') && inQuery && required.every((name) => name === 'query'))
    return placeOf('queries', 'query', 'sequence', inQuery);
  return undefined;
}

function placeOf(arrayName: string, holder: string | undefined, property: string, schema: Schema): SequencePlace {
  const { pattern, minLength, maxLength } = schema;
  return {
    arrayName,
    holder,
    property,
    pattern: textOf(pattern),
    minLength: typeof minLength === 'number' ? minLength : undefined,
    maxLength: typeof maxLength === 'number' ? maxLength : undefined,
  };
}

/** Titles of the required properties that have no value yet, those inside given objects too. */
export function missingOf(schema: Schema | undefined, values: Readonly<Record<string, unknown>>): readonly string[] {
  const required = schema && Array.isArray(schema['required']) ? schema['required'].map(String) : [];
  const properties = schema ? propertiesOf(schema) : {};
  return required.flatMap((name) => {
    const property = properties[name];
    const value = values[name];
    if (isObject(property) && property['type'] === 'object' && isObject(value)) return missingOf(property, value);
    const isGiven = (value !== undefined && value !== '') || property?.['default'] !== undefined;
    return isGiven ? [] : [textOf(property?.['title']) ?? name];
  });
}
