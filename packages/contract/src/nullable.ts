import { Type, type TSchema } from 'typebox';

/** A value of the schema, or null: a field that is always there. */
export const Nullable = <T extends TSchema>(schema: T) => Type.Union([schema, Type.Null()]);
