/** Everything by name: pages, recent jobs, models, habits. */
import { Dialog } from '@base-ui/react/dialog';
import { useQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { Command } from 'cmdk';
import { useState } from 'react';
import { chooseDensity, chooseTheme, useDensity, useIsDark } from '../../../lib/preferences.ts';
import { modelsQuery } from '../../models/api/models.ts';
import { jobsQuery } from '../../results/api/jobs.ts';

const ITEM = 'flex cursor-pointer items-center gap-2 rounded-md px-2.5 py-1.5 data-[selected=true]:bg-accent-soft';

export function Palette({ close }: { readonly close: () => void }) {
  const [text, setText] = useState('');
  return (
    <Dialog.Root open onOpenChange={(open) => !open && close()}>
      <Dialog.Portal>
        <Dialog.Backdrop className="bg-overlay fixed inset-0 z-40" />
        <Dialog.Popup
          aria-label="Command palette"
          className="panel shadow-float fixed top-[12dvh] left-1/2 z-50 w-[36rem] max-w-[calc(100vw-2rem)] -translate-x-1/2 overflow-hidden"
        >
          <Command label="Command palette" loop>
            <Command.Input
              autoFocus
              value={text}
              onValueChange={setText}
              placeholder="Go to a page or a job, or do something"
              className="border-line w-full border-b bg-transparent px-4 py-3 text-base outline-none"
            />
            <Command.List className="thin-scroll max-h-[50dvh] overflow-auto p-2">
              <Command.Empty className="text-ink-2 px-2.5 py-4">Nothing by that name.</Command.Empty>
              <Entries close={close} text={text} />
            </Command.List>
          </Command>
        </Dialog.Popup>
      </Dialog.Portal>
    </Dialog.Root>
  );
}

function Entries({ close, text }: { readonly close: () => void; readonly text: string }) {
  const navigate = useNavigate();
  const isDark = useIsDark();
  const density = useDensity();
  const jobs = useQuery(jobsQuery({ limit: 30 }));
  const models = useQuery(modelsQuery);
  const then = (act: () => unknown) => () => {
    close();
    act();
  };
  const go = (to: '/' | '/submit' | '/results' | '/models' | '/analytics' | '/workers' | '/settings') => then(() => navigate({ to }));
  return (
    <>
      <Group heading="Pages">
        <Item onSelect={go('/')}>Home</Item>
        <Item onSelect={go('/submit')}>Submit a job</Item>
        <Item onSelect={go('/results')}>Results</Item>
        <Item onSelect={go('/models')}>Models</Item>
        <Item onSelect={go('/analytics')}>Analytics</Item>
        <Item onSelect={go('/workers')}>Workers</Item>
        <Item onSelect={go('/settings')}>Settings</Item>
      </Group>
      <Group heading="Do">
        <Item onSelect={then(() => chooseTheme(isDark ? 'light' : 'dark'))}>{isDark ? 'Light theme' : 'Dark theme'}</Item>
        <Item onSelect={then(() => chooseDensity(density === 'compact' ? 'comfortable' : 'compact'))}>
          {density === 'compact' ? 'Comfortable rows' : 'Compact rows'}
        </Item>
      </Group>
      <Group heading="Recent jobs">
        {jobs.data?.jobs.map((job) => (
          <Item
            key={job.id}
            value={`${job.name} ${job.id}`}
            onSelect={then(() => navigate({ to: '/results/$jobId', params: { jobId: job.id } }))}
          >
            <span className="min-w-0 flex-1 truncate">{job.name}</span>
            <span className="text-ink-3 text-xs">{job.status}</span>
          </Item>
        ))}
      </Group>
      <Group heading="Models">
        {models.data?.models.map(({ id, name }) => (
          <Item key={id} value={`model ${name} ${id}`} onSelect={then(() => navigate({ to: '/models/$modelId', params: { modelId: id } }))}>
            {name}
          </Item>
        ))}
      </Group>
      <Group heading="Search">
        {text.trim() !== '' && (
          <Item value={`search for ${text}`} onSelect={then(() => navigate({ to: '/results', search: { search: text.trim() } }))}>
            Search results for "{text.trim()}"
          </Item>
        )}
      </Group>
    </>
  );
}

function Group({ heading, children }: { readonly heading: string; readonly children: React.ReactNode }) {
  return (
    <Command.Group
      heading={heading}
      className="[&_[cmdk-group-heading]]:text-ink-3 [&_[cmdk-group-heading]]:px-2.5 [&_[cmdk-group-heading]]:py-1.5 [&_[cmdk-group-heading]]:text-xs"
    >
      {children}
    </Command.Group>
  );
}

function Item({
  value,
  onSelect,
  children,
}: {
  readonly value?: string;
  readonly onSelect: () => void;
  readonly children: React.ReactNode;
}) {
  return (
    <Command.Item {...(value === undefined ? {} : { value })} onSelect={onSelect} className={ITEM}>
      {children}
    </Command.Item>
  );
}
