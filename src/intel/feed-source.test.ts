import { describe, expect, it } from "vitest";
import { sourceKinds } from "./feed-catalogue.ts";
import { mainFeedOf, sourceOf, sourcesAsked, staleAfterOf } from "./feed-source.ts";

const names = (of: Parameters<typeof sourcesAsked>[0]): readonly string[] =>
  sourcesAsked(of).map(({ name }) => name);

describe("sources of feeds", () => {
  it("are what everybody needs and what hosts need, when nobody chose", () => {
    const ecosystems = ["Debian:12", "AlmaLinux:9", "AlmaLinux:8", "PyPI", "weird:1"];
    expect(names({ settings: [], ecosystems })).toEqual([
      "debian-tracker",
      "epss",
      "kev",
      "osv:AlmaLinux",
      "osv:PyPI",
    ]);
  });

  it("are switched on and off by operators", () => {
    const setting = (name: string, isEnabled: boolean | null) => ({ name, isEnabled, urls: [] });
    const settings = [setting("kev", false), setting("osv:npm", true), setting("epss", null)];
    expect(names({ settings, ecosystems: [] })).toEqual(["debian-tracker", "epss", "osv:npm"]);
  });

  it("of an operator's own address may be unencrypted, those of the catalogue never", () => {
    for (const kind of sourceKinds) {
      const parameter = kind.parameter?.values[0] ?? "x";
      const name = kind.parameter === null ? kind.kind : `${kind.kind}:${parameter}`;
      for (const url of sourceOf(name).urls) expect(new URL(url).protocol).toBe("https:");
    }
    expect(sourceOf("kev", ["http://mirror.example/kev.json"]).urls).toHaveLength(1);
    for (const bad of ["file:///etc/passwd", "ftp://x/", "https://user:pass@x/", "x"]) {
      expect(() => sourceOf("kev", [bad])).toThrow("no address");
    }
  });

  it.each([
    ["nothing", "There is no source nothing"],
    ["kev:x", "takes nothing"],
    ["osv", "Write osv:NAME"],
    ["osv:Nowhere", "There is no archive"],
    ["secdb:../../etc", "Write secdb:NAME"],
  ])("named %s are refused in words", (name, words) => {
    expect(() => sourceOf(name)).toThrow(words);
  });

  it("say under which name their content is kept", () => {
    expect(mainFeedOf(sourceOf("osv:Rocky Linux"))).toBe("osv-rocky-linux");
    expect(mainFeedOf(sourceOf("updateinfo:9/AppStream"))).toBe("updateinfo-9-appstream");
    expect(mainFeedOf(sourceOf("secdb:v3.22/main"))).toBe("secdb-alpine-v3.22-main");
    expect(mainFeedOf(sourceOf("cve-list"))).toBe("cve-list");
    expect(sourceOf("osv:Rocky Linux").urls[0]).toContain("/Rocky%20Linux/all.zip");
  });

  it("have a limit of age each, by which their feeds are judged", () => {
    const hours = (feed: string): number => staleAfterOf(feed) / 3_600_000;
    expect(hours("kev")).toBe(24);
    expect(hours("osv-npm")).toBe(48);
    expect(hours("updateinfo-9-appstream")).toBe(48);
    expect(hours("endoflife")).toBe(14 * 24);
    expect(hours("retirejs-npmrepository")).toBe(7 * 24);
    expect(hours("something of a file")).toBe(48);
    expect(sourceKinds.every((kind) => kind.checkEveryMs < kind.staleAfterMs)).toBe(true);
  });
});
