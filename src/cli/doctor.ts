import { stat, statfs } from "node:fs/promises";
import { join } from "node:path";
import type { Command } from "commander";
import { Failure } from "../base/failure.ts";
import { programVersion } from "../base/program-version.ts";
import { runCommand } from "../base/run-command.ts";
import { ask } from "../client/client.ts";
import { openHead, parseVerifierKey } from "../ledger/verify.ts";
import { type Cli, show } from "./cli.ts";
import type { Asked, Facts, Finding, MachineFacts } from "./doctor-facts.ts";
import { type DoctorHostFlags, doctorHost } from "./doctor-host.ts";
import { doctorExit, judge } from "./doctor-judge.ts";
import { safeText } from "./view/table.ts";

/** Checks a deployment: thin probes here, every judgement in `doctor-judge.ts`. */
const PROBE_MS_MAX = 10_000;

export function registerDoctor(program: Command, cli: Cli): void {
  program
    .command("doctor [host]")
    .description(
      "Check this deployment, or one host for second ways in, and say what to do about it",
    )
    .option("--last", "of a host: what it said last, without asking it")
    .option("--to <file>", "of a host: write what it signed to a file, and the signature beside it")
    .action(async (host: string | undefined, flags: DoctorHostFlags) => {
      if (host !== undefined) return doctorHost(cli, host, flags);
      if (flags.last === true || flags.to !== undefined) {
        throw new Failure("invalid", "--last and --to are for one host: fettle doctor HOST --last");
      }
      const findings = judge(await factsOf(cli));
      show(cli, { findings, exit: doctorExit(findings) }, () => findingsText(findings));
      process.exitCode = doctorExit(findings);
    });
}

const shapes: Readonly<Record<Finding["state"], string>> = {
  good: "■ good",
  attention: "◧ attention",
  bad: "✗ bad",
  unknown: "? unknown",
};

export function findingsText(findings: readonly Finding[]): string {
  const width = Math.max(...findings.map((finding) => finding.check.length));
  const rows = findings.flatMap(({ check, state, says, advice }) => [
    `${shapes[state].padEnd(11)}  ${check.padEnd(width)}  ${safeText(says)}`,
    ...(advice === null || state === "good"
      ? []
      : [`${" ".repeat(width + 15)}→ ${safeText(advice)}`]),
  ]);
  const count = (state: Finding["state"]): number =>
    findings.filter((finding) => finding.state === state).length;
  const summary = [
    `${count("good")} good`,
    `${count("attention")} need attention`,
    `${count("bad")} bad`,
    `${count("unknown")} could not be looked at`,
  ];
  return [...rows, "", `${summary.join(", ")}.`].join("\n");
}

async function factsOf(cli: Cli): Promise<Facts> {
  const url = addressOf(cli);
  const machine = await machineFacts(cli);
  const server = await asked(() => pingServer(url));
  const isThere = "value" in server;
  const client = () => cli.client();
  const probe = <T>(look: () => Promise<T>): Promise<Asked<T>> =>
    isThere ? asked(look) : Promise.resolve({ problem: "the server does not answer" });
  return {
    now: cli.clock(),
    program: programVersion,
    machine,
    url,
    server,
    signedIn: await probe(() => ask(client().GET("/api/v1/me"))),
    health: await probe(() => ask(client().GET("/api/v1/health"))),
    feeds: await probe(async () => (await ask(client().GET("/api/v1/feeds"))).items),
    hosts: await probe(async () => {
      const query = { limit: 1 };
      const { total, facets } = await ask(client().GET("/api/v1/hosts", { params: { query } }));
      return { total, facets };
    }),
    ledger: await probe(() => lookAtLedger(cli)),
    agents: await probe(() => ask(client().GET("/api/v1/agent-health"))),
    policies: await probe(() => ask(client().GET("/api/v1/policy"))),
    waysIn: await probe(() => ask(client().GET("/api/v1/ways-in"))),
    witnesses: await probe(() => ask(client().GET("/api/v1/witnesses"))),
  };
}

/** A broken configuration must not hide what else is wrong. */
function addressOf(cli: Cli): string {
  try {
    return cli.url();
  } catch {
    // Told as the finding "configuration".
    return "http://localhost:7700";
  }
}

async function asked<T>(look: () => Promise<T>): Promise<Asked<T>> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<Asked<T>>((resolve) => {
    const problem = `no answer within ${PROBE_MS_MAX / 1000} s`;
    timer = setTimeout(() => resolve({ problem }), PROBE_MS_MAX);
  });
  try {
    return await Promise.race([look().then((value) => ({ value })), late]);
  } catch (cause) {
    return { problem: cause instanceof Error ? cause.message : String(cause) };
  } finally {
    clearTimeout(timer);
  }
}

/** The clock of the server is in the Date header of any answer (RFC 9110 §6.6.1), in seconds. */
async function pingServer(url: string) {
  const began = performance.now();
  const response = await fetch(`${url.replace(/\/+$/, "")}/healthz`, {
    signal: AbortSignal.timeout(PROBE_MS_MAX),
  }).catch((cause: unknown) => {
    throw new Error(`nobody answers at ${url}: ${reasonOf(cause)}`, { cause });
  });
  const tookMs = performance.now() - began;
  if (!response.ok) {
    throw new Error(
      `${url} answers with status ${response.status}: it does not reach its database`,
    );
  }
  const date = Date.parse(response.headers.get("date") ?? "");
  // Cut to whole seconds; half a second more is the middle of what it may be.
  return { tookMs, clock: Number.isNaN(date) ? null : date + 500 };
}

function reasonOf(cause: unknown): string {
  const inner = (cause as { cause?: { code?: unknown; message?: unknown } }).cause;
  return String(inner?.code ?? inner?.message ?? (cause as Error).message);
}

async function lookAtLedger(cli: Cli) {
  const client = cli.client();
  const key = String(await ask(client.GET("/api/v1/audit/key", { parseAs: "text" }))).trim();
  const note = String(await ask(client.GET("/api/v1/audit/checkpoint", { parseAs: "text" })));
  const verifier = parseVerifierKey(key);
  const head = verifier === null ? null : openHead(verifier, note);
  return { isHeadGood: head !== null, size: head?.size ?? 0 };
}

async function machineFacts(cli: Cli): Promise<MachineFacts> {
  const config = cli.configProblem();
  return {
    node: process.version,
    ssh: await firstLine("ssh", ["-V"]),
    sshKeygen: (await firstLine("ssh-keygen", ["-Y", "help"])) !== null,
    gpgv: (await firstLine("gpgv", ["--version"])) !== null,
    config,
    state: await stateFacts(config === null ? cli.state() : null),
    unit: await unitState(),
  };
}

/** What a program says first, on either output; null where it is not there. */
async function firstLine(program: string, args: readonly string[]): Promise<string | null> {
  try {
    const limits = { timeoutMs: PROBE_MS_MAX, outputBytesMax: 64 * 1024 };
    const { stdout, stderr } = await runCommand({ program, args, ...limits });
    return `${stdout}${stderr}`.split("\n", 1)[0] ?? "";
  } catch {
    return null;
  }
}

const SECRETS = [
  "setup-secret",
  "ledger/log.key",
  "keys/dispatcher.pem",
  "keys/piped-root.pem",
] as const;

async function stateFacts(folder: string | null): Promise<MachineFacts["state"]> {
  const none = { folder: folder ?? "", isThere: false, freeBytes: null, loose: [] };
  if (folder === null || (await modeOf(folder)) === null) return none;
  const { bavail, bsize } = await statfs(folder);
  const found = await Promise.all(
    SECRETS.map(async (path) => ({ path, mode: await modeOf(join(folder, path)) })),
  );
  const loose = found.flatMap(({ path, mode }) =>
    mode !== null && (mode & 0o077) !== 0
      ? [{ path, mode: mode.toString(8).padStart(4, "0") }]
      : [],
  );
  return { folder, isThere: true, freeBytes: bavail * bsize, loose };
}

async function modeOf(path: string): Promise<number | null> {
  try {
    return (await stat(path)).mode & 0o7777;
  } catch {
    // Not there, or closed to us: then others cannot read it either.
    return null;
  }
}

/** Only a unit that is there is worth a word; without systemd there is none. */
async function unitState(): Promise<string | null> {
  const shown = await firstLine("systemctl", ["show", "-p", "LoadState", "--value", "fettle"]);
  if (shown?.trim() !== "loaded") return null;
  return (await firstLine("systemctl", ["is-active", "fettle"]))?.trim() ?? null;
}
