/**
 * What it costs to sweep a container of two million blobs: requests, time, memory of the process (VmHWM). `node
 * bench/listing.ts`. The container is a stub of the List Blobs protocol in a process of its own; what the sweep calls
 * is the real store, view and plan. Linux.
 */

import { type ChildProcess, fork } from 'node:child_process';
import { sweepPlan } from '../cli/sweep/plan.ts';
import { startListing } from '../local/listing.ts';
import type { SweepRequest, Window } from '../shared/model.ts';
import { sweepBlobs } from '../shared/pipeline/sweep/sweep.ts';
import { signals, signalTables } from '../shared/signals/tables.ts';
import { createSightings } from '../shared/source/blobs/sightings.ts';
import { createMemoryLedger } from '../shared/state/ledger-memory.ts';
import { openStore } from '../shared/wire/clients.ts';
import { systemClock } from '../shared/wire/clock.ts';
import { residentPeak } from './watch.ts';

const [HOUR, DAY] = [3_600_000, 86_400_000];
const BLOBS = 2_000_000;
/** Continuous Export wrote about a blob a minute for each of the ten types. */
const PER_HOUR = 60;
const FOLDER = 'Shop_2b1f0c9d8e7a4b5c9d0e1f2a3b4c5d6e';
const start = Date.UTC(2023, 0, 1);
const end = start + Math.ceil(BLOBS / (PER_HOUR * 24 * signals.length)) * DAY;

function blobNames(): string[] {
  const names: string[] = [];
  for (const type of signals.map((signal) => signalTables[signal].folders[0])) {
    for (let at = start; at < end; at += HOUR) {
      const [date, hour] = new Date(at).toISOString().slice(0, 13).split('T');
      for (let n = 0; n < PER_HOUR; n++)
        names.push(
          `${FOLDER}/${type}/${date}/${hour}/0a1b2c3d-${n}_${date?.replaceAll('-', '')}_${hour}${String(n).padStart(2, '0')}00.blob`,
        );
    }
  }
  return names.sort();
}

const everything: SweepRequest = {
  start: Number.NEGATIVE_INFINITY,
  end: Number.POSITIVE_INFINITY,
  prefix: '',
  app: '',
};
const month = { start: start + 30 * DAY, end: start + 60 * DAY };
const requests: Readonly<Record<string, SweepRequest | undefined>> = {
  'the timer, 72 hours back': undefined,
  'insights-lake sweep': everything,
  '… --from --to, a month': { ...everything, ...month },
  '… --prefix, a type': { ...everything, prefix: `${FOLDER}/Requests/` },
  '… --prefix, a day of a type': { ...everything, prefix: `${FOLDER}/Requests/2023-02-01/` },
};

interface Swept {
  readonly windows: number;
  readonly blobs: number;
  readonly seconds: number;
  readonly memory: number;
}

/** In the process that is measured. */
async function sweep(url: string, request: SweepRequest | undefined): Promise<Swept> {
  const at = new URL(url);
  const container = {
    kind: 'container',
    url: `${at.origin}/account`,
    container: 'exports',
    prefix: '',
    access: { kind: 'none' },
  } as const;
  const ledger = createMemoryLedger();
  const never = new AbortController().signal;
  const began = performance.now();
  const settings = { apps: {}, window: HOUR, signals, from: undefined, until: undefined };
  const found = { windows: 0, blobs: 0 };
  if (request === undefined) {
    const sightings = createSightings({
      ...settings,
      containers: [{ store: openStore(container), container: 'exports' }],
    });
    const hints = { prepare: async () => {}, send: async () => {} };
    const clock = { ...systemClock, now: () => end };
    const outcome = await sweepBlobs(
      { ledger, sightings, hints, clock, lookback: 72 * HOUR, window: HOUR, emptied: 'keep', refresh: 0 },
      never,
    );
    Object.assign(found, { windows: outcome.windows, blobs: outcome.blobs });
  } else {
    const range = { ...request, container, signals, window: HOUR, apps: {}, replace: false };
    const keyOf = ({ app, signal, source, start: from }: Window) => [app, signal, source, from].join('\n');
    const { tasks } = await sweepPlan(
      range,
      ledger,
      () => end,
      keyOf,
      never,
      () => {},
    );
    Object.assign(found, { windows: tasks.length, blobs: tasks.reduce((sum, { weight }) => sum + weight, 0) });
  }
  return { ...found, seconds: (performance.now() - began) / 1000, memory: await residentPeak(process.pid) };
}

const answerOf = (child: ChildProcess): Promise<Swept> =>
  new Promise((resolve, reject) => {
    child.once('message', (answer) => resolve(answer as Swept));
    child.once('exit', (code) => reject(new Error(`the sweep ended with ${code}`)));
  });

async function main(): Promise<void> {
  const listing = await startListing(blobNames());
  try {
    console.log('| sweep | windows | blobs | requests | seconds | peak memory |\n|---|--:|--:|--:|--:|--:|');
    for (const what of Object.keys(requests)) {
      listing.asked.length = 0;
      const { windows, blobs, seconds, memory } = await answerOf(fork(import.meta.filename, [listing.url, what]));
      console.log(
        `| ${what} | ${windows} | ${blobs} | ${listing.asked.length} | ${seconds.toFixed(1)} | ` +
          `${Math.round(memory / 1e6)} MB |`,
      );
    }
  } finally {
    await listing.close();
  }
}

const [url, what = ''] = process.argv.slice(2);
if (url === undefined) await main();
else process.send?.(await sweep(url, requests[what]), () => process.disconnect());
