import { useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { ErrorNote, SkeletonRows } from '../../../components/notes.tsx';
import { PageHead } from '../../../components/page-head.tsx';
import { queuesQuery, workersQuery } from '../api/workers.ts';
import { HostsTable } from './hosts-table.tsx';
import { QueuesTable } from './queues-table.tsx';
import { StandingJobs } from './standing-jobs.tsx';

/** What an operator looks at: what stands still and why, what waits, and the hosts that work. */
export function WorkersPage() {
  const workers = useQuery(workersQuery);
  const queues = useQuery(queuesQuery);
  return (
    <>
      <PageHead title="Workers" note="What stands still, what waits, and the hosts that run models." />
      <div className="flex flex-col gap-4 px-4 pb-8 md:px-5">
        {queues.data && queues.data.standing.length > 0 && (
          <Section title="Standing still" note={`${String(queues.data.standingCount)} of the jobs that are not finished`}>
            <StandingJobs jobs={queues.data.standing} />
          </Section>
        )}
        <Section title="Queues" note="By model and lane; the oldest first">
          {queues.isError ? (
            <ErrorNote error={queues.error} retry={() => void queues.refetch()} />
          ) : queues.data ? (
            <QueuesTable queues={queues.data.queues} models={queues.data.models} />
          ) : (
            <SkeletonRows count={2} />
          )}
        </Section>
        <Section title="Hosts" note="One that stopped is listed for a day">
          {workers.isError ? (
            <ErrorNote error={workers.error} retry={() => void workers.refetch()} />
          ) : workers.data ? (
            <HostsTable workers={workers.data.workers} />
          ) : (
            <SkeletonRows count={3} height={48} />
          )}
        </Section>
      </div>
    </>
  );
}

function Section({ title, note, children }: { readonly title: string; readonly note: string; readonly children: ReactNode }) {
  return (
    <section className="panel" aria-label={title}>
      <div className="border-line flex flex-wrap items-baseline gap-x-3 border-b px-3 py-2">
        <h2 className="font-medium">{title}</h2>
        <p className="text-ink-2">{note}</p>
      </div>
      <div className="overflow-x-auto" tabIndex={0} role="region" aria-label={`${title}, table`}>
        {children}
      </div>
    </section>
  );
}
