/** What an operator sees of the hub itself: worker hosts, and who still calls old paths. */
import { Type, type TSchema } from 'typebox';

const closed = { additionalProperties: false } as const;
const Nullable = <T extends TSchema>(schema: T) => Type.Union([schema, Type.Null()]);

const LegacyRouteUsage = Type.Object(
  {
    group: Type.String(),
    method: Type.String(),
    path: Type.String(),
    /** What to call in its place. */
    successor: Type.String(),
    isOn: Type.Boolean(),
    calls: Type.Integer({ minimum: 0 }),
    callsOfLastWeek: Type.Integer({ minimum: 0 }),
    callsOfLastMonth: Type.Integer({ minimum: 0 }),
    lastCalledAt: Nullable(Type.String({ format: 'date-time' })),
    /** Origin and user agent of the last caller. */
    lastClient: Nullable(Type.String()),
  },
  closed,
);

/** A group with no call of the last month can be turned off. */
export const LegacyUsage = Type.Object(
  {
    groups: Type.Array(
      Type.Object({ group: Type.String(), isOn: Type.Boolean(), calls: Type.Integer(), callsOfLastMonth: Type.Integer() }, closed),
    ),
    routes: Type.Array(LegacyRouteUsage),
  },
  closed,
);

/** One life of a worker host. */
export const WorkerView = Type.Object(
  {
    id: Type.String(),
    host: Type.String(),
    /** Heard of within the lease and not stopped. */
    isAlive: Type.Boolean(),
    startedAt: Type.String({ format: 'date-time' }),
    heartbeatAt: Type.String({ format: 'date-time' }),
    stoppedAt: Nullable(Type.String({ format: 'date-time' })),
    offers: Type.Array(Type.Object({ modelId: Type.String(), modelVersion: Type.String(), slots: Type.Integer() }, closed)),
    /** That its runs may use together. */
    cpus: Type.Integer({ minimum: 0 }),
    gpus: Type.Array(Type.Object({ device: Type.String(), name: Type.String() }, closed)),
    /** Runs that it holds now, and their rows in flight. */
    liveRuns: Type.Integer({ minimum: 0 }),
    rowsInFlight: Type.Integer({ minimum: 0 }),
  },
  closed,
);
