import { type LabPackage, LIBRARY_FOLDER, type PackageVersion } from "./packages.ts";

/** Turns one version of a package into the files of its tree: pure. */

export interface PackageFile {
  readonly path: string;
  readonly content: string | Uint8Array;
  readonly mode: number;
}

export interface TreePlan {
  readonly entry: LabPackage;
  readonly version: PackageVersion;
  readonly architecture: string;
  /** Bytes of a small shared object that perl can load. */
  readonly library: Uint8Array;
  readonly scripts: { readonly effect: string; readonly init: string; readonly service: string };
}

export function packageFiles(plan: TreePlan): readonly PackageFile[] {
  const files: PackageFile[] = [
    file("DEBIAN/control", control(plan)),
    file("DEBIAN/postinst", postinst(plan), 0o755),
  ];
  const { entry, version } = plan;
  if (entry.port !== undefined) {
    files.push(
      file(`etc/init.d/${entry.name}`, filled(plan.scripts.init, plan), 0o755),
      file(`usr/lib/${entry.name}/service`, filled(plan.scripts.service, plan), 0o755),
      file("DEBIAN/prerm", prerm(entry.name), 0o755),
      file("DEBIAN/postrm", postrm(entry.name), 0o755),
    );
  }
  if (entry.conffile !== undefined) {
    files.push(
      file(`etc/${entry.name}.conf`, entry.conffile(version.version)),
      file("DEBIAN/conffiles", `/etc/${entry.name}.conf\n`),
    );
  }
  if (entry.isLibrary === true) {
    const folder = LIBRARY_FOLDER.slice(1);
    files.push(
      file(`${folder}/liblab.so.1`, withTail(plan.library, version.version)),
      file(`${folder}/version`, `${version.version}\n`),
    );
  }
  if (version.fault === "asks-a-question") {
    files.push(
      file("DEBIAN/templates", templates(entry.name)),
      file("DEBIAN/config", config(entry.name), 0o755),
    );
  }
  return files;
}

function control({ entry, version, architecture }: TreePlan): string {
  const depends = version.depends.length === 0 ? [] : [`Depends: ${version.depends.join(", ")}`];
  return [
    `Package: ${entry.name}`,
    `Version: ${version.version}`,
    `Architecture: ${entry.isLibrary === true ? architecture : "all"}`,
    ...depends,
    "Section: misc",
    "Priority: optional",
    "Maintainer: Fettle lab <lab@localhost>",
    `Description: lab package ${entry.name}`,
    ` When updated, it ${entry.about.replace(/^the new version/, "is the version that")}.`,
    "",
  ].join("\n");
}

function postinst(plan: TreePlan): string {
  const { entry, version } = plan;
  const lines = ["#!/bin/sh", "set -e"];
  if (version.fault === "asks-a-question") lines.push(". /usr/share/debconf/confmodule");
  lines.push(filled(plan.scripts.effect, plan).trimEnd(), '[ "$1" = configure ] || exit 0');
  lines.push(...deed(entry.name, version));
  if (entry.port !== undefined) {
    lines.push(`update-rc.d ${entry.name} defaults`, `invoke-rc.d ${entry.name} restart`);
  }
  lines.push("exit 0", "");
  return lines.join("\n");
}

function deed(name: string, { fault }: PackageVersion): readonly string[] {
  switch (fault) {
    case "none":
    case "answers-500":
      return ["effect configure"];
    case "fails-in-postinst":
      return [
        "effect configure-fails",
        `echo "${name}: this version cannot be configured" >&2`,
        "exit 1",
      ];
    case "hangs-in-postinst":
      return ["effect configure-hangs", "while :; do sleep 1; done"];
    case "asks-a-question":
      return [
        `db_get ${name}/owner || RET=`,
        'effect "configure-answer=$(printf %s "$RET" | tr -c "A-Za-z0-9" _)"',
        "db_stop",
      ];
  }
}

function prerm(name: string): string {
  return `#!/bin/sh\nset -e\n[ "$1" = remove ] && invoke-rc.d ${name} stop\nexit 0\n`;
}

function postrm(name: string): string {
  return `#!/bin/sh\nset -e\n[ "$1" = purge ] && update-rc.d ${name} remove\nexit 0\n`;
}

function templates(name: string): string {
  return [
    `Template: ${name}/owner`,
    "Type: string",
    "Description: Who owns this host?",
    " The new version insists on knowing it.",
    "",
  ].join("\n");
}

function config(name: string): string {
  return [
    "#!/bin/sh",
    "set -e",
    ". /usr/share/debconf/confmodule",
    `db_input critical ${name}/owner || true`,
    "db_go || true",
    "",
  ].join("\n");
}

function filled(text: string, plan: TreePlan): string {
  const { entry, version } = plan;
  return text
    .replaceAll("@EFFECT@", plan.scripts.effect.trimEnd())
    .replaceAll("@PACKAGE@", entry.name)
    .replaceAll("@VERSION@", version.version)
    .replaceAll("@PORT@", String(entry.port ?? 0))
    .replaceAll("@LIBRARY@", entry.usesLibrary === true ? LIBRARY_FOLDER : "")
    .replaceAll(
      "@STATUS@",
      version.fault === "answers-500" ? "500 Internal Server Error" : "200 OK",
    );
}

/** Bytes after the end of an ELF file are never read, so two versions can differ in them alone. */
function withTail(library: Uint8Array, version: string): Uint8Array {
  return Buffer.concat([library, Buffer.from(`\nliblab ${version}\n`)]);
}

function file(path: string, content: string | Uint8Array, mode = 0o644): PackageFile {
  return { path, content, mode };
}
