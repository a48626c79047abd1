/** Flags of the npm scripts. */
import { parseArgs, type ParseArgsConfig } from 'node:util';

type Options = NonNullable<ParseArgsConfig['options']>;

/** What the user wrote cannot be meant. */
export class UsageError extends Error {}

/** @throws UsageError that lists the flags that there are */
export function readOptions<T extends Options>(script: string, options: T): ReturnType<typeof parseArgs<{ options: T }>>['values'] {
  try {
    return parseArgs({ options }).values;
  } catch (error) {
    const known = Object.entries(options).map(([name, { type }]) => (type === 'boolean' ? `--${name}` : `--${name} VALUE`));
    const what = error instanceof Error ? error.message.split('. ')[0] : String(error);
    throw new UsageError(`${what ?? ''}. "npm run ${script} -- ..." takes ${known.join(', ')}.`, { cause: error });
  }
}
