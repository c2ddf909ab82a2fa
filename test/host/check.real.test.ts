import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { corpus } from "../corpus/cases.ts";
import { localCorpus } from "../corpus/local-cases.ts";
import { buildScene, goodDraft, makeKeys } from "../corpus/scene.ts";
import {
  CHECK_ONLY,
  type CheckServer,
  checkWith,
  clockOf,
  headOf,
  layHost,
  makeHostRoot,
  serveChecks,
  shells,
  stateDigest,
} from "./host-root.ts";

// The files of a host must be root's own, so only root can lay a host.
const isRoot = process.getuid?.() === 0;
const folder = mkdtempSync(join(tmpdir(), "fettle-check-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const keys = makeKeys(join(folder, "keys"));
const scenes = [...corpus, ...localCorpus].map((each) => {
  const draft = goodDraft(keys);
  each.change(draft, keys);
  const scene = buildScene(keys, draft);
  const headAfter = each.expect === "ok" ? scene.headAfter : null;
  return { name: each.name, code: each.expect, scene: { ...scene, headAfter } };
});

describe.runIf(isRoot).each(shells)("the host program under $name", (shell) => {
  const root = makeHostRoot(join(folder, shell.name.replaceAll(" ", "-")), shell, CHECK_ONLY);

  let server: CheckServer;
  beforeAll(() => {
    server = serveChecks(root, shell);
  });
  afterAll(() => server.stop());

  // The first one is the good bundle.
  test.each(scenes.slice(0, 1))("started for it alone, $name: $code", ({ code, scene }) => {
    layHost(root, scene);
    expect(checkWith(root, shell, scene.arrival)).toBe(code);
  });

  test.each(scenes)("$name: $code", async ({ code, scene }) => {
    layHost(root, scene);
    // Two heads that contradict each other are kept, to be shown.
    const changes = scene.headAfter === null ? ["head.fork"] : ["head", "head.signed"];
    const before = stateDigest(root, ...changes);
    expect(await server.check(scene.arrival)).toMatch(new RegExp(`^${code}(?: |$)`));
    expect(stateDigest(root, ...changes)).toBe(before);
    if (scene.headAfter !== null) expect(headOf(root)).toBe(scene.headAfter);
    const [was, is] = [scene.host.clock, clockOf(root)];
    expect(is?.counter ?? 0).toBeGreaterThanOrEqual(was?.counter ?? 0);
    expect(is?.floor ?? 0).toBeGreaterThanOrEqual(was?.floor ?? 0);
    // No signed time can move the floor past the host's own clock.
    expect(is?.floor ?? 0).toBeLessThanOrEqual(Math.max(was?.floor ?? 0, scene.arrival.now));
  });
});
