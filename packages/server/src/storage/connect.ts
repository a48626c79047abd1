/** Connections to the database that notice a peer which has fallen silent, as behind a firewall that dropped the connection without a word. */
import { Socket } from 'node:net';
import pg, { type ClientConfig } from 'pg';
import { keepPlans } from './kept-plans.ts';

/**
 * A connection that waits this long for a byte is taken for broken: the time of a lease. The kernel alone would wait for two hours. No
 * statement of the hub takes so long without an answer; a lost connection costs one statement, which is tried again.
 */
const SILENCE_SECONDS = 30;

/**
 * What the server does with a connection whose process is cut off: packets that nobody acknowledges, and a peer that does not answer, end
 * it after the time of a lease.
 */
const SERVER_SIDE = `-c tcp_user_timeout=${String(SILENCE_SECONDS)}s -c tcp_keepalives_idle=15 -c tcp_keepalives_interval=5 -c tcp_keepalives_count=3`;
/**
 * A transaction that says nothing for so long is rolled back. A host that is cut off in the middle of one holds locks of its batch, and all
 * other hosts would wait for it as long as the server does: for the five minutes of the embedded one, or for ever.
 */
const IDLE_TRANSACTION_SECONDS = 10;

/** What every client and pool of the hub is opened with. */
export function connectionSettings(url: string, name: string): ClientConfig {
  return { connectionString: url, application_name: name, keepAlive: true, stream: openSocket, options: SERVER_SIDE };
}

/** @param connections most connections at once */
export function openPool(url: string, name: string, connections: number): pg.Pool {
  const pool = new pg.Pool({
    ...connectionSettings(url, name),
    options: `${SERVER_SIDE} -c idle_in_transaction_session_timeout=${String(IDLE_TRANSACTION_SECONDS)}s`,
    max: connections,
  });
  // A connection that broke while idle; the query that needs one gets a new one.
  pool.on('error', () => undefined);
  // One that broke between two statements of a transaction: the next statement says so. Without a listener it would end the process.
  pool.on('connect', (client) => {
    client.on('error', () => undefined);
    keepPlans(client);
  });
  return pool;
}

function openSocket(): Socket {
  const socket = new Socket();
  socket.setTimeout(SILENCE_SECONDS * 1_000, () => {
    socket.destroy(new Error(`the database was silent for ${String(SILENCE_SECONDS)} s`));
  });
  return socket;
}

/** SQLSTATE classes of faults that pass: connection, lack of resources (a full disk), an operator, a server that starts. */
const PASSING_CLASSES = ['08', '53', '57', '58'];
/** Two transactions were in each other's way, or one was silent for too long. */
const PASSING_STATES = ['40001', '40P01', '55P03', '25P03'];
const PASSING_ERRNOS = ['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'EHOSTUNREACH', 'ENETUNREACH', 'ENOSPC', 'EDQUOT', 'EIO'];
const PASSING_MESSAGES =
  /connection terminated|connection ended|the database was silent|not queryable|timeout exceeded when trying to connect/i;

/** True for a fault of the machine or the network after which the same work can succeed; false for a fault of the program. */
export function isPassingFault(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  if (PASSING_STATES.includes(code) || PASSING_ERRNOS.includes(code)) return true;
  if (/^[0-9A-Z]{5}$/.test(code) && PASSING_CLASSES.includes(code.slice(0, 2))) return true;
  return PASSING_MESSAGES.test(error.message);
}

/** SQLSTATE of a text with a zero character (in a text, in JSON), and of a time that the database has no room for. */
const UNSTORABLE_STATES = ['22021', '22P05', '22008'];

/** True where the database refused a value for what it is, whoever sent it. */
export function isUnstorable(error: unknown): boolean {
  return error instanceof Error && 'code' in error && UNSTORABLE_STATES.some((state) => state === error.code);
}
