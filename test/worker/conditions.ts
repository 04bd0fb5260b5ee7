/** What a storage account, a network or a query API may do for a while, as conditions of a scene. */
import type { Fault } from '../../local/simulator/faults.ts';
import type { Refusal, Service } from '../front/answers.ts';
import type { Fate, StorageCall } from '../front/storageFront.ts';
import type { TokenFate } from '../front/token-endpoint.ts';

export interface Condition {
  readonly name: string;
  /** What becomes of a call to storage; undefined: it passes. */
  readonly fate?: (call: StorageCall) => Fate;
  /** What the query API answers. */
  readonly fault?: Fault;
  /** Connections there fail with that code; `silent`: nobody says anything. */
  readonly line?: {
    readonly to: readonly (Service | 'api')[];
    readonly code: string;
    /** Only every other one. */
    readonly flips?: true;
  };
  /** What the endpoint answers that gives the identity its tokens, of which each holds for six minutes. */
  readonly token?: TokenFate;
  /** Where all but one thing works, only what is asked of that is the condition's: the rest is work that gets on. */
  readonly only?: (call: StorageCall) => boolean;
  /** It begins when all windows are done, and not before them. */
  readonly rested?: true;
}

type Which = (call: StorageCall) => boolean;

const isLake: Which = ({ service, path }) => service === 'blob' && path.startsWith('/lake');
const isExport: Which = ({ service, path }) => service === 'blob' && path.startsWith('/exports');
const isTable: Which = ({ service }) => service === 'table';
const isQueue: Which = ({ service }) => service === 'queue';
const isWrite: Which = ({ method }) => method !== 'GET' && method !== 'HEAD';
const isFile: Which = (call) => isLake(call) && !call.path.includes('_insights-lake') && call.method === 'PUT';
const isRead: Which = (call) => isExport(call) && call.path.includes('.blob');
const isMerge: Which = (call) => isTable(call) && (call.method === 'POST' || call.method === 'PATCH');

const struck =
  (which: Which, fate: Fate) =>
  (call: StorageCall): Fate =>
    which(call) ? fate : undefined;

const refusals = (where: string, which: Which, all: Readonly<Record<string, number>>, only?: Which): Condition[] =>
  Object.entries(all).map(([spelled, status]) => {
    const [code = '', after] = spelled.split(' ');
    const refuse: Refusal = { status, code, ...(after !== undefined && { retryAfter: Number(after) }) };
    const name = `${where}: ${status} ${code}${after === undefined ? '' : `, Retry-After ${after}`}`;
    return { name, fate: struck(which, { refuse }), ...(only && { only }) };
  });

const broken = (where: string, which: Which, only?: Which): Condition[] =>
  Object.entries({
    'never answers': { never: 'undone' },
    'never answers, though it is done': { never: 'done' },
    'answers break off': { cut: 20 },
    'answers stand still': { stall: 20 },
    'connections break': { broken: 'undone' },
    '500 OperationTimedOut, though it is done': { done: { status: 500, code: 'OperationTimedOut' } },
    'answers trickle, a byte each 3 s': { trickle: 1, pause: 3_000 },
  } satisfies Record<string, Fate>).map(([name, fate]) => ({
    name: `${where}: ${name}`,
    fate: struck(which, fate),
    ...(only && { only }),
  }));

/** Of answers that succeed, as one that hands on headers, and not all of a body, does. */
const swapped = (where: string, which: Which, only?: Which): Condition[] =>
  Object.entries({
    'half of each answer': (body: Uint8Array) => body.subarray(0, body.length / 2),
    'nothing in each answer': () => Buffer.alloc(0),
    'a page in each answer': () => Buffer.from('<html><title>Sign in</title></html>'),
  }).map(([name, change]) => ({
    name: `${where}: ${name}`,
    fate: struck(which, {
      swap: (answer) => {
        if (answer.status >= 300 || answer.body.length === 0) return answer;
        const body = change(answer.body);
        return { ...answer, body, headers: { ...answer.headers, 'content-length': body.length } };
      },
    }),
    ...(only && { only }),
  }));

const account = ['blob', 'queue', 'table'] as const;
/** Of the network: names, ports, firewalls, certificates. */
const lines = (where: string, to: NonNullable<Condition['line']>['to']): Condition[] =>
  ['ENOTFOUND', 'ECONNREFUSED', 'silent', 'DEPTH_ZERO_SELF_SIGNED_CERT'].map((code) => ({
    name: `${where}: ${code === 'silent' ? 'no connection comes about' : code}`,
    line: { to, code },
  }));

const api = (name: string, fault: Fault): Condition => ({ name: `query API: ${name}`, fault });

export const conditions: readonly Condition[] = [
  { name: 'nothing, while all windows run' },
  { name: 'nothing, after all is done', rested: true },
  ...refusals('lake', isLake, {
    ServerBusy: 503,
    'ServerBusy 5': 503,
    InternalError: 500,
    InvalidAuthenticationInfo: 401,
    AuthorizationPermissionMismatch: 403,
    KeyVaultEncryptionKeyNotFound: 403,
    ContainerNotFound: 404,
    ContainerBeingDeleted: 409,
    AccountIsDisabled: 403,
  }),
  ...refusals('files of the lake', isFile, {
    LeaseIdMissing: 412,
    BlobImmutableDueToPolicy: 409,
    BlobImmutableDueToLegalHold: 409,
    BlobArchived: 409,
    ConditionNotMet: 412,
    BlobAlreadyExists: 409,
    InvalidBlockList: 400,
  }),
  // Calls without a body are answered: windows get done.
  ...broken('lake', isLake).map((each) => (/break off|trickle/.test(each.name) ? { ...each, only: isLake } : each)),
  {
    name: 'files of the lake: 500 OperationTimedOut, and done later',
    fate: struck(isFile, { later: { status: 500, code: 'OperationTimedOut' } }),
  },
  ...refusals(
    'exports',
    isExport,
    { ServerBusy: 503, AuthorizationPermissionMismatch: 403, ContainerNotFound: 404, ContainerBeingDeleted: 409 },
    isExport,
  ),
  ...refusals('blobs of exports', isRead, { BlobArchived: 409, BlobNotFound: 404 }, isExport),
  ...broken('exports', isExport, isExport).slice(0, 4),
  ...refusals('table', isTable, {
    ServerBusy: 503,
    TooManyRequests: 429,
    'TooManyRequests 20': 429,
    'TooManyRequests 86400': 429,
    InternalError: 500,
    AuthorizationPermissionMismatch: 403,
    TableNotFound: 404,
    TableBeingDeleted: 409,
  }),
  ...refusals('writes to the table', isMerge, { UpdateConditionNotSatisfied: 412, EntityAlreadyExists: 409 }),
  ...broken('table', isTable),
  ...refusals(
    'queue',
    (call) => isQueue(call) && isWrite(call),
    { ServerBusy: 503, AuthorizationPermissionMismatch: 403, QueueNotFound: 404, QueueBeingDeleted: 409 },
    isQueue,
  ),
  ...broken('queue', isQueue, isQueue).slice(0, 2),
  ...refusals('whole account', () => true, {
    ServerBusy: 503,
    'ServerBusy 5': 503,
    InternalError: 500,
    AuthenticationFailed: 403,
    AuthorizationFailure: 403,
    AccountIsDisabled: 403,
  }),
  ...broken('whole account', () => true),
  ...lines('whole account', account),
  ...swapped('lake', isLake, isLake),
  ...swapped('exports', isExport, isExport),
  ...swapped('table', isTable),
  api('429, Retry-After 5', { kind: 'throttle', retryAfter: 5 }),
  api('429', { kind: 'throttle' }),
  api('429, Retry-After 0', { kind: 'throttle', retryAfter: 0 }),
  api('429, Retry-After 250', { kind: 'throttle', retryAfter: 250 }),
  api('503', { kind: 'unavailable' }),
  api('504', { kind: 'gatewayTimeout' }),
  api('403', { kind: 'forbidden' }),
  api('401', { kind: 'unauthorized' }),
  api('400', { kind: 'badRequest' }),
  api('never answers', { kind: 'stall', at: 'start' }),
  api('answers after 50 s', { kind: 'stall', at: 'start', pause: 50_000 }),
  api('answers stand still', { kind: 'stall', at: 'middle' }),
  api('answers trickle, a byte each 3 s', { kind: 'trickle', pause: 3_000 }),
  api('answers break off', { kind: 'drop', at: 'middle' }),
  api('connections break', { kind: 'drop', at: 'start' }),
  api('partial answers', { kind: 'partial' }),
  api('a proxy’s page', { kind: 'notJson' }),
  ...lines('query API', ['api']),
  ...(['blob', 'queue', 'table', 'api'] as const).map((to): Condition => {
    const code = to === 'api' ? 'ECONNRESET' : 'ENOTFOUND';
    const place = to === 'api' ? 'query API' : to === 'blob' ? 'lake' : to;
    // Windows get done: only the connections that fail are the condition's.
    const line = { to: [to], code, flips: true } as const;
    return { name: `${place}: every other connection: ${code}`, line, only: () => false };
  }),
  ...([400, 404, 429, 500, 'silent'] as const).map((token) => ({
    name: `token endpoint: ${token === 'silent' ? 'never answers' : token}`,
    token,
  })),
];
