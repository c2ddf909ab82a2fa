import {
  childOf,
  childrenOf,
  descendants,
  readXml,
  textOf,
  type XmlElement,
} from "../../base/xml-elements.ts";
import type { InventoryReading } from "./inventory-format.ts";
import { isCpeType, isPurlType, readingOfSpdx } from "./spdx.ts";

/** SPDX 2 as RDF/XML: packages wherever they hang in the tree. Who needs whom is not read from it. */
export function readSpdxRdf(text: string, release: string | null): InventoryReading | null {
  let packages: readonly XmlElement[] | null = null;
  const cut = readXml(text, new Set(["RDF"]), (root) => {
    if (!descendants(root, "SpdxDocument").next().done)
      packages = [...descendants(root, "Package")];
  });
  if (cut !== null || packages === null) return null;
  const items = (packages as readonly XmlElement[]).map((element) => {
    const refs = childrenOf(element, "externalRef").flatMap((one) => {
      const ref = childOf(one, "ExternalRef");
      const type = ref === undefined ? undefined : childOf(ref, "referenceType");
      const named = type?.attributes["rdf:resource"] ?? textOf(type);
      return ref === undefined ? [] : [{ named, at: textOf(childOf(ref, "referenceLocator")) }];
    });
    return {
      ref: element.attributes["rdf:about"] ?? "",
      name: textOf(childOf(element, "name")),
      version: textOf(childOf(element, "versionInfo")),
      purls: refs.filter(({ named }) => isPurlType(named)).map(({ at }) => at),
      cpe: refs.find(({ named }) => isCpeType(named))?.at ?? "",
    };
  });
  const content = { form: "SPDX 2 (RDF)", items, relationships: [], described: [] };
  return readingOfSpdx(content, release);
}
