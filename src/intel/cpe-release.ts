import { canonicalEcosystem } from "./ecosystem-name.ts";

/**
 * The release that the CPE of a distribution's product or repository names:
 * `cpe:/a:redhat:enterprise_linux:9::appstream`, `cpe:/o:suse:sles:15:sp4`, `cpe:/o:opensuse:leap:15.5`.
 * `null` for products that are no release of a distribution.
 */
export function ecosystemOfCpe(cpe: string): string | null {
  const [, part = "", vendor = "", product = "", version = "", update = ""] = fieldsOf(cpe);
  if (part === "" || version === "" || version === "*" || version === "-") return null;
  switch (vendor) {
    case "redhat":
      return redHat(product, version);
    case "suse":
      return suse(product, version, update);
    case "opensuse":
      return product === "leap" ? `openSUSE:Leap ${version}` : null;
    case "oracle":
      return product === "linux" ? `Oracle Linux:${version.split(".")[0]}` : null;
    case "almalinux":
      return `AlmaLinux:${version.split(".")[0]}`;
    case "rocky":
      return `Rocky Linux:${version.split(".")[0]}`;
    default:
      return null;
  }
}

function fieldsOf(cpe: string): readonly string[] {
  if (cpe.startsWith("cpe:2.3:")) return ["cpe", ...cpe.slice("cpe:2.3:".length).split(":")];
  return cpe.startsWith("cpe:/") ? ["cpe", ...cpe.slice("cpe:/".length).split(":")] : [];
}

function redHat(product: string, version: string): string | null {
  const ecosystem = canonicalEcosystem(`Red Hat:${product}:${version}::`);
  return ecosystem.endsWith("::") ? null : ecosystem;
}

/** Modules of SUSE belong to the server of the same release. */
function suse(product: string, version: string, update: string): string | null {
  const line = /-(ltss|espos|bcl)$/.exec(product)?.[1] ?? /^(ltss|espos|bcl)$/.exec(update)?.[1];
  if (!/^(sle|sled|sles|sle_hpc|sles_sap|suse_sles|suse_sled|sle-)/.test(product)) return null;
  const pack = /^sp(\d+)$/.exec(update)?.[1];
  const release = pack === undefined ? version : `${version}.${pack}`;
  return line === undefined ? `SUSE:${release}` : `SUSE:${line}:${release}`;
}
