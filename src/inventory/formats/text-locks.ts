import { z } from "zod";
import {
  type Component,
  componentOf,
  type InventoryReading,
  packageOf,
  readingOfSbom,
} from "./inventory-format.ts";
import { parseLockYaml } from "./lock-yaml.ts";

/** Lock files of Bundler, Pub and Mix, each in a notation of its own. */

/** Behind a version stands the platform it was built for (`1.16.2-x86_64-linux-gnu`). */
const PLATFORM =
  /-(?:java|jruby|mswin\d*|(?:x86|x64|x86_64|i[3-6]86|aarch64|arm|arm64|universal|ppc\w*|s390x|riscv64)\b.*)$/;

/** Gemfile.lock: specs by source; only those of `GEM` come from a registry. */
export function readGemfileLock(text: string): InventoryReading {
  const components: Component[] = [];
  const edges: (readonly [string, string])[] = [];
  let section = "";
  let current = "";
  for (const line of text.split(/\r?\n/)) {
    if (/^[A-Z][A-Z ]*$/.test(line)) section = line;
    const spec = /^ {4}(\S+) \(([^)\s]+)\)$/.exec(line);
    const need = /^ {6}([^\s(]+)/.exec(line);
    const direct = /^ {2}([^\s(!]+)/.exec(line);
    if (spec !== null) {
      current = spec[1] ?? "";
      components.push(gemOf(section, current, spec[2] ?? ""));
    } else if (need !== null && current !== "") edges.push([current, need[1] ?? ""]);
    else if (section === "DEPENDENCIES" && direct !== null) edges.push(["", direct[1] ?? ""]);
  }
  const once = new Map(components.map((one) => [`${one.name} ${one.version}`, one]));
  return readingOfSbom("Bundler lock file", {
    subject: null,
    components: [...once.values()],
    edges,
    fileCount: 0,
  });
}

function gemOf(section: string, name: string, given: string): Component {
  const version = given.replace(PLATFORM, "");
  const judged =
    section === "GEM"
      ? packageOf({ ecosystem: "RubyGems", name, version })
      : "does not come from the registry";
  return componentOf({ ref: name, name, version, judged });
}

const pubSchema = z.object({ packages: z.record(z.string(), z.unknown()) });
const pubEntry = z.object({
  dependency: z.string().optional(),
  source: z.string().optional(),
  version: z.string(),
});

/** pubspec.lock tells what the project needs itself, not who needs the rest. */
export function readPubLock(text: string): InventoryReading {
  const { packages } = pubSchema.parse(parseLockYaml(text, "Pub lock file"));
  const edges: (readonly [string, string])[] = [];
  const components = Object.entries(packages).map(([name, raw]): Component => {
    const parsed = pubEntry.safeParse(raw);
    if (!parsed.success) return componentOf({ name, judged: "has no version" });
    const { dependency = "", source = "", version } = parsed.data;
    if (dependency.startsWith("direct")) edges.push(["", name]);
    const scope = dependency === "direct dev" ? "development" : "";
    const judged =
      source === "hosted"
        ? packageOf({ ecosystem: "Pub", name, version })
        : "does not come from the registry";
    return componentOf({ ref: name, name, version, scope, judged });
  });
  return readingOfSbom("Pub lock file", { subject: null, components, edges, fileCount: 0 });
}

/** mix.lock: one Elixir tuple a line; `:hex` names the package, whatever the application is called. */
export function readMixLock(text: string): InventoryReading {
  const components: Component[] = [];
  const edges: (readonly [string, string])[] = [];
  for (const line of text.split(/\r?\n/)) {
    const app = /^\s*"([^"]+)": \{:(\w+), (.*)$/.exec(line);
    if (app === null) continue;
    const [, ref = "", kind = "", rest = ""] = app;
    const hex = kind === "hex" ? /^:"?([\w.-]+)"?, "([^"]+)",/.exec(rest) : null;
    const name = hex?.[1] ?? ref;
    const version = hex?.[2] ?? "";
    const judged =
      hex === null
        ? "does not come from the registry"
        : packageOf({ ecosystem: "Hex", name, version });
    components.push(componentOf({ ref, name, version, judged }));
    for (const need of rest.matchAll(/\{:"?([\w.-]+)"?, "/g)) edges.push([ref, need[1] ?? ""]);
  }
  return readingOfSbom("Mix lock file", { subject: null, components, edges, fileCount: 0 });
}
