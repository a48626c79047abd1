/** One model for a person at a terminal; `--json` has all of it. */
import { licenseText, sourceText, type ModelDetail } from '@omtx/contract';
import { columns, wrap } from './columns.ts';

/** What a manifest says of a parameter; its JSON Schema. */
type Schema = Readonly<Record<string, unknown>>;

const READABLE_WIDTH = 100;

/** @param width of the terminal */
export function describeModel(model: ModelDetail, width = READABLE_WIDTH): string {
  const say = (text: string, indent = ''): string =>
    wrap(text, Math.max(20, Math.min(width, READABLE_WIDTH) - indent.length))
      .map((line) => indent + line)
      .join('\n');
  const { id, name, version, state, remedy, summary, license, source, caveats, homepage, taskTypes, gpu } = model;
  const parameters = parameterRows(model.parameters);
  const parts = [
    `${name} (${id} ${version}), ${state.replace('_', ' ')}`,
    say(summary),
    ...(remedy === null ? [] : [say(remedy)]),
    '',
    say(`Tasks    ${taskTypes.join(', ')}`),
    say(`GPU      ${gpu}`),
    say(`Licence  ${licenseText(license)}${license.note === undefined ? '' : `. ${license.note}`}`),
    say(`Source   ${sourceText(source)}`),
    say(`Home     ${homepage}`),
    ...(model.metrics.length === 0 ? [] : ['', ...metricLines(model, say)]),
    ...(parameters.length === 0 ? [] : ['', columns(['parameter', 'default', 'allowed', 'what it does'], parameters, { width })]),
    ...(caveats.length === 0 ? [] : ['', 'Know before you use it:', ...caveats.map((caveat) => say(`- ${caveat}`))]),
  ];
  return parts.join('\n');
}

function metricLines({ metrics, rankBy }: ModelDetail, say: (text: string) => string): readonly string[] {
  return metrics.map(({ id, label, unit, direction, meaning }) => {
    const better = direction === 'lower' || direction === 'higher' ? `, ${direction} is better` : '';
    return say(`${id}: ${label}${unit === '' ? '' : ` [${unit}]`}${better}${id === rankBy ? ', ranks' : ''}. ${meaning}`);
  });
}

function parameterRows({ properties }: Schema): readonly (readonly string[])[] {
  const schemas = Object.entries(isRecord(properties) ? properties : {}).flatMap(([name, schema]) =>
    isRecord(schema) ? [[name, schema] as const] : [],
  );
  return schemas.map(([name, schema]) => [
    name,
    schema['default'] === undefined ? '' : JSON.stringify(schema['default']),
    allowed(schema),
    typeof schema['description'] === 'string' ? schema['description'] : '',
  ]);
}

function isRecord(value: unknown): value is Schema {
  return typeof value === 'object' && value !== null;
}

function allowed({ minimum, maximum, enum: choices, type }: Schema): string {
  if (Array.isArray(choices)) return choices.map(String).join(', ');
  if (typeof minimum === 'number' && typeof maximum === 'number') return `${String(minimum)} to ${String(maximum)}`;
  if (typeof minimum === 'number') return `from ${String(minimum)}`;
  return typeof type === 'string' ? type : '';
}
