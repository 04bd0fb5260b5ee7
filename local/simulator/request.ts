import type { Millis } from '../../shared/model.ts';
import type { Reason } from './errors.ts';
import type { KqlDiagnostic, KqlQuery } from './kql.ts';

/** What was asked, as the log keeps it and faults choose by it. */
export interface AskedRequest {
  /** 0, 1, 2, … in order of arrival. */
  readonly index: number;
  readonly at: Millis;
  readonly method: string;
  readonly path: string;
  /** App or workspace id; '' where the path has none. */
  readonly id: string;
  /** Without credentials. */
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  /** Text of the query; '' where there was none. */
  readonly query: string;
  readonly timespan: string | undefined;
  readonly diagnostics: readonly KqlDiagnostic[];
  /** Undefined where the query has diagnostics or is of no known shape. */
  readonly parsed: KqlQuery | undefined;
  /** Requests under way when this one came, itself included. */
  readonly concurrent: number;
}

/** And what was answered. */
export interface LoggedRequest extends AskedRequest {
  /** 0 while under way, and where the connection was broken before an answer. */
  readonly status: number;
  readonly rows: number;
  readonly incomplete: Reason | undefined;
  /** Kind of the fault that struck. */
  readonly fault: string | undefined;
  /** The answer was sent to its end. */
  readonly sent: boolean;
  /** Of the connection, on the client's side. */
  readonly port: number;
}

/** The entry while the request is under way. */
export type OpenRequest = { -readonly [K in keyof LoggedRequest]: LoggedRequest[K] };
