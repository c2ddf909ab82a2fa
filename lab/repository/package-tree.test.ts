import { expect, test } from "vitest";
import { packageFiles } from "./package-tree.ts";
import { type LabPackage, labPackage, labPackages, type PackageVersion } from "./packages.ts";

const scripts = {
  effect: "effect() { :; }\n",
  init: "#!/bin/sh\n@EFFECT@\n",
  service: "@STATUS@ @LIBRARY@",
};

function files(name: string, version: "1.0" | "2.0"): ReadonlyMap<string, string> {
  const entry = labPackage(name) as LabPackage;
  const chosen = entry.versions.find((one) => one.version === version) as PackageVersion;
  const tree = packageFiles({
    ...{ entry, version: chosen, architecture: "amd64", library: Buffer.from("ELF"), scripts },
  });
  return new Map(tree.map((file) => [file.path, file.content.toString()]));
}

test("every package has a well-behaved 1.0, but for the one that is only a new dependency", () => {
  for (const entry of labPackages) {
    const first = entry.versions.find(({ version }) => version === "1.0");
    expect(first?.fault ?? "absent").toBe(entry.name === "lab-new" ? "absent" : "none");
  }
});

test("every postinst records its effect before it does anything that can go wrong", () => {
  for (const entry of labPackages) {
    for (const { version } of entry.versions) {
      const text = files(entry.name, version).get("DEBIAN/postinst") ?? "";
      const deeds = text.slice(text.indexOf("exit 0") + 1);
      const effect = deeds.search(/^effect /m);
      expect(effect).toBeGreaterThan(0);
      const wrong = deeds.search(/^(exit 1|while|invoke-rc\.d)/m);
      if (wrong >= 0) expect(effect).toBeLessThan(wrong);
    }
  }
});

test("the new version of lab-answers-500 answers 500, the old one 200", () => {
  expect(files("lab-answers-500", "1.0").get("usr/lib/lab-answers-500/service")).toContain(
    "200 OK",
  );
  expect(files("lab-answers-500", "2.0").get("usr/lib/lab-answers-500/service")).toContain("500");
});

test("the new version of lab-needs-new depends on a package that is new", () => {
  expect(files("lab-needs-new", "1.0").get("DEBIAN/control")).not.toContain("Depends");
  expect(files("lab-needs-new", "2.0").get("DEBIAN/control")).toContain(
    "Depends: lab-new (>= 2.0)",
  );
});

test("the library's file differs between its versions", () => {
  const path = "usr/lib/liblab1/liblab.so.1";
  expect(files("liblab1", "1.0").get(path)).not.toBe(files("liblab1", "2.0").get(path));
  expect(files("liblab1", "1.0").get("DEBIAN/control")).toContain("Architecture: amd64");
});
