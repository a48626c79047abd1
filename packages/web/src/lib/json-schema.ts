/** Reading JSON Schemas and free objects without knowing them. */
export type Schema = Readonly<Record<string, unknown>>;

export function isObject(value: unknown): value is Schema {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function propertiesOf(schema: Schema): Readonly<Record<string, Schema>> {
  const { properties } = schema;
  if (!isObject(properties)) return {};
  return Object.fromEntries(Object.entries(properties).flatMap(([name, property]) => (isObject(property) ? [[name, property]] : [])));
}

export function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

/** The property of one of several shapes of a value, such as `pdb` of a receptor. */
export function propertyOfOneOf(schema: Schema | undefined, name: string): Schema | undefined {
  const shapes = schema?.['oneOf'];
  if (!Array.isArray(shapes)) return undefined;
  for (const shape of shapes) if (isObject(shape) && name in propertiesOf(shape)) return propertiesOf(shape)[name];
  return undefined;
}
