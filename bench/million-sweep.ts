import type { Ledger, ObjectStore, StoredObject } from '../shared/model.ts';
import { sweepRange } from '../shared/pipeline/sweep/sweep.ts';
import { createSightings } from '../shared/source/blobs/sightings.ts';
import { createMemoryLedger } from '../shared/state/ledger-memory.ts';
import { systemClock } from '../shared/wire/clock.ts';
import { residentPeak } from './watch.ts';

const hour = 3_600_000;
const day = 24 * hour;
const start = Date.UTC(2024, 0, 1);
const page = 5000;

/** A sweep of a day over the folders of 1,000 apps, of which 100 blobs changed. `base`: a store with nothing in it. */
export async function sweepCase(base: ObjectStore, files: number): Promise<string> {
  const folders = 1000;
  const perHour = Math.ceil(files / folders / 24);
  const changed = new Set<number>();
  const pages = new Map<string, number>();
  const componentOf = (n: number) => `app${String(n).padStart(4, '0')}_${'0123456789abcdef'.repeat(2)}`;
  const listed = function* (prefix: string): Generator<StoredObject> {
    const first = Number(/^app(\d{4})_/.exec(prefix)?.[1] ?? -1);
    for (let app = Math.max(0, first); app < (first < 0 ? folders : first + 1); app++)
      for (let h = 0; h < 24; h++)
        for (let n = 0; n < perHour; n++) {
          const name = `${componentOf(app)}/Requests/2024-01-01/${String(h).padStart(2, '0')}/${n}.blob`;
          const id = (app * 24 + h) * perHour + n;
          if (name.startsWith(prefix))
            yield { name, bytes: 1000, etag: changed.has(id) ? 'new' : 'old', archived: false };
        }
  };
  const store: ObjectStore = {
    ...base,
    async *list(prefix) {
      let n = 0;
      for (const each of listed(prefix)) {
        if (n++ % page === 0) {
          const name = `${prefix} ${n}`;
          pages.set(name, (pages.get(name) ?? 0) + 1);
        }
        yield each;
      }
      if (n === 0) pages.set(`${prefix} 0`, (pages.get(`${prefix} 0`) ?? 0) + 1);
    },
    async *folders(prefix) {
      pages.set(`folders ${prefix}`, (pages.get(`folders ${prefix}`) ?? 0) + 1);
      const depth = prefix === '' ? 0 : prefix.split('/').length - 1;
      const names = ['', 'Requests/', '2024-01-01/'];
      if (depth === 0) for (let n = 0; n < folders; n++) yield `${componentOf(n)}/`;
      else if (depth < 3) yield `${prefix}${names[depth]}`;
      else for (let h = 0; h < 24; h++) yield `${prefix}${String(h).padStart(2, '0')}/`;
    },
  };
  const inner = createMemoryLedger();
  let [ledgerCalls, written] = [0, 0];
  const ledger: Ledger = {
    ...inner,
    list: (...of) => {
      ledgerCalls += 1;
      return inner.list(...of);
    },
    write: (...of) => {
      written += 1;
      return inner.write(...of);
    },
  };
  const sightings = createSightings({
    ...{ containers: [{ store, container: 'export' }], apps: {}, grows: () => false, emptied: 'keep' },
    named: async (_: string, app: string) => app,
    ...{ window: hour, signals: ['requests'], from: undefined, until: undefined },
  } as unknown as Parameters<typeof createSightings>[0]);
  const hints = { prepare: async () => {}, send: async () => {} };
  const ports = {
    ...{ ledger, hints, clock: systemClock, sightings },
    lookback: 3 * day,
    window: hour,
    emptied: 'keep',
    refresh: 0,
  };
  const request = { start, end: start + day, prefix: '', app: '' };
  const never = new AbortController().signal;
  const sweep = () => sweepRange(request, ports as unknown as Parameters<typeof sweepRange>[1], never);
  await sweep();
  for await (const feed of inner.feeds())
    for await (const { window } of inner.list(feed)) {
      const seen = await inner.read(window);
      if (seen) await inner.write({ ...seen.value, state: 'done', again: false, fingerprint: 'x' }, seen.etag);
    }
  // What the source looks like is known from now on: the first comparison tells it.
  const prints = new Map<string, string>();
  for await (const each of sightings.sightings(
    request,
    async (_, part) => hoursOf(part),
    never,
    () => {},
  ))
    prints.set(`${each.window.app} ${each.window.start}`, each.fingerprint);
  for await (const feed of inner.feeds())
    for await (const { window } of inner.list(feed)) {
      const seen = await inner.read(window);
      const fingerprint = prints.get(`${window.app} ${window.start}`) ?? '';
      if (seen) await inner.write({ ...seen.value, fingerprint }, seen.etag);
    }
  prints.clear();
  for (let n = 0; n < 100; n++) changed.add(n * 24 * perHour * 10 + (n % 24) * perHour);
  pages.clear();
  [ledgerCalls, written] = [0, 0];
  const held = await residentPeak(process.pid);
  const before = process.cpuUsage();
  const outcome = await sweep();
  const { user, system } = process.cpuUsage(before);
  const twice = [...pages.values()].filter((count) => count > 1).length;
  const grown = Math.round(((await residentPeak(process.pid)) - held) / 1e6);
  return (
    `sweep: ${folders} folders of apps, ${outcome.blobs} blobs in ${outcome.windows} windows, ` +
    `${outcome.enqueued} of them changed; ` +
    `${[...pages.values()].reduce((one, other) => one + other, 0)} pages, ${twice} of them twice, ` +
    `${ledgerCalls} lists and ${written} writes of the ledger; ` +
    `${Math.round((user + system) / 1e6)} s of processor, ${grown} MB more than before`
  );
}

const hoursOf = ({ start: from, end }: { readonly start: number; readonly end: number }) =>
  Array.from({ length: Math.ceil((end - from) / hour) }, (_, n) => ({
    start: from + n * hour,
    end: from + (n + 1) * hour,
  }));
