/** Bodies of errors as they were recorded (test corpus query-api/, errors/). */
import type { ParsedKql } from './kql.ts';

export interface Refusal {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: unknown;
}

const refusal = (status: number, code: string, message: string, innererror?: object): Refusal => ({
  status,
  body: {
    error: {
      message,
      code,
      correlationId: '5f2d6b0e-7c3c-4e7b-9a3e-0c6f3f1d2a11',
      ...(innererror ? { innererror } : {}),
    },
  },
});

const INVALID = 'The request had some invalid properties';

export const REFUSALS = {
  syntax: refusal(400, 'BadArgumentError', INVALID, { code: 'SyntaxError', message: 'Syntax Error' }),
  body: refusal(400, 'BadArgumentError', INVALID, {
    code: 'QueryValidationError',
    message: 'Failed parsing the request body',
  }),
  // Of tables on the Basic plan: text of the service, from public issues.
  basic: refusal(400, 'BadArgumentError', INVALID, {
    code: 'UnsupportedApiQueryValidationError',
    message:
      'Query of Basic Logs table is not supported with the API ' +
      "'https://api.loganalytics.io/v1/workspaces/{workspaceId}/query'.\n" +
      "You can use 'https://api.loganalytics.io/v1/workspaces/{workspaceId}/search' instead.\n" +
      'To learn more on queries on Basic Logs table, read here: https://aka.ms/basicLogsQueryAPI.',
  }),
  search: refusal(400, 'BadArgumentError', INVALID, {
    code: 'QueryValidationError',
    message: 'the simulator: /search wants a timespan, one table, and no more than 30 days',
  }),
  timespan: refusal(400, 'BadArgumentError', INVALID, {
    code: 'InvalidTimespan',
    message: 'timespan: the simulator knows start/end only',
  }),
  unauthorized: {
    status: 401,
    headers: { 'WWW-Authenticate': 'Bearer' },
    body: {
      error: { code: 'AuthenticationFailed', message: "Authentication failed. The 'Authorization' header is missing." },
    },
  },
  badToken: {
    status: 401,
    body: { error: { code: 'InvalidAuthenticationToken', message: 'The access token is invalid.' } },
  },
  forbidden: refusal(
    403,
    'InsufficientAccessError',
    'The provided credentials have insufficient access to perform the requested operation',
  ),
  path: refusal(404, 'PathNotFoundError', 'The requested path does not exist'),
  resource: refusal(404, 'ResourceNotFoundError', 'The requested resource does not exist'),
  unavailable: refusal(503, 'ServiceUnavailable', 'The service is temporarily unavailable'),
  timeout: refusal(504, 'GatewayTimeout', 'Gateway timeout', {
    code: 'GatewayTimeout',
    message: 'Connection error',
    statusDetails: { code: 'ESOCKETTIMEDOUT', connect: false },
  }),
} satisfies Record<string, Refusal>;

/** 429, with `Retry-After` where it is known: seconds, or a date. */
export const throttled = (retryAfter: string | undefined): Refusal => ({
  ...refusal(429, 'ThrottledError', 'The request had too many requests', {
    code: 'ThrottledError',
    message: 'Rate limit is exceeded',
  }),
  ...(retryAfter === undefined ? {} : { headers: { 'Retry-After': retryAfter } }),
});

/** 400 for a query with diagnostics, or one that the simulator does not know. */
export function badQuery({ diagnostics }: ParsedKql): Refusal {
  const [first] = diagnostics;
  if (!first) {
    const message = 'The simulator does not know this query; see local/simulator/kql.ts for those that it does';
    return refusal(400, 'BadArgumentError', INVALID, { code: 'QueryValidationError', message });
  }
  return refusal(400, 'BadArgumentError', INVALID, {
    code: first.kind,
    message: first.kind === 'SyntaxError' ? 'A recognition error occurred in the query.' : 'A semantic error occurred.',
    innererror: { code: first.code, message: first.message, pos: first.start, token: first.length },
  });
}

/** 400 for a table that the workspace does not have. */
export const noTable = (table: string): Refusal =>
  refusal(400, 'BadArgumentError', INVALID, {
    code: 'SemanticError',
    message: 'A semantic error occurred.',
    innererror: {
      code: 'SEM0100',
      message: `'where' operator: Failed to resolve table or column expression named '${table}'`,
    },
  });

/** Why an answer is incomplete. The first three ask for smaller queries, the others for another try. */
export const REASONS = {
  bytes: [
    '-2133196797',
    (limit: number) =>
      `Query result set has exceeded the internal data size limit ${limit} (E_QUERY_RESULT_SET_TOO_LARGE; see ` +
      'https://aka.ms/kustoquerylimits)',
  ],
  rows: [
    '-2133196797',
    (limit: number) =>
      `Query result set has exceeded the internal record count limit ${limit} (E_QUERY_RESULT_SET_TOO_LARGE; see ` +
      'https://aka.ms/kustoquerylimits)',
  ],
  memory: [
    '-2133196793',
    () =>
      'Query execution lacks memory resources to complete (E_LOW_MEMORY_CONDITION; see ' +
      'https://aka.ms/kustoquerylimits)',
  ],
  runaway: [
    '-2133196799',
    () => 'Query execution has exceeded the allowed limits (E_RUNAWAY_QUERY; see https://aka.ms/kustoquerylimits)',
  ],
  // The number is made up: no recording has one.
  network: ['-2133196700', () => 'Query execution has failed on a network error (E_NETWORK_ERROR)'],
} satisfies Record<string, readonly [string, (limit: number) => string]>;

export type Reason = keyof typeof REASONS;

/** The `error` beside the tables of an incomplete answer, which comes with status 200. */
export function partialError(reason: Reason, limit: number) {
  const [code, message] = REASONS[reason];
  return {
    code: 'PartialError',
    message: 'There were some errors when processing your query.',
    details: [
      {
        code: 'EngineError',
        message: 'Something went wrong processing your query on the server.',
        innererror: { code, message: message(limit), severity: 2, severityName: 'Error' },
      },
    ],
  };
}
