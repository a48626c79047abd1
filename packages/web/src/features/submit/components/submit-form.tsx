import { useMutation } from '@tanstack/react-query';
import { Link, useNavigate } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { Button } from '../../../components/button.tsx';
import { SkeletonRows } from '../../../components/notes.tsx';
import { SchemaForm } from '../../../components/schema-form.tsx';
import { hub } from '../../../lib/hub.ts';
import { plural } from '../../../lib/format.ts';
import type { ModelAnswer } from '../../models/api/models.ts';
import { useRows, type RowsState } from '../api/use-rows.ts';
import type { Draft } from '../draft.ts';
import { byTarget, cloneOf, submissionOf } from '../submission.ts';
import { Advanced } from './advanced.tsx';
import { LigandSection } from './ligand-section.tsx';
import { SequenceSection } from './sequence-section.tsx';
import { Summary } from './summary.tsx';
import { TargetSection } from './target-section.tsx';
import { WhatSection } from './what-section.tsx';

export interface SubmitFormProps {
  readonly draft: Draft;
  readonly change: (part: Partial<Draft>) => void;
  readonly reset: () => void;
  readonly model: ModelAnswer | undefined;
}

export function SubmitForm({ draft, change, reset, model }: SubmitFormProps) {
  const navigate = useNavigate();
  const rows = useRows(draft, change, model);
  const { shape } = rows;
  const submit = useMutation({
    mutationFn: () => send(draft, rows),
    onSuccess: ([first, ...others]) => {
      reset();
      if (first === undefined || others.length > 0) void navigate({ to: '/results' });
      else void navigate({ to: '/results/$jobId', params: { jobId: first } });
    },
  });
  return (
    <div className="grid items-start gap-4 px-4 pb-10 md:px-5 xl:grid-cols-[minmax(0,1fr)_20rem]">
      <div className="flex min-w-0 flex-col gap-4">
        <Section title="What">
          <WhatSection draft={draft} change={change} model={model} />
        </Section>
        {!shape && (
          <Section title="Input">
            <SkeletonRows count={2} />
          </Section>
        )}
        {shape?.shared && (
          <Section title="Target">
            <TargetSection
              key={draft.modelId}
              schema={shape.shared}
              values={draft.shared}
              change={(shared) => change({ shared })}
              moreTargets={draft.moreTargets}
              changeMore={(moreTargets) => change({ moreTargets })}
            />
          </Section>
        )}
        {shape && <Rows draft={draft} change={change} rows={rows} />}
        {model && <Advanced draft={draft} change={change} parameters={model.parameters} />}
      </div>
      <Summary
        draft={draft}
        model={model}
        rows={rows}
        submit={() => submit.mutate()}
        isSending={submit.isPending}
        error={submit.error}
        change={change}
      />
    </div>
  );
}

/** A job for each target. @returns their ids */
async function send(draft: Draft, { shape, library, sequences }: RowsState): Promise<readonly string[]> {
  const ids: string[] = [];
  for (const each of byTarget(draft)) {
    const body = shape && submissionOf(each, shape, { reading: library.library?.reading, sequences });
    const answer = each.rowsOf ? await hub.cloneJob(each.rowsOf.jobId, cloneOf(each)) : body && (await hub.submitJob(body));
    if (answer) ids.push(answer.id);
  }
  return ids;
}

const TITLES = { ligands: 'Ligands', sequences: 'Sequences', form: 'Input' } as const;

function Rows({ draft, change, rows }: { readonly draft: Draft; readonly change: SubmitFormProps['change']; readonly rows: RowsState }) {
  const { shape, library, upload, sequences } = rows;
  if (!shape) return null;
  return (
    <Section title={TITLES[shape.rows]}>
      {draft.rowsOf ? (
        <div className="flex flex-wrap items-center justify-between gap-2">
          <p>
            All {plural(draft.rowsOf.total, 'row')} of{' '}
            <Link to="/results/$jobId" params={{ jobId: draft.rowsOf.jobId }} className="text-accent underline">
              {draft.rowsOf.name}
            </Link>
            , as they were given.
          </p>
          <Button onClick={() => change({ rowsOf: undefined })}>Give other rows</Button>
        </div>
      ) : shape.rows === 'ligands' ? (
        <LigandSection text={draft.ligands} choices={draft} state={library} upload={draft.upload} uploadState={upload} change={change} />
      ) : shape.rows === 'sequences' ? (
        <SequenceSection
          text={draft.sequences}
          sequences={sequences}
          limits={rows.sequenceRules}
          change={(next) => change({ sequences: next })}
        />
      ) : (
        <SchemaForm schema={shape.own} values={draft.own} change={(own) => change({ own })} />
      )}
    </Section>
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
