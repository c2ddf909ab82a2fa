import { describe, expect, it } from "vitest";
import { trackerFile } from "../../../../test/builders/intel.ts";
import type { FeedReading } from "../../feed-format.ts";
import { readFeed } from "../../ingest.ts";
import type { Statement } from "../../model.ts";

async function read(bytes: Buffer): Promise<FeedReading> {
  const [reading] = await readFeed(bytes);
  if (reading === undefined) throw new Error("nothing was read");
  return reading;
}

async function statementsOf(bytes: Buffer): Promise<readonly Statement[]> {
  const { content } = await read(bytes);
  return content.kind === "advisories" ? content.statements : [];
}

async function stateOf(release: object): Promise<Statement["state"] | undefined> {
  const file = trackerFile({ apt: { "CVE-2026-0001": { bookworm: release } } });
  return (await statementsOf(file))[0]?.state;
}

describe("the Debian security tracker", () => {
  it.each([
    [
      { status: "resolved", fixed_version: "2.6.1" },
      { kind: "fixed", version: "2.6.1" },
    ],
    [{ status: "resolved", fixed_version: "0" }, { kind: "never-affected" }],
    [{ status: "open" }, { kind: "open" }],
    [
      { status: "open", nodsa: "Minor issue", nodsa_reason: "" },
      { kind: "deferred", why: "Minor issue" },
    ],
    [
      { status: "open", nodsa: "Minor issue", nodsa_reason: "postponed" },
      { kind: "deferred", why: "Minor issue" },
    ],
    [
      { status: "open", nodsa: "Too intrusive", nodsa_reason: "ignored" },
      { kind: "ignored", why: "Too intrusive" },
    ],
    [{ status: "open", urgency: "end-of-life" }, { kind: "end-of-life" }],
    [{ status: "undetermined" }, { kind: "undetermined" }],
  ])("reads %j as %j", async (release, state) => {
    expect(await stateOf(release)).toEqual(state);
  });

  it("names each release by its number, and leaves unstable out", async () => {
    const release = { status: "open", urgency: "low" };
    const found = await statementsOf(
      trackerFile({
        apt: { "CVE-2026-0001": { bookworm: release, trixie: release, sid: release } },
      }),
    );
    expect(found.map((s) => s.ecosystem)).toEqual(["Debian:12", "Debian:13"]);
  });

  it("keeps the good records beside bad ones and says where the bad ones are", async () => {
    const bad = Buffer.from(
      JSON.stringify({
        apt: {
          "CVE-2026-0001": { releases: { bookworm: { status: "resolved", fixed_version: "1_0" } } },
          "CVE-2026-0002": { releases: { bookworm: { status: "resolved" } } },
          "CVE-2026-0003": { releases: { bookworm: { status: "odd" } } },
          "CVE-2026-0004": { releases: { atlantis: { status: "open" } } },
          "CVE-2026-0005": "text",
          "CVE-2026-0006": { releases: { bookworm: { status: "open" } } },
          "CVE-2026-0007": { releases: [] },
        },
        "Not A Source": {},
      }),
    );
    const reading = await read(bad);
    expect((await statementsOf(bad)).map((s) => s.vulnerability)).toEqual(["CVE-2026-0006"]);
    expect(reading.problems.count).toBe(6);
    expect(reading.problems.kept[0]?.place).toBe("apt CVE-2026-0001 Debian:12");
    expect(reading.entryCount).toBe(6);
  });

  it("labels a derived excerpt, because absence from it means nothing", async () => {
    const entry = { releases: {}, x_derived_from: "debian/changelog stanza 1" };
    const reading = await read(Buffer.from(JSON.stringify({ apt: { "CVE-2026-0001": entry } })));
    expect(reading.isComplete).toBe(false);
    expect(reading.label).toContain("derived from debian/changelog");
  });
});
