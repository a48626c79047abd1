/** The log of a process: one JSON object a line on standard output. */
import { pino, type DestinationStream, type Logger } from 'pino';

/** @param destination standard output where left out */
export function openLog(level: string, destination?: DestinationStream): Logger {
  const options = { level, base: null, serializers: { err: describeFault }, mixin: nameUnnamed };
  return destination ? pino(options, destination) : pino(options);
}

/** Every line has an event; those of libraries, such as that the server listens, have none of their own. */
function nameUnnamed(line: object): object {
  return 'event' in line ? {} : { event: 'library' };
}

/** A fault of the database has the row that it is about beside its message; of any fault only what names it and its place is shown. */
export function describeFault(fault: unknown): unknown {
  if (!(fault instanceof Error)) return { type: typeof fault, message: String(fault) };
  const { name: type, message, stack, cause } = fault;
  const code = 'code' in fault && typeof fault.code === 'string' ? fault.code : undefined;
  return { type, message, code, stack, ...(cause !== undefined && { cause: describeFault(cause) }) };
}
