/**
 * What the footer of a Parquet file says of it: rows, and the key-value metadata. Reads Thrift's compact protocol.
 * Pure.
 */

export interface ParquetFacts {
  readonly rows: number;
  readonly facts: Readonly<Record<string, string>>;
}

/** `tail`: the last bytes of the file. A number: so many are needed. Undefined: it is no Parquet file. */
export function parquetFacts(tail: Uint8Array): ParquetFacts | number | undefined {
  const end = tail.length;
  if (end < 12 || Buffer.from(tail.subarray(end - 4)).toString('latin1') !== 'PAR1') return undefined;
  const length = new DataView(tail.buffer, tail.byteOffset).getUint32(end - 8, true);
  if (length + 8 > end) return length + 8;
  try {
    return metadata(new Reader(tail.subarray(end - 8 - length, end - 8)));
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

function metadata(reader: Reader): ParquetFacts {
  let rows = 0;
  const facts: Record<string, string> = {};
  reader.fields((id, type) => {
    if (id === 3) rows = reader.integer();
    else if (id === 5)
      reader.list(() => {
        let [key, value] = ['', ''];
        reader.fields((field, kind) => {
          if (field === 1) key = reader.text();
          else if (field === 2) value = reader.text();
          else reader.skip(kind);
        });
        facts[key] = value;
      });
    else reader.skip(type);
  });
  return { rows, facts };
}

class Reader {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  #byte(): number {
    const byte = this.#bytes[this.#at++];
    if (byte === undefined) throw new RangeError('the footer ends early');
    return byte;
  }

  /** Numbers beyond 2^53 lose their last digits: nothing here is that large. */
  #varint(): number {
    let [value, factor] = [0, 1];
    for (;;) {
      const byte = this.#byte();
      value += (byte & 127) * factor;
      if (byte < 128) return value;
      factor *= 128;
      if (factor > 2 ** 70) throw new RangeError('a number that is too long');
    }
  }

  integer(): number {
    const value = this.#varint();
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
  }

  text(): string {
    const length = this.#varint();
    const from = this.#at;
    this.#at += length;
    if (this.#at > this.#bytes.length) throw new RangeError('a text that is too long');
    return Buffer.from(this.#bytes.subarray(from, this.#at)).toString('utf8');
  }

  fields(each: (id: number, type: number) => void): void {
    let id = 0;
    for (;;) {
      const head = this.#byte();
      if (head === 0) return;
      id = head >> 4 === 0 ? this.integer() : id + (head >> 4);
      each(id, head & 15);
    }
  }

  list(each: (type: number) => void): void {
    const head = this.#byte();
    const count = head >> 4 === 15 ? this.#varint() : head >> 4;
    for (let n = 0; n < count; n++) each(head & 15);
  }

  skip(type: number): void {
    if (type === 1 || type === 2) return; // a boolean of a struct is its type
    if (type === 3) this.#at += 1;
    else if (type >= 4 && type <= 6) this.#varint();
    else if (type === 7) this.#at += 8;
    else if (type === 8) this.text();
    else if (type === 9 || type === 10) this.list((inner) => (inner <= 2 ? this.#byte() : this.skip(inner)));
    else if (type === 12) this.fields((_, inner) => this.skip(inner));
    else throw new RangeError(`a type that is not known: ${type}`);
  }
}
