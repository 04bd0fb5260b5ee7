import { relative } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { HostEvent } from '../host/host.ts';
import { blobsOf, dropBlobs } from './exports.ts';
import { places } from './folder.ts';
import { allEntries, isDone } from './ledger.ts';
import type { Say } from './show.ts';
import type { Stage } from './stage.ts';

const hour = 3_600_000;

/**
 * What `npm run dev` does: keeps the app running over telemetry that flows with the clock, until it is told to stop.
 */
export async function live(stage: Stage, say: Say, abort: AbortSignal): Promise<boolean> {
  const before = (await allEntries(stage.ledger)).filter((entry) => entry.window.source === 'query' && isDone(entry));
  if (before.length > 0)
    say(
      `${before.length} windows are done already, the last until ` +
        `${time(Math.max(...before.map(({ window }) => window.end)))}`,
    );
  const tally = { windows: 0, rows: 0, failed: '' };
  const page = await stage.startFunctions((event) => count(event, tally));
  say(
    `the functions are running; windows of 5 minutes, files in ${relative('.', places.lake)}, log in ` +
      `${relative('.', places.log)}; Ctrl-C ends it`,
  );
  say(`how it stands: ${page}`);
  const { story, azurite } = stage;
  for (let dropped = Date.now() - 3 * hour, second = 0; !abort.aborted; second++) {
    if (second % 60 === 0) {
      const now = Date.now();
      await dropBlobs(
        azurite.connectionString,
        blobsOf({ ...story, exported: { start: now - 3 * hour, end: now } }, dropped, now),
      );
      dropped = now;
    }
    if (second % 60 === 59 && tally.windows === 0 && tally.failed === '')
      say(`nothing is due; the next windows are at ${time(nextDue(Date.now()))}`);
    if (second % 10 === 0 && (tally.windows > 0 || tally.failed !== '')) {
      say(`${tally.windows} windows, ${tally.rows.toLocaleString('en')} rows ${tally.failed}`.trim());
      Object.assign(tally, { windows: 0, rows: 0, failed: '' });
    }
    await sleep(1_000, undefined, { signal: abort }).catch(() => undefined);
  }
  return true;
}

/** Windows of five minutes, a minute of lag. */
const nextDue = (now: number): number => Math.ceil((now - 60_000) / 300_000) * 300_000 + 60_000;

const time = (at: number): string => `${new Date(at).toISOString().slice(0, 16)}Z`;

function count(event: HostEvent, tally: { windows: number; rows: number; failed: string }): void {
  if (event.kind === 'ended' && event.error !== '')
    tally.failed = `(${event.name} failed: ${event.error.slice(0, 200)})`;
  if (event.kind !== 'log' || !event.message.startsWith('{')) return;
  const facts: { event?: string; state?: string; written?: number } = JSON.parse(event.message);
  if (facts.event !== 'run' || facts.state !== 'done') return;
  tally.windows += 1;
  tally.rows += facts.written ?? 0;
}
