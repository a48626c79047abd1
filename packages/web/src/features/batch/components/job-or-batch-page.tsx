import { useParams } from '@tanstack/react-router';
import { ErrorNote, Skeleton, SkeletonRows } from '../../../components/notes.tsx';
import { JobPage } from '../../job/components/job-page.tsx';
import { useLiveJob } from '../api/job.ts';
import { BatchPage } from './batch-page.tsx';

export function JobOrBatchPage() {
  const { jobId } = useParams({ from: '/results/$jobId' });
  const job = useLiveJob(jobId);
  if (job.isError)
    return (
      <div className="p-5">
        <ErrorNote error={job.error} retry={() => void job.refetch()} />
      </div>
    );
  if (!job.data)
    return (
      <div>
        <div className="bg-surface-0 border-line flex flex-col gap-3 border-b px-5 py-4">
          <Skeleton width={240} height={20} />
          <Skeleton width="60%" />
          <Skeleton height={8} />
          <Skeleton width="50%" />
        </div>
        <SkeletonRows count={12} height={48} />
      </div>
    );
  return job.data.jobType === 'batch_parent' ? <BatchPage key={jobId} job={job.data} /> : <JobPage key={jobId} job={job.data} />;
}
