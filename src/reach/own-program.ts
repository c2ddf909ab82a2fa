import { type Digest, sha256 } from "../base/digest.ts";
import { hostProgram } from "./host-program.ts";

export interface OwnProgram {
  readonly version: string;
  readonly digest: Digest;
}

let own: OwnProgram | undefined;

/** The host program that this server has. It does not change while the server runs. */
export function ownProgram(): OwnProgram {
  own ??= programOf(hostProgram());
  return own;
}

/** Version and digest of a program's text; the version is what its own first lines set. */
export function programOf(text: string): OwnProgram {
  const version = /^PROGRAM_VERSION=([0-9][0-9.]*)$/m.exec(text)?.[1] ?? "";
  return { version, digest: sha256(text) };
}
