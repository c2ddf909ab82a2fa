import { childOf, readXml, textOf, type XmlElement } from "../base/xml-elements.ts";

/** What the index of an rpm repository (`repomd.xml`) says of its advisories. */
export interface NamedFile {
  /** Below the repository's address. */
  readonly path: string;
  readonly digest: { readonly algorithm: "sha256" | "sha512"; readonly hex: string };
}

export function updateinfoIn(text: string): NamedFile | null {
  const found: XmlElement[] = [];
  readXml(text, new Set(["data"]), (element) => {
    if (element.attributes["type"] === "updateinfo") found.push(element);
  });
  const [data] = found;
  if (data === undefined) return null;
  const path = childOf(data, "location")?.attributes["href"] ?? "";
  const checksum = childOf(data, "checksum");
  const algorithm = checksum?.attributes["type"];
  const hex = textOf(checksum).trim();
  // Within the repository, whatever the index says; without a digest nothing can be checked.
  if (!/^[A-Za-z0-9._-]+(\/[A-Za-z0-9._-]+)*$/.test(path) || path.split("/").includes("..")) {
    return null;
  }
  if (algorithm !== "sha256" && algorithm !== "sha512") return null;
  return /^[0-9a-f]{64,128}$/.test(hex) ? { path, digest: { algorithm, hex } } : null;
}
