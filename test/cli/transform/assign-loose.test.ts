import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { assignLoose, type LooseFound, type LooseRecord } from '../../../cli/transform/assign-loose.ts';
import { identify } from '../../../shared/source/blobs/loose/identify.ts';

/** A file of so many lines of a text, which is longer than what is taken for a beginning. */
const text = (word: string, lines: number) => `${word.padEnd(70, '.')}\n`.repeat(lines);
const hashOf = (content: string) => createHash('sha256').update(content).digest('hex');
const headOf = (content: string) => (content.length < 64 ? '' : hashOf(content.slice(0, 64)));
const headsOf = (content: string) =>
  [64, 256, 1024, 4096].filter((length) => length <= content.length).map((length) => hashOf(content.slice(0, length)));

function found(path: string, content: string, root = '/a'): LooseFound {
  const beginnings = new Map(Array.from({ length: content.length }, (_, n) => [n, hashOf(content.slice(0, n))]));
  return {
    path,
    place: `${root}/${path}`,
    bytes: content.length,
    hash: hashOf(content),
    head: headOf(content),
    heads: headsOf(content),
    beginnings,
  };
}
const record = (path: string, content: string, root = '/a'): LooseRecord => {
  const { beginnings, heads, ...rest } = found(path, content, root);
  return rest;
};

interface Row {
  readonly what: string;
  readonly records: readonly LooseRecord[];
  readonly given: readonly LooseFound[];
  /** Files that are still where they were. */
  readonly there?: readonly string[];
  readonly known?: readonly (readonly [string, string])[];
  readonly fresh?: readonly string[];
  readonly copies?: readonly string[];
  readonly replaced?: readonly string[];
}

const rows: readonly Row[] = [
  { what: 'a new file', records: [], given: [found('x', text('a', 2))], fresh: ['/a/x'] },
  {
    what: 'the same place with other content is the same file',
    records: [record('x', text('a', 2))],
    given: [found('x', text('b', 1))],
    known: [['x', '/a/x']],
    replaced: ['/a/x'],
  },
  {
    what: 'the same place, grown',
    records: [record('x', text('a', 2))],
    given: [found('x', text('a', 3))],
    known: [['x', '/a/x']],
  },
  {
    what: 'another place and the same content counts once',
    records: [record('x', text('a', 2))],
    given: [found('y', text('a', 2), '/b')],
    there: ['/a/x'],
    known: [['x', '/b/y']],
  },
  {
    what: 'both places of one content',
    records: [record('x', text('a', 2))],
    given: [found('x', text('a', 2)), found('y', text('a', 2), '/b')],
    known: [['x', '/a/x']],
    copies: ['/b/y'],
  },
  {
    what: 'one name, another place, other content: a file of its own, for the first is still there',
    records: [record('x', text('a', 2))],
    given: [found('x', text('b', 2), '/b')],
    there: ['/a/x'],
    fresh: ['/b/x'],
  },
  {
    what: 'the same where the first is gone: it was moved',
    records: [record('x', text('a', 2))],
    given: [found('x', text('b', 2), '/b')],
    known: [['x', '/b/x']],
    replaced: ['/b/x'],
  },
  {
    what: 'grown and moved',
    records: [record('x', text('a', 2))],
    given: [found('y', text('a', 5), '/b')],
    there: ['/a/x'],
    known: [['x', '/b/y']],
  },
  {
    what: 'two copies of one tree, of which one grew: the longer',
    records: [record('x', text('a', 2), '/monday')],
    given: [found('x', text('a', 2), '/monday'), found('x', text('a', 3), '/tuesday')],
    there: ['/monday/x'],
    known: [['x', '/tuesday/x']],
    copies: ['/monday/x'],
  },
  {
    what: 'two new files of which one begins with the other: the longer',
    records: [],
    given: [found('x', text('a', 2), '/monday'), found('x', text('a', 3), '/tuesday')],
    fresh: ['/tuesday/x'],
    copies: ['/monday/x'],
  },
  {
    what: 'two new files of one name and one beginning that go on differently',
    records: [],
    given: [found('1/x', text('a', 3) + text('b', 1)), found('2/x', text('a', 3) + text('c', 2))],
    fresh: ['/a/2/x', '/a/1/x'],
  },
  {
    what: 'a beginning that is too short to tell anything is none',
    records: [],
    given: [found('x', '{}\n'), found('y', '{}\n{}\n{"a":1}\n')],
    fresh: ['/a/y', '/a/x'],
  },
];

for (const { what, records, given, there = [], known = [], fresh = [], copies = [], replaced = [] } of rows)
  test(`loose files: ${what}`, () => {
    const seen = assignLoose(records, given, (place) => there.includes(place));
    assert.deepEqual(
      seen.known.map(([of, file]) => [of.path, file.place]),
      known,
    );
    assert.deepEqual(
      [seen.fresh, seen.copies, seen.replaced].map((files) => files.map(({ place }) => place)),
      [fresh, copies, replaced],
    );
  });

test('a file is what it is by its bytes in the clear, packed once, twice or not at all', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'identify-'));
  try {
    const content = text('a', 3);
    const seen = [];
    for (const [n, bytes] of [content, gzipSync(content, { level: 1 }), gzipSync(content, { level: 9 })].entries()) {
      await writeFile(join(folder, `${n}`), bytes);
      seen.push(await identify(join(folder, `${n}`), [10, 71, 142, 10_000]));
    }
    assert.deepEqual(seen[0], {
      bytes: content.length,
      hash: hashOf(content),
      head: headOf(content),
      heads: headsOf(content),
      beginnings: new Map([10, 64, 71, 142].map((length) => [length, hashOf(content.slice(0, length))])),
    });
    assert.deepEqual([seen[1], seen[2]], [seen[0], seen[0]]);
  } finally {
    await rm(folder, { recursive: true });
  }
});
