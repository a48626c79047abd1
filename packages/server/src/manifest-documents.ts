/** `docs/model.schema.json` and `docs/model-manifest.md`, from the one schema of the manifest. */
import { manifestSchema } from '@omtx/contract';
import { isRecord } from './domain/free-object.ts';

export function schemaDocument(): string {
  return `${JSON.stringify(manifestSchema(), undefined, 2)}\n`;
}

export function manifestPage(): string {
  return [
    '# The manifest, field by field',
    '',
    'Written from the schema (`node packages/server/src/write-manifest-schema.ts`); [add-a-model.md](add-a-model.md) shows how it is used.',
    'Unknown fields are refused. The JSON Schema is [model.schema.json](model.schema.json), and `GET /api/v4/schemas/model` answers it.',
    '',
    '| field | type | required | meaning |',
    '|---|---|---|---|',
    ...rowsOf(manifestSchema(), ''),
    '',
  ].join('\n');
}

function rowsOf(schema: Readonly<Record<string, unknown>>, prefix: string): readonly string[] {
  const required = Array.isArray(schema['required']) ? schema['required'] : [];
  const properties = isRecord(schema['properties']) ? schema['properties'] : {};
  return Object.entries(properties).flatMap(([name, value]) => {
    if (!isRecord(value)) return [];
    const path = `${prefix}${name}`;
    const row = `| \`${path}\` | ${typeOf(value)} | ${required.includes(name) ? 'yes' : ''} | ${meaningOf(value)} |`;
    return [row, ...nestedOf(value, path)];
  });
}

function nestedOf(schema: Readonly<Record<string, unknown>>, path: string): readonly string[] {
  const items = schema['items'];
  const choices = [schema['anyOf'], isRecord(items) ? items['anyOf'] : undefined].flatMap((each) => (Array.isArray(each) ? each : []));
  const nested = choices.filter(isRecord).filter((each) => isRecord(each['properties']));
  const element = schema['type'] === 'array' ? `${path}[]` : path;
  if (nested.length > 0) return nested.flatMap((each) => rowsOf(each, `${element}${kindOf(each)}.`));
  if (isRecord(items)) return rowsOf(items, `${path}[].`);
  const entries = isRecord(schema['patternProperties']) ? Object.values(schema['patternProperties'])[0] : undefined;
  return isRecord(entries) ? rowsOf(entries, `${path}.<name>.`) : rowsOf(schema, `${path}.`);
}

/** `(process)`: which of several forms it is. */
function kindOf(schema: Readonly<Record<string, unknown>>): string {
  const properties = isRecord(schema['properties']) ? schema['properties'] : {};
  const constant = [properties['kind'], properties['rule']].find((each) => isRecord(each) && typeof each['const'] === 'string');
  return isRecord(constant) ? `(${String(constant['const'])})` : '';
}

function typeOf(schema: Readonly<Record<string, unknown>>): string {
  if (schema['const'] !== undefined) return `\`${JSON.stringify(schema['const'])}\``;
  if (Array.isArray(schema['enum'])) return schema['enum'].map((each) => `\`${String(each)}\``).join(' or ');
  const choices = Array.isArray(schema['anyOf']) ? schema['anyOf'].filter(isRecord) : [];
  if (choices.length > 0) return [...new Set(choices.map(typeOf))].join(' or ');
  return typeof schema['type'] === 'string' ? schema['type'] : 'any';
}

function meaningOf(schema: Readonly<Record<string, unknown>>): string {
  return typeof schema['description'] === 'string' ? schema['description'].replaceAll('|', '\\|').replaceAll('<', '&lt;') : '';
}
