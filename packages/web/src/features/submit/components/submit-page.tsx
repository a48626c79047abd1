/** One page, no wizard: what, target, ligands; beside it a summary that is always true and ends in the button. */
import { TASK_TYPES } from '@omtx/contract';
import { useMutation, useQuery } from '@tanstack/react-query';
import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import { useEffect, useState, type ReactNode } from 'react';
import { Button } from '../../../components/button.tsx';
import { Field } from '../../../components/field.tsx';
import { ErrorNote, SkeletonRows } from '../../../components/notes.tsx';
import { PageHead } from '../../../components/page-head.tsx';
import { SchemaForm } from '../../../components/schema-form.tsx';
import { hub } from '../../../lib/hub.ts';
import { isObject, propertiesOf, type Schema } from '../../../lib/json-schema.ts';
import { modelQuery, modelsQuery, type ModelAnswer } from '../../models/api/models.ts';
import { useLibrary } from '../api/use-library.ts';
import { draftOfJob, EMPTY_DRAFT, keepDraft, loadDraft, submissionOf, type Draft } from '../draft.ts';
import { LigandSection } from './ligand-section.tsx';
import { Summary } from './summary.tsx';
import { TargetSection } from './target-section.tsx';

/** Rows that are copied when a job is cloned into the form. */
const MOST_CLONED = 1_000;

/** What most people come for; a model that answers it is offered first. */
const FIRST_TASK = TASK_TYPES[0].id;

export function SubmitPage() {
  const { draft, change, reset, isLoading, error } = useDraft();
  const models = useQuery(modelsQuery);
  const model = useQuery({ ...modelQuery(draft.modelId), enabled: draft.modelId !== '' });
  if (models.isError || error)
    return (
      <div className="p-5">
        <ErrorNote error={models.error ?? error} retry={() => void models.refetch()} />
      </div>
    );
  if (!models.data || isLoading) return <SkeletonRows count={8} height={60} />;
  return (
    <>
      <PageHead title="Submit">
        <Button kind="quiet" onClick={reset}>
          Clear the form
        </Button>
      </PageHead>
      <Form draft={draft} change={change} reset={reset} model={model.data?.id === draft.modelId ? model.data : undefined} />
    </>
  );
}

/** The draft: of the job that is cloned, else what was kept, with the model of the address. */
function useDraft() {
  const search = useSearch({ from: '/submit' });
  const [draft, setDraft] = useState(loadDraft);
  const source = useQuery({
    queryKey: ['clone', search.from],
    queryFn: async () => {
      const id = search.from ?? '';
      const [job, rows] = await Promise.all([hub.getJob(id), hub.listRows(id, { sort: 'index', limit: MOST_CLONED })]);
      return draftOfJob(job, rows.rows);
    },
    enabled: search.from !== undefined,
  });
  const models = useQuery(modelsQuery);
  useEffect(() => {
    if (source.data) setDraft(source.data);
  }, [source.data]);
  useEffect(() => {
    const usable = models.data?.models.filter(({ state }) => state !== 'not_installed') ?? [];
    setDraft((before) => {
      const wanted = search.from === undefined ? (search.model ?? before.modelId) : before.modelId;
      const chosen =
        models.data?.models.find(({ id }) => id === wanted) ?? usable.find(({ taskTypes }) => taskTypes.includes(FIRST_TASK)) ?? usable[0];
      if (!chosen || (chosen.id === before.modelId && before.taskType !== '')) return before;
      return { ...before, modelId: chosen.id, taskType: chosen.taskTypes[0] ?? '', shared: {}, parameters: {} };
    });
  }, [models.data, search.model, search.from]);
  useEffect(() => keepDraft(draft), [draft]);
  return {
    draft,
    change: (part: Partial<Draft>) => setDraft((before) => ({ ...before, ...part })),
    reset: () => setDraft((before) => ({ ...EMPTY_DRAFT, modelId: before.modelId, taskType: before.taskType })),
    isLoading: search.from !== undefined && source.isLoading,
    error: source.error,
  };
}

interface FormProps {
  readonly draft: Draft;
  readonly change: (part: Partial<Draft>) => void;
  readonly reset: () => void;
  readonly model: ModelAnswer | undefined;
}

function Form({ draft, change, reset, model }: FormProps) {
  const navigate = useNavigate();
  const task = model?.tasks.find(({ taskType }) => taskType === draft.taskType);
  const hasLigands = Array.isArray(task?.['rowsFrom']) && task['rowsFrom'].length > 0;
  const library = useLibrary(hasLigands ? draft.ligands : '', draft, model);
  const submit = useMutation({
    mutationFn: () => hub.submitJob(submissionOf(draft, library.library?.reading)),
    onSuccess: ({ id }) => {
      reset();
      void navigate({ to: '/results/$jobId', params: { jobId: id } });
    },
  });
  return (
    <div className="grid items-start gap-4 px-4 pb-10 md:px-5 xl:grid-cols-[minmax(0,1fr)_20rem]">
      <div className="flex min-w-0 flex-col gap-4">
        <Section title="What">
          <What draft={draft} change={change} model={model} />
        </Section>
        <Section title="Target">
          {isObject(task?.['shared']) ? (
            <TargetSection key={draft.modelId} schema={task['shared']} values={draft.shared} change={(shared) => change({ shared })} />
          ) : (
            <SkeletonRows count={2} />
          )}
        </Section>
        {hasLigands && (
          <Section title="Ligands">
            <LigandSection text={draft.ligands} choices={draft} state={library} change={change} />
          </Section>
        )}
        {model && <Advanced draft={draft} change={change} parameters={model.parameters} />}
      </div>
      <Summary
        draft={draft}
        model={model}
        hasLigands={hasLigands}
        library={library}
        submit={() => submit.mutate()}
        isSending={submit.isPending}
        error={submit.error}
        change={change}
      />
    </div>
  );
}

function Section({ title, children }: { readonly title: string; readonly children: ReactNode }) {
  return (
    <section className="panel">
      <h2 className="border-line border-b px-4 py-2 font-medium">{title}</h2>
      <div className="p-4">{children}</div>
    </section>
  );
}

function What({ draft, change, model }: Omit<FormProps, 'reset'>) {
  const models = useQuery(modelsQuery);
  const choose = (modelId: string): void => {
    const chosen = models.data?.models.find(({ id }) => id === modelId);
    if (chosen) change({ modelId, taskType: chosen.taskTypes[0] ?? '', shared: {}, parameters: {} });
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
        <select className="field" value={draft.taskType} onChange={({ target }) => change({ taskType: target.value, shared: {} })}>
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

function Advanced({
  draft,
  change,
  parameters,
}: {
  readonly draft: Draft;
  readonly change: (part: Partial<Draft>) => void;
  readonly parameters: Schema;
}) {
  const words = Object.entries(propertiesOf(parameters))
    .slice(0, 3)
    .map(
      ([name, schema]) =>
        `${String(schema['title'] ?? name).toLowerCase()} ${String(draft.parameters[name] ?? schema['default'] ?? 'none')}`,
    );
  return (
    <details className="panel">
      <summary className="cursor-pointer px-4 py-2 font-medium">
        Advanced <span className="text-ink-2 font-normal">{[...words, `seed ${String(draft.seed)}`].join(', ')}</span>
      </summary>
      <div className="border-line flex flex-col gap-3 border-t p-4">
        <SchemaForm schema={parameters} values={draft.parameters} change={(next) => change({ parameters: next })} />
        <Field label="Seed" className="max-w-xs" help="One seed for all rows: the same input and seed give the same result.">
          {(ids) => (
            <input
              {...ids}
              type="number"
              min={1}
              max={2_147_483_647}
              className="field"
              value={draft.seed}
              onChange={({ target }) => change({ seed: Math.max(1, Math.floor(Number(target.value))) })}
            />
          )}
        </Field>
      </div>
    </details>
  );
}
