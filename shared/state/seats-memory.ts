/** The seats of a budget in memory, for tests, and for one process alone. */
import type { Seat, Seats, Versioned } from '../model.ts';

export function createMemorySeats(): Seats {
  const seats = new Map<number, Versioned<Seat>>();
  let [tags, restUntil] = [0, 0];
  return {
    read: async () => ({ seats: structuredClone(seats), restUntil }),
    write: async (number, seat, etag) => {
      if (seats.get(number)?.etag !== etag) return undefined;
      tags += 1;
      seats.set(number, { value: structuredClone(seat), etag: `p${tags}` });
      return `p${tags}`;
    },
    rest: async (until) => {
      restUntil = Math.max(restUntil, until);
    },
  };
}
