import type { AccessToken, TokenCredential } from '@azure/core-auth';
import type { Clock, QuerySettings } from '../../model.ts';
import { isLoopback } from '../../net/direct.ts';
import type { Reply } from './reply.ts';

export interface Credentials {
  /** The header that proves who asks; none where nothing is to be proved. */
  headers(abort: AbortSignal): Promise<Record<string, string>>;
  /** After a refusal: the next question gets a new token. */
  forget(): void;
  /** After a token was refused: gets another. False when there is none, so that asking again is of no use. */
  renew(abort: AbortSignal): Promise<boolean>;
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
  let used = '';

  async function bearer(abort: AbortSignal, claims?: string): Promise<string> {
    if (token === undefined || token.expiresOnTimestamp - MARGIN < clock.now()) {
      const options = { abortSignal: abort, ...(claims !== undefined && { claims }) };
      const got = await credential?.getToken(scope, options).catch((error: unknown) => {
        abort.throwIfAborted();
        throw new Error(`no token for ${scope}: ${reasonOf(error)}`);
      });
      if (!got)
        throw new Error(
          `no token for ${scope}: no identity is set up; give the app one, or use another kind of access`,
        );
      token = got;
    }
    used = token.token;
    return used;
  }

  function secret(): string {
    return auth.kind === 'key' ? auth.key.reveal() : used;
  }

  return {
    async headers(abort) {
      if (auth.kind === 'identity') return { Authorization: `Bearer ${await bearer(abort)}` };
      return auth.kind === 'key' ? { 'x-api-key': auth.key.reveal() } : {};
    },
    forget() {
      token = undefined;
    },
    async renew(abort) {
      if (auth.kind !== 'identity') return false;
      const refused = used;
      token = undefined;
      // Whoever keeps tokens hands out the same one again, until he is told why that will not do.
      const claims = JSON.stringify({
        access_token: { nbf: { essential: true, value: `${Math.floor(clock.now() / 1000)}` } },
      });
      for (const why of [undefined, claims]) {
        const next = await bearer(abort, why).catch(() => undefined);
        abort.throwIfAborted();
        if (next !== undefined && next !== refused) return true;
        token = undefined;
      }
      return false;
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
    `query API at ${host}: ${protocol} would send the ${settings.auth.kind === 'key' ? 'key' : 'token'} in the ` +
      'clear; use https',
  );
}

function without(secret: string, value: unknown): unknown {
  if (secret === '' || value === undefined) return value;
  return JSON.parse(JSON.stringify(value).replaceAll(JSON.stringify(secret).slice(1, -1), '[secret]'));
}

/** A sign-in of ours says itself what was tried and what to do. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown reason';
  const line = error.message.split('\n')[0]?.slice(0, 900) ?? '';
  const advice = 'give the app an identity, or run `az login` on a workstation';
  return line.startsWith('no sign-in worked') ? line : `${error.name}: ${line}; ${advice}`;
}
