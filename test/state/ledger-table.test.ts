import assert from 'node:assert/strict';
import { createHash, randomUUID } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import { AzureNamedKeyCredential, TableClient } from '@azure/data-tables';
import { type Azurite, startAzurite } from '../../local/azurite.ts';
import type { Feed, FileRecord, Window } from '../../shared/model.ts';
import { claimedEntry, plannedEntry } from '../../shared/pipeline/entry.ts';
import { createTableLedger } from '../../shared/state/ledger-table.ts';
import { ledgerContract } from '../contracts/ledger.ts';

let azurite: Azurite;
let tables = 0;
before(async () => {
  azurite = await startAzurite();
});
after(() => azurite.close());

const newTable = () =>
  TableClient.fromConnectionString(azurite.connectionString, `test${++tables}`, { allowInsecureConnection: true });

ledgerContract('table of Azurite', {
  make: async () => {
    const client = newTable();
    return () => createTableLedger({ client, lakeId: 'lake', newId: randomUUID, now: Date.now });
  },
  runs: 15,
  files: 3000,
  opens: true,
});

const feed: Feed = { app: 'shop', signal: 'requests', source: 'query' };
const window: Window = { ...feed, start: 0, end: 3_600_000 };
const partitionKey = 'lake|shop|query|requests';
const rowKey = 'w|1970-01-01T00:00:00.000Z_1970-01-01T01:00:00.000Z';

describe('ledger in a table', () => {
  const opened = async () => {
    const client = newTable();
    const ledger = createTableLedger({ client, lakeId: 'lake', newId: randomUUID, now: Date.now });
    await ledger.prepare();
    return { client, ledger };
  };

  test('lakes share a table and see nothing of each other', async () => {
    const { client, ledger } = await opened();
    const other = createTableLedger({ client, lakeId: 'lake2', newId: randomUUID, now: Date.now });
    await ledger.plan(feed, { horizon: 1, watermark: 1 }, undefined, [plannedEntry(window, 0)]);
    assert.equal(await other.read(window), undefined);
    assert.equal(await other.progress(feed), undefined);
    assert.deepEqual(await Array.fromAsync(other.feeds()), []);
    assert.deepEqual(await Array.fromAsync(ledger.feeds()), [feed]);
  });

  test('properties of a newer version survive an update', async () => {
    const { client, ledger } = await opened();
    await ledger.write(plannedEntry(window, 0), undefined);
    await client.updateEntity({ partitionKey, rowKey, colour: 'blue' }, 'Merge');
    const seen = await ledger.read(window);
    assert.ok(seen);
    await ledger.write({ ...seen.value, state: 'done' }, seen.etag);
    assert.equal((await client.getEntity(partitionKey, rowKey)).colour, 'blue');
  });

  test('a newer state is refused', async () => {
    const { client, ledger } = await opened();
    await ledger.plan(feed, { horizon: 1, watermark: 1 }, undefined, [plannedEntry(window, 0)]);
    for (const key of [rowKey, rowKey.replace('w', 'o'), 'p'])
      await client.updateEntity({ partitionKey, rowKey: key, stateVersion: 4 }, 'Merge');
    const refused =
      /^Error: read the ledger: a newer version .* wrote it \(state version 4, this one knows 3\); upgrade/;
    await assert.rejects(ledger.read(window), refused);
    await assert.rejects(ledger.progress(feed), refused);
    await assert.rejects(Array.fromAsync(ledger.list(feed)), refused);
    await assert.rejects(Array.fromAsync(ledger.open(feed)), refused);
  });

  test('a month of hours with paths of a thousand letters fits', async () => {
    const { ledger } = await opened();
    const files = Array.from(
      { length: 744 },
      (_, n): FileRecord => ({ path: `${'long/'.repeat(200)}${n}.parquet`, signal: 'requests', rows: n, bytes: 9 * n }),
    );
    const tag = await ledger.write({ ...plannedEntry(window), files }, undefined);
    assert.deepEqual((await ledger.read(window))?.value.files, files);
    await ledger.write({ ...plannedEntry(window), files: files.slice(0, 3) }, tag);
    assert.deepEqual((await ledger.read(window))?.value.files, files.slice(0, 3));
  });

  test('too many files are refused with one line', async () => {
    const { ledger } = await opened();
    const files = Array.from(
      { length: 100_000 },
      (_, n): FileRecord => ({
        path: createHash('sha256').update(`${n}`).digest('hex'),
        signal: 'requests',
        rows: 1,
        bytes: 1,
      }),
    );
    await assert.rejects(
      ledger.write({ ...plannedEntry(window, 0), files }, undefined),
      /100000 files are more than an entry .*shorten LAKE_PATH, or choose a shorter window/,
    );
    await assert.rejects(
      ledger.plan(
        feed,
        { horizon: 1, watermark: 1 },
        undefined,
        Array.from({ length: 41 }, () => plannedEntry(window, 0)),
      ),
      /at most 40/,
    );
  });

  test('open() reads what is open and nothing else', async () => {
    const { client, ledger } = await opened();
    for (let n = 0; n < 5; n += 1) {
      const each = { ...window, start: n * 3_600_000, end: (n + 1) * 3_600_000 };
      const etag = await ledger.write(plannedEntry(each, 0), undefined);
      if (n > 0) await ledger.write({ ...plannedEntry(each, 0), state: 'done' }, etag);
    }
    const rows = (await Array.fromAsync(client.listEntities())).map((entity) => entity.rowKey?.split('|')[0]);
    // 'p': the mark on the day that these windows start on.
    assert.deepEqual(rows.sort(), ['f', 'lake', 'o', 'p', 'w', 'w', 'w', 'w', 'w']);
    assert.equal((await Array.fromAsync(ledger.open(feed))).length, 1);
  });

  describe('the note that the messages of 240 windows were sent, in transactions and listings', () => {
    const hour = 3_600_000;
    const windows = Array.from({ length: 240 }, (_, n) => ({ ...feed, start: n * hour, end: (n + 1) * hour }));
    /** The calls of a planner that has planned them; `listed`: what others do behind its listing. */
    const planned = async (listed = async () => {}) => {
      const { client, ledger: other } = await opened();
      for (let n = 0; n < 240; n += 40) {
        const progress = { horizon: n + 1, watermark: 0 };
        const entries = windows.slice(n, n + 40).map((each) => plannedEntry(each));
        assert.ok(await other.plan(feed, progress, (await other.progress(feed))?.etag, entries));
      }
      const calls: string[] = [];
      const counted = new Proxy(client, {
        get: (target, name) => {
          const value: unknown = Reflect.get(target, name, target);
          if (typeof value !== 'function') return value;
          calls.push(String(name));
          const found = value.bind(target);
          if (name !== 'listEntities') return found;
          return async function* (...words: unknown[]) {
            yield* await Array.fromAsync(found(...words));
            await listed();
          };
        },
      });
      const ledger = createTableLedger({ client: counted, lakeId: 'lake', newId: randomUUID, now: Date.now });
      const claim = async (n: number) => {
        const seen = await other.read(windows[n] ?? assert.fail());
        assert.ok(seen && (await other.write(claimedEntry(seen.value, 7, hour), seen.etag)));
      };
      const note = async () => {
        calls.length = 0;
        await ledger.hinted(feed, windows, 9);
        const count = (word: string) => calls.filter((name) => name === word).length;
        assert.equal(calls.length, count('submitTransaction') + count('listEntities'), calls.join());
        return [count('submitTransaction'), count('listEntities')];
      };
      const times = async () => Map.groupBy(await Array.fromAsync(other.list(feed)), ({ hintedAt }) => hintedAt);
      const found = async () => [...(await times())].map(([at, { length }]) => [at, length]).toSorted();
      return { ledger, claim, note, found };
    };

    test('whose planner has looked at them: six', async () => {
      const here = await planned();
      await Array.fromAsync(here.ledger.open(feed));
      assert.deepEqual(await here.note(), [6, 0]);
      assert.deepEqual(await here.found(), [[9, 240]]);
    });

    test('of which nothing is known: one more', async () => {
      const here = await planned();
      assert.deepEqual(await here.note(), [6, 1]);
      assert.deepEqual(await here.found(), [[9, 240]]);
    });

    test('of which one in each transaction was claimed since: seven more', async () => {
      const here = await planned();
      await Array.fromAsync(here.ledger.open(feed));
      for (let n = 0; n < 240; n += 40) await here.claim(n);
      assert.deepEqual(await here.note(), [12, 1]);
      assert.deepEqual(await here.found(), [
        [7, 6],
        [9, 234],
      ]);
    });

    test('of which one is claimed behind each look: it is tried three times', async () => {
      let next = 240;
      const here = await planned(async () => here.claim(--next));
      assert.deepEqual(await here.note(), [6 + 1 + 1, 3]);
      assert.deepEqual(await here.found(), [
        [0, 37],
        [7, 3],
        [9, 200],
      ]);
    });
  });

  test('failures say what to do and keep secrets', async () => {
    const options = { allowInsecureConnection: true, retryOptions: { maxRetries: 0 } };
    const secret = Buffer.from('SECRET').toString('base64');
    const wrongKey = new TableClient(
      azurite.tableUrl,
      'test1',
      new AzureNamedKeyCredential(azurite.account, secret),
      options,
    );
    const sas = new TableClient(`${azurite.tableUrl}?sv=2024-01-01&sig=SECRET`, 'test1', options);
    const nobody = new TableClient('http://127.0.0.1:1/account?sig=SECRET', 'test1', options);
    const cases: [TableClient, RegExp][] = [
      [newTable(), /^write table http.*test\d+: there is no such table/],
      [wrongKey, /^write table http.*test1: not allowed; give this identity the role Storage Table Data Contributor/],
      [sas, /^write table http.*test1: not allowed/],
      [nobody, /^write table http.*test1: nothing listens there/],
    ];
    for (const [client, message] of cases) {
      const ledger = createTableLedger({ client, lakeId: 'lake', newId: randomUUID, now: Date.now });
      const error: unknown = await ledger.write(plannedEntry(window, 0), undefined).catch((caught) => caught);
      assert.ok(error instanceof Error);
      assert.match(error.message, message);
      assert.doesNotMatch(`${error.message} ${error.stack} ${JSON.stringify(error)}`, /SECRET|sig=/);
    }
  });
});
