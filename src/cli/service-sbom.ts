import { basename } from "node:path";
import { type Command, Option } from "commander";
import { Failure } from "../base/failure.ts";
import { pause } from "../base/pause.ts";
import { ask } from "../client/client.ts";
import { gateRules } from "../intel/service-gate.ts";
import { type Cli, show } from "./cli.ts";
import { readNamedFile } from "./read-file.ts";
import { diffText, gateText, historyTable, takenText } from "./view/service.ts";

/** Bills of materials of a service: handing in, comparing, and the gate of a pipeline. */
interface PutFlags {
  readonly artifact?: string;
  readonly environment?: string;
  readonly version?: string;
  readonly release?: string;
  readonly failOn?: string[];
  readonly timeout: string;
}

export function registerSbom(service: Command, cli: Cli): void {
  const sbom = service
    .command("sbom")
    .description("What is in a service: bills of materials and lock files");
  registerPut(sbom, cli);
  registerCompare(sbom, cli);
}

function registerPut(sbom: Command, cli: Cli): void {
  sbom
    .command("put <service> <files...>")
    .description("Say what is in an artifact; files are told by content, each is an artifact")
    .option("--artifact <name>", "name of the artifact; the file's own name where not given")
    .option("--environment <name>", "where it is deployed, as in prod")
    .option("--version <text>", "version of the artifact")
    .option("--release <name>", "release of packages that do not say theirs, as in bookworm")
    .addOption(
      new Option("--fail-on <rules...>", "end with 3 where one of these is found").choices(
        gateRules,
      ),
    )
    .option("--timeout <seconds>", "wait so long for matching, with --fail-on", "120")
    .action(async (service: string, files: string[], flags: PutFlags) => {
      if (flags.artifact !== undefined && files.length > 1) {
        throw new Failure("invalid", "With --artifact one file is handed in at a time.");
      }
      const taken: Awaited<ReturnType<typeof putFile>>[] = [];
      for (const file of files) taken.push(await putFile(cli, service, file, flags));
      if (flags.failOn === undefined) {
        return show(cli, { items: taken }, () => taken.map(takenText).join("\n"));
      }
      const verdicts = await Promise.all(taken.map((one) => askGate(cli, service, one, flags)));
      const gates = verdicts.map((gate, at) => ({
        artifact: taken[at]?.artifact.artifact ?? "",
        ...gate,
      }));
      show(cli, { items: taken, gates }, () =>
        [...taken.map(takenText), ...gates.map(gateText)].join("\n"),
      );
      if (gates.some((gate) => gate.state !== "pass")) process.exitCode = EXIT_BLOCKED;
    });
}

/** "Blocked, with the reason" is 3 everywhere (docs/cli.md). */
const EXIT_BLOCKED = 3;

async function putFile(cli: Cli, service: string, file: string, flags: PutFlags) {
  const bytes = readNamedFile(file, "The bill of materials");
  const query = {
    artifact: flags.artifact ?? artifactOf(file),
    name: basename(file).slice(-200),
    ...(flags.environment === undefined ? {} : { environment: flags.environment }),
    ...(flags.version === undefined ? {} : { version: flags.version }),
    ...(flags.release === undefined ? {} : { release: flags.release }),
  };
  return await ask(
    cli.client().PUT("/api/v1/services/{service}/sbom", {
      params: { path: { service }, query },
      body: bytes as never,
      bodySerializer: () => bytes,
      headers: { "content-type": "application/octet-stream" },
    }),
  );
}

/** The same file of the next build is the same artifact. */
function artifactOf(file: string): string {
  const name = basename(file).replaceAll(/[^A-Za-z0-9@._/+:-]+/g, "-");
  return name.replace(/^[^A-Za-z0-9@]+/, "").slice(0, 127) || "main";
}

const ASK_AGAIN_MS = 500;

/** Waits until everything handed in is matched: no data is never a pass. */
async function askGate(
  cli: Cli,
  service: string,
  taken: Awaited<ReturnType<typeof putFile>>,
  flags: PutFlags,
) {
  const { artifact, environment } = taken.artifact;
  const query = { failOn: (flags.failOn ?? []).join(",") as never, artifact, environment };
  const seconds = Number(flags.timeout);
  if (!(seconds >= 0 && seconds <= 3_600)) {
    throw new Failure("invalid", "--timeout is a number of seconds, at most 3600.");
  }
  const signal = new AbortController().signal;
  for (let waited = 0; ; waited += ASK_AGAIN_MS) {
    const params = { path: { service }, query };
    const gate = await ask(cli.client().GET("/api/v1/services/{service}/gate", { params }));
    if (gate.state !== "not-yet" || waited >= seconds * 1_000) return gate;
    await pause(ASK_AGAIN_MS, signal);
  }
}

interface SlotFlags {
  readonly artifact: string;
  readonly environment?: string;
}

function registerCompare(sbom: Command, cli: Cli): void {
  sbom
    .command("history <service>")
    .description("What was deployed and when")
    .action(async (service: string) => {
      const params = { path: { service } };
      const reply = await ask(cli.client().GET("/api/v1/services/{service}/history", { params }));
      show(cli, reply.items, () => historyTable(reply.items, cli.clock()));
    });
  sbom
    .command("diff <service>")
    .description("What came into an artifact, what went, and what findings that brought")
    .requiredOption("--artifact <name>", "the artifact")
    .option("--environment <name>", "where it is deployed")
    .option("--from <time>", "compare with what was there then; else with the one before")
    .option("--to <time>", "up to what was there then; else up to now")
    .action(async (service: string, flags: SlotFlags & { from?: string; to?: string }) => {
      const params = { path: { service }, query: { ...flags } };
      const reply = await ask(cli.client().GET("/api/v1/services/{service}/diff", { params }));
      show(cli, reply, () => diffText(reply));
    });
  sbom
    .command("remove <service>")
    .description("Say that an artifact is deployed no more; its history stays")
    .requiredOption("--artifact <name>", "the artifact")
    .option("--environment <name>", "where it was deployed")
    .action(async (service: string, flags: SlotFlags) => {
      const params = { path: { service }, query: { ...flags } };
      await ask(cli.client().DELETE("/api/v1/services/{service}/sbom", { params }));
      const { artifact } = flags;
      show(cli, { service, artifact, removed: true }, () => `${artifact} is deployed no more.`);
    });
}
