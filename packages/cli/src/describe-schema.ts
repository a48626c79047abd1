/** What a manifest's JSON Schemas ask for, as lines of a table: the same titles, help and examples that the web form has. */

export type Schema = Readonly<Record<string, unknown>>;

export interface FieldLine {
  /** `receptor.pdb`, `hotspots[]`, `molecules[].sequence`. */
  readonly path: string;
  readonly needed: 'yes' | 'no' | 'one of';
  readonly schema: Schema;
}

const MOST_CHOICES = 8;
const LONGEST_EXAMPLE = 40;

/** The fields that are typed in, in the order of the schema; of alternatives each one. */
export function fieldsOf(schema: Schema): readonly FieldLine[] {
  return fieldsBelow(schema, { path: '', needed: 'yes', about: undefined });
}

/** `about`: what the object around a field says of itself; its first field tells it. */
interface Place {
  readonly path: string;
  readonly needed: FieldLine['needed'];
  readonly about: string | undefined;
}

function fieldsBelow(schema: Schema, place: Place): readonly FieldLine[] {
  const { path, needed } = place;
  const alternatives = recordsOf(schema['oneOf'] ?? schema['anyOf']);
  const branches = alternatives.filter((branch) => branch['properties'] !== undefined || branch['type'] !== undefined);
  if (branches.length > 0)
    return branches.flatMap((branch) =>
      fieldsBelow(branch, { path, needed: needed === 'no' ? 'no' : 'one of', about: aboutOf(branch) ?? aboutOf(schema) ?? place.about }),
    );
  if (isRecord(schema['items'])) return fieldsBelow(listOf(schema, schema['items']), { ...place, path: `${path}[]` });
  const { properties } = schema;
  if (!isRecord(properties)) return path === '' ? [] : [{ path, needed, schema: { ...schema, ...told(schema, place.about) } }];
  return Object.entries(properties).flatMap(([name, field], index) =>
    isRecord(field)
      ? fieldsBelow(field, {
          path: path === '' ? name : `${path}.${name}`,
          needed: neededOf(name, schema, alternatives, needed),
          about: index === 0 ? (aboutOf(schema) ?? place.about) : undefined,
        })
      : [],
  );
}

/** Alternatives may do no more than name which of the fields must be there. */
function neededOf(name: string, schema: Schema, alternatives: readonly Schema[], needed: FieldLine['needed']): FieldLine['needed'] {
  const isIn = ({ required }: Schema): boolean => Array.isArray(required) && required.includes(name);
  if (isIn(schema)) return needed;
  return alternatives.some(isIn) && needed !== 'no' ? 'one of' : 'no';
}

function aboutOf({ description }: Schema): string | undefined {
  return typeof description === 'string' ? description : undefined;
}

function told(schema: Schema, about: string | undefined): Schema {
  const own = aboutOf(schema);
  return about === undefined || about === own ? {} : { description: own === undefined ? about : `${about} ${own}` };
}

/** A list of plain values is described by the list. */
function listOf(list: Schema, items: Schema): Schema {
  return { ...pick(list, ['title', 'description', 'examples']), ...items };
}

function pick(schema: Schema, names: readonly string[]): Schema {
  return Object.fromEntries(names.flatMap((name) => (schema[name] === undefined ? [] : [[name, schema[name]] as const])));
}

export function isRecord(value: unknown): value is Schema {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function recordsOf(value: unknown): readonly Schema[] {
  return Array.isArray(value) ? value.filter(isRecord) : [];
}

/** `0 to 14`, `balanced, fast`, `text, such as CCO`. */
export function allowed({ minimum, maximum, enum: choices, type, examples }: Schema): string {
  if (Array.isArray(choices)) return choicesText(choices.map(String));
  if (typeof minimum === 'number' && typeof maximum === 'number') return `${String(minimum)} to ${String(maximum)}`;
  if (typeof minimum === 'number') return `from ${String(minimum)}`;
  const kind = type === 'string' ? 'text' : typeof type === 'string' ? type : '';
  const [example] = Array.isArray(examples) ? examples.map(exampleText) : [];
  return example === undefined || example.length > LONGEST_EXAMPLE ? kind : `${kind}, such as ${example}`;
}

function exampleText(example: unknown): string {
  return typeof example === 'string' ? example : JSON.stringify(example);
}

function choicesText(choices: readonly string[]): string {
  const more = choices.length - MOST_CHOICES;
  return more > 1 ? `${choices.slice(0, MOST_CHOICES).join(', ')} and ${String(more)} more` : choices.join(', ');
}

/** Title and description as one sentence. */
export function helpText({ title, description }: Schema): string {
  return [title, description].filter((text) => typeof text === 'string').join(': ');
}
