/** What `fettle-host status` says of the log, and what it means beside an export of it. */

export interface GatheredHead {
  /** The body of the checkpoint. */
  readonly text: string;
  /** Armoured SSHSIG by the log's key, as the host kept it. */
  readonly signature: string;
}

export interface Gathered {
  readonly host: string;
  /** Null where the host said nothing that can be read. */
  readonly head: { readonly size: number; readonly root: string } | null;
  /** Two heads that contradict each other, where the host was shown such. */
  readonly fork: readonly GatheredHead[];
}

const BEGIN = "-----BEGIN SSH SIGNATURE-----";
const END = "-----END SSH SIGNATURE-----";

export function readGathered(text: string): Gathered {
  const lines = text.split("\n");
  const [, size = "", root = ""] = lines.map((line) => HEAD.exec(line)).find(Boolean) ?? [];
  const host = lines.map((line) => HOST.exec(line)?.[1]).find((name) => name !== undefined);
  return {
    host: host ?? "",
    head: root === "" ? null : { size: Number(size), root },
    fork: lines.includes("@fork") ? signedIn(lines.slice(lines.indexOf("@fork") + 1)) : [],
  };
}

const HEAD = /^head (0|[1-9][0-9]{0,14}) ([0-9a-f]{64})$/;
const HOST = /^host ([a-z0-9][a-z0-9.-]{0,62})$/;

/** Three lines of a head, then its signature; one after the other. */
function signedIn(lines: readonly string[]): readonly GatheredHead[] {
  const heads: GatheredHead[] = [];
  let at = 0;
  for (const [place, line] of lines.entries()) {
    if (line !== END) continue;
    const [begin, part] = [at + 3, lines.slice(at, place + 1)];
    if (lines[begin] !== BEGIN) return heads;
    const [text, signature] = [part.slice(0, 3), part.slice(3)];
    heads.push({ text: `${text.join("\n")}\n`, signature: `${signature.join("\n")}\n` });
    at = place + 1;
  }
  return heads;
}

export interface GatheredVerdict {
  readonly verdict: "agrees" | "forked" | "export-is-older" | "unknown";
  readonly why: string;
}

/** Size and root of a head's text; null when it is of another form. */
export function sizeAndRoot(text: string): { readonly size: number; readonly root: string } | null {
  const [, size = "", root = ""] = /^[^\n]+\n(\d{1,15})\n([A-Za-z0-9+/]{43}=)\n$/.exec(text) ?? [];
  return root === ""
    ? null
    : { size: Number(size), root: Buffer.from(root, "base64").toString("hex") };
}

/**
 * `roots`: of the export, by size in entries; its whole size stands under -1. `signed`: of the heads that
 * the host kept as contradicting each other those that the log's own key signed.
 */
export function judgeHead(
  of: Gathered,
  roots: ReadonlyMap<number, string>,
  signed: readonly GatheredHead[],
): GatheredVerdict {
  const kept = signed.flatMap(({ text }) => sizeAndRoot(text) ?? []);
  const isTwo = kept.some((a) => kept.some((b) => a.size === b.size && a.root !== b.root));
  const isOther = kept.some(({ size, root }) => (roots.get(size) ?? root) !== root);
  if (isTwo || isOther) {
    const why = "it keeps a head that the log's own key signed and that contradicts this history";
    return { verdict: "forked", why };
  }
  if (of.head === null) return { verdict: "unknown", why: "it did not say which head it holds" };
  if (of.fork.length > 0 && signed.length === 0) {
    const why = "it was shown heads that contradict each other; give --log-key to judge them";
    return { verdict: "unknown", why };
  }
  if (of.head.size === 0) return { verdict: "agrees", why: "it has seen no head yet" };
  const root = roots.get(of.head.size);
  if (root === undefined) {
    const why = `the export ends at ${roots.get(-1) ?? "0"} entries: take a newer one; if there is none, the log was cut`;
    return { verdict: "export-is-older", why };
  }
  return root === of.head.root
    ? { verdict: "agrees", why: "the export has this very head" }
    : { verdict: "forked", why: "the export has another root over as many entries" };
}
