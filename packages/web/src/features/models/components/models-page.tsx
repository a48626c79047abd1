import type { ModelsAnswer, ModelsQuery } from '@omtx/client';
import { useQuery } from '@tanstack/react-query';
import { Link, useSearch } from '@tanstack/react-router';
import { EmptyState, ErrorNote, SkeletonRows } from '../../../components/notes.tsx';
import { PageHead } from '../../../components/page-head.tsx';
import { plural } from '../../../lib/format.ts';
import { catalogueQuery, tasksQuery } from '../api/models.ts';
import { ModelsFilters } from './models-filters.tsx';
import { ModelState } from './model-state.tsx';
import { LinkButton } from '../../../components/link-button.tsx';

export function ModelsPage() {
  const filter: ModelsQuery = useSearch({ from: '/models' });
  const models = useQuery(catalogueQuery(filter));
  const found = models.data && usableFirst(models.data.models);
  return (
    <>
      <PageHead title="Models" note={found ? `${plural(found.length, 'model')}, those that run first` : '\u00a0'} />
      <ModelsFilters />
      <div className="panel mx-4 mb-6 md:mx-5">
        {models.isError ? (
          <ErrorNote error={models.error} retry={() => void models.refetch()} />
        ) : !found ? (
          <SkeletonRows count={3} height={64} />
        ) : found.length === 0 ? (
          <NothingFound />
        ) : (
          found.map((model) => <ModelLine key={model.id} model={model} />)
        )}
      </div>
      {models.data?.broken.map(({ folder, reasons }) => (
        <div key={folder} role="alert" className="panel border-bad mx-4 mb-4 p-3 md:mx-5">
          <p className="font-medium">The folder {folder} is broken; the other models work</p>
          <ul className="text-ink-2 list-disc pl-5">
            {reasons.map((reason) => (
              <li key={reason}>{reason}</li>
            ))}
          </ul>
        </div>
      ))}
    </>
  );
}

function usableFirst(models: ModelsAnswer['models']): ModelsAnswer['models'] {
  return models.toSorted((a, b) => Number(isUsable(b.state)) - Number(isUsable(a.state)));
}

function isUsable(state: ModelsAnswer['models'][number]['state']): boolean {
  return state === 'installed' || state === 'offered';
}

function NothingFound() {
  return (
    <EmptyState
      title="No model fits the filters"
      action={
        <LinkButton to="/models">
          Clear the filters
        </LinkButton>
      }
    >
      A model of your own is a folder: docs/add-a-model.md shows the way.
    </EmptyState>
  );
}

function ModelLine({ model }: { readonly model: ModelsAnswer['models'][number] }) {
  const tasks = useQuery(tasksQuery);
  const titles = model.taskTypes.map((id) => tasks.data?.tasks.find((task) => task.id === id)?.title ?? id);
  return (
    <div className="border-line flex flex-wrap items-start gap-x-6 gap-y-2 border-b px-3 py-3 last:border-b-0">
      <div className="min-w-60 flex-1 basis-80">
        <Link to="/models/$modelId" params={{ modelId: model.id }} className="font-medium hover:underline">
          {model.name} <span className="text-ink-3 font-normal">{model.version}</span>
        </Link>
        <p className="text-ink-2">{model.summary}</p>
        <p className="text-ink-3 text-xs">{titles.join(', ')}</p>
      </div>
      <div className="w-44">
        <ModelState state={model.state} />
        {model.remedy !== null && <p className="text-ink-3 text-xs">{model.remedy}</p>}
      </div>
      <div className="text-ink-2 w-32 text-xs">
        <p>code: {model.license.code}</p>
        <p>weights: {model.license.weights}</p>
        {model.license.commercialUse !== 'allowed' && (
          <p className="text-ink-1">{model.license.commercialUse === 'forbidden' ? 'no commercial use' : 'commercial use unclear'}</p>
        )}
      </div>
      <div className="w-20 text-right">
        {isUsable(model.state) && (
          <LinkButton to="/submit" search={{ model: model.id }} aria-label={`Submit to ${model.name}`}>
            Submit
          </LinkButton>
        )}
      </div>
    </div>
  );
}
