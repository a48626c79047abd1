import type { ModelsAnswer } from '@omtx/client';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { buttonClass } from '../../../components/button.tsx';
import { ErrorNote, SkeletonRows } from '../../../components/notes.tsx';
import { PageHead } from '../../../components/page-head.tsx';
import { modelsQuery, tasksQuery } from '../api/models.ts';
import { ModelState } from './model-state.tsx';

export function ModelsPage() {
  const models = useQuery(modelsQuery);
  return (
    <>
      <PageHead title="Models" note="What this hub can run, what it needs, and under which licence." />
      <div className="panel mx-4 mb-6 md:mx-5">
        {models.isError ? (
          <ErrorNote error={models.error} retry={() => void models.refetch()} />
        ) : !models.data ? (
          <SkeletonRows count={3} height={64} />
        ) : (
          models.data.models.map((model) => <ModelLine key={model.id} model={model} />)
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
        <p>code: {licenceWord(model.license['code'])}</p>
        <p>weights: {licenceWord(model.license['weights'])}</p>
      </div>
      <div className="w-20 text-right">
        {model.state !== 'not_installed' && (
          <Link to="/submit" search={{ model: model.id }} className={buttonClass('plain')} aria-label={`Submit to ${model.name}`}>
            Submit
          </Link>
        )}
      </div>
    </div>
  );
}

function licenceWord(licence: unknown): string {
  return typeof licence === 'string' ? licence : 'none';
}
