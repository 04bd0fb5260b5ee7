/**
 * What commands do to an app and to lakes of their own, one act each: how it begins, and what must be true when it has
 * been run once more.
 */
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { BlobServiceClient } from '@azure/storage-blob';
import type { LedgerEntry } from '../../shared/model.ts';
import { exportBlob, HOUR, MINUTE } from '../worker/inputs.ts';
import type { Act, CommandScene } from './command-scene.ts';

export interface Step extends Act {
  /** How it may end where nothing is wrong; left out: 0. */
  readonly codes?: readonly number[];
  /** Throws unless it has come about. */
  check(): Promise<void>;
}

export type Steps = Readonly<Record<string, () => Promise<Step>>>;

export async function stepsOf(scene: CommandScene): Promise<Steps> {
  const [{ wire }, { parseConfig }, { openLedger }] = await Promise.all([
    import('../../shared/wire.ts'),
    import('../../shared/config.ts'),
    import('../../shared/wire/clients.ts'),
  ]);
  const { run, acts, inTime, ids, place, azurite, folder } = scene;
  const container = (name: string) =>
    BlobServiceClient.fromConnectionString(azurite.connectionString).getContainerClient(name);
  const env: Record<string, string> = {
    ...scene.env,
    ...{ STATE_TABLE: 'tablesteps', WINDOW_QUEUE: 'windowssteps' },
    ...{ LAKE_CONTAINER: 'lakesteps', EXPORT_CONTAINER: 'exportssteps' },
  };
  const from = Date.parse(env.QUERY_FROM ?? '');
  const range = ['--from', env.QUERY_FROM ?? '', '--to', env.QUERY_UNTIL ?? ''];
  const settings = join(folder, 'steps.json');
  const rows = [...(acts.export?.().ids ?? [])];
  let tables = 0;
  const config = () => parseConfig(env, () => '');
  const write = () => writeFile(settings, JSON.stringify(env));
  const ledger = () => openLedger(config().state, config().lake);

  async function entries(): Promise<LedgerEntry[]> {
    const all = [];
    for await (const feed of ledger().feeds()) all.push(...(await Array.fromAsync(ledger().list(feed))));
    return all;
  }
  /** Has the app do what there is to do. */
  const settle = () =>
    inTime(async () => {
      const app = wire(config());
      for (let round = 0; round < 12; round++) {
        assert.deepEqual((await app.plan()).errors, []);
        const open = (await entries()).filter(({ state, again }) => state !== 'done' || again);
        if (open.length === 0) return;
        for (const { window } of open) await app.run(window);
        await sleep(5 * MINUTE);
      }
      assert.fail('windows stay open');
    });
  const ended = async (words: readonly string[]): Promise<void> => {
    const { code, out, err } = await run(words);
    assert.equal(code, 0, `${words.join(' ')}\n${out}\n${err}`);
  };
  /** The app has each row once, and finds nothing wrong. */
  const whole = async (): Promise<void> => {
    await settle();
    assert.deepEqual([...(await ids('lakesteps'))].sort(), rows.toSorted());
    await ended(['audit', '--settings', settings]);
  };
  const steer = (...words: readonly string[]): Step => ({ words: [...words, '--settings', settings], check: whole });
  async function removeFile(lake: string): Promise<void> {
    for await (const { name } of container(lake).listBlobsFlat())
      if (name.endsWith('.ndjson')) return void (await container(lake).deleteBlob(name));
  }
  /** A lake that a command has filled, and what fills it. */
  async function filled(): Promise<Required<Act>> {
    const act = acts.transform?.() ?? assert.fail();
    await ended(act.words);
    return act as Required<Act>;
  }
  const ofLake = async ({ lake, ids: wanted }: Required<Act>): Promise<void> => {
    await ended(['audit', '--out', place(lake)]);
    assert.deepEqual([...(await ids(lake))].sort(), wanted.toSorted());
  };
  const filledAgain = async (act: Required<Act>): Promise<void> => {
    await ended(act.words);
    await ofLake(act);
  };
  const filling = (name: string) => async (): Promise<Step> => {
    const act = acts[name]?.() ?? assert.fail();
    return { ...act, check: () => ofLake(act as Required<Act>) };
  };
  const health = (order: string, state: string) => async (): Promise<Step> => ({
    ...steer(order),
    check: async () => {
      assert.equal((await inTime(() => wire(config()).health())).state, state);
      await ended(['resume', '--settings', settings]);
      await whole();
    },
  });
  const backfill = async (): Promise<string> => {
    const started = await run(['backfill', 'start', '--settings', settings, ...past, '--json']);
    return String(JSON.parse(started.out).backfills[0].id);
  };
  const past = ['--from', new Date(from - 2 * HOUR).toISOString(), '--to', new Date(from).toISOString()];
  const ofBackfills = async (wanted: readonly string[]): Promise<void> => {
    const told = await run(['backfill', 'status', '--settings', settings, '--json']);
    const found: { id: string; state: string }[] = JSON.parse(told.out).backfills;
    const running = found.filter(({ state }) => state === 'running' || state === 'paused');
    assert.ok(
      running.every(({ state }) => wanted.includes(state)) && (running.length > 0 || wanted.length === 0),
      told.out,
    );
    for (const { id } of running) await ended(['backfill', 'cancel', '--id', id, '--settings', settings]);
  };
  const ofBackfill =
    (order: string, ...states: readonly string[]) =>
    async (): Promise<Step> => {
      const id = await backfill();
      if (order === 'resume') await ended(['backfill', 'pause', '--id', id, '--settings', settings]);
      return { ...steer('backfill', order, '--id', id), check: () => ofBackfills(states) };
    };

  await container('exportssteps').create();
  await write();
  await settle();
  await whole();
  return {
    transform: filling('transform'),
    export: filling('export'),
    sweep: filling('sweep'),
    'rerun --start': async () => steer('rerun', '--start', ...range, '--signals', 'traces'),
    requeue: async () => {
      const [one] = (await entries()).filter(({ window }) => window.source === 'query');
      const seen = one && (await ledger().read(one.window));
      assert.ok(seen);
      const failed = {
        state: 'failed',
        attempts: 1,
        error: 'by hand',
        notBefore: Date.now() + 90 * 24 * HOUR,
      } as const;
      await ledger().write({ ...seen.value, ...failed }, seen.etag);
      return steer('requeue');
    },
    'audit --repair': async () => {
      await removeFile('lakesteps');
      return { ...steer('audit', '--repair'), codes: [0, 1] };
    },
    'sweep --enqueue': async () => {
      const n = rows.length;
      const { name, text, id } = exportBlob(9 + (n % 4), n);
      await container('exportssteps').getBlockBlobClient(name).upload(text, Buffer.byteLength(text));
      rows.push(id);
      return steer('sweep', '--enqueue', ...range);
    },
    'adopt --write': async () => {
      env.STATE_TABLE = `tablesteps${++tables}`;
      await write();
      return steer('adopt', '--write');
    },
    pause: health('pause', 'paused'),
    disable: health('disable', 'disabled'),
    resume: async () => {
      await ended(['pause', '--settings', settings]);
      return health('resume', 'active')();
    },
    'backfill start': async () => ({
      ...steer('backfill', 'start', ...past),
      codes: [0, 1],
      check: () => ofBackfills(['running']),
    }),
    'backfill pause': ofBackfill('pause', 'paused'),
    'backfill resume': ofBackfill('resume', 'running'),
    'backfill cancel': ofBackfill('cancel'),
    'audit --repair --out': async () => {
      const act = await filled();
      await removeFile(act.lake);
      const words = ['audit', '--repair', '--out', place(act.lake)];
      return { words, codes: [0, 1], check: () => filledAgain(act) };
    },
    'rerun --start --out': async () => {
      const act = await filled();
      return { words: ['rerun', '--start', '--out', place(act.lake)], check: () => filledAgain(act) };
    },
    'adopt --write --out': async () => {
      const act = await filled();
      const all = container(act.lake);
      for await (const { name } of all.listBlobsFlat({ prefix: '_insights-lake/' })) await all.deleteBlob(name);
      return { words: ['adopt', '--write', '--out', place(act.lake)], check: () => ofLake(act) };
    },
    'retention --remove --out': async () => {
      const { lake } = await filled();
      const words = ['retention', '--out', place(lake), '--keep', '7d', '--remove'];
      const check = async () => {
        // Files wait a day.
        await inTime(() => sleep(26 * HOUR));
        await ended(words);
        assert.deepEqual(await ids(lake), []);
      };
      return { words, check };
    },
    ...Object.fromEntries(
      Object.entries(acts)
        .filter(([, make]) => make().lake === undefined)
        .map(([name, make]) => [name, async () => ({ ...make(), codes: [0], check: async () => {} })]),
    ),
  };
}
