import { Field } from '../../../components/field.tsx';
import { SchemaForm } from '../../../components/schema-form.tsx';
import { propertiesOf, type Schema } from '../../../lib/json-schema.ts';
import type { Draft } from '../draft.ts';

export interface AdvancedProps {
  readonly draft: Draft;
  readonly change: (part: Partial<Draft>) => void;
  readonly parameters: Schema;
}

/** Parameters of the model and the seed; folded, with the first of them in words. */
export function Advanced({ draft, change, parameters }: AdvancedProps) {
  const words = Object.entries(propertiesOf(parameters))
    .slice(0, 3)
    .map(
      ([name, schema]) =>
        `${String(schema['title'] ?? name).toLowerCase()} ${String(draft.parameters[name] ?? schema['default'] ?? 'none')}`,
    );
  return (
    <details className="panel">
      <summary className="cursor-pointer px-4 py-2 font-medium">
        Advanced <span className="text-ink-2 font-normal">{[...words, `seed ${String(draft.seed)}`].join(', ')}</span>
      </summary>
      <div className="border-line flex flex-col gap-3 border-t p-4">
        <SchemaForm schema={parameters} values={draft.parameters} change={(next) => change({ parameters: next })} />
        <Field label="Seed" className="max-w-xs" help="One seed for all rows: the same input and seed give the same result.">
          {(ids) => (
            <input
              {...ids}
              type="number"
              min={1}
              max={2_147_483_647}
              className="field"
              value={draft.seed}
              onChange={({ target }) => change({ seed: Math.max(1, Math.floor(Number(target.value))) })}
            />
          )}
        </Field>
      </div>
    </details>
  );
}
