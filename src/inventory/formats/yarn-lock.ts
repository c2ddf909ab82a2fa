import { z } from "zod";
import {
  type Component,
  componentOf,
  type InventoryReading,
  packageOf,
  readingOfSbom,
} from "./inventory-format.ts";
import { parseLockYaml } from "./lock-yaml.ts";

/**
 * Yarn's lock files: the first version in a notation of its own, the later ones in YAML. A block is
 * headed by all the ranges that it answers (`a@^1, a@^1.2`), and its dependencies are ranges again, so
 * each is found by its head. Aliases (`short@npm:real@^1`) install another package than their name.
 */
export function readYarnLock(text: string): InventoryReading {
  const isFirst = /^# yarn lockfile v1$/m.test(text);
  const blocks = isFirst ? firstBlocks(text) : laterBlocks(text);
  const refs = new Map(blocks.flatMap(({ ranges }, at) => ranges.map((r) => [r, String(at)])));
  const components: Component[] = [];
  const edges: (readonly [string, string])[] = [];
  for (const [at, block] of blocks.entries()) {
    const own = block.isOwn ? null : judged(block);
    if (own !== null) components.push({ ...own, ref: String(at) });
    for (const need of block.needs) {
      const to = need.map((range) => refs.get(range)).find((ref) => ref !== undefined);
      if (to !== undefined) edges.push([own === null ? "" : String(at), to]);
    }
  }
  const form = isFirst ? "Yarn lock file 1" : "Yarn lock file";
  return readingOfSbom(form, { subject: null, components, edges, fileCount: 0 });
}

interface Block {
  readonly ranges: readonly string[];
  readonly version: string;
  /** Where it comes from: an address in the first version, a locator in the later ones. */
  readonly from: string;
  /** For each dependency the heads under which it may stand. */
  readonly needs: readonly (readonly string[])[];
  /** A workspace of the project itself. */
  readonly isOwn: boolean;
}

function judged({ ranges: [first = ""], version, from }: Block): Component {
  const { name, range } = partsOf(first);
  const alias = /^npm:((?:@[^/]+\/)?[^@]+)@/.exec(range)?.[1] ?? name;
  const isRegistry =
    /^https?:\/\/[^#]+\.tgz(#|$)/.test(from) || /@(npm|patch):/.test(from) || from === "";
  const isGit = /^git|\.git(#|$)|codeload\.github|@(file|link|portal):|\/archive\//.test(
    `${range} ${from}`,
  );
  const isPlain = isRegistry && !isGit && /^\d+\.\d+\.\d+/.test(version);
  return componentOf({
    name: alias,
    version,
    judged: isPlain
      ? packageOf({ ecosystem: "npm", name: alias, version })
      : "has no version of the registry",
  });
}

/** `@scope/name@range`: the last `@` that is not the first letter parts the two. */
function partsOf(head: string): { readonly name: string; readonly range: string } {
  const at = head.indexOf("@", 1);
  return at < 0
    ? { name: head, range: "" }
    : { name: head.slice(0, at), range: head.slice(at + 1) };
}

function firstBlocks(text: string): readonly Block[] {
  return text.split(/\r?\n(?=\S)/).flatMap((part): Block[] => {
    const [head = "", ...lines] = part.split(/\r?\n/);
    if (head.startsWith("#") || !head.endsWith(":")) return [];
    const ranges = head.slice(0, -1).split(/,\s*/).map(bare);
    const field = (name: string): string =>
      bare(lines.find((line) => line.startsWith(`  ${name} `))?.slice(name.length + 3) ?? "");
    const needs: string[][] = [];
    let isNeeds = false;
    for (const line of lines) {
      if (/^ {2}\S/.test(line)) isNeeds = /^ {2}(optionalD|d)ependencies:$/.test(line);
      const need = isNeeds ? /^ {4}("[^"]+"|\S+) (.+)$/.exec(line) : null;
      if (need !== null) needs.push([`${bare(need[1] ?? "")}@${bare(need[2] ?? "")}`]);
    }
    return [{ ranges, version: field("version"), from: field("resolved"), needs, isOwn: false }];
  });
}

function bare(text: string): string {
  return text.trim().replace(/^"(.*)"$/, "$1");
}

const blockSchema = z.object({
  version: z.string().optional(),
  resolution: z.string().optional(),
  dependencies: z.record(z.string(), z.string()).optional().catch(undefined),
});

function laterBlocks(text: string): readonly Block[] {
  const blocks = z.record(z.string(), z.unknown()).parse(parseLockYaml(text, "Yarn lock file"));
  return Object.entries(blocks).flatMap(([head, raw]): Block[] => {
    const parsed = blockSchema.safeParse(raw);
    if (head === "__metadata" || !parsed.success) return [];
    const { version = "", resolution = "", dependencies = {} } = parsed.data;
    const needs = Object.entries(dependencies).map(([name, range]) => [
      `${name}@${range}`,
      `${name}@npm:${range}`,
    ]);
    const isOwn = /@workspace:/.test(resolution);
    return [{ ranges: head.split(/,\s*/), version, from: resolution, needs, isOwn }];
  });
}
