/** What the process answers with; documented in docs/cli.md and in `help`. */
export const exitCodes = { done: 0, failed: 1, usage: 2, source: 3, destination: 4, interrupted: 130 } as const;

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

/**
 * Ends the command with one line on stderr. Caught by type in run.ts; anything else is a fault of ours and shows its
 * stack.
 */
export class Failure extends Error {
  readonly exitCode: ExitCode;
  constructor(exitCode: ExitCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'Failure';
    this.exitCode = exitCode;
  }
}

export const usage = (message: string): Failure => new Failure(exitCodes.usage, message);
