/** The metric registry: a named number has one unit, direction and meaning everywhere (tables, sorting, exports, old routes). */
import { Type, type Static } from 'typebox';

export const MetricDefinition = Type.Object(
  {
    id: Type.String({ pattern: '^[a-z0-9][a-z0-9_.-]{0,63}$' }),
    label: Type.String({ minLength: 1, maxLength: 100 }),
    /** Unit as shown in a header; empty for a pure number. */
    unit: Type.String({ maxLength: 50 }),
    /** Which end is better; `none` where neither is. */
    direction: Type.Union([Type.Literal('lower'), Type.Literal('higher'), Type.Literal('none')]),
    /** Values that are possible; null for an open end. */
    range: Type.Tuple([Type.Union([Type.Number(), Type.Null()]), Type.Union([Type.Number(), Type.Null()])]),
    decimals: Type.Integer({ minimum: 0, maximum: 10 }),
    meaning: Type.String({ minLength: 1, maxLength: 1_000 }),
    caveat: Type.Optional(Type.String({ maxLength: 1_000 })),
  },
  { additionalProperties: false },
);
export type MetricDefinition = Static<typeof MetricDefinition>;
