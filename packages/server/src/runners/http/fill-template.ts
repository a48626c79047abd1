/** Makes the body of a request from the manifest's template. Pure. */
import { isRecord, valueAt, type FreeObject } from '../../domain/free-object.ts';

/** What a template can speak of. */
export interface TemplateSource {
  readonly input: FreeObject;
  readonly shared: FreeObject;
  readonly parameters: FreeObject;
  readonly seed: number;
  /** The same for the same piece of work, however often it is sent. */
  readonly key: string;
}

/** `{"$from": pointer}` and `{"$each": pointer, "as": template}` are filled in; what is not there is left out. */
export function fillTemplate(template: unknown, source: TemplateSource | FreeObject): unknown {
  if (Array.isArray(template)) return template.map((each) => fillTemplate(each, source)).filter((each) => each !== undefined);
  if (!isRecord(template)) return template;
  const { $from: from, $each: each } = template;
  if (typeof from === 'string') return valueAt(source, from);
  if (typeof each === 'string') return fillEach(valueAt(source, each), template['as'], source);
  const filled = Object.entries(template).map(([name, part]) => [name, fillTemplate(part, source)] as const);
  return Object.fromEntries(filled.filter(([, value]) => value !== undefined));
}

function fillEach(list: unknown, template: unknown, source: TemplateSource | FreeObject): unknown {
  if (!Array.isArray(list)) return undefined;
  return list.map((item: unknown) => fillTemplate(template, { ...source, item })).filter((each) => each !== undefined);
}

/** Puts a value at a place of a body, whose objects on the way are made. */
export function putAt(body: unknown, pointer: string, value: unknown): unknown {
  const [name, ...rest] = pointer.split('/').slice(1);
  if (name === undefined) return value;
  const object = isRecord(body) ? body : {};
  return { ...object, [name]: rest.length === 0 ? value : putAt(object[name], `/${rest.join('/')}`, value) };
}
