import type { Finding, MachineFacts } from "./doctor-facts.ts";
import { good, loose, room } from "./doctor-finding.ts";

/** What is wrong with the machine that the command line runs on. */
const NODE_MAJOR_MIN = 22;
const NODE_MINOR_MIN = 18;
/** `ssh-keygen -Y sign` and its verification of what hosts check came with OpenSSH 8.2. */
const SSH_VERSION_MIN = 8.2;

export function machine(given: MachineFacts): readonly Finding[] {
  const { state } = given;
  return [
    node(given.node),
    ...ssh(given),
    ...gpgv(given),
    given.config === null
      ? good("configuration", "can be read, and every key is known")
      : {
          check: "configuration",
          state: "bad",
          says: given.config,
          advice: "Mend the named key, then start the server again.",
        },
    ...(state.isThere ? stateFolder(state) : []),
    ...unit(given.unit),
  ];
}

function node(version: string): Finding {
  const [major = 0, minor = 0] = version.replace(/^v/, "").split(".").map(Number);
  if (major > NODE_MAJOR_MIN || (major === NODE_MAJOR_MIN && minor >= NODE_MINOR_MIN)) {
    return good("node", version);
  }
  return {
    check: "node",
    state: "bad",
    says: `${version} is older than ${NODE_MAJOR_MIN}.${NODE_MINOR_MIN}`,
    advice: "Start through ./fettle or npm start, which bring the right Node.",
  };
}

function ssh(given: MachineFacts): readonly Finding[] {
  const install = "Install it: apt-get install openssh-client";
  const keygen: readonly Finding[] = given.sshKeygen
    ? []
    : [
        {
          check: "ssh-keygen",
          state: "bad",
          says: "is not there; approving needs it",
          advice: install,
        },
      ];
  if (given.ssh === null) {
    const says = "is not there; hosts cannot be reached over SSH";
    return [{ check: "ssh", state: "bad", says, advice: install }, ...keygen];
  }
  const version = Number(/OpenSSH_(\d+\.\d+)/.exec(given.ssh)?.[1] ?? Number.NaN);
  if (version >= SSH_VERSION_MIN) return [good("ssh", given.ssh), ...keygen];
  const says = `${given.ssh}; OpenSSH ${SSH_VERSION_MIN} or newer is needed`;
  return [{ check: "ssh", state: "attention", says, advice: install }, ...keygen];
}

function gpgv(given: MachineFacts): readonly Finding[] {
  if (given.gpgv) return [];
  const says =
    "is not there; where the server runs, it verifies sources of packages by their pinned keys";
  return [{ check: "gpgv", state: "attention", says, advice: "Install it: apt-get install gpgv" }];
}

function stateFolder(state: MachineFacts["state"]): readonly Finding[] {
  const { folder } = state;
  return [
    ...loose("state folder here", folder, state.loose),
    ...(state.freeBytes === null ? [] : [room("disk here", folder, state.freeBytes)]),
  ];
}

function unit(state: string | null): readonly Finding[] {
  if (state === null) return [];
  if (state === "active") return [good("systemd", "the unit fettle is active")];
  const says = `the unit fettle is ${state}`;
  return [{ check: "systemd", state: "bad", says, advice: "Look: journalctl -u fettle -n 50" }];
}
