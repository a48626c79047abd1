/** What a manifest must fulfil beyond its schema. Each check returns reasons in words; none means sound. Pure. */
import { findTaskType, pinOf, SHARED_METRICS_BY_ID, UNKNOWN, UNPINNED, type Manifest, type ManifestTask } from '@omtx/contract';
import { valueAt, isRecord } from '../domain/free-object.ts';
import { checkHttpRunner } from './check-http-runner.ts';
import { closeName } from './close-name.ts';
import { compileSchema } from './validate-input.ts';

const PLACEHOLDERS = ['{python}', '{model}', '{node}'];

export function checkManifest(manifest: Manifest): readonly string[] {
  return [
    ...checkMetrics(manifest),
    ...checkRanking(manifest),
    ...checkParameters(manifest),
    ...checkTasks(manifest),
    ...checkLimitPointers(manifest),
    ...checkNames(manifest),
    ...checkRunner(manifest),
    ...checkStatus(manifest),
    ...checkSource(manifest),
    ...checkExamples(manifest),
    ...checkAlignments(manifest),
  ];
}

function checkMetrics({ id, metrics, ownMetrics = [] }: Manifest): readonly string[] {
  const own = ownMetrics.map((metric) => metric.id);
  const known = [...SHARED_METRICS_BY_ID.keys(), ...own];
  const unknown = metrics.filter((metric) => !known.includes(metric));
  return [
    ...unknown.map((metric) => `metrics: "${metric}" is no shared metric and none of ownMetrics${didYouMean(metric, known)}`),
    ...own.filter((metric) => !metric.startsWith(`${id}.`)).map((metric) => `ownMetrics: the id "${metric}" must start with "${id}."`),
    ...own.filter((metric) => !metrics.includes(metric)).map((metric) => `ownMetrics: "${metric}" is not listed in metrics`),
  ];
}

function checkRanking(manifest: Manifest): readonly string[] {
  const places = [
    ['rankBy', manifest.rankBy],
    ...manifest.tasks.map((task) => [`task ${task.taskType}: rankBy`, task.rankBy] as const),
  ] as const;
  return places.flatMap(([place, rankBy]) => (rankBy === undefined || rankBy === null ? [] : checkRank(place, rankBy, manifest)));
}

function checkRank(place: string, rankBy: string, { metrics, ownMetrics = [] }: Manifest): readonly string[] {
  if (!metrics.includes(rankBy)) return [`${place}: "${rankBy}" is not listed in metrics${didYouMean(rankBy, metrics)}`];
  const definition = SHARED_METRICS_BY_ID.get(rankBy) ?? ownMetrics.find((metric) => metric.id === rankBy);
  return definition?.direction === 'none' ? [`${place}: "${rankBy}" has no better end, so nothing can be ranked by it`] : [];
}

function checkParameters({ parameters }: Manifest): readonly string[] {
  const broken = schemaFaults('parameters', parameters);
  if (broken.length > 0) return broken;
  const missing = propertyNames(parameters).filter((name) => valueAt(parameters, `/properties/${name}/default`) === undefined);
  if (missing.length > 0) return missing.map((name) => `parameters: "${name}" has no default`);
  const fits = compileSchema(parameters);
  if (fits({})) return [];
  const faults = (fits.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message ?? 'does not fit'}`);
  return [`parameters: the defaults do not fit the schema: ${faults.join('; ')}`];
}

function checkTasks({ tasks }: Manifest): readonly string[] {
  return [
    ...repeats(
      'tasks',
      tasks.map((task) => task.taskType),
    ),
    ...tasks.flatMap(checkTask),
  ];
}

function checkTask(task: ManifestTask): readonly string[] {
  const place = `task ${task.taskType}`;
  const broken = [...schemaFaults(`${place}: shared`, task.shared), ...schemaFaults(`${place}: own`, task.own)];
  const own = propertyNames(task.own);
  const both = propertyNames(task.shared).filter((name) => own.includes(name));
  const root = task.molecule?.pointer.split('/')[1];
  const isNamed = findTaskType(task.taskType) !== undefined || task.taskType.includes('.');
  return [
    ...broken,
    ...(isNamed ? [] : [`${place}: it is no shared task type, so it needs a namespace, for example "antibody.${task.taskType}"`]),
    ...both.map((name) => `${place}: "${name}" is in shared and in own; it can be in one of them`),
    ...(root === undefined || own.includes(root)
      ? []
      : [`${place}: the molecule's pointer "${task.molecule?.pointer ?? ''}" leads to no field of own`]),
  ];
}

/** Schemas that compiled, by their text: the cards of a catalogue share a few, and compiling costs milliseconds. */
const compiling = new Set<string>();
const MOST_KEPT = 1_000;

/** A schema that does not compile, or is open, so that a misspelt field would be taken in silence. */
function schemaFaults(place: string, schema: object): readonly string[] {
  const text = JSON.stringify(schema);
  try {
    if (!compiling.has(text)) compileSchema(schema);
    if (compiling.size < MOST_KEPT) compiling.add(text);
  } catch (cause) {
    return [`${place}: the schema does not compile: ${cause instanceof Error ? cause.message : String(cause)}`];
  }
  return valueAt(schema, '/additionalProperties') === false ? [] : [`${place}: the schema must say "additionalProperties": false`];
}

function checkLimitPointers({ limits, tasks }: Manifest): readonly string[] {
  const taskTypes = tasks.map((task) => task.taskType);
  return limits.flatMap((limit) => {
    const unknown = (limit.tasks ?? []).filter((each) => !taskTypes.includes(each));
    const meant = tasks.filter((task) => limit.tasks?.includes(task.taskType) ?? true);
    const fields = new Set(meant.flatMap((task) => [...propertyNames(task.shared), ...propertyNames(task.own)]));
    return [
      ...unknown.map((each) => `limits: "${each}" is no task of this model`),
      ...('pointer' in limit && !fields.has(limit.pointer.split('/')[1] ?? '')
        ? [`limits: the pointer "${limit.pointer}" leads to no field of a task`]
        : []),
    ];
  });
}

function checkAlignments({ alignments, parameters, tasks }: Manifest): readonly string[] {
  if (!alignments) return [];
  const fields = new Set(tasks.flatMap((task) => [...propertyNames(task.shared), ...propertyNames(task.own)]));
  const lost = alignments.pointers.filter((pointer) => !fields.has(pointer.split('/')[1] ?? ''));
  return [
    ...(valueAt(parameters, `/properties/${alignments.parameter}/type`) === 'boolean'
      ? []
      : [`alignments: "${alignments.parameter}" is no boolean parameter`]),
    ...lost.map((pointer) => `alignments: the pointer "${pointer}" leads to no field of a task`),
  ];
}

function checkNames({ metrics, tables, artifacts }: Manifest): readonly string[] {
  return [
    ...repeats('metrics', metrics),
    ...repeats(
      'tables',
      tables.map((table) => table.id),
    ),
    ...repeats(
      'artifacts',
      artifacts.map((artifact) => `${artifact.per} ${artifact.name}`),
    ),
  ];
}

function checkRunner(manifest: Manifest): readonly string[] {
  const { runner, environments } = manifest;
  if (runner.kind === 'none') return [];
  if (runner.kind === 'http') return checkHttpRunner(manifest, runner);
  const named = runner.command.flatMap((argument) => argument.match(/\{[^}]*\}/g) ?? []);
  const unknown = named.filter((placeholder) => !PLACEHOLDERS.includes(placeholder));
  const reasons = unknown.map((placeholder) => `runner: ${placeholder} is no placeholder; known are ${PLACEHOLDERS.join(', ')}`);
  if (named.includes('{python}') && runner.environment === undefined)
    reasons.push('runner: {python} needs "environment", which says whose interpreter it is');
  if (runner.environment !== undefined && !Object.hasOwn(environments, runner.environment))
    reasons.push(`runner: there is no environment "${runner.environment}"`);
  return reasons;
}

/** The status must be one that the folder can hold. */
function checkStatus({ status, runner, healthCheck, weights = [], requires }: Manifest): readonly string[] {
  if (status === 'manifest_only') return runner.kind === 'none' ? [] : ['status: "manifest_only" goes with a runner of kind "none"'];
  if (status === 'adapter_tested') return [];
  return [
    ...(runner.kind === 'none' ? ['status: "runs_here" needs a runner that can run'] : []),
    ...(healthCheck === undefined ? ['status: "runs_here" needs a healthCheck, so that it can be shown'] : []),
    ...repeats(
      'weights',
      weights.map((each) => each.name),
    ),
    ...repeats(
      'requires: settings',
      (requires?.settings ?? []).map((each) => each.name),
    ),
  ];
}

/** A card's version is that of its source, and what is not known is not said to be allowed. */
function checkSource({ status, source, version, license }: Manifest): readonly string[] {
  const pin = pinOf(source);
  const isCard = status === 'manifest_only';
  return [
    ...(isCard && pin !== undefined && version !== pin ? [`version: "${version}" is not "${pin}", the version of source`] : []),
    ...(version === UNPINNED && pin !== undefined ? [`version: the source has a version, "${pin}"`] : []),
    ...(version === UNPINNED && !isCard ? [`version: only a card ("manifest_only") can be "${UNPINNED}"`] : []),
    ...(license.commercialUse === 'allowed' && [license.code, license.weights].includes(UNKNOWN)
      ? ['license: commercialUse cannot be "allowed" where the licence of code or weights is "unknown"']
      : []),
  ];
}

function checkExamples({ examples = [], healthCheck }: Manifest): readonly string[] {
  const files = examples.map((each) => each.file);
  if (healthCheck === undefined || files.includes(healthCheck.example)) return [];
  return [`healthCheck: "${healthCheck.example}" is not listed in examples`];
}

function repeats(place: string, names: readonly string[]): readonly string[] {
  return [...new Set(names.filter((name, index) => names.indexOf(name) !== index))].map((name) => `${place}: "${name}" is there twice`);
}

function propertyNames(schema: object): readonly string[] {
  const properties = valueAt(schema, '/properties');
  return isRecord(properties) ? Object.keys(properties) : [];
}

function didYouMean(name: string, known: readonly string[]): string {
  const meant = closeName(name, known);
  return meant === undefined ? '' : `; did you mean "${meant}"?`;
}
