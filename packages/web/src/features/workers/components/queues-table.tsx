import { EmptyState } from '../../../components/notes.tsx';
import { formatCount, formatDuration } from '../../../lib/format.ts';
import type { Queues } from '../api/workers.ts';
import { HeadRow } from './head-row.tsx';

const FIGURES = ['Jobs', 'Rows', 'Oldest', 'Slots', 'Hosts'];

export function QueuesTable({ queues, models }: Pick<Queues, 'queues' | 'models'>) {
  if (queues.length === 0) return <EmptyState title="Nothing waits">Every job is finished.</EmptyState>;
  const loads = new Map(models.map((load) => [load.modelId, load]));
  return (
    <table className="w-full text-left">
      <HeadRow names={['Model', 'Lane', ...FIGURES]} figures={FIGURES} />
      <tbody>
        {queues.map(({ modelId, lane, openJobs, openRows, oldestSeconds }) => {
          const load = loads.get(modelId);
          return (
            <tr key={`${modelId} ${lane}`} className="border-line border-b last:border-b-0">
              <td className="px-3 py-2 font-medium">{modelId}</td>
              <td className="px-3 py-2">{lane}</td>
              <td className="px-3 py-2 text-right">{formatCount(openJobs)}</td>
              <td className="px-3 py-2 text-right">{formatCount(openRows)}</td>
              <td className="px-3 py-2 text-right whitespace-nowrap">{formatDuration(oldestSeconds)}</td>
              <td className="px-3 py-2 text-right whitespace-nowrap">
                {load?.slotsInUse ?? 0} of {load?.slotsOffered ?? 0}
              </td>
              <td className="px-3 py-2 text-right">{load?.hosts ?? 0}</td>
            </tr>
          );
        })}
      </tbody>
    </table>
  );
}
