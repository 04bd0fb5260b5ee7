import { shortened } from '../e2e/compare.ts';

/** One line when all is well, else the faults. Returns how many. */
export function told(what: string, faults: readonly string[]): number {
  console.log(`${faults.length === 0 ? 'same' : 'DIFFERENT'}  ${what}`);
  for (const fault of shortened(faults)) console.log(`  ${fault}`);
  return faults.length;
}

export function skipped(what: string, why: string): number {
  console.log(`skipped: ${what}: ${why}`);
  return 0;
}

/** Says what begins, as it can take minutes, and how long it took when it says what came of it. */
export async function timed(what: string, work: (seconds: () => string) => Promise<number>): Promise<number> {
  const began = Date.now();
  console.log(`…     ${what}`);
  return work(() => `${Math.round((Date.now() - began) / 1000)} s`);
}
