import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import type { Operations } from '../../../cli/operations/ports.ts';
import { rangeInLake } from '../../../cli/status/lake-range.ts';
import type { StatusRequest } from '../../../shared/status/request.ts';
import { statusSchema } from '../../../shared/status/schema.ts';
import { wireStatus } from '../../../shared/wire/status.ts';
import { day, filled, NOW, type World } from '../../status/world.ts';
import { run } from '../fake.ts';

const base = await mkdtemp(join(tmpdir(), 'insights-status-'));
after(() => rm(base, { recursive: true }));
const settings = join(base, 'deployed.json');
await writeFile(settings, '[]');

function over({ ledger, config, now }: World) {
  const asked: StatusRequest[] = [];
  const ports = wireStatus(config, { ledger, now, ready: async () => {}, rerun: async () => ({}) });
  const operations: Pick<Operations, 'status'> = {
    status: async (request) => {
      asked.push(request);
      return ports.status(request);
    },
  };
  return { operations, asked };
}

const words = ['status', '--settings', settings, '--from', '2026-11-22', '--to', '2026-11-27'];

test('the verdict, what needs a person, a strip a feed; exit code 1 where one is late or failed', async () => {
  const { operations } = over(await filled({ apps: 3, days: 5 }));
  const { code, out } = await run([...words, '--app', 'store'], { operations });
  assert.equal(code, 1);
  const lines = out.split('\n');
  assert.equal(lines[0], 'Complete until 2026-11-24 01:00 UTC, 2 days behind; 1 feed failing');
  assert.match(lines[2] ?? '', /^- 5 windows of store exceptions failed/);
  assert.match(lines[3] ?? '', /give the identity of the app the role Reader/);
  const strip = lines.find((line) => line.startsWith('store  exceptions'));
  assert.match(strip ?? '', /^store {2}exceptions +failed +2026-11-24T01:00Z {2}[█▓]+/);
  assert.match(
    out,
    /█ done {2}▓ again {2}░ queued {2}▒ running {2}- unavailable {2}! late {2}\? never planned {2}X failed\n/,
  );
  assert.match(lines.at(-2) ?? '', /: 1,\d\d\d windows, [\d,]+ rows, .* in vain$/);
});

test('all is well: exit code 0; --json is the status itself', async () => {
  const { operations, asked } = over(await filled({ apps: 1, days: 2, well: true }));
  const { code, out } = await run([...words, '--signals', 'requests,traces', '--json'], { operations });
  assert.equal(code, 0);
  const { command, exitCode, ...status } = JSON.parse(out);
  assert.deepEqual([command, exitCode], ['status', 0]);
  assert.equal(statusSchema.parse(status).feeds.length, 2);
  assert.deepEqual(asked[0]?.signals, ['requests', 'traces']);
});

test('a range that is none is wrong usage', async () => {
  const { operations } = over(await filled({ apps: 0, days: 1 }));
  const { code, err } = await run(['status', '--settings', settings, '--from', '2026-02-01', '--to', '2026-01-01'], {
    operations,
  });
  assert.equal(code, 2);
  assert.match(err, /--to must be later than --from/);
});

test('a lake that ended long ago shows its own last days', async () => {
  const { ledger } = await filled({ apps: 1, days: 3, well: true });
  const asked = { start: NOW + 90 * day, end: NOW + 120 * day, grain: day, app: '', signals: [] };
  const { start, end } = await rangeInLake(asked, ledger);
  assert.deepEqual([start, end], [Date.UTC(2026, 9, 28), Date.UTC(2026, 10, 27)]);
  const recent = { ...asked, start: NOW - day, end: NOW };
  assert.deepEqual(await rangeInLake(recent, ledger), recent);
});
