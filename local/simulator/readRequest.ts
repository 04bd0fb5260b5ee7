import type { IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';
import { type ParsedKql, parseKql } from './kql.ts';
import type { AskedRequest } from './request.ts';

const CREDENTIALS = new Set(['authorization', 'x-api-key', 'cookie']);

/** `query` and `timespan` of the body; '' where the body is not what the API takes. */
function bodyOf(body: string): { readonly query: string; readonly timespan: string | undefined } {
  try {
    const parsed: unknown = JSON.parse(body);
    const { query, timespan } = {
      query: '',
      timespan: undefined,
      ...(parsed as { query?: unknown; timespan?: unknown }),
    };
    return {
      query: typeof query === 'string' ? query : '',
      timespan: typeof timespan === 'string' ? timespan : undefined,
    };
  } catch {
    return { query: '', timespan: undefined };
  }
}

export async function readRequest(
  message: IncomingMessage,
  known: Pick<AskedRequest, 'at' | 'concurrent'>,
): Promise<Omit<AskedRequest, 'index'>> {
  const path = (message.url ?? '').split('?')[0] ?? '';
  const { query, timespan } = bodyOf(await text(message));
  const { diagnostics, query: parsed }: ParsedKql = query === '' ? { diagnostics: [] } : parseKql(query);
  return {
    ...known,
    method: message.method ?? '',
    path,
    id: decodeURIComponent(
      /^\/v1\/(?:(?:apps|workspaces)\/([^/]+)\/query|workspaces\/([^/]+)\/search)$/
        .exec(path)
        ?.slice(1)
        .find(Boolean) ?? '',
    ),
    headers: Object.fromEntries(Object.entries(message.headers).filter(([name]) => !CREDENTIALS.has(name))),
    query,
    timespan,
    diagnostics,
    parsed,
  };
}
