/** Turns what a store throws into one clear line without secrets. Pure. */
import { beginningWithoutSecrets } from '../pure/known-secrets.ts';
import { ADVICE, BY_STATUS, HANDSHAKE, ODD, ON_PUT, REFUSED } from './advice.ts';

/**
 * What went wrong, in the store's own word (`BlobArchived`, `ContainerNotFound`, `ENOSPC`), for callers that tell
 * failures apart.
 */
export interface StoreFailure extends Error {
  readonly code: string;
}

/**
 * The error to throw: `<doing>: <what happened>; <what to do> (<code>)`, e.g. `put requests/a.parquet in https://… :
 * the disk is full; …`.
 * `advice` goes before the table of advice.ts: for the codes that mean something else to a table or queue; `since`
 * follows it.
 * Errors of the Azure SDKs are no `cause` of it: they carry the request, whose address and headers hold secrets.
 */
export function storeFailure(
  doing: string,
  error: unknown,
  advice: Readonly<Record<string, string>> = {},
  since = '',
): StoreFailure {
  const code = failureCode(error);
  const onPut = doing.startsWith('put ') ? ON_PUT[code] : undefined;
  // A sign-in says itself which ways were tried and what to do.
  const said = code === 'CREDENTIAL' && /no sign-in worked/.test(text(error, 'message')) ? undefined : ADVICE[code];
  const what = advice[code] ?? onPut ?? handshakeFault(error) ?? said ?? plainMessage(error, code);
  // What a stranger said is told as well, the status of a refusal whose words did not come, how much of an answer came.
  const isHeard = code === 'NotTheService' || HALF_HEARD.test(text(error, 'message'));
  const words = plainMessage(error, code);
  const heard = isHeard && what !== words ? ` (${words})` : '';
  // A failure within ours has said it at its end.
  const told = code === '' || what.endsWith(`(${code})`) ? '' : ` (${code})`;
  const line = `${doing}: ${what}${heard}${since}${told}`;
  const cause =
    error instanceof Error && !('request' in error) && !('response' in error) ? { cause: error } : undefined;
  return Object.assign(new Error(line, cause), { code });
}

/**
 * How agreeing on TLS went wrong, where it did: Node says that in the message alone, under codes that mean more. A
 * failure of ours that has said it says it again.
 */
export function handshakeFault(error: unknown): string | undefined {
  const message = text(error, 'message');
  if ([HANDSHAKE, 'before secure TLS connection was established'].some((words) => message.includes(words)))
    return HANDSHAKE;
  const said = message.indexOf(REFUSED);
  if (said >= 0) return message.slice(said).replace(/ \(E[A-Z]+\)$/, '');
  const [, name, number] = /:(?:\S+ alert |\S+ )([a-z ]+):[^:]*:\d+:SSL alert number (\d+)/.exec(message) ?? [];
  if (number === undefined) return failureCode(error) === 'EPROTO' ? ADVICE.EPROTO : undefined;
  return `${REFUSED} (alert ${number}, ${name})`;
}

const HALF_HEARD = /^(status \d|the (body of the|whole) answer|around byte)/;

/** Families of codes that mean the same to whoever reads them. */
const ALIASES: readonly (readonly [RegExp, string])[] = [
  [/CERT|SELF_SIGNED|UNABLE_TO_(VERIFY|GET_ISSUER)/, 'CERT'],
  [/^ERR_SSL_/, 'EPROTO'],
  // Packed, it says, and is not. (Half of what is packed is Z_BUF_ERROR: a connection that broke.)
  [/^(HPE_|Z_DATA_ERROR$)/, 'NotTheService'],
];

/** The store's word for the failure: its service's code, else Node's, else the HTTP status; '' where there is none. */
export function failureCode(error: unknown): string {
  if (/^(CredentialUnavailable|Authentication|AggregateAuthentication)\w*Error$/.test(text(error, 'name')))
    return 'CREDENTIAL';
  const code =
    text(field(error, 'details'), 'errorCode') ||
    text(field(field(error, 'details'), 'odataError'), 'code') ||
    text(error, 'code') ||
    statusOf(error);
  return ALIASES.find(([pattern]) => pattern.test(code))?.[1] ?? code;
}

const field = (of: unknown, name: string): unknown =>
  typeof of === 'object' && of !== null ? Reflect.get(of, name) : undefined;

function text(of: unknown, name: string): string {
  const value = field(of, name);
  return typeof value === 'string' ? value : '';
}

/** HTTP status of the answer; 0 where there was none. */
export function failureStatus(error: unknown): number {
  const status = field(error, 'statusCode');
  return typeof status === 'number' ? status : 0;
}

function statusOf(error: unknown): string {
  const status = failureStatus(error);
  return status === 0 ? '' : `HTTP ${status}`;
}

/**
 * The first line, without what follows a `?` in addresses (SAS) and without quoted signatures. Answers to HEAD have no
 * body: of a code that the tables do not know only its status tells.
 */
function plainMessage(error: unknown, code: string): string {
  const message = error instanceof Error ? wordsIn(error.message) : String(error);
  const said = message.split('\n').find((part) => part.trim() !== '' && part.trim() !== code);
  const status = failureStatus(error);
  // A page tells nothing in its first line.
  const words = said?.trimStart().startsWith('<') ? undefined : said;
  const line = words ?? BY_STATUS[Math.min(status, 500)] ?? (status > 0 ? ODD : 'no reason given');
  return beginningWithoutSecrets(line)
    .replace(/(https?:\/\/[^\s?'"]*)\?[^\s'"]*/g, '$1')
    .replace(/\b(sig|AccountKey|SharedKey|Bearer)([=: ]+)[^\s&;'"]+/gi, '$1$2…')
    .slice(0, 900);
}

/** Tables answer in odata JSON, whose text is deep inside, and which is all that their client hands over. */
function wordsIn(message: string): string {
  if (!message.trimStart().startsWith('{')) return message;
  try {
    const { value } = JSON.parse(message)['odata.error'].message;
    return typeof value === 'string' ? value : message;
  } catch {
    return message;
  }
}
