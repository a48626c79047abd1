/** What the settings of a model server must fulfil beyond their schema. Each check returns reasons in words. Pure. */
import type { HttpRunner, Manifest } from '@omtx/contract';
import { isRecord } from '../domain/free-object.ts';
import { fillSettings } from './fill-settings.ts';

const ROOTS = ['input', 'shared', 'parameters', 'seed', 'key', 'item'];

export function checkHttpRunner(manifest: Manifest, runner: HttpRunner): readonly string[] {
  return [
    ...checkAddress(manifest, runner),
    ...checkTemplate(runner.submit.body).map((reason) => `runner: submit: body: ${reason}`),
    ...checkResults(manifest, runner),
    ...checkPaths(runner),
  ];
}

/** What is left of the address once its settings are filled in must be one. */
function checkAddress({ requires }: Manifest, { baseUrl }: HttpRunner): readonly string[] {
  const settings = (requires?.settings ?? []).map(({ name }) => name);
  const named = [...baseUrl.matchAll(/\{([^}]*)\}/g)].map(([, name = '']) => name);
  const unknown = named.filter((name) => !settings.includes(name));
  const filled = fillSettings(baseUrl, Object.fromEntries(settings.map((name) => [name, 'http://a.example'])));
  return [
    ...unknown.map((name) => `runner: baseUrl: {${name}} is no setting of requires.settings`),
    ...(unknown.length > 0 || /^https?:\/\/[^\s/]+/.test(filled) ? [] : ['runner: baseUrl: it must begin with https:// or http://']),
  ];
}

function checkTemplate(template: unknown): readonly string[] {
  if (Array.isArray(template)) return template.flatMap(checkTemplate);
  if (!isRecord(template)) return [];
  const directives = Object.keys(template).filter((name) => name.startsWith('$'));
  if (directives.length === 0) return Object.values(template).flatMap(checkTemplate);
  const [directive = ''] = directives;
  const pointer = template[directive];
  const expected = directive === '$each' ? ['$each', 'as'] : ['$from'];
  if (!['$from', '$each'].includes(directive)) return [`"${directive}" is no directive; there are $from and $each`];
  if (Object.keys(template).toSorted().join() !== expected.toSorted().join())
    return [`${directive} goes with ${expected.join(' and ')} alone`];
  if (typeof pointer !== 'string' || !ROOTS.some((root) => pointer === `/${root}` || pointer.startsWith(`/${root}/`)))
    return [`${directive}: ${JSON.stringify(pointer)} must lead into ${ROOTS.join(', ')}`];
  return directive === '$each' ? checkTemplate(template['as']) : [];
}

function checkResults({ metrics, tables, artifacts }: Manifest, { result }: HttpRunner): readonly string[] {
  const tableIds = tables.map(({ id }) => id);
  const roles = artifacts.filter(({ per }) => per === 'row').map(({ role }) => role);
  const unreachable = artifacts.filter(({ per, required }) => per === 'shard' && required);
  return [
    ...Object.keys(result.metrics).flatMap((id) => (metrics.includes(id) ? [] : [`runner: result: "${id}" is not listed in metrics`])),
    ...Object.keys(result.tables ?? {}).flatMap((id) =>
      tableIds.includes(id) ? [] : [`runner: result: "${id}" is no table of the model`],
    ),
    ...(result.artifacts ?? []).flatMap(({ name, role }) =>
      roles.includes(role) ? [] : [`runner: result: ${name}: "${role}" is the role of no file of a row`],
    ),
    ...unreachable.map(({ name }) => `artifacts: a server makes no files of a shard, so "${name}" cannot be required`),
  ];
}

function checkPaths({ accepted, submit, auth, headers = {} }: HttpRunner): readonly string[] {
  const withId = [accepted?.pollPath, accepted?.resultPath, accepted?.cancel?.path].filter((path) => path !== undefined);
  const secretHeaders = Object.keys(headers).filter((name) => /^(authorization|x-api-key|cookie)$/i.test(name));
  return [
    ...withId.filter((path) => !path.includes('{id}')).map((path) => `runner: accepted: "${path}" has no {id}`),
    ...(submit.path.includes('{id}') ? ['runner: submit: a path without {id}, for there is none yet'] : []),
    ...secretHeaders.map(
      (name) => `runner: headers: ${name} is a secret; say its name in auth${auth ? '' : ', and give it as OMTX_SECRET_<NAME>'}`,
    ),
  ];
}
