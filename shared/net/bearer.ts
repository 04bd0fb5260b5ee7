/** Tokens for services of Azure, put in by our own HTTP client. */
import type { AccessToken, TokenCredential } from '@azure/core-auth';
import type { HttpClient, PipelineRequest, PipelineResponse } from '@azure/core-rest-pipeline';

export interface BearerOptions {
  readonly credential: TokenCredential;
  readonly scope: string;
  readonly now: () => number;
}

/** In milliseconds: a token is used until so long before its end, and asked for anew so long before it. */
const MARGIN = 30_000;
const EARLY = 5 * 60_000;

/**
 * A client that proves who asks. The policy of the SDKs must not: it renews tokens behind the caller's back, and where
 * that fails when a token ends nobody awaits it, which ends the process (core-rest-pipeline 1.24, tokenCycler). Here
 * only a call that has no token left waits for one and fails for it; and a token that is refused before its time, once,
 * is replaced, in the tenant that the refusal names.
 */
export function withToken(http: HttpClient, { credential, scope, now }: BearerOptions): HttpClient {
  let known: AccessToken | undefined;
  let tenantId: string | undefined;
  const ask = async (claims?: string, abortSignal?: PipelineRequest['abortSignal']): Promise<AccessToken> => {
    const options = { ...(abortSignal && { abortSignal }), ...(claims && { claims }), ...(tenantId && { tenantId }) };
    const token = await credential.getToken(scope, options);
    if (token === null) throw new Error(`no token for ${scope}: no identity is set up`);
    known = token;
    return token;
  };
  let renewing = false;
  const renew = (): void => {
    if (renewing) return;
    renewing = true;
    // It is good for a while yet: whoever comes when it is not hears why.
    ask()
      .catch(() => undefined)
      .finally(() => {
        renewing = false;
      });
  };
  const tokenFor = async ({ abortSignal }: PipelineRequest): Promise<AccessToken> => {
    if (known === undefined || known.expiresOnTimestamp - MARGIN < now()) return ask(undefined, abortSignal);
    if ((known.refreshAfterTimestamp ?? known.expiresOnTimestamp - EARLY) < now()) renew();
    return known;
  };
  /** Undefined: there is no other. */
  const another = async (refused: AccessToken, request: PipelineRequest, answer: PipelineResponse) => {
    if (known !== undefined && known.token !== refused.token) return known;
    tenantId = tenantIn(answer) ?? tenantId;
    // Whoever keeps tokens hands out the same one again, until he is told why that will not do.
    const claims = JSON.stringify({
      access_token: { nbf: { essential: true, value: `${Math.floor(now() / 1000)}` } },
    });
    for (const why of [undefined, claims]) {
      const token = await ask(why, request.abortSignal).catch(() => undefined);
      if (token !== undefined && token.token !== refused.token) return token;
    }
    return undefined;
  };
  const send = (request: PipelineRequest, { token }: AccessToken): Promise<PipelineResponse> => {
    request.headers.set('Authorization', `Bearer ${token}`);
    return http.sendRequest(request);
  };
  return {
    sendRequest: async (request) => {
      if (!/^https:/i.test(request.url)) throw new Error('a token would travel in the clear; use https');
      const token = await tokenFor(request);
      const answer = await send(request, token);
      if (answer.status !== 401 || !canGoAgain(request)) return answer;
      const next = await another(token, request, answer);
      if (next === undefined) return answer;
      const body = answer.readableStreamBody;
      if (body !== undefined && 'destroy' in body && typeof body.destroy === 'function') body.destroy();
      return send(request, next);
    },
  };
}

/** A stream has been read by then. */
const canGoAgain = ({ body }: PipelineRequest): boolean =>
  body === undefined ||
  body === null ||
  typeof body === 'string' ||
  typeof body === 'function' ||
  ArrayBuffer.isView(body);

/** `Bearer authorization_uri=https://login.microsoftonline.com/<tenant>/oauth2/authorize resource_id=…` */
const tenantIn = ({ headers }: PipelineResponse): string | undefined =>
  /authorization_uri="?https?:\/\/[^/\s"]+\/([^/\s"]+)/.exec(headers.get('www-authenticate') ?? '')?.[1];
