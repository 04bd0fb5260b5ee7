import { readFileSync } from 'node:fs';
import { app, type HttpRequest, type HttpResponseInit, type InvocationContext } from '@azure/functions';
import { bindingsOf } from '../shared/config/bindings.ts';
import { steerFacts } from '../shared/pipeline/facts.ts';
import { refusalFor } from '../shared/status/access.ts';
import type { Answer } from '../shared/status/answer.ts';
import { csp, html } from '../shared/status/page.generated.ts';

const { statusAccess } = bindingsOf(process.env, (path) => readFileSync(path, 'utf8'));
const isKey = statusAccess === 'key';

const plain = {
  'cache-control': 'no-store',
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
};

/** The page holds no data and no secret: it asks for them below, with the key that its user has. */
app.http('status', {
  route: 'status',
  methods: ['GET'],
  authLevel: 'anonymous',
  handler: async () => ({
    headers: { ...plain, 'content-type': 'text/html; charset=utf-8', 'content-security-policy': csp },
    body: html,
  }),
});

for (const [name, route, question] of [
  ['statusJson', 'status.json', 'status'],
  ['statusWindow', 'window', 'window'],
] as const)
  app.http(name, {
    route,
    methods: ['GET'],
    authLevel: isKey ? 'function' : 'anonymous',
    handler: (request, context) =>
      answer(request, context, false, async () => {
        const [{ wired }, { answerQuestion }] = await load();
        return answerQuestion(question, Object.fromEntries(request.query), wired().statusPorts);
      }),
  });

/** Steering takes the app's master key, which reading does not have. */
for (const order of ['rerun', 'pause', 'resume', 'disable', 'backfill'] as const)
  app.http(`steer${order[0]?.toUpperCase()}${order.slice(1)}`, {
    route: order,
    methods: ['POST'],
    authLevel: isKey ? 'admin' : 'anonymous',
    handler: (request, context) =>
      answer(request, context, true, async () => {
        const [{ wired }, { answerOrder }] = await load();
        return answerOrder(order, await request.text(), wired().statusPorts);
      }),
  });

/** Late, as in planWindows. */
const load = () => Promise.all([import('../shared/wire.ts'), import('../shared/status/answer.ts')] as const);

async function answer(
  request: HttpRequest,
  context: InvocationContext,
  steering: boolean,
  make: () => Promise<Answer>,
): Promise<HttpResponseInit> {
  const json = (status: number, body: object) => ({ status, headers: plain, jsonBody: body });
  // A browser sends this type to another site only after that site has said that it may.
  if (steering && !/^application\/json\b/i.test(request.headers.get('content-type') ?? ''))
    return json(415, { error: { field: 'content-type', message: 'must be application/json' } });
  const principal = request.headers.get('x-ms-client-principal');
  const refusal = isKey ? undefined : refusalFor(steering, principal, process.env.WEBSITE_AUTH_ENABLED === 'True');
  if (refusal !== undefined) return json(refusal.status, { error: { message: refusal.message } });
  try {
    const { status, body } = await make();
    if (steering) context.log(JSON.stringify(steerFacts(request.url, status, body)));
    return json(status, body);
  } catch (error) {
    context.error(error);
    return json(500, { error: { message: error instanceof Error ? error.message : String(error) } });
  }
}
