import { expect, test } from "vitest";
import { isAt, isWithin, type Place, places } from "../../web/app/places.ts";

test("every page belongs to at most one place of the main menu", () => {
  const hrefs = places.flatMap((place) => [place, ...(place.below ?? [])]).map(({ href }) => href);
  expect(new Set(hrefs).size).toBe(hrefs.length);
  for (const href of hrefs) {
    expect(places.filter((place) => isWithin(href, place)).length).toBe(1);
  }
});

test("a page is within its place, not within one whose path begins alike", () => {
  expect(isAt("/patches/P-1", "/patches")).toBe(true);
  expect(isAt("/patches-more", "/patches")).toBe(false);
  expect(isAt("/hosts", "/")).toBe(false);
  expect(isAt("/settings/keys", "/settings/people")).toBe(true);
  const place: Place = {
    href: "/findings",
    title: "Findings",
    icon: "finding",
    below: [{ href: "/support", title: "Support ends" }],
  };
  expect(isWithin("/support", place)).toBe(true);
  expect(isAt("/support", place.href)).toBe(false);
});
