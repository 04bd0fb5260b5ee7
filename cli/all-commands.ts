import { nearestWord } from '../shared/config/near.ts';
import { adoptCommand } from './adopt/command.ts';
import { auditCommand } from './audit/command.ts';
import { backfillCommand } from './backfill/command.ts';
import { checkCommand } from './check/command.ts';
import type { Command } from './command.ts';
import { completionCommand } from './completion/command.ts';
import { driftCommand } from './drift/command.ts';
import { exportCommand } from './export/command.ts';
import { usage } from './failure.ts';
import { disableCommand, pauseCommand, resumeCommand } from './health/command.ts';
import { helpCommand } from './help/command.ts';
import { inspectCommand } from './inspect/command.ts';
import { requeueCommand } from './requeue/command.ts';
import { rerunCommand } from './rerun/command.ts';
import { retentionCommand } from './retention/command.ts';
import { settingsSchemaCommand } from './settings-schema/command.ts';
import { statusCommand } from './status/command.ts';
import { sweepCommand } from './sweep/command.ts';
import { transformCommand } from './transform/command.ts';

/**
 * All commands, in the order of the general help. A new one: its folder, a line here, and its flags in flags/table.ts.
 */
export const commands: readonly Command[] = [
  transformCommand,
  exportCommand,
  sweepCommand,
  statusCommand,
  requeueCommand,
  rerunCommand,
  backfillCommand,
  auditCommand,
  retentionCommand,
  pauseCommand,
  resumeCommand,
  disableCommand,
  adoptCommand,
  inspectCommand,
  driftCommand,
  checkCommand,
  settingsSchemaCommand,
  completionCommand,
  helpCommand,
];

/** Throws Failure that names the command that was probably meant. */
export function commandOf(word: string): Command {
  const found = commands.find(({ name }) => name === word);
  if (found) return found;
  const near = nearestWord(
    word,
    commands.map(({ name }) => name),
  );
  throw usage(
    `there is no command ${JSON.stringify(word)}${near ? `; did you mean ${near}?` : ''}; see insights-lake help`,
  );
}
