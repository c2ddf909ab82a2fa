import { z } from "zod";
import { childOf, childrenOf, readXml, textOf, type XmlElement } from "../../base/xml-elements.ts";
import { withProduct } from "../cpe-package.ts";
import {
  type Component,
  type ComponentScope,
  componentOf,
  type InventoryReading,
  readingOfSbom,
  type Sbom,
} from "./inventory-format.ts";

/**
 * CycloneDX bills of materials, JSON and XML (ECMA-424): components, nested ones too, and who depends
 * on whom. A component without a package URL cannot be matched with anything and is told.
 */
export function readCycloneDxJson(value: unknown, release: string | null): InventoryReading {
  const bom = bomSchema.parse(value);
  const draft = newDraft(release);
  for (const { within, item } of componentsIn(bom.components ?? [])) draft.add(item, within);
  for (const raw of bom.dependencies ?? []) {
    const parsed = dependencySchema.safeParse(raw);
    if (!parsed.success) continue;
    for (const to of parsed.data.dependsOn ?? []) draft.edge(parsed.data.ref, to);
  }
  const subject = entrySchema.safeParse(bom.metadata?.component);
  if (subject.success) draft.about(itemOf(subject.data));
  draft.linked(bom.serialNumber ?? "", bom.version ?? 1);
  return draft.finish(`CycloneDX ${bom.specVersion ?? ""}`.trim());
}

const bomSchema = z.object({
  bomFormat: z.literal("CycloneDX"),
  specVersion: z.string().max(20).optional(),
  serialNumber: z.string().max(200).optional().catch(undefined),
  version: z.number().int().min(0).max(2_147_483_647).optional().catch(undefined),
  metadata: z.object({ component: z.unknown().optional() }).optional().catch(undefined),
  components: z.array(z.unknown()).optional(),
  dependencies: z.array(z.unknown()).optional().catch(undefined),
});

const dependencySchema = z.object({
  ref: z.string(),
  dependsOn: z.array(z.string()).optional(),
});

/** What says little is left out where it is not what it should be; name and URL decide. */
const entrySchema = z.object({
  "bom-ref": z.string().optional(),
  type: z.string().optional(),
  group: z.string().optional().catch(undefined),
  name: z.string().optional(),
  version: z.string().optional(),
  purl: z.string().optional(),
  cpe: z.string().optional().catch(undefined),
  scope: z.string().optional().catch(undefined),
  properties: z
    .array(z.object({ name: z.string().optional(), value: z.string().optional() }))
    .optional()
    .catch(undefined),
  components: z.array(z.unknown()).optional(),
});

interface Item {
  readonly ref: string;
  readonly type: string;
  readonly name: string;
  readonly version: string;
  readonly purl: string;
  readonly cpe: string;
  readonly scope: ComponentScope;
}

function itemOf(entry: z.output<typeof entrySchema>): Item {
  const { type = "", group = "", name = "", version = "", purl = "", cpe = "" } = entry;
  const isDevelopment = (entry.properties ?? []).some(
    (p) => p.name === "cdx:npm:package:development" && p.value === "true",
  );
  const fullName = group === "" ? name : `${group}/${name}`;
  const scope = isDevelopment ? "development" : scopeOf(entry.scope ?? "");
  return { ref: entry["bom-ref"] ?? "", type, name: fullName, version, purl, cpe, scope };
}

function scopeOf(word: string): ComponentScope {
  return word === "required" || word === "optional" || word === "excluded" ? word : "";
}

interface Placed {
  /** The ref of the component it is a part of; "" at the top. */
  readonly within: string;
  readonly item: Item | null;
}

/** Walks without recursion: the depth is the document's, not ours. */
function* componentsIn(all: readonly unknown[]): Generator<Placed> {
  const waiting = all.map((raw) => ({ within: "", raw })).reverse();
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const { within, raw } = next;
    const parsed = entrySchema.safeParse(raw);
    if (!parsed.success) {
      yield { within, item: null };
      continue;
    }
    const item = itemOf(parsed.data);
    yield { within, item };
    for (const child of [...(parsed.data.components ?? [])].reverse()) {
      waiting.push({ within: item.ref || within, raw: child });
    }
  }
}

export function readCycloneDxXml(text: string, release: string | null): InventoryReading | null {
  const draft = newDraft(release);
  let form = "";
  const cut = readXml(text, new Set(["bom"]), (bom) => {
    form = `CycloneDX ${/bom\/(\d+\.\d+)/.exec(bom.attributes["xmlns"] ?? "")?.[1] ?? ""}`.trim();
    for (const { within, item } of xmlComponents(bom, "")) draft.add(item, within);
    const dependencies = childOf(bom, "dependencies");
    for (const from of dependencies === undefined ? [] : childrenOf(dependencies, "dependency")) {
      const ref = from.attributes["ref"] ?? "";
      for (const to of childrenOf(from, "dependency")) draft.edge(ref, to.attributes["ref"] ?? "");
    }
    const metadata = childOf(bom, "metadata");
    const subject = metadata === undefined ? undefined : childOf(metadata, "component");
    if (subject !== undefined) draft.about(xmlItem(subject));
    const { serialNumber = "", version = "" } = bom.attributes;
    draft.linked(serialNumber.slice(0, 200), /^\d{1,9}$/.test(version) ? Number(version) : 1);
  });
  return cut === null && form !== "" ? draft.finish(`${form} (XML)`) : null;
}

function* xmlComponents(parent: XmlElement, within: string): Generator<Placed> {
  const list = childOf(parent, "components");
  for (const component of list === undefined ? [] : childrenOf(list, "component")) {
    const item = xmlItem(component);
    yield { within, item };
    yield* xmlComponents(component, item.ref || within);
  }
}

function xmlItem(component: XmlElement): Item {
  const group = textOf(childOf(component, "group"));
  const name = textOf(childOf(component, "name"));
  return {
    ref: component.attributes["bom-ref"] ?? "",
    type: component.attributes["type"] ?? "",
    name: group === "" ? name : `${group}/${name}`,
    version: textOf(childOf(component, "version")),
    purl: textOf(childOf(component, "purl")),
    cpe: textOf(childOf(component, "cpe")),
    scope: scopeOf(textOf(childOf(component, "scope"))),
  };
}

/** What can never have advisories by package: files, data, machine-learning models. */
const withoutPackages: ReadonlySet<string> = new Set([
  "file",
  "data",
  "machine-learning-model",
  "device",
]);

function newDraft(release: string | null) {
  const components: Component[] = [];
  const edges: [string, string][] = [];
  let fileCount = 0;
  let subject: Sbom["subject"] = null;
  let link: Sbom["link"];
  return {
    add(item: Item | null, within: string): void {
      if (item === null) {
        const judged = "holds something that is no component";
        components.push(componentOf({ name: "components", judged }));
        return;
      }
      if (within !== "" && item.ref !== "") edges.push([within, item.ref]);
      if (item.purl === "" && item.cpe === "" && withoutPackages.has(item.type)) {
        fileCount++;
        return;
      }
      const { ref, name, version, purl, cpe, scope } = item;
      components.push(withProduct({ ref, name, version, purl, cpe, scope }, release));
    },
    edge(from: string, to: string): void {
      edges.push([from, to]);
    },
    about({ ref, name, version, purl }: Item): void {
      subject = { ref, name, version, ...(purl === "" ? {} : { purl }) };
    },
    linked(serialNumber: string, version: number): void {
      const serial = serialNumber.toLowerCase().replace(/^urn:uuid:/, "");
      if (/^[0-9a-z-]{1,100}$/.test(serial)) link = { serial, version };
    },
    finish(form: string): InventoryReading {
      const sbom = { subject, components, edges, fileCount };
      return readingOfSbom(form, link === undefined ? sbom : { ...sbom, link });
    },
  };
}
