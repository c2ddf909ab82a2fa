/**
 * The packages that behave badly on purpose. Each has a version 1.0, which is well-behaved, and a
 * version 2.0, which is the update that goes wrong in the way its name says.
 */

export type Fault =
  | "none"
  | "fails-in-postinst"
  | "hangs-in-postinst"
  | "asks-a-question"
  | "answers-500";

export interface PackageVersion {
  readonly version: "1.0" | "2.0";
  readonly depends: readonly string[];
  readonly fault: Fault;
}

export interface LabPackage {
  readonly name: string;
  /** What an update to 2.0 does. */
  readonly about: string;
  /** The port of its HTTP service, for those that have one. */
  readonly port?: number;
  /** Text of /etc/NAME.conf by version, for those that ship a conffile. */
  readonly conffile?: (version: string) => string;
  /** Ships liblab.so.1 itself. */
  readonly isLibrary?: boolean;
  /** Its service maps liblab.so.1. */
  readonly usesLibrary?: boolean;
  /** Packages whose 1.0 is installed together with this one. */
  readonly installedWith?: readonly string[];
  readonly versions: readonly PackageVersion[];
}

export const LIBRARY_FOLDER = "/usr/lib/liblab1";

function versions(
  fault: Fault,
  depends: readonly string[] = [],
  dependsOfNew: readonly string[] = depends,
): readonly PackageVersion[] {
  return [
    { version: "1.0", depends, fault: "none" },
    { version: "2.0", depends: dependsOfNew, fault },
  ];
}

export const labPackages = [
  {
    name: "lab-good",
    about: "updates well: its service answers 200 and the new version",
    port: 8101,
    versions: versions("none"),
  },
  {
    name: "lab-postinst-fails",
    about: "the new version fails in postinst and stays half-configured",
    versions: versions("fails-in-postinst"),
  },
  {
    name: "lab-answers-500",
    about: "the new version installs and starts, then its service answers 500",
    port: 8102,
    versions: versions("answers-500"),
  },
  {
    name: "lab-hangs",
    about: "the new version hangs in postinst until it is killed",
    versions: versions("hangs-in-postinst"),
  },
  {
    name: "lab-asks",
    about: "the new version asks a debconf question of critical priority without a default",
    versions: versions("asks-a-question", ["debconf"]),
  },
  {
    name: "lab-conffile",
    about: "the new version changes a conffile that was edited on the host",
    conffile: (version: string) => `# Settings of lab-conffile ${version}\nlimit = ${version}\n`,
    versions: versions("none"),
  },
  {
    name: "lab-needs-new",
    about: "the new version depends on lab-new, which the host does not have",
    versions: versions("none", [], ["lab-new (>= 2.0)"]),
  },
  {
    name: "lab-new",
    about: "is only ever installed as a dependency of lab-needs-new 2.0",
    versions: [{ version: "2.0", depends: [], fault: "none" }],
  },
  {
    name: "liblab1",
    about: "a library: lab-library-user answers the old version until it is restarted",
    isLibrary: true,
    installedWith: ["lab-library-user"],
    versions: versions("none"),
  },
  {
    name: "lab-library-user",
    about: "a service that maps liblab.so.1; it has no update of its own",
    port: 8103,
    usesLibrary: true,
    versions: [{ version: "1.0", depends: ["liblab1", "perl"], fault: "none" }],
  },
] as const satisfies readonly LabPackage[];

export type LabPackageName = (typeof labPackages)[number]["name"];

export function labPackage(name: string): LabPackage | undefined {
  return labPackages.find((entry) => entry.name === name);
}
