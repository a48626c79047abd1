/** Why rows failed or were refused: a line for each reason, what to do, the rows of it, and running them again. */
import { FAILURE_CODES, isFailureCode, REJECTION_CODES, type JobDetail } from '@omtx/contract';
import { useQuery } from '@tanstack/react-query';
import { Button } from '../../../components/button.tsx';
import { StatusMark } from '../../../components/status.tsx';
import { formatCount, plural } from '../../../lib/format.ts';
import { hub } from '../../../lib/hub.ts';
import { statisticsQuery } from '../api/job.ts';
import { useJobAction } from './job-actions.tsx';

export interface FailureGroupsProps {
  readonly job: JobDetail;
  readonly code: string | undefined;
  readonly showCode: (code: string | undefined) => void;
}

export function FailureGroups({ job, code, showCode }: FailureGroupsProps) {
  const statistics = useQuery({ ...statisticsQuery(job.id), enabled: job.progress.failed > 0 });
  const groups = Object.entries(statistics.data?.byCode ?? {}).sort(([, a], [, b]) => b - a);
  if (groups.length === 0) return null;
  return (
    <details className="text-ink-2 mt-1">
      <summary className="cursor-pointer">
        Why: {groups.map(([each, count]) => `${kindOf(each).title} (${formatCount(count)})`).join(', ')}
      </summary>
      <ul className="border-line mt-1 border-t">
        {groups.map(([each, count]) => (
          <Group
            key={each}
            job={job}
            code={each}
            count={count}
            isShown={code === each}
            show={() => showCode(code === each ? undefined : each)}
          />
        ))}
      </ul>
    </details>
  );
}

interface GroupProps {
  readonly job: JobDetail;
  readonly code: string;
  readonly count: number;
  readonly isShown: boolean;
  readonly show: () => void;
}

function Group({ job, code, count, isShown, show }: GroupProps) {
  const retry = useJobAction(
    job.id,
    () => hub.retryJob(job.id, { codes: [code] }),
    ({ retried }) => `${plural(retried, 'row')} will run again; earlier attempts are kept`,
  );
  const { title, remedy } = kindOf(code);
  const canRetry = isFailureCode(code);
  return (
    <li className="border-line flex flex-wrap items-center gap-2 border-b py-1.5">
      <StatusMark status={canRetry ? 'failed' : 'rejected'} />
      <span className="min-w-60 flex-1">
        <b className="text-ink-1 font-medium">
          {title}: {plural(count, 'row')}.
        </b>{' '}
        {remedy}
      </span>
      <Button onClick={show} aria-pressed={isShown}>
        {isShown ? 'Show all rows' : 'Show them'}
      </Button>
      {canRetry && (
        <Button icon="retry" onClick={() => retry.mutate()} disabled={retry.isPending}>
          Run again
        </Button>
      )}
    </li>
  );
}

function kindOf(code: string): { readonly title: string; readonly remedy: string } {
  const kinds: Readonly<Record<string, { readonly title: string; readonly remedy: string } | undefined>> = {
    ...FAILURE_CODES,
    ...REJECTION_CODES,
  };
  return kinds[code] ?? { title: code, remedy: '' };
}
