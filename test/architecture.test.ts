import assert from 'node:assert/strict';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { test } from 'node:test';

/**
 * The table of docs/architecture.md: what the files of a folder may import from the rest of the project. First match
 * counts.
 */
const mayImport: readonly (readonly [folder: string, allowed: readonly string[]])[] = [
  ['shared/model', ['shared/model/']],
  ['shared/wire', ['shared/']],
  [
    'shared/config',
    ['shared/model.ts', 'shared/config', 'shared/lake/path-template.ts', 'shared/signals/', 'shared/pure/'],
  ],
  ['shared/status/', ['shared/model.ts', 'shared/status/']],
  ['shared/metrics/', ['shared/model.ts', 'shared/metrics/', 'shared/pipeline/', 'shared/net/', 'shared/pure/']],
  [
    'shared/pipeline/',
    [
      'shared/model.ts',
      'shared/pipeline/',
      'shared/signals/',
      'shared/status/day-tally.ts',
      'shared/lake/paths.ts',
      'shared/pure/',
    ],
  ],
  ['shared/pure/', ['shared/model.ts', 'shared/pure/']],
  ['shared/signals/', ['shared/model.ts', 'shared/signals/']],
  ['shared/framing/', ['shared/framing/']],
  [
    'shared/source/',
    [
      'shared/model.ts',
      'shared/signals/',
      'shared/framing/',
      'shared/source/',
      'shared/net/',
      'shared/pure/',
      'shared/lake/failure.ts',
    ],
  ],
  ['shared/engine/', ['shared/model.ts', 'shared/signals/', 'shared/framing/', 'shared/engine/']],
  ['shared/net/', ['shared/model.ts', 'shared/net/', 'shared/pure/']],
  ['shared/lake/', ['shared/model.ts', 'shared/lake/', 'shared/signals/', 'shared/pure/']],
  [
    'shared/state/',
    [
      'shared/model.ts',
      'shared/state/',
      'shared/pure/',
      'shared/signals/',
      'shared/status/day-tally.ts',
      'shared/lake/failure.ts',
      'shared/lake/missed.ts',
    ],
  ],
  ['functions/', ['functions/', 'shared/']],
  ['cli/', ['cli/', 'shared/']],
  ['local/', ['']],
  ['bench/', ['']],
  ['test/', ['']],
];

/** Packages that make clients or touch the machine may be used in the adapters' folders only. */
const adapters = /^shared\/(wire|engine\/|source\/|lake\/|metrics\/|net\/|state\/)/;
const root = join(import.meta.dirname, '..');

function sources(folder: string): string[] {
  return readdirSync(join(root, folder)).flatMap((name) => {
    const path = `${folder}/${name}`;
    if (statSync(join(root, path)).isDirectory()) return sources(path);
    return name.endsWith('.ts') ? [path] : [];
  });
}

const files = ['shared', 'functions', 'cli', 'local', 'bench', 'test'].flatMap(sources);

function imports(file: string): string[] {
  const text = readFileSync(join(root, file), 'utf8');
  return [
    ...text.matchAll(/^(?:import|export)\b[^;'"]*?from\s+'([^']+)'|^import\s+'([^']+)'|\bimport\('([^']+)'\)/gm),
  ].map((found) => found[1] ?? found[2] ?? found[3] ?? '');
}

test('every file imports only what its folder may import', () => {
  const wrong: string[] = [];
  for (const file of files) {
    const rule = mayImport.find(([folder]) => file.startsWith(folder));
    assert.ok(rule, `${file} lies in no folder of the table`);
    for (const name of imports(file).filter((specifier) => specifier.startsWith('.'))) {
      const target = relative(root, join(root, dirname(file), name)).replaceAll('\\', '/');
      if (!rule[1].some((allowed) => target.startsWith(allowed))) wrong.push(`${file} imports ${target}`);
    }
  }
  assert.deepEqual(wrong, []);
});

test('only adapters import clients; the pipeline and the column tables are pure', () => {
  const wrong = files
    .filter((file) => file.startsWith('shared/') && !adapters.test(file))
    .flatMap((file) => imports(file).map((name) => `${file} imports ${name}`))
    .filter((line) => /imports (@azure|@duckdb|node:(fs|net|http|child_process|worker_threads))/.test(line));
  assert.deepEqual(wrong, []);
});

test('clock, chance, environment and printing stay at the edge', () => {
  const wrong = files
    // The page's own script runs in a browser.
    .filter((file) => file.startsWith('shared/') && !/^shared\/(wire|config|status\/page\.generated)/.test(file))
    .filter((file) =>
      /Date\.now\(\)|new Date\(\)|process\.env|Math\.random|randomUUID|console\./.test(
        readFileSync(join(root, file), 'utf8'),
      ),
    );
  assert.deepEqual(wrong, []);
});

test('files stay short', () => {
  const long = files
    .filter((file) => !file.startsWith('test/'))
    .map((file) => [file, readFileSync(join(root, file), 'utf8').split('\n').length] as const)
    .filter(([, lines]) => lines > 251);
  assert.deepEqual(long, []);
});

test('lines end at 120 columns, texts and comments too', () => {
  const wide = files
    .filter((file) => /^(shared|cli|functions)\/(?!.*\.generated)/.test(file))
    .flatMap((file) =>
      readFileSync(join(root, file), 'utf8')
        .split('\n')
        .flatMap((line, index) => (line.length > 120 ? [`${file}:${index + 1}`] : [])),
    );
  assert.deepEqual(wide, []);
});

test('folders stay small: a newcomer reads one like a table of contents', () => {
  const sizes = new Map<string, number>();
  for (const file of files.filter((name) => !name.startsWith('test/')))
    sizes.set(dirname(file), (sizes.get(dirname(file)) ?? 0) + 1);
  assert.deepEqual(
    [...sizes].filter(([, count]) => count > 23),
    [],
  );
});

/** Whether one letter more, less or another makes one name of the other. */
function differByOneLetter(one: string, other: string): boolean {
  const [short, long] = one.length <= other.length ? [one, other] : [other, one];
  if (long.length - short.length > 1) return false;
  let same = 0;
  while (same < short.length && short[same] === long[same]) same++;
  return short.slice(same + (short.length === long.length ? 1 : 0)) === long.slice(same + 1);
}

test('no two files of a folder differ by one letter', () => {
  const names = Map.groupBy(
    files.filter((file) => /^(shared|cli|functions)\//.test(file)),
    dirname,
  );
  const alike = [...names.values()].flatMap((all) =>
    all.flatMap((one, at) =>
      all.slice(at + 1).flatMap((other) => (differByOneLetter(one, other) ? [[one, other]] : [])),
    ),
  );
  assert.deepEqual(alike, []);
});

test('tests take their chance from test/seeds.ts, which tries the same cases each time', () => {
  const wrong = files
    .filter((file) => file.startsWith('test/') && file !== 'test/seeds.ts' && file !== 'test/soak/main.ts')
    .filter((file) => {
      const text = readFileSync(join(root, file), 'utf8');
      return /^import (?!type).* from 'fast-check'|Math\.random\(|Date\.now\(\) %|random(Int|Bytes)\(/m.test(text);
    });
  assert.deepEqual(wrong, []);
});

/** What holds a process until it is closed. */
const holding =
  /^( *)(?:const|let) (.+?) = .*\bstart(?:Azurite|Simulator|StorageFront|TokenEndpoint|OtherApi|OddServer|Host|Scene)\(/gm;

test('what a test starts ends with it, also where it fails', () => {
  const wrong = files
    .filter((file) => file.endsWith('.test.ts'))
    .flatMap((file) => {
      const text = readFileSync(join(root, file), 'utf8');
      return [...text.matchAll(holding)].flatMap(([line, indent = '', names = ''], at, all) => {
        const from = (all[at]?.index ?? 0) + line.length;
        const end = indent === '' ? -1 : text.slice(from).search(/^\}/m);
        const rest = text.slice(from, end < 0 ? undefined : from + end);
        const ends = (name: string) =>
          new RegExp(`(finally|after\\(|defer\\(|adopt\\(|asyncDispose|return)[^]*\\b${name}\\b`).test(rest);
        return /adopt\(/.test(line) || names.match(/\w+/g)?.some(ends) ? [] : [`${file}: ${line.trim()}`];
      });
    });
  assert.deepEqual(wrong, []);
});
