import { type RawBuilder, sql } from "kysely";
import { assert } from "../base/failure.ts";

/**
 * Arrays of a batch as PostgreSQL sends them itself (`array_send`: the binary format of arrays and of their
 * elements). As text each value is quoted here, character by character, and parsed there the same way, which
 * for a thousand signed documents took a fifteenth of what the database does for them.
 */
interface Element<T> {
  /** Of the type in `pg_type`. */
  readonly oid: number;
  readonly sqlType: "text" | "bigint" | "integer" | "boolean" | "jsonb";
  readonly bytes: (value: T) => number;
  readonly write: (value: T, to: Buffer, at: number) => void;
}

const JSONB_VERSION = 1;

const text: Element<string> = {
  ...{ oid: 25, sqlType: "text" },
  bytes: (value) => Buffer.byteLength(value),
  write: (value, to, at) => void to.write(value, at),
};
const bigint: Element<number> = {
  ...{ oid: 20, sqlType: "bigint" },
  bytes: () => 8,
  write(value, to, at) {
    assert(Number.isSafeInteger(value), "the number is whole");
    to.writeBigInt64BE(BigInt(value), at);
  },
};
const integer: Element<number> = {
  ...{ oid: 23, sqlType: "integer" },
  bytes: () => 4,
  write: (value, to, at) => void to.writeInt32BE(value, at),
};
const boolean: Element<boolean> = {
  ...{ oid: 16, sqlType: "boolean" },
  bytes: () => 1,
  write: (value, to, at) => void to.writeUInt8(Number(value), at),
};
const jsonb: Element<string> = {
  ...{ oid: 3802, sqlType: "jsonb" },
  bytes: (value) => 1 + Buffer.byteLength(value),
  write(value, to, at) {
    to.writeUInt8(JSONB_VERSION, at);
    to.write(value, at + 1);
  },
};

const HEADER_BYTES = 12;
const DIMENSION_BYTES = 8;
const LENGTH_BYTES = 4;
const NULL = -1;

/** One dimension that begins at 1; none where there is nothing in it. */
function encode<T>(element: Element<T>, values: readonly (T | null)[]): Buffer {
  let size = HEADER_BYTES + (values.length > 0 ? DIMENSION_BYTES : 0);
  for (const value of values) size += LENGTH_BYTES + (value === null ? 0 : element.bytes(value));
  const to = Buffer.allocUnsafe(size);
  let at = to.writeInt32BE(values.length > 0 ? 1 : 0, 0);
  at = to.writeInt32BE(values.includes(null) ? 1 : 0, at);
  at = to.writeInt32BE(element.oid, at);
  if (values.length === 0) return to;
  at = to.writeInt32BE(values.length, at);
  at = to.writeInt32BE(1, at);
  for (const value of values) {
    const bytes = value === null ? NULL : element.bytes(value);
    at = to.writeInt32BE(bytes, at);
    if (value === null) continue;
    element.write(value, to, at);
    at += bytes;
  }
  return to;
}

function arrayOf<T>(element: Element<T>) {
  return (values: readonly (T | null)[]): RawBuilder<unknown> =>
    sql`${encode(element, values)}::${sql.raw(element.sqlType)}[]`;
}

/** As `text[]`. The database refuses a text with a NUL, as it does in any other form. */
export const texts = arrayOf(text);
/** As `bigint[]`; throws for a number that is not a whole one, or too large to be exact. */
export const bigints = arrayOf(bigint);
/** As `integer[]`; throws for a number beyond 32 bits. */
export const integers = arrayOf(integer);
/** As `boolean[]`. */
export const booleans = arrayOf(boolean);
/** JSON texts, as `jsonb[]`. */
export const jsons = arrayOf(jsonb);
