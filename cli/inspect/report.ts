import { kindOf, timeOf } from '../../shared/source/blobs/kinds.ts';
import type { Found } from '../../shared/source/blobs/records/records-in.ts';
import { unknownFields } from './fields.ts';

/** Records of one layout, app and signal. Times as ISO 8601, '' where no record has one. */
export interface SignalReport {
  readonly layout: string;
  readonly app: string;
  readonly signal: string;
  readonly files: number;
  readonly records: number;
  readonly first: string;
  readonly last: string;
}

/** A field that nobody knows and that is kept in `extra`; `firstSeen`: the earliest time of a record that has it. */
export interface FieldReport {
  readonly field: string;
  readonly signal: string;
  readonly firstSeen: string;
  readonly count: number;
}

/** What `inspect --json` prints (docs/cli.md); fields are added, never changed. */
export interface Inspection {
  readonly files: number;
  readonly bytes: number;
  readonly records: number;
  readonly signals: readonly SignalReport[];
  readonly unknownFields: readonly FieldReport[];
  /** Categories, tables and folders that are no signal. */
  readonly unknownKinds: readonly { readonly kind: string; readonly count: number }[];
  readonly unreadable: { readonly count: number; readonly bytes: number; readonly first: readonly Unreadable[] };
}

export interface Unreadable {
  readonly file: string;
  readonly offset: number;
  readonly length: number;
  readonly reason: string;
}

/** So many unreadable stretches are shown, and so many different fields and kinds are told apart. */
const most = { unreadable: 10, fields: 2000, kinds: 500 };

interface Signals {
  files: number;
  records: number;
  first: number;
  last: number;
}

interface Gathered {
  files: number;
  bytes: number;
  records: number;
  unreadable: number;
  unreadableBytes: number;
  readonly signals: Map<string, Signals>;
  readonly fields: Map<string, { readonly count: number; readonly first: number }>;
  readonly kinds: Map<string, number>;
  readonly first: Unreadable[];
  /** Layouts, apps and signals of the file that is read. */
  here: Set<string>;
}

/** Gathers what the files of an export hold. */
export function createInspection() {
  const all: Gathered = {
    ...{ files: 0, bytes: 0, records: 0, unreadable: 0, unreadableBytes: 0 },
    ...{ signals: new Map(), fields: new Map(), kinds: new Map(), first: [], here: new Set() },
  };
  return {
    beginFile: (length: number): void => {
      all.files += 1;
      all.bytes += length;
      all.here = new Set();
    },
    /** `kind`: what the path says of records that are no signal. */
    add: (file: string, app: string, found: Found, kind?: string): void => {
      if (found.kind === 'record') addRecord(all, app, found.record, kind);
      else addUnreadable(all, { file, offset: found.offset, length: found.length, reason: found.reason }, found.count);
    },
    result: (): Inspection => inspectionOf(all),
  };
}

function addRecord(all: Gathered, app: string, record: Readonly<Record<string, unknown>>, path?: string): void {
  all.records += 1;
  const kind = kindOf(record);
  const { signal } = kind;
  if (signal === undefined) {
    addKind(all, path ?? (kind.category === '' ? 'no kind at all' : kind.category));
    return;
  }
  const time = timeOf(record, kind);
  addSignal(all, [kind.layout, app, signal].join('\n'), time);
  for (const field of unknownFields(record, { ...kind, signal })) {
    const name = `${signal}\n${field}`;
    const known = all.fields.get(name);
    if (known === undefined && all.fields.size >= most.fields) continue;
    all.fields.set(name, {
      count: (known?.count ?? 0) + 1,
      first: Math.min(known?.first ?? Infinity, time ?? Infinity),
    });
  }
}

function addSignal({ signals, here }: Gathered, key: string, time: number | undefined): void {
  const known = signals.get(key) ?? { files: 0, records: 0, first: Infinity, last: -Infinity };
  known.records += 1;
  if (!here.has(key)) known.files += 1;
  here.add(key);
  known.first = Math.min(known.first, time ?? Infinity);
  known.last = Math.max(known.last, time ?? -Infinity);
  signals.set(key, known);
}

function addKind({ kinds }: Gathered, kind: string): void {
  if (kinds.has(kind) || kinds.size < most.kinds) kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
}

function addUnreadable(all: Gathered, stretch: Unreadable, count: number): void {
  all.unreadable += count;
  all.unreadableBytes += stretch.length;
  if (all.first.length < most.unreadable) all.first.push(stretch);
}

function inspectionOf({
  files,
  bytes,
  records,
  signals,
  fields,
  kinds,
  unreadable,
  unreadableBytes,
  first,
}: Gathered): Inspection {
  return {
    ...{ files, bytes, records },
    signals: [...signals].sort(byName).map(([key, { first: from, last, ...counts }]) => {
      const [layout = '', app = '', signal = ''] = key.split('\n');
      return { layout, app, signal, ...counts, first: spelled(from), last: spelled(last) };
    }),
    unknownFields: [...fields].sort(byName).map(([key, { count, first: from }]) => {
      const [signal = '', field = ''] = key.split('\n');
      return { field, signal, firstSeen: spelled(from), count };
    }),
    unknownKinds: [...kinds].sort(byName).map(([kind, count]) => ({ kind, count })),
    unreadable: { count: unreadable, bytes: unreadableBytes, first },
  };
}

const byName = ([one]: readonly [string, unknown], [other]: readonly [string, unknown]): number =>
  one < other ? -1 : 1;
const spelled = (time: number): string => (Number.isFinite(time) ? new Date(time).toISOString() : '');
