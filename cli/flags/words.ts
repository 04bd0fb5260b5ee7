/** What the table of flags is written in. */

/** `switch`: is there or not. The other types say what completion offers; what a value must be, the command checks. */
export type FlagType = 'switch' | 'text' | 'choice' | 'file' | 'place';

export interface Flag {
  readonly type: FlagType;
  /** How its value is called in help, such as `<time>`; '' for a switch. */
  readonly value: string;
  /** The values of a choice. */
  readonly of?: readonly string[];
  /** May be given several times. */
  readonly many?: true;
  /** What holds where it is left out. */
  readonly default?: string;
  /** The commands that take it, each with the words of its help. */
  readonly commands: Readonly<Record<string, string>>;
}

/** The same words for several commands. */
export const same = (words: string, ...commands: readonly string[]): Readonly<Record<string, string>> =>
  Object.fromEntries(commands.map((command) => [command, words]));

/** Commands that write a lake from here. */
export const writers = ['transform', 'export', 'sweep'];
/** Commands that take an app by its settings, or a lake of the command line's. */
export const ofApps = [
  'status',
  'requeue',
  'rerun',
  'drift',
  'audit',
  'retention',
  'adopt',
  'backfill',
  'pause',
  'resume',
  'disable',
];
export const switched = { type: 'switch', value: '' } as const;
export const text = (value: string) => ({ type: 'text', value }) as const;
export const instant = '2026-01-31 or 2026-01-31T06:00:00Z';
export const settingsOf =
  'settings of the app, as for check; else those of local.settings.json in this folder, and the environment';
