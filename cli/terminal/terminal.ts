import type { Millis } from '../../shared/model.ts';

/** The terminal and the machine, so that commands can be tested without either. */
export interface Terminal {
  /** Control characters are spelled out before they come here. */
  out(text: string): void;
  err(text: string): void;
  /** Puts the text in place of the last line of stderr; '' removes it. */
  rewrite(text: string): void;
  /** stderr is a terminal: one line may be rewritten. */
  readonly live: boolean;
  readonly columns: number;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Where a local.settings.json is looked for. */
  readonly folder: string;
  readonly now: () => Millis;
  readonly sleep: (ms: Millis, abort: AbortSignal) => Promise<void>;
}
