/** Task and model. A change of the model keeps the rows and forgets what only the other model knows. */
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { Field } from '../../../components/field.tsx';
import { modelsQuery, type ModelAnswer } from '../../models/api/models.ts';
import type { Draft } from '../draft.ts';

export interface WhatSectionProps {
  readonly draft: Draft;
  readonly change: (part: Partial<Draft>) => void;
  readonly model: ModelAnswer | undefined;
}

const FORGOTTEN = { shared: {}, own: {}, moreTargets: [] } as const;

export function WhatSection({ draft, change, model }: WhatSectionProps) {
  const models = useQuery(modelsQuery);
  const choose = (modelId: string): void => {
    const chosen = models.data?.models.find(({ id }) => id === modelId);
    if (chosen) change({ ...FORGOTTEN, modelId, taskType: chosen.taskTypes[0] ?? '', parameters: {} });
  };
  return (
    <div className="grid gap-3 sm:grid-cols-2">
      <Field
        label="Model"
        help={
          model && (
            <>
              {model.summary}{' '}
              <Link to="/models/$modelId" params={{ modelId: model.id }} className="text-accent underline">
                What it needs and its caveats
              </Link>
            </>
          )
        }
      >
        {(ids) => (
          <select {...ids} className="field" value={draft.modelId} onChange={({ target }) => choose(target.value)}>
            {models.data?.models.map(({ id, name, version, state }) => (
              <option key={id} value={id} disabled={state === 'not_installed'}>
                {name} {version}
                {state === 'not_installed' ? ' (not installed)' : ''}
              </option>
            ))}
          </select>
        )}
      </Field>
      <label className="flex flex-col gap-1">
        <span className="font-medium">Task</span>
        <select className="field" value={draft.taskType} onChange={({ target }) => change({ ...FORGOTTEN, taskType: target.value })}>
          {model?.tasks.map(({ taskType, title }) => (
            <option key={String(taskType)} value={String(taskType)}>
              {String(title)}
            </option>
          ))}
        </select>
      </label>
    </div>
  );
}
