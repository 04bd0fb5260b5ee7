import { type ExportBlob, exportBlobs } from '../../local/telemetry/exportBlobs.ts';
import type { Row } from '../../local/telemetry/row.ts';
import { SIGNALS } from '../../local/telemetry/tables.ts';
import { telemetryRows } from '../../local/telemetry/telemetryRows.ts';
import type { Shop } from '../../local/telemetry/visits.ts';
import type { Interval, Signal } from '../../shared/model.ts';

/**
 * What is rare in a shop is made more of: a short time of any seed must hold some of each (in two hours of 20 visits,
 * 27 exceptions).
 */
const TIMES: Readonly<Partial<Record<Signal, number>>> = { exceptions: 20, availabilityResults: 5 };

/** What a signal of a made-up app is made from: some of each signal in any two hours of any seed. */
export const denser = <S extends Shop>(shop: S, signal: Signal): S & { readonly signal: Signal } => ({
  ...shop,
  perHour: shop.perHour * (TIMES[signal] ?? 1),
  signal,
});

/** Rows of all ten signals of a made-up app. */
export const shopRows = (shop: Shop & Interval): Row[] =>
  SIGNALS.flatMap((signal) => [...telemetryRows(denser(shop, signal))]);

/** And what Continuous Export makes of them. */
export const shopBlobs = (shop: Shop & Interval): ExportBlob[] =>
  SIGNALS.flatMap((signal) => [...exportBlobs({ ...denser(shop, signal), signals: [signal] })]);
