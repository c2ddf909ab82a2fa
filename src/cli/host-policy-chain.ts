import { writeFileSync } from "node:fs";
import type { Command } from "commander";
import { counted } from "../base/counted.ts";
import { Failure } from "../base/failure.ts";
import { ask } from "../client/client.ts";
import { judgeLink, judgeTexts, type RootSignature, sidesOf } from "../fleet/policy-link.ts";
import { type SignedPolicy, writeTrustFrame } from "../fleet/trust-frame.ts";
import { type Cli, show } from "./cli.ts";
import { readNamedText } from "./read-file.ts";
import { signWithSshKey } from "./ssh-sign.ts";
import { renderTable, safeText } from "./view/table.ts";
import { allWaysText } from "./view/ways-in.ts";
import { whenText } from "./view/when.ts";

/** The next policy of hosts: signed by its roots on their machines, carried by the server. */
export function registerHostPolicyChain(host: Command, cli: Cli): void {
  registerSign(host, cli);
  registerPublish(host, cli);
  host
    .command("status")
    .description("Which policies were published, and which host has which")
    .action(async () => {
      const chain = await ask(cli.client().GET("/api/v1/host-policies"));
      const ways = await ask(cli.client().GET("/api/v1/ways-in"));
      show(cli, { ...chain, ways }, () => {
        if (chain.policies.length === 0) {
          return `No policy of hosts was published here.\n\n${allWaysText(ways)}`;
        }
        const versions = renderTable(chain.policies, [
          { head: "version", cell: (one) => one.version, align: "right" },
          { head: "published", cell: (one) => whenText(one.at, cli.clock()) },
          {
            head: "roots",
            cell: (one) => one.roots.map(({ name, side }) => `${name} ${side}`).join(", "),
          },
          { head: "digest", cell: (one) => one.digest.slice(0, 16) },
        ]);
        const none = "No host is told: those of piped way have a policy of this server's own.";
        if (chain.hosts.length === 0) return `${versions}\n\n${none}`;
        const hosts = renderTable(chain.hosts, [
          { head: "host", cell: (one) => safeText(one.host) },
          { head: "has", cell: (one) => one.version, align: "right" },
          { head: "state", cell: (one) => one.outcome },
          { head: "asked", cell: (one) => whenText(one.triedAt, cli.clock()) },
          {
            head: "why",
            cell: (one) => safeText(`${one.code ?? ""} ${one.why ?? ""}`.trim()),
            widthMax: 90,
          },
        ]);
        return `${versions}\n\n${hosts}\n\n${allWaysText(ways)}`;
      });
    });
  host
    .command("retell")
    .description("Tell all hosts again that have not taken the newest policy")
    .action(async () => {
      const path = "/api/v1/host-policies/retelling" as const;
      const again = await ask(cli.client().POST(path, { body: {} }));
      show(cli, again, () => `Told to ${counted(again.hosts, "host")}: fettle policy host status`);
    });
}

interface SignFlags {
  readonly after: string;
  readonly root: string;
  readonly key: string;
}

function registerSign(host: Command, cli: Cli): void {
  host
    .command("sign <file>")
    .description("Sign the next policy as one of its roots, or of the one before; needs no server")
    .requiredOption("--after <file>", "the policy that hosts have now")
    .requiredOption("--root <name>", "whose key it is, as the policies name it")
    .requiredOption(
      "--key <file>",
      "that root's private key, or the public key of one in your agent",
    )
    .action(async (file: string, flags: SignFlags) => {
      const texts = textsOf(file, flags.after);
      const { root, key } = flags;
      const judged = judgeTexts(texts);
      if (!judged.ok) throw refused(file, judged.why);
      const namespace = "fettle-policy-v1";
      const signature = await signWithSshKey({ key, namespace, text: texts.next });
      const sides = sidesOf(texts, root, signature).map(({ side }) => side);
      if (sides.length === 0) {
        throw new Failure(
          "invalid",
          `${key} is the key of no root ${root} of either policy. Nothing was written.`,
        );
      }
      const to = `${file}.${root}.sig`;
      writeFileSync(to, signature, { flag: "wx" });
      const said = { file: to, root, sides, version: judged.next.version };
      show(cli, said, () => `${to} counts as ${sides.join(" and ")} root ${root}.`);
    });
}

interface PublishFlags {
  readonly after: string;
  readonly signature: readonly string[];
  readonly frame?: string;
}

function registerPublish(host: Command, cli: Cli): void {
  host
    .command("publish <file>")
    .description("Have the server carry a signed policy to every host; each host judges it itself")
    .requiredOption("--after <file>", "the policy that hosts have now")
    .requiredOption("--signature <name=file...>", "each root's signature: r1=next.policy.r1.sig")
    .option("--frame <file>", "only write what root feeds to `fettle-host trust`, for no server")
    .action(async (file: string, flags: PublishFlags) => {
      const texts = textsOf(file, flags.after);
      const signatures = flags.signature.flatMap((word) => signaturesIn(texts, word));
      const verdict = judgeLink({ ...texts, signatures });
      if (!verdict.ok) throw refused(file, verdict.why);
      const { version } = verdict.next;
      const { frame } = flags;
      if (frame !== undefined) {
        const policy: SignedPolicy = { version, text: texts.next, roots: signatures };
        writeFileSync(frame, writeTrustFrame({ revocations: [], policies: [policy] }), {
          flag: "wx",
        });
        return show(cli, { frame, version }, () => `On each host: fettle-host trust <${frame}`);
      }
      const body = { previous: texts.previous, policy: texts.next, signatures: [...signatures] };
      const done = await ask(cli.client().POST("/api/v1/host-policies", { body }));
      show(
        cli,
        done,
        () =>
          `Version ${done.version} is published and told to ${counted(done.hosts, "host")}: fettle policy host status`,
      );
    });
}

function textsOf(
  file: string,
  after: string,
): { readonly previous: string; readonly next: string } {
  return {
    previous: readNamedText(after, "The policy before it"),
    next: readNamedText(file, "The policy"),
  };
}

function signaturesIn(
  texts: { readonly previous: string; readonly next: string },
  word: string,
): readonly RootSignature[] {
  const at = word.indexOf("=");
  const [name, file] = [word.slice(0, at), word.slice(at + 1)];
  if (at < 1) throw new Failure("invalid", `${word} is not NAME=FILE, such as r1=next.r1.sig.`);
  const found = sidesOf(texts, name, readNamedText(file, "The signature"));
  if (found.length > 0) return found;
  throw new Failure("invalid", `${file} is no signature of a root ${name} over this policy.`);
}

function refused(file: string, why: string): Failure {
  return new Failure("invalid", `Hosts would refuse ${file}: ${why}.`);
}
