import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { runtimeDigest } from "./runtime.ts";
import { acceptRuntimeLine, emptyRuntime, runtimeKeys, seenRuntime } from "./runtime-lines.ts";

const HEAD = "runtime all 12 3 0";

function seen(lines: readonly string[]) {
  const draft = emptyRuntime();
  for (const line of lines) {
    const [key = ""] = line.split(" ");
    acceptRuntimeLine(draft, key, line.slice(key.length + 1));
  }
  return seenRuntime(draft);
}

const good = [
  HEAD,
  "used nginx-light\t2\t2\t0\tnginx",
  "used libssl3\t0\t3\t1\tnginx,sshd",
  "idle l libfoo1 libbar2",
  "idle - foo-doc",
  "idle dpu ntpd",
  "listen tcp\t80\tany\tnginx-light\tnginx",
  "listen udp\t41234\tany\t-\t-",
  "module nf_tables",
  "module-off sctp install kernel/net/sctp/sctp.ko.xz",
];

describe("the lines that tell what runs", () => {
  test("make one picture, with the numbers beside it", () => {
    const found = seen(good);
    expect(found?.set).toMatchObject({
      isWhole: true,
      used: [
        { name: "libssl3", isRun: false, isStale: true, processes: ["nginx", "sshd"] },
        { name: "nginx-light", isRun: true, isStale: false },
      ],
      idle: [
        { name: "foo-doc", flags: "" },
        { name: "libbar2", flags: "l" },
        { name: "libfoo1", flags: "l" },
        { name: "ntpd", flags: "dpu" },
      ],
      modules: ["nf_tables"],
      disabled: [{ name: "sctp", how: "install", path: "kernel/net/sctp/sctp.ko.xz" }],
    });
    expect(found?.counts).toMatchObject({ processes: 12, elsewhere: 3, unread: 0 });
    expect(found?.counts.packages["libssl3"]).toEqual([0, 3, 1]);
  });

  test("in another order, with other numbers and other client ports, are the same picture", () => {
    const other = good
      .toReversed()
      .map((line) =>
        line.replace("\t2\t2\t", "\t7\t9\t").replace("41234", "52345").replace("dpu", "pud"),
      );
    const [a, b] = [seen(good), seen(other)];
    expect(a && runtimeDigest(a.set)).toBe(b && runtimeDigest(b.set));
    const more = seen([...good, "used cron\t1\t1\t0\tcron"]);
    expect(more && runtimeDigest(more.set)).not.toBe(a && runtimeDigest(a.set));
  });

  test("without their head are nothing", () => {
    expect(seen(good.slice(1))).toBeNull();
  });

  test.each([
    "used libssl3\t0\t1\t0\tagain", // told twice
    "used a b\t0\t1\t0\tx",
    "used foo\t-1\t1\t0\tx",
    "used foo\t1\t1\t0\ta,b,c,d,e,f",
    "idle z foo",
    "idle l",
    "listen tcp\t70000\tany\t-\t-",
    "listen sctp\t7\tany\t-\t-",
    "module ../x",
    "module-off x maybe -",
    "runtime all 1 1 1",
  ])("that cannot be read leave a picture that is not whole: %s", (line) => {
    expect(seen([...good, line])?.set.isWhole).toBe(false);
  });

  test("never throw, whatever a host writes", () => {
    const line = fc
      .tuple(fc.constantFrom(...runtimeKeys), fc.string({ maxLength: 60 }))
      .map((both) => both.join(" "));
    fc.assert(fc.property(fc.array(line), (lines) => seen(lines) !== undefined));
  });

  test("say that not everything was seen when a process could not be read", () => {
    expect(seen(["runtime part 3 0 0"])?.set.isWhole).toBe(false);
    expect(seen(["runtime all 3 0 2"])?.set.isWhole).toBe(false);
  });
});
