/**
 * Names of performanceBucket and the exclusive upper end of each in ms (as the Azure Monitor exporters and recorded
 * answers spell them).
 */
export const durationBuckets: readonly (readonly [name: string, below: number])[] = [
  ['<250ms', 250],
  ['250ms-500ms', 500],
  ['500ms-1sec', 1000],
  ['1sec-3sec', 3000],
  ['3sec-7sec', 7000],
  ['7sec-15sec', 15_000],
  ['15sec-30sec', 30_000],
  ['30sec-1min', 60_000],
  ['1min-2min', 120_000],
  ['2min-5min', 300_000],
  ['>=5min', Number.POSITIVE_INFINITY],
];
