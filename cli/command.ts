import type { Examine } from './check/check.ts';
import type { Prepare, Request } from './deliver/ports.ts';
import type { ExitCode } from './failure.ts';
import type { Options } from './flags/options.ts';
import type { Operations } from './operations/ports.ts';
import type { Terminal } from './terminal/terminal.ts';

/** What commands reach the world through; process.ts makes the real one, tests another. */
export interface Edge {
  readonly terminal: Terminal;
  readonly prepare: Prepare;
  readonly examine: Examine;
  /** Loads clients and engine: called only by commands that need them. */
  readonly operations: () => Promise<Operations>;
  readonly version: string;
  /** Threads that decode and encode, where `--jobs` says nothing. */
  readonly machineJobs: number;
  /** Windows under way at once with so many jobs. */
  readonly windowsAtOnce: (command: Request['command'], jobs: number) => number;
  /** Ctrl-C. */
  readonly abort: AbortSignal;
}

/**
 * A command: its folder holds it, commands.ts lists it, flags/table.ts says which flags it takes. Help, completion and
 * docs/cli.md are made from these three.
 */
export interface Command {
  readonly name: string;
  /** Each way to call it, and what that does in a few words: the lines of the general help. */
  readonly forms: readonly (readonly [usage: string, does: string])[];
  /** Lines of up to 125 characters, as all texts of help. */
  readonly about: string;
  /** What words beside flags are; '' or left out: there must be none. */
  readonly words?: string;
  readonly examples?: string;
  /** Paragraphs behind the examples. */
  readonly notes?: readonly string[];
  /** The exit codes that this command can give, with what they say of it. */
  readonly exits?: Readonly<Partial<Record<ExitCode, string>>>;
  run(options: Options, edge: Edge): Promise<ExitCode>;
}
