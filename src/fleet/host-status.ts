import { z } from "zod";

/** What a host says about itself for the verb `status`: lines `key value…`, the last of a key counts. */
export interface HostStatus {
  readonly host: string | null;
  /** `<type> <base64>`. */
  readonly keyLine: string | null;
  readonly policyVersion: number | null;
  readonly program: string | null;
  readonly isHalted: boolean;
  readonly job: string | null;
}

const keyLineSchema = z.string().regex(/^ecdsa-sha2-nistp256 [A-Za-z0-9+/=]{100,200}$/);
const versionSchema = z.coerce.number().int().min(1).max(1e9);

export function parseHostStatus(lines: readonly string[]): HostStatus {
  const values = new Map<string, string>();
  for (const line of lines) {
    const space = line.indexOf(" ");
    if (space > 0) values.set(line.slice(0, space), line.slice(space + 1));
  }
  const value = (key: string): string | null => {
    const text = values.get(key);
    return text === undefined || text === "-" ? null : text;
  };
  const key = keyLineSchema.safeParse(value("key"));
  const version = versionSchema.safeParse(value("policy")?.split(" ", 1)[0]);
  return {
    host: value("host"),
    keyLine: key.success ? key.data : null,
    policyVersion: version.success ? version.data : null,
    program: value("program"),
    isHalted: value("halt") === "yes",
    job: value("job"),
  };
}
