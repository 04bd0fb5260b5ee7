import assert from 'node:assert/strict';
import { MINUTE } from '../worker/inputs.ts';
import type { Ran } from './command-run.ts';

/** Struck calls in a minute, and in all; and how long a command may take, of its own time. */
const MOST_A_MINUTE = 120;
const MOST = 400;
/** Three rounds of windows, each asked six times, with 250 s between: what an API that throttles so may cost. */
const LONGEST = 80 * MINUTE;

/** However it ended: in time, with few calls, none of which goes on; with cause and advice in one line, no secret. */
export function assertEnded(what: string, ran: Ran, secrets: readonly string[]): void {
  const { code, out, err, took, struck, worst, outlived } = ran;
  const said = `${what}: exit code ${code}, ${struck} calls, ${worst} in a minute, ${took} ms\n${out}\n${err}`;
  assert.ok(code !== undefined && code !== 2, said);
  assert.ok(worst <= MOST_A_MINUTE && struck <= MOST, said);
  assert.ok(took <= LONGEST, said);
  assert.deepEqual(outlived, [], said);
  for (const secret of secrets) assert.ok(!`${out}${err}`.includes(secret), `${what}: ${secret} is in the output`);
  assert.doesNotMatch(`${out}${err}`, /\bsig=[^…]|undefined|\[object|AbortError|no reason given|\n +at /, said);
  for (const line of err.split('\n')) assert.ok(line.length < 1_200, said);
  if (code !== 0) assert.match(`${err}${out}`, /\(\w[\w ]*\)|no rows|asked \d+ times in vain|; /, said);
}
