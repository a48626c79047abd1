/** Shares and limits of owners and models, for the operator. */
import { HubError, ownerId, type ChangeLimits, type FieldError, type Limits } from '@omtx/contract';
import { readLimits, setModelLimit, setOwnerShare, wakeForOpenJobs } from '../storage/limits.ts';
import type { HubContext } from './context.ts';

type Hub = Pick<HubContext, 'db' | 'registry' | 'log'>;

/** All changes or none. @throws HubError where a model is not known, or something is named twice */
export async function changeLimits({ db, registry, log }: Hub, { owners = [], models = [] }: ChangeLimits): Promise<Limits> {
  const known = registry().models;
  const errors = [
    ...repeated(
      'owners',
      owners.map(({ owner }) => owner),
    ),
    ...repeated(
      'models',
      models.map(({ modelId }) => modelId),
    ),
    ...models.flatMap(({ modelId, maxSlots }, place) =>
      // A limit of a model that is gone can be lifted.
      maxSlots !== null && !known.has(modelId)
        ? [{ pointer: `/models/${String(place)}/modelId`, detail: `This hub has no model "${modelId}".` }]
        : [],
    ),
  ];
  const [first] = errors;
  if (first) throw new HubError('invalid_input', first.detail, errors);
  return db.transaction().execute(async (tx) => {
    // In the order in which a claim locks them.
    for (const { owner, weight, maxSlots } of owners.toSorted((a, b) => (a.owner < b.owner ? -1 : 1)))
      await setOwnerShare(tx, ownerId(owner), { weight, maxSlots });
    for (const { modelId, maxSlots } of models.toSorted((a, b) => (a.modelId < b.modelId ? -1 : 1)))
      await setModelLimit(tx, modelId, maxSlots);
    await wakeForOpenJobs(tx);
    log.info({ event: 'limits_changed', owners, models }, 'shares or limits were changed');
    return readLimits(tx);
  });
}

function repeated(list: 'owners' | 'models', names: readonly string[]): readonly FieldError[] {
  return names.flatMap((name, place) =>
    names.indexOf(name) === place ? [] : [{ pointer: `/${list}/${String(place)}`, detail: `"${name}" is named twice.` }],
  );
}
