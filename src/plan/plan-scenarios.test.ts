import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import {
  aHost,
  aMove,
  aPlanInput,
  ISSUED_AT,
  type Move,
  testRings,
} from "../../test/builders/plan.ts";
import { sha256 } from "../base/digest.ts";
import { HOUR_MS, instantFromText } from "../base/instant.ts";
import { parseLabels } from "../base/labels.ts";
import { parseRings } from "../policy/rings.ts";
import { checkPlan } from "./checker.ts";
import type { PlanHost, PlanInput, Planned, ResolvedPair } from "./model.ts";
import { planToText } from "./plan-story.ts";
import { plan } from "./planner.ts";

/**
 * Stories: a script above the line, the plan it gives below. `vitest -u` rewrites what is below.
 *
 *   policy FROM => TO            edits the policy of tests before it is read
 *   set KEY VALUE                class, starts, title, accept
 *   sets NAME [VERB PACKAGE FROM TO [lost]; …] [| unit …]     what the package manager answers
 *   sets NAME not-affected | fix-not-offered | not-resolved WHY
 *   host NAME LABELS SETS [key=value …]     units=, held=, way=, mode=, age=HOURS
 *   plan
 */
const FOLDER = new URL("../../test/scenarios/", import.meta.url);
const LINE = "\n================ what comes of it\n";
const stories = readdirSync(FOLDER).filter((name) => /^plan-.*\.txt$/.test(name));

test("there are stories", () => {
  expect(stories.length).toBeGreaterThanOrEqual(4);
});

test.each(stories)("%s", async (name) => {
  const [script = ""] = readFileSync(new URL(name, FOLDER), "utf8").split(LINE);
  const input = readScript(script);
  const planned = plan(input);
  expect(checkPlan(planned, input, input.policy)).toEqual([]);
  await expect(script + LINE + outcome(planned, input)).toMatchFileSnapshot(
    new URL(name, FOLDER).pathname,
  );
});

function outcome(planned: Planned, input: PlanInput): string {
  const names = new Map(input.hosts.map((host) => [host.id, host.name]));
  const text = [planToText(planned)];
  if (planned.plan !== null) {
    text.push(planned.plan.statement);
    for (const { digest, text: body } of planned.plan.bodies) {
      const users = planned.plan.leaves.filter((leaf) => leaf.body === digest);
      const hosts = users.map((leaf) => names.get(leaf.host)).join(" ");
      text.push(`${hosts}, in this order:\n${body}`);
    }
  }
  return text.join("\n");
}

function readScript(script: string): PlanInput {
  let policyText = testRings;
  const some: { -readonly [K in keyof PlanInput]?: PlanInput[K] } = {};
  const hosts: PlanHost[] = [];
  const resolutions: ResolvedPair[] = [];
  for (const line of script.split("\n").filter((l) => l !== "" && !l.startsWith("#"))) {
    const [verb = "", ...words] = line.split(" ");
    const rest = words.join(" ");
    if (verb === "policy") {
      const [from = "", to = ""] = rest.split(" => ").map((text) => text.replaceAll("\\n", "\n"));
      expect(policyText).toContain(from);
      policyText = policyText.replace(from, to);
    } else if (verb === "set")
      Object.assign(some, setting(words[0] ?? "", words.slice(1).join(" ")));
    else if (verb === "sets") resolutions.push(readSets(words[0] ?? "", words.slice(1).join(" ")));
    else if (verb === "host") hosts.push(readHost(words));
    else if (verb !== "plan") throw new Error(`no such word: ${line}`);
  }
  return aPlanInput({ ...some, hosts, resolutions, policy: parseRings(policyText) });
}

function setting(key: string, value: string): Partial<PlanInput> {
  switch (key) {
    case "class":
      return { class: value === "emergency" ? "emergency" : "normal" };
    case "starts":
      return { startsAt: instantFromText(value) };
    case "title":
      return { title: value };
    case "accept":
      return { isIrreversibleAcknowledged: true };
    default:
      throw new Error(`no such setting: ${key}`);
  }
}

function readSets(name: string, text: string): ResolvedPair {
  const pair = { packageSet: sha256(`packages ${name}`), offerSet: sha256(`offers ${name}`) };
  if (text === "not-affected" || text === "fix-not-offered") {
    return { ...pair, outcome: { kind: text } };
  }
  if (text.startsWith("not-resolved ")) {
    return { ...pair, outcome: { kind: "not-resolved", problem: text.slice(13) } };
  }
  const [list = "", units = ""] = text.split(" | ");
  const moves = list.split("; ").map((item) => {
    const [verb = "", pkg = "", from = "", to = "", lost] = item.split(" ");
    const some = { verb: verb as Move["verb"], name: pkg, from, to };
    const file = verb === "remove" ? { sha256: "-" } : {};
    return aMove({ ...some, ...file, ...(lost === "lost" ? { oldSha256: null } : {}) });
  });
  const affectedServices = units.split(" ").filter((unit) => unit !== "");
  const resolution = { ...pair, moves, affectedServices, around: null };
  return { ...pair, outcome: { kind: "moves", resolution } };
}

function readHost(words: readonly string[]): PlanHost {
  const [name = "", labels = "", sets = "", ...more] = words;
  const facts = new Map(more.map((word) => word.split("=") as [string, string]));
  const isKnown = sets !== "-";
  const list = (key: string): string[] => (facts.get(key) ?? "").split(",").filter((x) => x !== "");
  return aHost(name, {
    labels: labels === "-" ? {} : parseLabels(labels.split(",")),
    packageSet: isKnown ? sha256(`packages ${sets}`) : null,
    offerSet: isKnown ? sha256(`offers ${sets}`) : null,
    inspectedAt: isKnown ? ISSUED_AT - Number(facts.get("age") ?? 1) * HOUR_MS : null,
    services: list("units"),
    held: list("held"),
    mode: facts.get("mode") === "inspect-only" ? "inspect-only" : "managed",
    way: facts.get("way") === "piped" ? "piped" : "ssh",
  });
}
