/**
 * Chance in tests: `npm test` tries the same cases each time, so that it says something about the code alone.
 * `FC_SEED=random` (or a number) tries others, as many; with `FC_SHRINK=1` a failure is made small, and a property tried
 * for a minute at most, however few cases that are. A test with a variable of its own (E2E_SEED and the like) follows
 * that one first.
 */
import fc from 'fast-check';

const { FC_SEED, FC_SHRINK } = process.env;
const others = FC_SEED === 'random' ? String(Date.now() % 1_000_000) : FC_SEED;

/** The seed of a test, which `variable` of the environment may name. */
export const seedOf = (variable: string): string => process.env[variable] ?? others ?? '1';

fc.configureGlobal({
  seed: Number(others ?? 20_261_128),
  ...(FC_SHRINK === undefined ? { endOnFailure: true } : { interruptAfterTimeLimit: 60_000 }),
});

export default fc;
