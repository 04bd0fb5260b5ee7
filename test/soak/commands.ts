import { setTimeout as sleep } from 'node:timers/promises';
import type { Chance } from '../../local/telemetry/chance.ts';
import { startCommand } from '../e2e/process.ts';

export interface Ran {
  readonly words: readonly string[];
  /** Undefined when it was killed. */
  readonly code: number | undefined;
  readonly out: string;
  readonly err: string;
}

/** No command says such a thing, whatever happens to it. */
const ODD = /TypeError|RangeError|ReferenceError|\bundefined\b|\bNaN\b|\[object |^\s+at .*:\d+:\d+/m;

/** Commands one after the other or at once, their clocks going on as if each began later than the one before. */
export function soakCommands(work: string, chance: Chance, tell: (text: string) => void) {
  let shift = 0;
  const start = async (words: readonly string[], killedAfter: number | undefined): Promise<Ran> => {
    const { child, ended } = startCommand(words, work, shift);
    const gone = new AbortController();
    if (killedAfter !== undefined)
      sleep(killedAfter, undefined, { signal: gone.signal }).then(
        () => child.kill('SIGKILL'),
        () => undefined,
      );
    const { code, out, err } = await ended;
    gone.abort();
    const said = err.trim().split('\n').at(-1)?.slice(0, 300) ?? '';
    tell(`  ${code ?? 'killed'}: ${words.join(' ').slice(0, 220)}${code === 0 ? '' : ` → ${said}`}`);
    const odd = ODD.exec(out + err);
    if (odd !== null) throw new Error(`${words.join(' ')}: it said ${odd[0]}:\n${out}\n${err}`);
    return { words, code, out, err };
  };
  return {
    /** Hours pass. */
    later: (ms: number): void => {
      shift += ms;
    },
    /** At once; each is killed by chance, at a moment by chance. */
    atOnce: async (all: readonly (readonly string[])[], killed: number, meanwhile: () => Promise<void>) => {
      shift += 20_000;
      const running = all.map((words) => start(words, chance.hit(killed) ? chance.int(150, 2500) : undefined));
      await Promise.all([...running, meanwhile()]);
      return Promise.all(running);
    },
    /** To its end. */
    whole: async (words: readonly string[]): Promise<Ran> => {
      shift += 20_000;
      return start(words, undefined);
    },
  };
}
