import type pg from "pg";
import { assert } from "../base/failure.ts";

/**
 * Many rows into one table by `COPY … FROM STDIN (FORMAT binary)`. An insert of arrays writes each value as
 * text, quotes it, parses it and keeps all of them aside before the first row; here a row is on its way
 * while the next one is written, and the database puts a page of them away at once.
 */
export interface CopiedRows {
  readonly table: string;
  readonly columns: readonly string[];
  readonly count: number;
  /** Writes one cell for each column, in their order. */
  readonly write: (at: number, row: RowWriter) => void;
}

/** What stands in place of a statement's values, so that the session knows what to do with it. */
export class RowsToCopy {
  readonly rows: CopiedRows;

  constructor(rows: CopiedRows) {
    this.rows = rows;
  }
}

/** One turn of the event loop writes so much, which takes about a millisecond. */
const CHUNK_BYTES = 256 * 1024;
/** PostgreSQL, COPY, "Binary Format": the signature, no flags, no extension. */
const HEADER = Buffer.from("5047434f50590aff0d0a000000000000000000", "hex");
const TRAILER = Buffer.from("ffff", "hex");
const NULL = -1;
const UTF8_BYTES_MAX = 3;

/** The cells of rows, one after another, in the order of the columns. */
export class RowWriter {
  #buffer = Buffer.allocUnsafe(CHUNK_BYTES);
  #at = 0;
  readonly #columns: number;
  #cells = 0;

  constructor(columns: number) {
    this.#columns = columns;
  }

  get bytes(): number {
    return this.#at;
  }

  begin(): void {
    this.#room(2);
    this.#at = this.#buffer.writeInt16BE(this.#columns, this.#at);
    this.#cells = 0;
  }

  end(): void {
    assert(this.#cells === this.#columns, "a row has a cell for each column");
  }

  text(value: string): void {
    this.#room(4 + value.length * UTF8_BYTES_MAX);
    const bytes = this.#buffer.write(value, this.#at + 4);
    this.#buffer.writeInt32BE(bytes, this.#at);
    this.#at += 4 + bytes;
    this.#cells += 1;
  }

  /** Hexadecimal digits for a column of type `bytea`. */
  hex(digits: string): void {
    this.#room(4 + digits.length / 2);
    const bytes = this.#buffer.write(digits, this.#at + 4, "hex");
    assert(bytes * 2 === digits.length, "the digits are hexadecimal");
    this.#at = this.#buffer.writeInt32BE(bytes, this.#at) + bytes;
    this.#cells += 1;
  }

  /** Of a column of type `integer`. */
  integer(value: number | null): void {
    this.#room(8);
    if (value === null) {
      this.#at = this.#buffer.writeInt32BE(NULL, this.#at);
    } else {
      this.#at = this.#buffer.writeInt32BE(4, this.#at);
      this.#at = this.#buffer.writeInt32BE(value, this.#at);
    }
    this.#cells += 1;
  }

  /** What was written since the last time. It is overwritten by what comes next. */
  take(): Buffer {
    const taken = this.#buffer.subarray(0, this.#at);
    this.#at = 0;
    return taken;
  }

  #room(bytes: number): void {
    if (this.#at + bytes <= this.#buffer.length) return;
    const larger = Buffer.allocUnsafe(Math.max(this.#buffer.length * 2, this.#at + bytes));
    this.#buffer.copy(larger, 0, 0, this.#at);
    this.#buffer = larger;
  }
}

/** What `pg` calls while the statement is the one that its connection carries out. */
interface Wire {
  readonly stream: pg.Connection["stream"];
  query(text: string): void;
  sendCopyFromChunk(chunk: Buffer): void;
  endCopyFrom(): void;
  sendCopyFail(reason: string): void;
}

/** Resolves when the database has taken all rows; rejects, and has taken none, when it refused one. */
export function copyRows(
  client: pg.PoolClient,
  text: string,
  { rows }: RowsToCopy,
): Promise<{ readonly command: "COPY"; readonly rowCount: number; readonly rows: [] }> {
  return new Promise((resolve, reject) => {
    client.query(
      new Copying(text, rows, (cause) => {
        if (cause === null) resolve({ command: "COPY", rowCount: rows.count, rows: [] });
        else reject(cause);
      }) as unknown as pg.Submittable,
    );
  });
}

class Copying {
  readonly #text: string;
  readonly #rows: CopiedRows;
  readonly #writer: RowWriter;
  readonly #onEnd: (cause: Error | null) => void;
  #at = 0;
  #isOver = false;
  /** Why a row could not be written. */
  #broken: Error | null = null;

  constructor(text: string, rows: CopiedRows, onEnd: (cause: Error | null) => void) {
    this.#text = text;
    this.#rows = rows;
    this.#writer = new RowWriter(rows.columns.length);
    this.#onEnd = onEnd;
  }

  submit(wire: Wire): void {
    wire.query(this.#text);
  }

  handleCopyInResponse(wire: Wire): void {
    wire.sendCopyFromChunk(HEADER);
    this.#feed(wire);
  }

  handleCommandComplete(): void {}

  handleReadyForQuery(): void {
    this.#end(null);
  }

  handleError(cause: Error): void {
    this.#end(this.#broken ?? cause);
  }

  /** A chunk, and the next one when the socket has room again; others have their turn in between. */
  #feed(wire: Wire): void {
    if (this.#isOver) return;
    try {
      this.#fill();
    } catch (cause) {
      this.#broken = cause as Error;
      wire.sendCopyFail("a row could not be written");
      return;
    }
    wire.sendCopyFromChunk(this.#writer.take());
    if (this.#at === this.#rows.count) {
      wire.sendCopyFromChunk(TRAILER);
      wire.endCopyFrom();
    } else if (wire.stream.writableNeedDrain) {
      wire.stream.once("drain", () => setImmediate(() => this.#feed(wire)));
    } else {
      setImmediate(() => this.#feed(wire));
    }
  }

  #fill(): void {
    while (this.#at < this.#rows.count && this.#writer.bytes < CHUNK_BYTES) {
      this.#writer.begin();
      this.#rows.write(this.#at, this.#writer);
      this.#writer.end();
      this.#at += 1;
    }
  }

  #end(cause: Error | null): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#onEnd(cause);
  }
}
