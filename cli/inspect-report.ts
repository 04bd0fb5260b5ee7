import type { Signal } from '../shared/model.ts';
import { type Kind, kindOf, timeOf, unknownFields } from './inspect-fields.ts';
import type { Found } from './inspect-records.ts';

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

/** A field that the schema does not know and that is kept in `extra`; `firstSeen`: the earliest time of a record that has it. */
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

/** Gathers what the files of an export hold. */
export function createInspection() {
  const signals = new Map<string, Signals>();
  const fields = new Map<string, { count: number; first: number }>();
  const kinds = new Map<string, number>();
  const unreadable: Unreadable[] = [];
  let [files, bytes, records, bad, badBytes] = [0, 0, 0, 0, 0];
  let here = new Set<string>();

  const addRecord = (app: string, found: Found & { kind: 'record' }): void => {
    records += 1;
    const kind = kindOf(found.record);
    if (kind.signal === undefined) {
      const name = kind.category === '' ? 'no kind at all' : kind.category;
      if (kinds.has(name) || kinds.size < most.kinds) kinds.set(name, (kinds.get(name) ?? 0) + 1);
      return;
    }
    const time = timeOf(found.record, kind);
    count(kind, kind.signal, app, time);
    for (const field of unknownFields(found.record, { ...kind, signal: kind.signal })) {
      const name = `${kind.signal}\n${field}`;
      const known = fields.get(name);
      if (known === undefined && fields.size >= most.fields) continue;
      fields.set(name, { count: (known?.count ?? 0) + 1, first: Math.min(known?.first ?? Infinity, time ?? Infinity) });
    }
  };
  const count = ({ layout }: Kind, signal: Signal, app: string, time: number | undefined): void => {
    const key = [layout, app, signal].join('\n');
    const known = signals.get(key) ?? { files: 0, records: 0, first: Infinity, last: -Infinity };
    known.records += 1;
    if (!here.has(key)) known.files += 1;
    here.add(key);
    known.first = Math.min(known.first, time ?? Infinity);
    known.last = Math.max(known.last, time ?? -Infinity);
    signals.set(key, known);
  };

  return {
    beginFile: (length: number): void => {
      files += 1;
      bytes += length;
      here = new Set();
    },
    unknownKind: (kind: string): void => void kinds.set(kind, (kinds.get(kind) ?? 0) + 1),
    add: (file: string, app: string, found: Found): void => {
      if (found.kind === 'record') {
        addRecord(app, found);
        return;
      }
      const { offset, length, reason } = found;
      bad += 1;
      badBytes += length;
      if (unreadable.length < most.unreadable) unreadable.push({ file, offset, length, reason });
    },
    result: (): Inspection => ({
      ...{ files, bytes, records },
      signals: [...signals].sort(byName).map(([key, { first, last, ...counts }]) => {
        const [layout = '', app = '', signal = ''] = key.split('\n');
        return { layout, app, signal, ...counts, first: spelled(first), last: spelled(last) };
      }),
      unknownFields: [...fields].sort(byName).map(([key, { count: times, first }]) => {
        const [signal = '', field = ''] = key.split('\n');
        return { field, signal, firstSeen: spelled(first), count: times };
      }),
      unknownKinds: [...kinds].sort(byName).map(([kind, times]) => ({ kind, count: times })),
      unreadable: { count: bad, bytes: badBytes, first: unreadable },
    }),
  };
}

const byName = ([one]: readonly [string, unknown], [other]: readonly [string, unknown]): number => (one < other ? -1 : 1);
const spelled = (time: number): string => (Number.isFinite(time) ? new Date(time).toISOString() : '');
