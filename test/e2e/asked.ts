import assert from 'node:assert/strict';
import type { Fault } from '../../local/simulator/faults.ts';
import type { KqlQuery } from '../../local/simulator/kql.ts';
import type { Simulator } from '../../local/simulator/startSimulator.ts';

/** Whatever can go wrong with a question, by chance. */
const FAULTS: readonly Fault[] = [
  { kind: 'throttle', probability: 0.01, retryAfter: 1 },
  { kind: 'throttle', probability: 0.01 },
  { kind: 'unavailable', probability: 0.02 },
  { kind: 'gatewayTimeout', probability: 0.015 },
  { kind: 'drop', probability: 0.02 },
  { kind: 'drop', probability: 0.02, at: 'middle' },
  { kind: 'empty', probability: 0.02 },
  { kind: 'noContent', probability: 0.01 },
  { kind: 'notJson', probability: 0.01 },
  { kind: 'truncate', probability: 0.04 },
  { kind: 'partial', probability: 0.02 },
  { kind: 'cached', probability: 0.01 },
];

/** Switches on all faults: each strikes once within the first 72 questions or so, and then by the simulator's seed. */
export function strikeWithAll(simulator: Simulator): void {
  for (const [place, fault] of FAULTS.entries()) {
    simulator.fault({ ...fault, probability: 1, times: 1, when: ({ index }) => index >= 6 * place });
    simulator.fault(fault);
  }
}

/** None of the faults was without its victim. */
export function assertStruck({ requests }: Simulator, seed: string): void {
  const struck = new Set(requests.map(({ fault }) => fault));
  for (const { kind } of FAULTS) assert.ok(struck.has(kind), `${kind} never struck (seed ${seed})`);
}

/**
 * Every query that was asked is valid for its table, by Microsoft's parser, and that table is one of an app or of a
 * workspace.
 */
export function assertValid({ requests }: Simulator, schema: KqlQuery['schema']): void {
  assert.ok(requests.length > 0, 'nothing was asked');
  const wrong = requests.filter(({ diagnostics, parsed }) => diagnostics.length > 0 || parsed?.schema !== schema);
  assert.deepEqual(
    wrong.map(({ path, query, diagnostics }) => ({ path, query, diagnostics })),
    [],
  );
}
