import type { Env } from '../../shared/config/flat.ts';
import type {
  App,
  Counts,
  Interval,
  Millis,
  Output,
  Place,
  Shaping,
  Signal,
  SweepRequest,
  Window,
} from '../../shared/model.ts';
import type { Tasks } from './tasks.ts';

/** Where the files go, how they look and what is made of the rows. */
export interface LakeRequest {
  readonly lake: Place;
  readonly output: Output;
  readonly shape: Shaping;
  /** Whether quarantine holds the bytes of unreadable lines. */
  readonly keepBytes: boolean;
  /** Which of the records of a window that are the same to the letter are one. */
  readonly dedupe: 'id' | 'record' | 'none';
  /** Of the app whose lake it is, where --settings names them. */
  readonly settings?: Env;
}

/** What a command asks for, fully parsed. */
export interface TransformRequest extends LakeRequest {
  readonly command: 'transform';
  /** Files and folders, as given. */
  readonly inputs: readonly string[];
  /** Name for the app of records whose folder does not tell; undefined: after the folder, else `archive`. */
  readonly app: string | undefined;
  /** Export folder → app name. */
  readonly apps: Readonly<Record<string, string>>;
  readonly window: Millis;
  /** What is given takes the place of what the lake has, even where that was more. */
  readonly replace: boolean;
}

export interface ExportRequest extends LakeRequest {
  readonly command: 'export';
  readonly apps: readonly App[];
  readonly range: Interval;
  /** Also windows that the ledger calls done. */
  readonly again: boolean;
}

/** An export container, or a folder that is one, with all that a deployed app would find in it. */
export interface SweepHere extends SweepRequest, LakeRequest {
  readonly command: 'sweep';
  readonly container: Place;
  readonly signals: readonly Signal[];
  readonly apps: Readonly<Record<string, string>>;
  readonly window: Millis;
  readonly replace: boolean;
}

export type Request = TransformRequest | ExportRequest | SweepHere;

/** One window, and how much of the work it is: bytes of its files, or time of its range. */
export interface Task {
  readonly window: Window;
  readonly weight: number;
}

/**
 * - `done`: brought into the lake now. `unchanged`: it was there already, and the source is as it was.
 * - `kept`: the source lacks what the window was made of (`error` says what), and the lake stays as it is.
 * - `busy`: held by another run until `retryAt`, one that was killed most likely.
 * - `failed`: see `error`; `side` is what failed, where that is known (`machine`: the temporary disk).
 */
export interface TaskOutcome {
  readonly state: 'done' | 'unchanged' | 'kept' | 'busy' | 'failed';
  readonly counts: Counts;
  readonly files: number;
  readonly bytes: number;
  /** Of rows, files and bytes those of other signals than the window's: a loose file can hold several. */
  readonly others: readonly Share[];
  readonly retryAt: Millis;
  readonly error: string;
  /** What to know of a window that is done; left out: nothing. */
  readonly remark?: string;
  /** Blobs of it that are a part of a list only, and were not told of before it ran; left out: none. */
  readonly parts?: readonly string[];
  /** Why lines of it are in quarantine, the first few reasons; left out: none are. */
  readonly reasons?: readonly string[];
  readonly side: 'source' | 'destination' | 'machine' | 'unknown';
  /** Whom a failure of the source concerns, where not all; `reason`: without the window. */
  readonly refused: Refusal | undefined;
}

/** What a window brought of a signal. */
export interface Share {
  readonly signal: Signal;
  readonly rows: number;
  readonly files: number;
  readonly bytes: number;
}

/** The app of the window, its table there, or its files alone. */
export interface Refusal {
  readonly of: 'app' | 'table' | 'files';
  readonly reason: string;
}

/** A request that has been looked into: which windows there are, and how one is run. */
export interface Delivery {
  /** Where the files go, without secrets. */
  readonly place: string;
  readonly tasks: Tasks;
  /** What the user should know although nothing is wrong. */
  readonly notices: readonly string[];
  /** What may be missing although every window is done: the command does not end well. */
  readonly incomplete: readonly string[];
  run(window: Window): Promise<TaskOutcome>;
  /** Writes into the lake what its ledger says of these windows, as a table. Returns why it could not; '' if it did. */
  record(): Promise<string>;
  close(): Promise<void>;
}

/** What the run reports while a window is under way: records and bytes read. */
export type OnRead = (records: number, bytes: number) => void;

/** How far a look at the source has come, as often as there is something new. */
export type Tell = (text: string) => void;

/**
 * Throws Failure where source or destination cannot be used. `abort`: the user wants to stop. `jobs`: threads that
 * decode and encode.
 */
export type Prepare = (
  request: Request,
  onRead: OnRead,
  abort: AbortSignal,
  tell: Tell,
  jobs: number,
) => Promise<Delivery>;
