import { proxyFault } from '../net/direct.ts';

/** The first version of Node with zstd, in which Parquet files are packed: `cli/main.ts` has the same. */
const FIRST = [22, 15] as const;

/** What is wrong with this version of Node; undefined: nothing. */
export function nodeFault(version: string): string | undefined {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  if (major > FIRST[0] || (major === FIRST[0] && minor >= FIRST[1])) return undefined;
  return `needs Node ${FIRST.join('.')} or newer, this is ${version}: give the function app the stack Node 24`;
}

/** What is wrong with a process before anything else: its version of Node, its proxies. */
export const processFault = ({ versions, env }: Pick<NodeJS.Process, 'versions' | 'env'>): string | undefined =>
  nodeFault(versions.node) ?? proxyFault(env);
