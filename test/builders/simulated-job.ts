import { randomBytes } from "node:crypto";
import { sha256 } from "../../src/base/digest.ts";
import { type MachineKey, signDocument } from "../../src/base/sshsig.ts";
import { writeAsk } from "../../src/fleet/ask.ts";
import { EMPTY_HEAD } from "../../src/fleet/order.ts";
import { writeResult } from "../../src/fleet/result.ts";

/**
 * What a simulated host does with a job: it asks for a permit, does nothing, and reports what it did,
 * again and again until the server has said that it has the report. What a real host checks before is
 * left out; `agent.real.test.ts` runs the real program.
 */
export interface SimulatedJob {
  /** A talk that the answer to a poll began: the verb and what follows it. */
  talk(talk: string, input: string): Promise<void>;
  readonly reports: JobReports;
}

export interface JobReports {
  /** When each permit came, as `performance.now()` says. */
  readonly permits: number[];
  /** Jobs that were done, `plan/index/attempt`. */
  readonly done: Set<string>;
  /** Those of them of which the server said that it has the report. */
  readonly acknowledged: Set<string>;
}

interface Order {
  readonly plan: string;
  readonly index: number;
  readonly attempt: number;
  readonly epoch: number;
}

export function simulatedJob(of: {
  readonly key: MachineKey;
  readonly tenant: string;
  readonly protocolId: string;
  readonly boot: string;
  readonly token: () => string;
  /** Sends a part of a talk; null where there was no answer, or a refusal. */
  readonly say: (talk: string, text: string, isLast: boolean) => Promise<string | null>;
}): SimulatedJob {
  const reports: JobReports = { permits: [], done: new Set(), acknowledged: new Set() };
  let order: Order | null = null;
  let result: { readonly about: string; readonly text: string; readonly counter: number } | null =
    null;
  let counter = 0;
  const about = (): Order & { readonly tenant: string; readonly host: string } => {
    if (order === null) throw new Error("no order came before this");
    return { ...order, tenant: of.tenant, host: of.protocolId };
  };
  const ask = (): string => {
    const text = writeAsk({
      ...{ ...about(), kind: "apply", nonce: randomBytes(16).toString("hex"), state: "staged" },
      ...{ boot: of.boot, token: of.token(), policy: sha256("policy"), head: EMPTY_HEAD },
    });
    const signature = signDocument({ namespace: "fettle-ask-v1", key: of.key, bytes: text });
    return `@ask\n${text}@asksig\n${signature}@end\n`;
  };
  const finish = (): void => {
    counter += 1;
    const { epoch: _, ...job } = about();
    const now = Math.floor(Date.now() / 1000);
    const text = writeResult({
      ...{ ...job, kind: "apply", state: "done", code: "-", way: "agent", boot: of.boot },
      ...{ started: now, ended: now, packages: sha256("packages"), journal: sha256("journal") },
      ...{ output: { digest: sha256(""), bytes: 0 }, policy: sha256("policy") },
      ...{ approvals: [{ person: "alice", class: "ssh" }], head: EMPTY_HEAD, counter },
    });
    const name = `${job.plan}/${job.index}/${job.attempt}`;
    result = { about: name, text, counter };
    reports.done.add(name);
  };
  const report = async (talk: string): Promise<boolean> => {
    if (result === null) return false;
    const { text } = result;
    const signature = signDocument({ namespace: "fettle-result-v1", key: of.key, bytes: text });
    const said = await of.say(talk, `@result\n${text}@resultsig\n${signature}@end\n`, false);
    if (said === null || !said.startsWith(`@ack ${result.counter}\n`)) return false;
    reports.acknowledged.add(result.about);
    result = null;
    order = null;
    return true;
  };
  return {
    reports,
    async talk(talk, input) {
      const verb = input.slice(0, input.indexOf("\n"));
      if (verb === "inspect") return void (await of.say(talk, inspection(of), true));
      let head = "";
      if (verb === "apply") {
        const taken = orderOf(input);
        // The same job again changes nothing on a host; a report that waits is told first.
        if (result === null) order = taken;
        head = `@accepted ${taken.plan} ${taken.attempt}\n`;
      }
      if (result === null && order === null) return void (await of.say(talk, "@idle\n", true));
      if (result === null) {
        const said = await of.say(talk, head + ask(), false);
        if (said === null || !said.startsWith("@order\n")) {
          if (said !== null) await of.say(talk, "", true);
          return;
        }
        reports.permits.push(performance.now());
        finish();
      }
      if (!(await report(talk))) return;
      const asked = await of.say(talk, "@idle\n", false);
      if (asked === "inspect\n") await of.say(talk, inspection(of), true);
    },
  };
}

function orderOf(input: string): Order {
  const word = (name: string): string =>
    new RegExp(`^${name} (\\S+)$`, "m").exec(input.slice(0, input.indexOf("@ordersig\n")))?.[1] ??
    "";
  return {
    plan: word("plan"),
    index: Number(word("index")),
    attempt: Number(word("attempt")),
    epoch: Number(word("epoch")),
  };
}

/** A small machine; the same on each, as a fleet of one image is. */
function inspection(of: { readonly protocolId: string; readonly boot: string }): string {
  return [
    "@inspect",
    `host ${of.protocolId}`,
    "os debian 12 bookworm",
    "arch amd64",
    "kernel 6.1.0-18-amd64",
    `boot ${of.boot}`,
    "uptime 4711",
    `clock ${Math.floor(Date.now() / 1000)}`,
    "reboot no",
    "pkg dpkg\tamd64\t1.21.22\tdpkg\t1.21.22\tinstalled\tmanual",
    "@end\n",
  ].join("\n");
}
