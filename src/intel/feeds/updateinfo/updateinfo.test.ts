import { describe, expect, it } from "vitest";
import { readFeed } from "../../ingest.ts";

/** Advisories of rpm repositories, as createrepo_c and Amazon write them. */
const update = (of: {
  readonly id: string;
  readonly release: string;
  readonly module?: string;
  readonly cves?: readonly string[];
  readonly arch?: string;
  readonly epoch?: string;
}): string =>
  `<update from="x" status="final" type="security" version="2.0"><id>${of.id}</id><title>t</title><issued date="2026-01-02 03:04:05"/><references>${(of.cves ?? ["CVE-2026-0001"]).map((id) => `<reference href="x" id="${id}" type="cve"/>`).join("")}</references><pkglist><collection short="c"><name>c</name>${of.module ?? ""}<package name="p" epoch="${of.epoch ?? "0"}" version="1.2" release="${of.release}" arch="${of.arch ?? "x86_64"}" src="p.src.rpm"><filename>p.rpm</filename></package></collection></pkglist></update>`;

async function told(...updates: readonly string[]): Promise<readonly string[]> {
  const [reading] = await readFeed(Buffer.from(`<updates>${updates.join("")}</updates>`));
  if (reading?.content.kind !== "advisories") throw new Error("no advisories");
  return reading.content.statements.map(
    (s) =>
      `${s.ecosystem} ${s.vulnerability} ${s.advisory} ${s.state.kind === "fixed" ? s.state.version : ""} ${s.streams?.join() ?? "-"}`,
  );
}

describe("an update", () => {
  it.each([
    ["ALSA-2026:1", "3.el9", "AlmaLinux:9"],
    ["RLSA-2026:1", "3.el8_10", "Rocky Linux:8"],
    ["RHSA-2026:1", "3.el10_1", "Red Hat:10"],
    ["ELSA-2026-1", "3.0.1.el9_7", "Oracle Linux:9"],
    ["ALAS2023-2026-1", "3.amzn2023.0.2", "Amazon Linux:2023"],
    ["ALAS2-2026-1", "3.amzn2", "Amazon Linux:2"],
    ["FEDORA-2026-abcdef1234", "3.fc44", "Fedora:44"],
  ])("%s of builds %s is about %s", async (id, release, ecosystem) => {
    expect(await told(update({ id, release }))).toEqual([
      `${ecosystem} CVE-2026-0001 ${id} 1.2-${release} -`,
    ]);
  });

  it("names a module's stream, an epoch, and stands under its own id without a CVE", async () => {
    const release = "3.module_el8.10.0+1+abcdef12";
    const module = '<module name="nodejs" stream="18" version="1" context="abc" arch="x86_64"/>';
    expect(
      await told(update({ id: "ALBA-2026:2", release, module, cves: [], epoch: "1" })),
    ).toEqual([`AlmaLinux:8 ALBA-2026:2 ALBA-2026:2 1:1.2-${release} nodejs:18`]);
  });

  it("says nothing of source packages, nor of builds for a release that nobody can tell", async () => {
    const good = update({ id: "ALSA-2026:1", release: "3.el9" });
    const source = update({ id: "ALSA-2026:3", release: "3.el9", arch: "src" });
    const strange = update({ id: "ALSA-2026:4", release: "3" });
    expect(await told(good, source, strange)).toHaveLength(1);
  });
});
