/** Tokens: from the app's identity in Azure, from the developer's own sign-in elsewhere. */
import type { AccessToken, GetTokenOptions, TokenCredential } from '@azure/core-auth';
import { type HttpClient, type PipelineRequest, type PipelineResponse, RestError } from '@azure/core-rest-pipeline';
import { DefaultAzureCredential, ManagedIdentityCredential } from '@azure/identity';
import type { Identity } from '../model.ts';
import { beginningWithoutSecrets, knowToken } from '../pure/known-secrets.ts';
import { isDirect, shownAddress } from './direct.ts';
import { signInText } from './sign-in.ts';
import { whileWaiting } from './waits.ts';

/** In milliseconds. */
export interface IdentityLimits {
  /** How long a token may take, whoever gives it. */
  readonly token: number;
  /** How long a failed sign-in is believed, so that not every call waits for the same failure. */
  readonly failure: number;
  /** How long an endpoint of this machine may be silent: it is asked once. */
  readonly silence: number;
}

export const IDENTITY_LIMITS: IdentityLimits = { token: 60_000, failure: 30_000, silence: 15_000 };

export interface IdentityOptions {
  readonly identity: Omit<Identity, 'kind'>;
  /** Of the cloud; undefined: the public one. */
  readonly authorityHost: string | undefined;
  readonly http: HttpClient;
  readonly now: () => number;
  /** AZURE_TOKEN_CREDENTIALS: the one way, or kind of ways, to sign in that the library may try. Left out: all. */
  readonly ways?: string | undefined;
}

/** One credential, whose token many clients ask for: one of them at a time goes for it, and none waits for ever. */
export function createIdentity(
  { identity, authorityHost, http, now, ways = '' }: IdentityOptions,
  limits = IDENTITY_LIMITS,
  inner: TokenCredential = signInOf({ identity, authorityHost, http, now, ways }, limits),
): TokenCredential {
  const underWay = new Map<string, Promise<AccessToken | null>>();
  const failed = new Map<string, { readonly error: Error; readonly until: number }>();
  const ask = async (scopes: string | string[], options: GetTokenOptions): Promise<AccessToken | null> => {
    heard.last = '';
    const late = AbortSignal.timeout(limits.token);
    const slow = new Promise<never>((_, reject) => {
      late.addEventListener('abort', () =>
        reject(new Error(`nothing came within ${limits.token / 1000} s: no answer`)),
      );
    });
    const { abortSignal: _ours, ...rest } = options;
    const got = inner.getToken(scopes, { ...rest, abortSignal: late });
    return whileWaiting('a token', Promise.race([got, slow]));
  };
  return {
    getToken: async (scopes, options = {}) => {
      const key = JSON.stringify([scopes, options.claims, options.tenantId]);
      const known = failed.get(key);
      if (known !== undefined && known.until > now()) throw known.error;
      const asked = underWay.get(key) ?? ask(scopes, options).finally(() => underWay.delete(key));
      underWay.set(key, asked);
      try {
        const got = await orAborted(asked, options.abortSignal);
        if (got !== null) knowToken(got.token);
        return got;
      } catch (error) {
        if (options.abortSignal?.aborted) throw error;
        const told = Object.assign(new Error(signInText(error, identity, heard.last, ways)), {
          name: 'AuthenticationFailedError',
        });
        failed.set(key, { error: told, until: now() + limits.failure });
        throw told;
      }
    },
  };
}

function signInOf(
  { identity: { clientId }, authorityHost, http, ways = '' }: IdentityOptions,
  limits: IdentityLimits,
): TokenCredential {
  const options = {
    httpClient: listening(http, limits.silence),
    ...(authorityHost !== undefined && { authorityHost }),
  };
  // Told to try this way alone, the library forgets all that it is given, the client id too.
  if (/^\s*ManagedIdentityCredential\s*$/i.test(ways))
    return new ManagedIdentityCredential({ ...options, ...(clientId !== '' && { clientId }) });
  try {
    return new DefaultAzureCredential({
      ...options,
      processTimeoutInMs: limits.token,
      ...(clientId !== '' && { managedIdentityClientId: clientId }),
    });
  } catch (error) {
    return { getToken: () => Promise.reject(error) }; // no such way: told like all that keeps from signing in
  }
}

/**
 * What a token endpoint last refused with: the library says no more than that it failed. One for the process, since the
 * library keeps the first client that it was given for all.
 */
const heard = { last: '' };

/**
 * An endpoint of this machine may be starting, but where nobody listens for some seconds, or it knows of nothing, there
 * is none; and one that fails goes on failing. The library would try six times, 19 s in all, before it goes on to the
 * next way; and twice 30 s where nothing is answered.
 */
const MOST_IN_VAIN = 4;

export function listening(http: HttpClient, silence: number): HttpClient {
  /** Tries in vain by request: its id stays when the library repeats it. */
  const tries = new Map<string, number>();
  const inVain = ({ requestId }: PipelineRequest): boolean => {
    const times = (tries.get(requestId) ?? 0) + 1;
    if (times === 1) tries.clear();
    tries.set(requestId, times);
    if (times < MOST_IN_VAIN) return false;
    return tries.delete(requestId);
  };
  // A code that the library does not repeat.
  const nobody = (words: string) => new RestError(words, { code: 'NoListener' });
  return {
    sendRequest: async (request) => {
      const where = shownAddress(request.url);
      const direct = isDirect(request.url);
      try {
        const answer = await (direct ? within(silence, http, request) : http.sendRequest(request));
        const refused = refusalIn(answer, direct);
        if (refused !== '') heard.last = `${where} answered ${refused}`;
        // The library would go there with the secret of this machine's endpoint.
        answer.headers.delete('location');
        if (direct && isVain(answer) && inVain(request)) throw nobody('it gives no tokens');
        return answer;
      } catch (error) {
        const code = error instanceof Error && 'code' in error ? String(error.code) : 'no answer';
        if (code === 'NoListener') throw error;
        // Most machines have no such endpoint on their link: that it is silent says nothing.
        if (!where.includes('://169.254.')) heard.last = `${where} does not answer (${code})`;
        if (direct && (code === 'NoAnswer' || (code === 'ECONNREFUSED' && inVain(request))))
          throw nobody('nobody listens there');
        throw error;
      }
    },
  };
}

const isVain = ({ status }: PipelineResponse): boolean => status === 404 || status >= 500;

async function within(limit: number, http: HttpClient, request: PipelineRequest): Promise<PipelineResponse> {
  const late = AbortSignal.timeout(limit);
  const given = request.abortSignal;
  const ends = new AbortController();
  const stop = () => ends.abort();
  if (given?.aborted) stop();
  given?.addEventListener('abort', stop);
  const silent = new Promise<never>((_, reject) => {
    late.addEventListener('abort', () => {
      reject(new RestError(`no answer within ${limit / 1000} s`, { code: 'NoAnswer' }));
      stop();
    });
  });
  try {
    return await Promise.race([http.sendRequest({ ...request, abortSignal: ends.signal }), silent]);
  } finally {
    given?.removeEventListener('abort', stop);
  }
}

/** '' where there is none: what this machine's endpoint gives without an error is a token. */
function refusalIn({ status, bodyAsText }: PipelineResponse, direct: boolean): string {
  if (status >= 400) return `${status}${wordsOf(bodyAsText)}`;
  return !direct || /"access_token"/.test(bodyAsText ?? '') ? '' : `${status} without a token${wordsOf(bodyAsText)}`;
}

/** The reason in an answer, shortly. */
function wordsOf(body: string | null | undefined): string {
  const text = beginningWithoutSecrets(body ?? '');
  try {
    const { error_description, message, error } = JSON.parse(text);
    const said = [error_description, message, error].find((word) => typeof word === 'string') ?? error?.message;
    return typeof said === 'string' ? `: ${said.split('\n')[0]?.slice(0, 300)}` : '';
  } catch {
    return text === '' || text.trimStart().startsWith('<') ? '' : `: ${text.split(/[\r\n]/)[0]?.slice(0, 100)}`;
  }
}

/** Whoever gives up does not take the token from the others. */
function orAborted<T>(wait: Promise<T>, abort: GetTokenOptions['abortSignal']): Promise<T> {
  if (abort === undefined) return wait;
  return new Promise((resolve, reject) => {
    const stop = () => reject(Object.assign(new Error('aborted'), { name: 'AbortError' }));
    if (abort.aborted) stop();
    abort.addEventListener('abort', stop);
    wait.then(resolve, reject).finally(() => abort.removeEventListener('abort', stop));
  });
}

/** Who signs in for an address of that cloud; undefined: the public one. */
export function authorityOf(address: string): string | undefined {
  const { hostname } = URL.canParse(address) ? new URL(address) : { hostname: '' };
  if (/\.(us|usgovcloudapi\.net)$/.test(hostname)) return 'https://login.microsoftonline.us';
  return /\.(cn|chinacloudapi\.cn)$/.test(hostname) ? 'https://login.chinacloudapi.cn' : undefined;
}
