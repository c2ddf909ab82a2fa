import { WireReader } from "./ssh-key.ts";

/** `<type> <base64>` of a key that is known by its bytes alone, whose first field is its type (RFC 4253 §6.6). */
export function lineOfBareKey(base64: string): string {
  const type = new WireReader(Buffer.from(base64, "base64")).string().toString("latin1");
  return `${type} ${base64}`;
}
