import type { JobDetail } from '@omtx/contract';
import { EmptyState } from '../../../components/notes.tsx';
import { RowView } from './row-view.tsx';

/** An individual job: its one row. */
export function JobPage({ job }: { readonly job: JobDetail }) {
  if (job.row === null) return <EmptyState title="This job has no row">Its input was refused; submit it again.</EmptyState>;
  return <RowView job={job} row={job.row} />;
}
