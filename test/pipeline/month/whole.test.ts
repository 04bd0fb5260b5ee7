import { test } from 'node:test';
import { wholeMonth } from './whole.ts';

/** A day and a half of all that whole.ts has, of an app as plain files, of a workspace as Delta tables. */
for (const [title, table] of [
  ['a month with everything at once', false],
  ['a month with everything at once, in Delta tables', true],
] as const)
  test(title, async (t) => {
    const signals = ['requests', 'traces', ...(table ? (['customEvents'] as const) : [])] as const;
    const options = { seed: '7', days: 2, signals, table, workspace: table, perHour: table ? 3 : 4 };
    t.diagnostic(JSON.stringify(await wholeMonth(options)));
  });
