/** One page, no wizard: what, target, rows; beside it a summary that is always true and ends in the button. */
import { TASK_TYPES } from '@omtx/contract';
import { useQuery } from '@tanstack/react-query';
import { useSearch } from '@tanstack/react-router';
import { useCallback, useEffect, useState } from 'react';
import { Button } from '../../../components/button.tsx';
import { ErrorNote, SkeletonRows } from '../../../components/notes.tsx';
import { PageHead } from '../../../components/page-head.tsx';
import { hub } from '../../../lib/hub.ts';
import { modelQuery, modelsQuery } from '../../models/api/models.ts';
import { draftOfJob, EMPTY_DRAFT, keepDraft, loadDraft, type Draft } from '../draft.ts';
import { SubmitForm } from './submit-form.tsx';

/** Rows that are copied as text when a job is cloned into the form; a larger job is cloned by the hub. */
const MOST_CLONED = 1_000;

/** What most people come for; a model that answers it is offered first. */
const FIRST_TASK = TASK_TYPES[0].id;

export function SubmitPage() {
  const { draft, change, reset, isLoading, error, isKept } = useDraft();
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
      <PageHead title="Submit" note={isKept ? 'What you enter is kept in this browser.' : 'This browser does not keep what you enter.'}>
        <Button kind="quiet" onClick={reset}>
          Clear the form
        </Button>
      </PageHead>
      <SubmitForm draft={draft} change={change} reset={reset} model={model.data?.id === draft.modelId ? model.data : undefined} />
    </>
  );
}

/** The draft: of the job that is cloned, else what was kept, with the model of the address. */
function useDraft() {
  const search = useSearch({ from: '/submit' });
  const [draft, setDraft] = useState(loadDraft);
  const [isKept, setKept] = useState(true);
  const source = useQuery({
    queryKey: ['clone', search.from],
    queryFn: async () => {
      const id = search.from ?? '';
      const [job, rows] = await Promise.all([hub.getJob(id), hub.listRows(id, { sort: 'index', limit: MOST_CLONED })]);
      return draftOfJob(job, rows.rows);
    },
    enabled: search.from !== undefined,
  });
  useEffect(() => {
    if (source.data) setDraft(source.data);
  }, [source.data]);
  useFirstModel(setDraft, search.model, search.from !== undefined);
  useEffect(() => setKept(keepDraft(draft)), [draft]);
  const change = useCallback((part: Partial<Draft>) => setDraft((before) => ({ ...before, ...part })), []);
  const reset = useCallback(() => setDraft((before) => ({ ...EMPTY_DRAFT, modelId: before.modelId, taskType: before.taskType })), []);
  return { draft, change, reset, isKept, isLoading: search.from !== undefined && source.isLoading, error: source.error };
}

/** The model that the address names, else the one of the draft, else one that can be used. */
function useFirstModel(setDraft: (update: (before: Draft) => Draft) => void, named: string | undefined, isClone: boolean): void {
  const models = useQuery(modelsQuery);
  useEffect(() => {
    const usable = models.data?.models.filter(({ state }) => state !== 'not_installed') ?? [];
    setDraft((before) => {
      const wanted = isClone ? before.modelId : (named ?? before.modelId);
      const chosen =
        models.data?.models.find(({ id }) => id === wanted) ?? usable.find(({ taskTypes }) => taskTypes.includes(FIRST_TASK)) ?? usable[0];
      if (!chosen || (chosen.id === before.modelId && before.taskType !== '')) return before;
      return { ...before, modelId: chosen.id, taskType: chosen.taskTypes[0] ?? '', shared: {}, own: {}, parameters: {}, moreTargets: [] };
    });
  }, [models.data, named, isClone, setDraft]);
}
