import { Link } from '@tanstack/react-router';
import { StatusMark } from '../../../components/status.tsx';
import { formatCount, formatDuration } from '../../../lib/format.ts';
import type { Queues } from '../api/workers.ts';
import { HeadRow } from './head-row.tsx';

export function StandingJobs({ jobs }: { readonly jobs: Queues['standing'] }) {
  return (
    <table className="w-full text-left">
      <HeadRow names={['Job', 'Model', 'Lane', 'Rows', 'For', 'Why']} figures={['Rows', 'For']} />
      <tbody>
        {jobs.map(({ id, modelId, modelVersion, lane, openRows, standingSeconds, needsSomebody, reason }) => (
          <tr key={id} className="border-line border-b align-top last:border-b-0">
            <td className="px-3 py-2">
              <Link to="/results/$jobId" params={{ jobId: id }} className="text-accent font-mono hover:underline">
                {id.slice(-12)}
              </Link>
            </td>
            <td className="px-3 py-2 whitespace-nowrap">
              {modelId} {modelVersion}
            </td>
            <td className="px-3 py-2">{lane}</td>
            <td className="px-3 py-2 text-right">{formatCount(openRows)}</td>
            <td className="px-3 py-2 text-right whitespace-nowrap">{formatDuration(standingSeconds)}</td>
            <td className="px-3 py-2">
              <span className={needsSomebody ? 'flex items-start gap-1.5' : 'text-ink-2'}>
                {needsSomebody && <StatusMark status="failed" />}
                {reason}
              </span>
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
