/** Columns of one's own, worked out from metrics. They are in the address, so that a colleague sees them too. */
import type { MetricDefinition } from '@omtx/contract';
import { useState, type FormEvent } from 'react';
import { Button, IconButton } from '../../../components/button.tsx';
import { Field } from '../../../components/field.tsx';
import { FormulaError, readFormula } from '../../../lib/formula.ts';
import { readFormulas, writeFormulas, type BatchSearch, type NamedFormula } from '../batch-search.ts';

export interface FormulasProps {
  readonly search: BatchSearch;
  readonly metrics: readonly MetricDefinition[];
  readonly change: (part: BatchSearch) => void;
}

const EMPTY: NamedFormula = { name: '', text: '' };

export function Formulas({ search, metrics, change }: FormulasProps) {
  const [draft, setDraft] = useState(EMPTY);
  const formulas = readFormulas(search.formulas);
  const problem = draft.text === '' ? undefined : problemOf(draft.text, metrics);
  const columnsWith = (name: string) => (search.columns === undefined ? undefined : `${search.columns},=${name}`);
  const add = (event: FormEvent): void => {
    event.preventDefault();
    const name = draft.name.trim().replaceAll(/[=;,]/g, ' ');
    if (name === '' || draft.text.trim() === '' || problem !== undefined) return;
    const others = formulas.filter((each) => each.name !== name);
    change({ formulas: writeFormulas([...others, { name, text: draft.text.trim() }]), columns: columnsWith(name) });
    setDraft(EMPTY);
  };
  return (
    <form onSubmit={add} className="border-line mt-1 flex flex-col gap-2 border-t px-2 pt-2">
      <h3 className="font-medium">Columns of your own</h3>
      {formulas.map(({ name, text }) => (
        <div key={name} className="flex items-center gap-2">
          <span className="min-w-0 flex-1 truncate">
            {name} <code className="text-ink-2 font-mono text-xs">{text}</code>
          </span>
          <IconButton
            icon="cross"
            label={`Remove the column ${name}`}
            onClick={() => change({ formulas: writeFormulas(formulas.filter((each) => each.name !== name)) })}
          />
        </div>
      ))}
      <Field label="Column name">
        {(ids) => (
          <input
            {...ids}
            className="field"
            maxLength={40}
            value={draft.name}
            onChange={({ target }) => setDraft({ ...draft, name: target.value })}
          />
        )}
      </Field>
      <Field label="Formula" help={problem ?? 'With + - * / ^, abs, sqrt, ln, log10, exp, min, max. Click a metric to add it.'}>
        {(ids) => (
          <input
            {...ids}
            className="field font-mono"
            aria-invalid={problem !== undefined}
            spellCheck={false}
            value={draft.text}
            onChange={({ target }) => setDraft({ ...draft, text: target.value })}
          />
        )}
      </Field>
      <div className="flex flex-wrap gap-1">
        {metrics.map(({ id, label }) => (
          <button
            key={id}
            type="button"
            title={label}
            className="bg-surface-2 hover:bg-surface-3 rounded px-1.5 font-mono text-xs"
            onClick={() => setDraft({ ...draft, text: `${draft.text}${id}` })}
          >
            {id}
          </button>
        ))}
      </div>
      <Button type="submit" className="self-start" disabled={draft.name.trim() === '' || draft.text.trim() === '' || problem !== undefined}>
        Add the column
      </Button>
    </form>
  );
}

function problemOf(text: string, metrics: readonly MetricDefinition[]): string | undefined {
  try {
    readFormula(text, new Set(metrics.map(({ id }) => id)));
    return undefined;
  } catch (error) {
    if (error instanceof FormulaError) return error.message;
    throw error;
  }
}
