import { childOf, childrenOf, readXml, textOf, type XmlElement } from "../../base/xml-elements.ts";
import {
  type Component,
  type ComponentScope,
  componentOf,
  type InventoryReading,
  packageOf,
  readingOfSbom,
} from "./inventory-format.ts";

/**
 * Maven's project file. It names only what the project needs itself, and versions may be decided
 * elsewhere (a parent, a range), so it never tells everything: what it leaves open is told, and one
 * entry says that the rest is missing.
 */
export function readMavenPom(text: string): InventoryReading | null {
  let reading: InventoryReading | null = null;
  const cut = readXml(text, new Set(["project"]), (project) => {
    if (childOf(project, "modelVersion") !== undefined) reading ??= readingOf(project);
  });
  return cut === null ? reading : null;
}

function readingOf(project: XmlElement): InventoryReading {
  const fill = filler(project);
  const managed = new Map(
    dependenciesIn(childOf(project, "dependencyManagement")).map((one) => [
      `${fill(textOf(childOf(one, "groupId")))}:${fill(textOf(childOf(one, "artifactId")))}`,
      fill(textOf(childOf(one, "version"))),
    ]),
  );
  const name = fill("${project.groupId}:${project.artifactId}");
  const subject = { ref: "", name, version: fill("${project.version}") };
  const components = dependenciesIn(project).map((one): Component => {
    const field = (key: string): string => fill(textOf(childOf(one, key)));
    const own = `${field("groupId")}:${field("artifactId")}`;
    const version = field("version") || (managed.get(own) ?? "");
    const isExact = /^[\w.+~-]+$/.test(version);
    return componentOf({
      ref: own,
      name: own,
      version,
      scope: scopeOf(field("scope"), field("optional")),
      judged: isExact
        ? packageOf({ ecosystem: "Maven", name: own, version })
        : "leaves its version to a parent, a range or a property of elsewhere",
    });
  });
  const rest = componentOf({
    name: "what these need in turn",
    judged:
      "does not stand in a project file: hand in `mvn dependency:list` or a bill of materials",
  });
  return readingOfSbom("Maven project file", {
    subject,
    components: [...components, rest],
    edges: components.map(({ ref }) => ["", ref] as const),
    fileCount: 0,
  });
}

function dependenciesIn(parent: XmlElement | undefined): readonly XmlElement[] {
  const list = parent === undefined ? undefined : childOf(parent, "dependencies");
  return list === undefined ? [] : childrenOf(list, "dependency");
}

function scopeOf(scope: string, optional: string): ComponentScope {
  if (scope === "test" || scope === "provided") return "development";
  return optional === "true" ? "optional" : "";
}

const DEEP_MAX = 5;

/** `${name}` by the project's own properties; what is not known stays as it is. */
function filler(project: XmlElement): (text: string) => string {
  const known = new Map<string, string>();
  const parent = childOf(project, "parent");
  for (const key of ["groupId", "artifactId", "version"]) {
    const inherited = parent === undefined ? "" : textOf(childOf(parent, key));
    const own = textOf(childOf(project, key)) || (key === "artifactId" ? "" : inherited);
    known.set(`project.${key}`, own);
    known.set(`pom.${key}`, own);
    known.set(`project.parent.${key}`, inherited);
  }
  for (const property of childOf(project, "properties")?.children ?? []) {
    known.set(property.name, textOf(property));
  }
  return (given) => {
    let text = given;
    for (let turn = 0; turn < DEEP_MAX && text.length < 1_000 && text.includes("${"); turn++) {
      text = text.replaceAll(/\$\{([\w.-]+)\}/g, (whole, key) => known.get(key) ?? whole);
    }
    return text;
  };
}
