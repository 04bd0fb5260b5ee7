import type { AnswerColumn } from '../../model.ts';
import type { Answer } from './answer.ts';

/** Where the rows of a long answer go while it comes. */
export interface RowsTaker {
  /** Rows, one JSON array a line. When this resolves, their memory is used again. */
  take(rows: Uint8Array, columns: readonly AnswerColumn[]): Promise<void>;
  /** What was taken since the last complete answer does not count. */
  takeBack(): Promise<void>;
}

/** One query to post, and where the rows of its answer go. */
export interface Question {
  readonly query: string;
  /** `<start>/<end>`, which an address for tables on the Basic plan wants beside the query; left out: none. */
  readonly timespan?: string;
  /** The table that is asked, to recognise the result by. */
  readonly table: string;
  readonly rows: RowsTaker;
  readonly abort: AbortSignal;
}

/** What came back, as facts; outcome.ts says what they mean. */
export interface Reply {
  /** 0 where none came. */
  readonly status: number;
  /** Why there is no whole reply (no connection, dropped, stalled); '' when there is. */
  readonly lost: string;
  /** No use in asking again: why, and what to do; left out: there may be. */
  readonly hopeless?: string;
  /** `lost` because the server took too long. */
  readonly timedOut: boolean;
  /** The header as it came, or ''. */
  readonly retryAfter: string;
  /** What the server's clock said, as it came; left out or '': nothing. */
  readonly date?: string;
  /** The `Age` header in seconds: over 0 for an answer out of a cache. */
  readonly age: number;
  /** Status 200 only. */
  readonly answer: Answer | undefined;
  /** Other statuses: the parsed body, or its text. */
  readonly body: unknown;
}

export type Ask = (question: Question) => Promise<Reply>;
