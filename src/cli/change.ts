import { writeFileSync } from "node:fs";
import type { Command } from "commander";
import { counted } from "../base/counted.ts";
import { Failure } from "../base/failure.ts";
import { readApprovalFile } from "../change/approval-file.ts";
import { ask, type Client } from "../client/client.ts";
import { type SignedView, signedView } from "../plan/signed-view.ts";
import { registerChangeControl } from "./change-control.ts";
import { type Cli, say, show } from "./cli.ts";
import { people } from "./names.ts";
import { allPages } from "./pages.ts";
import { readNamedText } from "./read-file.ts";
import { signWithSshKey } from "./ssh-sign.ts";
import { askedText } from "./view/asked.ts";
import { changeTable, changeText, signedText, strangerLines } from "./view/change.ts";

interface RequestFlags {
  readonly plan: string;
  readonly reason: string;
  readonly title?: string;
  readonly sign?: string;
  readonly template?: string;
}

/** Changes: what people ask for and approve, by signing exactly what is shown. */
export function registerChange(program: Command, cli: Cli): void {
  const change = program.command("change").description("Changes and their approvals");
  change
    .command("request")
    .description("Ask for approval of a plan")
    .requiredOption("--plan <digest>", "the plan, at least 8 digits of its digest")
    .requiredOption("--reason <text>", "why it should be done")
    .option("--title <title>", "shown to people")
    .option("--sign <key>", "sign the request with your key, as rings with `sod signed` demand")
    .option("--template <name>", "as a standard change from this template")
    .action(async (flags: RequestFlags) => {
      const client = cli.client();
      const signature =
        flags.sign === undefined ? undefined : await signPlan(cli, client, flags.plan, flags.sign);
      const body = {
        plan: flags.plan,
        reason: flags.reason,
        ...(flags.title === undefined ? {} : { title: flags.title }),
        ...(flags.template === undefined ? {} : { template: flags.template }),
        ...(signature === undefined ? {} : { signature }),
      };
      const made = await ask(client.POST("/api/v1/changes", { body }));
      show(
        cli,
        made,
        () =>
          `${made.number} waits for ${counted(made.need, "approval")} by somebody else than you: fettle change approve ${made.number} --key ~/.ssh/id_ed25519`,
      );
    });
  registerLists(change, cli);
  registerShow(change, cli);
  registerEdit(change, cli);
  registerApprove(change, cli);
  registerSignRequest(change, cli);
  registerChangeControl(change, cli);
  registerPack(change, cli);
  for (const verb of ["reject", "withdraw"] as const) {
    change
      .command(`${verb} <change>`)
      .description(verb === "reject" ? "Say no, and why" : "Take your request back")
      .requiredOption("--reason <text>", "why")
      .action(async (ref: string, flags: { reason: string }) => {
        const path = `/api/v1/changes/{change}/${verb}` as const;
        const params = { path: { change: ref } };
        const ended = await ask(
          cli.client().POST(path, { params, body: { reason: flags.reason } }),
        );
        show(cli, ended, () => `${ended.number} is ${ended.state}.`);
      });
  }
}

function registerLists(change: Command, cli: Cli): void {
  change
    .command("list")
    .description("Changes, newest first")
    .option("--waiting", "only those that wait for your approval")
    .action(async (flags: { waiting?: true }) => {
      const client = cli.client();
      const items = await allPages((cursor) => {
        const query = {
          limit: 100,
          ...(flags.waiting === true ? { waiting: "me" as never } : {}),
          ...(cursor === undefined ? {} : { cursor: Number(cursor) }),
        };
        return ask(client.GET("/api/v1/changes", { params: { query } }));
      });
      const asked = flags.waiting === true ? (await ask(client.GET("/api/v1/asked"))).items : [];
      show(cli, items, () =>
        [changeTable(items, cli.clock()), ...(asked.length === 0 ? [] : [askedText(asked)])].join(
          "\n",
        ),
      );
    });
  change
    .command("asked")
    .description("What else waits for your word: rights to lend, and halts to lift")
    .action(async () => {
      const { items } = await ask(cli.client().GET("/api/v1/asked"));
      show(cli, items, () =>
        items.length === 0 ? "Nothing else waits for you." : askedText(items),
      );
    });
}

function registerPack(change: Command, cli: Cli): void {
  change
    .command("pack <change>")
    .description("Everything that a signature covers, as a file for an approval desk")
    .requiredOption("--to <file>", "where to write it")
    .action(async (ref: string, flags: { to: string }) => {
      const params = { path: { change: ref } };
      const pack = await ask(cli.client().GET("/api/v1/changes/{change}/pack", { params }));
      writeFileSync(flags.to, JSON.stringify(pack), { flag: "wx" });
      show(cli, { file: flags.to, change: pack.change }, () => `${flags.to} holds ${pack.change}.`);
    });
}

function registerShow(change: Command, cli: Cli): void {
  change
    .command("show <change>")
    .description("The change and exactly what is signed, recomputed here from the documents")
    .action(async (ref: string) => {
      const client = cli.client();
      const params = { path: { change: ref } };
      const shown = await ask(client.GET("/api/v1/changes/{change}", { params }));
      const { view } = await readSigned(client, shown.plan);
      const names = await people(client);
      const readiness = await ask(client.GET("/api/v1/changes/{change}/readiness", { params }));
      const faults = faultsOf(view, shown.plan);
      // Programs, too, get what this machine recomputed beside what the server says.
      show(cli, { ...shown, readiness, recomputed: { ...view, faults } }, () =>
        changeText(shown, { ...view, faults }, { names, now: cli.clock(), readiness }),
      );
    });
}

function registerEdit(change: Command, cli: Cli): void {
  change
    .command("edit <change>")
    .description("Give the change another plan; approvals of the old one no longer count")
    .requiredOption("--plan <digest>", "the new plan, at least 8 digits of its digest")
    .requiredOption("--reason <text>", "why it should be done like this")
    .action(async (ref: string, flags: { plan: string; reason: string }) => {
      const params = { path: { change: ref } };
      const body = { plan: flags.plan, reason: flags.reason };
      const edited = await ask(
        cli.client().POST("/api/v1/changes/{change}/plan", { params, body }),
      );
      show(
        cli,
        edited,
        () => `${edited.number} has the plan ${edited.plan.slice(0, 12)} and is ${edited.state}.`,
      );
    });
}

/**
 * Everything a signature covers, fetched and recomputed on this machine: the tree's root from all
 * leaves and bodies. What a server says about a plan is never what gets shown for signing.
 */
async function readSigned(
  client: Client,
  digest: string,
): Promise<{ readonly view: SignedView; readonly statement: string }> {
  const params = { path: { plan: digest } };
  const plan = await ask(client.GET("/api/v1/plans/{plan}", { params }));
  const statement = String(
    await ask(client.GET("/api/v1/plans/{plan}/statement", { params, parseAs: "text" })),
  );
  const leaves: string[] = [];
  let cursor: string | undefined;
  do {
    const query = { limit: 1000, ...(cursor === undefined ? {} : { cursor: Number(cursor) }) };
    const page = await ask(
      client.GET("/api/v1/plans/{plan}/leaves", { params: { ...params, query } }),
    );
    leaves.push(...page.items.map((leaf) => leaf.text));
    cursor = page.next ?? undefined;
  } while (cursor !== undefined);
  const bodies = plan.bodies.map((body) => body.text);
  return { view: signedView({ statement, leaves, bodies }), statement };
}

/** Shows what would be asked for, recomputed here, and signs it as its requester. */
async function signPlan(cli: Cli, client: Client, plan: string, key: string): Promise<string> {
  const params = { path: { plan } };
  const { digest } = await ask(client.GET("/api/v1/plans/{plan}", { params }));
  const { view, statement } = await readSigned(client, digest);
  refuseFaults(view, digest);
  cli.terminal.err(`${signedText(view)}\n`);
  return signWithSshKey({ key, namespace: "fettle-request-v1", text: statement });
}

function registerSignRequest(change: Command, cli: Cli): void {
  change
    .command("sign-request <change>")
    .description("Sign what you asked for, as rings with `sod signed` demand")
    .requiredOption("--key <file>", "your private key, or the public key of one in your agent")
    .action(async (ref: string, flags: { key: string }) => {
      const client = cli.client();
      const params = { path: { change: ref } };
      const shown = await ask(client.GET("/api/v1/changes/{change}", { params }));
      const signature = await signPlan(cli, client, shown.plan, flags.key);
      const path = "/api/v1/changes/{change}/request-signature" as const;
      const reply = await ask(client.POST(path, { params, body: { signature } }));
      show(cli, reply, () => `Your request of ${ref} is signed with ${reply.keyFingerprint}.`);
    });
}

interface ApproveFlags {
  readonly key?: string;
  readonly file?: string;
  readonly yes?: true;
}

function registerApprove(change: Command, cli: Cli): void {
  change
    .command("approve <change>")
    .description("Approve with your own key: signs the statement that is shown, nothing else")
    .option("--key <file>", "your private key, or the public key of one in your agent")
    .option("--file <file>", "a signature that was made elsewhere: at the desk, or by ssh-keygen")
    .option("--yes", "do not ask; for a person who has read the change already")
    .action(async (ref: string, flags: ApproveFlags) => {
      if ((flags.key === undefined) === (flags.file === undefined)) {
        throw new Failure("invalid", "Give --key to sign here, or --file with a signature.");
      }
      const client = cli.client();
      const params = { path: { change: ref } };
      const body = await approvalOf(cli, client, ref, flags);
      const reply = await ask(client.POST("/api/v1/changes/{change}/approvals", { params, body }));
      const { change: now } = reply;
      show(
        cli,
        reply,
        () =>
          `Approved with ${reply.approval.keyFingerprint}: ${now.number} has ${now.approvals} of ${now.need}, and is ${now.state}.`,
      );
      const readiness = await ask(client.GET("/api/v1/changes/{change}/readiness", { params }));
      for (const line of strangerLines(readiness)) say(cli, line);
      if (now.state === "approved" && readiness.refusing.length === 0) {
        say(cli, `Start it: fettle rollout start ${now.number}`);
      }
    });
}

async function approvalOf(cli: Cli, client: Client, ref: string, flags: ApproveFlags) {
  if (flags.file !== undefined) {
    return readApprovalFile(readNamedText(flags.file, "The approval"));
  }
  const params = { path: { change: ref } };
  const shown = await ask(client.GET("/api/v1/changes/{change}", { params }));
  const { view } = await readSigned(client, shown.plan);
  refuseFaults(view, shown.plan);
  cli.terminal.err(`${signedText(view)}\n`);
  if (flags.yes !== true) await confirm(cli, view);
  const statement = String(
    await ask(client.GET("/api/v1/changes/{change}/statement", { params, parseAs: "text" })),
  );
  const again = signedView({ statement, leaves: [], bodies: [] });
  if (again.digest !== view.digest) {
    throw new Failure("conflict", "The change got another plan while you read. Look at it again.");
  }
  const key = flags.key ?? "";
  return {
    signature: await signWithSshKey({ key, namespace: "fettle-approve-v1", text: statement }),
  };
}

function faultsOf(view: SignedView, plan: string): readonly string[] {
  return view.digest === plan ? view.faults : [...view.faults, "the statement is not the plan's"];
}

function refuseFaults(view: SignedView, plan: string): void {
  const faults = faultsOf(view, plan);
  if (faults.length === 0) return;
  throw new Failure(
    "blocked",
    `This plan must not be signed: ${faults.join("; ")}. Tell whoever runs the server; something is wrong with it.`,
  );
}

async function confirm(cli: Cli, view: SignedView): Promise<void> {
  const wanted = String(view.hosts);
  const typed = await cli.terminal.readLine(
    `Type the number of hosts (${wanted}) to sign: `,
    false,
  );
  if (typed === wanted) return;
  throw new Failure("blocked", "Not signed.");
}
