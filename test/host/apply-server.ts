import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { sha256 } from "../../src/base/digest.ts";
import {
  type MachineKey,
  makeMachineKey,
  openMachineKey,
  signDocument,
  verifySshSignature,
} from "../../src/base/sshsig.ts";
import { writeBundle, writeOfflineBundle } from "../../src/fleet/bundle.ts";
import { EMPTY_HEAD, type OrderKind, signOrder } from "../../src/fleet/order.ts";
import { parseResult, type Result } from "../../src/fleet/result.ts";
import { writeLeaf } from "../../src/plan/leaf.ts";
import { type Permit, type Revert, writeStatement } from "../../src/plan/statement.ts";
import { PLAIN, type Root } from "./apply-root.ts";

/** The server's side of one connection with a root that runs the real host program. */

const HOST = "h-00000000000000000001";
const TENANT = "acme";
const VERBS = "upgrade,downgrade,install,remove,restart,probe,run,hold,reboot";

export interface Answers {
  /** How to answer the nth ask (from 1): a permit by default; `ignore` cuts the connection. */
  readonly ask?: (ask: {
    kind: string;
    state: string;
    nth: number;
  }) => "permit" | "ignore" | string;
  /** Called with each journal line as the relay passes it on. */
  readonly journal?: (line: string) => void;
  readonly ttl?: number;
  /** Seconds between the ask and its answer. */
  readonly delay?: number;
}

export interface Talk {
  readonly journal: readonly string[];
  readonly asks: readonly string[];
  readonly lines: readonly string[];
  readonly results: readonly Result[];
  /** Milliseconds from the verb to the end of the connection. */
  readonly ms: number;
}

export interface JobOptions {
  readonly permit?: Permit;
  readonly revert?: Revert;
  readonly attempts?: number;
  /** Seconds until the wave opens; open since a minute where nothing is said. */
  readonly opensIn?: number;
  /** Seconds until the wave ends. */
  readonly endsIn?: number;
}

export interface Job {
  readonly plan: string;
  readonly bundle: (kind: OrderKind, attempt: number) => string;
  /** For root to run by hand: no order. */
  readonly offline: string;
}

export class Server {
  readonly #dispatcher: MachineKey = openMachineKey(makeMachineKey().privateKeyPem);
  readonly #alice: MachineKey = openMachineKey(makeMachineKey().privateKeyPem);
  readonly #root: MachineKey = openMachineKey(makeMachineKey().privateKeyPem);
  #counter = Date.now() - 3_600_000;
  #plans = 0;

  identity(host = HOST): string {
    return `fettle identity 1\ntenant ${TENANT}\nhost ${host}\nring lab\nend\n`;
  }

  policy(version = 1): string {
    return [
      "fettle policy 1",
      `tenant ${TENANT}`,
      `version ${version}`,
      "roots 1",
      `root r1 ${this.#root.publicKeyLine}`,
      `dispatcher d1 ${this.#dispatcher.publicKeyLine}`,
      `approver alice - ssh ${this.#alice.publicKeyLine}`,
      "depot https://depot.example keyring debian",
      "ring lab normal need 1 outside 0 validity 604800 permit offline revert order:3600 " +
        `sod plain log off verbs ${VERBS}`,
      "end",
      "",
    ].join("\n");
  }

  /**
   * A plan of one wave, one leaf and this body, approved by alice. No two are the same plan, also when
   * they are made in the same second.
   */
  job(body: readonly string[], options: JobOptions = {}): Job {
    const bodyText = ["fettle body 1", ...body, "end", ""].join("\n");
    const leaf = writeLeaf({ index: 0, wave: 1, host: HOST, body: sha256(bodyText), windows: [] });
    const now = Math.floor(Date.now() / 1000);
    const plan = writeStatement({
      tenant: TENANT,
      change: "chg-1",
      title: `Test ${++this.#plans}`,
      requester: "carol",
      class: "normal",
      issued: now - 60,
      hostPolicy: 1,
      policy: sha256("a"),
      content: sha256("b"),
      hosts: { kind: "frozen", count: 1 },
      attempts: options.attempts ?? 1,
      permit: options.permit ?? { kind: "online" },
      revert: options.revert ?? { kind: "order", seconds: 3600 },
      bodies: 1,
      leaves: 1,
      root: sha256(leaf),
      waves: [
        {
          number: 1,
          ring: "lab",
          notBefore: now + (options.opensIn ?? -60),
          notAfter: now + (options.endsIn ?? 3600),
        },
      ],
      supersedes: [],
    });
    const approval = signDocument({
      namespace: "fettle-approve-v1",
      key: this.#alice,
      bytes: plan,
    });
    const signed = {
      plan,
      gates: [],
      log: null,
      request: null,
      approvals: [{ person: "alice", class: "ssh", signature: approval }],
      leaf,
      nodes: [],
      body: bodyText,
    } as const;
    const bundle = (kind: OrderKind, attempt: number): string => {
      const order = this.#order({ kind, plan: sha256(plan), attempt, ttl: 0, nonce: "-" });
      return writeBundle({ order: order.text, orderSignature: order.signature, ...signed });
    };
    return { plan: sha256(plan), bundle, offline: writeOfflineBundle(signed) };
  }

  #order(of: { kind: OrderKind; plan: string; attempt: number; ttl: number; nonce: string }) {
    const issued = Math.floor(Date.now() / 1000);
    this.#counter += 1;
    const about = { tenant: TENANT, host: HOST, index: 0, epoch: 1, log: EMPTY_HEAD };
    return signOrder(
      { ...of, ...about, counter: this.#counter, issued, until: issued + 300 },
      this.#dispatcher,
    );
  }

  async enrol(root: Root, documents = `${this.identity()}\u0000${this.policy()}`): Promise<Talk> {
    const [identity, policy] = documents.split("\u0000");
    return this.#talk(root, "piped", `enrol\n@identity\n${identity}@policy\n${policy}@end\n`, {});
  }

  async apply(root: Root, job: Job, answers: Answers = {}, attempt = 1): Promise<Talk> {
    return this.#talk(root, "serve", `apply\n${job.bundle("dispatch", attempt)}`, answers);
  }

  async revert(root: Root, job: Job, answers: Answers = {}): Promise<Talk> {
    return this.#talk(root, "serve", `apply\n${job.bundle("revert", 1)}`, answers);
  }

  /** Brings a bundle under an order of this kind to the verb `stage`. */
  async stage(root: Root, job: Job, kind: OrderKind = "stage"): Promise<Talk> {
    return this.#talk(root, "serve", `stage\n${job.bundle(kind, 1)}`, {});
  }

  async resume(root: Root, answers: Answers = {}): Promise<Talk> {
    return this.#talk(root, "serve", "resume\n", answers);
  }

  /** `wants`: `NAME ARCH VERSION` each. */
  async resolve(root: Root, wants: readonly string[]): Promise<Talk> {
    const asked = wants.map((want) => `want ${want}\n`).join("");
    return this.#talk(root, "serve", `resolve\n${asked}@end\n`, {});
  }

  async inspect(root: Root, how: "inspect" | "inspect refresh" | "status"): Promise<Talk> {
    return this.#talk(root, "serve", `${how}\n`, {});
  }

  async #talk(root: Root, way: string, hello: string, answers: Answers): Promise<Talk> {
    const began = Date.now();
    const child = spawn("chroot", [root.path, "sh", "/usr/sbin/fettle-host", way], {
      env: PLAIN,
      stdio: ["pipe", "pipe", "inherit"],
    });
    const talk = { journal: [] as string[], asks: [] as string[], lines: [] as string[] };
    const results: Result[] = [];
    const timer = setTimeout(() => child.kill("SIGKILL"), 90_000);
    child.stdin.on("error", () => undefined);
    child.stdin.write(hello);
    // Some awks wait for more as long as more may come; the server's own connection ends here too.
    if (hello.startsWith("resolve\n")) child.stdin.end();
    let open: string[] | null = null;
    for await (const line of createInterface({ input: child.stdout })) {
      talk.lines.push(line);
      if (line === "@idle") child.stdin.end();
      if (line.startsWith("@journal ")) {
        talk.journal.push(line.slice(9));
        answers.journal?.(line.slice(9));
      } else if (line === "@ask" || line === "@result") open = [line];
      else if (line === "@end" && open !== null) {
        const section = open;
        open = null;
        const reply =
          section[0] === "@ask"
            ? await this.#answer(section, talk.asks, answers)
            : this.#acknowledge(root, section, results);
        if (reply === "") child.kill("SIGKILL");
        else child.stdin.write(reply);
      } else open?.push(line);
    }
    clearTimeout(timer);
    child.stdin.end();
    return { ...talk, results, ms: Date.now() - began };
  }

  async #answer(section: string[], asks: string[], answers: Answers): Promise<string> {
    const value = (key: string): string =>
      section.find((line) => line.startsWith(`${key} `))?.slice(key.length + 1) ?? "";
    asks.push(value("kind"));
    const ask = { kind: value("kind"), state: value("state"), nth: asks.length };
    const how = answers.ask?.(ask) ?? "permit";
    if (how === "ignore") return "";
    if (how !== "permit") return `@held ${how}\n@end\n`;
    const permit = this.#order({
      kind: ask.kind as OrderKind,
      plan: value("plan"),
      attempt: Number(value("attempt")),
      ttl: answers.ttl ?? 10,
      nonce: value("nonce"),
    });
    await new Promise((resolve) => setTimeout(resolve, (answers.delay ?? 0) * 1000));
    return `@order\n${permit.text}@ordersig\n${permit.signature}@end\n`;
  }

  /** Every result is checked with the host's own key before it counts. */
  #acknowledge(root: Root, section: string[], results: Result[]): string {
    const at = section.indexOf("@resultsig");
    const text = `${section.slice(1, at).join("\n")}\n`;
    const verdict = verifySshSignature({
      namespace: "fettle-result-v1",
      bytes: text,
      armoured: `${section.slice(at + 1).join("\n")}\n`,
      publicKeyLine: root.read("var/lib/fettle/key.pub").trim().split(" ").slice(0, 2).join(" "),
    });
    if (!verdict.ok) throw new Error(`the result's signature: ${verdict.why}`);
    const parsed = parseResult(text);
    if (!parsed.ok)
      throw new Error(`the result cannot be read: ${JSON.stringify(parsed)}\n${text}`);
    results.push(parsed.value);
    return `@ack ${parsed.value.counter}\n@end\n`;
  }
}
