import type { Identity } from '../model.ts';
import { beginningWithoutSecrets } from '../pure/known-secrets.ts';
import { anyOf } from './any-of.ts';

/** What a failed sign-in says: which ways were tried, what each answered, and what to do. Pure. */

/** First match counts. */
const ADVICE: readonly (readonly [RegExp, (who: string) => string])[] = [
  [/Invalid value for AZURE_TOKEN_CREDENTIALS/, () => 'mend or unset it'],
  [
    /AADSTS5007[69]|AADSTS50158|multi-?factor|interaction.?required|AADSTS50173|AADSTS70043|AADSTS700082/i,
    () => 'sign in again (az login), with the second factor where one is asked for',
  ],
  [
    /AADSTS700016|AADSTS90002|AADSTS7000215|AADSTS7000222|invalid_client/i,
    () => 'check AZURE_TENANT_ID, AZURE_CLIENT_ID and the secret',
  ],
  [
    anyOf(
      /identity.{0,20}not found|no.{0,20}(user|system).?assigned|invalid_request/,
      /unable to load.*identity|status(code)?:? ?400/,
    ),
    (who) => `${who}: assign it to the app, or mend the client id`,
  ],
  [
    /\b(404|410|429|5\d\d)\b|did not answer|network|ECONN|ETIMEDOUT|NoAnswer|stood still|no answer/i,
    (who) => `the endpoint does not give ${who} a token now: try again later (the app does so by itself)`,
  ],
  [/without a token|HPE_/, () => 'what answers there gives no tokens; see what stands in its place (a proxy)'],
  [/az login|Azure CLI|az account/i, () => 'sign in (az login), or give the app an identity'],
];

/** Ways that were not set up say nothing about why those failed that were. */
const NOT_SET_UP = anyOf(
  /EnvironmentCredential is unavailable|WorkloadIdentityCredential.*(unavailable|not set)|Visual Studio Code/,
  /(PowerShell|Azure CLI|Azure Developer CLI).*(not (be )?found|not installed|couldn't be found)/,
  /(PowerShell|Azure CLI|Azure Developer CLI).*Ensure that it is installed/,
  /Az\.Accounts|broker|Network unreachable/,
  /ManagedIdentityCredential.*(unavailable|not available|network_error)/,
);

/**
 * `heard`: what an endpoint refused with; '' when none did. `ways`: what AZURE_TOKEN_CREDENTIALS says; '' if nothing.
 */
export function signInText(
  error: unknown,
  { clientId, setting }: Omit<Identity, 'kind'>,
  heard: string,
  ways = '',
): string {
  const reasons = [...(heard === '' ? [] : [heard]), ...reasonsOf(error)];
  // The only way that was tried has a reason to tell.
  const told = reasons.filter((reason) => reasons.length === 1 || !NOT_SET_UP.test(reason));
  const only = ways === '' ? '' : ` (AZURE_TOKEN_CREDENTIALS is ${ways}: no other way is tried)`;
  const who =
    clientId === ''
      ? `the system-assigned identity (${setting} names no other)`
      : `the identity with the client id ${clientId} (${setting})`;
  // What the endpoint says in full the library says in part.
  const text = told.filter((reason) => heard === '' || reason === heard || !/ManagedIdentity/.test(reason)).join('; ');
  if (text === '')
    return (
      `no sign-in worked: there is no identity (${who}) and nobody has signed in${only}; give the app an identity ` +
      'and name its client id, or run az login on a workstation'
    );
  const advice = ADVICE.find(([pattern]) => pattern.test(text))?.[1](who) ?? `check ${who}, or sign in (az login)`;
  return `no sign-in worked: ${text}${only}; ${advice}`;
}

/** One line for each way that was tried. */
function reasonsOf(error: unknown): string[] {
  const inner: unknown = typeof error === 'object' && error !== null ? Reflect.get(error, 'errors') : undefined;
  if (Array.isArray(inner) && inner.length > 0) return [...new Set(inner.flatMap(reasonsOf))];
  const message = error instanceof Error ? error.message : String(error);
  return [oneLine(message)];
}

/** Without stacks, addresses’ queries and identifiers of the request; bodies of JSON by their text. */
function oneLine(message: string): string {
  const text = beginningWithoutSecrets(message)
    .split('\n')
    .map((line) => line.trim())
    .filter(
      (line) => line !== '' && !/^(at |More details|Trace ID|Correlation ID|Timestamp|To troubleshoot)/i.test(line),
    )
    .join(' ')
    .replace(/(https?:\/\/[^\s?'"]*)\?[^\s'"]*/g, '$1')
    .replace(/\b(Bearer|client_secret|assertion|refresh_token|X-IDENTITY-HEADER)([=: ]+)[^\s&;'"]+/gi, '$1$2…')
    .replace(/To (troubleshoot|mitigate)[^;]*$/i, '')
    .trim();
  return text.length > 400 ? `${text.slice(0, 400)}…` : text;
}
