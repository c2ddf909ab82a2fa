import { execFile } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { systemActor } from "../../src/base/actor.ts";
import { sha256 } from "../../src/base/digest.ts";
import { parseLabels } from "../../src/base/labels.ts";
import type { World } from "../../src/db/world.ts";
import { type MadeToken, makeAgentToken } from "../../src/fleet/actions-agent.ts";
import { type AgentDoor, agentDoor } from "../../src/fleet/actions-agent-door.ts";
import { installLine } from "../../src/fleet/agent-install-line.ts";
import { type HostPolicy, writeHostPolicy } from "../../src/fleet/host-policy.ts";
import { agentCa } from "../../src/fleet/store-agent-ca.ts";
import { hostProgram } from "../../src/reach/host-program.ts";
import { type AgentListener, startAgentListener } from "../../src/server/agent-listener.ts";
import { localTexts, writeHooks } from "./local-hosts.ts";

/** Agents on this machine: the real program over real TLS, each with folders of its own. */
export interface Agents {
  readonly door: AgentDoor;
  readonly url: string;
  /** Runs an install line as root would, for a host in a folder of this name. */
  install(name: string, change?: Partial<InstallChange>): Promise<Ran>;
  token(change?: Partial<TokenChange>): Promise<MadeToken>;
  /** What an agent of a ring is told to believe, before its people change it. */
  policyOf(ring: string): HostPolicy;
  /** One run of the timer. */
  run(name: string, how?: "once"): Promise<Ran>;
  folder(name: string): string;
  close(): Promise<void>;
}

interface TokenChange {
  readonly ring: string;
  readonly policy: HostPolicy;
  readonly lifeMs: number;
}

interface InstallChange {
  readonly token: string;
  readonly ring: string;
  readonly policyDigest: string;
  readonly authority: string;
  readonly url: string;
  readonly also: readonly string[];
  /** Runs the line, and the program ever after. */
  readonly shell: readonly string[];
}

export interface Ran {
  readonly ok: boolean;
  readonly said: string;
}

const run = promisify(execFile);
const SHELL_PATH = "/usr/sbin:/usr/bin:/sbin:/bin";

export async function startAgents(base: World, folder: string): Promise<Agents> {
  const config = { ...base.config, agentPort: 0, agentName: "localhost" };
  const world: World = { ...base, config };
  const ca = await agentCa(world.paths.state);
  let program = "";
  const door = agentDoor(world, () => program);
  const listener: AgentListener = await startAgentListener(world, {
    caPem: ca.certificatePem,
    issueServer: ca.issueServer,
    answer: door.answer,
  });
  const policyOf = (ring: string): HostPolicy => {
    const labels = parseLabels([`ring=${ring}`]);
    return localTexts(world, { name: "agent", protocolId: "h-00000000000000000000", labels })
      .policy;
  };
  const policy = writeHostPolicy(policyOf("canary"));
  const shellOf = new Map<string, readonly string[]>();
  const folderOf = (name: string): string => join(folder, name);
  const token: Agents["token"] = (change = {}) =>
    makeAgentToken(world, systemActor, {
      ring: change.ring ?? "canary",
      labels: parseLabels([`ring=${change.ring ?? "canary"}`]),
      policy: change.policy === undefined ? policy : writeHostPolicy(change.policy),
      lifeMs: change.lifeMs ?? 60_000,
    });
  const execute = async (argv: readonly string[], cwd: string): Promise<Ran> => {
    const [file = "", ...args] = argv;
    try {
      const env = { PATH: SHELL_PATH, LC_ALL: "C" };
      const { stdout, stderr } = await run(file, args, { cwd, env, timeout: 60_000 });
      return { ok: true, said: stdout + stderr };
    } catch (cause) {
      const { stdout = "", stderr = "" } = cause as { stdout?: string; stderr?: string };
      return { ok: false, said: stdout + stderr };
    }
  };
  return {
    door,
    url: listener.url,
    token,
    policyOf,
    folder: folderOf,
    async install(name, change = {}) {
      const home = folderOf(name);
      mkdirSync(home, { recursive: true });
      const text = hostProgram({ etc: join(home, "etc"), var: join(home, "var") }).replace(
        /^AGENT_PROGRAM=.*$/m,
        `AGENT_PROGRAM=${home}/program`,
      );
      // Nothing of this machine is changed: what puts the timer there only keeps the program.
      const stand = `uname() { echo ${name}; }\nagent_install_main() { cp "$1" ${home}/program; }\n`;
      program = text.replace(/main "\$@"\n$/, `${stand}main "$@"\n`);
      const line = installLine({
        trust: {
          tenant: world.config.deployment,
          url: change.url ?? listener.url,
          also: change.also,
          authority: change.authority ?? ca.certificatePem,
          program: sha256(program),
        },
        token: change.token ?? (await token()).token,
        policy: change.policyDigest ?? sha256(policy),
        ring: change.ring ?? "canary",
        labels: [`ring=${change.ring ?? "canary"}`],
      });
      const shell = change.shell ?? ["dash"];
      shellOf.set(name, shell);
      const ran = await execute([...shell, "-c", line], home);
      if (ran.ok) writeHooks(home);
      return ran;
    },
    run: (name, how) => {
      const shell = shellOf.get(name) ?? ["dash"];
      return execute([...shell, join(folderOf(name), "program"), "agent", how ?? ""], "/");
    },
    async close() {
      await listener.close();
      await door.stop();
    },
  };
}

/** Copies the disk of a host, as whoever clones a machine does. */
export async function cloneHost(from: string, to: string): Promise<void> {
  await run("cp", ["-a", from, to]);
  const program = join(to, "program");
  const text = readFileSync(program, "utf8").replaceAll(from, to);
  writeFileSync(program, text);
  const options = join(to, "var/agent/curl");
  writeFileSync(options, readFileSync(options, "utf8").replaceAll(from, to));
  chmodSync(program, 0o755);
  if (!existsSync(program)) throw new Error("the clone has no program");
}
