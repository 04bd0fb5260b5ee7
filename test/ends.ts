/**
 * Loaded into each test file's process (`npm test`): one that is still there two minutes after its tests, because one
 * that failed has left a server or a process behind, or that has none after ten, is ended with its children and says
 * what it holds. The runner would wait for it for ever: `--test-timeout` is for tests, not for files.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { relative } from 'node:path';
import { after, afterEach, beforeEach } from 'node:test';
import { isMainThread } from 'node:worker_threads';

// Tests have clocks of their own.
const { setTimeout, clearTimeout } = globalThis;
const file = process.argv[1] ?? '';
const linger = Number(process.env.LINGER_MS ?? 120_000);

/** All that `pid` has started and what those have, where the system tells (Linux). */
function startedBy(pid: number | string): string[] {
  try {
    const own = readdirSync(`/proc/${pid}/task`).flatMap((task) =>
      readFileSync(`/proc/${pid}/task/${task}/children`, 'utf8').split(' ').filter(Boolean),
    );
    return own.flatMap((child) => [...startedBy(child), child]);
  } catch {
    return [];
  }
}

function end(when: string): void {
  const held = process.getActiveResourcesInfo().filter((name) => name !== 'PipeWrap');
  console.error(`${relative('', file)} is ended ${when}: it still holds ${held.join(', ')}`);
  for (const pid of startedBy(process.pid)) {
    try {
      process.kill(Number(pid), 'SIGKILL');
    } catch {} // it has ended meanwhile
  }
  process.exit(1);
}

// What tests start does without; their threads come here.
const { NODE_OPTIONS = '' } = process.env;
const others = NODE_OPTIONS.replace(/ ?--import=\S+\/ends\.ts/, '');
if (others === '') delete process.env.NODE_OPTIONS;
else process.env.NODE_OPTIONS = others;
if (file.endsWith('.test.ts') && isMainThread) {
  let isOver = false;
  let timer = setTimeout(end, 5 * linger, `${5 * linger} ms after its start, without a test`).unref();
  const watch = () => {
    clearTimeout(timer);
    timer = setTimeout(end, linger, `${linger} ms after its tests`).unref();
  };
  // Where a file waits between its tests, the runner calls it over when the first ones are.
  beforeEach(() => clearTimeout(timer));
  afterEach(() => {
    if (isOver) watch();
  });
  after(() => {
    isOver = true;
    watch();
  });
}
