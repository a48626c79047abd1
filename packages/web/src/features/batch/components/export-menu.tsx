/** Results as files: of all rows, of those that the view shows, or of those that are marked. */
import { Menu } from '@base-ui/react/menu';
import type { ExportFormat, JobDetail } from '@omtx/contract';
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { buttonClass } from '../../../components/button.tsx';
import { saveAs } from '../../../components/charts/export-chart.ts';
import { cx } from '../../../components/class-names.ts';
import { Icon } from '../../../components/icons.tsx';
import { toasts } from '../../../components/toasts.tsx';
import { formatCount } from '../../../lib/format.ts';
import { explainError, hub } from '../../../lib/hub.ts';
import { filterOf, isFiltered, type BatchSearch } from '../batch-search.ts';

const FORMATS = [
  ['csv', 'CSV', 'rows with outcome and metrics'],
  ['tsv', 'TSV', 'the same with tabs'],
  ['xlsx', 'Excel', 'the same with pictures of the structures'],
  ['parquet', 'Parquet', 'the same for programs, with typed columns'],
  ['sdf', 'SDF', 'best structures with their metrics'],
  ['zip', 'ZIP', 'table, rows and all files, with checksums'],
  ['jsonl', 'JSON lines', 'one object a row'],
  ['json', 'JSON', 'one array'],
  ['bib', 'BibTeX', 'how to cite the model'],
] as const satisfies readonly (readonly [ExportFormat, string, string])[];

type Scope = 'all' | 'view' | 'selected';

export interface ExportMenuProps {
  readonly job: JobDetail;
  readonly search: BatchSearch;
  readonly selected: ReadonlySet<number>;
}

export function ExportMenu({ job, search, selected }: ExportMenuProps) {
  const [wanted, setScope] = useState<Scope>('all');
  const scopes = scopesOf(job, search, selected);
  const scope = scopes.some(([each]) => each === wanted) ? wanted : 'all';
  const sendFor = useSelectedExport(job, selected);
  return (
    <Menu.Root>
      <Menu.Trigger className={buttonClass('primary')}>
        <Icon name="download" /> Export
      </Menu.Trigger>
      <Menu.Portal>
        <Menu.Positioner sideOffset={4} align="end" className="z-40">
          <Menu.Popup className="panel shadow-float w-80 p-1">
            <Menu.RadioGroup value={scope} onValueChange={(value: Scope) => setScope(value)} aria-label="Which rows">
              {scopes.map(([each, words]) => (
                <Menu.RadioItem
                  key={each}
                  value={each}
                  closeOnClick={false}
                  className="data-[highlighted]:bg-accent-soft flex items-center gap-2 rounded-md px-2.5 py-1.5"
                >
                  <span className={cx('border-line-strong size-3 rounded-full border', scope === each && 'border-accent bg-accent')} />
                  {words}
                </Menu.RadioItem>
              ))}
            </Menu.RadioGroup>
            <Menu.Separator className="bg-line my-1 h-px" />
            {FORMATS.map(([format, name, what]) => (
              <Menu.Item
                key={format}
                {...(scope === 'selected'
                  ? { onClick: () => sendFor.mutate(format) }
                  : {
                      render: (
                        <a
                          href={addressOf(job.id, format, scope === 'view' ? search : undefined)}
                          download
                          aria-label={`${name}: ${what}`}
                        />
                      ),
                    })}
                className="data-[highlighted]:bg-accent-soft flex items-baseline gap-2 rounded-md px-2.5 py-1.5"
              >
                <span className="w-20 shrink-0 font-medium">{name}</span>
                <span className="text-ink-2">{what}</span>
              </Menu.Item>
            ))}
          </Menu.Popup>
        </Menu.Positioner>
      </Menu.Portal>
    </Menu.Root>
  );
}

function scopesOf(job: JobDetail, search: BatchSearch, selected: ReadonlySet<number>): readonly (readonly [Scope, string])[] {
  const view = isFiltered(search) ? 'The rows of this view, in its order' : 'All rows, in the order of this view';
  return [
    ['all', `All ${formatCount(job.progress.total)} rows, as they were given`],
    ['view', view],
    ...(selected.size > 0 ? ([['selected', `The ${formatCount(selected.size)} selected rows`]] as const) : []),
  ];
}

/** The browser itself takes the file, however large it is. */
function addressOf(jobId: string, format: ExportFormat, search: BatchSearch | undefined): string {
  const query = new URLSearchParams({ format });
  const view: Readonly<Record<string, string | undefined>> = search ? { sort: 'rank', ...filterOf(search) } : {};
  for (const [name, value] of Object.entries(view)) if (value !== undefined) query.set(name, value);
  return `/api/v4/jobs/${jobId}/export?${query.toString()}`;
}

/** Marked rows may be too many for an address, so they are sent, and the answer is saved. */
function useSelectedExport(job: JobDetail, selected: ReadonlySet<number>) {
  return useMutation({
    mutationFn: async (format: ExportFormat) => {
      const { content } = await hub.exportRows(job.id, format, { rows: [...selected].sort((a, b) => a - b) });
      saveAs(await new Response(content).blob(), `${job.name.replaceAll(/[^\w.-]+/g, '-')}-selected.${format}`);
    },
    onError: (error) => {
      const { title, detail } = explainError(error);
      toasts.add({ title, description: detail });
    },
  });
}
