import { licenseText, sourceText, type MetricDefinition } from '@omtx/contract';
import { useQuery } from '@tanstack/react-query';
import { useParams } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { ErrorNote, SkeletonRows } from '../../../components/notes.tsx';
import { PageHead } from '../../../components/page-head.tsx';
import { formatBytes, formatDuration } from '../../../lib/format.ts';
import { modelQuery } from '../api/models.ts';
import { ModelState } from './model-state.tsx';
import { LinkButton } from '../../../components/link-button.tsx';

export function ModelPage() {
  const { modelId } = useParams({ from: '/models/$modelId' });
  const model = useQuery(modelQuery(modelId));
  if (model.isError)
    return (
      <div className="p-5">
        <ErrorNote error={model.error} retry={() => void model.refetch()} />
      </div>
    );
  if (!model.data) return <SkeletonRows count={8} />;
  const { name, version, summary, state, remedy, caveats, metrics, resources, timing, license, source, citation, homepage } = model.data;
  return (
    <>
      <PageHead title={name} note={summary}>
        {(state === 'installed' || state === 'offered') && (
          <LinkButton to="/submit" search={{ model: modelId }} kind="primary">
            Submit to {name}
          </LinkButton>
        )}
      </PageHead>
      <div className="grid gap-4 px-4 pb-8 md:px-5 lg:grid-cols-[minmax(0,1fr)_20rem]">
        <div className="flex min-w-0 flex-col gap-4">
          {caveats.length > 0 && (
            <Section title="What to know before trusting it">
              <ul className="flex list-disc flex-col gap-1 py-2 pr-3 pl-7">
                {caveats.map((caveat) => (
                  <li key={caveat}>{caveat}</li>
                ))}
              </ul>
            </Section>
          )}
          <Section title="Metrics">
            <Metrics metrics={metrics} />
          </Section>
        </div>
        <Section title="Facts">
          <dl className="grid grid-cols-[auto_minmax(0,1fr)] gap-x-4 gap-y-1.5 p-3">
            <Fact name="Version">{version}</Fact>
            <Fact name="State">
              <ModelState state={state} />
              {remedy !== null && <p className="text-ink-3">{remedy}</p>}
            </Fact>
            <Fact name="Licence">
              {licenseText(license)}
              {license.note !== undefined && <p className="text-ink-3">{license.note}</p>}
            </Fact>
            <Fact name="Source">{sourceText(source)}</Fact>
            <Fact name="Needs">{needs(resources)}</Fact>
            <Fact name="Time">{time(timing)}</Fact>
            <Fact name="Cite">{textOf(citation['text'])}</Fact>
            <Fact name="Home">
              <a href={homepage} rel="noreferrer" target="_blank" className="text-accent break-all hover:underline">
                {homepage}
              </a>
            </Fact>
          </dl>
        </Section>
      </div>
    </>
  );
}

function Section({ title, children }: { readonly title: string; readonly children: ReactNode }) {
  return (
    <section className="panel self-start">
      <h2 className="border-line border-b px-3 py-2 font-medium">{title}</h2>
      {children}
    </section>
  );
}

function Fact({ name, children }: { readonly name: string; readonly children: ReactNode }) {
  return (
    <>
      <dt className="text-ink-3">{name}</dt>
      <dd className="min-w-0 break-words">{children}</dd>
    </>
  );
}

function Metrics({ metrics }: { readonly metrics: readonly MetricDefinition[] }) {
  return (
    <dl>
      {metrics.map(({ id, label, unit, direction, meaning, caveat }) => (
        <div key={id} className="border-line border-b px-3 py-2 last:border-b-0">
          <dt className="flex flex-wrap items-baseline gap-x-2">
            <span className="font-medium">{label}</span>
            {unit !== '' && <span className="text-ink-3">{unit}</span>}
            {direction !== 'none' && <span className="text-ink-3 text-xs">{direction} is better</span>}
          </dt>
          <dd className="text-ink-2">{meaning}</dd>
          {caveat !== undefined && <dd className="text-ink-3 text-xs">{caveat}</dd>}
        </div>
      ))}
    </dl>
  );
}

function needs(resources: Readonly<Record<string, unknown>>): string {
  const { cpus, memoryBytes, gpus } = resources;
  const parts = [`${String(cpus)} CPU`, ...(typeof memoryBytes === 'number' ? [`${formatBytes(memoryBytes)} memory`] : [])];
  return [...parts, typeof gpus === 'number' && gpus > 0 ? `${String(gpus)} GPU` : 'no GPU'].join(', ');
}

function time(timing: Readonly<Record<string, unknown>>): string {
  const { setupSeconds, rowSeconds } = timing;
  if (typeof setupSeconds !== 'number' || typeof rowSeconds !== 'number') return 'not known';
  return `about ${formatDuration(setupSeconds)} to set up, ${formatDuration(rowSeconds)} a row`;
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
