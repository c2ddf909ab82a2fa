import {
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { dirname } from "node:path";
import { z } from "zod";
import { Failure } from "../base/failure.ts";

/**
 * Tokens of this user, one a server, in a file of mode 0600 in the user's configuration folder. A
 * token is never an argument: arguments are visible to every user of the machine.
 */
export interface Credentials {
  /** The token for this server, from the environment or the file. */
  tokenFor(url: string): string | null;
  /** The server used last. */
  lastUrl(): string | null;
  store(url: string, token: string): void;
  /** Writes a secret that is shown once to a new file that only this user can read. */
  writeSecret(file: string, secret: string): void;
  readonly file: string;
}

const fileSchema = z.strictObject({
  current: z.string(),
  servers: z.record(z.string(), z.strictObject({ token: z.string() })),
});

type CredentialsFile = z.output<typeof fileSchema>;

export function openCredentials(options: {
  readonly file: string;
  readonly environmentToken: string | undefined;
}): Credentials {
  return {
    file: options.file,
    tokenFor: (url) => options.environmentToken ?? read(options.file).servers[url]?.token ?? null,
    lastUrl: () => {
      const { current } = read(options.file);
      return current === "" ? null : current;
    },
    store(url, token) {
      const known = read(options.file);
      write(options.file, { current: url, servers: { ...known.servers, [url]: { token } } });
    },
    writeSecret(file, secret) {
      try {
        writeFileSync(file, `${secret}\n`, { mode: 0o600, flag: "wx" });
      } catch (cause) {
        throw new Failure(
          "blocked",
          `${file} cannot be made: it exists or its folder is not yours.`,
          {
            cause,
          },
        );
      }
    },
  };
}

function read(file: string): CredentialsFile {
  if (!existsSync(file)) return { current: "", servers: {} };
  if ((statSync(file).mode & 0o077) !== 0) {
    throw new Failure(
      "blocked",
      `Other users can read ${file}, which holds your token. Run: chmod 600 ${file}, then revoke the token and make a new one.`,
    );
  }
  try {
    return fileSchema.parse(JSON.parse(readFileSync(file, "utf8")));
  } catch (cause) {
    throw new Failure("invalid", `${file} is damaged. Remove it and sign in again.`, { cause });
  }
}

function write(file: string, content: CredentialsFile): void {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  const beside = `${file}.new`;
  writeFileSync(beside, `${JSON.stringify(content, null, 2)}\n`, { mode: 0o600 });
  chmodSync(beside, 0o600);
  renameSync(beside, file);
}
