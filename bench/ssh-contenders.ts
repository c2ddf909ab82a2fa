import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import pg from "pg";
import { run } from "../lab/machine.ts";
import { ask } from "../src/client/client.ts";
import { closeConnections } from "../src/reach/connections.ts";
import {
  approve,
  type Fleet,
  pictureOf,
  prepare,
  ringsPolicy,
  scan,
  showRollout,
} from "../test/e2e/fleet.ts";
import { PACKAGE, type Work } from "./ssh-work.ts";

/**
 * The ways to bring one package to every host of a lab: Fettle, Ansible, and the least that anything
 * can do. All log in as root with one key, agree on the same key exchange, and connect anew each time.
 */
export interface Contender {
  readonly name: string;
  /** What is not measured: the plan and its approval, or a playbook. */
  prepare(): Promise<void>;
  /** From the start to the last host's success. */
  act(): Promise<void>;
  /** Ends the connections it keeps. */
  forget(): Promise<void>;
}

export interface Contest {
  readonly fleet: Fleet;
  readonly work: Work;
  /** Hosts at work together. */
  readonly parallel: number;
}

/** The first of every contender's list, so that nobody pays for another key exchange. */
const KEY_EXCHANGE = "sntrup761x25519-sha512@openssh.com";
const ACT_MS_MAX = 300_000;
/** How often the rollout is looked at; half of it is added to what is measured, on average. */
const LOOK_MS = 100;

/**
 * `refresh`: the hosts last read their sources eight days ago, so each reads them again within the
 * job. `fresh`: they were read when the plan was made, as on most days, and the job need not.
 */
export function fettle(contest: Contest, lists: "refresh" | "fresh"): Contender {
  const { fleet } = contest;
  const rings = contestRings(contest);
  let change = "";
  return {
    name: lists === "refresh" ? "fettle" : "fettle-fresh-lists",
    async prepare() {
      await scan(fleet, fleet.lab.hosts);
      const prepared = await prepare(fleet, { source: PACKAGE, rings });
      ({ change } = prepared);
      await approve(fleet.bob, change);
      if (lists === "refresh") await Promise.all(fleet.lab.hosts.map(makeListsOld));
    },
    async act() {
      const { client } = fleet.alice;
      const { ref } = await ask(client.POST("/api/v1/rollouts", { body: { change } }));
      await untilJudged(contest, ref);
      const { outcomes } = await showRollout(fleet, ref);
      if (outcomes.verified === fleet.lab.hosts.length) return;
      throw new Error(await pictureOf(fleet, ref));
    },
    forget: () => closeConnections(fleet.server.sockets),
  };
}

/**
 * Looks in the database whether every host was judged. Over the API each look would cost the server
 * fifteen statements, and then the watching, which no other contender has, would be measured too.
 */
async function untilJudged({ fleet }: Contest, ref: string): Promise<void> {
  const postmaster = readFileSync(join(fleet.server.state, "postgres/data/postmaster.pid"), "utf8");
  const socket = postmaster.split("\n")[4] ?? "";
  const db = new pg.Client({ host: socket, database: "fettle", user: "fettle" });
  await db.connect();
  // Named, so that it is planned once and not ten times a second.
  const text = OPEN_TARGETS;
  try {
    const end = Date.now() + ACT_MS_MAX;
    while (Date.now() < end) {
      const values = [Number(ref.slice(2))];
      const { rows } = await db.query<{ isOpen: boolean }>({ name: "open", text, values });
      if (rows[0]?.isOpen !== true) return;
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    }
  } finally {
    await db.end();
  }
}

/** While none has failed: then the rest is not waited for. */
const OPEN_TARGETS = `
  select r.state = 'running' and count(*) filter (where t.verdict is null) > 0 as "isOpen"
    from rollout r join target t on t.rollout = r.id where r.number = $1 group by r.state`;

export function contestRings(contest: Contest): string {
  return ringsPolicy({ atOnce: contest.parallel, probes: Object.keys(contest.work.probes) });
}

type LabHost = Fleet["lab"]["hosts"][number];

async function makeListsOld(host: LabHost): Promise<void> {
  const text = `
    old=$(($(date +%s) - 8 * 86400))
    echo "$old" >/var/lib/fettle-apt/refreshed
    for file in /var/lib/apt/lists/partial /var/lib/apt/lists \\
      /var/lib/apt/periodic/update-success-stamp; do
      [ ! -e "$file" ] || touch -d "@$old" "$file"
    done`;
  await host.must(["sh", "-c", text]);
}

/**
 * `tuned`: as many hosts at once as the others, modules through the pipe, no facts, no search for
 * Python. `default`: what it does when nobody set anything. `mitogen`: as tuned, with the strategy that
 * keeps a Python process on each host and sends it the modules.
 */
export type AnsibleSetting = "tuned" | "default" | "mitogen";

const ANSIBLE_NAMES = {
  tuned: "ansible",
  default: "ansible-default",
  mitogen: "ansible-mitogen",
} as const satisfies Record<AnsibleSetting, string>;

export function ansible(contest: Contest, setting: AnsibleSetting): Contender {
  const name = ANSIBLE_NAMES[setting];
  const folder = join(contest.fleet.folder, name);
  const sockets = join(folder, "s");
  const playbook = contest.work.playbook(setting === "mitogen" ? "sysvinit" : null);
  return {
    name,
    async prepare() {
      mkdirSync(sockets, { recursive: true });
      writeFileSync(join(folder, "ansible.cfg"), ansibleSettings(contest, setting, sockets));
      writeFileSync(join(folder, "hosts"), inventory(contest));
      writeFileSync(join(folder, "playbook.yaml"), playbook);
    },
    async act() {
      await run("ansible-playbook", ["-i", join(folder, "hosts"), join(folder, "playbook.yaml")], {
        env: { ANSIBLE_CONFIG: join(folder, "ansible.cfg"), HOME: folder, LC_ALL: "C.UTF-8" },
        timeoutMs: ACT_MS_MAX,
      });
    },
    async forget() {
      for (const name of readdirSync(sockets)) {
        const path = join(sockets, name);
        await run("ssh", ["-F", "none", "-S", path, "-O", "exit", "host"]).catch(() => undefined);
        rmSync(path, { force: true });
      }
    },
  };
}

/** The key exchange and the known hosts are the same for all; how connections are kept is not. */
function ansibleSettings(contest: Contest, setting: AnsibleSetting, sockets: string): string {
  const options = sshOptions(contest).join(" ");
  const kept = `-o ControlMaster=auto -o ControlPersist=60s ${options}`;
  const control = `control_path_dir = ${sockets}\ncontrol_path = %(directory)s/%%h`;
  const few = `[defaults]
forks = ${contest.parallel}
gathering = explicit
interpreter_python = /usr/bin/python3
retry_files_enabled = False
`;
  switch (setting) {
    case "default":
      return `[ssh_connection]\n${control}\nssh_args = ${kept}\n`;
    case "tuned":
      return `${few}[ssh_connection]\npipelining = True\n${control}\nssh_args = ${kept}\n`;
    case "mitogen":
      return `${few}strategy = mitogen_linear\n[ssh_connection]\nssh_args = ${options}\n`;
  }
}

function inventory({ fleet }: Contest): string {
  const { hosts, identityFile } = fleet.lab;
  const login = `ansible_user=root ansible_ssh_private_key_file=${identityFile}`;
  return hosts.map((h) => `${h.name} ansible_host=${h.address} ${login}\n`).join("");
}

/** The least: two commands of apt on every host, and nobody looks at what came of it. */
export function floor(contest: Contest): Contender {
  const { fleet } = contest;
  const folder = join(fleet.folder, "floor");
  const file = join(folder, "hosts");
  const command = `apt-get -q update && DEBIAN_FRONTEND=noninteractive apt-get -q -y install ${PACKAGE}`;
  return {
    name: "floor",
    async prepare() {
      mkdirSync(folder, { recursive: true });
      writeFileSync(file, fleet.lab.hosts.map((host) => `${host.address}\n`).join(""));
    },
    async act() {
      const options = ["-i", fleet.lab.identityFile, "-F", "none"].concat(sshOptions(contest));
      await run(
        "parallel-ssh",
        [
          ...["-h", file, "-l", "root", "-p", String(contest.parallel), "-t", "0"],
          ...["-x", options.join(" "), command],
        ],
        { timeoutMs: ACT_MS_MAX },
      );
    },
    forget: async () => undefined,
  };
}

function sshOptions({ fleet }: Contest): readonly string[] {
  return [
    ...["-o", `KexAlgorithms=${KEY_EXCHANGE}`, "-o", "StrictHostKeyChecking=yes"],
    ...["-o", `UserKnownHostsFile=${fleet.lab.knownHostsFile}`],
    ...["-o", "IdentitiesOnly=yes", "-o", "BatchMode=yes"],
  ];
}
