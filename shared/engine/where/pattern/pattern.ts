import { isWord } from './classes.ts';
import { type Program, programOf, type Step } from './program.ts';
import { type Assertion, patternOf } from './syntax.ts';

export { PatternFault } from './fault.ts';

/** What stands before or behind a place in a text, as far as assertions ask. */
type Beside = 'edge' | 'line' | 'word' | 'other';

/** The steps that wait for the next letter, and what the last one was. */
interface State {
  readonly waiting: readonly number[];
  readonly before: Beside;
  /** Where the letters below 128 lead to, and whether the pattern is found before them. Filled as they come. */
  readonly ascii: (State | typeof FOUND | undefined)[];
  readonly others: Map<number, State | typeof FOUND>;
}

const FOUND = 'found';
const END = -1;

/**
 * Steps in states, and ways between them, that are remembered; then they are forgotten and found anew, so that memory
 * is bounded too.
 */
const MOST_REMEMBERED = 200_000;

/**
 * Whether a text holds a match of a regular expression in RE2's syntax, in time that grows with the length of the text
 * and no faster, whatever the expression. Throws a PatternFault where there is something wrong with it.
 */
export function compilePattern(source: string): (text: string) => boolean {
  const program = programOf(patternOf(source));
  let states = new Map<string, State>();
  let remembered = 0;
  const stateOf = (waiting: readonly number[], before: Beside): State => {
    const key = `${before} ${waiting.join()}`;
    const known = states.get(key);
    if (known !== undefined) return known;
    const state: State = { waiting, before, ascii: [], others: new Map() };
    states.set(key, state);
    remembered += waiting.length + 1;
    return state;
  };
  const forget = () => {
    states = new Map();
    remembered = 0;
  };

  const follow = (state: State, letter: number): State | typeof FOUND => {
    const small = letter >= 0 && letter < 128;
    const known = small ? state.ascii[letter] : state.others.get(letter);
    if (known !== undefined) return known;
    const next = step(program, state, letter);
    const to = next === FOUND ? FOUND : stateOf(next, besideOf(letter));
    if (small) state.ascii[letter] = to;
    else state.others.set(letter, to);
    remembered++;
    return to;
  };

  return (text) => {
    let state = stateOf([program.start], 'edge');
    for (let at = 0; at < text.length; at++) {
      const letter = text.codePointAt(at) ?? 0;
      if (letter > 0xffff) at++;
      const to = follow(state, letter);
      if (to === FOUND) return true;
      state = to;
      if (remembered > MOST_REMEMBERED) {
        forget();
        state = stateOf(state.waiting, state.before);
      }
    }
    return follow(state, END) === FOUND;
  };
}

function besideOf(letter: number): Beside {
  if (letter === END) return 'edge';
  if (letter === 10) return 'line';
  return isWord(letter) ? 'word' : 'other';
}

/**
 * The steps that wait behind the letter, or that the pattern is found before it. A match may begin anywhere: the first
 * step always waits.
 */
function step({ steps, start }: Program, { waiting, before }: State, letter: number): readonly number[] | typeof FOUND {
  const behind = besideOf(letter);
  const seen = new Set<number>();
  const next = new Set<number>();
  const open = [...waiting];
  for (let at = open.pop(); at !== undefined; at = open.pop()) {
    if (seen.has(at)) continue;
    seen.add(at);
    const now: Step | undefined = steps[at];
    if (now?.kind === 'found') return FOUND;
    if (now?.kind === 'fork') open.push(...now.next);
    else if (now?.kind === 'assert' && holds(now.what, before, behind)) open.push(now.next);
    else if (now?.kind === 'set' && letter !== END && now.has(letter)) next.add(now.next);
  }
  return [...next.add(start)].toSorted((a, b) => a - b);
}

function holds(what: Assertion, before: Beside, behind: Beside): boolean {
  switch (what) {
    case 'start':
      return before === 'edge';
    case 'end':
      return behind === 'edge';
    case 'lineStart':
      return before === 'edge' || before === 'line';
    case 'lineEnd':
      return behind === 'edge' || behind === 'line';
    case 'word':
      return (before === 'word') !== (behind === 'word');
    case 'noWord':
      return (before === 'word') === (behind === 'word');
  }
}
