import type { MODEL_STATES } from '@omtx/contract';
import { StatusMark } from '../../../components/status.tsx';

const WORDS: Readonly<Record<(typeof MODEL_STATES)[number], string>> = {
  installed: 'runs here',
  offered: 'offered by a remote worker',
  not_installed: 'not installed',
  disabled: 'switched off',
};

export function ModelState({ state }: { readonly state: (typeof MODEL_STATES)[number] }) {
  return (
    <span className="inline-flex items-center gap-1.5 whitespace-nowrap">
      <StatusMark status={state === 'installed' ? 'completed' : state === 'offered' ? 'reused' : 'cancelled'} />
      {WORDS[state]}
    </span>
  );
}
