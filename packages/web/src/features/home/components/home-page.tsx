import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { EmptyState, ErrorNote, SkeletonRows } from '../../../components/notes.tsx';
import { PageHead } from '../../../components/page-head.tsx';
import { modelsQuery } from '../../models/api/models.ts';
import { ModelState } from '../../models/components/model-state.tsx';
import { jobsQuery } from '../../results/api/jobs.ts';
import { JobLine } from '../../results/components/job-line.tsx';
import { LinkButton } from '../../../components/link-button.tsx';

export function HomePage() {
  const running = useQuery(jobsQuery({ status: 'running', limit: 5 }));
  const recent = useQuery(jobsQuery({ limit: 8 }));
  const open = running.data?.jobs ?? [];
  return (
    <>
      <PageHead title="Home">
        <LinkButton to="/submit" kind="primary">
          Submit a job
        </LinkButton>
      </PageHead>
      <div className="grid gap-4 px-4 pb-8 md:px-5 lg:grid-cols-[minmax(0,1fr)_20rem]">
        <div className="flex min-w-0 flex-col gap-4">
          {open.length > 0 && (
            <Panel title="Running now">
              {open.map((job) => (
                <JobLine key={job.id} job={job} />
              ))}
            </Panel>
          )}
          <Panel
            title="Recent"
            more={
              <Link to="/results" className="text-accent hover:underline">
                All results
              </Link>
            }
          >
            {recent.isError ? (
              <ErrorNote error={recent.error} retry={() => void recent.refetch()} />
            ) : !recent.data ? (
              <SkeletonRows count={4} height={53} />
            ) : recent.data.jobs.length === 0 ? (
              <EmptyState
                title="Nothing has run yet"
                action={
                  <LinkButton to="/submit" kind="primary">
                    Submit a job
                  </LinkButton>
                }
              >
                A job is one target with one ligand, or with a library of up to 100,000. Results appear here while they come in.
              </EmptyState>
            ) : (
              recent.data.jobs.map((job) => <JobLine key={job.id} job={job} />)
            )}
          </Panel>
        </div>
        <ModelsPanel />
      </div>
    </>
  );
}

function Panel({ title, more, children }: { readonly title: string; readonly more?: ReactNode; readonly children: ReactNode }) {
  return (
    <section className="panel">
      <div className="border-line flex items-center justify-between border-b px-3 py-2">
        <h2 className="font-medium">{title}</h2>
        {more}
      </div>
      {children}
    </section>
  );
}

function ModelsPanel() {
  const models = useQuery(modelsQuery);
  return (
    <Panel
      title="Models"
      more={
        <Link to="/models" className="text-accent hover:underline">
          Catalogue
        </Link>
      }
    >
      {models.isError ? (
        <ErrorNote error={models.error} retry={() => void models.refetch()} />
      ) : !models.data ? (
        <SkeletonRows count={3} height={57} />
      ) : (
        models.data.models.map((model) => (
          <div key={model.id} className="border-line flex items-start gap-2 border-b px-3 py-2 last:border-b-0">
            <div className="min-w-0 flex-1">
              <Link to="/models/$modelId" params={{ modelId: model.id }} className="font-medium hover:underline">
                {model.name} <span className="text-ink-3 font-normal">{model.version}</span>
              </Link>
              <div className="text-ink-2 text-xs">
                <ModelState state={model.state} />
              </div>
            </div>
            {model.state !== 'not_installed' && (
              <LinkButton to="/submit" search={{ model: model.id }} aria-label={`Submit to ${model.name}`}>
                Submit
              </LinkButton>
            )}
          </div>
        ))
      )}
      {models.data?.broken.map(({ folder, reasons }) => (
        <div key={folder} className="border-line text-bad border-t px-3 py-2 text-xs">
          {folder}: {reasons[0]}
        </div>
      ))}
    </Panel>
  );
}
