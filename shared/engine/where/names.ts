import type { Expression } from './expression.ts';

/** The columns that an expression asks about. */
export function namesIn(expression: Expression): ReadonlySet<string> {
  const names = new Set<string>();
  const open: Expression[] = [expression];
  for (let part = open.pop(); part !== undefined; part = open.pop()) {
    if (part.kind === 'column' || part.kind === 'member') names.add(part.name);
    else if ('of' in part) open.push(part.of);
    else if ('left' in part) {
      open.push(part.left);
      if ('right' in part && typeof part.right === 'object') open.push(part.right);
    }
  }
  return names;
}
