import type {
  Config,
  ExportSettings,
  LakeHealth,
  Millis,
  ObjectStore,
  Sightings,
  SweepRequest,
  Window,
} from '../model.ts';
import type { AskPorts } from '../pipeline/ask/ask.ts';
import { daySlices } from '../pipeline/sweep/slices.ts';
import {
  type SweepOutcome,
  type SweepPorts,
  type SweepProgress,
  sweepBlobs,
  sweepRange,
} from '../pipeline/sweep/sweep.ts';
import type { ExportStore } from '../source/blobs/folders.ts';
import { exportWindowOf, recogniseBlob } from '../source/blobs/layouts.ts';
import type { Names } from '../source/blobs/remembered-name.ts';
import { createSightings } from '../source/blobs/sightings.ts';
import { type BlobSourceSettings, createBlobSource } from '../source/blobs/source.ts';
import { openStore, openSweepQueue } from './clients.ts';

/** Export blobs, put together from their settings: one source and one view over all containers. */
export function wireExports(exports: ExportSettings, now: () => Millis, ledger: Names) {
  const containers = exports.places.map(
    (place): ExportStore => ({ store: openStore(place), container: place.kind === 'container' ? place.container : '' }),
  );
  const { lookback, emptied, apps, window, signals, from, until } = exports;
  const grows = ({ end }: Window) => now() < end + lookback;
  const settings: BlobSourceSettings = { containers, apps, grows, emptied, named: rememberedNames(ledger) };
  return {
    source: createBlobSource({ ...settings, now }),
    sightings: createSightings({ ...settings, window, signals, from, until }),
  };
}

/** Asked once a process: a name never changes. What could not be asked is asked again. */
function rememberedNames(ledger: Names): Names {
  const known = new Map<string, string>();
  return {
    appKnown: async (component) => {
      const name = known.get(component) ?? (await ledger.appKnown(component));
      if (name !== undefined) known.set(component, name);
      return name;
    },
    appNamed: async (component, app) => {
      const name = known.get(component) ?? (await ledger.appNamed(component, app));
      known.set(component, name);
      return name;
    },
  };
}

/**
 * The hour folder of a blob that the trigger names, the window on the grid that it is in, and its name below the
 * prefix; undefined when it is none of an export's, or none that is wanted.
 */
export function placeOfBlob(
  name: string,
  { exports }: Config,
): { readonly cell: Window; readonly hour: Millis; readonly name: string } | undefined {
  if (exports?.place.kind !== 'container') return undefined;
  const { container, prefix } = exports.place;
  const below = prefix === '' ? name : name.slice(prefix.length + 1);
  const found = recogniseBlob(below, container);
  const cell = found && exportWindowOf(found, exports);
  if (found === undefined || cell === undefined || !exports.signals.includes(cell.signal)) return undefined;
  const within = (exports.from ?? cell.start) <= cell.start && cell.start < (exports.until ?? cell.end);
  return within ? { cell, hour: found.hour, name: below } : undefined;
}

export interface Sweeps {
  /** Looks at all folders that can still change; undefined when there are no export blobs in the settings. */
  sweep(): Promise<SweepOutcome | undefined>;
  /** The same for a range of folder time, however old. */
  sweepRange(
    request: SweepRequest,
    abort: AbortSignal,
    tell?: (progress: SweepProgress) => void,
  ): Promise<SweepOutcome>;
  /**
   * What a message asks for: a day at most is swept, more is sent on day by day. Resolves with the outcome, or how many
   * were sent.
   */
  sweepPart(request: SweepRequest): Promise<SweepOutcome | number>;
}

const never = new AbortController().signal;
const settingsOf = ({ lookback, emptied, window }: ExportSettings) => ({ lookback, emptied, window });

export function wireSweeps(
  { exports, state }: Config,
  ports: AskPorts & Pick<SweepPorts, 'sourceNow'> & { readonly lake: ObjectStore },
  sightings: Sightings | undefined,
  ready: () => Promise<void>,
  health: () => Promise<LakeHealth>,
): Sweeps {
  const settledMemory = new Map<string, Millis>();
  const swept = exports &&
    sightings && { ...ports, ...settingsOf(exports), sightings, settledIn: ports.lake, settledMemory };
  const range: Sweeps['sweepRange'] = async (request, abort, tell) => {
    if (!swept) throw new Error('sweep: there are no export blobs in the settings; set EXPORT_CONTAINER');
    await ready();
    return sweepRange(request, swept, abort, tell);
  };
  return {
    sweep: async () => {
      if (!swept || (await health()).state !== 'active') return undefined;
      await ready();
      return sweepBlobs(swept, never);
    },
    sweepRange: range,
    sweepPart: async (request) => {
      const parts = daySlices(request, ports.clock.now());
      if (parts.length <= 1) return range(request, never);
      const queue = openSweepQueue(state);
      for (const part of parts) await queue.ask(part);
      return parts.length;
    },
  };
}
