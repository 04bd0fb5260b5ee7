/**
 * Preloaded by a worker whose settings are those of Azure: accounts by their names, the public query API. What it asks
 * of these addresses is answered by stand-ins on this machine (AZURE_STANDINS: a URL for each kind of host), which take
 * no tokens: storage is asked with a SAS in their place, and the token goes along in `x-token`.
 */
import http, { type ClientRequest, type IncomingMessage, type RequestOptions } from 'node:http';
import https from 'node:https';
import { syncBuiltinESMExports } from 'node:module';

export interface Standins {
  readonly blob: string;
  readonly queue: string;
  readonly table: string;
  /** Of the query API. */
  readonly io: string;
  readonly sas: string;
}

const given = process.env.AZURE_STANDINS;
const standins: Standins | undefined = given === undefined ? undefined : JSON.parse(given);

function standInFor(options: RequestOptions, answered?: (response: IncomingMessage) => void): ClientRequest {
  const { hostname = '', path = '/', method = 'GET', headers = {} } = options;
  const [, kind] = /\.(blob|queue|table|io)(\.core\.windows\.net)?$/.exec(hostname ?? '') ?? [];
  const target = standins?.[kind as keyof Standins];
  if (target === undefined || standins === undefined) throw new Error(`nothing stands in for ${hostname}`);
  const { port, pathname } = new URL(target);
  const sent = new Map(Object.entries({ ...headers }).map(([name, value]) => [name.toLowerCase(), value]));
  const isQuery = kind === 'io';
  if (!isQuery) {
    sent.set('x-token', sent.get('authorization'));
    sent.delete('authorization');
  }
  // Parts of a batch name their addresses, too.
  const isBatch = path?.endsWith('/$batch') === true;
  if (isBatch) sent.delete('content-length');
  const base = pathname.replace(/\/$/, '');
  const signed = isQuery ? path : `${path}${path?.includes('?') ? '&' : '?'}${standins.sas}`;
  const request = http.request(
    {
      ...{ hostname: '127.0.0.1', port, method, path: `${base}${signed}` },
      headers: Object.fromEntries([...sent].filter(([name, value]) => name !== 'host' && value !== undefined)),
    },
    answered,
  );
  if (isBatch) {
    const end = request.end.bind(request);
    request.end = ((body: unknown) => end(String(body).replaceAll(`https://${hostname}`, target))) as typeof end;
  }
  return request;
}

if (standins !== undefined) {
  https.request = standInFor as typeof https.request;
  syncBuiltinESMExports();
}
