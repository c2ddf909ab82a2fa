import { describe, expect, it } from "vitest";
import { aPackage, GENERATION, hasRealFeeds, realFeed } from "../../../../test/builders/intel.ts";
import { childrenOf, readXml, type XmlElement } from "../../../base/xml-elements.ts";
import { canonicalEcosystem, releaseOfChannel } from "../../ecosystem-name.ts";
import { readFeed } from "../../ingest.ts";
import { findingsForPackages } from "../../match.ts";
import type { Statement } from "../../model.ts";
import { orderOf } from "../../versions/order.ts";

/** Definitions of OVAL against their plainest reading: the tree of conditions asked one by one. */
async function statementsIn(file: string | Buffer): Promise<readonly Statement[]> {
  const readings = await readFeed(Buffer.from(file));
  return readings.flatMap(({ content }) =>
    content.kind === "advisories" ? content.statements : [],
  );
}

interface Build {
  readonly ecosystem: string;
  readonly name: string;
  readonly version: string;
  readonly arch: string;
}

function affectedBy(build: Build, statements: readonly Statement[]): readonly string[] {
  const packages = [aPackage({ ...build, id: 1 })];
  const stored = statements.map((s, id) => ({ ...s, id, generation: GENERATION }));
  const { matches } = findingsForPackages({ packages, statements: stored, rejected: new Set() });
  return matches
    .filter(({ state }) => state.startsWith("affected"))
    .map(({ vulnerability }) => vulnerability)
    .sort();
}

const byId = (elements: readonly XmlElement[]): ReadonlyMap<string, XmlElement> =>
  new Map(elements.map((element) => [element.attributes["id"] ?? "", element]));

interface Definition {
  readonly title: string;
  readonly cves: readonly string[];
  readonly criteria: XmlElement;
}

function definitionsIn(text: string): {
  readonly definitions: readonly Definition[];
  readonly states: ReadonlyMap<string, string>;
} {
  const definitions: Definition[] = [];
  const tests: XmlElement[] = [];
  const states: XmlElement[] = [];
  const wanted = new Set(["definition", "rpminfo_test", "rpminfo_state"]);
  readXml(text, wanted, (element) => {
    if (element.name === "rpminfo_test") tests.push(element);
    if (element.name === "rpminfo_state") states.push(element);
    if (element.name !== "definition") return;
    // Descriptions name other vulnerabilities too: those that an advisory continues, or goes back to.
    const about = childrenOf(element, "metadata").flatMap((each) => each.children);
    const metadata = JSON.stringify(about.filter(({ name }) => name !== "description"));
    const [criteria] = childrenOf(element, "criteria");
    if (criteria === undefined) throw new Error("a definition without criteria");
    const cves = [...new Set(metadata.match(/CVE-\d{4}-\d{4,}/g) ?? [])].sort();
    definitions.push({ title: /ELSA-[\d-]+/.exec(metadata)?.[0] ?? cves[0] ?? "", cves, criteria });
  });
  const evrs = byId(states);
  const named = tests.map((test): [string, string] => {
    const state = childrenOf(test, "state")[0]?.attributes["state_ref"] ?? "";
    const evr = childrenOf(evrs.get(state) ?? test, "evr")[0];
    return [test.attributes["id"] ?? "", evr === undefined ? "" : String(evr.text)];
  });
  return { definitions, states: new Map(named) };
}

const order = orderOf("Oracle Linux:8");

/** Is the machine with this one package what the tree describes? */
function holds(
  element: XmlElement,
  machine: Build & { readonly platform: string },
  states: ReadonlyMap<string, string>,
): boolean {
  const isNegated = element.attributes["negate"] === "true";
  if (element.name === "criterion") return said(element, machine, states) !== isNegated;
  const parts = element.children.map((child) => holds(child, machine, states));
  const isTrue =
    element.attributes["operator"] === "OR" ? parts.includes(true) : !parts.includes(false);
  return isTrue !== isNegated;
}

function said(
  criterion: XmlElement,
  machine: Build & { readonly platform: string },
  states: ReadonlyMap<string, string>,
): boolean {
  const comment = criterion.attributes["comment"] ?? "";
  const [, earlier, than = ""] = /^(\S+) is earlier than (\S+)$/.exec(comment) ?? [];
  if (earlier !== undefined) return earlier === machine.name && isLower(machine.version, than);
  const [, signed] = /^(\S+) is signed with/.exec(comment) ?? [];
  if (signed !== undefined) return signed === machine.name;
  const [, spliced] = /^(\S+) is ksplice-based$/.exec(comment) ?? [];
  if (spliced !== undefined) {
    return spliced === machine.name && machine.version.includes(".ksplice");
  }
  const [, arch] = /arch is (\S+)$/.exec(comment) ?? [];
  if (arch !== undefined) return arch === machine.arch;
  if (comment === `${machine.platform} is installed`) return true;
  if (/is not affected$/.test(comment)) return false;
  const [, name, evr] = /^(\S+)-([^-\s]+-[^-\s]+) is installed$/.exec(comment) ?? [];
  if (name === undefined || evr === undefined) return false;
  const state = states.get(criterion.attributes["test_ref"] ?? "") || evr;
  return name === machine.name && isLower(machine.version, state);
}

function isLower(a: string, b: string): boolean {
  const compared = order?.(a, b) ?? null;
  if (compared === null) throw new Error(`cannot compare ${a} with ${b}`);
  return compared < 0;
}

/** Every package and version that a file names, and versions around them. */
function buildsIn(statements: readonly Statement[]): readonly Build[] {
  const fixes = statements.flatMap((s) =>
    s.state.kind === "fixed" ? [{ name: s.packageName, version: s.state.version }] : [],
  );
  const names = [...new Set(statements.map((s) => s.packageName))];
  const all = new Set(statements.map((s) => s.ecosystem));
  const ecosystems = [...all].filter((ecosystem) => releaseOfChannel(ecosystem) === null);
  return names.flatMap((name) => {
    const own = fixes.filter((fix) => fix.name === name).map((fix) => fix.version);
    const below = own.map((v) => v.replace(/^(\d+:)?/, "$&0."));
    const versions = [...new Set([...below, ...own, ...own.map((v) => `${v}.1`)])];
    return ecosystems.flatMap((ecosystem) =>
      versions.flatMap((version) =>
        ["x86_64", "aarch64"].map((arch) => ({ ecosystem, name, version, arch })),
      ),
    );
  });
}

/** What the build's machine may call itself: its release, and the channels beside that. */
function platformsOf(ecosystem: string, text: string): readonly string[] {
  const all = new Set([...text.matchAll(/comment="([^"]*) is installed"/g)].map((m) => m[1] ?? ""));
  return [...all].filter((platform) => {
    const name = platform.startsWith("SUSE ")
      ? canonicalEcosystem(`SUSE:${platform.slice(5)}`)
      : platform.replace(/ (\d+)$/, ":$1");
    return name === ecosystem || releaseOfChannel(name) === ecosystem;
  });
}

describe.skipIf(!hasRealFeeds)("the definitions of", () => {
  it.each([
    "redhat/oracle-oval/mock_data",
    "redhat/oracle-oval/mock_per_arch_data",
    "redhat/oracle-oval/mock_ksplice_data",
    "redhat/suse-oval/suse_truncated.xml",
  ])("%s hold for a build exactly where their trees do", async (path) => {
    const text = realFeed(path).toString();
    const statements = await statementsIn(text);
    const { definitions, states } = definitionsIn(text);
    let asked = 0;
    for (const build of buildsIn(statements)) {
      const expected = new Set(
        platformsOf(build.ecosystem, text).flatMap((platform) =>
          definitions
            .filter((d) => holds(d.criteria, { ...build, platform }, states))
            .flatMap((d) => d.cves),
        ),
      );
      asked++;
      expect({ build, cves: affectedBy(build, statements) }).toEqual({
        build,
        cves: [...expected].sort(),
      });
    }
    expect(asked).toBeGreaterThan(10);
  });
});

const definition = (criteria: string): string =>
  `<oval_definitions><generator>Oracle Errata System</generator><definitions><definition id="d"><metadata><title>ELSA-2026-1: x</title><reference ref_id="CVE-2026-0001"/></metadata>${criteria}</definition></definitions></oval_definitions>`;

const platform = '<criterion comment="Oracle Linux 8 is installed"/>';
const earlier = '<criterion comment="bind is earlier than 0:9.1-9.el8"/>';
const and = (...inner: string[]): string => `<criteria operator="AND">${inner.join("")}</criteria>`;
const or = (...inner: string[]): string => `<criteria operator="OR">${inner.join("")}</criteria>`;

describe("a tree of conditions", () => {
  it.each([
    ["joined without a word", `<criteria>${platform}${earlier}</criteria>`, 1],
    ["nested", and(platform, or(and(earlier))), 1],
    ["of alternative platforms", and(or(platform, platform.replace("8", "9")), or(earlier)), 2],
    ["whose package is negated", and(platform, earlier.replace("/>", ' negate="true"/>')), 0],
    ["whose group is negated", and(platform, or(earlier).replace(">", ' negate="true">')), 0],
    ["whose platform is negated", and(platform.replace("/>", ' negate="true"/>'), earlier), 0],
    ["whose alternatives hold a platform beside a package", or(platform, earlier), 0],
    ["of nothing known", and('<criterion comment="it rains"/>', earlier), 0],
  ])("%s", async (_what, criteria, count) => {
    // An empty feed is refused, so one that says nothing has another definition beside it.
    const other = definition(and(platform, earlier.replace("bind", "other")));
    const both = other.replace(
      "</definitions>",
      `${/<definition id[\s\S]*<\/definition>/.exec(definition(criteria))?.[0].replace('id="d"', 'id="e"')}</definitions>`,
    );
    const statements = await statementsIn(both);
    expect(statements.filter(({ packageName }) => packageName === "bind")).toHaveLength(count);
  });

  it("keeps the streams of modules and what is patched while it runs apart", async () => {
    const module = '<criterion comment="Module bind:9.16 is enabled"/>';
    const spliced = '<criterion comment="bind is ksplice-based"/>';
    const [inStream] = await statementsIn(definition(and(platform, module, or(earlier))));
    expect(inStream?.streams).toEqual(["bind:9.16"]);
    const version = "2:9.1-9.ksplice1.el8";
    const statements = await statementsIn(
      definition(and(platform, earlier.replace("0:9.1-9.el8", version), spliced)),
    );
    const build = { ecosystem: "Oracle Linux:8", name: "bind", arch: "x86_64" };
    const judged = (installed: string) => affectedBy({ ...build, version: installed }, statements);
    expect(judged("32:9.1-1.el8")).toEqual([]);
    expect(judged("9.1-1.el8")).toEqual([]);
    expect(judged("2:9.1-8.ksplice1.el8")).toEqual(["CVE-2026-0001"]);
    expect(judged(version)).toEqual([]);
  });
});
