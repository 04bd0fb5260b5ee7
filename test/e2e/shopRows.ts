import type { Row } from '../../local/telemetry/row.ts';
import { SIGNALS } from '../../local/telemetry/tables.ts';
import { telemetryRows } from '../../local/telemetry/telemetryRows.ts';
import type { Shop } from '../../local/telemetry/visits.ts';
import type { Interval, Signal } from '../../shared/model.ts';

/** What is rare in a shop is made more of: a short time of any seed must hold some of each (in two hours of 20 visits, 27 exceptions). */
const TIMES: Readonly<Partial<Record<Signal, number>>> = { exceptions: 20, availabilityResults: 5 };

/** Rows of all ten signals of a made-up app, some of each in any two hours of any seed. */
export const shopRows = ({ perHour, ...shop }: Shop & Interval): Row[] =>
  SIGNALS.flatMap((signal) => [...telemetryRows({ ...shop, perHour: perHour * (TIMES[signal] ?? 1), signal })]);
