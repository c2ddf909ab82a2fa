import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { corpus } from "../../test/corpus/cases.ts";
import { buildScene, goodDraft, makeKeys } from "../../test/corpus/scene.ts";
import { checkBundle } from "./bundle-check.ts";

const folder = mkdtempSync(join(tmpdir(), "fettle-corpus-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const keys = makeKeys(join(folder, "keys"));

test.each(corpus)("$name: $expect", ({ change, expect: code }) => {
  const draft = goodDraft(keys);
  change(draft, keys);
  const { host, arrival } = buildScene(keys, draft);
  const verdict = checkBundle(host, arrival);
  expect(verdict.ok ? "ok" : `${verdict.code} ${verdict.why}`).toMatch(
    new RegExp(`^${code}(?: |$)`),
  );
});
