/**
 * `npm run page` writes docs/status-api.openapi.json, too: the API of the status page, from the schemas of the code.
 */
import * as z from 'zod';
import { ORDERS } from '../shared/status/answer.ts';
import { GRAINS } from '../shared/status/request.ts';
import { statusSchema, windowSchema } from '../shared/status/schema.ts';

const text = (name: string, description: string, required = false) => ({
  ...{ name, in: 'query', required, description },
  schema: { type: 'string' },
});
const schemaOf = (schema: z.ZodType) => {
  const { $schema, ...rest } = z.toJSONSchema(schema) as Record<string, unknown>;
  return $schema === undefined ? {} : rest;
};
const json = (schema: object, description: string) => ({ description, content: { 'application/json': { schema } } });
const refusal = {
  type: 'object',
  required: ['error'],
  properties: {
    error: {
      type: 'object',
      required: ['message'],
      properties: { field: { type: 'string' }, message: { type: 'string' } },
    },
  },
};
const refusals = {
  400: json(refusal, 'A field is wrong; `field` names it.'),
  401: { description: 'The key is missing, or opens less.' },
  500: json(refusal, 'The settings, or the state of the app, could not be read; the message says what to do.'),
};
const range = {
  app: { type: 'string', description: 'Left out: all apps.' },
  signals: { type: 'array', items: { type: 'string' }, description: 'Left out: all.' },
  from: { type: 'string', description: 'Date or time in UTC, inclusive.' },
  to: { type: 'string', description: 'Exclusive.' },
};
const dryRun = { type: 'boolean', description: 'Only say what would happen.' };
const bodies: Readonly<Record<(typeof ORDERS)[number], object>> = {
  rerun: {
    ...range,
    faulty: { type: 'boolean', description: 'Only windows that failed, or that the source did not keep.' },
    dryRun,
  },
  backfill: { ...range, dryRun },
  pause: { reason: { type: 'string' }, dryRun },
  resume: { reason: { type: 'string' }, dryRun },
  disable: { reason: { type: 'string' }, dryRun },
};
const orderText = {
  rerun: 'Windows of a range run again; their files are replaced when the runs have come to their end.',
  backfill: 'Windows of a past range are planned and run beside the live ones.',
  pause: 'Nothing is written to the lake until it is resumed.',
  resume: 'The lake is written again, oldest windows first.',
  disable: 'As pause, and the lake is not probed.',
};

export function openApi(): object {
  const orders = ORDERS.map((order) => [
    `/api/${order}`,
    {
      post: {
        operationId: order,
        summary: orderText[order],
        security: [{ masterKey: [] }],
        requestBody: {
          required: true,
          content: {
            'application/json': {
              schema: {
                ...{ type: 'object', additionalProperties: false, properties: bodies[order] },
                ...('from' in bodies[order] && { required: ['from', 'to'] }),
              },
            },
          },
        },
        responses: {
          200: json({ type: 'object' }, 'What would happen, or has happened.'),
          ...('from' in bodies[order] && { 202: json({ type: 'object' }, 'The windows are due.') }),
          ...refusals,
          415: json(refusal, 'The content type is not application/json.'),
        },
      },
    },
  ]);
  return {
    openapi: '3.1.0',
    info: { title: 'Insights Lake: status', version: '1', description: 'How the lake stands, and steering it.' },
    paths: {
      '/api/status': {
        get: { operationId: 'status', summary: 'The page.', security: [], responses: { 200: { description: 'HTML' } } },
      },
      '/api/status.json': {
        get: {
          operationId: 'statusJson',
          summary: 'What the page shows.',
          security: [{ functionKey: [] }],
          parameters: [
            text('from', 'Date or time in UTC; left out: 30 days before `to`.'),
            text('to', 'Exclusive; left out: now.'),
            {
              name: 'grain',
              in: 'query',
              required: false,
              schema: { enum: Object.keys(GRAINS) },
              description: 'Length of a cell; 200 cells at most.',
            },
            text('app', 'Only this app.'),
            text('signal', 'Only these signals, parted by commas.'),
          ],
          responses: { 200: json(schemaOf(statusSchema), 'The status.'), ...refusals },
        },
      },
      '/api/window': {
        get: {
          operationId: 'statusWindow',
          summary: 'One window, with its error, attempts, files and times.',
          security: [{ functionKey: [] }],
          parameters: [
            text('app', 'The app.', true),
            text('signal', 'The signal.', true),
            text('source', 'Left out: of any source.'),
            text('at', 'A moment that the window covers.', true),
          ],
          responses: {
            200: json(schemaOf(windowSchema), 'The window.'),
            ...refusals,
            404: json(refusal, 'No window covers that moment.'),
          },
        },
      },
      ...Object.fromEntries(orders),
    },
    components: {
      securitySchemes: {
        functionKey: {
          type: 'apiKey',
          in: 'header',
          name: 'x-functions-key',
          description: 'A host key, or a key of the function.',
        },
        masterKey: {
          type: 'apiKey',
          in: 'header',
          name: 'x-functions-key',
          description: 'The master key of the function app.',
        },
      },
    },
  };
}
