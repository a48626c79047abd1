import { useQuery } from '@tanstack/react-query';
import { useParams } from '@tanstack/react-router';
import { ErrorNote, SkeletonRows } from '../../../components/notes.tsx';
import { rowQuery, useLiveJob } from '../../batch/api/job.ts';
import { RowView } from './row-view.tsx';

/** One row of a batch on a page of its own. */
export function RowPage() {
  const { jobId, index } = useParams({ from: '/results/$jobId/rows/$index' });
  const job = useLiveJob(jobId);
  const row = useQuery(rowQuery(jobId, Number(index)));
  const error = job.error ?? row.error;
  if (error)
    return (
      <div className="p-5">
        <ErrorNote error={error} retry={() => void Promise.all([job.refetch(), row.refetch()])} />
      </div>
    );
  if (!job.data || !row.data) return <SkeletonRows count={8} />;
  return <RowView job={job.data} row={row.data} />;
}
