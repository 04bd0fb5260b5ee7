import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Millis, Signal } from '../../shared/model.ts';
import type { AnswerStyle } from './answer.ts';
import { authRefusal, type SimulatorAuth } from './auth.ts';
import { type Data, memoryData } from './data.ts';
import { badQuery, REFUSALS, type Refusal, throttled } from './errors.ts';
import { type Fault, type FaultHandle, type FaultSwitch, faultSwitch } from './faults.ts';
import { parseKql } from './kql.ts';
import { readRequest } from './readRequest.ts';
import type { AskedRequest, LoggedRequest, OpenRequest } from './request.ts';
import { refuse, sendAnswer, strikeConnection } from './send.ts';
import { type Throttle, type ThrottleLimits, throttleOf } from './throttle.ts';

export interface SimulatorOptions extends Partial<Omit<AnswerStyle, 'cut'>> {
  /** Default 0: any free one. */
  readonly port?: number;
  /** Default: nothing, in memory. */
  readonly data?: Data;
  /** App and workspace ids that exist; default all. */
  readonly ids?: readonly string[];
  /** Default none. */
  readonly auth?: SimulatorAuth;
  /** Default none; REAL_LIMITS are the service's. */
  readonly throttle?: ThrottleLimits;
  /** Signals whose workspace tables are on the Basic plan: `/query` refuses them, `/search` answers. Default none. */
  readonly basic?: readonly Signal[];
  /** Answers are packed for clients that take gzip, as the service does; default false. */
  readonly gzip?: boolean;
  /** Decides the faults that have a probability; default 1. */
  readonly seed?: string | number;
  /** Default the machine's clock. */
  readonly now?: () => Millis;
}

export interface Simulator {
  /** `http://127.0.0.1:<port>`, to be followed by `/v1/apps/<id>/query` or `/v1/workspaces/<id>/query`. */
  readonly url: string;
  readonly port: number;
  /** Everything that was asked so far, in order of arrival. */
  readonly requests: readonly LoggedRequest[];
  /** Switches a fault on. */
  fault(fault: Fault): FaultHandle;
  /** Switches all faults off. */
  clearFaults(): void;
  /** Breaks what is under way and frees the port. */
  close(): Promise<void>;
}

interface Desk {
  readonly data: Data;
  readonly style: AnswerStyle;
  readonly ids: readonly string[] | undefined;
  readonly auth: SimulatorAuth;
  readonly basic: readonly Signal[];
  readonly gzip: boolean;
  readonly throttle: Throttle;
  readonly faults: FaultSwitch;
  readonly now: () => Millis;
}

/** What is wrong with a request by itself, in the order in which the service finds it. */
function refusalBefore(desk: Desk, message: IncomingMessage, asked: AskedRequest): Refusal | undefined {
  if (asked.id === '' || asked.method !== 'POST') return REFUSALS.path;
  const refusal = authRefusal(desk.auth, message.headers);
  if (refusal) return refusal;
  return desk.ids && !desk.ids.includes(asked.id) ? REFUSALS.resource : undefined;
}

/** What is wrong with what was asked. Without a JSON content type the service answers 200 and nothing. */
function refusalOfQuery({ basic, now }: Desk, message: IncomingMessage, asked: AskedRequest): Refusal | undefined {
  if (!/^application\/json\b/i.test(message.headers['content-type'] ?? '')) return { status: 200, body: '' };
  if (asked.query === '') return REFUSALS.body;
  const kind = asked.path.startsWith('/v1/apps/') ? 'app' : 'workspace';
  if (asked.parsed?.schema !== kind) return badQuery({ diagnostics: asked.diagnostics });
  if (asked.path.endsWith('/search')) return searchable(asked, now()) ? undefined : REFUSALS.search;
  const tables = [asked.parsed, ...(asked.parsed.union ?? [])];
  return tables.some(({ signal }) => basic.includes(signal)) ? REFUSALS.basic : undefined;
}

/** One table, and a time range of the last 30 days beside the query. */
function searchable({ parsed, timespan = '' }: AskedRequest, now: Millis): boolean {
  const start = Date.parse(timespan.split('/')[0] ?? '');
  return parsed?.union === undefined && start >= now - 30 * 24 * 3_600_000;
}

async function serve(desk: Desk, message: IncomingMessage, response: ServerResponse, log: OpenRequest): Promise<void> {
  const early = refusalBefore(desk, message, log);
  if (early) return refuse(response, early, log);
  const place = await desk.throttle.enter();
  if (typeof place === 'number') return refuse(response, throttled(String(place)), log);
  try {
    const fault = desk.faults.strike(log);
    log.fault = fault?.kind;
    if (fault && (await strikeConnection(fault, response, log, desk.now()))) return;
    const refusal = refusalOfQuery(desk, message, log);
    if (refusal) return refuse(response, refusal, log);
    const gzip = desk.gzip && /\bgzip\b/.test(message.headers['accept-encoding'] ?? '');
    await sendAnswer({ response, log, data: desk.data, style: desk.style, fault, gzip });
  } finally {
    place();
  }
}

function deskOf(options: SimulatorOptions): Desk {
  const {
    data = memoryData(),
    ids,
    auth = { kind: 'none' },
    gzip = false,
    seed = 1,
    now = Date.now,
    basic = [],
  } = options;
  const { cells = 'native', form = 'current', rowLimit = 500_000, byteLimit = 64_000_000 } = options;
  const style = { cells, form, rowLimit, byteLimit };
  return {
    data,
    style,
    ids,
    auth,
    basic,
    gzip,
    throttle: throttleOf(options.throttle, now),
    faults: faultSwitch(seed),
    now,
  };
}

const listen = (server: Server, port: number): Promise<number> =>
  new Promise((resolve, reject) => {
    const failed = (cause: Error) =>
      reject(new Error(`simulator: cannot listen on port ${port}; choose another one or 0`, { cause }));
    server.once('error', failed).listen(port, '127.0.0.1', () => {
      const address = server.address();
      resolve(typeof address === 'object' && address ? address.port : port);
    });
  });

/** Starts a server on 127.0.0.1 that speaks the query API for the queries that we send, and logs them. */
export async function startSimulator(options: SimulatorOptions = {}): Promise<Simulator> {
  const desk = deskOf(options);
  // Loads the parser now, so that no first request pays for it.
  parseKql('requests');
  const requests: OpenRequest[] = [];
  let open = 0;
  const handle = async (message: IncomingMessage, response: ServerResponse) => {
    response.once('close', () => open--);
    response.setHeader('Date', new Date(desk.now()).toUTCString());
    const asked = await readRequest(message, { at: desk.now(), concurrent: ++open });
    const log: OpenRequest = {
      ...asked,
      index: requests.length,
      status: 0,
      rows: 0,
      incomplete: undefined,
      fault: undefined,
      sent: false,
      port: message.socket.remotePort ?? 0,
    };
    requests.push(log);
    await serve(desk, message, response, log);
  };
  const server = createServer((message, response) => {
    // Only a client that went away gets here.
    handle(message, response).catch(() => response.destroy());
  });
  const port = await listen(server, options.port ?? 0);
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    requests,
    fault: (fault) => desk.faults.add(fault),
    clearFaults: () => desk.faults.clear(),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
