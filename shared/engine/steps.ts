/**
 * A statement in steps: each adds columns to those of the step before it, from which it may use any. `drop` names columns that no later
 * step needs.
 */
export interface Step {
  readonly add: Readonly<Record<string, string>>;
  readonly drop?: readonly string[];
}

const select = ({ add, drop = [] }: Step, from: string): string =>
  `SELECT *${drop.length === 0 ? '' : ` EXCLUDE (${drop.join(', ')})`}, ${Object.entries(add)
    .map(([name, sql]) => `${sql} AS ${name}`)
    .join(',\n  ')}\nFROM ${from}`;

/** All steps as one SELECT over the relation `from`. A step is a subselect of the next, so that nothing is worked out twice. */
export function nested(steps: readonly Step[], from: string): string {
  return steps.reduce((inner, step, index) => select(step, index === 0 ? inner : `(${inner})`), from);
}
