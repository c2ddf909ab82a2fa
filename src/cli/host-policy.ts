import type { Command } from "commander";
import { sha256 } from "../base/digest.ts";
import { Failure } from "../base/failure.ts";
import { ask } from "../client/client.ts";
import { type HostPolicy, isProtected, parseHostPolicy } from "../fleet/host-policy.ts";
import { type Cli, show } from "./cli.ts";
import { registerHostPolicyChain } from "./host-policy-chain.ts";
import { readNamedText } from "./read-file.ts";
import { renderFacts } from "./view/table.ts";

/** The policy that stands on hosts, which no server writes: what goes into it, and judging a file. */
export function registerHostPolicy(policy: Command, cli: Cli): void {
  const host = policy
    .command("host")
    .description("The policy on hosts, which their own people set");
  host
    .command("keys")
    .description("This server's public keys, as lines of that policy, with their fingerprints")
    .action(async () => {
      const keys = await ask(cli.client().GET("/api/v1/host-trust/keys"));
      const { tenant, dispatcher, log } = keys;
      show(cli, keys, () =>
        [
          `tenant ${tenant}`,
          dispatcher.line,
          log.line,
          "",
          `dispatcher ${dispatcher.fingerprint}`,
          `log        ${log.fingerprint}`,
          "On the server: ssh-keygen -yf STATE/keys/dispatcher.pem | ssh-keygen -lf -  (log.pem too)",
        ].join("\n"),
      );
    });
  host
    .command("check <file>")
    .description("Whether hosts would take a policy file, and what it says; needs no server")
    .action((file: string) => {
      const text = readNamedText(file, "The policy");
      const parsed = parseHostPolicy(text);
      if (!parsed.ok) {
        const { code, line, why } = parsed;
        throw new Failure(
          "invalid",
          `${file}, line ${line}: ${why} (${code}). Hosts refuse it whole.`,
        );
      }
      const facts = { file, digest: sha256(text), ...summaryOf(parsed.value) };
      show(cli, facts, () => checkedText(file, facts));
    });
  registerHostPolicyChain(host, cli);
}

function summaryOf(policy: HostPolicy) {
  return {
    tenant: policy.tenant,
    version: policy.version,
    rootsNeeded: policy.rootsNeeded,
    roots: policy.roots.map(({ name }) => name),
    dispatchers: policy.dispatchers.map(({ name }) => name),
    logs: policy.logs.map(({ name }) => name),
    approvers: [...new Set(policy.approvers.map(({ person }) => person))],
    revoked: policy.revoked.length,
    rings: policy.rings.map((rule) => ({
      ...{ ring: rule.ring, class: rule.class, need: rule.need, outside: rule.outside },
      isProtected: isProtected(rule),
    })),
  };
}

function checkedText(
  file: string,
  facts: ReturnType<typeof summaryOf> & { readonly digest: string },
): string {
  const rings = facts.rings.map(
    ({ ring, class: cls, need, outside, isProtected: safe }): [string, string] => [
      `ring ${ring} ${cls}`,
      `${need} approvers, ${outside} outside the server's page${safe ? "" : "; NOT protected: one person can push through it"}`,
    ],
  );
  return [
    `Hosts would take ${file}.`,
    renderFacts([
      ["tenant", facts.tenant],
      ["version", String(facts.version)],
      ["roots", `${facts.rootsNeeded} of ${facts.roots.join(", ")} change it`],
      ["approvers", facts.approvers.join(", ")],
      ["keys revoked", String(facts.revoked)],
      ...rings,
      ["digest", facts.digest],
    ]),
  ].join("\n");
}
