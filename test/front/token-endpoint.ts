/** The endpoint that gives an app of Azure Functions the tokens of its identity, as the platform words its answers. */
import { once } from 'node:events';
import { createServer } from 'node:http';

/** A status that is answered in place of a token; `silent`: nothing comes. */
export type TokenFate = 400 | 404 | 410 | 429 | 500 | 503 | 'silent' | undefined;

export interface TokenEndpoint {
  readonly port: number;
  /** What IDENTITY_ENDPOINT and IDENTITY_HEADER are to be. */
  readonly env: Readonly<Record<'IDENTITY_ENDPOINT' | 'IDENTITY_HEADER', string>>;
  fate: TokenFate;
  /** Hears of each question. */
  met: (() => void) | undefined;
  close(): void;
}

const WORDS: Readonly<Record<number, string>> = {
  400: 'No User Assigned or Delegated Managed Identity found for specified ClientId.',
  404: 'Not found',
  410: 'The service is being updated',
  429: 'Too many requests',
  500: 'Internal server error',
  503: 'The service is unavailable',
};

/** `life`: how long a token holds, in milliseconds. `secret`: the header without which nothing is given. */
export async function startTokenEndpoint(life: number, secret: string): Promise<TokenEndpoint> {
  let given = 0;
  const server = createServer((request, response) => {
    endpoint.met?.();
    if (endpoint.fate === 'silent') return;
    const refused = request.headers['x-identity-header'] === secret ? endpoint.fate : 400;
    const until = String(Math.floor((Date.now() + life) / 1000));
    const body =
      refused === undefined
        ? { access_token: `token-${++given}-of-${secret}`, expires_on: until, token_type: 'Bearer', resource: 'x' }
        : { statusCode: refused, message: WORDS[refused] };
    response.writeHead(refused ?? 200, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const address = server.address();
  const port = typeof address === 'object' ? (address?.port ?? 0) : 0;
  const endpoint: TokenEndpoint = {
    port,
    env: { IDENTITY_ENDPOINT: `http://127.0.0.1:${port}/msi/token`, IDENTITY_HEADER: secret },
    fate: undefined,
    met: undefined,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
  return endpoint;
}
