/**
 * Files that are renamed, rotated, packed, linked, spelt otherwise or come in two trees, between two commands over one
 * lake: each row is there once, whatever the files are called by then.
 */
import assert from 'node:assert/strict';
import { cp, link, mkdir, mkdtemp, readdir, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { run } from '../real.ts';

const base = await mkdtemp(join(tmpdir(), 'insights-identity-'));
after(() => rm(base, { recursive: true }));

const KEY = '1234567890abcdef1234567890abcdef';
const classic = (file: string, folder = `shop_${KEY}`) => `${folder}/Messages/2026-03-04/05/${file}`;
const diagnostic =
  'insights-logs-apptraces/resourceId=/SUBSCRIPTIONS/S/RESOURCEGROUPS/G/PROVIDERS/MICROSOFT.INSIGHTS/COMPONENTS/TILL/y=2026/m=03/d=04/h=05/m=00/PT1H.json';
const exported =
  'am-apptraces/WorkspaceResourceId=/subscriptions/s/resourcegroups/g/providers/microsoft.operationalinsights/workspaces/w/y=2026/m=03/d=04/h=05/m=00/PT05M.json';
const old = (id: number) =>
  `${JSON.stringify({
    message: [{ raw: `m${id}` }],
    internal: { data: { id: `id-${id}` } },
    context: { data: { eventTime: `2026-03-04T05:${String(id % 60).padStart(2, '0')}:00Z` } },
  })}\n`;
const flat = (id: number) =>
  `${JSON.stringify({ time: `2026-03-04T05:${String(id % 60).padStart(2, '0')}:00Z`, Type: 'AppTraces', Message: `m${id}` })}\n`;
const lines = (from: number, to: number, make: (id: number) => string = flat) =>
  Array.from({ length: to - from }, (_, n) => make(from + n)).join('');

/** What happens below a folder, the ids of the rows that must be in the lake then, and the exit code of the command. */
interface Step {
  readonly act: (at: (name: string) => string) => Promise<unknown>;
  readonly rows: readonly (readonly [from: number, to: number])[];
  readonly code?: number;
  /** By a sweep of the folder in place of a transform. */
  readonly sweeps?: boolean;
  /** What is given; left out: the folder. */
  readonly give?: (at: (name: string) => string) => readonly string[];
}

const put = async (path: string, content: string | Uint8Array): Promise<void> => {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, content);
};
const packed = async (path: string): Promise<void> => {
  await writeFile(`${path}.gz`, gzipSync(await readFile(path)));
  await rm(path);
};

const situations: Readonly<Record<string, readonly Step[]>> = {
  'loose files are rotated: each takes the name of another, and a new one comes first': [
    {
      act: (at) => Promise.all([put(at('a.json'), lines(0, 9)), put(at('a.1.json'), lines(20, 25))]),
      rows: [
        [0, 9],
        [20, 25],
      ],
    },
    {
      act: async (at) => {
        await rename(at('a.1.json'), at('a.2.json'));
        await rename(at('a.json'), at('a.1.json'));
        await put(at('a.json'), lines(40, 43));
      },
      rows: [
        [0, 9],
        [20, 25],
        [40, 43],
      ],
    },
  ],
  'two loose files change their names': [
    {
      act: (at) => Promise.all([put(at('a.json'), lines(0, 9)), put(at('b.json'), lines(20, 25))]),
      rows: [
        [0, 9],
        [20, 25],
      ],
    },
    {
      act: async (at) => {
        await rename(at('a.json'), at('c'));
        await rename(at('b.json'), at('a.json'));
        await rename(at('c'), at('b.json'));
      },
      rows: [
        [0, 9],
        [20, 25],
      ],
    },
  ],
  'a loose file is renamed and grows, and another takes its name': [
    { act: (at) => put(at('a.json'), lines(0, 9)), rows: [[0, 9]] },
    {
      act: async (at) => {
        await put(at('b.json'), lines(0, 12));
        await put(at('a.json'), lines(30, 33));
      },
      rows: [
        [0, 12],
        [30, 33],
      ],
    },
  ],
  'blobs of Continuous Export are packed where they lie': [
    { act: (at) => put(at(classic('a.blob')), lines(0, 9, old)), rows: [[0, 9]] },
    { act: (at) => packed(at(classic('a.blob'))), rows: [[0, 9]] },
    { act: (at) => put(at(classic('b.blob')), lines(9, 12, old)), rows: [[0, 12]] },
    { act: (at) => packed(at(classic('b.blob'))), rows: [[0, 12]], sweeps: true },
    {
      act: (at) => put(at(`${classic('b.blob')}.gz`), gzipSync(lines(9, 11, old))),
      rows: [[0, 12]],
      code: 1,
      sweeps: true,
    },
  ],
  'blobs of diagnostic settings are packed where they lie, and one grows': [
    { act: (at) => put(at(diagnostic), lines(0, 30)), rows: [[0, 30]] },
    { act: (at) => packed(at(diagnostic)), rows: [[0, 30]] },
    { act: (at) => put(at(`${diagnostic}.gz`), gzipSync(lines(0, 35))), rows: [[0, 35]] },
    { act: (at) => Promise.all([put(at(diagnostic), lines(0, 36)), rm(at(`${diagnostic}.gz`))]), rows: [[0, 36]] },
  ],
  'blobs of data export are packed where they lie': [
    { act: (at) => put(at(exported), lines(0, 30)), rows: [[0, 30]] },
    { act: (at) => packed(at(exported)), rows: [[0, 30]] },
  ],
  'a packed blob beside the plain one, then alone': [
    { act: (at) => put(at(diagnostic), lines(0, 30)), rows: [[0, 30]] },
    { act: (at) => put(at(`${diagnostic}.gz`), gzipSync(lines(0, 30))), rows: [[0, 30]] },
    { act: (at) => rm(at(diagnostic)), rows: [[0, 30]] },
  ],
  'folders in small letters, and then as Azure writes them': [
    {
      act: (at) => put(at(`one/${diagnostic.toLowerCase().replace('pt1h', 'PT1H')}`), lines(0, 9)),
      rows: [[0, 9]],
      give: (at) => [at('one')],
    },
    { act: (at) => put(at(`two/${diagnostic}`), lines(0, 12)), rows: [[0, 12]], give: (at) => [at('two')] },
    { act: async () => {}, rows: [[0, 12]], give: (at) => [at('one'), at('two')] },
  ],
  'a folder of an app in other letters': [
    {
      act: (at) => put(at(`one/${classic('a.blob', `Shop_${KEY}`)}`), lines(0, 9, old)),
      rows: [[0, 9]],
      give: (at) => [at('one')],
    },
    {
      act: (at) => put(at(`two/${classic('a.blob', `shop_${KEY.toUpperCase()}`)}`), lines(0, 9, old)),
      rows: [[0, 9]],
      give: (at) => [at('two')],
    },
  ],
  'a folder of an app, with dashes in its key': [
    { act: (at) => put(at(`one/${classic('a.blob')}`), lines(0, 9, old)), rows: [[0, 9]], give: (at) => [at('one')] },
    {
      act: (at) => put(at(`two/${classic('a.blob', 'shop_12345678-90ab-cdef-1234-567890abcdef')}`), lines(0, 9, old)),
      rows: [[0, 9]],
      give: (at) => [at('two')],
    },
  ],
  'a folder of an app as macOS spells its letters (NFD), and as others do (NFC)': [
    {
      act: (at) => put(at(`one/${classic('a.blob', `Zürich_${KEY}`.normalize('NFC'))}`), lines(0, 9, old)),
      rows: [[0, 9]],
      give: (at) => [at('one')],
    },
    {
      act: (at) => put(at(`two/${classic('a.blob', `Zürich_${KEY}`.normalize('NFD'))}`), lines(0, 9, old)),
      rows: [[0, 9]],
      give: (at) => [at('two')],
    },
    { act: async () => {}, rows: [[0, 9]], give: (at) => [at('one'), at('two')] },
  ],
  'a blob as macOS spells its letters, and as others do': [
    {
      act: (at) => put(at(`one/${classic('ä.blob'.normalize('NFC'))}`), lines(0, 9, old)),
      rows: [[0, 9]],
      give: (at) => [at('one')],
    },
    {
      act: (at) => put(at(`two/${classic('ä.blob'.normalize('NFD'))}`), lines(0, 9, old)),
      rows: [[0, 9]],
      give: (at) => [at('two')],
    },
    { act: async () => {}, rows: [[0, 9]], give: (at) => [at('one'), at('two')] },
  ],
  'a folder through a link to it': [
    { act: (at) => put(at(`in/${diagnostic}`), lines(0, 9)), rows: [[0, 9]], give: (at) => [at('in')] },
    { act: (at) => symlink(at('in'), at('link')), rows: [[0, 9]], give: (at) => [at('link')] },
    { act: async () => {}, rows: [[0, 9]], give: (at) => [at('link'), at('in')] },
  ],
  'a loose file through a link, and a hard link': [
    { act: (at) => put(at('a.json'), lines(0, 9)), rows: [[0, 9]] },
    { act: (at) => symlink(at('a.json'), at('b.json')), rows: [[0, 9]] },
    { act: (at) => link(at('a.json'), at('c.json')), rows: [[0, 9]] },
    { act: (at) => rm(at('a.json')), rows: [[0, 9]] },
  ],
  'the whole tree is copied, and the original goes': [
    {
      act: (at) => Promise.all([put(at(`in/${diagnostic}`), lines(0, 9)), put(at('in/a.json'), lines(20, 23))]),
      rows: [
        [0, 9],
        [20, 23],
      ],
      give: (at) => [at('in')],
    },
    {
      act: (at) => cp(at('in'), at('copy'), { recursive: true }),
      rows: [
        [0, 9],
        [20, 23],
      ],
    },
    {
      act: (at) => rm(at('in'), { recursive: true }),
      rows: [
        [0, 9],
        [20, 23],
      ],
    },
    {
      act: (at) => put(at('copy/a.json'), lines(20, 26)),
      rows: [
        [0, 9],
        [20, 26],
      ],
    },
  ],
  'a folder in the folder that was given before': [
    {
      act: (at) => Promise.all([put(at('x/a.json'), lines(0, 9)), put(at('x/y/a.json'), lines(20, 23))]),
      rows: [
        [0, 9],
        [20, 23],
      ],
    },
    {
      act: async () => {},
      rows: [
        [0, 9],
        [20, 23],
      ],
      give: (at) => [at('x/y')],
    },
    {
      act: async () => {},
      rows: [
        [0, 9],
        [20, 23],
      ],
      give: (at) => [at('x/a.json')],
    },
    {
      act: (at) => put(at('x/y/a.json'), lines(20, 25)),
      rows: [
        [0, 9],
        [20, 25],
      ],
      give: (at) => [at('x/y/a.json'), at('x')],
    },
  ],
  'a record cut short is completed': [
    { act: (at) => put(at(diagnostic), lines(0, 9).slice(0, -20)), rows: [[0, 8]] },
    { act: (at) => put(at(diagnostic), lines(0, 12)), rows: [[0, 12]] },
  ],
  'a loose file that is cut short is completed': [
    { act: (at) => put(at('a.json'), lines(0, 9).slice(0, -20)), rows: [[0, 8]] },
    { act: (at) => put(at('a.json'), lines(0, 12)), rows: [[0, 12]] },
  ],
  'an older copy of a blob that was packed meanwhile, or of one that was not': [
    { act: (at) => put(at(`new/${diagnostic}.gz`), gzipSync(lines(0, 90))), rows: [[0, 90]] },
    { act: (at) => put(at(`old/${diagnostic}`), lines(0, 60)), rows: [[0, 90]], code: 1, give: (at) => [at('old')] },
    { act: (at) => put(at(`later/${diagnostic}`), lines(0, 99)), rows: [[0, 99]], give: (at) => [at('later')] },
    { act: async () => {}, rows: [[0, 99]], code: 1, give: (at) => [at('new')] },
    { act: (at) => packed(at(`old/${diagnostic}`)), rows: [[0, 99]], code: 1, give: (at) => [at('old')] },
    { act: async () => {}, rows: [[0, 60]], give: (at) => [at('old'), '--replace'] },
  ],
  'members of gzip, padding, and more lines behind': [
    {
      act: (at) =>
        put(at(`${diagnostic}.gz`), Buffer.concat([gzipSync(lines(0, 4)), Buffer.alloc(700), gzipSync(lines(4, 9))])),
      rows: [[0, 9]],
    },
    {
      act: (at) =>
        put(
          at(`${diagnostic}.gz`),
          Buffer.concat([gzipSync(lines(0, 4)), gzipSync(lines(4, 9)), gzipSync(lines(9, 12))]),
        ),
      rows: [[0, 12]],
    },
  ],
};

async function messages(lake: string): Promise<string[]> {
  const found: string[] = [];
  for (const name of await readdir(lake, { recursive: true }))
    if (name.endsWith('.ndjson') && !name.startsWith('_'))
      found.push(...(await readFile(join(lake, name), 'utf8')).split('\n').filter(Boolean));
  return found.map((line) => String(JSON.parse(line).message)).sort();
}

let folders = 0;
for (const [what, steps] of Object.entries(situations)) {
  test(what, async () => {
    const folder = join(base, `${++folders}`, 'in');
    const lake = join(base, `${folders}`, 'lake');
    const at = (name: string): string => join(folder, name);
    await mkdir(folder, { recursive: true });
    for (const [number, { act, rows, code = 0, sweeps = false, give = () => [folder] }] of steps.entries()) {
      await act(at);
      const ended = await run([
        ...(sweeps ? ['sweep', '--container'] : ['transform']),
        ...give(at),
        '--out',
        lake,
        '--format',
        'ndjson',
      ]);
      const wanted = rows.flatMap(([from, to]) => Array.from({ length: to - from }, (_, n) => `m${from + n}`)).sort();
      assert.deepEqual(await messages(lake), wanted, `step ${number + 1}: ${ended.out}${ended.err}`);
      assert.equal(ended.code, code, `step ${number + 1}: ${ended.out}${ended.err}`);
    }
  });
}
