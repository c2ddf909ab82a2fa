import { z } from "zod";
import { childOf, childrenOf, readXml, textOf, type XmlElement } from "../../base/xml-elements.ts";
import type { Package } from "../model.ts";
import { packageOfPurl } from "../purl-package.ts";
import {
  distinctPackages,
  type InventoryProblem,
  type InventoryReading,
} from "./inventory-format.ts";

/**
 * CycloneDX bills of materials, JSON and XML (ECMA-424): components, nested ones too. A component
 * without a package URL cannot be matched with anything and is told.
 */
export function readCycloneDxJson(value: unknown, release: string | null): InventoryReading {
  const bom = bomSchema.parse(value);
  const collected = collector(release);
  for (const item of componentsIn(bom.components ?? [])) collected.add(item);
  return collected.finish(`CycloneDX ${bom.specVersion ?? ""}`.trim());
}

const bomSchema = z.object({
  bomFormat: z.literal("CycloneDX"),
  specVersion: z.string().max(20).optional(),
  components: z.array(z.unknown()).optional(),
});

const componentSchema = z.object({
  type: z.string().optional(),
  name: z.string().optional(),
  version: z.string().optional(),
  purl: z.string().optional(),
  components: z.array(z.unknown()).optional(),
});

interface Component {
  readonly type: string;
  readonly name: string;
  readonly version: string;
  readonly purl: string;
}

/** Walks without recursion: the depth is the document's, not ours. */
function* componentsIn(all: readonly unknown[]): Generator<Component | null> {
  const waiting = [...all].reverse();
  while (waiting.length > 0) {
    const parsed = componentSchema.safeParse(waiting.pop());
    if (!parsed.success) {
      yield null;
      continue;
    }
    const { type = "", name = "", version = "", purl = "", components = [] } = parsed.data;
    yield { type, name, version, purl };
    for (const child of [...components].reverse()) waiting.push(child);
  }
}

export function readCycloneDxXml(text: string, release: string | null): InventoryReading | null {
  const collected = collector(release);
  let form = "";
  const cut = readXml(text, new Set(["bom"]), (bom) => {
    form = `CycloneDX ${/bom\/(\d+\.\d+)/.exec(bom.attributes["xmlns"] ?? "")?.[1] ?? ""}`.trim();
    for (const component of xmlComponents(bom)) collected.add(component);
  });
  return cut === null && form !== "" ? collected.finish(`${form} (XML)`) : null;
}

function* xmlComponents(parent: XmlElement): Generator<Component> {
  const list = childOf(parent, "components");
  for (const component of list === undefined ? [] : childrenOf(list, "component")) {
    yield {
      type: component.attributes["type"] ?? "",
      name: textOf(childOf(component, "name")),
      version: textOf(childOf(component, "version")),
      purl: textOf(childOf(component, "purl")),
    };
    yield* xmlComponents(component);
  }
}

/** What can never have advisories by package: files, data, machine-learning models. */
const withoutPackages: ReadonlySet<string> = new Set([
  "file",
  "data",
  "machine-learning-model",
  "device",
]);

function collector(release: string | null) {
  const packages: Package[] = [];
  const problems: InventoryProblem[] = [];
  return {
    add(component: Component | null): void {
      if (component === null) {
        problems.push({ place: "components", reason: "holds something that is no component" });
      } else if (component.purl === "") {
        const place = `${component.name} ${component.version}`.trim() || "a component";
        if (withoutPackages.has(component.type)) return;
        problems.push({ place, reason: "has no package URL, so nothing is known about it" });
      } else {
        const p = packageOfPurl(component.purl, release);
        if (typeof p === "string") problems.push({ place: component.purl, reason: p });
        else packages.push(p);
      }
    },
    finish: (form: string): InventoryReading => ({
      form,
      packages: distinctPackages(packages),
      problems,
    }),
  };
}
