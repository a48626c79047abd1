/** Top hits as cards: the picture large, the score under it. */
import type { JobDetail, MetricDefinition } from '@omtx/contract';
import { useEffect, useState } from 'react';
import { Button } from '../../../components/button.tsx';
import { cx } from '../../../components/class-names.ts';
import { MoleculePicture } from '../../../components/molecule-picture.tsx';
import { Skeleton } from '../../../components/notes.tsx';
import { formatMetric } from '../../../lib/format.ts';
import { useRowStore } from '../api/row-store.ts';
import { nameOf, smilesOf } from '../columns.ts';

export interface GalleryProps {
  readonly job: JobDetail;
  readonly indexes: Uint32Array;
  readonly metrics: readonly MetricDefinition[];
  readonly current: number | undefined;
  readonly choose: (index: number) => void;
}

const STEP = 60;

export function Gallery({ job, indexes, metrics, current, choose }: GalleryProps) {
  const [count, setCount] = useState(STEP);
  const store = useRowStore(job.id);
  const shown = [...indexes.subarray(0, count)];
  useEffect(() => store.want(shown));
  const metric = metrics.find(({ id }) => id === job.rankBy);
  return (
    <div className="thin-scroll min-h-0 flex-1 overflow-auto p-4">
      <div className="grid grid-cols-[repeat(auto-fill,minmax(11rem,1fr))] gap-3">
        {shown.map((index) => {
          const row = store.get(index);
          const smiles = row && smilesOf(row);
          const score = metric === undefined ? undefined : row?.metrics[metric.id];
          return (
            <button
              key={index}
              type="button"
              onClick={() => choose(index)}
              aria-pressed={index === current}
              className={cx(
                'panel flex h-48 flex-col items-center gap-1 p-2 text-left',
                index === current && 'border-accent bg-accent-soft',
              )}
            >
              <span className="flex h-32 w-full items-center justify-center">
                {row ? (
                  smiles !== undefined &&
                  row.outcome !== 'rejected' && <MoleculePicture smiles={smiles} width={150} height={124} name={nameOf(row)} />
                ) : (
                  <Skeleton height={100} />
                )}
              </span>
              <span className="w-full truncate font-medium">{row ? nameOf(row) : <Skeleton width="60%" />}</span>
              <span className="flex w-full justify-between">
                <span className="text-ink-3">
                  {row?.rank === null || row === undefined ? (row?.outcome ?? '') : `rank ${String(row.rank)}`}
                </span>
                {score !== undefined && metric !== undefined && (
                  <span>
                    {formatMetric(score, metric)} <span className="text-ink-3 text-xs">{metric.unit}</span>
                  </span>
                )}
              </span>
            </button>
          );
        })}
      </div>
      {count < indexes.length && (
        <div className="flex justify-center py-4">
          <Button onClick={() => setCount(count + STEP)}>Show {Math.min(STEP, indexes.length - count)} more</Button>
        </div>
      )}
    </div>
  );
}
