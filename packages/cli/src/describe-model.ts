/** One model for a person at a terminal; `--json` has all of it. */
import { licenseText, sourceText, type ModelDetail } from '@omtx/contract';
import { columns, wrap } from './columns.ts';
import { allowed, fieldsOf, helpText, isRecord, type Schema } from './describe-schema.ts';

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
    ...inputTables(model, width),
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

function parameterRows(schema: Schema): readonly (readonly string[])[] {
  return fieldsOf(schema).map(({ path, schema: field }) => [
    path,
    field['default'] === undefined ? '' : JSON.stringify(field['default']),
    allowed(field),
    helpText(field),
  ]);
}

/** A table per task; tasks that ask for the same have one. */
function inputTables({ tasks }: ModelDetail, width: number): readonly string[] {
  const tables = new Map<string, string[]>();
  for (const task of tasks) {
    const rows = (['shared', 'own'] as const).flatMap((part) => inputRows(task[part], part));
    const table = columns(['input', 'for', 'needed', 'allowed', 'what it is'], rows, { width });
    const names = tables.get(table) ?? [];
    tables.set(table, [...names, String(task['taskType'])]);
  }
  return [...tables].flatMap(([table, names]) => ['', `Input of ${names.join(', ')}`, table]);
}

function inputRows(schema: unknown, part: 'shared' | 'own'): readonly (readonly string[])[] {
  if (!isRecord(schema)) return [];
  const share = part === 'shared' ? 'all rows' : 'each row';
  return fieldsOf(schema).map(({ path, needed, schema: field }) => [path, share, needed, allowed(field), helpText(field)]);
}
