import type { Millis } from '../../shared/model.ts';
import type { Tone } from './colours.ts';

/** The terminal and the machine, so that commands can be tested without either. */
export interface Terminal {
  /** Control characters are spelled out before they come here, and tones are colours by then. */
  out(text: string, tone?: Tone | undefined): void;
  err(text: string, tone?: Tone | undefined): void;
  /** Puts the text in place of the last line of stderr; '' removes it. */
  rewrite(text: string): void;
  /** stderr is a terminal: one line may be rewritten. */
  readonly live: boolean;
  readonly columns: number;
  /** Which stream gets colours; left out: none. */
  readonly colours?: { readonly out: boolean; readonly err: boolean };
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Where a local.settings.json is looked for. */
  readonly folder: string;
  readonly now: () => Millis;
  readonly sleep: (ms: Millis, abort: AbortSignal) => Promise<void>;
}
