import type { SyntaxNode } from './kusto.ts';

/** What a condition must not hold, and where it stands. Caught where a condition is parsed, which adds the words. */
export class Refusal extends Error {
  readonly node: Pick<SyntaxNode, 'TextStart' | 'End'>;

  constructor(reason: string, node: Pick<SyntaxNode, 'TextStart' | 'End'>) {
    super(reason);
    this.node = node;
  }
}
