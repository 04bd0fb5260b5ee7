import { appendFile, cp, mkdir, readFile, rename, rm, utimes, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { Chance } from '../../local/telemetry/chance.ts';

const HOUR = 3_600_000;

/** A record of a file: its text is found in the lake. */
export interface SoakRecord {
  readonly app: string;
  readonly signal: 'traces' | 'customEvents';
  readonly text: string;
  readonly at: number;
}

/** A file of the source, as it should be read. */
interface SoakFile {
  path: string;
  readonly kind: 'classic' | 'diagnostics' | 'dataExport' | 'loose';
  readonly signal: SoakRecord['signal'];
  readonly start: number;
  readonly records: SoakRecord[];
  packed: boolean;
}

export interface SoakSource {
  /** The folder that holds everything. */
  root(): string;
  /** What a command is given: all there is, though maybe in parts, twice, or by another name. */
  inputs(): string[];
  /** Something happens to the files; what, in words. */
  change(): Promise<string>;
  /** Every row from then on that must be in the lake, by `app signal text`, with how often. */
  truth(from?: number): Map<string, number>;
  /** Whether a file became shorter or went since it was asked last: the lake keeps such rows unless told otherwise. */
  lost(): boolean;
}

const KEY = '1234567890abcdef1234567890abcdef';
const words = ['', 'ä', 'line\nbreak', '"quoted", comma', '=1+1', '\u{1F600}', 'tab\tbed', "o'clock", '\\', ' blank '];

function placeOf({ kind, signal, start }: Pick<SoakFile, 'kind' | 'signal' | 'start'>, n: number): string {
  const [date = '', time = ''] = new Date(start).toISOString().split('T');
  const [y, m, d] = date.split('-');
  const hour = time.slice(0, 2);
  const table = signal === 'traces' ? 'apptraces' : 'appevents';
  const below = `y=${y}/m=${m}/d=${d}/h=${hour}/m=00`;
  if (kind === 'classic')
    return `shop_${KEY}/${signal === 'traces' ? 'Messages' : 'Event'}/${date}/${hour}/b${n}_${y}${m}${d}_${hour}0100.blob`;
  if (kind === 'diagnostics')
    return `insights-logs-${table}/resourceId=/SUBSCRIPTIONS/S/RESOURCEGROUPS/G/PROVIDERS/MICROSOFT.INSIGHTS/COMPONENTS/TILL/${below}/PT1H.json`;
  if (kind === 'dataExport')
    return `am-${table}/WorkspaceResourceId=/subscriptions/s/resourcegroups/g/providers/microsoft.operationalinsights/workspaces/desk/${below}/PT05M.json`;
  return `results/part ${n}.json`;
}

const appOf = { classic: 'shop', diagnostics: 'till', dataExport: 'desk', loose: 'loose' } as const;

function lineOf({ kind }: Pick<SoakFile, 'kind'>, { signal, text, at }: SoakRecord): string {
  const time = new Date(at).toISOString();
  const classic = {
    [signal === 'traces' ? 'message' : 'event']: [signal === 'traces' ? { raw: text } : { name: text, count: 1 }],
    internal: { data: { id: text.split(' ')[0], documentVersion: '1.61' } },
    context: { data: { eventTime: time }, custom: { dimensions: [{ a: 'b' }] } },
  };
  const flat = {
    [kind === 'dataExport' ? 'TimeGenerated' : 'time']: time,
    Type: signal === 'traces' ? 'AppTraces' : 'AppEvents',
    [signal === 'traces' ? 'Message' : 'Name']: text,
    ItemCount: 1,
    Properties: { a: 'b' },
  };
  return `${JSON.stringify(kind === 'classic' ? classic : flat)}\n`;
}

/**
 * Files of all layouts that change as files do; `days`: the days (UTC midnight) that have hours. `stored`: as blobs of
 * an account do, which are not moved, packed or loose.
 */
export async function soakSource(
  base: string,
  days: readonly number[],
  chance: Chance,
  stored = false,
): Promise<SoakSource> {
  const files: SoakFile[] = [];
  let [names, count, moves, lost] = [0, 0, 0, false];
  let root = join(base, 'in-0');
  let second: string | undefined;
  /** Of what was written, in the clear. */
  const lengths = new Map<SoakFile, number>();

  const made = (file: SoakFile, number: number): SoakRecord[] =>
    Array.from({ length: number }, () => {
      const text = `r${++count} ${chance.pick(words)}${'x'.repeat(chance.hit(0.1) ? 500 : 3)}`;
      return { app: appOf[file.kind], signal: file.signal, text, at: file.start + chance.int(0, HOUR - 1) };
    });
  const write = async (file: SoakFile): Promise<void> => {
    const text = file.records.map((record) => lineOf(file, record)).join('');
    if (text.length < (lengths.get(file) ?? 0)) lost = true;
    lengths.set(file, text.length);
    await mkdir(dirname(join(root, file.path)), { recursive: true });
    const half = Math.floor(text.length / 2);
    const packed = chance.hit(0.5)
      ? gzipSync(text)
      : Buffer.concat([gzipSync(text.slice(0, half)), gzipSync(text.slice(half))]);
    await writeFile(join(root, file.path), file.packed ? packed : text);
  };
  const appended = async (file: SoakFile, text: string): Promise<void> => {
    lengths.set(file, (lengths.get(file) ?? 0) + text.length);
    await appendFile(join(root, file.path), text);
  };
  const add = async (): Promise<string> => {
    const kind = chance.pick(
      stored
        ? (['classic', 'diagnostics', 'dataExport'] as const)
        : (['classic', 'classic', 'diagnostics', 'dataExport', 'loose'] as const),
    );
    const signal = chance.pick(['traces', 'customEvents'] as const);
    const start = chance.pick(days) + chance.int(4, 9) * HOUR;
    const path = placeOf({ kind, signal, start }, ++names);
    if (files.some((file) => file.path.replace(/\.gz$/, '') === path)) return grow();
    const file: SoakFile = { path, kind, signal, start, records: [], packed: false };
    file.records.push(...made(file, chance.int(1, 6)));
    files.push(file);
    await write(file);
    return `new ${file.path}`;
  };
  const some = (): SoakFile => chance.pick(files);
  const grow = async (): Promise<string> => {
    const file = some();
    const more = made(file, chance.int(1, 4));
    file.records.push(...more);
    if (file.packed) await write(file);
    else await appended(file, more.map((record) => lineOf(file, record)).join(''));
    return `grown ${file.path}`;
  };
  // A loose file that is known by its place and its content must not change both at once.
  const shrink = async (): Promise<string> => {
    const file = some();
    if (file.records.length < 2 || file.kind === 'loose') return grow();
    file.records.pop();
    second = undefined;
    await write(file);
    return `shorter ${file.path}`;
  };
  const replace = async (): Promise<string> => {
    const file = some();
    if (file.kind === 'loose') return grow();
    const before = file.records.splice(0, file.records.length);
    file.records.push(...made(file, before.length + 2));
    lost = true;
    second = undefined;
    await write(file);
    return `other content in ${file.path}`;
  };
  const pack = async (): Promise<string> => {
    const file = some();
    // In a container Azure has no such blobs, and a sweep passes over them.
    if (file.kind === 'diagnostics' || file.kind === 'dataExport') return grow();
    await rm(join(root, file.path));
    file.packed = !file.packed;
    file.path = file.packed ? `${file.path}.gz` : file.path.replace(/\.gz$/, '');
    await write(file);
    return `${file.packed ? 'packed' : 'unpacked'} ${file.path}`;
  };
  const twice = async (): Promise<string> => {
    const file = some();
    const last = file.records.at(-1);
    if (last === undefined || file.kind === 'loose') return grow();
    second = undefined;
    await write(file);
    const line = lineOf(file, last);
    if (file.kind !== 'classic') file.records.push(last);
    if (file.packed) return `written anew ${file.path}`;
    await appended(file, line);
    return `a line twice in ${file.path}`;
  };
  const move = async (): Promise<string> => {
    const next = join(base, `in-${++moves}`);
    await rename(root, next);
    root = next;
    return `moved to in-${moves}`;
  };
  const copy = async (): Promise<string> => {
    second = join(base, 'copy');
    await rm(second, { recursive: true, force: true });
    await cp(root, second, { recursive: true });
    return 'copied';
  };
  const touch = async (): Promise<string> => {
    const file = some();
    const text = await readFile(join(root, file.path));
    await writeFile(join(root, file.path), text);
    await utimes(join(root, file.path), new Date(), new Date(days[0] ?? 0));
    return `touched ${file.path}`;
  };
  for (let n = 0; n < 14; n++) await add();
  const inStorage = [add, add, grow, grow, touch, twice, shrink, replace];
  const kinds = stored ? inStorage : [...inStorage, add, grow, pack, move, copy];
  return {
    root: () => root,
    inputs: () => (second === undefined ? [root] : chance.hit(0.5) ? [root, second] : [second, root]),
    change: () => chance.pick(kinds)(),
    truth: (from = 0) => {
      const all = new Map<string, number>();
      for (const { records } of files.filter(({ start }) => start >= from))
        for (const { app, signal, text } of records) {
          const key = `${app} ${signal} ${text}`;
          all.set(key, (all.get(key) ?? 0) + 1);
        }
      return all;
    },
    lost: () => {
      const was = lost;
      lost = false;
      return was;
    },
  };
}
