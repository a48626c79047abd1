import type { JobsPage } from '@omtx/client';
import { JOB_STATUSES } from '@omtx/contract';
import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { Button } from '../../../components/button.tsx';
import { EmptyState, ErrorNote, SkeletonRows } from '../../../components/notes.tsx';
import { PageHead } from '../../../components/page-head.tsx';
import { plural } from '../../../lib/format.ts';
import { modelsQuery } from '../../models/api/models.ts';
import { allJobsQuery } from '../api/jobs.ts';
import type { ResultsSearch } from '../results-search.ts';
import { JobLine } from './job-line.tsx';
import { LinkButton } from '../../../components/link-button.tsx';

export function ResultsPage() {
  const { search, status, model } = useSearch({ from: '/results' });
  const jobs = useInfiniteQuery(
    allJobsQuery({
      ...(search === undefined ? {} : { search }),
      ...(status ? { status } : {}),
      ...(model === undefined ? {} : { modelId: model }),
    }),
  );
  const found = jobs.data?.pages.flatMap((page) => page.jobs);
  const total = jobs.data?.pages[0]?.total;
  const isFiltered = search !== undefined || status !== undefined || model !== undefined;
  return (
    <>
      <PageHead title="Results" note={total === undefined ? '\u00a0' : plural(total, 'job')}>
        <LinkButton to="/submit" kind="primary">
          Submit a job
        </LinkButton>
      </PageHead>
      <Filters />
      <Corrections corrections={jobs.data?.pages[0]?.corrections ?? []} />
      <div className="panel mx-4 mb-6 md:mx-5">
        {jobs.isError ? (
          <ErrorNote error={jobs.error} retry={() => void jobs.refetch()} />
        ) : !found ? (
          <SkeletonRows count={8} height={53} />
        ) : found.length === 0 ? (
          <NothingFound isFiltered={isFiltered} />
        ) : (
          found.map((job) => <JobLine key={job.id} job={job} />)
        )}
      </div>
      {jobs.hasNextPage && (
        <div className="flex justify-center pb-8">
          <Button onClick={() => void jobs.fetchNextPage()} disabled={jobs.isFetchingNextPage}>
            Show more
          </Button>
        </div>
      )}
    </>
  );
}

function Corrections({ corrections }: { readonly corrections: JobsPage['corrections'] }) {
  if (corrections.length === 0) return null;
  return (
    <p role="status" className="text-ink-2 px-4 pb-3 text-sm md:px-5">
      {corrections.map(({ word, as }) => `No job has "${word}"; shown is what has ${as.join(' or ')}.`).join(' ')}
    </p>
  );
}

function NothingFound({ isFiltered }: { readonly isFiltered: boolean }) {
  if (isFiltered)
    return (
      <EmptyState title="No job fits the filters" action={<LinkButton to="/results">Clear the filters</LinkButton>}>
        The search looks at names of jobs, ligands and proteins, tags, notes, projects, tasks and models, at the beginnings of ids, and for
        a molecule by its SMILES or InChIKey.
      </EmptyState>
    );
  return (
    <EmptyState
      title="No results yet"
      action={
        <LinkButton to="/submit" kind="primary">
          Submit a job
        </LinkButton>
      }
    >
      Give a target and one ligand or a library. Every row of the input comes back with exactly one outcome.
    </EmptyState>
  );
}

function Filters() {
  const search: ResultsSearch = useSearch({ from: '/results' });
  const navigate = useNavigate({ from: '/results' });
  const models = useQuery(modelsQuery);
  const change = (part: ResultsSearch): void => {
    void navigate({ search: (before) => ({ ...before, ...part }), replace: true });
  };
  return (
    <div className="no-print flex flex-wrap items-center gap-2 px-4 pb-3 md:px-5">
      <select
        aria-label="Status"
        className="field !w-auto !text-sm"
        value={search.status ?? ''}
        onChange={({ target }) => change({ status: JOB_STATUSES.find((each) => each === target.value) })}
      >
        <option value="">Any status</option>
        {JOB_STATUSES.map((status) => (
          <option key={status}>{status}</option>
        ))}
      </select>
      <select
        aria-label="Model"
        className="field !w-auto !text-sm"
        value={search.model ?? ''}
        onChange={({ target }) => change({ model: target.value || undefined })}
      >
        <option value="">Any model</option>
        {models.data?.models.map(({ id, name }) => (
          <option key={id} value={id}>
            {name}
          </option>
        ))}
      </select>
      {search.search !== undefined && (
        <button
          type="button"
          className="border-line bg-surface-0 flex h-8 items-center gap-2 rounded-md border px-2.5"
          onClick={() => change({ search: undefined })}
        >
          <span className="text-ink-2">search</span> {search.search} <span aria-hidden="true">×</span>
          <span className="sr-only">Clear the search</span>
        </button>
      )}
    </div>
  );
}
