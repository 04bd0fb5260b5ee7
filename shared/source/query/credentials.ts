import type { AccessToken, TokenCredential } from '@azure/core-auth';
import type { Clock, QuerySettings } from '../../model.ts';
import type { Reply } from './reply.ts';

export interface Credentials {
  /** The header that proves who asks; none where nothing is to be proved. */
  headers(abort: AbortSignal): Promise<Record<string, string>>;
  /** After a refusal: the next question gets a new token. */
  forget(): void;
  /** The reply without the secret, should the server have sent it back in an error. */
  mask(reply: Reply): Reply;
}

/** A token is used until so long before it expires: longer than a query may take to start. */
const MARGIN = 5 * 60_000;

type Settings = Pick<QuerySettings, 'url' | 'scope' | 'auth'>;

/**
 * Bearer token, key or nothing. The token is kept between questions, since some credentials start a program for each;
 * the pipeline's own policy for tokens is no use here, because it also refuses http on the loopback range (emulators).
 */
export function createCredentials(
  settings: Settings,
  credential: TokenCredential | undefined,
  clock: Clock,
): Credentials {
  const { auth, scope } = settings;
  let token: AccessToken | undefined;

  async function bearer(abort: AbortSignal): Promise<string> {
    if (token === undefined || token.expiresOnTimestamp - MARGIN < clock.now()) {
      const got = await credential?.getToken(scope, { abortSignal: abort }).catch((error: unknown) => {
        abort.throwIfAborted();
        throw new Error(
          `no token for ${scope}: ${firstLine(error)}; give the app an identity, or run \`az login\` on a workstation`,
        );
      });
      if (!got)
        throw new Error(
          `no token for ${scope}: no identity is set up; give the app one, or use another kind of access`,
        );
      token = got;
    }
    return token.token;
  }

  function secret(): string {
    return auth.kind === 'key' ? auth.key.reveal() : (token?.token ?? '');
  }

  return {
    async headers(abort) {
      if (auth.kind === 'identity') return { Authorization: `Bearer ${await bearer(abort)}` };
      return auth.kind === 'key' ? { 'x-api-key': auth.key.reveal() } : {};
    },
    forget() {
      token = undefined;
    },
    mask(reply) {
      const body = without(secret(), reply.body);
      return reply.answer === undefined
        ? { ...reply, body }
        : { ...reply, answer: { ...reply.answer, error: without(secret(), reply.answer.error) } };
    },
  };
}

/** Throws where a token or key would travel in the clear beyond this machine. */
export function refuseOpenSecrets(settings: Settings): void {
  if (settings.auth.kind === 'none' || settings.url.startsWith('https:') || isLoopback(settings.url)) return;
  const { host, protocol } = new URL(settings.url);
  throw new Error(
    `query API at ${host}: ${protocol} would send the ${settings.auth.kind === 'key' ? 'key' : 'token'} in the clear; use https`,
  );
}

export function isLoopback(url: string): boolean {
  const { hostname } = new URL(url);
  return (
    hostname === 'localhost' ||
    hostname.endsWith('.localhost') ||
    hostname === '[::1]' ||
    /^127(\.\d+){3}$/.test(hostname)
  );
}

function without(secret: string, value: unknown): unknown {
  if (secret === '' || value === undefined) return value;
  return JSON.parse(JSON.stringify(value).replaceAll(JSON.stringify(secret).slice(1, -1), '[secret]'));
}

function firstLine(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown reason';
  return `${error.name}: ${error.message.split('\n')[0]?.slice(0, 300)}`;
}
