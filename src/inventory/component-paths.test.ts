import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { chainTo, componentPlaces } from "./component-paths.ts";
import { componentOf, type Sbom } from "./formats/inventory-format.ts";
import { readAnyList } from "./formats/package-list.ts";

function sbom(of: Partial<Sbom> & { readonly refs: readonly string[] }): Sbom {
  const components = of.refs.map((ref) => componentOf({ ref, name: ref, judged: "test" }));
  return { subject: null, edges: [], fileCount: 0, ...of, components };
}

function chains(given: Sbom): readonly string[] {
  const rows = new Map(componentPlaces(given).map((place, at) => [at, { ...place, at }] as const));
  return given.components.map((_, at) =>
    chainTo(rows, at)
      .map((row) => given.components[row.at]?.name)
      .join(" > "),
  );
}

describe("how a component got in", () => {
  it("is the shortest chain from what the document is about", () => {
    const given = sbom({
      subject: { ref: "app", name: "app", version: "1" },
      refs: ["a", "b", "c", "lost"],
      edges: [
        ["app", "a"],
        ["a", "b"],
        ["b", "c"],
        ["a", "c"],
        ["c", "a"],
      ],
    });
    expect(chains(given)).toEqual(["a", "a > b", "a > c", "lost"]);
    expect(componentPlaces(given).map((place) => place.depth)).toEqual([1, 2, 2, null]);
  });

  it("begins at what nothing needs where a form names no project", () => {
    const given = sbom({ refs: ["a", "b", "c"], edges: [["a", "b"]] });
    expect(componentPlaces(given).map((place) => place.depth)).toEqual([1, 2, 1]);
  });

  it("is not known where nothing says who needs whom, or all turn in a circle", () => {
    expect(componentPlaces(sbom({ refs: ["a"] }))).toEqual([{ parent: null, depth: null }]);
    const circle = sbom({
      refs: ["a", "b"],
      edges: [
        ["a", "b"],
        ["b", "a"],
      ],
    });
    expect(componentPlaces(circle).map((place) => place.depth)).toEqual([null, null]);
  });

  it("never turns in circles itself, whatever a document says", () => {
    const ref = fc.constantFrom("", "a", "b", "c", "d", "e");
    fc.assert(
      fc.property(
        fc.array(ref, { maxLength: 8 }),
        fc.array(fc.tuple(ref, ref), { maxLength: 20 }),
        fc.option(ref),
        (refs, edges, about) => {
          const subject = about === null ? null : { ref: about, name: "x", version: "" };
          const given = sbom({ refs, edges, subject });
          const places = componentPlaces(given);
          for (const [at, { parent, depth }] of places.entries()) {
            if (parent === null) continue;
            expect(places[parent]?.depth).toBe((depth ?? 0) - 1);
            expect(parent).not.toBe(at);
          }
        },
      ),
    );
  });

  it("follows where Node would load each package of an npm lock file from", () => {
    const lock = {
      lockfileVersion: 3,
      name: "shop",
      packages: {
        "": { dependencies: { a: "^1" }, devDependencies: { t: "^1" } },
        "node_modules/a": { version: "1.0.0", dependencies: { b: "^2" } },
        "node_modules/b": { version: "1.0.0", dependencies: { c: "^1" } },
        "node_modules/a/node_modules/b": { version: "2.0.0", dependencies: { c: "^1" } },
        "node_modules/c": { version: "1.0.0" },
        "node_modules/t": { version: "1.0.0", dev: true, dependencies: { b: "^1" } },
      },
    };
    const { sbom: read } = readAnyList(JSON.stringify(lock), null);
    const shown = chains(read as Sbom);
    expect(shown).toEqual(["a", "t > b", "a > b", "a > b > c", "t"]);
    expect(read?.components.map((c) => c.scope)).toEqual(["", "", "", "", "development"]);
  });
});
