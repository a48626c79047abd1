/** What an operator sees of the hub itself: worker hosts, and who still calls old paths. */
import { Type } from 'typebox';
import { Nullable } from './nullable.ts';

const closed = { additionalProperties: false } as const;

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

/** What waits and runs of one model in one lane. */
export const QueueView = Type.Object(
  {
    modelId: Type.String(),
    lane: Type.Union([Type.Literal('interactive'), Type.Literal('bulk')]),
    /** Not finished, and rows of theirs without an outcome, running ones among them. */
    openJobs: Type.Integer({ minimum: 0 }),
    openRows: Type.Integer({ minimum: 0 }),
    /** Since the oldest of these jobs was sent. */
    oldestSeconds: Type.Number({ minimum: 0 }),
  },
  closed,
);

/** What hosts offer and run of one model, over all lanes. */
export const ModelLoadView = Type.Object(
  {
    modelId: Type.String(),
    /** Living ones that offer it and take runs. */
    hosts: Type.Integer({ minimum: 0 }),
    slotsOffered: Type.Integer({ minimum: 0 }),
    slotsInUse: Type.Integer({ minimum: 0 }),
    liveRuns: Type.Integer({ minimum: 0 }),
    rowsInFlight: Type.Integer({ minimum: 0 }),
  },
  closed,
);

/** A job that is not finished and of which no row is in flight. */
export const StandingJob = Type.Object(
  {
    id: Type.String(),
    owner: Type.String(),
    modelId: Type.String(),
    modelVersion: Type.String(),
    lane: QueueView.properties.lane,
    openRows: Type.Integer({ minimum: 0 }),
    /** Since its last run ended, or since it was sent. */
    standingSeconds: Type.Number({ minimum: 0 }),
    /** Nothing but a person moves it on: no worker offers its model, or it is paused. */
    needsSomebody: Type.Boolean(),
    reason: Type.String(),
  },
  closed,
);

export const QueuesAnswer = Type.Object(
  {
    queues: Type.Array(QueueView),
    models: Type.Array(ModelLoadView),
    /** At most 100: those that need somebody first, then those that stand longest. */
    standing: Type.Array(StandingJob),
    /** All that stand. */
    standingCount: Type.Integer({ minimum: 0 }),
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
    /** Since then, by the database's clock. */
    silentSeconds: Type.Number(),
    stoppedAt: Nullable(Type.String({ format: 'date-time' })),
    /** It was told to stop: it takes no more runs, and those that it holds go on to their end. */
    drainingSince: Nullable(Type.String({ format: 'date-time' })),
    /** Of the hub; empty where its version does not tell it. */
    version: Type.String(),
    /** Its clock against the database's at its last heartbeat; null before the first. Leases go by the database's clock alone. */
    clockAheadSeconds: Nullable(Type.Number()),
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
