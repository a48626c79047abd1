/** Shares and limits that an operator sets. */
import { Type, type Static } from 'typebox';
import { Nullable } from './nullable.ts';

const closed = { additionalProperties: false } as const;

const OwnerName = Type.String({ pattern: '^[A-Za-z0-9._@-]{1,100}$' });
const ModelName = Type.String({ minLength: 1, maxLength: 64 });
const Weight = Type.Number({
  minimum: 0.001,
  maximum: 1_000,
  description: 'Share beside other owners: with 3 beside 1 three of four starts. 1 where none is set.',
});
const MaxSlots = Nullable(
  Type.Integer({ minimum: 0, maximum: 1_000_000, description: 'Rows in flight at once on all hosts; 0 stops, null lifts the limit.' }),
);

/** What is left out stays as it is. */
export const ChangeLimits = Type.Object(
  {
    owners: Type.Optional(
      Type.Array(Type.Object({ owner: OwnerName, weight: Type.Optional(Weight), maxSlots: Type.Optional(MaxSlots) }, closed), {
        maxItems: 1_000,
      }),
    ),
    models: Type.Optional(Type.Array(Type.Object({ modelId: ModelName, maxSlots: MaxSlots }, closed), { maxItems: 1_000 })),
  },
  { $id: 'ChangeLimits', ...closed },
);
export type ChangeLimits = Static<typeof ChangeLimits>;

const SlotsInUse = Type.Integer({ minimum: 0 });

export const Limits = Type.Object(
  {
    owners: Type.Array(Type.Object({ owner: Type.String(), weight: Type.Number(), maxSlots: MaxSlots, slotsInUse: SlotsInUse }, closed)),
    /** Only those that have a limit. */
    models: Type.Array(Type.Object({ modelId: Type.String(), maxSlots: Type.Integer({ minimum: 0 }), slotsInUse: SlotsInUse }, closed)),
  },
  { $id: 'Limits', ...closed },
);
export type Limits = Static<typeof Limits>;
