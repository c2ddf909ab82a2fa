import { count, minute, type Sentences, text } from "./sentence-words.ts";

/** Who may do what, how they prove who they are, and what was lent or handed on. */
const means: Readonly<Record<string, string>> = {
  password: "a password",
  passkey: "a passkey",
  code: "a one-time code",
  provider: "an identity provider",
  invite: "an invitation",
  token: "a token",
};

const by = (value: unknown): string => means[text(value)] ?? text(value);

const elevationEnds: Readonly<Record<string, string>> = {
  expired: "their time is over",
  revoked: "taken away",
  "given-up": "given back",
  "change-closed": "the change is closed",
  replanned: "the change has a new plan",
  "person-disabled": "the person was disabled",
};

export const sentencesOfPeople: Sentences = {
  "setup.finished": (f) =>
    `became the first administrator, by ${f["by"] === "link" ? "the one-time link" : "the setup secret"}; setup is over for good`,
  "subject.added": (f) => `added the account of a ${text(f["kind"])}`,
  "subject.renamed": () => "renamed the account",
  "subject.disabled": () =>
    "disabled the account: its sessions, tokens and approvals count no more",
  "subject.enabled": () => "enabled the account again",
  "grant.added": (f) => `gave the role ${text(f["role"])} ${scopeText(f["scope"])}`,
  "grant.removed": (f) => `took the role ${text(f["role"])} ${scopeText(f["scope"])}`,
  "invite.made": () => "made an invitation, which works once",
  "invite.accepted": () => "accepted an invitation",
  "session.started": (f) => `signed in with ${by(f["by"])}`,
  "session.ended": (f) => `ended ${count(f["sessions"], "session")}`,
  "sign-in.refused": (f) => `a sign-in with ${by(f["by"])} was refused`,
  "proof.given": (f) => `proved once more who signed in: ${text(f["strength"])}`,
  "password.changed": () => "changed the password",
  "passkey.added": (f) =>
    `added a passkey for signing in${f["isBackupEligible"] === true ? ", which may be copied to other devices" : ""}`,
  "passkey.copied": () => "a passkey's counter went back: it may have been copied",
  "passkey.removed": () => "removed a passkey for signing in",
  "code.added": () => "added one-time codes",
  "code.removed": () => "removed the one-time codes",
  "sign-out.refused": (f) =>
    `refused to end sessions at the word of the provider ${text(f["provider"])}: ${text(f["why"])}`,
  "provider.signed-out": (f) =>
    `signed out at the provider ${text(f["provider"])} too, which sent the browser back`,
  "provider.linked": (f) =>
    `linked the account to one of an identity provider${f["directory"] === undefined ? "" : `, as the directory ${text(f["directory"])} says`}`,
  "provider.unlinked": (f) => `took the link to the provider ${text(f["provider"])} away`,
  "key.added": (f) =>
    `added the approver key ${text(f["fingerprint"])} of class ${text(f["class"])}`,
  "key.removed": (f) => `removed the approver key ${text(f["fingerprint"])}`,
  "token.created": (f) =>
    `made a token for ${count(f["days"], "day")}${f["purpose"] === undefined ? "" : `, for ${text(f["purpose"])} alone`}`,
  "token.revoked": () => "revoked a token",
  "recovery.appointed": () =>
    "appointed a person who may bring back an administrator, together with another",
  "recovery.dismissed": () => "took back that a person may bring back an administrator",
  "recovery.taken": () => "took a recovery code",
  "recovery.used": (f) =>
    `the administrator was brought back by ${Array.isArray(f["people"]) ? count(f["people"].length, "person", "people") : "two people"} with their recovery codes`,
  "recovery.refused": () => "a recovery was refused: the codes were not right",
  "directory.added": () => "let a directory keep people and groups here",
  "directory.user-adopted": (f) => `gave the account to the directory ${text(f["directory"])}`,
  "directory.user-removed": () => "took the account out of its directory, which disables it",
  "directory.group-added": () => "added a group of a directory",
  "directory.group-renamed": () => "renamed a group of a directory",
  "directory.group-changed": () => "changed who is in a group of a directory",
  "directory.group-removed": () => "removed a group of a directory",
  "group-rule.added": (f) =>
    `whoever is in a group of a directory has the role ${text(f["role"])} ${scopeText(f["scope"])}`,
  "group-rule.removed": (f) =>
    `whoever is in a group of a directory no longer has the role ${text(f["role"])} for that`,
  "recovery-codes.renewed": () => "made new recovery codes; the old ones open nothing any more",
  "recovery-codes.used": () => "signed in with a recovery code, which is used up",
  "elevation.asked": () => "asked for rights over one change for a time",
  "elevation.granted": () => "granted the rights over one change for a time",
  "elevation.refused": () => "refused the rights over one change",
  "elevation.ended": (f) =>
    `the rights over one change ended: ${elevationEnds[text(f["cause"])] ?? text(f["cause"])}`,
  "elevation.used": (f) => `used the rights over one change: ${text(f["act"])}`,
  "delegation.made": (f) =>
    `has somebody sign in the place of another until ${minute(f["endsAt"])}`,
  "delegation.ended": () => "ended a delegation",
  "restore.opened": (f) =>
    `found that an older database was put back: everything is held, ${f["isReplayed"] === true ? "and what was missing was replayed" : "and what is missing could not be replayed"}`,
  "restore.replayed": () => "replayed what was missing after an older database was put back",
  "restore.signed": (f) =>
    `signed from where the log goes on after the restore, with the ${text(f["class"])} key ${text(f["key"])}`,
  "restore.finished": () => "let the server go on after the restore, as two people signed",
  "retention.changed": (f) =>
    `keeps the words of entries for ${text(f["to"])} days, not ${text(f["from"])}`,
  "retention.asked": (f) =>
    `asked to keep the words of entries for ${text(f["to"])} days only, not ${text(f["from"])}`,
  "retention.kept": () => "left as it is how long the words of entries are kept",
  "ledger.pruned": (f) => `lets the words of the entries below ${text(f["minimum"])} go`,
  "hold.placed": (f) => `placed a legal hold over a ${text(f["kind"])} ${text(f["about"])}`,
  "hold.lift-asked": () => "asked to lift a legal hold",
  "hold.lifted": () => "lifted a legal hold that another person asked to lift",
  "erasure.asked": () => "asked to erase what is held on a person",
  "erasure.withdrawn": () => "took back that a person is to be erased",
  "subject.erased": () => "erased what was held on a person, as another person asked",
  "subject.exported": () => "exported all that is held on a person",
};

function scopeText(scope: unknown): string {
  return scope === undefined || scope === null || scope === ""
    ? "everywhere"
    : `for ${text(scope)}`;
}
