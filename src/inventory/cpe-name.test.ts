import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { cpeText, parseCpe, plainValue, valueFit } from "./cpe-name.ts";

function textOf(name: string): string | null {
  const parsed = parseCpe(name);
  return parsed === null ? null : cpeText(parsed);
}

describe("CPE names", () => {
  // NISTIR 7695, clauses 6.1.3 and 6.2.3: the same names bound as URI and as formatted string.
  it.each([
    [
      "cpe:/a:microsoft:internet_explorer:8.0.6001:beta",
      "cpe:2.3:a:microsoft:internet_explorer:8.0.6001:beta:*:*:*:*:*:*",
    ],
    [
      "cpe:/a:microsoft:internet_explorer:8.%02:sp%01",
      "cpe:2.3:a:microsoft:internet_explorer:8.*:sp?:*:*:*:*:*:*",
    ],
    [
      "cpe:/a:hp:insight_diagnostics:7.4.0.1570:-:~~online~win2003~x64~",
      "cpe:2.3:a:hp:insight_diagnostics:7.4.0.1570:-:*:*:online:win2003:x64:*",
    ],
    [
      "cpe:/a:hp:openview_network_manager:7.51::~~~linux~~",
      "cpe:2.3:a:hp:openview_network_manager:7.51:*:*:*:*:linux:*:*",
    ],
    [
      "cpe:/a:foo%5cbar:big%24money_manager_2010:::~~special~ipod_touch~80gb~",
      "cpe:2.3:a:foo\\\\bar:big\\$money_manager_2010:*:*:*:*:special:ipod_touch:80gb:*",
    ],
  ])("read %s as %s", (uri, formatted) => {
    expect(textOf(uri)).toBe(formatted);
    expect(textOf(formatted)).toBe(formatted);
  });

  it("quote a colon, and take a bare sign that ought to be quoted as if it were", () => {
    expect(parseCpe("cpe:2.3:a:a\\:b:c:1:*:*:*:*:*:*:*")?.vendor).toBe("a:b");
    expect(textOf("cpe:2.3:a:gnu:c++:1")).toBe("cpe:2.3:a:gnu:c\\+\\+:1:*:*:*:*:*:*:*");
    expect(parseCpe("cpe:2.3:A:OpenSSL:OpenSSL:1.0.2K")?.version).toBe("1.0.2k");
  });

  it.each([
    "",
    "cpe:2.3:",
    "cpe:2.3:a:openssl",
    "cpe:2.3:x:a:b:1",
    "cpe:2.3:a::b:1",
    "cpe:2.3:a:a:b:1:*:*:*:*:*:*:*:*",
    "cpe:/a:a:b:1:2:3:4:5",
    "cpe:2.3:a:a:-:1",
    "cpe:2.3:a:a:b:1\\",
    "pkg:npm/a@1",
  ])("are not what %j is", (text) => {
    expect(parseCpe(text)).toBeNull();
  });

  it("come back as they were written, whatever signs they hold", () => {
    const value = fc
      .string({ minLength: 1, maxLength: 12, unit: fc.constantFrom(..."ab1.-_+:*?\\$~/") })
      .map((text) => text.replaceAll(/[^a-z0-9_.]/g, "\\$&"));
    fc.assert(
      fc.property(value, value, (vendor, version) => {
        const parsed = parseCpe(`cpe:2.3:a:${vendor}:p:${version}:*:*:*:*:*:*:*`);
        expect(plainValue(parsed?.vendor ?? "")).toBe(plainValue(vendor));
        expect(parseCpe(parsed === null ? "" : cpeText(parsed))).toEqual(parsed);
      }),
    );
  });

  // NISTIR 7696, tables 6-1 and 6-2; the criterion is the source, the product that is there the target.
  it.each([
    ["*", "*", "fits"],
    ["*", "-", "fits"],
    ["*", "1.0", "fits"],
    ["-", "-", "fits"],
    ["-", "*", "unknown"],
    ["-", "1.0", "differs"],
    ["1.0", "*", "unknown"],
    ["1.0", "-", "differs"],
    ["1.0", "1.0", "fits"],
    ["1.0", "1.1", "differs"],
    ["1.*", "1.1", "fits"],
    ["1.*", "2.1", "differs"],
    ["*ssl", "openssl", "fits"],
    ["sp?", "sp1", "fits"],
    ["sp?", "sp", "fits"],
    ["sp?", "sp12", "differs"],
    ["??x", "abx", "fits"],
    ["??x", "abcx", "differs"],
    ["8.\\*", "8.1", "differs"],
    ["8.\\*", "8.\\*", "fits"],
    ["1.*", "1.?", "unknown"],
  ] as const)("a criterion %s on %s: %s", (criterion, value, fit) => {
    expect(valueFit(criterion, value)).toBe(fit);
  });
});
