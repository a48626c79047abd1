import { EmptyState } from '../../../components/notes.tsx';
import { Status } from '../../../components/status.tsx';
import { formatDuration, formatTime } from '../../../lib/format.ts';
import type { Worker } from '../api/workers.ts';
import { HeadRow } from './head-row.tsx';

const NAMES = ['Host', 'State', 'Version', 'Has', 'Offers', 'Runs', 'Rows in flight', 'Since'];
/** Leases go by the database's clock, so a wrong one stops nothing; logs and signed addresses suffer. */
const CLOCK_LIMIT_SECONDS = 2;

export function HostsTable({ workers }: { readonly workers: readonly Worker[] }) {
  if (workers.length === 0)
    return (
      <EmptyState title="No worker has been seen">
        This hub takes no runs itself. Start a worker with <code className="font-mono">npm run omtx -- work</code> on a host where a model
        is installed.
      </EmptyState>
    );
  return (
    <table className="w-full text-left">
      <HeadRow names={NAMES} figures={['Runs', 'Rows in flight']} />
      <tbody>
        {workers.map((worker) => (
          <tr key={worker.id} className="border-line border-b last:border-b-0">
            <td className="px-3 py-2 font-medium">{worker.host}</td>
            <td className="px-3 py-2" title={`Last heard of ${formatTime(worker.heartbeatAt)}`}>
              <HostState worker={worker} />
            </td>
            <td className="px-3 py-2">{worker.version === '' ? 'not told' : worker.version}</td>
            <td className="px-3 py-2">{hardwareText(worker)}</td>
            <td className="px-3 py-2">
              {worker.offers
                .map(({ modelId, modelVersion, slots }) => `${modelId} ${modelVersion} (${String(slots)} at once)`)
                .join(', ') || 'nothing'}
            </td>
            <td className="px-3 py-2 text-right">{worker.liveRuns}</td>
            <td className="px-3 py-2 text-right">{worker.rowsInFlight}</td>
            <td className="text-ink-2 px-3 py-2 whitespace-nowrap">{formatTime(worker.startedAt)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function HostState({ worker }: { readonly worker: Worker }) {
  const { isAlive, stoppedAt, drainingSince, liveRuns, silentSeconds, clockAheadSeconds } = worker;
  if (stoppedAt !== null) return <Status status="cancelled">stopped</Status>;
  if (!isAlive) return <Status status="failed">silent for {formatDuration(silentSeconds)}</Status>;
  return (
    <>
      {drainingSince !== null ? (
        <Status status="paused">draining</Status>
      ) : liveRuns > 0 ? (
        <Status status="running">working</Status>
      ) : (
        <Status status="completed">ready</Status>
      )}
      {clockAheadSeconds !== null && Math.abs(clockAheadSeconds) > CLOCK_LIMIT_SECONDS && (
        <p className="text-warn">
          clock {formatDuration(Math.abs(clockAheadSeconds))} {clockAheadSeconds > 0 ? 'fast' : 'slow'}
        </p>
      )}
    </>
  );
}

/** `8 CPUs, 2 NVIDIA L4`. */
function hardwareText({ cpus, gpus }: Worker): string {
  const byName = Map.groupBy(gpus, ({ name }) => name);
  const cpuText = cpus === 1 ? '1 CPU' : `${String(cpus)} CPUs`;
  return [cpuText, ...[...byName].map(([name, of]) => `${String(of.length)} ${name}`)].join(', ');
}
