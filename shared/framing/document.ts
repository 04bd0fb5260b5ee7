/** A JSON document on one line without its newline, or bytes that are no record. */
export interface Framed {
  readonly kind: 'document' | 'fault';
  /** Where the bytes stand in the stream. A document is as long as it was: what is changed in it keeps its length. */
  readonly offset: number;
  /** Valid until the framer is called again. */
  readonly bytes: Uint8Array;
  /** Of a fault. */
  readonly reason: string;
}

/** Faults with no more bytes between them are neighbours: line ends, commas, blanks. */
export const MOST_BETWEEN = 16;

export interface Framer {
  /** What the bytes bring, found as it is asked for: to be read to its end before the framer is called again. */
  feed(bytes: Uint8Array): Iterable<Framed>;
  /** No more bytes will come. */
  end(): Iterable<Framed>;
  /** Whether all that came has been handed on, and what follows may be read without knowing it. */
  resting(): boolean;
}

export interface FramerLimits {
  /** Longest document, in bytes. */
  readonly longest: number;
  /** Faults are handed on in pieces of at most so many bytes. */
  readonly piece: number;
}
