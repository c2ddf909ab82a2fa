import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import ts from "typescript";
import { describe, expect, it } from "vitest";
import { boundedBefore, slowPieceOf } from "./slow-expressions.ts";

/**
 * The rules of the house as data. `ARCHITECTURE.md` shows the same table to people; change both, and
 * say why.
 */
const order: readonly (readonly [folder: string, mayImport: readonly string[]])[] = [
  ["base", []],
  ["db", ["base"]],
  ["outbound", ["base"]],
  ["ledger", ["base", "db"]],
  ["identity", ["+ledger", "outbound"]],
  ["records", ["+identity"]],
  ["policy", ["+identity"]],
  ["reach", ["+policy"]],
  ["inventory", ["+reach"]],
  ["intel", ["+inventory"]],
  // Calendars of others are fetched as feeds are.
  ["calendar", ["+intel"]],
  ["triage", ["+calendar"]],
  ["plan", ["+triage"]],
  ["change", ["+plan"]],
  ["fleet", ["+plan"]],
  ["rollout", ["+change", "fleet"]],
  ["watch", ["+rollout"]],
  ["itsm", ["+watch"]],
  ["reports", ["+watch"]],
  // What was forgotten is done again in every context that takes something away.
  ["restore", ["+rollout", "records"]],
];

/** Imports that a rule of the table does not give, each with its reason. */
const exceptions: Readonly<Record<string, string>> = {};

/** Files with effects beside the furniture that always has them; everything else is pure. */
const furnitureWithEffects = /(^|-)(store|actions|routes|loops|scope|record)(-[a-z0-9-]+)?\.ts$/;
const foldersWithEffects = ["db", "outbound", "reach", "server", "client", "cli", "main"];
const edges: readonly string[] = [
  "src/base/batcher.ts",
  "src/base/ids.ts",
  "src/base/log.ts",
  "src/base/loop.ts",
  "src/base/own-thread.ts",
  "src/base/pause.ts",
  "src/base/secret-file.ts",
  "src/base/slices.ts",
  "src/base/program-version.ts",
  "src/base/run-command.ts",
];

const CODE_LINES_MAX = 500;
const FUNCTION_LINES_MAX = 70;
/** A page is a function too, and its lines are mostly what it shows. */
const PAGE_FUNCTION_LINES_MAX = 120;
const NESTING_MAX = 3;
const LINE_CHARACTERS_MAX = 100;

const root = resolve(import.meta.dirname, "..");
const files = [...sourceFiles("src"), ...sourceFiles("lab")];
const pages = sourceFiles("web").filter((file) => !isTest(file) && file !== "web/vite.config.ts");
const code = files.filter((file) => !isTest(file));
const seen = new Map([...code, ...pages].map((file) => [file, lookAt(file)]));
/** Show passing time; none of them asks the server. */
const clocks = ["web/parts/instant.tsx", "web/triage/make-plan.tsx"];

function sourceFiles(folder: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.tsx?$/.test(entry.name))
    .map((entry) => relative(root, join(entry.parentPath, entry.name)))
    .filter((file) => !file.endsWith(".d.ts"));
}

function isTest(file: string): boolean {
  return file.endsWith(".test.ts");
}

interface Import {
  readonly name: string;
  readonly isType: boolean;
}

/** What the rules ask of a file. */
interface Seen {
  readonly codeLines: readonly string[];
  readonly imports: readonly Import[];
  readonly functions: readonly Measured[];
  readonly expressions: readonly string[];
}

/** A function with its lines, and how deep its flow goes inside it. */
interface Measured {
  readonly first: number;
  readonly lines: number;
  depth: number;
}

/** One walk over a file's tree for all rules: there are some 1,500 trees. */
function lookAt(file: string): Seen {
  const text = readFileSync(join(root, file), "utf8");
  const kind = file.endsWith(".tsx") ? ts.ScriptKind.TSX : ts.ScriptKind.TS;
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.ES2024, true, kind);
  const imports: Import[] = [];
  const functions: Measured[] = [];
  const expressions: string[] = [];
  const visit = (node: ts.Node, around: Measured | null, depth: number): void => {
    if (ts.isTypeNode(node)) return;
    const found = importOf(node);
    if (found !== null) imports.push(found);
    if (ts.isRegularExpressionLiteral(node)) expressions.push(node.text);
    let [inside, deep] = [around, depth + (addsLevel(node) ? 1 : 0)];
    if (ts.isFunctionLike(node) && "body" in node && node.body) {
      const { line: first } = source.getLineAndCharacterOfPosition(node.getStart(source));
      const { line: last } = source.getLineAndCharacterOfPosition(node.getEnd());
      inside = { first: first + 1, lines: last - first + 1, depth: 0 };
      deep = 0;
      functions.push(inside);
    }
    if (inside !== null) inside.depth = Math.max(inside.depth, deep);
    ts.forEachChild(node, (child) => visit(child, inside, deep));
  };
  visit(source, null, 0);
  return { imports, functions, expressions, codeLines: codeLinesOf(text) };
}

/** Depth of control flow; `else if` does not add a level. */
function addsLevel(node: ts.Node): boolean {
  if (ts.isIfStatement(node)) {
    return !(ts.isIfStatement(node.parent) && node.parent.elseStatement === node);
  }
  return (
    ts.isIterationStatement(node, false) || ts.isSwitchStatement(node) || ts.isTryStatement(node)
  );
}

function importOf(node: ts.Node): Import | null {
  if (ts.isImportDeclaration(node) && ts.isStringLiteral(node.moduleSpecifier)) {
    return { name: node.moduleSpecifier.text, isType: node.importClause?.isTypeOnly === true };
  }
  if (ts.isExportDeclaration(node) && node.moduleSpecifier !== undefined) {
    return { name: (node.moduleSpecifier as ts.StringLiteral).text, isType: node.isTypeOnly };
  }
  const isCall = ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword;
  const named = isCall ? node.arguments[0] : undefined;
  if (named === undefined || !ts.isStringLiteral(named)) return null;
  return { name: named.text, isType: false };
}

function importsOf(file: string): readonly Import[] {
  return seen.get(file)?.imports ?? [];
}

function allowedFor(folder: string): ReadonlySet<string> {
  const allowed = new Set<string>([folder]);
  const rule = order.find(([name]) => name === folder)?.[1] ?? [];
  for (const name of rule) {
    const target = name.replace(/^\+/, "");
    allowed.add(target);
    if (name.startsWith("+")) for (const inner of allowedFor(target)) allowed.add(inner);
  }
  return allowed;
}

/** `src/plan/x.ts` → `plan`; `lab/x.ts` → `lab`. */
function roomOf(file: string): string {
  const parts = file.split("/");
  return parts[0] === "src" ? (parts[1] ?? "") : (parts[0] ?? "");
}

function importProblem(file: string, target: string, isType: boolean): string | null {
  const room = roomOf(file);
  const other = roomOf(target);
  if (room === other || room === "main" || exceptions[`${file} -> ${target}`] !== undefined) {
    return null;
  }
  const name = target.split("/").pop() ?? "";
  switch (room) {
    case "lab":
      return other === "base" ? null : "lab may import base only";
    case "server":
      return ["base", "db", "identity", "ledger"].includes(other) || name.startsWith("routes")
        ? null
        : "server may import base, db, ledger, identity and every routes.ts";
    case "client":
      return other === "base" && isType ? null : "client is generated and imports nothing";
    case "cli":
      return ["base", "client"].includes(other) || !hasEffects(target)
        ? null
        : "cli may import base, client and pure files";
    default:
      if (order.every(([folder]) => folder !== room)) return `unknown folder ${room}`;
      return allowedFor(room).has(other) ? null : `${room} may not import ${other}`;
  }
}

function hasEffects(file: string): boolean {
  const name = file.split("/").pop() ?? "";
  return (
    foldersWithEffects.includes(roomOf(file)) ||
    file.startsWith("lab/") ||
    file.includes("/executors/") ||
    furnitureWithEffects.test(name) ||
    edges.includes(file)
  );
}

/** Each way that leads back to where it began, by a walk in depth over what files import. */
function importCircles(): readonly string[] {
  const circles: string[] = [];
  const done = new Set<string>();
  const walk = (file: string, way: readonly string[]): void => {
    const at = way.indexOf(file);
    if (at >= 0) circles.push([...way.slice(at), file].join(" -> "));
    if (at >= 0 || done.has(file)) return;
    for (const { name } of importsOf(file)) {
      if (name.startsWith(".")) {
        walk(relative(root, resolve(root, dirname(file), name)), [...way, file]);
      }
    }
    done.add(file);
  };
  for (const file of [...code, ...pages]) walk(file, []);
  return circles;
}

describe("the house", () => {
  it("has files to judge in every room that exists", () => {
    expect(code.length).toBeGreaterThan(60);
  });

  it("imports only what the table allows", () => {
    const problems = code.flatMap((file) =>
      importsOf(file)
        .filter(({ name }) => name.startsWith("."))
        .flatMap(({ name, isType }) => {
          const target = relative(root, resolve(root, dirname(file), name));
          const problem = importProblem(file, target, isType);
          return problem === null ? [] : [`${file} -> ${target}: ${problem}`];
        }),
    );
    expect(problems).toEqual([]);
  });

  it("has no circle of imports, of types neither", () => {
    expect(importCircles()).toEqual([]);
  });

  it("keeps clocks, chance and I/O out of pure files", () => {
    const modules =
      /^(node:(fs|net|http|https|tls|child_process|dns|os|timers)|pg$|kysely$|fastify)/;
    const calls =
      /\bDate\.now\(|\bnew Date\(\)|\bMath\.random\(|\bprocess\.|\bsetTimeout\(|\bfetch\(/;
    const problems = code
      .filter((file) => file.startsWith("src/") && !hasEffects(file))
      .flatMap((file) => [
        ...importsOf(file)
          .filter(({ name, isType }) => !isType && modules.test(name))
          .map(({ name }) => `${file} imports ${name}`),
        ...codeLines(file)
          .filter((line) => calls.test(line))
          .map((line) => `${file}: ${line.trim()}`),
      ]);
    expect(problems).toEqual([]);
  });

  it("keeps SQL in store.ts files and db", () => {
    const allowed = /\/(store(-[a-z0-9-]+)?|scope)\.ts$/;
    const problems = code.filter(
      (file) =>
        roomOf(file) !== "db" &&
        !allowed.test(file) &&
        importsOf(file).some(({ name, isType }) => !isType && (name === "kysely" || name === "pg")),
    );
    expect(problems).toEqual([]);
  });

  it("reads the environment in main and the runner of programs only", () => {
    const problems = code
      .filter((file) => roomOf(file) !== "main" && file !== "src/base/run-command.ts")
      .filter((file) => !file.startsWith("lab/"))
      .flatMap((file) =>
        codeLines(file)
          .filter((line) => /process\.env\b/.test(line))
          .map((line) => `${file}: ${line.trim()}`),
      );
    expect(problems).toEqual([]);
  });

  it("never builds a shell command from data", () => {
    // The listener for agents lets in who has no certificate yet, to enrol, and judges each request.
    const letsIn = "src/server/agent-listener.ts";
    const odd = /shell:\s*true|\bexec(Sync)?\(\s*[`"']|rejectUnauthorized(?!: true\b)/;
    const problems = code.flatMap((file) =>
      codeLines(file)
        .filter((line) => odd.test(line))
        .filter((line) => file !== letsIn || !/^\s*rejectUnauthorized: false,$/.test(line))
        .map((line) => `${file}: ${line.trim()}`),
    );
    expect(problems).toEqual([]);
  });

  it("has no rooms for leftovers and no barrels", () => {
    const problems = files.filter(
      (file) =>
        /\/(utils?|common|helpers?|types)\//.test(file) ||
        /\/(index|utils?|helpers?)\.ts$/.test(file),
    );
    expect(problems).toEqual([]);
  });

  it("keeps files within their length", () => {
    const problems = code
      .map((file) => ({ file, lines: codeLines(file).length }))
      .filter(({ lines }) => lines > CODE_LINES_MAX)
      .map(({ file, lines }) => `${file}: ${lines} lines`);
    expect(problems).toEqual([]);
  });

  it("keeps lines of code within their length", () => {
    // Long text in a string cannot be broken without harming search, so it does not count.
    const problems = code.flatMap((file) =>
      codeLines(file)
        .filter(
          (line) => line.replace(/"[^"]*"|`[^`]*`|\/[^/ ].*\//g, '""').length > LINE_CHARACTERS_MAX,
        )
        .map((line) => `${file}: ${line.slice(0, 60)}…`),
    );
    expect(problems).toEqual([]);
  });

  it("keeps functions short and flat", () => {
    expect(code.flatMap((file) => functionProblems(file))).toEqual([]);
  });

  it("has no expression whose time explodes with its text", () => {
    expect(slowPieceOf("/^(a+)+$/")).toBe("a");
    expect(slowPieceOf("/\\s+$/")).toBe(" ");
    expect(slowPieceOf("/^(?:[^,()]|\\([^()]*\\))+$/")).toBeNull();
    const judged = new Set(Object.keys(boundedBefore));
    const slow: string[] = [];
    for (const file of code) {
      for (const expression of seen.get(file)?.expressions ?? []) {
        if (judged.has(expression)) continue;
        judged.add(expression);
        const piece = slowPieceOf(expression);
        if (piece !== null) slow.push(`${file}: ${expression} on ${JSON.stringify(piece)}`);
      }
    }
    expect(judged.size).toBeGreaterThan(200);
    expect(slow).toEqual([]);
  });
});

describe("the pages", () => {
  /** Pure files that show what is signed; the browser recomputes it from the documents themselves. */
  const shown = [
    "src/plan/statement.ts",
    "src/plan/body.ts",
    "src/plan/signed-view.ts",
    "src/base/instant.ts",
    "src/base/release-name.ts",
    // What a passkey is asked to sign is made of the text that is shown.
    "src/base/webauthn-bytes.ts",
  ];
  /**
   * Keep the last head of the log that the browser saw, which is public, and for the minutes of a flow
   * through a provider what shows that this tab began it. No page keeps anything else.
   */
  const remembering = ["web/ledger/seen-head.ts", "web/identity/provider.ts"];

  it("are there to be judged", () => {
    expect(pages.length).toBeGreaterThan(30);
  });

  it("import the client and what shows a statement, and nothing else of the server", () => {
    const problems = pages.flatMap((file) =>
      importsOf(file)
        .filter(({ name }) => name.startsWith("."))
        .map(({ name }) => relative(root, resolve(root, dirname(file), name)))
        .filter((target) => !target.startsWith("web/") && !target.startsWith("src/client/"))
        .filter((target) => !shown.includes(target))
        .map((target) => `${file} -> ${target}`),
    );
    expect(problems).toEqual([]);
  });

  it("ask through the typed client, never on a timer, and write no markup from data", () => {
    const forbidden =
      /\bfetch\(|\brefetchInterval\b|\binnerHTML\b|dangerouslySetInnerHTML|\b(local|session)Storage\b|\beval\(/;
    const timers = /\bsetInterval\(/;
    const judged = pages.filter((file) => !remembering.includes(file));
    const problems = judged.flatMap((file) =>
      codeLines(file)
        .filter((line) => forbidden.test(line) || (timers.test(line) && !clocks.includes(file)))
        .map((line) => `${file}: ${line.trim()}`),
    );
    expect(problems).toEqual([]);
  });

  it("keep files and functions within their length", () => {
    const long = pages.filter((file) => codeLines(file).length > CODE_LINES_MAX);
    const functions = pages.flatMap((file) => functionProblems(file, PAGE_FUNCTION_LINES_MAX));
    expect([...long, ...functions]).toEqual([]);
  });
});

function codeLines(file: string): readonly string[] {
  return seen.get(file)?.codeLines ?? [];
}

function codeLinesOf(text: string): string[] {
  return text.split("\n").filter((line) => !/^\s*(\*|\/\/|\/\*)/.test(line));
}

function functionProblems(file: string, linesMax = FUNCTION_LINES_MAX): string[] {
  return (seen.get(file)?.functions ?? []).flatMap(({ first, lines, depth }) => [
    ...(lines > linesMax ? [`${file}:${first}: ${lines} lines`] : []),
    ...(depth > NESTING_MAX ? [`${file}:${first}: nested ${depth} deep`] : []),
  ]);
}
