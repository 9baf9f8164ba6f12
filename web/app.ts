import compress from '@fastify/compress';
import formbody from '@fastify/formbody';
import swagger from '@fastify/swagger';
import swaggerUi from '@fastify/swagger-ui';
import fastify, { LogController, type FastifyBaseLogger, type FastifyInstance } from 'fastify';
import { createJsonSchemaTransform } from 'fastify-type-provider-zod';
import { registerApi } from './api/routes.ts';
import type { Web } from './context.ts';
import { registerHealth } from './health.ts';
import { checkOrigin } from './origin.ts';
import { registerPages } from './pages/routes.ts';
import { answerError, answerNotFound, answerUnreadable } from './problem.ts';
import { BASE_HEADERS } from './security.ts';
import { validateWithZod } from './validation.ts';

/** Bodies of requests are at most this large; a batch of 1,000 points is a fifth of it. */
const MOST_BODY_BYTES = 1024 * 1024;
const REQUEST_TIMEOUT_MS = 120_000;

/** The whole server as a Fastify instance that does not listen yet. */
export async function createApp(web: Web, logger: FastifyBaseLogger | false): Promise<FastifyInstance> {
  const onError = answerError(web);
  const app = fastify({
    ...(logger === false ? { logger: false } : { loggerInstance: logger }),
    // The log tells of changes of state; requests are the business of a proxy's access log.
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: MOST_BODY_BYTES,
    requestTimeout: REQUEST_TIMEOUT_MS,
    // Connections of stopped browsers and long polls end with the server instead of holding it up.
    forceCloseConnections: true,
    return503OnClosing: true,
    routerOptions: { ignoreTrailingSlash: true, maxParamLength: 200 },
    // Addresses that cannot be decoded never reach a route, and requests that are no HTTP not even the router.
    frameworkErrors: (error, request, reply) => {
      // Nothing of the address was read; a page still asks it for the theme.
      request.query ??= {};
      void onError(error, request, reply);
    },
    clientErrorHandler: answerUnreadable,
  });
  app.setValidatorCompiler(validateWithZod);
  // Answers are typed by their schemas at compile time and checked against them in tests, so writing them is plain JSON.
  app.setSerializerCompiler(() => (data) => JSON.stringify(data));
  app.setErrorHandler(onError);
  const answerMissing = answerNotFound(web);
  app.setNotFoundHandler(answerMissing);
  app.addHook('onRequest', async (_request, reply) => void reply.headers(BASE_HEADERS));
  app.addHook('onRequest', checkOrigin);
  // No database keeps NUL, so that nothing is called so; PostgreSQL does not even take the question.
  app.addHook('preValidation', async (request, reply) => (Object.values(request.params ?? {}).some((part) => String(part).includes('\0')) ? answerMissing(request, reply) : undefined));
  app.removeContentTypeParser('text/plain');
  takeEmptyBodies(app);
  await app.register(formbody, { bodyLimit: MOST_BODY_BYTES });
  await app.register(compress, { threshold: 1024 });
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'XeeNet',
        version: web.settings.version,
        description: 'Briefs become campaigns of small training runs; workers run them. Errors are application/problem+json with a stable `code`.',
      },
      servers: [{ url: '/' }],
      components: { securitySchemes: { bearer: { type: 'http', scheme: 'bearer' } } },
      security: [{ bearer: [] }],
    },
    transform: createJsonSchemaTransform({ zodToJsonConfig: { target: 'draft-2020-12', unrepresentable: 'any' } }),
    hideUntagged: true,
  });
  await app.register(swaggerUi, { routePrefix: '/api/docs', staticCSP: true, uiConfig: { deepLinking: true } });
  await registerHealth(app, web);
  await app.register(async (api) => registerApi(api, web), { prefix: '/api/v1' });
  await registerPages(app, web);
  return app;
}

/** Clients that call every body JSON do so for actions too, which have none: nothing is what those routes expect. */
function takeEmptyBodies(app: FastifyInstance): void {
  const parseJson = app.getDefaultJsonParser('error', 'error');
  app.addContentTypeParser<string>('application/json', { parseAs: 'string' }, (request, body, done) => {
    if (body === '' && request.routeOptions.schema?.body === undefined) done(null, undefined);
    else parseJson(request, body, done);
  });
}
