/**
 * Preloaded by processes whose clock is to be wrong by CLOCK_SHIFT_MS: one that is killed lives in the past, so that whoever follows it
 * need not wait until its claim has run out. Timers and the dates of HTTP requests stay as they are.
 */
const shift = Number(process.env.CLOCK_SHIFT_MS ?? 0);
const now = Date.now.bind(Date);
Date.now = () => now() + shift;

export {};
