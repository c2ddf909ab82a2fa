/**
 * What the registered package URL types say beyond the core specification (purl-spec, type
 * definitions): whether a namespace must or must not stand there, what is not case sensitive and so
 * lower case in the canonical form, what a name must look like, which qualifiers are needed. Types
 * that are not listed follow the core specification alone.
 */
export interface PurlType {
  readonly namespace: "required" | "prohibited" | "optional";
  /** Lower case in the canonical form. */
  readonly lower: readonly ("namespace" | "name" | "version")[];
  readonly name?: RegExp;
  readonly version?: RegExp;
  readonly qualifiers?: readonly string[];
}

type Part = "namespace" | "name" | "version";

function type(
  namespace: PurlType["namespace"],
  lower: readonly Part[] = [],
  more: Pick<PurlType, "name" | "version" | "qualifiers"> = {},
): PurlType {
  return { namespace, lower, ...more };
}

const both: readonly Part[] = ["namespace", "name"];

const types: Readonly<Record<string, PurlType>> = {
  alpm: type("required", both),
  apk: type("required", both),
  bazel: type("prohibited"),
  bitbucket: type("required", both),
  bitnami: type("prohibited", ["name"]),
  brew: type("optional", both),
  cargo: type("prohibited"),
  "chrome-extension": type("prohibited", ["name"], {
    name: /^[a-p]{32}$/,
    version: /^\d+(\.\d+){0,3}$/,
  }),
  cocoapods: type("prohibited", [], { name: /^[^\s+.][^\s+]*$/ }),
  composer: type("required", both),
  conan: type("optional"),
  conda: type("prohibited"),
  cpan: type("optional", [], { name: /^(?!.*::)/ }),
  cran: type("prohibited"),
  deb: type("required", both),
  docker: type("optional"),
  gem: type("prohibited"),
  generic: type("optional"),
  git: type("required"),
  github: type("required", both),
  golang: type("required", both),
  hackage: type("prohibited"),
  hex: type("optional", both),
  huggingface: type("required", ["version"]),
  julia: type("prohibited", [], { qualifiers: ["uuid"] }),
  luarocks: type("optional", both),
  maven: type("required"),
  mlflow: type("prohibited"),
  npm: type("optional"),
  nuget: type("prohibited"),
  oci: type("prohibited", ["name", "version"]),
  opam: type("prohibited"),
  otp: type("prohibited", ["name"]),
  pub: type("prohibited", ["name"]),
  pypi: type("prohibited", ["name", "version"]),
  qpkg: type("required", ["namespace"]),
  rpm: type("required", ["namespace"]),
  swid: type("optional", [], { qualifiers: ["tag_id"] }),
  swift: type("required"),
  vcpkg: type("prohibited"),
  "vscode-extension": type("required", ["namespace", "name", "version"]),
  yocto: type("optional", ["namespace"]),
};

const core = type("optional");

export function purlType(name: string): PurlType {
  return Object.hasOwn(types, name) ? (types[name] ?? core) : core;
}

export function isRegisteredType(name: string): boolean {
  return Object.hasOwn(types, name);
}

/** `git` names a path on its host: the slashes of it part no namespace. */
export function isPathName(typeName: string): boolean {
  return typeName === "git";
}

/** Rules on names that are more than letter case. */
export function normalizedName(
  typeName: string,
  name: string,
  qualifiers: ReadonlyMap<string, string>,
): string {
  switch (typeName) {
    case "pypi":
      return name.replaceAll("_", "-");
    case "pub":
      return name.replace(/[^a-z0-9_]/g, "_");
    case "mlflow":
      // Databricks takes names without regard to case, other servers do not.
      return /databricks/i.test(qualifiers.get("repository_url") ?? "") ? name.toLowerCase() : name;
    default:
      return name;
  }
}
