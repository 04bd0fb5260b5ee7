import assert from 'node:assert/strict';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { startSimulator } from '../../local/simulator/startSimulator.ts';
import { type Chance, chanceOf } from '../../local/telemetry/chance.ts';
import type { Interval } from '../../shared/model.ts';
import { soakCommands } from './commands.ts';
import { soakSource } from './exports.ts';
import { assertSame, damage, loseLedger } from './lake.ts';
import { rowsSeen } from './seen.ts';
import { signals, webRows } from './web.ts';

const HOUR = 3_600_000;
const day = 24 * HOUR;
const appId = '11111111-2222-3333-4444-555555555555';

/** What a lake is made with. */
const kinds: readonly (readonly string[])[] = [
  [],
  [],
  ['--format', 'ndjson'],
  ['--format', 'ndjson', '--gzip'],
  ['--format', 'csv', '--gzip', '--partition', 'day'],
  ['--format', 'csv'],
  ['--partition', 'day'],
  ['--table', 'delta'],
  ['--table', 'delta'],
  ['--path', '{signal}/app={app}/y={yyyy}/{MM}-{dd}T{HH}/{source}_{start}_{end}.{ext}'],
];

/**
 * One lake from its beginning on: commands that are killed, sources and files that change, and now and then a look; `most`
 * steps.
 */
export async function soakLife(base: string, seed: string, until: number, tell: (text: string) => void, most = 24) {
  const chance = chanceOf(`soak/${seed}`);
  const today = Math.floor(Date.now() / day) * day;
  const days = [today - 30 * day, today - 9 * day, today - 8 * day];
  const source = await soakSource(base, days, chance);
  const range = { start: today - 9 * day + 3 * HOUR, end: today - 9 * day + 11 * HOUR };
  const web = webRows(seed, range);
  const simulator = await startSimulator({ data: web.data, seed });
  const lake = join(base, 'lake');
  const kind = chance.pick(kinds);
  const commands = soakCommands(base, chance, tell);
  const out = ['--out', lake, ...kind];
  const words = commandWords({ out, lake, range, endpoint: simulator.url, chance, source });
  tell(`life ${seed}: ${kind.join(' ') || 'as it comes'}`);
  let [damaged, adopted, keptFrom] = [false, false, 0];
  const happen = async (): Promise<void> => {
    for (let n = chance.int(0, 3); n > 0; n--) tell(`  ${await source.change()}`);
    if (chance.hit(0.3)) tell(`  ${web.change(chance)}`);
    if (chance.hit(0.1)) {
      tell(`  ${await damage(lake, chance)}`);
      damaged = true;
    }
  };
  /** A ledger that is not this lake's, or not any more, is adopted, whatever is killed. */
  const lose = async (): Promise<void> => {
    const what = await loseLedger(lake, join(base, 'aside'), chance);
    if (what === '') return;
    tell(`  ${what}`);
    const adopt = ['adopt', '--write', '--out', lake];
    for (let n = chance.int(0, 2); n > 0; n--) await commands.atOnce([adopt], 1, async () => {});
    const { code, out: said, err } = await commands.whole(adopt);
    assert.equal(code, 0, said + err);
    adopted = true;
  };
  /** What is older than twenty days leaves the lake for good, and its files a day later. */
  const retire = async (): Promise<void> => {
    keptFrom = today - 20 * day;
    const retention = ['retention', '--out', lake, '--keep', '20d', '--remove'];
    tell('  what is old goes');
    for (let n = chance.int(0, 2); n > 0; n--) await commands.atOnce([retention], 1, async () => {});
    for (let n = 0; n < 2; n++) {
      commands.later(26 * HOUR);
      const { code, out: said, err } = await commands.whole(retention);
      assert.equal(code, 0, said + err);
    }
  };
  const look = async (): Promise<void> => {
    // A ledger from before says of what was written since, in as many bytes, what it was before: audits tell, by hash.
    if (damaged || adopted) await commands.whole(['audit', '--out', lake, '--repair']);
    damaged = false;
    // Of what was adopted nobody knows the blobs: fewer rows than the lake has need a word.
    const replace = source.lost() || adopted;
    adopted = false;
    const order = chance.hit(0.5) ? ['sweep', 'transform', 'export'] : ['export', 'transform', 'sweep'];
    for (const each of order) {
      const asked = words.whole(each, replace);
      const { code, out: said, err } = await commands.whole(asked);
      // Windows that are gone for good are named.
      if (code === 1 && keptFrom > 0) continue;
      if (code === 1) assert.equal((await commands.whole(asked)).code, 0, `twice: ${said}${err}`);
      else assert.equal(code, 0, `${said}${err}`);
    }
    // What came since of an old day was never in this lake, so nobody has retired it.
    if (keptFrom > 0) await retire();
    const truth = new Map([...source.truth(keptFrom), ...web.truth()]);
    assertSame(await rowsSeen(lake, kind.includes('delta')), truth);
    const audit = await commands.whole(['audit', '--out', lake]);
    assert.equal(audit.code, 0, audit.out + audit.err);
  };
  const retireAt = chance.int(8, 30);
  try {
    for (let steps = 1; Date.now() < until && steps <= most; steps++) {
      await happen();
      const all = Array.from({ length: chance.pick([1, 1, 2, 2, 3]) }, () => words.some());
      const meanwhile = async (): Promise<void> => {
        if (!chance.hit(0.3)) return;
        await sleep(chance.int(300, 1500));
        await happen();
      };
      for (const {
        code,
        err,
        words: [name],
      } of await commands.atOnce(all, 0.6, meanwhile))
        assert.notEqual(code, 2, `${name}: ${err}`);
      // Clocks are set.
      if (chance.hit(0.2)) commands.later(chance.pick([-2 * HOUR, 2 * HOUR]));
      if (chance.hit(0.15)) await lose();
      if (steps === retireAt) await retire();
      if (steps % 6 === 0) await look();
    }
    await look();
  } finally {
    await simulator.close();
  }
}

interface WordsFor {
  readonly out: readonly string[];
  readonly lake: string;
  readonly range: Interval;
  readonly endpoint: string;
  readonly chance: Chance;
  readonly source: Awaited<ReturnType<typeof soakSource>>;
}

function commandWords({ out, lake, range, endpoint, chance, source }: WordsFor) {
  const jobs = (): string[] => (chance.hit(0.2) ? ['--jobs', '2'] : ['--jobs', '1']);
  const exported = ({ start, end }: Interval, more: readonly string[]): string[] => [
    ...['export', '--app', `web=${appId}`, '--endpoint', endpoint, '--signals', signals.join()],
    ...['--from', new Date(start).toISOString(), '--to', new Date(end).toISOString()],
    ...['--window', chance.pick(['1h', '2h', '4h', '1d']), ...more, ...jobs(), ...out],
  ];
  const blobs = (words: readonly string[], more: readonly string[]): string[] => [
    ...words,
    ...['--window', chance.pick(['1h', '1h', '2h', '6h', '1d']), ...more, ...jobs(), ...out],
  ];
  const transform = (more: readonly string[]) => blobs(['transform', ...source.inputs(), '--app', 'loose'], more);
  const sweep = (more: readonly string[]) => blobs(['sweep', '--container', source.root()], more);
  const there = (words: readonly string[]): string[] => [...words, '--out', lake];
  const part = (): Interval => {
    const start = range.start + chance.int(0, 5) * HOUR;
    return { start, end: Math.min(range.end, start + chance.int(1, 6) * HOUR) };
  };
  const within = ({ start, end }: Interval): string[] => [
    ...['--from', new Date(start).toISOString(), '--to', new Date(end).toISOString()],
  ];
  const every: readonly (() => string[])[] = [
    () => transform([]),
    () => transform([]),
    () => transform(chance.hit(0.2) ? ['--replace'] : []),
    () => sweep([]),
    () => sweep(chance.hit(0.2) ? ['--replace'] : []),
    () => exported(part(), []),
    () => exported(range, []),
    () => exported(part(), ['--again']),
    () => there(['audit']),
    () => there(['audit', '--repair']),
    () => there(['requeue']),
    () => there(['rerun', '--start']),
    () => there(['adopt']),
    () => there(['adopt', '--write']),
    () => there(['rerun', '--missing', '--start']),
    () => there(['rerun', ...within(part()), '--start']),
    () => there(['audit', ...within(part()), '--repair']),
    () => there(['status', '--json']),
    () => there(['drift']),
    () => ['inspect', ...source.inputs()],
    () => there(['status']),
    () => there(['retention', '--keep', '400d', '--remove']),
  ];
  return {
    some: (): string[] => chance.pick(every)(),
    whole: (name: string, replace: boolean): string[] => {
      const more = replace ? ['--replace'] : [];
      if (name === 'export') return exported(range, ['--again']);
      return name === 'sweep' ? sweep(more) : transform(more);
    },
  };
}
