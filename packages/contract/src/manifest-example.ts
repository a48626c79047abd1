/** An example of a model: a submission as a file of its folder, which `omtx models test` runs and the page offers. */
import { Type, type Static } from 'typebox';

const closed = { additionalProperties: false } as const;
const FreeObject = Type.Record(Type.String(), Type.Unknown());

export const ModelExample = Type.Object(
  {
    taskType: Type.String({ maxLength: 64 }),
    input: FreeObject,
    parameters: Type.Optional(FreeObject),
    seed: Type.Optional(Type.Integer({ minimum: 1, maximum: 2_147_483_647 })),
    /** Closed ranges in which metrics of the result must lie. */
    expect: Type.Optional(Type.Record(Type.String(), Type.Tuple([Type.Number(), Type.Number()]))),
  },
  closed,
);
export type ModelExample = Static<typeof ModelExample>;
