import { type ConditionText, parseAll } from './parse.ts';

/** The process that parse-apart.ts starts: parses once, answers, and ends. */
process.once('message', (texts) => {
  process.send?.(parseAll(texts as readonly ConditionText[]), () => process.disconnect());
});
