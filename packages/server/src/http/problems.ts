/** Errors as answers: `application/problem+json` (RFC 9457) on the hub's own API, `{"detail"}` on the old paths. */
import { HubError, PROBLEMS, type FieldError, type Problem } from '@omtx/contract';
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { isLegacyPath } from './legacy/legacy-path.ts';
import { describeErrors, fieldErrors } from '../catalog/field-errors.ts';
import { isPageAddress, sendPage } from './page/routes.ts';
import { isPassingFault, isUnstorable } from '../storage/connect.ts';
import { problemType } from './problem-pages.ts';

/** An address that nothing answers is the page's where a person opened it. */
export function setProblemHandlers(app: FastifyInstance, pageDir: string): void {
  app.setErrorHandler((error: FastifyError | HubError | Error, request, reply) => sendProblem(request, reply, problemOf(error, request)));
  app.setNotFoundHandler(async (request, reply) => {
    if (isPageAddress(request) && (await sendPage(pageDir, reply))) return reply;
    // A path that exists under another method is told apart, so that a typo in the method is not taken for one in the path.
    const methods = (['GET', 'POST', 'DELETE', 'PUT', 'PATCH'] as const).filter(
      (method) => method !== request.method && app.findRoute({ method, url: request.url.split('?')[0] ?? '' }) !== null,
    );
    const [path = ''] = request.url.split('?');
    if (isLegacyPath(path)) return reply.code(404).send({ detail: 'Not Found' });
    const problem =
      methods.length === 0
        ? new HubError('not_found', `There is nothing at ${request.method} ${path}. The routes are described at /docs.`)
        : new HubError('method_not_allowed', `${path} does not take ${request.method}; it takes ${methods.join(', ')}.`);
    return sendProblem(request, reply, problem);
  });
}

/** An address that cannot even be decoded, so that no route is asked. */
export function answerBadAddress(request: FastifyRequest, reply: FastifyReply): void {
  const [path = ''] = request.url.split('?');
  if (isLegacyPath(path)) void reply.code(404).send({ detail: 'Not Found' });
  else sendProblem(request, reply, new HubError('invalid_query', `The address ${path} has a "%" that is followed by no character's code.`));
}

function sendProblem(request: FastifyRequest, reply: FastifyReply, error: HubError): FastifyReply {
  const { status, title } = PROBLEMS[error.code];
  const problem: Problem = {
    type: problemType(error.code),
    title,
    status,
    detail: error.message,
    instance: request.url,
    code: error.code,
    requestId: request.id,
    errors: [...error.errors],
  };
  return reply.code(status).type('application/problem+json').send(problem);
}

/** What Fastify and the services throw, as one of the codes of the contract. Anything else is a fault of the hub, logged and not shown. */
export function problemOf(error: FastifyError | HubError | Error, request: FastifyRequest): HubError {
  if (error instanceof HubError) {
    if (PROBLEMS[error.code].status >= 500) request.log.error({ event: 'request_failed', err: error }, error.message);
    return error;
  }
  if ('validation' in error && error.validation) return invalid(error);
  switch ('code' in error ? error.code : undefined) {
    case 'FST_ERR_CTP_BODY_TOO_LARGE':
      return new HubError('body_too_large', 'The body is larger than 80 MiB. Split the library.');
    case 'FST_ERR_CTP_INVALID_MEDIA_TYPE':
      return new HubError('unsupported_media_type', 'Send the body as application/json.');
    case 'FST_ERR_CTP_EMPTY_JSON_BODY':
    case 'FST_ERR_CTP_INVALID_JSON_BODY':
      return new HubError('invalid_body', `The body is no JSON: ${error.message}`);
    default:
      break;
  }
  if ('statusCode' in error && error.statusCode === 400) return new HubError('invalid_body', error.message);
  if (isUnstorable(error))
    return new HubError(
      request.method === 'GET' || request.method === 'DELETE' ? 'invalid_query' : 'invalid_body',
      'A text has the character U+0000, which cannot be stored, or a time is out of range.',
    );
  request.log.error({ event: 'request_failed', err: error }, 'a request failed by a fault of the hub');
  if (isPassingFault(error)) return new HubError('unavailable', 'The database of the hub does not answer now. Try again in some seconds.');
  return new HubError(
    'internal',
    `The hub failed on this request by a fault of its own. Its log has the cause under request ${request.id}.`,
  );
}

function invalid(error: FastifyError): HubError {
  const isBody = error.validationContext === 'body';
  // Ajv's findings as Fastify passes them on.
  const errors: readonly FieldError[] = fieldErrors(
    error.validation?.map((each) => ({ ...each, schemaPath: each.schemaPath, params: each.params })),
    '',
  );
  const named = isBody ? errors : errors.map(({ pointer, detail }) => ({ pointer: pointer.replace(/^\//, ''), detail }));
  return new HubError(isBody ? 'invalid_body' : 'invalid_query', describeErrors(named, 'the body'), named);
}
