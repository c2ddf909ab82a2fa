import { spawn } from "node:child_process";
import { readFile, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { Command, Option } from "commander";
import { Failure, failureTable } from "../src/base/failure.ts";
import { installForcedCommand } from "./forced-command.ts";
import type { LabHost } from "./host.ts";
import { attachLab, endLab, type Lab, requireRoot, startLab } from "./lab.ts";
import { hostList, NOTHING_PENDING } from "./model.ts";
import { installLabPackages } from "./prerequisites.ts";
import { type LabPackageName, labPackage, labPackages } from "./repository/packages.ts";

/** The lab's command line: `node lab/main.ts up 6 | status | ssh web-1 | down`. */

const defaultState = join(dirname(fileURLToPath(import.meta.url)), "..", ".fettle", "lab");

interface Where {
  readonly state: string;
  readonly name: string;
}

interface ForcedFiles {
  readonly way: string;
  readonly program?: string;
  readonly policy?: string;
  readonly identities?: string;
  readonly publicKey?: string;
}

const say = (text: string): void => {
  process.stdout.write(`${text}\n`);
};

function where(command: Command): Where {
  return command.optsWithGlobals<Where>();
}

async function requireLab(at: Where): Promise<Lab> {
  requireRoot();
  const lab = await attachLab(at.state, at.name);
  if (lab !== null) return lab;
  throw new Failure("not-found", `No lab "${at.name}" is up. Start one: node lab/main.ts up 6`);
}

async function up(hosts: string, options: ForcedFiles, command: Command): Promise<void> {
  const began = Date.now();
  const at = where(command);
  if (options.way !== "piped" && options.way !== "ssh") {
    throw new Failure("invalid", `--way is ssh or piped, not ${options.way}.`);
  }
  const lab = await startLab({
    hosts: Number(hosts),
    stateDir: at.state,
    name: at.name,
    isDetached: true,
    say,
  });
  if (options.way === "ssh") await installEverywhere(lab, options);
  await Promise.all(lab.hosts.map(defineProbe));
  say(`${lab.hosts.length} hosts up in ${((Date.now() - began) / 1000).toFixed(1)} s`);
  await printStatus(lab, false);
  const list = listFile(at);
  await writeFile(list, hostList(lab.hosts, lab.identityFile));
  say(`\nTheir addresses, keys and labels are in ${list}. For the server that runs here:`);
  say(`  ./fettle host import ${list} --apply`);
}

/** The list that `fettle host import` reads; host keys in it come from the lab, not from the network. */
function listFile(at: Where): string {
  return join(at.state, `${at.name}-hosts.csv`);
}

/** What lab/rings.yaml asks of every host; nginx runs there from the start. */
async function defineProbe(host: LabHost): Promise<void> {
  await host.must(["mkdir", "-p", "/etc/fettle/probes.d"]);
  const input = "http http://127.0.0.1/ 200\ntimeout 5\ntries 3\n";
  await host.must(["tee", "/etc/fettle/probes.d/web-health"], { input });
}

async function installEverywhere(lab: Lab, files: ForcedFiles): Promise<void> {
  const { program, policy, identities, publicKey } = files;
  if (!program || !policy || !identities || !publicKey) {
    throw new Failure(
      "invalid",
      "--way ssh needs --program, --policy, --public-key and --identities (a folder with one file HOST.identity a host).",
    );
  }
  for (const host of lab.hosts) {
    await installForcedCommand(host, {
      program: await readFile(program, "utf8"),
      policy: await readFile(policy, "utf8"),
      identity: await readFile(join(identities, `${host.name}.identity`), "utf8"),
      publicKey: await readFile(publicKey, "utf8"),
    });
  }
}

async function printStatus(lab: Lab, isJson: boolean): Promise<void> {
  const hosts = await Promise.all(
    lab.hosts.map(async (host) => ({
      name: host.name,
      address: host.address,
      port: host.port,
      hostKey: host.hostKey,
      knownHostsLine: `${host.address} ${host.hostKey}`,
      identityFile: lab.identityFile,
      labels: host.labels,
      state: await host.state(),
      bootId: await host.bootId(),
    })),
  );
  const running = hosts.find((host) => host.state === "running");
  const pending = running === undefined ? [] : await lab.host(running.name).pendingUpdates();
  const real = pending.filter((update) => update.isReal).map((update) => update.name);
  if (isJson) return say(JSON.stringify({ lab: lab.name, hosts, pending: real }, null, 2));
  for (const host of hosts) {
    const labels = Object.entries(host.labels).map(([key, value]) => `${key}=${value}`);
    const line = [host.name.padEnd(8), host.address.padEnd(15), host.state.padEnd(8), ...labels];
    say(line.join(" "));
  }
  if (running === undefined) return say("no host is running");
  const what = real.length === 0 ? NOTHING_PENDING : `${real.length}: ${real.sort().join(" ")}`;
  say(`real updates pending on ${running.name}: ${what}`);
}

async function ssh(hostName: string, argv: readonly string[], command: Command): Promise<void> {
  const lab = await requireLab(where(command));
  const host = lab.host(hostName);
  const options = [
    ...["-i", lab.identityFile, "-p", String(host.port), "-F", "none"],
    ...["-o", "IdentitiesOnly=yes", "-o", "StrictHostKeyChecking=yes"],
    ...["-o", `UserKnownHostsFile="${lab.knownHostsFile}"`, "-o", "GlobalKnownHostsFile=none"],
  ];
  const child = spawn(
    "ssh",
    [...options, `root@${host.address}`, "--", ...(argv[0] === "--" ? argv.slice(1) : argv)],
    {
      stdio: "inherit",
    },
  );
  await new Promise<void>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code) => {
      process.exitCode = code ?? 1;
      resolve();
    });
  });
}

async function bad(hostName: string, name: string, command: Command): Promise<void> {
  const lab = await requireLab(where(command));
  if (labPackage(name) === undefined) {
    throw new Failure("not-found", `No lab package ${name}; \`repo\` lists them.`);
  }
  await lab.installBad(lab.host(hostName), name as LabPackageName);
  say(`${name} 1.0 is installed on ${hostName}; 2.0 is pending`);
}

function printRepository(): void {
  for (const entry of labPackages) {
    const versions = entry.versions.map(({ version }) => version).join(", ");
    say(`${entry.name.padEnd(20)} ${versions.padEnd(9)} ${entry.about}`);
  }
}

async function printEffects(hostName: string, command: Command): Promise<void> {
  const lab = await requireLab(where(command));
  for (const effect of await lab.host(hostName).groundTruth()) {
    say(Object.values(effect).join(" "));
  }
}

function program(): Command {
  const root = new Command("lab")
    .description("Real Debian hosts on this machine, for tests and for trying Fettle out")
    .option("--state <folder>", "where base root, cache and runs are kept", defaultState)
    .option("--name <name>", "name of the run", "lab")
    .enablePositionalOptions();
  root
    .command("up <hosts>")
    .description("start hosts")
    .option(
      "--way <way>",
      "piped: plain root login; ssh: host program behind a forced command",
      "piped",
    )
    .option("--program <file>", "host program, for --way ssh")
    .option("--policy <file>", "host policy, for --way ssh")
    .option("--identities <folder>", "HOST.identity files, for --way ssh")
    .option("--public-key <file>", "the server's public key, for --way ssh")
    .action(up);
  root
    .command("status")
    .description("hosts, their addresses and labels, and the real updates that are pending")
    .option("--json", "print JSON")
    .action(async (options: { json?: boolean }, command: Command) =>
      printStatus(await requireLab(where(command)), options.json === true),
    );
  root
    .command("ssh <host> [command...]")
    .description("log in as root with the lab's operator key and the pinned host key")
    .passThroughOptions()
    .action((host: string, argv: string[], _options: unknown, command: Command) =>
      ssh(host, argv, command),
    );
  root
    .command("down")
    .description("remove the run and what dead runs left")
    .action(async (_options: unknown, command: Command) => {
      const at = where(command);
      const wasUp = await endLab(at.state, at.name);
      await rm(listFile(at), { force: true });
      say(wasUp ? "the lab is down; nothing of it is left" : "there was no lab to end");
    });
  root.command("repo").description("list the badly behaving packages").action(printRepository);
  root
    .command("bad <host> <package>")
    .description("install 1.0 of a badly behaving package")
    .action((host: string, name: string, _options: unknown, command: Command) =>
      bad(host, name, command),
    );
  root
    .command("effects <host>")
    .description("print the ground truth of a host")
    .action((host: string, _options: unknown, command: Command) => printEffects(host, command));
  addPowerCommands(root);
  addLossCommand(root);
  root
    .command("install")
    .description("install the Debian packages that the lab needs")
    .action(async () => {
      requireRoot();
      const installed = await installLabPackages(say);
      say(installed.length === 0 ? "nothing is missing" : `installed: ${installed.join(", ")}`);
    });
  return root;
}

/** What can be done to one host from outside: power and network. */
function addPowerCommands(root: Command): void {
  for (const [verb, about] of [
    ["reboot", "reboot a host from within"],
    ["kill", "take a host's power away"],
    ["start", "switch a host on"],
    ["cutNetwork", "cut a host's network"],
    ["restoreNetwork", "give a host its network back"],
  ] as const) {
    const shown = verb.replace("Network", "");
    root
      .command(`${shown} <host>`)
      .description(about)
      .action(async (host: string, _options: unknown, command: Command) => {
        await (await requireLab(where(command))).host(host)[verb]();
        say(`${host}: ${shown} done`);
      });
  }
}

/** One-way loss: the connection stays, and one side hears nothing. */
function addLossCommand(root: Command): void {
  root
    .command("lose <host>")
    .description("lose what a host sends, or what is sent to it, until restore")
    .addOption(new Option("--way <way>", "which direction").choices(["to", "from"]).default("to"))
    .action(async (host: string, options: { readonly way: "to" | "from" }, command: Command) => {
      await (await requireLab(where(command))).host(host).losePackets(options.way);
      say(`${host}: loses what goes ${options.way} it`);
    });
}

// A reader that has seen enough (`| head`) is no failure.
process.stdout.on("error", (cause: NodeJS.ErrnoException) => {
  if (cause.code !== "EPIPE") throw cause;
});

try {
  await program().parseAsync();
} catch (cause) {
  if (!(cause instanceof Failure)) throw cause;
  process.stderr.write(`${cause.message}\n`);
  if (typeof cause.facts["said"] === "string") process.stderr.write(`${cause.facts["said"]}\n`);
  process.exitCode = failureTable[cause.code].exit;
}
