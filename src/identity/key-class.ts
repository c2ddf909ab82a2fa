import type { PublicKey } from "../base/ssh-key.ts";
import type { KeyClass } from "./model.ts";

/**
 * Which class a key is of (host protocol §4.5), told by its own line: file keys name no application,
 * security keys on the command line name `ssh:…`, passkeys name the site they are bound to.
 */
export type ClassVerdict =
  | { readonly ok: true; readonly class: KeyClass }
  | { readonly ok: false; readonly why: string };

const HOST_NAME =
  /^(?=.{1,253}$)[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)*$/;

export function classOfKey(key: PublicKey, serverName: string): ClassVerdict {
  const { application } = key;
  if (application === null) return { ok: true, class: "ssh" };
  if (application.startsWith("ssh:")) return { ok: true, class: "sk" };
  if (application === serverName) return { ok: true, class: "page" };
  if (!HOST_NAME.test(application) || key.jwk.crv !== "P-256") {
    return { ok: false, why: "The key's site is not the host name of an approval desk." };
  }
  // A page of this server may ask for passkeys of its own parent domains, so such a one is no desk's.
  if (serverName.endsWith(`.${application}`)) {
    return {
      ok: false,
      why: `A passkey of ${application} can be asked for by this server too (${serverName}). Register one at the desk's own full name.`,
    };
  }
  return { ok: true, class: "desk" };
}
