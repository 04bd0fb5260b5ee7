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
import { assertSound, assertWhole, type Left, leftIn, seenIn } from './command-lake.ts';
import type { Act, CommandScene } from './command-scene.ts';

export interface Step extends Act {
  /** How it may end where nothing is wrong; left out: 0. */
  readonly codes?: readonly number[];
  /**
   * Throws where what it left is wrong, however it ended: a row that is there twice, a file that nobody has. Resolves
   * to what it left, without times and ids; undefined: it is not told.
   */
  sound(): Promise<string | undefined>;
  /** Throws unless it has come about. */
  check(): Promise<unknown>;
  /** The same, as the product sees it. */
  audit(): Promise<unknown>;
}

/** Commands that only look. */
export const LOOKS: readonly string[] = [
  ...['audit', 'status', 'adopt', 'drift', 'requeue'].flatMap((name) => [`${name} --out`, `${name} --settings`]),
  ...['backfill plan', 'backfill status', 'check'],
];

export type Steps = Readonly<Record<string, () => Promise<Step>>>;

export async function stepsOf(scene: CommandScene): Promise<Steps> {
  const [{ wire }, { parseConfig }, { openLedger }] = await Promise.all([
    import('../../shared/wire.ts'),
    import('../../shared/config.ts'),
    import('../../shared/wire/clients.ts'),
  ]);
  const { run, acts, inTime, place, azurite, folder } = scene;
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
    try {
      for await (const feed of ledger().feeds()) all.push(...(await Array.fromAsync(ledger().list(feed))));
    } catch (error) {
      // A command that was refused the very first call has made no table.
      if (!/\(TableNotFound\)/.test(String(error))) throw error;
    }
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
  /** The lake of the app, by the ledger in its table. */
  const ofApp = async (): Promise<Left> => ({ ...(await leftIn(azurite, 'lakesteps')), ledger: await entries() });
  /** The app has each row once. */
  const whole = async (): Promise<void> => {
    await settle();
    assertWhole(await ofApp(), rows);
  };
  const steer = (...words: readonly string[]): Step => ({
    words: [...words, '--settings', settings],
    sound: async () => {
      assertSound(await ofApp(), rows);
      return undefined;
    },
    check: whole,
    audit: () => ended(['audit', '--settings', settings]),
  });
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
  const kept = new Map<string, Promise<Required<Act>>>();
  /** The same for all runs of a command, as each leaves it whole. */
  const filledOnce = (name: string): Promise<Required<Act>> => {
    const act = kept.get(name) ?? filled();
    kept.set(name, act);
    return act;
  };
  const onLake = ({ lake, ids: wanted }: Required<Act>, words: readonly string[]): Step => ({
    words,
    sound: async () => assertSound(await leftIn(azurite, lake), wanted),
    check: async () => assertWhole(await leftIn(azurite, lake), wanted),
    audit: () => ended(['audit', '--out', place(lake)]),
  });
  /** What the command found is mended by the one that filled the lake. */
  const mending = (act: Required<Act>, words: readonly string[]): Step => ({
    ...onLake(act, words),
    check: async () => {
      await ended(act.words);
      assertWhole(await leftIn(azurite, act.lake), act.ids);
    },
  });
  const filling = (name: string) => async (): Promise<Step> => {
    const act = (acts[name]?.() ?? assert.fail()) as Required<Act>;
    return onLake(act, act.words);
  };
  const seen = () => seenIn(azurite, ['lakeseen', 'lakeofapp', 'exports'], 'insightslake');
  /** It leaves everything as it is. */
  const looking = (make: () => Act) => async (): Promise<Step> => {
    const before = await seen();
    const same = async () => {
      assert.deepEqual(await seen(), before);
      return 'as it was';
    };
    return { ...make(), sound: same, check: same, audit: same };
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
    ...Object.fromEntries(LOOKS.map((name) => [name, looking(acts[name] ?? assert.fail(name))])),
    transform: filling('transform'),
    export: filling('export'),
    sweep: filling('sweep'),
    'rerun --start': async () => steer('rerun', '--start', ...range, '--signals', 'requests'),
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
      return { ...steer('audit', '--repair'), codes: [0, 1], sound: async () => undefined };
    },
    'sweep --enqueue': async () => {
      const n = rows.length;
      const { name, text, id } = exportBlob(9, n);
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
      const act = await filledOnce('audit');
      await removeFile(act.lake);
      // What the ledger calls done is not there: that is what it is for.
      return {
        ...mending(act, ['audit', '--repair', '--out', place(act.lake)]),
        codes: [0, 1],
        sound: async () => undefined,
      };
    },
    'rerun --start --out': async () => {
      const act = await filledOnce('rerun');
      return mending(act, ['rerun', '--start', '--out', place(act.lake)]);
    },
    'adopt --write --out': async () => {
      const act = await filledOnce('adopt');
      const all = container(act.lake);
      for await (const { name } of all.listBlobsFlat({ prefix: '_insights-lake/' })) await all.deleteBlob(name);
      return onLake(act, ['adopt', '--write', '--out', place(act.lake)]);
    },
    'retention --remove --out': async () => {
      const act = await filled();
      const words = ['retention', '--out', place(act.lake), '--keep', '7d', '--remove'];
      const check = async () => {
        // Files wait a day.
        await inTime(() => sleep(26 * HOUR));
        await ended(words);
        assert.deepEqual((await leftIn(azurite, act.lake)).ids, []);
      };
      return { ...onLake(act, words), check };
    },
  };
}
