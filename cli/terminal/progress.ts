import type { Millis } from '../../shared/model.ts';
import type { Tone } from './colours.ts';
import { bytesText, countText, spanText } from './numbers.ts';
import type { Terminal } from './terminal.ts';

/** A line is rewritten five times a second at most; where lines cannot be rewritten, one every ten seconds. */
const pace = { live: 200, plain: 10_000 };

export interface Progress {
  /** Records and bytes read, while windows are under way. */
  read(records: number, bytes: number): void;
  /** A window of that weight has ended. */
  ended(weight: number): void;
  /** A line that stays, above the one that is rewritten. */
  note(text: string, tone?: Tone | undefined): void;
  /** Removes the rewritten line. */
  close(): void;
}

export interface Snapshot {
  readonly windows: number;
  readonly ofWindows: number;
  /** Done part of the whole weight, 0 to 1. */
  readonly part: number;
  readonly records: number;
  readonly bytes: number;
  readonly elapsed: Millis;
}

/** One line: how far, how fast, how long still. */
export function progressLine(seen: Snapshot): string {
  const { windows, ofWindows, part, records, bytes, elapsed } = seen;
  const rate = elapsed < 1000 ? '' : ` · ${countText((records * 1000) / elapsed)} rows/s`;
  // below a percent the estimate would be noise
  const left = part > 0.01 && part < 1 && elapsed >= 1000 ? ` · ${spanText((elapsed * (1 - part)) / part)} left` : '';
  return (
    `${Math.floor(part * 100)}% · window ${countText(windows)} of ${countText(ofWindows)} · ` +
    `${countText(records)} rows, ${bytesText(bytes)} read${rate}${left}`
  );
}

/**
 * A line now and then while something is looked through whose end is not known. The next line of any kind follows below
 * it.
 */
export function paced(terminal: Terminal): (text: string) => void {
  let shownAt: Millis | undefined;
  return (text) => {
    const now = terminal.now();
    shownAt ??= now;
    if (now - shownAt < pace.plain / 2) return;
    shownAt = now;
    terminal.err(`${text}\n`);
  };
}

/** Progress on stderr, so that stdout holds the summary alone. */
export function progressOn(terminal: Terminal, ofWindows: number, weight: number): Progress {
  const started = terminal.now();
  const every = terminal.live ? pace.live : pace.plain;
  let [windows, done, records, bytes, shownAt] = [0, 0, 0, 0, started];
  const erase = () => terminal.live && terminal.rewrite('');

  const show = (): void => {
    const now = terminal.now();
    if (now - shownAt < every) return;
    shownAt = now;
    const part = weight === 0 ? 1 : done / weight;
    const line = progressLine({ windows, ofWindows, part, records, bytes, elapsed: now - started });
    if (terminal.live) terminal.rewrite(line.slice(0, terminal.columns - 1));
    else terminal.err(`${line}\n`);
  };
  return {
    read: (moreRecords, moreBytes) => {
      records += moreRecords;
      bytes += moreBytes;
      show();
    },
    ended: (more) => {
      windows += 1;
      done += more;
      show();
    },
    note: (text, tone) => {
      erase();
      terminal.err(`${text}\n`, tone);
    },
    close: () => {
      erase();
    },
  };
}
