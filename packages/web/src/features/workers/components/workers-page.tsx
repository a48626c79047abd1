import { useQuery } from '@tanstack/react-query';
import { EmptyState, ErrorNote, SkeletonRows } from '../../../components/notes.tsx';
import { PageHead } from '../../../components/page-head.tsx';
import { Status } from '../../../components/status.tsx';
import { formatDuration, formatTime } from '../../../lib/format.ts';
import { hub } from '../../../lib/hub.ts';

const AGAIN_MS = 5_000;

type Worker = Awaited<ReturnType<typeof hub.listWorkers>>['workers'][number];

export function WorkersPage() {
  const workers = useQuery({ queryKey: ['workers'], queryFn: () => hub.listWorkers(), refetchInterval: AGAIN_MS });
  const all = workers.data?.workers;
  return (
    <>
      <PageHead title="Workers" note="Hosts that run models. One that stopped is listed for a day." />
      <div className="panel mx-4 mb-6 overflow-x-auto md:mx-5" tabIndex={0} role="region" aria-label="Workers">
        {workers.isError ? (
          <ErrorNote error={workers.error} retry={() => void workers.refetch()} />
        ) : !all ? (
          <SkeletonRows count={3} height={48} />
        ) : all.length === 0 ? (
          <EmptyState title="No worker has been seen">
            This hub takes no runs itself. Start a worker with <code className="font-mono">npm run omtx -- work</code> on a host where a
            model is installed.
          </EmptyState>
        ) : (
          <table className="w-full text-left">
            <thead className="text-ink-2 text-xs">
              <tr className="border-line border-b">
                {['Host', 'State', 'Has', 'Offers', 'Runs', 'Rows in flight', 'Since'].map((name) => (
                  <th key={name} className={`px-3 py-2 font-normal ${name === 'Runs' || name === 'Rows in flight' ? 'text-right' : ''}`}>
                    {name}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {all.map((worker) => (
                <tr key={worker.id} className="border-line border-b last:border-b-0">
                  <td className="px-3 py-2 font-medium">{worker.host}</td>
                  <td className="px-3 py-2" title={`Last heard of ${formatTime(worker.heartbeatAt)}`}>
                    {worker.isAlive ? (
                      <Status status={worker.liveRuns > 0 ? 'running' : 'completed'}>{worker.liveRuns > 0 ? 'working' : 'ready'}</Status>
                    ) : worker.stoppedAt !== null ? (
                      <Status status="cancelled">stopped</Status>
                    ) : (
                      <Status status="failed">silent for {formatDuration((Date.now() - Date.parse(worker.heartbeatAt)) / 1_000)}</Status>
                    )}
                  </td>
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
        )}
      </div>
    </>
  );
}

/** `8 CPUs, 2 NVIDIA L4`. */
function hardwareText({ cpus, gpus }: Worker): string {
  const byName = Map.groupBy(gpus, ({ name }) => name);
  const cpuText = cpus === 1 ? '1 CPU' : `${String(cpus)} CPUs`;
  return [cpuText, ...[...byName].map(([name, of]) => `${String(of.length)} ${name}`)].join(', ');
}
