import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { errorText } from '../../../shared/source/query/error-text.ts';
import { type Asked, type Outcome, outcomeOf } from '../../../shared/source/query/outcome.ts';
import type { Reply } from '../../../shared/source/query/reply.ts';

const CORPUS = join(import.meta.dirname, '../../corpus/query-api');
const json = (name: string): Record<string, unknown> => JSON.parse(readFileSync(join(CORPUS, name), 'utf8'));
const NOW = Date.UTC(2026, 10, 21, 12);
const APP: Asked = { schema: 'app', table: 'requests', rowLimit: 500_000, now: NOW };
const WORKSPACE: Asked = { ...APP, schema: 'workspace', table: 'AppRequests' };

const NOTHING: Reply = {
  status: 200,
  lost: '',
  timedOut: false,
  retryAfter: '',
  age: 0,
  answer: undefined,
  body: undefined,
};
const refused = (status: number, body: unknown, retryAfter = ''): Reply => ({ ...NOTHING, status, body, retryAfter });
const answered = (rows: number, error?: unknown, age = 0): Reply => ({
  ...NOTHING,
  age,
  answer: { rest: new Uint8Array(0), columns: [], rows, error, fault: undefined },
});
/** A partial answer whose reason stands where the API puts it. */
const partial = (code: string, message: string): Reply =>
  answered(7, {
    code: 'PartialError',
    message: 'There were some errors when processing your query.',
    details: [
      {
        code: 'EngineError',
        message: 'Something went wrong processing your query on the server.',
        innererror: { code, message },
      },
    ],
  });
const bad = (code: string, message: string): unknown => ({
  error: {
    message: 'The request had some invalid properties',
    code: 'BadArgumentError',
    innererror: { code, message },
  },
});
const unresolved = (table: string): unknown =>
  bad('SemanticError', `'where' operator: Failed to resolve table or column expression named '${table}'`);

type Expected = Partial<Extract<Outcome, { kind: 'retry' }>> | Partial<Outcome>;
const TABLE: readonly (readonly [what: string, reply: Reply, expected: Expected, asked?: Asked])[] = [
  ['rows', answered(3), { kind: 'complete' }],
  ['no rows', answered(0), { kind: 'complete' }],
  ['one below the limit', answered(499_999), { kind: 'complete' }],
  ['exactly the limit', answered(500_000), { kind: 'split' }],
  ['beyond the limit', answered(500_001), { kind: 'split' }],
  ['out of a cache', answered(3, undefined, 17), { kind: 'doubtful' }],
  ['204', refused(204, ''), { kind: 'doubtful' }],
  [
    'recorded: result too large',
    answered(1, json('java__LogsQueryClientTest.testLogsQueryAllowPartialSuccess.body.json').error),
    { kind: 'split' },
  ],
  [
    'too many records',
    partial('-1', 'Query result set has exceeded the internal record count limit 500000'),
    { kind: 'split' },
  ],
  [
    'the set limit',
    partial('x', 'results of this query exceed the set limit of 64000000 bytes, so not all records were returned'),
    { kind: 'split' },
  ],
  ['500000 records', partial('x', 'more than 500000 records'), { kind: 'split' }],
  ['code alone', partial('-2133196797', ''), { kind: 'split' }],
  ['80DA0003', partial('', 'Query execution has exceeded the allowed limits (80DA0003): .'), { kind: 'split' }],
  ['truncation', partial('', 'the result truncation was applied'), { kind: 'split' }],
  [
    'runaway',
    partial('-2133196799', "'sort' operator has exceeded the memory budget (5368709120) (E_RUNAWAY_QUERY)"),
    { kind: 'retry', heavy: true },
  ],
  [
    'low memory',
    partial('', 'Query execution lacks memory resources to complete (80DA0007): E_LOW_MEMORY_CONDITION'),
    { kind: 'retry', heavy: true },
  ],
  ['overflow', partial('', 'Overflow while evaluating'), { kind: 'retry', heavy: true }],
  ['engine time-out', partial('', 'Request timed out'), { kind: 'retry', heavy: true }],
  ['network', partial('', 'A network error occurred between nodes'), { kind: 'retry', heavy: false, after: undefined }],
  ['partial without details', answered(7, { code: 'PartialError' }), { kind: 'retry', heavy: false }],
  ['an error that is a string', answered(0, 'whatever'), { kind: 'retry' }],
  [
    'recorded: time-out',
    refused(504, json('js__recording_servertimeoutinseconds.body.json')),
    { kind: 'retry', heavy: true },
  ],
  ['503', refused(503, 'Service Unavailable'), { kind: 'retry', heavy: false, after: undefined }],
  ['500', refused(500, { error: { code: 'InternalServerError' } }), { kind: 'retry', heavy: false }],
  [
    '502 too large',
    refused(502, { error: { code: 'ResponseSizeError', message: 'Maximum response size of 67108864 bytes exceeded' } }),
    { kind: 'split' },
  ],
  ['408', refused(408, ''), { kind: 'retry' }],
  [
    '429 seconds',
    refused(429, { error: { code: 'ThrottledError', message: 'exceeded the limit of 5 queries' } }, '7'),
    { kind: 'retry', after: 7000, heavy: false },
  ],
  ['429 date', refused(429, '', new Date(NOW + 9000).toUTCString()), { kind: 'retry', after: 9000 }],
  ['429 past date', refused(429, '', new Date(NOW - 9000).toUTCString()), { kind: 'retry', after: 0 }],
  ['429 nonsense', refused(429, '', 'soon'), { kind: 'retry', after: undefined }],
  ['lost', { ...NOTHING, status: 0, lost: 'the connection failed (ECONNRESET)' }, { kind: 'retry', heavy: false }],
  ['late', { ...NOTHING, status: 0, lost: 'no byte', timedOut: true }, { kind: 'retry', heavy: false, silent: true }],
  [
    'lost in the middle',
    { ...answered(3), lost: 'the connection failed (ECONNRESET)' },
    { kind: 'retry', heavy: false },
  ],
  ['missing table, app', refused(400, unresolved('requests')), { kind: 'fail' }],
  ['missing table, workspace', refused(400, unresolved('AppRequests')), { kind: 'absent' }, WORKSPACE],
  ['missing other table, workspace', refused(400, unresolved('AppTraces')), { kind: 'fail' }, WORKSPACE],
  [
    'missing column, workspace',
    refused(400, bad('SemanticError', "Failed to resolve scalar expression named 'AppRequests'")),
    { kind: 'fail' },
    WORKSPACE,
  ],
  [
    'limits in a 400',
    refused(400, {
      error: { code: 'BadArgumentError', message: 'Query execution has exceeded the allowed limits (80DA0003)' },
    }),
    { kind: 'split' },
  ],
];

test('what a reply means', () => {
  for (const [what, reply, expected, asked = APP] of TABLE) {
    const outcome = outcomeOf(reply, asked);
    assert.deepEqual({ ...outcome, ...expected }, outcome, `${what}: ${JSON.stringify(outcome)}`);
  }
});

test('an answer with a fault is asked again, empty ones too', () => {
  for (const [kind, begun] of [['empty'], ['cut'], ['malformed'], ['malformed', true], ['noTable']] as const) {
    const reply = {
      ...NOTHING,
      answer: {
        rest: new Uint8Array(0),
        columns: [],
        rows: 0,
        error: undefined,
        fault: { kind, begun: begun === true, reason: 'odd' },
      },
    };
    assert.deepEqual(outcomeOf(reply, APP), {
      kind: 'retry',
      reason: 'the answer is odd',
      after: undefined,
      heavy: false,
      passing: false,
      ...(kind !== 'cut' && begun === undefined && { spoilt: true }),
    });
  }
});

const REFUSALS: readonly (readonly [status: number, body: unknown, advice: RegExp, asked?: Asked])[] = [
  [400, json('errors/400_syntax.json'), /BadArgumentError: .*SyntaxError.*; the API refuses the query/],
  [400, unresolved('requests'), /check that the id is the app id .*not a workspace id/],
  [
    400,
    bad('SemanticError', "Failed to resolve scalar expression named '_ResourceId'"),
    /check that the id is the workspace id/,
    WORKSPACE,
  ],
  [
    400,
    bad('QueryValidationError', 'Table AppRequests has a Basic plan'),
    /AppRequests seems to be on the Basic or Auxiliary plan/,
    WORKSPACE,
  ],
  [401, json('errors/401_noauth.json'), /AuthenticationFailed: .*; sign in/],
  [
    403,
    json('errors/403_insufficient_access.json'),
    /Reader \(or Monitoring Reader\) on the Application Insights resource; .*60 minutes/,
  ],
  [
    403,
    json('errors/403_insufficient_access_spn.json'),
    /UnauthorizedClient: .*on the Log Analytics workspace/,
    WORKSPACE,
  ],
  [403, json('errors/403_invalid_grant.json'), /invalid_grant: AADSTS70002.*; the sign-in has expired/],
  [403, json('errors/403_invalid_token.json'), /token is for something else/],
  [404, json('errors/404_path_not_found.json'), /PathNotFoundError.*check the address and the app id/],
  [302, '', /status 302; the query API does not answer like this/],
  [405, 'a page of HTML instead of an error', /status 405: a page of HTML/],
  [403, 'a page of HTML instead of an error', /something else answered in place of the query API .*NO_PROXY name$/],
  [407, '', /status 407; a proxy wants a user and a password: name them in HTTPS_PROXY/],
];

test('a refusal says what to do', () => {
  for (const [status, body, advice, asked = APP] of REFUSALS) {
    const outcome = outcomeOf(refused(status, body), asked);
    assert.equal(outcome.kind, 'fail', String(status));
    assert.match('reason' in outcome ? outcome.reason : '', advice);
  }
});

test('error text: short, one line, from bodies of any kind', () => {
  const loop: Record<string, unknown> = { code: 'E' };
  loop.innererror = loop;
  const table: readonly (readonly [unknown, RegExp])[] = [
    [undefined, /^status 500$/],
    [null, /^status 500$/],
    ['', /^status 500$/],
    [42, /^status 500$/],
    [{ error: null }, /^status 500$/],
    ['a\nb', /^status 500: a b$/],
    [{ Error: { Code: 7, Message: 'm' } }, /^status 500: 7: m$/],
    [{ error: loop }, /^status 500: E$/],
    ['x'.repeat(5000), /^status 500: x{600}…$/],
  ];
  for (const [body, expected] of table) assert.match(errorText(500, body), expected);
});

test('the code decides, not the status; what the engine cannot do now is asked again, or for less', () => {
  const body = (code: string) => ({
    error: { code: 'BadArgumentError', innererror: { code, message: 'The engine says no' } },
  });
  for (const status of [400, 500]) {
    const heavy = outcomeOf(refused(status, body('E_LOW_MEMORY_CONDITION')), APP);
    assert.deepEqual([heavy.kind, 'heavy' in heavy && heavy.heavy], ['retry', true], `${status}`);
    const throttled = outcomeOf(refused(status, body('E_QUERY_THROTTLED')), APP);
    assert.equal(throttled.kind, 'retry', `${status}`);
  }
  const fault = {
    error: { code: 'BadArgumentError', innererror: { code: 'SyntaxError', message: 'memory overflow' } },
  };
  assert.equal(outcomeOf(refused(400, fault), APP).kind, 'fail');
});

test('how long to wait is measured by the clock of whoever says it', () => {
  const at = Date.UTC(2026, 10, 21, 3);
  const date = new Date(at).toUTCString();
  const later = new Date(at + 20_000).toUTCString();
  const rows: [string, number | undefined][] = [
    ['7', 7_000],
    ['0', 0],
    ['-5', 0],
    [later, 20_000],
    [new Date(at - 20_000).toUTCString(), 0],
    ['soon', undefined],
    ['86400', 86_400_000],
    // No wait that anybody means.
    ['9'.repeat(30), undefined],
    ['1e9', undefined],
    ['Infinity', undefined],
    ['-Infinity', undefined],
    ['Fri, 31 Dec 9999 23:59:59 GMT', undefined],
  ];
  for (const [retryAfter, expected] of rows) {
    const outcome = outcomeOf({ ...refused(429, '', retryAfter), date }, { ...APP, now: at + 600_000 });
    assert.equal('after' in outcome ? outcome.after : 'none', expected, retryAfter);
  }
});

test('a network that lets nobody in is told before any role', () => {
  const body = {
    error: { code: 'NspValidationFailedError', message: 'Access is denied by the network security perimeter' },
  };
  const outcome = outcomeOf(refused(403, body), APP);
  assert.match('reason' in outcome ? outcome.reason : '', /does not take queries from this network/);
  assert.doesNotMatch('reason' in outcome ? outcome.reason : '', /Reader/);
});
