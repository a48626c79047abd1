import type { ModelsQuery } from '@omtx/client';
import { COMMERCIAL_USE, GPU_NEEDS, MODEL_STATES, MODEL_STATUSES } from '@omtx/contract';
import { useQuery } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useState } from 'react';
import { tasksQuery } from '../api/models.ts';

type Words<T extends string> = Readonly<Record<T, string>>;

const GPU_WORDS: Words<(typeof GPU_NEEDS)[number]> = { none: 'No GPU', helpful: 'GPU helps', required: 'Needs a GPU' };
const STATE_WORDS: Words<(typeof MODEL_STATES)[number]> = {
  installed: 'Runs on this hub',
  offered: 'Offered by a worker',
  not_installed: 'Not installed',
  disabled: 'Switched off',
};
const STATUS_WORDS: Words<(typeof MODEL_STATUSES)[number]> = {
  runs_here: 'Engine, tested by running it',
  adapter_tested: 'Adapter, tested on documented output',
  manifest_only: 'Card only',
};
const USE_WORDS: Words<(typeof COMMERCIAL_USE)[number]> = {
  allowed: 'Commercial use allowed',
  forbidden: 'Commercial use forbidden',
  unclear: 'Commercial use unclear',
};

/** What the catalogue is searched by; each change is in the address. */
export function ModelsFilters() {
  const filter: ModelsQuery = useSearch({ from: '/models' });
  const navigate = useNavigate({ from: '/models' });
  const tasks = useQuery(tasksQuery);
  const change = (part: ModelsQuery): void => {
    void navigate({ search: (before) => ({ ...before, ...part }), replace: true });
  };
  const answered = (tasks.data?.tasks ?? []).filter((task) => task.models.length > 0);
  return (
    <div role="search" aria-label="Models" className="no-print flex flex-wrap items-center gap-2 px-4 pb-3 md:px-5">
      <Text label="Words of name or summary" value={filter.search} change={(search) => change({ search })} />
      <Text label="Licence" value={filter.license} change={(license) => change({ license })} />
      <Choice
        label="Task"
        any="Any task"
        value={filter.task}
        choices={answered.map(({ id, title }) => [id, title] as const)}
        change={(task) => change({ task })}
      />
      <Choice label="GPU" any="Any GPU need" value={filter.gpu} choices={pairs(GPU_NEEDS, GPU_WORDS)} change={(gpu) => change({ gpu })} />
      <Choice
        label="Status"
        any="Any status"
        value={filter.status}
        choices={pairs(MODEL_STATUSES, STATUS_WORDS)}
        change={(status) => change({ status })}
      />
      <Choice
        label="State"
        any="Any state"
        value={filter.state}
        choices={pairs(MODEL_STATES, STATE_WORDS)}
        change={(state) => change({ state })}
      />
      <Choice
        label="Commercial use"
        any="Any licence"
        value={filter.commercialUse}
        choices={pairs(COMMERCIAL_USE, USE_WORDS)}
        change={(commercialUse) => change({ commercialUse })}
      />
    </div>
  );
}

function pairs<T extends string>(values: readonly T[], words: Words<T>): readonly (readonly [T, string])[] {
  return values.map((value) => [value, words[value]]);
}

interface ChoiceProps<T extends string> {
  readonly label: string;
  readonly any: string;
  readonly value: T | undefined;
  readonly choices: readonly (readonly [value: T, name: string])[];
  readonly change: (value: T | undefined) => void;
}

function Choice<T extends string>({ label, any, value, choices, change }: ChoiceProps<T>) {
  return (
    <select
      aria-label={label}
      className="field !w-auto max-w-56 !text-sm"
      value={value ?? ''}
      onChange={({ target }) => change(choices.find(([each]) => each === target.value)?.[0])}
    >
      <option value="">{any}</option>
      {choices.map(([each, name]) => (
        <option key={each} value={each}>
          {name}
        </option>
      ))}
    </select>
  );
}

interface TextProps {
  readonly label: string;
  readonly value: string | undefined;
  readonly change: (value: string | undefined) => void;
}

/** What is typed is kept here, for the address follows it a moment later; an address without it (cleared filters) empties it. */
function Text({ label, value, change }: TextProps) {
  const [text, setText] = useState(value ?? '');
  const [known, setKnown] = useState(value);
  if (value !== known) {
    setKnown(value);
    if (value === undefined) setText('');
  }
  return (
    <input
      type="search"
      aria-label={label}
      placeholder={label}
      className="field !w-48 !text-sm"
      value={text}
      onChange={({ target }) => {
        setText(target.value);
        change(target.value === '' ? undefined : target.value);
      }}
    />
  );
}
