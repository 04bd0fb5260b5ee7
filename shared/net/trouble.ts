/**
 * What a call of this process was last given up for, a try of it or all: whoever ends in the middle of one, because his
 * time is over, says so.
 */
let last = { text: '', at: 0 };

export function noteTrouble(text: string): void {
  last = { text, at: performance.now() };
}

/** Within so many milliseconds before now; '': nothing was. */
export const troubleWithin = (millis: number): string => (performance.now() - last.at <= millis ? last.text : '');
