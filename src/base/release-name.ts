/**
 * The name of an ecosystem as people say it: `Debian:12` is Debian 12, `Ubuntu:22.04:LTS` is Ubuntu 22.04 LTS (OSV
 * schema, "Defined ecosystems"). Names of products (`Red Hat:enterprise_linux:9::appstream`) stay as they are
 * published. For reading only: addresses and questions keep the published name.
 */
export function releaseName(ecosystem: string): string {
  return /::|_/.test(ecosystem) ? ecosystem : ecosystem.replaceAll(":", " ");
}
