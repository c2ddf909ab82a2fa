import type { HostWay } from "./model.ts";
import type { WayIn } from "./ways-in.ts";

/**
 * What each second way into a host gives up, and what to do. Pure. `bad`: somebody other than root can
 * change what the host believes, or become root without a key of their own. `attention`: somebody else is
 * root there; where Fettle's server could use that way, the host's policy protects it from nobody.
 */
export const wayLevels = ["bad", "attention", "unknown"] as const;
export type WayLevel = (typeof wayLevels)[number];

export interface JudgedWay extends WayIn {
  readonly level: WayLevel;
  /** What it is, in words that go before or behind a count of hosts. */
  readonly says: string;
  readonly advice: string;
}

interface Meaning {
  readonly level: WayLevel;
  readonly says: string;
  readonly advice: string;
}

const FORCED = 'restrict,command="/usr/sbin/fettle-host serve"';
const KEYS = `Take the line out, or begin it with ${FORCED}.`;

const meanings: Readonly<Record<string, Meaning>> = {
  writable: {
    level: "bad",
    says: "others than root can write what the host program goes by",
    advice: "chown root:root and chmod go-w what is named, and look who wrote to it.",
  },
  "root-password": {
    level: "bad",
    says: "root may sign in with a password",
    advice: "Set PermitRootLogin forced-commands-only in sshd's configuration.",
  },
  "empty-passwords": {
    level: "bad",
    says: "sshd lets accounts in that have no password",
    advice: "Set PermitEmptyPasswords no in sshd's configuration.",
  },
  "no-password": {
    level: "bad",
    says: "an account has no password at all",
    advice: "passwd -l ACCOUNT, or give it one.",
  },
  ca: {
    level: "bad",
    says: "sshd believes an authority for every account, root too",
    advice: `Name the authority in authorized_keys instead: cert-authority,${FORCED}. Whoever has its key is root otherwise.`,
  },
  "key-open-ca": {
    level: "bad",
    says: "root's keys name an authority without a forced command",
    advice: KEYS,
  },
  uid0: {
    level: "attention",
    says: "another account is root by its number",
    advice: "Give it a number of its own, or take it away.",
  },
  sudo: {
    level: "attention",
    says: "an account becomes root without a password",
    advice: "Take NOPASSWD out of sudoers, or the account away, unless people need it.",
  },
  "key-open": {
    level: "attention",
    says: "a key lets root in without a forced command",
    advice: KEYS,
  },
  "key-unrestricted": {
    level: "attention",
    says: "the line of the host program lacks restrict: ports and agents may be forwarded",
    advice: 'Begin the line with restrict,command="/usr/sbin/fettle-host serve".',
  },
  "key-unrestricted-ca": {
    level: "attention",
    says: "the line of the host program lacks restrict: ports and agents may be forwarded",
    advice: 'Begin the line with restrict,cert-authority,command="/usr/sbin/fettle-host serve".',
  },
  "key-command": {
    level: "attention",
    says: "a key runs another command as root",
    advice:
      "Look whose key it is and what the command lets it do; take it away where nobody needs it.",
  },
  "key-command-ca": {
    level: "attention",
    says: "an authority's certificates run another command as root",
    advice: "Look whose authority it is and what the command lets it do.",
  },
  "keys-command": {
    level: "attention",
    says: "a program says which keys let root in",
    advice: "Look where AuthorizedKeysCommand gets them: whoever fills that is root here.",
  },
  "root-login": {
    level: "attention",
    says: "sshd lets root in without a forced command",
    advice: "Set PermitRootLogin forced-commands-only in sshd's configuration.",
  },
  agent: {
    level: "attention",
    says: "another program does as root what its own server says",
    advice: "See that Fettle's server cannot reach that server, nor the other way round.",
  },
  scheduled: {
    level: "attention",
    says: "a schedule pulls what another server says and runs it as root",
    advice: "See that Fettle's server cannot write what is pulled.",
  },
  unseen: {
    level: "unknown",
    says: "something could not be looked at",
    advice: "Have the host looked at as root, by its own program or sudo.",
  },
};

/** A newer host program may find what this server has no words for: it is told as it stands. */
const UNNAMED: Meaning = {
  level: "attention",
  says: "something that this server has no words for",
  advice: "Update the server; its words for it are newer.",
};

/** By the way that Fettle itself takes: passwordless sudo of its own account is the server's own way in. */
export function judgeWay(found: WayIn, way: HostWay): JudgedWay {
  const meaning = Object.hasOwn(meanings, found.kind) ? meanings[found.kind] : undefined;
  const judged = { ...found, ...(meaning ?? UNNAMED) };
  if (found.kind !== "sudo" || way.kind !== "ssh") return judged;
  const who = found.what.split(" ", 1)[0]?.split(",") ?? [];
  if (!who.includes(way.user) && !who.includes("ALL")) return judged;
  return {
    ...judged,
    level: "bad",
    says: "the account that Fettle signs in as becomes root without a password",
    advice:
      "A stolen server owns this host. Install the host program behind a forced command (docs/hosts.md).",
  };
}

const rank: Readonly<Record<WayLevel, number>> = { bad: 0, attention: 1, unknown: 2 };

/** The worst first, then by kind and name. */
export function judgeWays(found: readonly WayIn[], way: HostWay): readonly JudgedWay[] {
  return found
    .map((one) => judgeWay(one, way))
    .sort(
      (a, b) => rank[a.level] - rank[b.level] || byText(a.kind, b.kind) || byText(a.what, b.what),
    );
}

function byText(a: string, b: string): number {
  return a === b ? 0 : a < b ? -1 : 1;
}
