/**
 * What all of them answer, in their order; throws what one of them throws, but not before all have come to their end:
 * no call goes on when whoever waited for it has ended, and a command has said so.
 */
export async function allOf<const T extends readonly unknown[]>(
  all: T,
): Promise<{ -readonly [K in keyof T]: Awaited<T[K]> }> {
  await Promise.allSettled(all);
  return Promise.all(all);
}
