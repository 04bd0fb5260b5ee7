import { type AskedCondition, parseAll } from './parse.ts';

/** The process that parse-apart.ts starts: is asked once, answers, and ends. */
process.once('message', (asked) => {
  process.send?.(parseAll(asked as readonly AskedCondition[]), () => process.disconnect());
});
