import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Operations } from '../../../cli/operations/ports.ts';
import type { HealthReport } from '../../../shared/model.ts';
import { run } from '../fake.ts';

const report: HealthReport = {
  state: 'paused',
  since: Date.UTC(2026, 0, 2),
  by: 'hand',
  reason: 'we restore it',
  probes: 0,
  probeAfter: 0,
  commits: 20,
  succeeded: 19,
  disabledAt: Date.UTC(2026, 0, 9),
};
const env = { LAKE_CONTAINER: 'lake' };

function fake(given: HealthReport) {
  const asked: unknown[] = [];
  const operations: Pick<Operations, 'order'> = {
    order: async (order, reason, settings) => {
      asked.push([order, reason, settings.LAKE_CONTAINER]);
      return given;
    },
  };
  return { operations, asked };
}

test('pause, resume and disable: what was asked for, and how the lake is now', async () => {
  const { operations, asked } = fake(report);
  const { code, out } = await run(['pause', '--reason', 'we restore it'], { operations, env });
  assert.equal(code, 0);
  assert.equal(
    out,
    `the lake is paused since 2026-01-02T00:00Z, by hand: we restore it
it is disabled at 2026-01-09T00:00Z unless it is resumed before
of the last 20 writes of an hour 19 succeeded
`,
  );
  await run(['disable'], { operations, env });
  const active = fake({ ...report, state: 'active', since: 0, reason: '', commits: 0, disabledAt: 0 });
  assert.equal((await run(['resume'], { operations: active.operations, env })).out, 'the lake is active\n');
  assert.deepEqual(
    [...asked, ...active.asked],
    [
      ['pause', 'we restore it', 'lake'],
      ['disable', '', 'lake'],
      ['resume', '', 'lake'],
    ],
  );
});

test('--dry-run says how the lake is and what it would become, and orders nothing', async () => {
  const operations = { health: async () => report };
  const told = async (...words: string[]) => (await run([...words, '--dry-run'], { operations, env })).out;
  assert.match(
    await told('pause'),
    /^the lake is paused since .*\npause changes nothing; leave --dry-run out to do it\n$/s,
  );
  assert.match(await told('resume'), /\nresume makes it active; leave --dry-run out to do it\n$/);
  assert.match(await told('disable'), /\ndisable makes it disabled; /);
  const preview = { command: 'disable', exitCode: 0, dryRun: true, before: 'paused', after: 'disabled' };
  assert.deepEqual(JSON.parse(await told('disable', '--json')), preview);
});

test('as JSON; a lake of the command line has no health', async () => {
  const { operations } = fake(report);
  const { out } = await run(['pause', '--json'], { operations, env });
  assert.deepEqual(JSON.parse(out), {
    command: 'pause',
    exitCode: 0,
    state: 'paused',
    since: '2026-01-02T00:00:00.000Z',
    by: 'hand',
    reason: 'we restore it',
    disabledAt: '2026-01-09T00:00:00.000Z',
    commits: 20,
    succeeded: 19,
  });
  assert.equal((await run(['pause', '--out', './lake'], { operations, env })).code, 2);
});
