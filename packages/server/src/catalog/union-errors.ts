/**
 * Ajv tells of a union what is wrong with every branch, so that one slip reads as five. Here a union's findings become those of the
 * branch that was meant, or one sentence where none was.
 */
import type { ErrorObject } from 'ajv';

/** @returns findings in their order; those of branches that were not meant are gone */
export function withoutOtherBranches(errors: readonly ErrorObject[]): readonly ErrorObject[] {
  // Inner unions first, so that an outer one chooses among settled branches.
  const unions = errors.filter(isUnion).toSorted((a, b) => b.schemaPath.length - a.schemaPath.length);
  return unions.reduce<readonly ErrorObject[]>((left, union) => settle(left, union), errors);
}

function isUnion({ keyword }: ErrorObject): boolean {
  return keyword === 'oneOf' || keyword === 'anyOf';
}

function settle(errors: readonly ErrorObject[], union: ErrorObject): readonly ErrorObject[] {
  const branches = new Map<string, ErrorObject[]>();
  for (const error of errors) {
    const branch = branchOf(error, union);
    if (branch !== undefined) branches.set(branch, [...(branches.get(branch) ?? []), error]);
  }
  // Without findings of branches more than one of them fits, which only the union itself can say.
  if (branches.size === 0) return errors.flatMap((error) => (error === union ? severalFit(union, errors) : [error]));
  const meant = meantOf([...branches.values()], union);
  return errors.flatMap((error) => {
    if (error === union) return meant;
    return branchOf(error, union) === undefined ? [error] : [];
  });
}

/** What is no object fits every branch that only asks for fields; that it is none is told already. */
function severalFit(union: ErrorObject, errors: readonly ErrorObject[]): readonly ErrorObject[] {
  if (errors.some((error) => isAt(error, union) && error.keyword === 'type')) return [];
  const branches: readonly unknown[] = Array.isArray(union.schema) ? union.schema : [];
  const required = branches.map((branch) => requiredOf(branch));
  const names = required.flatMap((each) => (each.length === 1 ? each : []));
  if (names.length < 2 || names.length !== branches.length) return [union];
  return [sentence(union, 'oneOf', `must have only one of the fields ${enumeration(names, 'and')}`)];
}

function requiredOf(branch: unknown): readonly string[] {
  const required: unknown = typeof branch === 'object' && branch !== null && 'required' in branch ? branch.required : undefined;
  return Array.isArray(required) ? required.filter((name) => typeof name === 'string') : [];
}

/** @returns the number of the union's branch that a finding belongs to */
function branchOf({ schemaPath, instancePath }: ErrorObject, union: ErrorObject): string | undefined {
  const isInside = instancePath === union.instancePath || instancePath.startsWith(`${union.instancePath}/`);
  if (!isInside || !schemaPath.startsWith(`${union.schemaPath}/`)) return undefined;
  return schemaPath.slice(union.schemaPath.length + 1).split('/')[0];
}

function meantOf(branches: readonly (readonly ErrorObject[])[], union: ErrorObject): readonly ErrorObject[] {
  const ofType = branches.filter((branch) => !branch.some((error) => isAt(error, union) && error.keyword === 'type'));
  if (ofType.length === 0)
    return [
      sentence(
        union,
        'type',
        `must be ${enumeration(
          branches.flatMap((branch) => paramOf(branch, 'type')),
          'or',
        )}`,
      ),
    ];
  const constants = ofType.flatMap((branch) => (branch.length === 1 && branch[0]?.keyword === 'const' ? branch : []));
  if (constants.length === ofType.length) {
    const allowedValues = constants.map(({ params }): unknown => params['allowedValue']);
    return [{ ...union, keyword: 'enum', params: { allowedValues } }];
  }
  const named = ofType.filter((branch) => kindFault(branch, union) === undefined);
  if (named.length === 0) return unknownKind(ofType, union);
  const fewest = Math.min(...named.map((branch) => faultCount(branch, union)));
  const closest = named.filter((branch) => faultCount(branch, union) === fewest);
  const [first = []] = closest;
  if (closest.length === 1) return first;
  const missing = closest.flatMap((branch) => (branch.length === 1 ? paramOf(branch, 'missingProperty') : []));
  return missing.length === closest.length ? [sentence(union, 'oneOf', `must have the field ${enumeration(missing, 'or')}`)] : first;
}

/** Of objects that name their kind: `{ kind: 'package', ... }` means the branch of that kind, whatever else is wrong with it. */
function kindFault(branch: readonly ErrorObject[], { instancePath }: ErrorObject): ErrorObject | undefined {
  return branch.find(({ keyword, instancePath: path }) => keyword === 'const' && isFieldOf(path, instancePath));
}

function isFieldOf(path: string, object: string): boolean {
  return path.startsWith(`${object}/`) && !path.slice(object.length + 1).includes('/');
}

function unknownKind(branches: readonly (readonly ErrorObject[])[], union: ErrorObject): readonly ErrorObject[] {
  const faults = branches.flatMap((branch) => kindFault(branch, union) ?? []);
  const [first] = faults;
  return first === undefined
    ? [union]
    : [{ ...first, keyword: 'enum', params: { allowedValues: faults.map(({ params }): unknown => params['allowedValue']) } }];
}

/** Faults of the fields that an object has or lacks tell which branch was not meant; what is inside of them does not. */
function faultCount(branch: readonly ErrorObject[], union: ErrorObject): number {
  return branch.filter((error) => isAt(error, union)).length;
}

const isAt = (error: ErrorObject, union: ErrorObject): boolean => error.instancePath === union.instancePath;

function paramOf(branch: readonly ErrorObject[], name: string): readonly string[] {
  return branch.flatMap(({ params }) => (typeof params[name] === 'string' ? [params[name]] : []));
}

function sentence(union: ErrorObject, keyword: string, message: string): ErrorObject {
  return { ...union, keyword, message };
}

function enumeration(names: readonly string[], last: 'and' | 'or'): string {
  const unique = [...new Set(names)];
  return unique.length < 2 ? unique.join('') : `${unique.slice(0, -1).join(', ')} ${last} ${unique.at(-1) ?? ''}`;
}
