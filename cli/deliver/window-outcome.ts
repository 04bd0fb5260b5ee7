import { tmpdir } from 'node:os';
import type { RunOutcome } from '../../shared/pipeline/run.ts';
import { commandWords } from '../terminal/command-words.ts';
import type { TaskOutcome } from './ports.ts';
import { sharesOf } from './shares.ts';

/** Counts of a window that has been counted. */
export const nothing = { read: 0, written: 0, deduplicated: 0, quarantined: 0 };

/** Windows that stand for one task: as bad as the worst of them. */
export function together(outcomes: readonly TaskOutcome[]): TaskOutcome {
  const worst = (['failed', 'busy', 'kept', 'done', 'unchanged'] as const)
    .flatMap((state) => outcomes.filter((outcome) => outcome.state === state))
    .at(0);
  if (worst === undefined) throw new Error('no window stands for the task');
  const sum = (of: (outcome: TaskOutcome) => number): number => outcomes.reduce((all, each) => all + of(each), 0);
  return {
    ...worst,
    counts: {
      read: sum(({ counts }) => counts.read),
      written: sum(({ counts }) => counts.written),
      deduplicated: sum(({ counts }) => counts.deduplicated),
      filtered: sum(({ counts }) => counts.filtered ?? 0),
      quarantined: sum(({ counts }) => counts.quarantined),
    },
    others: outcomes.flatMap(({ others }) => others),
    parts: outcomes.flatMap(({ parts = [] }) => parts),
    reasons: [...new Set(outcomes.flatMap(({ reasons = [] }) => reasons))],
    files: sum(({ files }) => files),
    bytes: sum(({ bytes }) => bytes),
  };
}

/** For whoever has run a command: nobody else runs the window again. */
export const inCommandWords = ({ error, remark, refused, ...rest }: TaskOutcome): TaskOutcome => ({
  ...rest,
  error: commandWords(error),
  ...(remark !== undefined && { remark: commandWords(remark) }),
  refused: refused && { ...refused, reason: commandWords(refused.reason) },
});

const fullText = (): string =>
  `the temporary folder ${tmpdir()} is full; make room there, or name another folder in TMPDIR`;

/** The source no longer keeps the rows of what is `unavailable`: what the lake has of it stays. */
function stateOf({ state }: RunOutcome, held: boolean): TaskOutcome['state'] {
  if (state === 'done' || state === 'unchanged') return state;
  if (state === 'unavailable') return 'kept';
  return held ? 'busy' : 'failed';
}

export function taskOutcome(
  outcome: RunOutcome,
  blamed: Pick<TaskOutcome, 'side' | 'refused'>,
  retryAt: number,
): TaskOutcome {
  const files = outcome.files.filter((file) => file.rows > 0);
  const held = outcome.state === 'busy' || outcome.state === 'early' || outcome.state === 'overtaken';
  return {
    state: stateOf(outcome, held),
    counts: outcome.counts,
    files: files.length,
    bytes: files.reduce((sum, file) => sum + file.bytes, 0),
    others: sharesOf(files, outcome.window.signal),
    retryAt,
    error:
      blamed.side === 'machine' && !outcome.error.includes('TMPDIR')
        ? `${outcome.error}: ${fullText()}`
        : outcome.error,
    ...(outcome.remark !== undefined && { remark: outcome.remark }),
    ...blamed,
  };
}
